"""The timeline in a real browser: zoom, pan, events, spans, lanes, and the keys of a video editor."""

import pytest
from playwright.sync_api import expect

from scoring import timeline
from tests.dashboard.browsing import CURVE_Y, HAS, HEAD, click_at, clock_of, picture_of, settle
from tests.sessions import AWAY, CONTACT, CROSSED, DURATION_S, FPS, NOD, SHAKE

pytestmark = pytest.mark.browser

ROW = 18
LANE = 22 + 2 * ROW + 1 + 26 + 10
PAUSED = "v => v.paused"


def box_of(page) -> dict:
    page.get_by_role("slider").scroll_into_view_if_needed()
    return page.get_by_role("slider").bounding_box()


def zoom_at(page, share, notches=-300):
    box = box_of(page)
    page.mouse.move(box["x"] + share * box["width"], box["y"] + CURVE_Y)
    page.mouse.wheel(0, notches)
    page.wait_for_timeout(150)


def click_share(page, share, y=CURVE_Y):
    page.get_by_role("slider").click(position={"x": share * box_of(page)["width"], "y": y})
    settle(page)


def drag(page, start, end, y, shift=False):
    """Drags between two shares of the timeline's width."""
    box = box_of(page)
    if shift:
        page.keyboard.down("Shift")
    page.mouse.move(box["x"] + start * box["width"], box["y"] + y)
    page.mouse.down()
    page.mouse.move(box["x"] + (start + end) / 2 * box["width"], box["y"] + y)
    page.mouse.move(box["x"] + end * box["width"], box["y"] + y)
    page.mouse.up()
    if shift:
        page.keyboard.up("Shift")
    page.wait_for_timeout(150)


def head_share(page) -> float:
    head, box = page.locator(".playhead").bounding_box(), box_of(page)
    return (head["x"] + head["width"] / 2 - box["x"]) / box["width"]


def shown_s(page) -> float:
    return page.locator("video").first.evaluate("v => v.currentTime")


def window_of(page) -> tuple[float, float]:
    """Start and end of the view, as the overview shows them, in seconds."""
    strip, part = (page.locator(name).bounding_box() for name in (".overview", ".overview .part"))
    start = (part["x"] - strip["x"]) / strip["width"] * DURATION_S
    return start, start + part["width"] / strip["width"] * DURATION_S


@pytest.mark.slow
def test_the_wheel_zooms_where_the_pointer_is_and_clicks_stay_true(visit):
    page = visit()
    assert page.locator(".overview .part").is_hidden()
    zoom_at(page, 0.25)
    zoom_at(page, 0.25)
    start, end = window_of(page)
    assert end - start < 0.5 * DURATION_S
    under_pointer = start + 0.25 * (end - start)
    assert under_pointer == pytest.approx(0.25 * DURATION_S, abs=0.05), "it stayed where it was"
    for share in (0.1, 0.5, 0.9):
        click_share(page, share)
        time = start + share * (end - start)
        assert shown_s(page) == pytest.approx(time, abs=1.5 / FPS)
        assert picture_of(page) == int(shown_s(page) * FPS)
        assert head_share(page) == pytest.approx(share, abs=1.2 / FPS / (end - start))
    zoom_at(page, 0.5, 3000)
    assert page.locator(".overview .part").is_hidden()
    click_share(page, 0.5)
    assert shown_s(page) == pytest.approx(6, abs=1.5 / FPS)


@pytest.mark.slow
def test_panning_by_ruler_wheel_and_overview(visit):
    page = visit()
    zoom_at(page, 0.5, -500)
    start, end = window_of(page)
    drag(page, 0.6, 0.4, HEAD - 8)
    moved = window_of(page)
    assert moved[0] - start == pytest.approx(0.2 * (end - start), abs=0.05)
    assert moved[1] - moved[0] == pytest.approx(end - start, abs=0.05)
    page.keyboard.down("Shift")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Shift")
    page.wait_for_timeout(150)
    assert window_of(page)[0] < moved[0] - 0.1
    click_share(page, 0.1, y=6)
    assert sum(window_of(page)) / 2 == pytest.approx(max(0.1 * DURATION_S, (end - start) / 2), abs=0.1)
    page.keyboard.press("0")
    page.wait_for_timeout(150)
    assert page.locator(".overview .part").is_hidden()


@pytest.mark.slow
def test_plus_and_minus_zoom_around_the_playhead_which_stays_in_view(visit):
    page = visit()
    click_at(page, 9.02)
    settle(page)
    for _ in range(3):
        page.keyboard.press("+")
    page.wait_for_timeout(150)
    assert head_share(page) == pytest.approx(0.75, abs=0.03)
    click_share(page, 0.98)
    start, end = window_of(page)
    page.keyboard.press("l")
    video = page.locator("video").element_handle()
    page.wait_for_function("([v, t]) => v.currentTime > t", arg=[video, end + 0.1])
    page.keyboard.press("k")
    page.wait_for_timeout(300)
    assert window_of(page)[0] > start and 0 <= head_share(page) <= 1
    for _ in range(4):
        page.keyboard.press("-")
    page.wait_for_timeout(150)
    assert page.locator(".overview .part").is_hidden()


@pytest.mark.slow
def test_a_click_on_an_event_plays_it_and_stops_at_its_end(visit):
    page = visit()
    page.locator("[data-slot=speed]").select_option("2")
    row = HEAD + 22 + 2 * LANE + 8
    click_at(page, (NOD[0] + NOD[1]) / 2, row)
    video = page.locator("video").element_handle()
    page.wait_for_function("v => v.paused && v.currentTime > 2.5", arg=video)
    assert NOD[1] <= shown_s(page) < NOD[1] + 0.4
    assert "Nod, 1.0 s, 2 times" in page.locator("[data-slot=chosen]").inner_text()
    span, box = page.locator("[data-slot=span]").bounding_box(), box_of(page)
    assert (span["x"] - box["x"]) / box["width"] == pytest.approx(NOD[0] / DURATION_S, abs=0.01)
    assert span["width"] / box["width"] == pytest.approx((NOD[1] - NOD[0]) / DURATION_S, abs=0.01)
    drag(page, 0.2, 0.7, row)
    settle(page)
    assert shown_s(page) == pytest.approx(0.7 * DURATION_S, abs=2 / FPS), "a drag moves, also from an event"


@pytest.mark.slow
def test_e_goes_from_event_to_event_and_says_so(visit):
    page = visit()
    starts = [CONTACT[0][0], 0.0, NOD[0], AWAY[0][0], SHAKE[0], CONTACT[1][0], CROSSED[0], AWAY[1][0]]
    said = page.locator("[data-slot=chosen]")
    assert said.get_attribute("aria-live") == "polite"
    seen = []
    for key in ["e"] * 8 + ["Shift+E"] * 2:
        page.keyboard.press(key)
        settle(page)
        seen.append(round(shown_s(page) - 0.5 / FPS, 3))
        assert picture_of(page) == round(seen[-1] * FPS)
    assert seen == [*starts, starts[-2], starts[-3]], "those that begin with the recording, too"
    assert said.inner_text().startswith("Eye contact: Eye contact, 4.0 s")
    page.keyboard.press("End")
    for _ in range(2):
        page.keyboard.press("e")
    page.get_by_role("slider").focus()
    page.keyboard.press("End")
    page.keyboard.press("e")
    assert said.inner_text() == "There is no later event."
    page.keyboard.press("Escape")
    assert said.inner_text() == "" and page.locator("[data-slot=span]").is_hidden()


def test_e_leaves_an_event_that_begins_between_two_frames(visit):
    found = visit("quiet").evaluate(
        "import('/player/events.js').then(({ Events }) => {"
        " const blocks = [0.2, 0.9].map((start) => ({ kind: 'nod', start, end: start + 0.1 }));"
        " const events = new Events([{ kinds: [{ kind: 'nod', row: 0 }], blocks }]);"
        " events.select(events.all[0]);"
        " return events.beside(0, 1, (time) => Math.floor(time * 4) / 4).block.start; })"
    )
    assert found == 0.9, "four frames a second"


def test_a_frame_sought_before_the_curves_are_there_is_sought_again_by_its_own_time(visit):
    page = visit()
    held = []
    page.route("**/signals/*", lambda route: held.append(route))
    page.reload()
    page.wait_for_selector(".review:not([aria-busy])")
    for _ in range(3):  # two begin with the recording
        page.keyboard.press("e")
    settle(page)
    assert shown_s(page) == NOD[0], "on the edge between two frames"
    for route in held:
        route.continue_()
    page.wait_for_selector(".timeline:not([aria-busy])")
    settle(page)
    assert shown_s(page) == pytest.approx(NOD[0] + 0.5 / FPS, abs=1e-3)
    assert picture_of(page) == round(NOD[0] * FPS)


def test_the_moment_in_the_address_is_played(visit):
    page = visit()
    click_at(page, 2.02)
    settle(page)
    page.evaluate("location.hash = '#t=9.00,9.50'")
    video = page.locator("video").element_handle()
    page.wait_for_function("v => v.paused && v.currentTime >= 9.4", arg=video)
    assert 9.4 <= page.locator("video").evaluate("v => v.currentTime") < 10.5
    page.evaluate("location.hash = '#t=4.00'")
    page.wait_for_function("v => v.paused && Math.abs(v.currentTime - 4) < 0.1", arg=video)


@pytest.mark.slow
def test_j_k_and_l_play_back_stop_and_play(visit):
    page = visit()
    click_at(page, 6.02)
    settle(page)
    video = page.locator("video").element_handle()
    page.keyboard.press("l")
    page.wait_for_function("v => !v.paused && v.currentTime > 6.1", arg=video)
    page.keyboard.press("l")
    assert page.locator("video").evaluate("v => v.playbackRate") == 1.25
    assert page.locator("[data-slot=speed]").input_value() == "1.25"
    page.keyboard.press("k")
    assert page.locator("video").evaluate(PAUSED)
    expect(page.locator("[data-slot=speed]")).to_have_value("1")
    assert page.locator("video").evaluate("v => v.playbackRate") == 1
    page.keyboard.press("j")
    assert page.get_by_text("◀ 1×").is_visible()
    page.wait_for_function("v => v.paused && v.currentTime < 5.7", arg=video)
    page.keyboard.press("j")
    assert page.get_by_text("◀ 2×").is_visible()
    page.wait_for_function("v => v.currentTime < 4.8", arg=video)
    page.keyboard.press("k")
    settle(page)
    time = shown_s(page)
    page.wait_for_timeout(300)
    assert shown_s(page) == time and page.get_by_role("button", name="Play", exact=True).is_visible()
    page.keyboard.press("j")
    page.keyboard.press(" ")
    assert page.locator("[data-slot=pace]").inner_text() == ""


@pytest.mark.slow
def test_a_span_is_marked_by_drag_or_by_keys(visit):
    page = visit()
    drag(page, 0.25, 0.5, CURVE_Y, shift=True)
    marked, box = page.locator("[data-slot=marked]").bounding_box(), box_of(page)
    assert (marked["x"] - box["x"]) / box["width"] == pytest.approx(0.25, abs=0.01)
    assert marked["width"] / box["width"] == pytest.approx(0.25, abs=0.01)
    assert clock_of(page) == 0, "marking doesn't move"
    page.keyboard.press("Escape")
    assert page.locator("[data-slot=marked]").is_hidden()
    for key, time in (("i", 3.02), ("o", 9.02)):
        click_at(page, time)
        settle(page)
        page.keyboard.press(key)
    assert page.locator("[data-slot=chosen]").inner_text() == "Marked: 0:03.0 to 0:09.0"


@pytest.mark.slow
def test_lanes_can_be_hidden_and_stay_hidden(visit):
    page = visit()
    height = box_of(page)["height"]
    canvas = page.locator(".timeline canvas")
    assert canvas.evaluate(HAS, [timeline.VERMILLION, 0, 900])
    page.get_by_text("Lanes", exact=True).click()
    page.get_by_role("checkbox", name="Posture").uncheck()
    page.wait_for_timeout(150)
    assert box_of(page)["height"] == height - LANE
    assert not canvas.evaluate(HAS, [timeline.VERMILLION, 0, 900])
    assert page.locator(".label", has_text="Posture").is_hidden()
    page.keyboard.press("Escape")
    assert not page.get_by_role("checkbox", name="Posture").is_visible()
    page.reload()
    page.wait_for_selector(".review:not([aria-busy])")
    page.wait_for_timeout(150)
    assert box_of(page)["height"] == height - LANE
    click_at(page, (NOD[0] + NOD[1]) / 2, HEAD + 22 + LANE + 8)
    assert "Nod" in page.locator("[data-slot=chosen]").inner_text(), "the lanes below moved up"


def test_the_help_lists_the_keys_and_closes(visit):
    page = visit()
    page.keyboard.press("?")
    help = page.get_by_role("dialog", name="Keys and mouse")
    assert help.is_visible() and "Next event; with ⇧ the one before" in help.inner_text()
    page.keyboard.press("e")
    assert page.locator("[data-slot=chosen]").inner_text() == "", "keys are the dialog's while it is open"
    page.keyboard.press("Escape")
    assert help.is_hidden()


@pytest.mark.slow
def test_keys_typed_into_a_note_are_text(visit):
    page = visit()
    box = page.locator("[data-slot=notes] textarea").first
    box.click()
    page.keyboard.type("kind jokes, please?")
    assert box.input_value() == "kind jokes, please?"
    assert page.locator("video").evaluate(PAUSED) and page.get_by_role("dialog").count() == 0


def test_two_fingers_zoom_where_they_are(visit):
    page = visit()
    box = box_of(page)
    touch = page.context.new_cdp_session(page)

    def fingers(kind, *shares):
        at = [
            {"x": box["x"] + share * box["width"], "y": box["y"] + HEAD - 8, "id": k}
            for k, share in enumerate(shares)
        ]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    fingers("touchStart", 0.45)
    fingers("touchStart", 0.45, 0.55)
    for apart in (0.2, 0.3, 0.4):
        fingers("touchMove", 0.5 - apart / 2, 0.5 + apart / 2)
    fingers("touchEnd")
    page.wait_for_timeout(150)
    start, end = window_of(page)
    assert end - start == pytest.approx(DURATION_S * 0.1 / 0.4, rel=0.15)
    assert (start + end) / 2 == pytest.approx(DURATION_S / 2, abs=0.3)


@pytest.mark.slow
def test_a_span_begins_at_the_frame_that_was_asked_for_even_before_it_is_shown(visit):
    page = visit()
    page.get_by_role("slider").click(position={"x": 0.25 * box_of(page)["width"], "y": CURVE_Y})
    page.keyboard.press("i")  # at once
    click_share(page, 0.75)
    page.keyboard.press("o")
    start, end = page.locator("[data-slot=chosen]").inner_text().removeprefix("Marked: ").split(" to ")
    assert start == "0:03.0" and end == "0:09.0"
