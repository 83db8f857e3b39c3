"""Features of hand-made columns: values, order, and what becomes of what was not measured."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.classifier import load
from models.eye_contact import features as eye_contact
from models.nod import features as nod
from models.posture import features as posture
from tests.models.examples import ARMS, LOOK, MIRRORED, MODELS, columns, kept_card, part

NAN = float("nan")

FRAMES = {"eye_contact": (eye_contact, LOOK), "posture": (posture, ARMS)}


def row(module, frame, **changed):
    return module.features(columns(frame, **changed))[0]


@pytest.mark.parametrize("name", MODELS)
def test_columns_are_those_of_the_card(name):
    assert list(part(name, "features").FEATURES) == kept_card(name)["features"]


@pytest.mark.parametrize("name", MIRRORED)
def test_the_mirror_image_of_the_mirror_image_is_the_picture(name):
    features = part(name, "features")
    table = np.random.default_rng(0).normal(0, 1, (5, len(features.FEATURES))).astype(np.float32)
    mirrored = features.mirrored(table)
    assert mirrored.dtype == np.float32
    assert (mirrored != table).any(axis=1).all()
    assert (features.mirrored(mirrored) == table).all()


@pytest.mark.parametrize("name", FRAMES)
class TestFrames:
    """What both models of single frames have in common."""

    def test_one_row_a_frame(self, name):
        module, frame = FRAMES[name]
        table = module.features(columns(frame, rows=7))
        assert table.shape == (7, len(module.FEATURES))
        assert table.dtype == np.float32
        assert module.features(columns(frame, rows=0)).shape == (0, len(module.FEATURES))

    def test_every_signal_stands_in_its_own_column(self, name):
        module, frame = FRAMES[name]
        before = row(module, frame)
        for place, column in enumerate(module.FEATURES):
            after = row(module, frame, **{column: frame[column] + 0.05})
            changed = np.flatnonzero(after != before).tolist()
            assert changed == ([] if column.endswith("_seen") else [place])

    def test_what_else_was_measured_and_the_order_of_columns_make_no_difference(self, name):
        module, frame = FRAMES[name]
        turned = columns({"lean_deg": 4.0, **dict(reversed(frame.items()))})
        assert (module.features(turned) == module.features(columns(frame))).all()

    def test_columns_stay_as_they_were(self, name):
        module, frame = FRAMES[name]
        given = {column: np.array([value, NAN, 0.0]) for column, value in frame.items()}
        before = {column: values.copy() for column, values in given.items()}
        module.features(given, 7.0)
        for column in frame:
            assert given[column] == pytest.approx(before[column], nan_ok=True)

    def test_any_signal_that_was_not_measured_makes_the_frame_not_measurable(self, name):
        module, frame = FRAMES[name]
        rows = len(module.FEATURES)
        missing = {
            column: np.where(np.arange(rows) == place, NAN, frame[column])
            for place, column in enumerate(module.FEATURES)
        }
        table = module.features(missing)
        assert np.isnan(table).any(axis=1).all()
        assert np.isnan(np.diag(table)).all()
        assert np.isnan(load(name).probabilities(table)).all()

    def test_the_mirror_image_is_that_of_the_mirrored_signals(self, name):
        """Left and right change places, and what goes to the left goes to the right."""
        module, frame = FRAMES[name]
        swap = {"left": "right", "right": "left"}
        mirrored = {}
        for column, value in frame.items():
            side, _, rest = column.partition("_")
            sign = -1 if "yaw" in column or "across" in column else 1
            mirrored[f"{swap[side]}_{rest}" if side in swap else column] = sign * value
        expected = module.features(columns(mirrored))
        assert module.mirrored(module.features(columns(frame))) == pytest.approx(expected)


def test_looks_are_scaled():
    expected = [5 / 10, 3 / 10, -4 / 10, 15 / 30, -6 / 30, 0.27 / 0.3]
    assert row(eye_contact, LOOK) == pytest.approx(expected)


def test_gaze_and_head_are_seen_against_the_target():
    table = eye_contact.features(columns(LOOK), target_yaw_deg=5.0, target_pitch_deg=-10.0)
    # The angle is against the target already.
    assert table[0] == pytest.approx([5 / 10, -2 / 10, 6 / 10, 10 / 30, 4 / 30, 0.27 / 0.3])


def test_each_frame_may_have_its_own_target():
    yaw_deg, pitch_deg = np.array([0.0, 5.0, -20.0]), np.array([0.0, -10.0, 0.0])
    table = eye_contact.features(columns(LOOK, rows=3), yaw_deg, pitch_deg)
    each = [
        eye_contact.features(columns(LOOK), *target)[0] for target in zip(yaw_deg, pitch_deg, strict=True)
    ]
    assert (table == np.array(each)).all()


def test_postures_are_scaled():
    expected = [0.7, 0.6, -0.8, -0.5, -0.7, 0.4, -1.1, -0.3, -1.2, 10 / 20, 1, 1]
    assert row(posture, ARMS) == pytest.approx(expected)


def test_the_trunk_is_seen_against_the_target_of_each_frame():
    table = posture.features(columns(ARMS, rows=3), np.array([0.0, 10.0, 30.0]))
    assert table[:, posture.FEATURES.index("torso_yaw_deg")] == pytest.approx([0.5, 0, -1])
    others = [i for i, name in enumerate(posture.FEATURES) if name != "torso_yaw_deg"]
    assert (table[:, others] == table[0, others]).all()


@pytest.mark.parametrize(("seen", "there"), [(0.0, 0), (posture.SEEN - 0.01, 0), (posture.SEEN, 1), (1.0, 1)])
def test_a_wrist_counts_as_seen_or_not(seen, there):
    given = row(posture, ARMS, left_wrist_seen=seen)
    assert given[posture.FEATURES.index("left_wrist_seen")] == there
    assert given[posture.FEATURES.index("left_wrist_up")] == pytest.approx(-1.1 * there)


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_hidden_wrist_has_no_place_and_no_distance_from_the_other(side):
    given = dict(zip(posture.FEATURES, row(posture, ARMS, **{f"{side}_wrist_seen": 0.1}), strict=True))
    gone = {"wrist_separation", f"{side}_wrist_across", f"{side}_wrist_up", f"{side}_wrist_seen"}
    before = dict(zip(posture.FEATURES, row(posture, ARMS), strict=True))
    assert given == {name: 0.0 if name in gone else value for name, value in before.items()}


def test_a_hidden_wrist_is_the_other_one_in_the_mirror():
    hidden = posture.mirrored(posture.features(columns(ARMS, left_wrist_seen=0.1)))[0]
    seen = dict(zip(posture.FEATURES, hidden, strict=True))
    assert (seen["left_wrist_seen"], seen["right_wrist_seen"]) == (1, 0)
    assert (seen["left_wrist_up"], seen["right_wrist_up"]) == (np.float32(-1.2), 0)


def test_the_place_of_a_hidden_wrist_need_not_be_measured():
    """Its guess says nothing; the frame is measurable by the rest."""
    unknown = {"left_wrist_across": NAN, "left_wrist_up": NAN, "wrist_separation": NAN}
    hidden = row(posture, ARMS, left_wrist_seen=0.1, **unknown)
    assert (hidden == row(posture, ARMS, left_wrist_seen=0.1)).all()
    assert np.isnan(row(posture, ARMS, **unknown)[[0, 5, 6]]).all(), "but that of a wrist that is seen"
    assert np.isnan(row(posture, ARMS, left_wrist_seen=NAN, **unknown)[10]), "and whether it is seen"


def test_places_far_off_are_held_at_the_limit():
    assert row(posture, ARMS, left_wrist_up=-50.0)[6] == -4
    assert row(posture, ARMS, torso_yaw_deg=170.0)[9] == 4


RATE, LENGTH = nod.RATE_HZ, nod.LENGTH
STILL = [2.0, -3.0, 1.0]


def head(rows, still=STILL):
    """Times and angles of a head that holds still, so many samples of the model's own clock."""
    return np.arange(rows) / RATE, np.tile(np.array(still, float), (rows, 1))


def test_names_of_the_windows_columns():
    assert nod.FEATURES[0] == "head_pitch_deg[-24]"
    assert nod.FEATURES[LENGTH - 1 : LENGTH + 1] == ("head_pitch_deg[0]", "head_yaw_deg[-24]")
    assert nod.FEATURES[-1] == "head_roll_deg[0]"
    assert len(nod.FEATURES) == 3 * LENGTH == 75


def test_a_head_held_still_is_all_zeros_wherever_it_points():
    clock_s, table = nod.clock_features(*head(40))
    assert clock_s == pytest.approx(np.arange(40) / RATE)
    assert table.shape == (40, 75)
    assert table.dtype == np.float32
    assert (table == 0).all()


@pytest.mark.parametrize(("column", "name"), list(enumerate(nod.ANGLES)))
def test_each_angle_has_its_own_columns_oldest_first(column, name):
    time_s, angles = head(60)
    angles[:, column] += np.arange(60)
    table = nod.clock_features(time_s, angles)[1]
    mine = [i for i, feature in enumerate(nod.FEATURES) if feature.startswith(name)]
    assert mine == list(range(column * LENGTH, (column + 1) * LENGTH))
    # A degree a sample, about the window's middle, in units of 5 degrees.
    assert table[50, mine] == pytest.approx(np.arange(-12, 13) / 5)
    assert (np.delete(table, mine, axis=1) == 0).all()


def test_times_between_the_clocks_ticks_are_interpolated():
    time_s = np.arange(61) / 30
    angles = np.tile(np.array(STILL), (61, 1))
    angles[:, 0] += 8 * time_s
    clock_s, table = nod.clock_features(time_s, angles)
    assert clock_s == pytest.approx(np.arange(41) / RATE)
    assert table[-1, :LENGTH] == pytest.approx(8 / RATE * np.arange(-12, 13) / 5, abs=1e-6)


@pytest.mark.parametrize("column", range(3))
def test_a_window_that_ends_in_a_long_gap_is_not_measurable(column):
    time_s, angles = head(60)
    angles[30:40, column] = NAN  # .55 s from one measured frame to the next
    table = nod.clock_features(time_s, angles)[1]
    missing = np.arange(60)[np.isnan(table).all(axis=1)]
    assert missing.tolist() == list(range(30, 40))
    assert np.isfinite(np.delete(table, missing, axis=0)).all()
    assert np.isnan(load("nod").probabilities(table)[missing]).all()


def test_a_short_gap_is_bridged():
    time_s, angles = head(60)
    angles[30:34] = NAN  # .25 s from one measured frame to the next
    assert (nod.clock_features(time_s, angles)[1] == 0).all()


def test_a_head_never_seen_is_never_measurable():
    clock_s, table = nod.clock_features(*head(40, [NAN, 0, 0]), nod.DELAY_S)
    assert len(clock_s) == len(table) == 48
    assert np.isnan(table).all()


def test_the_last_angles_stand_until_a_movement_before_the_end_can_be_spoken_of():
    time_s, angles = head(40)
    angles[-1, 0] += 5  # one unit up in the last frame
    clock_s, table = nod.clock_features(time_s, angles, nod.DELAY_S)
    assert len(clock_s) == 48
    assert clock_s == pytest.approx(np.arange(48) / RATE)
    expected = np.zeros(LENGTH)
    expected[-9:] = 1  # the frame itself, and eight samples of .05 s that repeat it
    assert table[-1, :LENGTH] == pytest.approx(expected)
    assert (table[:40] == nod.clock_features(time_s, angles)[1]).all()


def test_the_last_angles_stand_before_a_gap_too_and_no_longer():
    time_s, angles = head(60)
    angles[20:50] = NAN
    missing = np.isnan(nod.clock_features(time_s, angles, nod.DELAY_S)[1]).all(axis=1)
    assert np.flatnonzero(missing).tolist() == list(range(28, 50))


@settings(max_examples=50)
@given(st.lists(st.floats(-60, 60), min_size=3, max_size=3), st.integers(0, 1000))
def test_where_the_head_points_makes_no_difference(offset, seed):
    time_s = np.arange(50) / 25
    angles = np.random.default_rng(seed).normal(0, 5, (50, 3))
    one, other = (nod.clock_features(time_s, moved)[1] for moved in (angles, angles + offset))
    assert other == pytest.approx(one, abs=1e-5)


@settings(max_examples=50)
@given(st.integers(0, 1000), st.integers(1, 60))
def test_live_windows_are_those_of_the_whole_recording(seed, known):
    """Without the hold, whatever could be told after some frames is told the same at the end."""
    rng = np.random.default_rng(seed)
    time_s = np.cumsum(rng.uniform(0.02, 0.08, 60))
    angles = rng.normal(0, 5, (60, 3))
    angles[rng.random(60) < 0.2] = NAN
    now_s, now = nod.clock_features(time_s[:known], angles[:known])
    later_s, later = nod.clock_features(time_s, angles)
    told = np.isfinite(now).all(axis=1)
    assert (later_s[: len(now_s)] == now_s).all()
    assert later[: len(now)][told] == pytest.approx(now[told], abs=1e-6)


def test_the_mirror_image_of_a_movement():
    """Nods stay nods; what turns or tilts to the left does so to the right."""
    time_s, angles = head(40)
    angles += np.random.default_rng(0).normal(0, 5, (40, 3))
    table = nod.clock_features(time_s, angles)[1]
    other = nod.clock_features(time_s, angles * [1, -1, -1])[1]
    assert nod.mirrored(table) == pytest.approx(other)
