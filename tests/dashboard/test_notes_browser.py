"""Notes and corrections on the real page: the right moment, nothing typed is lost, others are heard."""

import os
import signal
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.dashboard.asking import ask, until
from tests.dashboard.browsing import click_at, picture_of, settle
from tests.dashboard.conftest import EVIL, start, stop
from tests.dashboard.people import seriously_wrong
from tests.dashboard.test_notes import correction, note
from tests.sessions import CROSSED, DURATION_S, FPS, NOD, make_session

pytestmark = pytest.mark.browser

ID = "reception-0a1b2c3d"
OTHERS = ["evil", "conflict", "away", "others", "spans", "replies", "wrong", "missing", "wide", "kept", "two"]
IDS = (ID, *OTHERS)


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Path:
    library = tmp_path_factory.mktemp("pages")
    for id in IDS:
        make_session(library, id, video=id == ID)
    return library


@pytest.fixture(scope="module")
def served(library):
    served = start(library, 8765)
    yield served
    stop(served)


def stored(served, id=ID) -> list[dict]:
    return ask(served, "GET", f"/api/session/{id}/notes")[1]["notes"]


def box(page, name="Note"):
    return page.get_by_role("textbox", name=name, exact=True)


def write(page, text):
    box(page).wait_for()
    page.keyboard.press("n")
    page.keyboard.insert_text(text)


def save(page):
    page.keyboard.press("Control+Enter")


def test_typing_pauses_and_the_note_lands_at_the_shown_frame(visit, served):
    page = visit()
    video = page.locator("video")
    page.keyboard.press(" ")
    page.wait_for_function("v => v.currentTime > 1", arg=video.element_handle())
    box(page).press_sequentially("Looks up at once.", delay=30)
    assert video.evaluate("v => v.paused")
    page.keyboard.press("Enter")
    page.keyboard.type("Good.")
    page.get_by_label("Behaviour to rate").select_option("Greeting")
    expect(page.get_by_text("Turns to the client and greets")).to_be_visible()
    page.get_by_role("radio", name="4", exact=True).check()
    page.get_by_role("radio", name="Try").check()
    shown = picture_of(page)
    box(page).focus()
    save(page)
    expect(page.locator(".note .note-text")).to_have_text("Looks up at once.\nGood.")
    [one] = stored(served)
    assert one["start_s"] == one["end_s"] == pytest.approx(shown / FPS, abs=1e-6)
    assert (one["kind"], one["rubric"], one["rating"]) == ("try", "greeting", 4)
    expect(page.locator(".note")).to_contain_text("Greeting: 4 of 5")
    page.keyboard.press("Escape")
    click_at(page, 11)
    settle(page)
    page.get_by_role("group", name="Notes on the timeline").get_by_role("button").click()
    expect(page.locator(".note")).to_be_focused()
    settle(page)
    assert picture_of(page) == shown


def test_a_note_belongs_to_the_marked_span_and_its_time_can_be_taken_again(visit, served):
    page = visit("spans")
    for time, key in ((2, "i"), (6, "o")):
        click_at(page, time)
        settle(page)
        page.keyboard.press(key)
    write(page, "the whole span")
    expect(page.locator(".when")).to_have_text("0:02.0–0:06.0")
    save(page)
    until(lambda: stored(served, "spans"))
    [one] = stored(served, "spans")
    assert (one["start_s"], one["end_s"]) == (pytest.approx(2, abs=0.1), pytest.approx(6, abs=0.1))
    expect(page.locator("[data-slot=marked]")).to_be_hidden()  # the next note belongs to what is shown then
    page.get_by_role("slider").focus()
    click_at(page, 9)
    settle(page)
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("button", name="Take the time shown now").last.click()
    page.get_by_role("button", name="Save the change").click()
    moved = until(lambda: (now := stored(served, "spans")[0])["version"] == 2 and now)
    assert moved["start_s"] == moved["end_s"] == pytest.approx(9, abs=0.1)
    page.get_by_role("button", name="changed").click()
    versions = page.get_by_role("dialog").locator("li")
    expect(versions).to_have_count(2)
    for version, when in zip(versions.all(), ("✓ Keep · 0:02.0–0:06.0", "✓ Keep · 0:09.0"), strict=True):
        expect(version).to_contain_text(when)


def test_replies_and_deleting_what_was_replied_to(visit, served):
    page = visit("replies")
    write(page, "Open arms here")
    save(page)
    page.get_by_role("button", name="Reply").click()
    page.keyboard.insert_text("I agree")
    save(page)
    expect(page.locator(".reply .note-text")).to_have_text("I agree")
    delete = page.locator(".note > .said").first.get_by_role("button", name="Delete")
    delete.click()
    page.get_by_role("button", name="Keep it").click()
    assert stored(served, "replies")[0]["deleted"] is False
    delete.click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("This note was deleted.")).to_be_visible()
    expect(page.locator(".reply .note-text")).to_have_text("I agree")
    assert page.locator(".marker").count() == 0
    page.locator(".reply").get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_text("Deleted (2)").click()
    expect(page.locator(".deleted li")).to_have_count(2)
    page.locator(".deleted").get_by_role("button", name="Show its versions").last.click()
    expect(page.get_by_role("dialog")).to_contain_text("Open arms here")


def test_two_who_change_the_same_note_both_keep_their_text(visit, served):
    sent = note("first")
    ask(served, "POST", "/api/session/conflict/notes", sent)
    page = visit("conflict")
    page.get_by_role("button", name="Edit").click()
    box(page, "Text of the note").fill("mine")
    address = f"/api/session/conflict/notes/{sent['id']}"
    assert ask(served, "PUT", address, {**sent, "version": 1, "text": "theirs"})[0] == 200
    save(page)
    expect(page.locator(".note .theirs")).to_contain_text("theirs")
    expect(box(page, "Text of the note")).to_have_value("mine")
    assert stored(served, "conflict")[0]["text"] == "theirs"
    page.get_by_role("button", name="Put mine in its place").click()
    until(lambda: stored(served, "conflict")[0]["text"] == "mine")
    history = ask(served, "GET", f"{address}/history")[1]["versions"]
    assert [version["text"] for version in history] == ["first", "theirs", "mine"]
    page.get_by_role("button", name="Edit").click()
    box(page, "Text of the note").fill("still mine")
    assert ask(served, "DELETE", address)[0] == 200
    save(page)
    expect(page.get_by_text("saving makes a new note of it")).to_be_visible()
    save(page)
    assert until(lambda: [one["text"] for one in stored(served, "conflict")]) == ["still mine"]
    assert len([line for line in visit.problems if "409" in line]) == len(visit.problems) == 2
    visit.problems.clear()


@pytest.mark.slow
def test_what_others_write_appears_without_disturbing_who_types(visit, served):
    page = visit("others")
    write(page, "half a sen")
    theirs = note("from the other desk")
    ask(served, "POST", "/api/session/others/notes", theirs)
    expect(page.locator(".note-text")).to_have_text("from the other desk", timeout=8000)
    page.keyboard.type("tence")
    expect(box(page)).to_have_value("half a sentence")
    page.get_by_role("button", name="Reply").click()
    page.keyboard.type("an ans")
    address = f"/api/session/others/notes/{theirs['id']}"
    ask(served, "PUT", address, {**theirs, "version": 1, "text": "reworded"})
    expect(page.locator(".note-text")).to_have_text("reworded", timeout=8000)
    page.keyboard.type("wer")
    expect(box(page, "Reply")).to_have_value("an answer")


def test_a_note_can_be_written_before_the_others_are_there(visit):
    page, held = visit("spans"), []
    page.route("**/spans/notes", lambda route: route.continue_() if held else held.append(route))
    page.reload()
    write(page, "at once")
    held[0].continue_()
    expect(page.get_by_text("Loading the notes")).to_have_count(0)
    expect(box(page)).to_have_value("at once")


def test_notes_of_one_moment_stand_side_by_side(visit, served):
    for text, time in (("first", 3.0), ("second", 3.0), ("third", DURATION_S), ("fourth", DURATION_S)):
        ask(served, "POST", "/api/session/two/notes", note(start_s=time, end_s=time, text=text))
    page = visit("two")
    markers = page.get_by_role("group", name="Notes on the timeline").get_by_role("button")
    expect(markers).to_have_count(4)
    places = [one.bounding_box() for one in (*markers.all(), page.locator(".markers"))]
    *edges, _, end = [edge for at in places for edge in (at["x"], at["x"] + at["width"])]
    assert [*edges, end + 1] == sorted([*edges, end + 1]), "at the recording's end, too"
    for number, marker in enumerate(markers.all()):
        marker.click()
        expect(page.locator(".note").nth(number)).to_be_focused()


def test_notes_are_taken_with_the_picture_in_sight_and_in_full_screen(visit):
    page = visit()
    page.set_viewport_size({"width": 1024, "height": 740})
    write(page, "with the picture in sight")
    expect(box(page)).to_be_in_viewport(ratio=1)
    expect(page.locator("video")).to_be_in_viewport(ratio=0.99)
    page.get_by_role("slider").focus()
    page.keyboard.press("f")
    page.wait_for_function("document.fullscreenElement !== null")
    page.keyboard.press("n")
    expect(box(page)).to_be_focused()
    expect(box(page)).to_be_in_viewport()


@pytest.mark.slow
def test_drafts_outlive_a_closed_page(visit, served):
    sent = note("to be replied to")
    ask(served, "POST", "/api/session/kept/notes", sent)
    page = visit("kept")
    click_at(page, 7)
    settle(page)
    write(page, "unsaved note")
    page.get_by_role("button", name="Reply").click()
    page.keyboard.insert_text("unsaved reply")
    page.reload()
    expect(box(page)).to_have_value("unsaved note")
    expect(box(page, "Reply")).to_have_value("unsaved reply")
    expect(page.locator(".when")).to_have_text("0:07.0")
    other = page.context.new_page()  # has a form of its own: two that write one note would lose a text
    other.goto(page.url)
    expect(box(other)).to_have_value("")
    other.close()
    page.get_by_role("button", name="Reply", exact=True).last.click()
    box(page).focus()
    save(page)
    until(lambda: {one["text"] for one in stored(served, "kept")} >= {"unsaved note", "unsaved reply"})
    page.reload()
    expect(page.locator(".note")).to_have_count(3)
    expect(box(page)).to_have_value("")
    assert page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('attune-note')).length") == 0


@pytest.fixture
def away(visit, library, tmp_path):
    """A page of a server of its own; `kill()` it and `begin()` it again, at the same address."""

    class Away:
        def begin(self):
            self.served = start(tmp_path, 8767)

        def kill(self):
            os.kill(self.served.process.pid, signal.SIGKILL)
            self.served.process.wait()

    make_session(tmp_path, "away", video=False)
    one = Away()
    one.begin()
    try:
        one.page = visit("kept")
        one.page.goto(f"{one.served.url}/review?session=away")
        yield one
        one.page.close()
    finally:
        visit.problems.clear()  # the browser logs every connection that was refused
        stop(one.served)


@pytest.mark.slow
def test_a_server_that_was_killed_gets_the_note_once_it_is_back(away):
    page = away.page
    write(page, "typed while it was away")
    away.kill()
    box(page).focus()
    save(page)
    expect(page.get_by_text("Not saved yet: the server doesn't answer.")).to_be_visible()
    expect(box(page)).to_have_value("typed while it was away")
    away.begin()
    until(lambda: [one["text"] for one in stored(away.served, "away")] == ["typed while it was away"])
    expect(page.locator(".note-text")).to_have_text("typed while it was away", timeout=15_000)
    expect(box(page)).to_have_value("")


@pytest.mark.slow
def test_typing_goes_on_while_the_server_is_away(away):
    page = away.page
    page.locator(".note-list").wait_for(state="attached")
    write(page, "before")
    away.kill()
    expect(page.get_by_text("What others write can't be shown")).to_be_visible(timeout=8000)
    page.wait_for_timeout(2000)  # by then Streamlit would have opened its own dialog over the page
    page.keyboard.insert_text(", after")
    expect(box(page)).to_have_value("before, after")
    save(page)
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    away.begin()
    until(lambda: [one["text"] for one in stored(away.served, "away")] == ["before, after"])


def test_script_stays_text(visit, served):
    ask(served, "POST", "/api/session/evil/notes", sent := note(EVIL))
    ask(served, "POST", "/api/session/evil/notes", note(EVIL, parent=sent["id"]))
    marked = correction(verdict="missing", start_s=9, end_s=9.5, text=EVIL)
    ask(served, "POST", "/api/session/evil/corrections", marked)
    page = visit("evil")
    expect(page.locator(".notes .note-text").first).to_have_text(EVIL)
    expect(page.locator(".reply .note-text")).to_have_text(EVIL)
    page.locator(".corrections summary").click()
    expect(page.locator(".corrections .note-text")).to_have_text(EVIL)
    page.get_by_role("button", name="Delete").first.click()
    expect(page.get_by_role("dialog")).to_contain_text(EVIL)
    page.keyboard.press("Escape")
    assert page.title() == "Review · Attune"
    assert page.locator(".review :is(script, img[src=x], a[href^=javascript])").count() == 0


def test_an_event_is_marked_as_wrong_and_taken_back(visit, served, library):
    before = (library / "wrong" / "events.csv").read_bytes()
    page = visit("wrong")
    wrong = page.get_by_role("button", name="Mark as wrong: the chosen event")
    expect(wrong).to_be_disabled()
    click_at(page, 1)
    page.get_by_role("slider").focus()
    page.keyboard.press("e")
    expect(page.locator(".corrections .hint").first).to_contain_text("Nod · staff, 0:02.0–0:03.0")
    wrong.click()
    expect(page.locator(".agreement")).to_contain_text("Nod · staff Of 1 found, 1 marked as wrong, none")
    [one] = ask(served, "GET", "/api/session/wrong/corrections")[1]["corrections"]
    assert (one["verdict"], one["kind"], one["start_s"], one["end_s"]) == ("wrong", "nod", *NOD)
    expect(wrong).to_be_disabled()
    expect(page.locator(".choose .hint")).to_contain_text("marked as wrong. Take back")  # by nobody named
    page.locator(".choose").get_by_role("button", name="Take back").click()
    expect(wrong).to_be_enabled()
    expect(page.locator(".agreement")).to_have_text("")
    assert (library / "wrong" / "events.csv").read_bytes() == before


def test_a_missing_event_is_added_by_typed_times(visit, served):
    page = visit("missing")
    page.get_by_role("button", name="Add a missing event").click()
    page.get_by_label("What").select_option("Nod · staff")
    page.get_by_label("From", exact=True).fill("0:09,25")
    page.get_by_label("To", exact=True).fill("9")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".corrections [role=status]")).to_contain_text("the end after the start")
    page.get_by_label("To", exact=True).fill("0:09.75")
    page.get_by_label("Remark").fill("a small one")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".agreement")).to_contain_text("none marked as wrong, 1 added: agreement F1 .67.")
    [one] = ask(served, "GET", "/api/session/missing/corrections")[1]["corrections"]
    assert (one["start_s"], one["end_s"], one["text"]) == (9.25, 9.75, "a small one")


def test_a_correction_whose_event_is_gone_says_so(visit, served, library):
    make_session(library, "again", video=False)
    sent = correction(kind="closed_posture", start_s=CROSSED[0], end_s=CROSSED[1])
    assert ask(served, "POST", "/api/session/again/corrections", sent)[0] == 201
    events = library / "again" / "events.csv"
    events.write_text(events.read_text().replace("closed_posture,8.0,", "closed_posture,8.1,"))
    page = visit("again")
    page.locator(".corrections summary").click()
    expect(page.locator(".correction-list")).to_contain_text("no longer there")
    expect(page.locator(".agreement")).to_have_text("")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_open_forms_fit_and_break_no_rule_of_axe(visit, served, width, scheme):
    page = visit("wide", width=width, scheme=scheme)
    if not stored(served, "wide"):
        ask(served, "POST", "/api/session/wide/notes", note("W" * 400, rubric="listening", rating=5))
        ask(served, "POST", "/api/session/wide/corrections", correction(text="W" * 400))
        page.reload()
    expect(page.locator(".note")).to_have_count(1)
    page.get_by_role("button", name="Add a missing event").click()
    page.locator(".corrections summary").click()
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("slider").focus()
    write(page, "draft")
    page.get_by_label("Behaviour to rate").first.select_option("Posture")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = "r => [...r.querySelectorAll('*')].filter(n => n.scrollWidth > r.clientWidth + 1).length"
    for part in (".notes", ".corrections"):
        assert page.locator(part).evaluate(wide) == 0
    assert seriously_wrong(page) == []
