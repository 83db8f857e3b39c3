"""The report: one file that needs nothing else, says what the session holds, and escapes it."""

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from attune import InputError, OutputError
from scoring import timeline
from scoring.report import render, write_report
from scoring.report_drawing import BINS, CURVE, curve
from scoring.session import Session
from scoring.stills import stills
from tests.sessions import FEEDBACK, FPS, MOVES_ALONG, SECOND_FPS, UNSEEN, make_session
from tests.videos import index_of, make_video

PAIR = ("staff", "client")
EVIL = "<script>alert(1)</script>&\"'"


class Elements(HTMLParser):
    """Every element with its attributes, and the text outside styles."""

    def __init__(self, text):
        super().__init__()
        self.found, self.texts, self._inside = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        self._inside = tag

    def handle_data(self, data):
        if self._inside != "style":
            self.texts.append(data)


def decoded(jpeg: bytes) -> np.ndarray:
    import cv2

    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]


@pytest.fixture
def session(tmp_path) -> Session:
    return Session.open(make_session(tmp_path))


def test_the_file_needs_nothing_else(session, tmp_path):
    page = Elements(write_report(session, tmp_path / "report.html").read_text("utf-8"))
    for tag, attributes in page.found:
        assert tag not in ("script", "link", "iframe", "object", "base")
        for name in ("src", "href", "srcset", "action", "poster"):
            assert (
                attributes.get(name, "data:").startswith("data:image/jpeg;base64,") or name not in attributes
            )
    text = render(session)
    assert not re.search(r"@import|url\((?!#)", text)
    assert not re.search(r"https?://(?!www\.w3\.org)", text)


def test_words_of_a_session_are_escaped(tmp_path):
    item = {**FEEDBACK[0], "title": EVIL, "seen": EVIL, "why": EVIL, "try_next": EVIL}
    folder = make_session(tmp_path, title=EVIL, video=False, feedback=[item])
    text = render(Session.open(folder))
    assert "<script" not in text
    page = Elements(text)
    assert page.texts.count(EVIL) >= 5


def test_stills_show_the_moments_it_speaks_of(session):
    images = [attributes["src"] for tag, attributes in Elements(render(session)).found if tag == "img"]
    shown = [index_of(decoded(base64.b64decode(image.split(",")[1]))) for image in images]
    middles = [(start + end) / 2 for item in FEEDBACK for start, end in item["spans"]]
    assert shown == [int(time * FPS) for time in middles]


def test_no_stills_without_a_video(tmp_path):
    text = render(Session.open(make_session(tmp_path, video=False)))
    assert "<img" not in text and "You stay with your client" in text


def test_it_says_what_was_not_measurable_and_how_to_read_it(session):
    text = render(session)
    assert f"0:{UNSEEN[0]:02.0f}–0:{int(UNSEEN[1]):02d} Not measurable: the head was turned too far" in text
    assert "Needs two people in the picture." in text
    assert "visual proxy" in text and "differs between cultures" in text
    assert "Argyle and Cook (1976)" in text
    assert "eye_contact cdcdcdcdcdcd" in text and "mediapipe 0.10.21" in text
    assert "not measurable" in text and "no body was found" in text


def test_two_people_each_have_lanes_and_scores(tmp_path):
    text = render(Session.open(make_session(tmp_path, people=PAIR, video=False)))
    for words in (
        "Eye contact · staff",
        "Eye contact · client",
        "staff follows by 0.8 s",
        "0.8 s, staff after client",
        "Measured: the staff member and the client.",
        "Mutual eye contact",
    ):
        assert words in text


def test_it_says_how_chance_is_meant_and_repeats_nothing(tmp_path):
    text = render(Session.open(make_session(tmp_path, people=PAIR, video=False)))
    assert text.count("how often chance alone") == text.count("Windows of 6 s") == 1
    assert "Feedback for the staff member" in text
    assert "in the band" in text.split("Client</h3>")[0]
    assert "band" not in text.split("Client</h3>")[1].split("Where the bands come from")[0]


def test_chance_suggests_no_moments(tmp_path):
    beyond, chance = (
        render(Session.open(make_session(tmp_path, f"s{p}", people=PAIR, video=False, p=p)))
        for p in (0.004, 0.73)
    )
    for text, marks in ((beyond, True), (chance, False)):
        assert (timeline.SKY in text) is marks
        assert ("Not beyond chance, so no moments are shown." in text) is not marks
    assert "not beyond chance" in chance and "no more than chance gives" in chance


def shown_stills(session) -> list[tuple[str, int]]:
    """Caption and frame number of each picture."""
    page = Elements(render(session))
    images = [attributes["src"] for tag, attributes in page.found if tag == "img"]
    captions = [
        attributes["alt"].removeprefix("The recording at ") for t, attributes in page.found if t == "img"
    ]
    numbers = [index_of(decoded(base64.b64decode(image.split(",")[1]))) for image in images]
    return list(zip(captions, numbers, strict=True))


def test_what_belongs_to_both_is_shown_by_both_cameras_at_one_moment(tmp_path):
    feedback = [FEEDBACK[1], MOVES_ALONG]  # at 9.5 s and at 5.0 s
    session = Session.open(make_session(tmp_path, people=PAIR, offset_s=2.0, feedback=feedback))
    assert shown_stills(session) == [
        ("0:09.5 · staff", round(9.5 * FPS)),
        ("0:05.0 · staff", round(5 * FPS)),
        ("0:05.0 · client", round((5 - 2) * SECOND_FPS)),
    ]


def test_stills_of_the_staff_come_from_their_camera_while_it_ran(tmp_path):
    feedback = [{**FEEDBACK[0], "spans": [[1.0, 1.2], [4.0, 5.0]]}, {**FEEDBACK[1], "spans": [[11.0, 11.6]]}]
    session = make_session(tmp_path, people=PAIR, offset_s=2.0, second="staff", feedback=feedback)
    assert shown_stills(Session.open(session)) == [("0:04.5 · staff", int((4.5 - 2) * SECOND_FPS))]


def test_an_unwritable_place_is_named_and_nothing_left(session, tmp_path):
    with pytest.raises(OutputError, match="missing"):
        write_report(session, tmp_path / "missing" / "report.html")
    before = sorted(tmp_path.rglob("*"))
    (tmp_path / "taken").mkdir()
    with pytest.raises(OutputError, match="taken"):
        write_report(session, tmp_path / "taken")
    assert sorted(tmp_path.rglob("*")) == sorted([*before, tmp_path / "taken"])


def test_a_session_that_does_not_fit_together_is_named(session):
    endless = replace(session, info={**session.info, "source": {"duration_s": 1e300}})
    with pytest.raises(InputError, match="it lasts 1e"):
        render(endless)
    (session.path / "scores.json").write_text("[]")
    with pytest.raises(InputError, match="something unexpected"):
        render(session)


def test_a_profile_that_is_not_there_leaves_the_scores_without_bands(tmp_path):
    folder = make_session(tmp_path, video=False)
    info = folder / "session.json"
    info.write_text(info.read_text().replace('"profile": "default"', '"profile": "moon"'))
    text = render(Session.open(folder))
    assert "The scores are shown without bands: there is no profile &#39;moon&#39;" in text
    assert '<h3 lang="">' in text, "nobody knows in which language it was written"
    assert "in the band" not in text and "76 %" in text


def test_the_words_of_a_profile_are_said_to_be_in_its_language(tmp_path):
    path = make_session(tmp_path, video=False)
    info = path / "session.json"
    info.write_text(info.read_text().replace('"profile": "default"', '"profile": "de"'))
    text = render(Session.open(path))
    assert '<h3 lang="de">' in text and '<html lang="en">' in text


def test_a_curve_goes_through_its_values_and_breaks_where_there_are_none():
    times = np.arange(1000) / 100
    values = np.where(times < 5, 0.25, 0.75)
    values[(times >= 2) & (times < 3)] = np.nan
    lines = [
        np.array([point.split(",") for point in line.split()], float) for line in curve(times, values, 10)
    ]
    assert len(lines) == 2
    before, after = lines
    assert before[:, 0].max() < 0.2 * BINS and after[:, 0].min() > 0.3 * BINS - 1
    assert set(before[:, 1]) == {0.75 * CURVE}
    assert set(after[after[:, 0] > 0.5 * BINS + 1, 1]) == {0.25 * CURVE}
    assert curve(times, np.full(1000, np.nan), 10) == []


def test_stills_are_upright(tmp_path):
    video = make_video(tmp_path / "phone.mp4", size=(64, 96), rotation=90)
    found = stills(video, [0.5])
    assert decoded(found[0.5]).shape[:2] == (96, 64)
    assert index_of(decoded(found[0.5])) == 15


def test_a_video_that_cannot_be_read_gives_no_stills(tmp_path):
    (tmp_path / "video.mp4").write_bytes(b"nothing")
    assert stills(tmp_path / "video.mp4", [0.0]) == {}
