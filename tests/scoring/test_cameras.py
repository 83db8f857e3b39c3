"""Who was measured by which camera, and how two clocks were aligned, in words."""

import json

import pytest

from scoring.cameras import cameras_of, measured_text
from scoring.session import Session
from scoring.summary import summary
from tests.sessions import make_session

PAIR = ("staff", "client")


def changed(folder, **values) -> Session:
    info = json.loads((folder / "session.json").read_text())
    (folder / "session.json").write_text(json.dumps(info | values))
    return Session.open(folder)


def test_one_camera_shows_everybody(tmp_path):
    session = changed(
        make_session(tmp_path, people=PAIR, video=False),
        roles={"staff": {"person": "right"}, "client": {"person": "left"}},
    )
    (camera,) = cameras_of(session, PAIR)
    assert (camera.persons, camera.size, camera.video) == (PAIR, (320, 180), None)
    assert measured_text(session.info, (camera,)) == (
        "Measured: the staff member (at first on the right of the picture) and the client (at first on the "
        "left of the picture).",
    )


def test_whoever_was_looked_for_and_not_seen_is_said(tmp_path):
    folder = make_session(tmp_path, video=False)
    assert summary(Session.open(folder)).measured == ("Measured: the staff member.",)
    session = changed(folder, setting={"people": 1, "cameras": 1, "target": "lens", "asked": 2})
    assert "a second person was looked for and not seen" in summary(session).measured[0]


@pytest.mark.parametrize(
    ("offset_s", "aligned_by", "words"),
    [
        (2.0, "sound", "Camera 2 begins 2.00 s after camera 1, found by the sound of both (match of the two "
                       "sounds: 0.87 of 1)."),
        (-2.5, "given", "Camera 2 begins 2.50 s before camera 1, as given."),
        (0.0, "given", "Both cameras begin at the same moment, as given."),
    ],
)  # fmt: skip
def test_two_cameras_say_how_they_were_aligned(tmp_path, offset_s, aligned_by, words):
    folder = make_session(tmp_path, people=PAIR, video=False, offset_s=offset_s)
    info = json.loads((folder / "session.json").read_text())
    session = changed(folder, second_source=info["second_source"] | {"aligned_by": aligned_by})
    who, how = summary(session).measured
    assert who == (
        "Measured: the staff member by camera 1 (Reception, first try.mp4) and the client by camera 2 "
        "(second.mp4)."
    )
    assert how == words
    assert cameras_of(session, PAIR)[1].own_s(3.0) == 3.0 - offset_s


def test_the_notice_of_the_alignment_is_not_said_twice(tmp_path):
    folder = make_session(tmp_path, people=PAIR, video=False, offset_s=2.0)
    said = "the client's recording begins at 2.00 s of the staff member's, as given"
    session = changed(folder, notices=[said, "something else"])
    assert summary(session).notices == ("something else",)


def test_swapped_people_stay_with_their_cameras(tmp_path):
    folder = make_session(tmp_path, people=PAIR, offset_s=2.0, second="staff")
    first, second = cameras_of(Session.open(folder), PAIR)
    assert (first.persons, first.video.name) == (("client",), "video.mp4")
    assert (second.persons, second.video.name, second.size) == (("staff",), "video2.mp4", (240, 180))
    assert summary(Session.open(folder)).measured[0].startswith("Measured: the staff member by camera 2")


@pytest.mark.parametrize(
    ("target", "cameras", "words", "never"),
    [
        ("lens", 1, "not at the other person's face", "isn't known"),
        ("lens", 2, "one's own camera, which stands in for the other person", "isn't known"),
        ("partner", 1, "How far away the other person's face is isn't known from one picture, so what can't "
                       "be told is not measurable.", "lens"),
    ],
)  # fmt: skip
def test_the_target_is_explained_and_not_more(tmp_path, target, cameras, words, never):
    folder = make_session(tmp_path, people=PAIR, video=False, offset_s=0.0 if cameras == 2 else None)
    text = " ".join(summary(changed(folder, target=target)).footnotes)
    assert words in text and never not in text
    assert "more than chance" in text
