"""The labelled video: every picture still at its time, with what was measured drawn into it."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from attune import InputError
from scoring.export_video import export_video
from scoring.session import Session
from tests.sessions import TIMES, UNSEEN, make_session
from tests.videos import index_of
from vision.overlay import BODY_COLOUR, FACE_COLOUR
from vision.source import VideoFile
from vision.topology import OVERLAY_FACE, OVERLAY_POSE

FOUND = (2.0, 4.0)


def _landmarks(folder) -> None:
    """A face around (80, 140) and a body on the right, in the frames of `FOUND` only."""
    times = np.array([t for t in TIMES if FOUND[0] <= t < FOUND[1]])
    turn = np.linspace(0, 2 * np.pi, len(OVERLAY_FACE))
    face = np.stack([np.cos(turn), np.sin(turn)], axis=1) / 2
    body = np.stack(
        [
            np.full(len(OVERLAY_POSE), 0.9),
            np.linspace(0.7, 0.95, len(OVERLAY_POSE)),
            np.ones(len(OVERLAY_POSE)),
        ]
    )
    one = {"face": face.ravel(), "pose": body.T.ravel()}
    columns = {
        name: pa.FixedSizeListArray.from_arrays(np.tile(v, len(times)).astype(np.float16), len(v))
        for name, v in one.items()
    }
    table = {
        "time_s": times,
        "frame": np.arange(len(times), dtype=np.int32),
        "person": ["staff"] * len(times),
        **{
            n: np.full(len(times), v, np.float32)
            for n, v in (("face_x_px", 80), ("face_y_px", 140), ("face_height_px", 40))
        },
    }
    pq.write_table(pa.table(table | columns), folder / "landmarks.parquet")


def _like(rgb: np.ndarray, colour) -> int:
    return int((np.abs(rgb.astype(int) - colour).max(axis=2) < 40).sum())


def test_pictures_keep_their_times_and_show_what_was_found(tmp_path):
    folder = make_session(tmp_path / "library")
    _landmarks(folder)
    told = []
    export_video(Session.open(folder), tmp_path / "out.mp4", lambda *done: told.append(done))
    times, faces, bodies, heads = [], [], [], []
    for frame in VideoFile(tmp_path / "out.mp4"):
        assert index_of(frame.rgb[:180]) == frame.index
        times.append(frame.time_s)
        faces.append(_like(frame.rgb[115:165, 55:105], FACE_COLOUR))
        bodies.append(_like(frame.rgb[120:175, 280:296], BODY_COLOUR))
        heads.append(frame.rgb[:60, :200].astype(int))
        assert frame.rgb.shape[0] > 200
        assert frame.rgb.shape[1] == 320
    np.testing.assert_allclose(times, TIMES, atol=1e-3)
    drawn = np.array([FOUND[0] <= t < FOUND[1] for t in TIMES])
    assert min(np.array(faces)[drawn]) > max(np.array(faces)[~drawn])
    assert min(np.array(bodies)[drawn]) > max(np.array(bodies)[~drawn])
    # The labels over the picture change where the events do: here, where nothing was measurable.
    before, after = int(UNSEEN[0] * 20) - 1, int(UNSEEN[0] * 20)
    assert np.abs(heads[after] - heads[before]).mean() > 4 * np.abs(heads[before] - heads[before - 1]).mean()
    assert told[-1] == (len(TIMES), pytest.approx(TIMES[-1], abs=1e-3), pytest.approx(12.0))


def test_it_works_without_landmarks_and_with_two_people(tmp_path):
    folder = make_session(tmp_path / "library", people=("staff", "client"))
    export_video(Session.open(folder), tmp_path / "out.mp4")
    assert len(list(VideoFile(tmp_path / "out.mp4"))) == len(TIMES)


def test_a_session_without_its_video_says_so(tmp_path):
    folder = make_session(tmp_path / "library", video=False)
    with pytest.raises(InputError, match="kept without its video"):
        export_video(Session.open(folder), tmp_path / "out.mp4")
    assert not (tmp_path / "out.mp4").exists()


def test_damaged_landmarks_are_named_and_leave_nothing(tmp_path):
    folder = make_session(tmp_path / "library")
    (folder / "landmarks.parquet").write_bytes(b"no table")
    with pytest.raises(InputError, match=r"landmarks\.parquet can't be read"):
        export_video(Session.open(folder), tmp_path / "out.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["library"]
