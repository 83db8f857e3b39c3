"""Two sessions side by side: one control for both, and honest differences."""

import json

import pytest

from scoring.catalogue import Catalogue
from tests.dashboard.browsing import settle
from tests.dashboard.conftest import EVIL, ID
from tests.dashboard.people import drawn, fits, opened, picture, rate, run, score, seriously_wrong, session_of
from tests.sessions import CONTACT, DURATION_S, FPS
from tests.videos import make_video

READY = ".twin .sides:not([aria-busy])"
LONG = {"source": {"duration_s": 300.0, "sha256": "cd" * 32}}


@pytest.fixture
def two(tmp_path):
    """A first session and a second one with more eye contact."""
    session_of(
        tmp_path, "one", "Ada", title="First", created="2025-03-01", info={"source": {"duration_s": 300.0}}
    )
    more = {"eye_contact_share": score(0.99, [0.95, 1.0]), "nod_count": score(9, [4, 17])}
    session_of(tmp_path, "two", "Ada", title="Second", created="2025-03-08", info=LONG, scores=more)
    return tmp_path


def chosen(app):
    return [app.selectbox(key=f"compare_{side}").value for side in "ab"]


def sides(app):
    (block,) = [block for block in app.main if block.type == "bidi_component"]
    return [side["url"] for side in json.loads(block.proto.json)["sides"]]


def test_shows_the_two_newest_and_what_differs(monkeypatch, two):
    app = run(monkeypatch, two, "compare")
    assert chosen(app) == ["one", "two"]
    assert sides(app) == ["/api/session/one", "/api/session/two"]
    html = drawn(app)
    assert "+23 points" in html
    assert "▲ higher, away from the band" in html
    assert "≈ no clear change" in html
    assert "No interval in A, so chance" in html
    assert "Not measured alike" not in html


def test_two_sessions_of_one_day_can_be_told_apart(monkeypatch, tmp_path):
    for hour in ("09", "15"):
        session_of(tmp_path, f"at {hour}", "Ada", title="Desk", created=f"2025-03-01T{hour}:30:00Z")
    first, second = run(monkeypatch, tmp_path, "compare").selectbox(key="compare_a").options
    assert first != second and all("1 Mar 2025, " in one for one in (first, second))


def test_the_address_chooses_and_swapping_changes_it(monkeypatch, two):
    app = run(monkeypatch, two, "compare", a="two", b="one")
    assert chosen(app) == ["two", "one"]
    assert "▼ lower" in drawn(app)
    app.button[0].click().run()
    assert chosen(app) == ["one", "two"]
    assert (app.query_params["a"], app.query_params["b"]) == (["one"], ["two"])
    app.selectbox(key="compare_a").select("two").run()
    assert app.query_params["a"] == ["two"]
    assert "same session twice" in app.info[0].value
    assert not app.exception


@pytest.mark.parametrize(
    ("query", "expected"), [({"a": "two"}, ["two", "one"]), ({"b": "one"}, ["two", "one"])]
)
def test_one_named_session_gets_the_newest_other_one(monkeypatch, two, query, expected):
    assert chosen(run(monkeypatch, two, "compare", **query)) == expected


@pytest.mark.parametrize("id", ["../one", "gone", "one/../two"])
def test_an_unknown_session_in_the_address_does_no_harm(monkeypatch, two, id):
    app = run(monkeypatch, two, "compare", a=id)
    assert "isn't in this library" in app.info[0].value
    assert chosen(app) == ["one", "two"]


def test_says_what_was_not_measured_alike_and_who_is_shown(monkeypatch, two):
    session_of(two, "three", "Ben", created="2025-03-09", info={**LONG, "profile": "de"})
    session_of(two, "four", created="2025-03-10")
    other = drawn(run(monkeypatch, two, "compare", a="one", b="three"))
    assert "Not measured alike: profile (default in A, de in B)" in other
    assert "Different people: Ada in A, Ben in B." in other
    nobody = drawn(run(monkeypatch, two, "compare", a="one", b="four"))
    assert "B lasts less than a minute, which says little." in nobody and "Not measured alike" not in nobody
    assert "Nobody is named in B" in nobody
    assert "the same recording" in drawn(run(monkeypatch, two, "compare", a="two", b="three"))


def test_shows_what_notes_rated(monkeypatch, two):
    assert "Ratings" not in drawn(run(monkeypatch, two, "compare"))
    for session, rating in (("one", 2), ("two", 4), ("two", 5)):
        rate(two, session, "greeting", rating)
    html = " ".join(drawn(run(monkeypatch, two, "compare")).split())
    assert "Greeting</th> <td>2</td> <td>4.5 (mean of 2)</td>" in html


@pytest.mark.parametrize("count", [0, 1])
def test_needs_two_sessions(monkeypatch, tmp_path, count):
    for id in range(count):
        session_of(tmp_path, f"s{id}")
    app = run(monkeypatch, tmp_path, "compare")
    assert "Two sessions are needed" in app.info[0].value


def test_a_session_that_cannot_be_read_says_why(monkeypatch, two):
    (two / "two" / "scores.json").write_text("[1]")
    app = run(monkeypatch, two, "compare")
    assert "analyse the recording again" in app.warning[0].value.replace("\\", "")


@pytest.fixture
def twin(browser, served):
    with opened(browser, served, f"/compare?a={ID}&b=pair", READY) as page:
        settle(page)
        yield page


@pytest.fixture
def lost(library):
    """A session without its signals."""
    session_of(library, "lost")
    (library / "lost" / "signals.parquet").unlink()
    yield "lost"
    Catalogue(library).forget("lost")


@pytest.fixture
def tall(library):
    """A session that was filmed upright."""
    session_of(library, "tall")
    make_video(library / "tall" / "video.mp4", [0.0, 0.05], size=(180, 320))
    yield "tall"
    Catalogue(library).forget("tall")


def pictures(page) -> list[int]:
    """The numbers of the pictures that both videos show."""
    settle(page)
    return [picture(page.locator(f"video[aria-label='Recording {letter}']")) for letter in "AB"]


def starts(page) -> list[float]:
    return [float(page.get_by_label(f"{letter} starts at").input_value()) for letter in "AB"]


def click_strip(page, letter, time):
    strip = page.get_by_role("slider", name=f"Time in {letter}")
    box = strip.bounding_box()
    strip.click(position={"x": box["width"] * time / DURATION_S, "y": box["height"] / 2})


@pytest.mark.browser
class TestTwin:
    def test_one_control_moves_both(self, twin):
        click_strip(twin, "A", 3.02)
        assert pictures(twin) == [60, 60]
        click_strip(twin, "B", 8.02)
        assert pictures(twin) == [160, 160]
        seen = []
        for key in ("ArrowRight", "ArrowLeft", "ArrowLeft", "Shift+ArrowRight", "Home"):
            twin.keyboard.press(key)
            seen.append(pictures(twin))
        assert seen == [[161, 161], [160, 160], [159, 159], [179, 179], [0, 0]]

    @pytest.mark.slow
    def test_each_from_its_own_start(self, twin):
        twin.get_by_label("A starts at").fill("2")
        twin.get_by_label("B starts at").fill("5")
        twin.keyboard.press("Tab")
        assert pictures(twin) == [40, 100]
        twin.get_by_role("button", name="One picture on").click()
        assert pictures(twin) == [41, 101]
        click_strip(twin, "A", 1.02)
        assert pictures(twin) == [20, 80], "what lies before the start can be reached, too"
        assert "before the start" in twin.locator(".controls .time").inner_text()

    @pytest.mark.slow
    def test_two_moments_are_lined_up_by_moving_one_alone(self, twin):
        click_strip(twin, "A", 7.02)
        twin.keyboard.press("b")
        assert "Only B moves now" in twin.get_by_role("status").inner_text()
        click_strip(twin, "B", 2.02)
        assert pictures(twin) == [140, 40]
        twin.keyboard.press("ArrowRight")
        assert pictures(twin) == [140, 41]
        twin.keyboard.press("Escape")
        twin.keyboard.press("ArrowRight")
        assert pictures(twin) == [141, 42]
        assert starts(twin) == [5.0, 0.05], "nothing starts before its first picture"

    @pytest.mark.slow
    def test_space_plays_both_in_step_and_clocks_run(self, twin):
        twin.get_by_label("B starts at").fill("3")
        twin.get_by_label("Playback speed").select_option("2")
        twin.get_by_role("button", name="Play both").click()
        videos = [twin.locator(".twin video").nth(side).element_handle() for side in (0, 1)]
        twin.wait_for_function("v => v.currentTime > 3", arg=videos[0])
        apart = twin.evaluate("([a, b]) => b.currentTime - a.currentTime", videos)
        assert apart == pytest.approx(3, abs=0.15)
        twin.keyboard.press("k")
        settle(twin)
        a, b = pictures(twin)
        assert b - a == pytest.approx(3 * FPS, abs=1)
        shown = twin.locator(".twin .line .time b").all_inner_texts()
        assert [float(text.split(":")[1]) for text in shown] == pytest.approx([a / FPS, b / FPS], abs=0.11)

    @pytest.mark.slow
    def test_one_ends_before_the_other(self, twin):
        twin.get_by_label("B starts at").fill("9")
        twin.keyboard.press("Tab")
        click_strip(twin, "A", 6.02)
        assert twin.get_by_text("B has ended.").is_visible()
        assert pictures(twin)[0] == 120

    def test_draws_what_was_seen(self, twin):
        strip = twin.get_by_role("slider", name="Time in A").locator("canvas")
        share, away = (sum(CONTACT[0]) / 2 / DURATION_S, 5 / DURATION_S)
        read = (
            "(c, [x, y]) => [...c.getContext('2d').getImageData(x * c.width,"
            " y * c.height / c.clientHeight, 1, 1).data].slice(0, 3)"
        )
        assert strip.evaluate(read, [share, 19]) == [0x00, 0x72, 0xB2], "eye contact, in the upper row"
        assert strip.evaluate(read, [away, 28]) == [0x8A, 0x8F, 0x98], "looking away, in the lower one"
        assert strip.evaluate(read, [away, 19]) not in ([0x00, 0x72, 0xB2], [0x8A, 0x8F, 0x98])

    def test_works_without_a_kept_video(self, browser, served):
        with opened(browser, served, f"/compare?a=quiet&b={ID}", READY) as page:
            assert page.get_by_text("A was kept without its video").is_visible()
            page.get_by_role("button", name="Play both").click()
            page.wait_for_function(
                "v => v.currentTime > .5", arg=page.locator(".twin video").element_handle()
            )
            page.get_by_role("button", name="Pause both").click()
            clocks = page.locator(".twin .line .time b").all_inner_texts()
            assert clocks[0] == clocks[1] != "0:00.0"

    def test_a_picture_of_any_shape_is_shown_whole(self, browser, served, tall):
        with opened(browser, served, f"/compare?a={ID}&b={tall}", READY) as page:
            settle(page)
            boxes = [video.bounding_box() for video in page.locator(".twin video").all()]
            assert boxes == [screen.bounding_box() for screen in page.locator(".twin .screen").all()]

    def test_titles_are_text(self, browser, served):
        with opened(browser, served, "/compare?a=pair&b=evil%20%5B1%5D%20%23%3F%25", READY) as page:
            assert EVIL in page.locator(".twin .name").nth(1).inner_text()
            assert page.title() == "Compare · Attune"
            assert page.locator("[onerror]").count() == 0

    def test_a_session_whose_tables_are_gone_says_so(self, browser, served, lost):
        path, ready = f"/compare?a={ID}&b={lost}", ".twin .problem"
        with opened(browser, served, path, ready, expected="422") as page:
            assert "B: " in page.get_by_role("alert").filter(has_text="signals.parquet").inner_text()
            assert page.get_by_text("What differs").is_visible(), "the scores stand without the recordings"

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("width", "scheme"), [(1440, "light"), (1024, "dark"), (390, "light"), (390, "dark")]
    )
    def test_fits_and_is_readable(self, browser, served, width, scheme):
        with opened(browser, served, f"/compare?a={ID}&b=pair", READY, width=width, scheme=scheme) as page:
            page.get_by_text("What that says" if width > 640 else "What differs").wait_for()
            assert page.get_by_label("Sound", exact=True).last.is_visible()
            assert fits(page)
            assert seriously_wrong(page) == []
