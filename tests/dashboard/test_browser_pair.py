"""The page of two people in a real browser: both are there, and the second video follows the first."""

import pytest

from scoring import timeline
from tests.dashboard.browsing import HAS, HEAD, VIDEOS, click_at, colour_at, middle, picture_of, settle
from tests.sessions import FPS, MIRRORING, MUTUAL, SECOND_FPS

pytestmark = pytest.mark.browser


def mirroring_card(page) -> str:
    return " ".join(page.locator(".scores .card", has_text="Moving together").inner_text().split())


def test_two_people_have_lanes_and_scores_of_their_own(visit):
    page = visit("pair")
    labels = page.locator(".timeline .label b").all_inner_texts()
    cues = ("Eye contact", "Posture", "Nods and shakes")
    people = [f"{cue} · {person}" for cue in cues for person in ("staff", "client")]
    assert labels == [*people, "Mirroring", "Mutual eye contact"]
    moments = page.locator(".moments").evaluate("n => n.textContent")
    assert "staff follows by 0.8 s" in moments and "one of the two people could not be measured" in moments
    assert page.locator(".scores .person").all_inner_texts() == ["Staff", "Client", "Both"]
    card = mirroring_card(page)
    for words in ("p = .004", "Staff follows client p = .002 beyond chance", "p = .90 not beyond", "33 %"):
        assert words in card
    assert card.count("how often chance alone") == card.count("Windows of 6 s") == 1
    assert "Measured: the staff member and the client." in page.locator(".meta").inner_text()
    assert page.get_by_role("heading", name="Feedback for the staff member").is_visible()


def test_what_belongs_to_both_is_drawn_under_the_people(visit):
    page = visit("pair")
    mirroring = HEAD + 6 * (22 + 2 * 18 + 1 + 26 + 10) + 22
    mutual = mirroring + 18 + 1 + 26 + 10 + 22
    assert colour_at(page, middle(MIRRORING) + 1, mirroring + 3) == timeline.SKY
    assert colour_at(page, middle(MUTUAL) + 0.5, mutual + 3) == timeline.BLUE
    curve = page.locator(".timeline canvas").evaluate(HAS, [timeline.SKY, mirroring + 20, 25])
    assert curve


def test_chance_suggests_no_moments(visit):
    page = visit("chance")
    noted = page.locator(".label", has_text="Mirroring")
    assert "Not beyond chance, so no moments are shown." in noted.inner_text()
    assert not page.locator(".timeline canvas").evaluate(HAS, [timeline.SKY, 0, 900])
    assert "irroring, " not in page.locator(".moments").evaluate("n => n.textContent")
    card = mirroring_card(page)
    assert "p = .73 not beyond chance" in card and "no more than chance gives" in card
    assert "Time in mirroring, Delay: The two people's movements were not coordinated" in card


def test_the_second_camera_shows_the_same_moment(visit):
    page = visit("cameras")
    assert "camera 2 (second.mp4). Camera 2 begins 2.00 s after" in page.locator(".meta").inner_text()
    assert page.locator("figcaption").all_inner_texts() == ["Staff · camera 1", "Client · camera 2"]
    for time in (5.02, 9.52, 2.52):
        click_at(page, time)
        settle(page)
        assert picture_of(page) == int(time * FPS)
        assert picture_of(page, 2) == pytest.approx((time - 2) * SECOND_FPS - 0.5, abs=1)
    page.keyboard.press("ArrowRight")
    settle(page)
    assert picture_of(page) == 51
    at, second = (page.locator(VIDEOS[n]).evaluate("v => v.currentTime") for n in (1, 2))
    assert second == pytest.approx(at - 2, abs=0.002)


def test_before_and_after_the_second_camera_it_is_said(visit):
    page = visit("cameras")
    assert page.locator(".cover").inner_text() == "Camera 2 begins at 0:02.0."
    click_at(page, 11.0)
    settle(page)
    assert page.locator(".cover").inner_text() == "Camera 2's recording has ended."
    click_at(page, 6.0)
    settle(page)
    assert page.locator(".cover").is_hidden()


# How far apart the videos are, but for the two seconds between their starts, at each of ten refreshes.
APART = """async ([first, second]) => {
  const apart = [];
  while (apart.length < 10) {
    await new Promise(requestAnimationFrame);
    apart.push(first.currentTime - 2 - second.currentTime);
  }
  return apart;
}"""


def both_at(page) -> tuple[float, float]:
    """The times of both videos, read at one moment."""
    first, second = (page.locator(VIDEOS[n]).element_handle() for n in (1, 2))
    return tuple(page.evaluate("([a, b]) => [a.currentTime, b.currentTime]", [first, second]))


@pytest.mark.slow
@pytest.mark.parametrize("rate", ["1", "2"])
def test_the_second_video_plays_along(visit, rate):
    page = visit("cameras")
    page.locator("[data-slot=speed]").select_option(rate)
    click_at(page, 1.0)  # it has yet to begin
    page.get_by_role("button", name="Play").click()
    first, second = (page.locator(VIDEOS[n]).element_handle() for n in (1, 2))
    page.wait_for_function("([a, b]) => a.currentTime > 3.5 && !b.paused", arg=[first, second])
    apart = page.evaluate(APART, [first, second])
    assert max(map(abs, apart)) <= 0.08 * float(rate) + 0.05
    page.wait_for_function("v => !v.paused && v.muted", arg=second)
    page.get_by_role("button", name="Pause").click()
    settle(page)
    at, other = both_at(page)
    assert second.evaluate("v => v.paused") and other == pytest.approx(at - 2, abs=0.002)


@pytest.mark.slow
@pytest.mark.parametrize("apart_s", [0.3, -0.3, 3.0])
def test_a_second_video_out_of_step_is_brought_back(visit, apart_s):
    page = visit("turned")
    page.locator("[data-slot=speed]").select_option("0.5")
    page.get_by_role("button", name="Play").click()
    first, second = (page.locator(VIDEOS[n]).element_handle() for n in (1, 2))
    page.wait_for_function("v => v.currentTime > 0.3", arg=first)
    second.evaluate("(v, apart) => { v.currentTime += apart; }", apart_s)
    page.wait_for_function(
        "([a, b]) => a.currentTime > 0.6 && !b.seeking && Math.abs(a.currentTime + 2 - b.currentTime) < 0.08",
        arg=[first, second], timeout=8000,
    )  # fmt: skip
    assert not first.evaluate("v => v.paused")


def test_staff_are_left_and_frames_are_the_first_cameras(visit):
    page = visit("turned")
    boxes = [page.locator(VIDEOS[n]).bounding_box() for n in (1, 2)]
    assert boxes[1]["x"] + boxes[1]["width"] <= boxes[0]["x"]
    assert page.locator("figcaption").all_inner_texts() == ["Staff · camera 2", "Client · camera 1"]
    click_at(page, 3.02)
    settle(page)
    page.keyboard.press("ArrowRight")
    settle(page)
    assert picture_of(page) == 61
    assert picture_of(page, 2) == pytest.approx((61.5 / FPS + 2) * SECOND_FPS, abs=1)


@pytest.mark.parametrize(("width", "beside"), [(1440, True), (1024, True), (390, False)])
def test_two_videos_are_beside_each_other_or_stacked(visit, width, beside):
    page = visit("cameras", width=width)
    first, second = (page.locator(f"figure >> {VIDEOS[n]}").bounding_box() for n in (1, 2))
    if beside:
        assert second["y"] == pytest.approx(first["y"], abs=1)
        assert second["height"] == pytest.approx(first["height"], abs=2)
        assert second["x"] >= first["x"] + first["width"]
    else:
        assert second["x"] == first["x"] and second["y"] >= first["y"] + first["height"]
