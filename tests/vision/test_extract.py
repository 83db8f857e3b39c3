"""Pictures to landmarks with MediaPipe itself, on short pieces of the bundled samples."""

import threading
from functools import partial

import cv2
import numpy as np
import pandas as pd
import pytest

from attune import InputError
from tests import clips
from vision import topology
from vision.extract import Extractor, Seen
from vision.measure import measure, to_signals
from vision.source import Frame, VideoFile

SECONDS = 2.0


@pytest.fixture(scope="module")
def demo() -> list[Frame]:
    return clips.pictures(clips.DEMO, SECONDS)


@pytest.fixture(scope="module")
def other() -> list[Frame]:
    return clips.pictures(clips.OTHER, SECONDS)


@pytest.fixture(scope="module")
def demo_file(demo, tmp_path_factory):
    return clips.write(tmp_path_factory.mktemp("clips") / "demo.mp4", demo)


def extract(frames, person="largest", **options) -> tuple[list[Seen], int]:
    with Extractor(person, **options) as extractor:
        return list(extractor.run(frames)), extractor.faces_seen


def table_of(seen, frames) -> pd.DataFrame:
    height, width = frames[0].rgb.shape[:2]
    return to_signals(measure(seen, width, height)).table


def measured(frames, person="largest", **options) -> pd.DataFrame:
    return table_of(extract(frames, person, **options)[0], frames)


@pytest.fixture(scope="module")
def seen(demo) -> list[Seen]:
    return extract(demo)[0]


def same(a: list[Seen], b: list[Seen]) -> bool:
    def equal(x, y):
        return (x is None) == (y is None) and (x is None or np.array_equal(x, y, equal_nan=True))

    return len(a) == len(b) and all(
        equal(x.face, y.face) and equal(x.body, y.body) and equal(x.world, y.world)
        for x, y in zip(a, b, strict=True)
    )


def our_threads() -> list[str]:
    names = ("decode", "face", "body", "mirror")
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(names)]


# ----- what comes out


def test_every_picture_of_a_file_has_its_row_and_its_time(demo_file):
    with VideoFile(demo_file) as source:
        found, faces = extract(source)
    with VideoFile(demo_file) as source:
        expected = [(frame.index, frame.time_s, frame.cut) for frame in source]
    assert [(one.index, one.time_s, one.cut) for one in found] == expected
    assert len(expected) == 50 and faces == 1
    table = table_of(found, [Frame(0, 0.0, np.empty((480, 640, 3)))])
    assert table["time_s"].tolist() == [time_s for _, time_s, _ in expected]
    assert table["frame"].tolist() == list(range(50))


def test_the_same_pictures_give_the_same_numbers(demo, seen):
    assert same(extract(demo)[0], seen)


def test_shapes_and_the_rate_of_looks_at_the_body(demo, seen):
    assert {one.face.shape for one in seen} == {(len(topology.FACE), 3)}
    looks = [one for one in seen if one.body is not None]
    assert {one.body.shape for one in looks} == {(topology.POSE_POINTS, 4)}
    assert {one.world.shape for one in looks} == {(topology.POSE_POINTS, 3)}
    assert len(looks) == pytest.approx(10 * SECONDS, abs=1) and looks[0].index == 0
    rarely = [one for one in extract(demo, pose_hz=2)[0] if one.body is not None]
    assert [one.time_s for one in rarely] == pytest.approx([0, 0.5, 1, 1.5], abs=0.04)


@pytest.mark.parametrize(
    ("name", "seconds"), [(clips.DEMO, 2), (clips.OTHER, 2), (clips.STANDING, 2), ("clips/face_12_0", 8)]
)
def test_as_the_truth_has_it(name, seconds):
    frames = clips.pictures(name, seconds)
    table = measured(frames)
    assert table["face_found"].mean() >= 0.97
    yaw = table["head_yaw_deg"] - clips.truth(name, frames, "head_yaw_to_lens")
    pitch = table["head_pitch_deg"] - clips.truth(name, frames, "head_pitch_to_lens")
    roll = table["head_roll_deg"] - clips.truth(name, frames, "head_roll")
    assert yaw.abs().mean() <= 3 and roll.abs().mean() <= 3
    assert (pitch - pitch.median()).abs().mean() <= 2.5
    place = table[["face_x_px", "face_y_px"]] - clips.truth(name, frames, "eye_px")
    assert np.hypot(*place.to_numpy().T).mean() < 0.1 * table["face_height_px"].mean()
    assert table["pose_found"].mean() >= 0.97


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [clips.DEMO, clips.OTHER, clips.STANDING, "clips/face_12_0", "clips/face_43_0"]
)
def test_whole_samples_as_the_truth_has_them(name):
    test_as_the_truth_has_it(name, seconds=60)


def test_a_picture_twice_as_large_gives_the_same_angles_in_its_own_pixels(demo, seen):
    once = table_of(seen, demo)
    twice = measured(clips.changed(demo, partial(cv2.resize, dsize=(1280, 960))))
    for name, tolerance in (("head_yaw_deg", 0.5), ("head_pitch_deg", 1), ("gaze_yaw_deg", 2)):
        assert twice[name].to_numpy() == pytest.approx(once[name].to_numpy(), abs=tolerance)
    for name in ("face_x_px", "face_y_px", "face_height_px"):
        assert twice[name].to_numpy() == pytest.approx(2 * once[name].to_numpy(), abs=2)
    assert twice["wrist_separation"].mean() == pytest.approx(once["wrist_separation"].mean(), abs=0.1)


def test_pictures_scaled_down_for_the_models_are_told_in_source_pixels(demo_file, demo, seen):
    with VideoFile(demo_file, max_side=320) as source:
        half = table_of(extract(source)[0], demo)
    once = table_of(seen, demo)
    for name in ("face_x_px", "face_y_px", "face_height_px"):
        assert half[name].mean() == pytest.approx(once[name].mean(), abs=3)
    assert half["arms_visible"].mean() == pytest.approx(once["arms_visible"].mean(), abs=0.1)


# ----- cuts, nobody, comings and goings


def test_after_a_cut_nothing_is_left_of_what_was_before(demo, other):
    after = [Frame(25 + k, 1 + frame.time_s, frame.rgb, cut=k == 0) for k, frame in enumerate(other[:20])]
    cut = extract([*demo[:25], *after])[0][25:]
    alone = extract(after)[0]
    assert same(cut, alone)


def test_a_picture_without_anybody():
    frames = clips.noise(1.5)
    found, faces = extract(frames)
    table = table_of(found, frames)
    assert faces == 0 and len(table) == len(frames)
    assert not table["face_found"].any() and not table["pose_found"].any()
    assert table[["head_yaw_deg", "gaze_angle_deg", "face_x_px", "wrist_separation"]].isna().all(axis=None)


def test_a_face_that_comes_and_goes_is_seen_when_it_is_there(demo):
    room = clips.changed(demo, lambda rgb: np.full_like(rgb, 128))
    frames = [*room[:12], *demo[12:30], *room[30:40], *demo[40:]]
    found = measured(frames)["face_found"].to_numpy()
    assert not found[:12].any() and not found[31:40].any()
    assert found[18:30].all() and found[46:].all(), "again after at most a fifth of a second"


def test_a_frozen_picture_of_somebody_who_looks_aside_stays_aside(demo):
    """Four seconds of the same look, 17 degrees past the lens, are not taken for the person's offset."""
    frozen = [Frame(k, k / 25, demo[0].rgb) for k in range(100)]
    truth = clips.truth(clips.DEMO, demo[:1], "gaze_to_lens")[0]
    assert measured(frozen)["gaze_angle_deg"].to_numpy() == pytest.approx(truth, abs=5)


# ----- who


@pytest.fixture(scope="module")
def side_by_side(demo, other) -> list[Frame]:
    return clips.beside(demo, other)


@pytest.mark.parametrize(
    ("person", "name", "left_px"),
    [("left", clips.DEMO, 0), ("1", clips.DEMO, 0), ("right", clips.OTHER, 640), ("2", clips.OTHER, 640)],
)
def test_of_two_people_the_one_asked_for_is_measured(side_by_side, demo, person, name, left_px):
    found, faces = extract(side_by_side, person)
    table = table_of(found, side_by_side)
    assert faces == 2 and table["face_found"].mean() >= 0.97
    truth_px = clips.truth(name, demo, "eye_px")[:, 0] + left_px
    assert (table["face_x_px"] - truth_px).abs().max() < 15
    assert (table["head_yaw_deg"] - clips.truth(name, demo, "head_yaw_to_lens")).abs().mean() <= 3
    noses = [one.body[topology.NOSE, 0] for one in found if one.body is not None]
    assert np.abs(np.array(noses) - truth_px.mean()).max() < 60, "the body is the same person's"


def test_two_people_shoulder_to_shoulder(demo, other):
    """Faces a face and a half apart: neither mesh nor pose may take the neighbour's."""
    left = clips.changed(demo, lambda rgb: rgb[:, 173:373])
    right = clips.changed(other, lambda rgb: rgb[:, 217:417])
    table = measured(clips.beside(left, right), "right")
    truth_px = clips.truth(clips.OTHER, other, "eye_px")[:, 0] - 217 + 200
    assert table["face_found"].mean() >= 0.97 and (table["face_x_px"] - truth_px).abs().max() < 15


def test_nobody_is_measured_in_place_of_a_third_person(side_by_side):
    found, faces = extract(side_by_side[:25], "3")
    assert faces == 2
    assert all(np.isnan(one.face).all() for one in found) and all(one.body is None for one in found)


@pytest.mark.parametrize(
    ("name", "share", "height_px"),
    [(clips.DEMO, 0.25, 33), (clips.DEMO, 0.3, 40), (clips.STANDING, 0.25, 41)],
)
def test_a_face_far_away(name, share, height_px):
    frames = clips.changed(clips.pictures(name, 1.5), partial(clips.far_away, share=share))
    table = measured(frames)
    assert table["face_found"].mean() >= 0.9
    assert table["face_height_px"].mean() == pytest.approx(height_px, rel=0.15)
    assert (table["head_yaw_deg"] - clips.truth(name, frames, "head_yaw_to_lens")).abs().mean() <= 4


# ----- the stream


def test_few_pictures_are_under_way_at_once(demo):
    """Memory stays flat however long the video and however slow the reader."""
    read, ahead = 0, []

    def counted():
        nonlocal read
        for k in range(120):
            read += 1
            yield Frame(k, k / 25, demo[k % 50].rgb)

    with Extractor() as extractor:
        for done, _ in enumerate(extractor.run(counted()), start=1):
            ahead.append(read - done)
    assert len(ahead) == 120 and max(ahead) <= 16


def test_an_error_while_reading_surfaces(demo):
    def broken():
        yield from demo[:10]
        raise InputError("clip.mp4: the rest can't be read")

    got = []
    with pytest.raises(InputError, match="the rest can't be read"), Extractor() as extractor:
        got.extend(extractor.run(broken()))
    assert len(got) <= 10 and our_threads() == []


def test_closing_the_stream_early_ends_reading(demo):
    def endless():
        for k in range(10**9):
            yield Frame(k, k / 25, demo[0].rgb)

    with Extractor() as extractor:
        stream = extractor.run(endless())
        assert next(stream).index == 0
        assert "decode" in our_threads()
        stream.close()
        assert "decode" not in our_threads()
    assert our_threads() == []


def test_leaving_early_ends_all_threads_before_the_file_is_closed(demo_file):
    with VideoFile(demo_file) as source:
        with Extractor() as extractor:
            stream = extractor.run(source)  # never finished nor closed, as after Ctrl-C
            next(stream)
        assert our_threads() == []
