"""The labelled video: every picture still at its time, with what was measured drawn into it."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from attune import InputError
from scoring.export_video import beside, export_video
from scoring.session import Session
from tests.sessions import SECOND_FPS, SECOND_S, SECOND_TIMES, TIMES, UNSEEN, make_session
from tests.videos import index_of
from vision.overlay import BODY_COLOUR, FACE_COLOUR
from vision.source import VideoFile
from vision.topology import OVERLAY_FACE, OVERLAY_POSE
from vision.writer import MAX_SIDE

FOUND = (2.0, 4.0)


def _landmarks(folder, person="staff", times_s=TIMES) -> None:
    """A face around (80, 140) and a body on the right, in the frames of `FOUND` only."""
    times = np.array([t for t in times_s if FOUND[0] <= t < FOUND[1]])
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
        "person": [person] * len(times),
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


@pytest.mark.slow
def test_labels_stand_at_the_side_where_the_person_is(tmp_path):
    """Only the client has something hidden from 10 s on; staff are right of them, or left."""
    images = {}
    for staff_px, client_px in ((40, 280), (280, 40)):
        folder = make_session(tmp_path / f"library{staff_px}", people=("staff", "client"))
        table = pd.read_parquet(folder / "signals.parquet")
        table["face_x_px"] = np.where(table["person"] == "staff", staff_px, client_px).astype(np.float32)
        table.to_parquet(folder / "signals.parquet", index=False)
        events = pd.read_csv(folder / "events.csv")
        events[(events["person"] == "client") & (events["kind"] == "not_measurable")].to_csv(
            folder / "events.csv", index=False
        )
        export_video(Session.open(folder), tmp_path / f"{staff_px}.mp4")
        frames = {frame.index: frame.rgb.astype(int) for frame in VideoFile(tmp_path / f"{staff_px}.mp4")}
        images[staff_px] = np.abs(frames[int(10.5 * 20)] - frames[int(9.5 * 20)])[19:60]
    for staff_px, there, other in (
        (40, slice(170, 320), slice(0, 150)),
        (280, slice(0, 150), slice(170, 320)),
    ):
        assert images[staff_px][:, there].mean() > 4 * images[staff_px][:, other].mean()


OFFSET_S = 2.0
FIRST, SECOND = (320, 180), (240, 180)


@pytest.mark.slow
@pytest.mark.parametrize("second", ["client", "staff"])
def test_two_cameras_stand_side_by_side_in_step_staff_left(tmp_path, second):
    folder = make_session(tmp_path / "library", people=("staff", "client"), offset_s=OFFSET_S, second=second)
    _landmarks(folder, second, [t + OFFSET_S for t in SECOND_TIMES])
    export_video(Session.open(folder), tmp_path / "out.mp4")
    split = SECOND[0] if second == "staff" else FIRST[0]
    faces = {True: [], False: []}
    for frame in VideoFile(tmp_path / "out.mp4"):
        assert frame.rgb.shape[1] == FIRST[0] + SECOND[0]
        halves = frame.rgb[:180, :split], frame.rgb[:180, split:]
        own, other = halves if second == "client" else halves[::-1]
        assert index_of(own) == frame.index
        at = TIMES[frame.index] - OFFSET_S
        if 0 <= at < SECOND_S:
            assert index_of(other) == int(at * SECOND_FPS + 1e-6)
            drawn = FOUND[0] + 0.05 < TIMES[frame.index] < FOUND[1] - 0.05
            faces[drawn].append(_like(other[115:165, 55:105], FACE_COLOUR))
        else:
            assert (other[105:125] < 60).all()  # blank but for a sentence in the middle
            assert other[80:102].max() > 130
    assert min(faces[True]) > max(faces[False][40:-40])


def test_a_second_camera_that_began_before_is_in_step(tmp_path):
    folder = make_session(tmp_path / "library", people=("staff", "client"), offset_s=-1.5)
    export_video(Session.open(folder), tmp_path / "out.mp4")
    for frame in VideoFile(tmp_path / "out.mp4"):
        at = TIMES[frame.index] + 1.5
        if at < SECOND_S:
            assert index_of(frame.rgb[:180, 320:]) == int(at * SECOND_FPS + 1e-6)
        else:
            assert (frame.rgb[105:125, 320:] < 60).all()


def test_a_second_video_that_is_gone_is_said(tmp_path):
    folder = make_session(tmp_path / "library", people=("staff", "client"), offset_s=0.0)
    (folder / "video2.mp4").unlink()
    export_video(Session.open(folder), tmp_path / "out.mp4")
    assert all((frame.rgb[105:125, 320:] < 60).all() for frame in VideoFile(tmp_path / "out.mp4"))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((1920, 1080), (1920, 1080)),
        ((1080, 1920), (640, 480)),
        ((321, 181), (96, 64)),
        ((4000, 10), (10, 4000)),
    ],
)
def test_two_pictures_fit_at_equal_height(a, b):
    (left, high), (right, as_high) = beside(a, b)
    assert high == as_high and left + right <= MAX_SIDE and high <= MAX_SIDE
    assert {side % 2 for side in (left, right, high)} == {0}
    if min(*a, *b) > 50:
        assert left / high == pytest.approx(a[0] / a[1], abs=4 / high)


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
