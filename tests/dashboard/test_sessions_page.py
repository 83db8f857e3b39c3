"""The list of sessions: search, filters, order, pages, running jobs, changing and deleting."""

import http.client
import io
import json
import os
import re
import sys
from datetime import UTC, date, datetime
from html import unescape

import pytest
from PIL import Image
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest

from dashboard import cards
from dashboard.session_list import NOBODY, Filter, before, chosen, page_of, tags_of, values
from scoring.catalogue import Catalogue, Entry
from scoring.files import write_json
from scoring.jobs import Jobs
from scoring.library import Library
from tests.dashboard.asking import SHORT, ask, request, until
from tests.dashboard.conftest import EVIL, ID, start, stop
from tests.dashboard.people import APP, drawn, opened, rate, run, session_of
from tests.sessions import make_session

READY = ".st-key-cards"
ADA, BO = "Ada Moreau", "Bo <i>x</i>"


def entry(id: str, day: int = 1, minutes: float | None = 1.0, **more) -> Entry:
    duration_s = None if minutes is None else 60 * minutes
    return Entry(id, more.pop("title", id.title()), datetime(2025, 3, day, 9, tzinfo=UTC), duration_s, **more)


SOME = [
    entry("check-in", 1, 5, person=ADA, scenario="Check-in", tags=("desk", "first week")),
    entry("complaint", 3, 2, person=ADA, scenario="Complaint", tags=("Desk",)),
    entry("farewell", 2, None, person="Bo", title="Farewell Bjo\u0308rn"),
    entry("broken", 9, problem="It can't be read."),
]


def ids(wanted: Filter, order: str = "Newest first") -> list[str]:
    return [one.id for one in chosen(SOME, wanted, order)]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(), ["complaint", "farewell", "check-in", "broken"]),
        (Filter("ADA desk"), ["complaint", "check-in"]),
        (Filter("ada farewell"), []),
        (Filter("bj\xf6rn"), ["farewell"]),
        (Filter(person="Bo"), ["farewell"]),
        (Filter(person=NOBODY), ["broken"]),
        (Filter(scenario="Check-in"), ["check-in"]),
        (Filter(tags=("desk",)), ["complaint", "check-in"]),
        (Filter(tags=("desk", "first week")), ["check-in"]),
        (Filter(first=date(2025, 3, 2), last=date(2025, 3, 3)), ["complaint", "farewell"]),
    ],
)
def test_what_a_filter_lets_through(wanted, expected):
    assert ids(wanted) == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("Oldest first", ["check-in", "farewell", "complaint", "broken"]),
        ("Title", ["check-in", "complaint", "farewell", "broken"]),
        ("Longest first", ["check-in", "complaint", "farewell", "broken"]),
    ],
)
def test_orders_keep_what_cannot_be_opened_last(order, expected):
    assert ids(Filter(), order) == expected


def test_what_a_filter_says_of_itself():
    wanted = Filter(" a ", "Ada", "Check-in", ("desk",), date(2025, 3, 1), date(2025, 3, 2))
    assert wanted.said == "“a”, Ada, Check-in, desk, from 2025-03-01, until 2025-03-02"


def test_names_are_listed_once():
    assert values(SOME, "person") == [ADA, "Bo"]
    assert len(tags_of(SOME)) == 2


def test_a_session_is_compared_with_the_persons_one_before():
    assert before(SOME[1], SOME) == SOME[0]
    assert before(SOME[0], SOME) is None
    assert before(SOME[3], SOME) is None


@pytest.mark.parametrize(("page", "shown", "at"), [(0, 12, 0), (2, 1, 2), (9, 1, 2), (-3, 12, 0)])
def test_pages(page, shown, at):
    found = page_of([entry(str(k)) for k in range(25)], page, 12)
    assert (len(found[0]), found[1], found[2]) == (shown, at, 3)


def test_cards_show_texts_as_texts():
    one = entry("e", title=EVIL, person=EVIL, scenario=EVIL, tags=(EVIL,), pictured=True, notes=1)
    html = cards.facts(one) + cards.picture(one) + cards.reports(one)
    assert "<script" not in html and "<img src=x" not in html
    assert html.count("&lt;script&gt;") == 3
    assert "1 note" in html


def test_what_cannot_be_opened_says_why():
    html = cards.facts(SOME[3]) + cards.picture(SOME[3])
    assert "It can&#x27;t be read." in html and "Can't be opened" in html and "href" not in html


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """A library of 16: two of Ada, one of Bo, twelve more, one that can't be opened."""
    library = tmp_path_factory.mktemp("sessions") / "library"
    make_session(library, title="Reception")
    Catalogue(library).describe(ID, person=ADA, scenario="Check-in", tags=["desk"])
    session_of(library, "second", ADA, title="Second try", created="2025-03-20T09:00:00Z")
    session_of(library, "evil", BO, title=EVIL, created="2025-03-11T09:00:00Z")
    rate(library, "second", "greeting", 4)
    for k in range(12):
        session_of(library, f"more-{k}", title=f"More {k}", created=f"2025-02-{k + 1:02d}T09:00:00Z")
    (library / "broken").mkdir()
    (library / "broken" / "session.json").write_text("{")
    return library


@pytest.fixture(scope="module")
def served(shelf):
    served = start(shelf, 8804)
    yield served
    stop(served)


def said(app) -> list[str]:
    return [one.value.replace("\\", "") for one in (*app.caption, *app.markdown)]


def titles(page) -> list[str]:
    return page.locator("[class*=st-key-card-] > div p").filter(has_not_text="·").all_inner_texts()


def test_an_empty_library_helps_on(monkeypatch, tmp_path):
    app = run(monkeypatch, tmp_path / "none", "sessions")
    assert "attune demo" in app.markdown[0].value
    assert app.button(key="add-first").label == "Add a recording"
    assert not (tmp_path / "none").exists()  # looking writes nothing


def test_a_library_that_cannot_be_read_is_said(monkeypatch, tmp_path):
    with Library(tmp_path).writing() as connection:
        connection.execute("PRAGMA user_version = 99")
    monkeypatch.setenv("ATTUNE_LIBRARY", str(tmp_path))
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    assert not app.exception and "update Attune" in app.error[0].value


def test_the_list_says_how_many_and_turns_pages(monkeypatch, shelf):
    app = run(monkeypatch, shelf, "sessions")
    assert {"16 sessions", "Page 1 of 2"} <= set(said(app))
    assert drawn(app).count('class="picture"') == 12
    assert "1 note" in drawn(app) and "&lt;script&gt;" not in drawn(app)  # titles are links, not HTML
    app.button(key="next").click().run()
    assert "Page 2 of 2" in said(app)
    assert app.query_params["page"] == ["2"]
    assert "broken" in drawn(app) and "can&#x27;t be read" in drawn(app)
    app.text_input(key="search").set_value("reception").run()
    assert "page" not in app.query_params


def test_filters_from_the_address_and_back_to_all(monkeypatch, shelf):
    app = run(monkeypatch, shelf, "sessions", person=ADA, search="second")
    assert "1 of 16 sessions: “second”, Ada Moreau" in said(app)
    app.text_input(key="search").set_value("zebra").run()
    assert "No session matches: “zebra”, Ada Moreau" in said(app)
    assert 'class="picture"' not in drawn(app)
    app.button(key="clear").click().run()
    assert "16 sessions" in said(app)


@pytest.mark.parametrize("query", [{"person": EVIL}, {"order": "x"}, {"page": "²"}, {"page": "9" * 400}])
def test_an_address_with_nonsense_does_no_harm(monkeypatch, shelf, query):
    assert "16 sessions" in said(run(monkeypatch, shelf, "sessions", **query))


def test_jobs_say_how_far_they_are(monkeypatch, tmp_path):
    jobs = Jobs(tmp_path)
    states = {
        "ran": ("running", 0.42, ""), "waits": ("queued", None, ""), "waits longer": ("queued", None, ""),
        EVIL: ("failed", None, "bad.mp4 is no **video**"), "done": ("done", 1.0, ""),
    }  # fmt: skip
    for title, (state, progress, reason) in states.items():
        job = jobs.add(title, {"uploads": []})
        with jobs.library.writing() as connection:
            values = (state, progress, reason, job.id)
            connection.execute("UPDATE jobs SET state = ?, progress = ?, reason = ? WHERE id = ?", values)
    app = run(monkeypatch, tmp_path, "sessions")
    failed = next(one.value for one in app.markdown if "could not be analysed" in one.value)
    assert r"no \*\*video\*\*" in failed and r"\<script\>" in failed
    first, *others = (one.label for one in app.button if one.label.startswith("Cancel"))
    assert first == "Cancel *ran*", "each says which one, and what runs comes first"
    assert others == ["Cancel *waits*", "Cancel *waits longer*"], "in the order of their turn"
    dismiss = next(one for one in app.button if one.label.startswith("Dismiss"))
    dismiss.click().run()
    assert not any("could not" in one.value for one in app.markdown)
    assert len(jobs.list()) == 4


def test_what_is_chosen_in_a_dialog_stays_when_an_analysis_brings_new_names(monkeypatch, tmp_path):
    for id, person in (("one", "Ada"), ("two", "Ben"), ("three", "Ben")):
        session_of(tmp_path, id, person)
    app = run(monkeypatch, tmp_path, "sessions")
    app.session_state["asked"] = ("edit", "one")

    def person():
        return next(one for one in app.run().selectbox if one.label == "Person" and one.key is None)

    person().select("Ben").run()
    Catalogue(tmp_path).describe("three", person="Abe")
    assert person().value == "Ben"


def test_thumbnails_are_made_once_and_kept(served, shelf):
    def got(id):
        connection = http.client.HTTPConnection("127.0.0.1", served.port)
        connection.request("GET", f"/api/session/{id}/thumbnail")
        answer = connection.getresponse()
        return answer.status, answer.headers["content-type"], answer.read()

    status, kind, data = got(ID)
    assert (status, kind) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(data)).size == (320, 180)
    kept = shelf / ID / "thumbnail.jpg"
    assert kept.read_bytes() == data
    kept.write_bytes(b"as it was kept")
    assert got(ID)[2] == b"as it was kept"
    kept.unlink()
    kept.symlink_to(shelf / "library.sqlite")
    assert got(ID)[2] == data and not kept.is_symlink()
    for id in ("second", "broken", "nobody", "..%2Flibrary", "%2e%2e"):
        assert got(id)[0] in (400, 404, 422)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every name is Unicode")
def test_names_that_are_no_unicode_take_no_session_off_the_list(monkeypatch, tmp_path):
    name = os.fsdecode(b"caf\xe9")  # as a Latin-1 file system has it
    titled = make_session(tmp_path, "latin") / "session.json"
    write_json(titled, {**json.loads(titled.read_text()), "title": name})
    make_session(tmp_path, "moved").rename(tmp_path / name)
    app = run(monkeypatch, tmp_path, "sessions")
    assert not app.exception
    titles = [entry.title for entry in Catalogue(tmp_path).entries()]
    assert titles == ["caf?", r"caf\udce9"]
    assert "Its folder's name is not UTF-8" in unescape(drawn(app))


@pytest.mark.slow
@pytest.mark.browser
def test_the_card_leads_to_the_review_and_back_to_the_same_list(browser, served):
    with opened(browser, served, "/?search=rec&order=Title", READY) as page:
        picture = page.locator("[class*=st-key-card-] img")
        expect(picture).to_have_count(1)
        page.wait_for_function("(image) => image.naturalWidth === 320", arg=picture.element_handle())
        box = picture.bounding_box()  # the title's link covers it
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_selector(".review:not([aria-busy])")
        assert f"session={ID}" in page.url
        page.go_back()
        page.wait_for_selector(READY)
        expect(page.get_by_label("Search")).to_have_value("rec")
        expect(page.get_by_text("of 16 sessions: “rec”")).to_be_visible()
        assert "order=Title" in page.url
        page.go_forward()
        page.wait_for_selector(".review:not([aria-busy])")
        assert f"session={ID}" in page.url
        page.go_back()
        page.wait_for_selector(READY)
        expect(page.get_by_label("Search")).to_have_value("rec")
        assert page.title() == "Sessions · Attune"  # no script of a title ran


@pytest.mark.slow
@pytest.mark.browser
def test_a_session_is_renamed_and_tagged(browser, served, shelf):
    with opened(browser, served, "/?search=Second", READY, width=390) as page:
        choose(page, "Second try", "Change title")
        dialog = page.get_by_role("dialog", name="Change this session")
        dialog.get_by_label("Title").fill("Third <b>try</b>")
        dialog.get_by_label("Person").fill("ada moreau 2")
        page.keyboard.press("Enter")
        dialog.get_by_label("Tags").fill("at the desk")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        Catalogue(shelf).describe("second", scenario="At the counter")  # somebody else, meanwhile
        dialog.get_by_role("button", name="Save").click()
        expect(page.get_by_text("“Third <b>try</b>” was changed")).to_be_visible()
        expect(page.get_by_text("No session matches")).to_be_visible()  # it isn't called Second any more
        page.get_by_role("button", name="Clear filters").click()
        expect(page.get_by_role("link", name="Third <b>try</b>")).to_be_visible()
    (found,) = [one for one in Catalogue(shelf).entries() if one.id == "second"]
    assert (found.title, found.person) == ("Third <b>try</b>", "ada moreau 2")
    assert found.tags == ("at the desk",) and found.scenario == "At the counter"


@pytest.mark.browser
def test_a_session_is_deleted_only_when_told_twice(browser, served, shelf):
    Catalogue(shelf).describe("more-3", person="Cy")
    with opened(browser, served, "/?search=More+3", READY, scheme="dark") as page:
        choose(page, "More 3", "Delete")
        dialog = page.get_by_role("dialog", name="Delete this session?")
        expect(dialog).to_contain_text(re.compile(r"More 3 · \d+ \w+ \d{4}, \d\d:\d\d"))
        expect(dialog).to_contain_text("No other session shows Cy: the name and personal goals go, too.")
        dialog.get_by_role("button", name="Keep it").click()
        expect(dialog).to_have_count(0)
        page.keyboard.press("Tab")  # back to where it was opened
        expect(page.get_by_role("button", name="More of More 3")).to_be_focused()
        assert (shelf / "more-3").is_dir()
        page.evaluate(
            "for (const id of ['more-3', 'second'])"
            " localStorage.setItem(`attune-note /api/session/${id} 1`, JSON.stringify({id: 1, text: 'x'}))"
        )
        choose(page, "More 3", "Delete")
        dialog.get_by_role("button", name="Delete for good").click()
        expect(page.get_by_text("No session matches")).to_be_visible()
        drafts = "Object.keys(localStorage).filter(key => key.startsWith('attune-note'))"
        page.wait_for_function(f"{drafts}.length < 2")  # what was typed about it goes, too
        assert page.evaluate(drafts) == ["attune-note /api/session/second 1"]
    assert not (shelf / "more-3").exists()
    with Catalogue(shelf).library.reading() as connection:
        assert not connection.execute("SELECT 1 FROM sessions WHERE id = 'more-3'").fetchall()


@pytest.mark.slow
@pytest.mark.browser
def test_an_analysis_appears_in_the_list_when_it_ends(browser, tmp_path):
    served = start(tmp_path, 8806)
    bad = tmp_path / "notes <b>.mp4"
    bad.write_text("no video")
    try:
        good = request(served, path=str(SHORT), title="Short one", person=ADA)
        failed = request(served, path=str(bad))
        with opened(browser, served, "/", "[class*=st-key-job-]") as page:
            expect(page.get_by_text(re.compile("Short one (is being|waits)"))).to_be_visible()
            expect(page.get_by_role("link", name="Short one")).to_be_visible(timeout=120_000)
            problem = page.get_by_text("notes <b> could not be analysed")
            expect(problem).to_be_visible(timeout=60_000)
            expect(page.locator("[class*=st-key-job-]")).to_have_count(1)
            jobs = Jobs(tmp_path)
            first = jobs.get(failed).changed
            page.get_by_role("button", name="Try again").click()
            until(lambda: (now := jobs.get(failed)).state == "failed" and now.changed != first)
            expect(problem).to_be_visible(timeout=60_000)
            page.get_by_role("button", name="Dismiss").click()
            expect(page.locator("[class*=st-key-job-]")).to_have_count(0)
        assert [job["id"] for job in ask(served, "GET", "/api/jobs")[1]["jobs"]] == [good]
    finally:
        stop(served)


def choose(page, title, action):
    """Opens a card's menu and presses one of its buttons."""
    card = page.locator("[class*=st-key-card-]", has_text=title)
    card.get_by_role("button", name=f"More of {title}").click()
    menu = page.locator("[data-testid=stPopoverBody]")
    menu.get_by_role("button", name=action).wait_for()
    page.keyboard.press("Tab")  # leads into the menu, which stands at the end of the page
    expect(menu.get_by_role("link", name="Review")).to_be_focused()
    menu.get_by_role("button", name=action).click()
