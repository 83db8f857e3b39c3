"""A person's scores over time, goals, and what keeps coming back."""

import time

import pytest

from scoring.catalogue import Catalogue, describe
from scoring.goals import Goal, goals_of, set_goal
from scoring.history import history
from scoring.library import Library
from tests.dashboard.conftest import EVIL, start, stop
from tests.dashboard.people import drawn, fits, opened, rate, run, score, seriously_wrong, session_of
from tests.sessions import FEEDBACK

KEEP, TRY = FEEDBACK
LONG = {"source": {"duration_s": 300.0}}
UNSEEN = score(None, reason="No face was found.")
VALUES = (0.30, None, 0.50, 0.65)


def weeks(library, person="Ada", values=VALUES, key=None, **options):
    """One session a week; the share of eye contact rises, one can't be measured."""
    for week, value in enumerate(values):
        contact = UNSEEN if value is None else score(value, [value - 0.1, value + 0.1])
        session_of(
            library, f"{key or person}-{week}", person, title=f"Week {week}",
            created=f"2025-0{1 + week // 4}-{1 + 7 * (week % 4):02d}T09:00:00Z",
            info=LONG, scores={"eye_contact_share": contact}, **options,
        )  # fmt: skip


@pytest.fixture
def library(tmp_path):
    weeks(tmp_path)
    return tmp_path


def test_shows_each_score_over_time(monkeypatch, library):
    app = run(monkeypatch, library, "progress")
    assert app.selectbox(key="progress_person").value == "Ada"
    html = " ".join(drawn(app).split())
    assert "4 sessions, 1 Jan 2025 to 22 Jan 2025" in html
    assert "First to last: +35 points (+21 to +49 points), higher, toward the band." in html
    assert "higher: Time in eye contact (toward the band)" in html
    assert "no clear change: Length of one look, mean" in html
    assert "Time in eye contact in 4 sessions, latest 65 %. 1 not measurable." in html
    contact = html.split("<figure")[1]
    assert (contact.count('class="dot"'), contact.count("dot hollow")) == (3, 1)
    assert "No face was found." in contact
    assert 'href="/review?session=Ada-1"' in contact


def test_a_name_of_the_address_that_nobody_bears_is_said(monkeypatch, library):
    app = run(monkeypatch, library, "progress", person="Eve")
    assert [info.value for info in app.info] == ["Eve isn't in this library. Choose somebody who is."]


def test_one_session_is_not_yet_a_change(monkeypatch, tmp_path):
    weeks(tmp_path, values=[0.5])
    html = drawn(run(monkeypatch, tmp_path, "progress"))
    assert "One session so far" in html
    assert "First to last" not in html


def test_the_address_chooses_the_person(monkeypatch, library):
    weeks(library, "Ben", [0.1])
    session_of(library, "unnamed", created="2025-06-01")
    app = run(monkeypatch, library, "progress", person="Ben")
    assert app.selectbox(key="progress_person").value == "Ben"
    app.selectbox(key="progress_person").select("Ada").run()
    assert app.query_params["person"] == ["Ada"]
    assert "4 sessions" in drawn(app)
    nobody = run(monkeypatch, library, "progress", person="")
    assert "name nobody" in nobody.info[0].value
    assert "One session so far" in drawn(nobody)
    assert not nobody.number_input, "nobody has no goals"
    assert run(monkeypatch, library, "progress", person="Zoe").selectbox[0].value == "Ada"


def test_helps_where_there_is_nothing_yet(monkeypatch, tmp_path):
    assert "no sessions yet" in run(monkeypatch, tmp_path, "progress").info[0].value
    weeks(tmp_path, values=[0.5])
    set_goal(Library(tmp_path), "Ada", Goal("nods_per_min", low=2.0))  # keeps the name
    describe(Library(tmp_path), "Ada-0", person="Ben")
    assert "No session shows Ada yet" in run(monkeypatch, tmp_path, "progress", person="Ada").info[0].value


def field(app, word):
    return next(one for one in app.number_input if one.label.startswith(word))


def test_a_goal_is_set_changed_and_removed(monkeypatch, library):
    app = run(monkeypatch, library, "progress")
    field(app, "From").set_value(45.0)
    press(app, "Set goal")
    assert goals_of(Library(library), "Ada") == {"eye_contact_share": Goal("eye_contact_share", 0.45)}
    html = drawn(app)
    assert "Goal: from 45 %, reached in 2 of the last 3." in html
    assert html.count('class="goal"') == 1
    field(app, "To").set_value(55.0)
    press(app, "Change goal")
    assert "Goal: 45 % to 55 %, reached in 1 of the last 3." in drawn(app)
    field(app, "From").set_value(None)
    press(app, "Change goal")
    assert goals_of(Library(library), "Ada") == {"eye_contact_share": Goal("eye_contact_share", None, 0.55)}
    press(app, "Remove goal")
    assert [field(app, word).value for word in ("From", "To")] == [None, None]
    assert goals_of(Library(library), "Ada") == {}
    assert "Goal:" not in drawn(app)


def test_a_goal_that_makes_no_sense_says_why(monkeypatch, library):
    app = run(monkeypatch, library, "progress")
    press(app, "Set goal")
    assert "neither a low nor a high end" in app.error[0].value
    app.selectbox(key="goal_score").select("longest_gaze_away_s").run()
    field(app, "From").set_value(5.0)
    field(app, "To").set_value(2.0)
    press(app, "Set goal")
    assert "above its high end" in app.error[0].value
    assert goals_of(Library(library), "Ada") == {}


def press(app, label):
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


def test_feedback_that_keeps_coming_back_links_to_its_moments(monkeypatch, tmp_path):
    weeks(tmp_path, feedback=[TRY])
    html = " ".join(drawn(run(monkeypatch, tmp_path, "progress")).split())
    assert "Try · in 4 of the last 4 sessions" in html
    assert 'href="/review?session=Ada-3#t=8.00,11.00"' in html
    assert TRY["title"] in html
    weeks(tmp_path, "Ben", [0.1, 0.2], feedback=[])
    assert "No feedback came back" in drawn(run(monkeypatch, tmp_path, "progress", person="Ben"))


def test_ratings_over_time(monkeypatch, library):
    assert "Ratings over time" not in drawn(run(monkeypatch, library, "progress"))
    for session, rating in (("Ada-0", 2), ("Ada-3", 5), ("Ada-3", 4)):
        rate(library, session, "greeting", rating)
    html = " ".join(drawn(run(monkeypatch, library, "progress")).split())
    assert "Greeting in 2 sessions, latest 4.5." in html


def test_says_what_was_measured_otherwise_and_what_cannot_be_read(monkeypatch, library):
    session_of(library, "other", "Ada", created="2025-02-01", info={**LONG, "target": "partner"})
    session_of(library, "undated", "Ada", created="some day", info=LONG)
    session_of(library, "odd", "Ada", created="2025-02-02")
    (library / "odd" / "scores.json").write_text("[]")
    app = run(monkeypatch, library, "progress")
    assert "they differ in target" in drawn(app)
    assert "Without a date, so in the tables but not in the charts: 1." in drawn(app)
    assert "odd" in app.warning[0].value


def test_opens_fifty_sessions_in_less_than_a_second(monkeypatch, tmp_path):
    weeks(tmp_path, values=[0.5])
    first = tmp_path / "Ada-0"
    for number in range(1, 50):
        folder = tmp_path / f"Ada-{number}"
        folder.mkdir()
        for name in ("session.json", "scores.json", "feedback.json"):
            (folder / name).write_bytes((first / name).read_bytes())
        describe(Library(tmp_path), folder.name, person="Ada")
    shelf = Catalogue(tmp_path)
    begun = time.perf_counter()
    found, problems = history(shelf, shelf.entries())
    read_s = time.perf_counter() - begun
    assert (len(found), problems) == (50, [])
    app = run(monkeypatch, tmp_path, "progress")
    begun = time.perf_counter()
    app.run()
    page_s = time.perf_counter() - begun
    assert drawn(app).count('class="dot') >= 50 * 6
    assert read_s < page_s < 1


@pytest.fixture(scope="module")
def progress(tmp_path_factory):
    """A running dashboard over the sessions of somebody with an inconvenient name."""
    library = tmp_path_factory.mktemp("progress")
    weeks(library, EVIL, key="evil", feedback=[KEEP, {**TRY, "title": EVIL}])
    set_goal(Library(library), EVIL, Goal("eye_contact_share", 0.45, 0.6))
    rate(library, "evil-0", "greeting", 3)
    served = start(library, 8830)
    yield served
    stop(served)


@pytest.mark.browser
class TestInABrowser:
    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("width", "scheme"), [(1440, "light"), (1024, "dark"), (390, "light"), (390, "dark")]
    )
    def test_fits_and_is_readable(self, browser, progress, width, scheme):
        with opened(browser, progress, "/progress", ".trend", width=width, scheme=scheme) as page:
            page.get_by_role("button", name="Change goal").wait_for()
            assert page.title() == "Progress · Attune"
            assert EVIL in page.locator(".again").inner_text()
            assert page.locator("[onerror]").count() == 0
            assert fits(page)
            assert seriously_wrong(page) == []
