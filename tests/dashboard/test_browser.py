"""The page in a real browser: the right picture at the right time, by mouse and by keyboard."""

import pytest

from scoring import timeline
from scoring.session import forget
from tests.dashboard.browsing import HEAD, click_at, clock_of, colour_at, middle, picture_of, settle
from tests.dashboard.people import fits
from tests.sessions import CONTACT, CROSSED, DURATION_S, FPS, NOD, UNSEEN, make_session

pytestmark = pytest.mark.browser

ID = "reception-0a1b2c3d"
FOCUSED = """() => {
  let node = document.activeElement;
  while (node.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(node);
  const name = node.getAttribute("aria-label") || node.textContent.trim();
  return [name, outlineStyle !== "none" && parseFloat(outlineWidth) > 0];
}"""


def test_a_click_on_the_timeline_shows_that_picture(visit):
    page = visit()
    for time in (3.02, 9.52, 0.02):
        click_at(page, time)
        settle(page)
        assert picture_of(page) == int(time * FPS)
        assert clock_of(page) == pytest.approx(time, abs=0.1)


@pytest.mark.slow
def test_arrows_step_from_picture_to_picture(visit):
    page = visit()
    click_at(page, 5.02)
    settle(page)
    seen = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "Shift+ArrowRight", "Home", "ArrowLeft"):
        page.keyboard.press(key)
        settle(page)
        seen.append(picture_of(page))
    assert seen == [101, 102, 101, 121, 0, 0]


def test_space_plays_and_the_playhead_keeps_up(visit):
    page = visit()
    page.get_by_role("heading", level=1).click()  # the keys are still the player's
    page.keyboard.press(" ")
    video = page.locator("video")
    page.wait_for_function("v => v.currentTime > 0.5", arg=video.element_handle())
    page.keyboard.press(" ")
    settle(page)
    assert video.evaluate("v => v.paused")
    time = video.evaluate("v => v.currentTime")
    head, slider = (page.locator(name).bounding_box() for name in (".playhead", ".timeline"))
    at = (head["x"] + head["width"] / 2 - slider["x"]) / slider["width"] * DURATION_S
    assert at == pytest.approx(time, abs=2 / FPS)


def test_a_time_of_the_feedback_plays_that_moment_and_stops_at_its_end(visit):
    page = visit()
    page.locator("[data-slot=speed]").select_option("2")
    page.locator(".feedback .chip").last.click()
    assert page.locator("[data-slot=span]").is_visible()
    page.wait_for_function("v => v.paused && v.currentTime > 1", arg=page.locator("video").element_handle())
    assert CROSSED[1] <= page.locator("video").evaluate("v => v.currentTime") < DURATION_S - 0.1


def test_the_timeline_draws_what_was_measured(visit):
    page = visit()
    contact, posture, nods = (HEAD + 22 + lane * (22 + 2 * 16 + 5 + 26 + 10) for lane in range(3))
    assert colour_at(page, middle(CONTACT[1]) + 1, contact + 3) == timeline.BLUE
    assert colour_at(page, middle(CROSSED), posture + 18 + 3) == timeline.VERMILLION
    assert colour_at(page, middle(NOD) + 0.4, nods + 3) == timeline.ORANGE
    seen = {colour_at(page, UNSEEN[0] + 0.5 + step / 50, contact + 10) for step in range(20)}
    assert len(seen) > 1, "hatched: lines and what is between them"
    assert timeline.BLUE not in seen
    click_at(page, middle(UNSEEN))
    assert "the head was turned too far from the camera" in page.get_by_role("slider").get_attribute(
        "aria-valuetext"
    )
    assert page.get_by_text("Needs two people in the picture.").is_visible()


def test_scores_say_band_interval_and_what_is_missing(visit):
    page = visit()
    card = page.locator(".scores .card", has_text="Posture")
    crossed = card.locator(".score", has_text="Arms crossed")
    assert "25 %" in crossed.inner_text()
    assert "above the band" in crossed.inner_text()
    assert "95 %: 21 to 40 % · band up to 20 % · seen 100 % of the time" in crossed.inner_text()
    unseen = card.locator(".score", has_text="Facing the client")
    assert "not measurable" in unseen.inner_text() and "no body was found" in unseen.inner_text()
    assert page.get_by_text("differs between cultures").is_visible()


def test_scores_with_a_band_stand_beside_the_video(visit):
    page = visit()
    glance = page.get_by_role("region", name="Scores beside this profile's bands")
    crossed = glance.locator(".score", has_text="Arms crossed")
    assert "above the band" in crossed.inner_text() and "95 %: 21 to 40 %" in crossed.inner_text()
    assert glance.locator(".score", has_text="Head shakes").count() == 0, "there is no band for them"
    video, box = page.locator("video").bounding_box(), glance.bounding_box()
    assert box["x"] >= video["x"] + video["width"] and box["y"] < video["y"] + video["height"]
    drawn = crossed.locator(".band, .interval, .dot")
    colours = "all => all.map((one) => getComputedStyle(one).backgroundColor)"
    before = drawn.evaluate_all(colours)
    page.emulate_media(forced_colors="active")
    assert drawn.evaluate_all(colours) == before and len(set(before)) == 3, "a band is nothing but its colour"


def test_without_a_video_everything_else_works(visit):
    page = visit("quiet")
    assert page.get_by_text("kept without its video").is_visible()
    click_at(page, 9.0)
    assert clock_of(page) == pytest.approx(9.0, abs=0.11)
    page.keyboard.press("ArrowRight")
    assert clock_of(page) == pytest.approx(9.0, abs=0.21)
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(
        "v => v.textContent > '0:09.3'", arg=page.locator("[data-slot=now]").element_handle()
    )
    page.get_by_role("button", name="Pause").click()
    assert page.locator(".label", has_text="Posture").locator(".now").inner_text() == "crossed"


@pytest.mark.slow
@pytest.mark.parametrize("id", [ID, "cameras"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_nothing_sticks_out_at_any_width(visit, id, width, scheme):
    page = visit(id, width=width, scheme=scheme)
    screen, line = (page.locator(name).bounding_box() for name in (".screen", ".timeline"))
    assert (line["x"], line["width"]) == (screen["x"], screen["width"])
    assert screen["x"] >= 0 and screen["x"] + screen["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = "r => [...r.querySelectorAll('*')].filter(n => n.scrollWidth > r.clientWidth + 1).length"
    assert page.locator(".review").evaluate(wide) == 0


def test_everything_can_be_reached_by_keyboard_and_shows_focus(visit):
    page = visit()
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED))
    names = dict(reached)
    for name in ("Open the report", "Play", "Playback speed", "Full screen", "Timeline", "Play 0:00–0:04"):
        assert names.get(name), f"{name}: reached, and its focus seen"


@pytest.mark.slow
def test_a_theme_changed_while_open_is_drawn_anew(visit):
    page = visit(scheme="light")
    before = colour_at(page, 11.9, HEAD + 22 + 40)
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(1000)
    assert colour_at(page, 11.9, HEAD + 22 + 40) != before


def test_text_of_a_session_is_never_markup(visit):
    page = visit("evil [1] #?%")
    assert page.locator(".head h1").inner_text().startswith("<script>")
    assert page.title() == "Review · Attune"
    assert page.locator("img[src=x]").count() == 0
    assert page.locator("a[href^=javascript]").count() == 0
    assert fits(page), "a word without an end is broken"


def test_the_page_says_why_a_session_cannot_be_opened(visit):
    page = visit("newer", ready="[data-testid=stAlert]")
    assert "update Attune" in page.locator("[data-testid=stAlert]").inner_text()


def test_what_breaks_while_loading_is_said(visit, served):
    page = visit("quiet")
    page.route("**/quiet/review", lambda route: route.fulfill(status=422, json={"error": "It is gone <b>."}))
    page.reload()
    page.get_by_role("alert").get_by_text("It is gone <b>.").wait_for()
    assert len(visit.problems) == 1 and "422" in visit.problems.pop()


def test_nothing_that_is_written_about_a_deleted_session_stays_in_the_browser(visit, library):
    make_session(library, "gone", video=False)
    page = visit("gone")
    page.locator(".note-list").wait_for(state="attached")
    drafts = "Object.keys(localStorage).filter(k => k.startsWith('attune-note')).length"
    page.keyboard.press("n")
    page.keyboard.insert_text("half a thought")
    assert page.evaluate(drafts) == 1
    forget(library / "gone")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # it looks again
    page.get_by_text("What others write can't be shown: There is no such session").wait_for()
    page.keyboard.insert_text(" and more")
    assert page.get_by_role("textbox", name="Note").input_value() == "half a thought and more"
    assert page.evaluate(drafts) == 0
    assert all("404" in problem for problem in visit.problems)
    visit.problems.clear()


def test_an_address_from_before_there_were_pages_still_shows_its_session(visit, served):
    page = visit("quiet")
    page.goto(f"{served.url}/?session=pair")
    page.get_by_role("heading", name="Two people").wait_for()
    assert page.url == f"{served.url}/review?session=pair"


def test_the_report_opens_from_the_page(visit):
    page = visit()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open the report").click()
    report = opened.value
    report.wait_for_load_state()
    assert report.locator("h1").inner_text() == "Reception, first try"
    assert report.locator("figure img").count() > 0
