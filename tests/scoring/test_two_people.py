"""Two people through the command line: one picture, two cameras, roles, and what can go wrong."""

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pytest

from scoring.cli import _status
from scoring.dyad import UNITS
from scoring.session import Session
from tests import clips
from tests.runs import analyze
from tests.vision.test_sound import heard, record
from vision.source import VideoFile
from vision.writer import encode_video

SECONDS = 3.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("two")


@pytest.fixture(scope="module")
def first(folder) -> Path:
    return clips.write(folder / "first.mp4", clips.pictures(clips.DEMO, SECONDS))


@pytest.fixture(scope="module")
def second(folder) -> Path:
    return clips.write(folder / "second.mp4", clips.pictures(clips.OTHER, SECONDS))


@pytest.fixture(scope="module")
def pair(folder) -> Path:
    """The first on the left, the second on the right."""
    both = clips.beside(clips.pictures(clips.DEMO, SECONDS), clips.pictures(clips.OTHER, SECONDS))
    return clips.write(folder / "pair.mp4", both)


@pytest.fixture(scope="module")
def found(folder, pair):
    """What is found without being told how many people there are."""
    return analyze(pair, "--json", library=folder / "auto")


@pytest.fixture(scope="module")
def cameras(folder, first, second):
    """The second recording begins one second into the first."""
    return analyze(first, "--client", second, "--offset", "1", "--json", library=folder / "cameras")


def attune(*arguments) -> tuple[int, str, str]:
    out, err, argv = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["attune", *map(str, arguments)]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code = _status()
    finally:
        sys.argv = argv
    return code, out.getvalue(), err.getvalue()


def places(session: Session) -> dict[str, float]:
    """Person -> median place of the face across the picture, in pixels."""
    table = session.signals().table
    return {person: float(rows["face_x_px"].median()) for person, rows in table.groupby("person")}


def test_two_people_are_found_and_told_apart(found):
    assert found.code == 0
    assert "the one on the left of the picture" in found.sentence and "--swap" in found.sentence
    (session,) = found.sessions
    where = places(session)
    assert where["staff"] < 640 < where["client"]
    assert session.signals().table["face_found"].mean() > 0.98
    assert session.info["roles"] == {"staff": {"person": "left"}, "client": {"person": "right"}}
    assert session.info["notices"] == []
    landmarks = session.landmarks()
    assert landmarks.groupby("person")["face_x_px"].median().to_dict() == pytest.approx(where, abs=1)


def test_each_is_measured_as_when_alone(found, folder, first):
    alone = analyze(first, "--no-video", library=folder / "alone").sessions[0].signals().table
    together = found.sessions[0].signals().person("staff")
    for name, most in (("head_yaw_deg", 2.0), ("head_pitch_deg", 2.5), ("head_roll_deg", 2.0)):
        assert np.nanmedian(np.abs(together[name] - alone[name])) < most


def test_scores_and_events_of_both_and_of_the_two_together(found):
    (row,) = found.rows
    assert set(row["scores"]) == {"staff", "client", "dyad"}
    assert list(row["scores"]["dyad"]) == list(UNITS)
    assert "3 s long" in row["scores"]["dyad"]["mirroring_p"]["reason"]
    assert {event["person"] for event in row["events"]} >= {"staff", "client"}
    table = found.sessions[0].signals().table
    assert table["mirroring_prob"].isna().all()  # Three seconds tell nothing.
    assert table["motion_energy"].notna().mean() > 0.8


def test_the_staff_member_may_sit_on_the_right(folder, pair):
    done = analyze(pair, "--staff", "right", "--no-video", library=folder / "right")
    where = places(done.sessions[0])
    assert where["client"] < 640 < where["staff"]
    landmarks = done.sessions[0].landmarks().groupby("person")["face_x_px"].median()
    assert landmarks["client"] < 640 < landmarks["staff"]
    assert done.sessions[0].info["roles"]["staff"] == {"person": "right"}


def test_one_of_two_can_be_asked_for(folder, pair):
    done = analyze(pair, "--people", "1", "--no-video", library=folder / "one")
    assert done.sessions[0].signals().persons == ("staff",)
    assert "2 faces were seen at once" in done.sentence


def test_one_person_where_two_are_asked_for_is_a_session_of_one(folder, first):
    done = analyze(first, "--people", "2", "--no-video", "--json", library=folder / "asked")
    assert done.code == 0
    assert "only one person was seen where two were looked for" in done.sentence
    (session,) = done.sessions
    assert session.signals().persons == ("staff",)
    assert set(session.landmarks()["person"]) == {"staff"}
    scores = done.rows[0]["scores"]
    assert scores["staff"]["eye_contact_share"]["value"] is not None
    assert {score["reason"] for score in scores["dyad"].values()} == {"Only one person was seen."}


def test_roles_are_swapped_without_analysing_again(found, tmp_path):
    import shutil

    (session,) = found.sessions
    copy = tmp_path / session.path.name
    shutil.copytree(session.path, copy)
    before, scores = places(session), session.scores()
    code, out, _ = attune("roles", copy, "--swap", "--json")
    assert code == 0 and set(json.loads(out)["scores"]) == {"staff", "client", "dyad"}
    swapped = Session.open(copy)
    assert places(swapped) == {"staff": before["client"], "client": before["staff"]}
    assert swapped.landmarks().groupby("person")["face_x_px"].median()["staff"] > 640
    assert swapped.scores()["client"] == scores["staff"] and swapped.scores()["staff"] == scores["client"]
    assert swapped.info["roles"]["staff"] == {"person": "right"}
    assert (copy / "video.mp4").is_file()
    assert attune("roles", copy)[1].splitlines() == ["staff: person right", "client: person left"]
    attune("roles", copy, "--swap")
    again = Session.open(copy)
    assert again.scores() == scores and again.info["notices"] == session.info["notices"]


def test_roles_of_one_person_can_not_be_swapped(folder, first):
    done = analyze(first, "--no-video", library=folder / "single")
    code, _, err = attune("roles", done.sessions[0].path, "--swap")
    assert code == 1 and "a session of one person" in err


def test_the_partners_face_as_target(folder, pair):
    done = analyze(pair, "--target", "partner", "--no-video", library=folder / "partner")
    for person, sign in (("staff", 1), ("client", -1)):
        rows = done.sessions[0].signals().person(person)
        known = rows["gaze_angle_deg"].notna()
        assert (sign * rows["target_yaw_deg"][known] > 20).all()  # they sit side by side
        low, angle, high = (rows[f"gaze_angle_{end}deg"][known] for end in ("low_", "", "high_"))
        assert ((low <= angle + 1e-3) & (angle <= high + 1e-3)).all()
        assert (high - low).median() > 3  # nobody knows who sits nearer
    scores = done.sessions[0].scores()
    assert scores["dyad"]["mutual_eye_contact_share"]["value"] == 0
    assert scores["staff"]["eye_contact_share"]["value"] == 0


def test_two_cameras_make_one_session_on_one_clock(cameras):
    assert cameras.code == 0
    (session,) = cameras.sessions
    staff, client = (session.signals().person(person) for person in ("staff", "client"))
    assert (staff["time_s"].iloc[0], staff["time_s"].iloc[-1]) == (0, pytest.approx(2.96, abs=0.01))
    assert client["time_s"].iloc[0] == pytest.approx(1.0, abs=1e-6)
    assert client["time_s"].iloc[-1] < 3.0
    assert (session.path / "video.mp4").is_file() and (session.path / "video2.mp4").is_file()
    assert session.camera_of("client") == 2
    assert session.info["second_source"]["offset_s"] == 1.0
    assert session.info["second_source"]["aligned_by"] == "given"
    lines = cameras.err.splitlines()
    assert ["as given" in line for line in lines if "begins at 1.00 s" in line] == [True]
    assert not any("begins at" in text for text in session.info["notices"])
    assert any("second.mp4: 1.0 s after the staff member's recording were left out" in line for line in lines)
    gaps = [event for event in cameras.rows[0]["events"] if event["reason"] == "no_frame"]
    assert gaps and all(event["person"] == "client" and event["end_s"] <= 1.001 for event in gaps)


def test_mutual_eye_contact_of_two_cameras_is_measured(cameras):
    score = cameras.rows[0]["scores"]["dyad"]["mutual_eye_contact_share"]
    assert score["coverage"] == pytest.approx(2 / 3, abs=0.1) and score["value"] is not None


def test_a_camera_that_began_earlier(folder, first, second):
    done = analyze(first, "--client", second, "--offset", "-1.5", "--no-video", library=folder / "earlier")
    client = done.sessions[0].signals().person("client")
    assert client["time_s"].iloc[0] == pytest.approx(0.02, abs=0.021)
    assert client["time_s"].iloc[-1] == pytest.approx(1.46, abs=0.03)
    assert "1.5 s before the staff member's recording were left out" in done.err


@pytest.mark.parametrize("offset", ["3.5", "-3.5", "nan"])
def test_an_offset_beyond_the_recordings_is_one_sentence(folder, first, second, offset):
    library = folder / "beyond"
    done = analyze(first, "--client", second, "--offset", offset, library=library)
    assert done.code == 1 and "--offset" in done.sentence
    assert not library.exists() or not list(library.iterdir())


def test_the_same_recording_is_not_both_peoples(folder, first):
    done = analyze(first, "--client", first, "--offset", "0", library=folder / "same")
    assert done.code == 1 and "is the staff member's recording, too" in done.sentence


def test_recordings_without_sound_need_an_offset(folder, first, second):
    done = analyze(first, "--client", second, library=folder / "silent")
    assert done.code == 1 and "--offset" in done.sentence and "sound" in done.sentence


def test_two_cameras_are_aligned_by_their_sound(folder):
    """Seven seconds of each, of which the second begins 1.2 s into the first."""
    sounds = heard(5, 8.2, (0, 7), (1.2, 8.2), snr_db=15)
    paths = []
    for name, clip, sound in zip("ab", (clips.DEMO, clips.OTHER), sounds, strict=True):
        heard_by = VideoFile(record(folder / f"sound-{name}.mkv", sound, codec="pcm_s16le", rate=16000))
        paths.append(folder / f"with-sound-{name}.mp4")
        frames = ((frame.time_s, frame.rgb) for frame in clips.pictures(clip, 7))
        encode_video(paths[-1], frames, 25.0, sound_of=heard_by)
    done = analyze(paths[0], "--client", paths[1], "--no-video", library=folder / "heard")
    assert done.code == 0
    source = done.sessions[0].info["second_source"]
    assert source["offset_s"] == pytest.approx(1.2, abs=0.04)
    assert source["aligned_by"] == "sound" and 0 < source["confidence"] <= 1
    assert f"found from the sound (confidence {source['confidence']:.2f} of 1)" in done.err
    client = done.sessions[0].signals().person("client")
    assert client["time_s"].iloc[0] == pytest.approx(1.2, abs=0.04)


@pytest.mark.parametrize(
    "flags",
    [
        ["--offset", "1"],
        ["--people", "3"],
        ["--staff", "middle"],
        ["--staff", "0"],
        ["--people", "2", "--person", "left"],
        ["--people", "1", "--staff", "left"],
        ["--people", "1", "--target", "partner"],
        ["--client", "second.mp4", "--people", "2"],
        ["--client", "second.mp4", "--staff", "left"],
        ["--client", "second.mp4", "--person", "left"],
        ["--client", "second.mp4", "--offset", "0", "--target", "partner"],
    ],
    ids=" ".join,
)
def test_flags_that_do_not_go_together_are_wrong_usage(folder, first, second, flags):
    flags = [second if flag == "second.mp4" else flag for flag in flags]
    done = analyze(first, *flags, library=folder / "usage")
    assert done.code == 2 and "--" in done.sentence


def test_a_client_belongs_to_one_recording(folder, first, second):
    done = analyze(first, second, "--client", second, "--offset", "0", library=folder / "usage")
    assert done.code == 2 and "single VIDEO" in done.sentence
