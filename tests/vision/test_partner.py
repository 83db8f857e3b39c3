"""The other face as the target: two faces at known places before a lens with a known field of view."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.transform import Rotation

from scoring.eye_contact import uncertain
from vision.partner import FIELDS_OF_VIEW_DEG, HEIGHT_RATIOS, TURNED_DEG, directions_deg, toward_partner

SIZE = (1280, 720)
FACE_M = 0.19

# Where two faces are, in metres: x image right, y up, z from the lens.
SIDE_BY_SIDE = ((-0.4, 0.0, 1.2), (0.4, 0.0, 1.2))
ACROSS = ((-0.5, 0.1, 1.0), (0.45, -0.05, 1.3))
NEAR_AND_FAR = ((-0.3, 0.2, 0.7), (0.5, 0.1, 1.6))
PLACES = [SIDE_BY_SIDE, ACROSS, NEAR_AND_FAR]


def pictured(place, field_deg=60.0, face_m=FACE_M, size=SIZE) -> np.ndarray:
    """Centre and height of a face in the picture of a pinhole camera, pixels."""
    x, y, z = place
    focal_px = max(size) / 2 / np.tan(np.radians(field_deg) / 2)
    return np.array([size[0] / 2 + focal_px * x / z, size[1] / 2 - focal_px * y / z, focal_px * face_m / z])


def true_direction(own, other) -> tuple[float, float]:
    """Yaw and pitch from one face to the other against the line to the lens, which is turned to the front.

    The head that faces the lens, without a tilt, is the head that looks along z, turned left or right and
    then up or down.
    """

    def flipped(place):
        return np.array(place) * (1, 1, -1)  # z toward the lens: the camera's axes

    to_lens, way = -flipped(own), flipped(other) - flipped(own)
    yaw, pitch = np.arctan2(to_lens[0], to_lens[2]), np.arcsin(to_lens[1] / np.linalg.norm(to_lens))
    x, y, z = Rotation.from_euler("YX", [yaw, -pitch]).inv().apply(way)
    return float(np.degrees(np.arctan2(x, z))), float(np.degrees(np.arcsin(y / np.linalg.norm(way))))


def directions(own, other, **camera):
    yaw, pitch = directions_deg(pictured(own, **camera)[None], pictured(other, **camera)[None], *SIZE)
    return yaw[..., 0], pitch[..., 0]


# ----- directions


@pytest.mark.parametrize("places", PLACES)
@pytest.mark.parametrize("way", [1, -1])
def test_each_field_of_view_gives_its_own_truth(places, way):
    own, other = places[::way]
    for i, field_deg in enumerate(FIELDS_OF_VIEW_DEG):
        yaw, pitch = directions(own, other, field_deg=field_deg)
        alike = HEIGHT_RATIOS.index(1.0)
        assert (yaw[i, alike], pitch[i, alike]) == pytest.approx(true_direction(own, other), abs=1e-3)


@pytest.mark.parametrize("places", PLACES)
def test_each_ratio_of_heights_gives_its_own_truth(places):
    own, other = places
    middle = FIELDS_OF_VIEW_DEG.index(60.0)
    for j, ratio in enumerate(HEIGHT_RATIOS):
        here, there = pictured(own, face_m=ratio * FACE_M), pictured(other)
        yaw, pitch = directions_deg(here[None], there[None], *SIZE)
        found = yaw[middle, j, 0], pitch[middle, j, 0]
        assert found == pytest.approx(true_direction(own, other), abs=1e-3)


@pytest.mark.parametrize("places", PLACES)
@pytest.mark.parametrize("field_deg", [52.0, 58.0, 66.0, 74.0])
@pytest.mark.parametrize("ratio", [0.87, 0.97, 1.15])
def test_the_truth_lies_inside_the_set(places, field_deg, ratio):
    own, other = places
    here = pictured(own, field_deg, ratio * FACE_M)
    yaw, pitch = directions_deg(here[None], pictured(other, field_deg)[None], *SIZE)
    true_yaw, true_pitch = true_direction(own, other)
    assert yaw.shape == pitch.shape == (len(FIELDS_OF_VIEW_DEG), len(HEIGHT_RATIOS), 1)
    assert yaw.min() <= true_yaw <= yaw.max()
    assert pitch.min() - 0.5 <= true_pitch <= pitch.max() + 0.5
    apart = np.hypot(yaw - true_yaw, pitch - true_pitch)
    assert apart.min() < 4, "one of the assumptions is near the truth"


def test_side_by_side_at_one_height():
    """At (-.4, 0, 1.2) and (.4, 0, 1.2) the way to the other runs along x: atan(1.2 / .4) from the lens."""
    left, right = SIDE_BY_SIDE
    expected = np.degrees(np.arctan2(1.2, 0.4))
    assert true_direction(left, right) == pytest.approx((expected, 0))
    middle, alike = FIELDS_OF_VIEW_DEG.index(60.0), HEIGHT_RATIOS.index(1.0)
    for own, other, sign in ((left, right, 1), (right, left, -1)):
        yaw, pitch = directions(own, other)
        assert yaw[middle, alike] == pytest.approx(sign * expected, abs=1e-6)
        assert pitch == pytest.approx(np.zeros(pitch.shape), abs=1e-6)


def test_one_right_below_the_other():
    yaw, pitch = directions((0.0, 0.3, 1.0), (0.0, -0.3, 1.0))
    assert (np.abs(np.abs(yaw) % 180) < 1e-6).all() and (pitch < -40).all()


@pytest.mark.parametrize("places", PLACES)
def test_a_mirror_turns_left_to_right(places):
    yaw, pitch = directions(*places)
    mirrored = [(-x, y, z) for x, y, z in places]
    other_yaw, other_pitch = directions(*mirrored)
    assert other_yaw == pytest.approx(-yaw, abs=1e-6) and other_pitch == pytest.approx(pitch, abs=1e-6)


def test_an_upright_picture_has_its_field_of_view_up_and_down():
    own, other, size = (-0.2, 0.1, 1.2), (0.2, -0.1, 1.2), SIZE[::-1]
    faces = [pictured(place, 60.0, size=size)[None] for place in (own, other)]
    yaw, pitch = directions_deg(*faces, *size)
    found = yaw[1, HEIGHT_RATIOS.index(1.0), 0], pitch[1, HEIGHT_RATIOS.index(1.0), 0]
    assert found == pytest.approx(true_direction(own, other), abs=1e-3)


def test_a_face_that_was_not_found_gives_no_direction():
    faces = np.array([pictured(ACROSS[0])] * 3), np.array([pictured(ACROSS[1])] * 3)
    faces[0][1, 0], faces[1][2] = np.nan, np.nan
    for angle in directions_deg(*faces, *SIZE):
        assert np.isfinite(angle[..., 0]).all() and np.isnan(angle[..., 1:]).all()


# ----- a person's rows


def rows(place, gaze=(0.0, 0.0), count=30, head_yaw_deg=0.0, **camera) -> pd.DataFrame:
    x, y, height = pictured(place, **camera)
    return pd.DataFrame({
        "time_s": np.arange(count) / 15, "head_yaw_deg": np.full(count, head_yaw_deg),
        "gaze_yaw_deg": np.full(count, gaze[0]), "gaze_pitch_deg": np.full(count, gaze[1]),
        "face_x_px": np.full(count, x), "face_y_px": np.full(count, y),
        "face_height_px": np.full(count, height),
    })  # fmt: skip


@pytest.mark.parametrize("places", PLACES)
def test_who_looks_at_the_other_does_so_under_the_likely_assumptions(places):
    own, other = places
    table = toward_partner(rows(own, true_direction(own, other)), rows(other), *SIZE)
    assert table["gaze_angle_deg"].to_numpy() == pytest.approx(np.zeros(30), abs=0.05)
    assert table["gaze_angle_low_deg"].max() <= 0.05
    found = table[["target_yaw_deg", "target_pitch_deg"]].iloc[0].to_numpy()
    assert found == pytest.approx(true_direction(own, other), abs=1e-3)


@pytest.mark.parametrize("places", PLACES)
def test_the_interval_holds_every_assumption(places):
    own, other = places
    table = toward_partner(rows(own, (10.0, -5.0)), rows(other), *SIZE)
    low, likely, high = (
        table[name].to_numpy() for name in ("gaze_angle_low_deg", "gaze_angle_deg", "gaze_angle_high_deg")
    )
    assert (low <= likely).all() and (likely <= high).all() and (high - low > 3).all()


@pytest.mark.parametrize("aside_deg", [15.0, 30.0, 60.0])
def test_who_looks_past_the_other_is_that_far_off(aside_deg):
    own, other = SIDE_BY_SIDE
    yaw, pitch = true_direction(own, other)
    table = toward_partner(rows(own, (yaw - aside_deg, pitch)), rows(other), *SIZE)
    assert table["gaze_angle_deg"].to_numpy() == pytest.approx(np.full(30, aside_deg), abs=0.05)


def test_where_one_of_the_faces_is_missing_there_is_no_angle():
    own, other = rows(ACROSS[0]), rows(ACROSS[1])
    own.loc[3:5, ["face_x_px", "face_y_px", "face_height_px", "head_yaw_deg"]] = np.nan
    other.loc[8:9, ["face_x_px", "face_y_px", "face_height_px"]] = np.nan
    own.loc[12, ["gaze_yaw_deg", "gaze_pitch_deg"]] = np.nan
    table = toward_partner(own, other, *SIZE)
    missing = {3, 4, 5, 8, 9}
    assert set(np.flatnonzero(table["target_yaw_deg"].isna())) == missing
    for name in ("gaze_angle_deg", "gaze_angle_low_deg", "gaze_angle_high_deg"):
        assert set(np.flatnonzero(table[name].isna())) == missing | {12}


@pytest.mark.parametrize("own_seen", [0, 1, 2, 30])
def test_few_faces_are_enough(own_seen):
    own = rows(ACROSS[0])
    own.loc[own_seen:, ["face_x_px", "face_y_px", "face_height_px"]] = np.nan
    table = toward_partner(own, rows(ACROSS[1]), *SIZE)
    assert table["gaze_angle_deg"].notna().sum() == own_seen


@pytest.mark.parametrize("head_yaw_deg", [TURNED_DEG + 1, -TURNED_DEG - 1, 80.0])
def test_a_head_in_profile_has_no_line_of_sight(head_yaw_deg):
    table = toward_partner(rows(ACROSS[0], head_yaw_deg=head_yaw_deg), rows(ACROSS[1]), *SIZE)
    assert table[["gaze_angle_deg", "gaze_angle_low_deg", "gaze_angle_high_deg"]].isna().all(axis=None)
    assert table["target_yaw_deg"].notna().all()


def test_a_half_profile_still_has_one():
    table = toward_partner(rows(ACROSS[0], head_yaw_deg=TURNED_DEG - 1), rows(ACROSS[1]), *SIZE)
    assert table["gaze_angle_deg"].notna().all()


def test_a_wavering_height_doesnt_move_the_other():
    """Faces are measured a few per cent larger or smaller from picture to picture; nobody moves that fast."""
    own, other = rows(ACROSS[0], count=60), rows(ACROSS[1], count=60)
    still = toward_partner(own, other, *SIZE)["target_yaw_deg"].to_numpy()
    wavering = 1 + 0.06 * np.random.default_rng(0).normal(size=(2, 60))
    own["face_height_px"] *= wavering[0]
    other["face_height_px"] *= wavering[1]
    steady = toward_partner(own, other, *SIZE)["target_yaw_deg"].to_numpy()
    raw, _ = directions_deg(*(table[["face_x_px", "face_y_px", "face_height_px"]].to_numpy()
                              for table in (own, other)), *SIZE)  # fmt: skip
    assert np.abs(steady - still).mean() < 0.5 * np.abs(raw[1, 3] - still).mean()


def test_uncertain_is_where_the_interval_holds_the_threshold():
    own, other = SIDE_BY_SIDE
    yaw, pitch = true_direction(own, other)
    angles = [0.0, 4.0, 30.0, 60.0]
    told = []
    for aside_deg in angles:
        table = toward_partner(rows(own, (yaw - aside_deg, pitch)), rows(other), *SIZE)
        low, high = table["gaze_angle_low_deg"][0], table["gaze_angle_high_deg"][0]
        unsure = uncertain(table)
        assert unsure.tolist() == [bool(low <= 7.5 < high)] * 30
        told.append(not unsure[0])
    assert told == [False, False, True, True], "that somebody looks past the other can be said, farther off"
    table = toward_partner(rows(own, head_yaw_deg=80.0), rows(other), *SIZE)
    assert not uncertain(table).any(), "where there is no interval, something else is missing"
