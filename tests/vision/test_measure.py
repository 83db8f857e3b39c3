"""From landmarks to the table: what is measured of a picture, and how it is placed on the frames."""

import numpy as np
import pytest

from attune import InputError, UsageError
from tests.faces import face, no_face, rotation
from vision import bias, topology
from vision.extract import Seen
from vision.measure import BODY_COLUMNS, STALE_S, measure, not_before, to_signals
from vision.posture import torso_yaw_deg
from vision.target import LENS, Target, direction_deg

SIZE = (640, 480)


def body(wrists=1.0, nose_x=320.0, visible=1.0):
    """Somebody with shoulders 100 px apart and hands so many shoulder widths apart (- crossed)."""
    points = np.zeros((topology.POSE_POINTS, 4), np.float32)
    points[:, :2], points[:, 3] = (320, 300), visible
    points[topology.LEFT_SHOULDER, 0], points[topology.RIGHT_SHOULDER, 0] = 370, 270
    points[topology.NOSE, :2] = nose_x, 200
    points[[topology.LEFT_WRIST, topology.RIGHT_WRIST], 1] = 420
    points[topology.LEFT_WRIST, 0], points[topology.RIGHT_WRIST, 0] = 320 + 50 * wrists, 320 - 50 * wrists
    world = np.zeros((topology.POSE_POINTS, 3), np.float32)
    world[[topology.LEFT_SHOULDER, topology.RIGHT_SHOULDER], 1] = -0.5
    return points, world


def nobody():
    return (np.full((topology.POSE_POINTS, width), np.nan, np.float32) for width in (4, 3))


def seen(times_s, looks=None, faces=None, cuts=()):
    """Pictures at `times_s`; `looks` maps some of their numbers to bodies."""
    for k, time_s in enumerate(times_s):
        points, world = (looks or {}).get(k, (None, None))
        yield Seen(k, time_s, face() if faces is None else faces[k], points, world, k in cuts)


def signals(times_s, looks=None, faces=None, cuts=(), **options):
    return to_signals(measure(seen(times_s, looks, faces, cuts), *SIZE), **options).table


AT_30 = np.arange(31) / 30


@pytest.fixture
def opening():
    """Wrists 0, 1, 2 and 3 shoulder widths apart at every third picture of thirty a second."""
    return {3 * k: body(wrists=float(k)) for k in range(4)}


def test_a_body_is_interpolated_between_two_looks(opening):
    found = signals(AT_30, opening)["wrist_separation"]
    assert found[:10].tolist() == pytest.approx([k / 3 for k in range(10)], abs=1e-4)


def test_causal_holds_what_was_seen_last(opening):
    found = signals(AT_30, opening, causal=True)["wrist_separation"]
    assert found[:10].tolist() == pytest.approx([0, 0, 0, 1, 1, 1, 2, 2, 2, 3], abs=1e-4)


@pytest.mark.parametrize("causal", [False, True])
def test_a_stale_body_is_not_measurable(opening, causal):
    table = signals(AT_30, opening, causal=causal)
    fresh = AT_30 <= 0.3 + STALE_S + 1e-6
    for name in BODY_COLUMNS:
        # Motion is known from the second look on.
        known = fresh & (AT_30 >= 0.1 - 1e-6) if name == "motion_energy" else fresh
        assert np.isfinite(table[name]).tolist() == known.tolist()
    assert table["pose_found"].tolist() == fresh.tolist()
    assert table["wrist_separation"][10:20].tolist() == pytest.approx([3] * 10, abs=1e-4)


def test_before_the_first_look_nothing_is_known():
    found = signals(AT_30, {6: body()})["wrist_separation"]
    assert np.isnan(found[:6]).all() and np.isfinite(found[6:16]).all()


def test_looks_too_far_apart_are_not_joined():
    found = signals(np.arange(16) / 10, {0: body(0), 10: body(10)})["wrist_separation"].to_numpy()
    assert found[:4].tolist() == pytest.approx([0] * 4)
    assert np.isnan(found[4:10]).all()
    assert found[10:14].tolist() == pytest.approx([10] * 4, abs=1e-4)


@pytest.mark.parametrize("causal", [False, True])
def test_nothing_is_carried_over_a_cut(causal):
    found = signals(AT_30[:12], {0: body(0), 6: body(6)}, cuts={4}, causal=causal)["wrist_separation"]
    assert found[:4].tolist() == pytest.approx([0] * 4), "not on its way to what comes after the cut"
    assert np.isnan(found[4:6]).all()
    assert found[6:].tolist() == pytest.approx([6] * 6, abs=1e-4)


def test_a_body_that_was_looked_for_in_vain():
    looks = {0: body(0), 3: tuple(nobody()), 6: body(2)}
    table = signals(AT_30[:9], looks)
    assert table["pose_found"].tolist() == [True] * 3 + [False] * 3 + [True] * 3
    assert table["wrist_separation"][:3].tolist() == pytest.approx([0] * 3), "held, not blended with nothing"


def test_no_body_at_all():
    table = signals(AT_30)
    assert not table["pose_found"].any() and table[list(BODY_COLUMNS)].isna().all(axis=None)
    assert table["face_found"].all() and table["head_yaw_deg"].notna().all()


def test_a_body_is_believed_for_five_seconds_after_its_face():
    times = np.arange(20) / 2
    looks = {k: body() for k in range(20)}
    faces = [face() if 2 <= k <= 4 else no_face() for k in range(20)]
    found = signals(times, looks, faces)["pose_found"]
    assert np.flatnonzero(found).tolist() == list(range(2, 15))  # 1 s to 2 s + 5 s


def test_a_face_that_comes_and_goes_keeps_its_times():
    faces = [face(20) if 10 <= k < 20 else no_face() for k in range(31)]
    table = signals(AT_30, faces=faces)
    assert table["time_s"].tolist() == AT_30.tolist()
    assert np.flatnonzero(table["face_found"]).tolist() == list(range(10, 20))
    for name in ("head_yaw_deg", "gaze_yaw_deg", "gaze_angle_deg", "eye_openness", "face_height_px"):
        assert table[name].notna().tolist() == table["face_found"].tolist()


def test_long_streams_are_measured_in_pieces_that_join(opening):
    times_s = np.arange(600) / 30
    faces = [face(20 * np.sin(t)) for t in times_s]
    kept = []
    measured = measure(seen(times_s, opening, faces), *SIZE, lambda chunk, _: kept.extend(chunk))
    assert [one.index for one in kept] == list(range(600)) == measured.frames["frame"].tolist()
    assert measured.frames["head_yaw_deg"] == pytest.approx(20 * np.sin(times_s), abs=0.05)
    assert measured.body["time_s"] == pytest.approx([0, 0.1, 0.2, 0.3])


def test_nothing_seen_is_an_empty_table():
    assert len(signals([])) == 0


def test_what_all_persons_share_is_taken_off_pitch():
    level = face(chin_deg=bias.HEAD_PITCH_MEAN_DEG)
    table = signals(AT_30, faces=[level] * 31)
    assert table["head_pitch_measured_deg"].mean() == pytest.approx(bias.HEAD_PITCH_MEAN_DEG, abs=0.01)
    assert abs(table["head_pitch_deg"].mean()) < 1.5, "one look moves the person's own offset a little"


@pytest.mark.parametrize(("turn", "openness"), [(65, 0.3), (-65, 0.3), (0, 0.05)])
def test_a_profile_and_closed_eyes_have_no_line_of_sight(turn, openness):
    table = signals(AT_30, faces=[face(turn, openness=openness)] * 31)
    assert table["face_found"].all()
    assert table["head_yaw_deg"].to_numpy() == pytest.approx(turn, abs=0.05)
    assert table[["gaze_yaw_deg", "gaze_pitch_deg", "gaze_angle_deg"]].isna().all(axis=None)


def test_a_body_seen_from_the_side_stays_in_range():
    points, world = body(nose_x=500)
    points[[topology.LEFT_SHOULDER, topology.RIGHT_SHOULDER], 0] = 321, 319
    table = signals(AT_30, {0: (points, world)})
    assert table["torso_yaw_deg"][0] == 90
    assert torso_yaw_deg(body()[0][None], np.array([0.0])) == pytest.approx([0], abs=0.01)


# The person looks 15 degrees past the lens for two seconds, at the lens for two more.
TIMES = np.arange(120) / 30
ASIDE = face(looks_along=rotation(yaw_deg=15)[:, 2])
AT_LENS = face(looks_along=np.array([0.0, 0, 1]))
FACES = [ASIDE] * 60 + [AT_LENS] * 60


def angle_of(target, causal=False):
    table = signals(TIMES, faces=FACES, target=Target.parse(target), causal=causal)
    return table["gaze_angle_deg"].to_numpy()


def test_the_target_is_the_lens_or_where_the_person_looked_in_the_interval():
    lens, calibrated = angle_of("lens"), angle_of("calibrated:0-2")
    assert lens[:60].min() > 9 and calibrated[:60].max() < 0.1
    assert calibrated[60:].min() > 12 and lens[60:].max() < 6


def test_causal_knows_a_calibrated_target_only_after_its_interval():
    found = angle_of("calibrated:0.5-2", causal=True)
    assert np.isnan(found[TIMES < 2]).all() and np.isfinite(found[TIMES >= 2]).all()
    assert found[60:].min() > 9
    assert np.isfinite(angle_of("lens", causal=True)).all()
    assert np.isfinite(angle_of("calibrated:0.5-2")).all()


def test_direction_is_the_median_of_the_interval():
    time_s, yaw = np.arange(10) / 2, np.array([0, 0, 10, 10, 10, 90, 10, np.nan, 0, 0])
    assert direction_deg(Target("calibrated", 1, 4), time_s, yaw, -yaw) == (10, -10)
    assert direction_deg(LENS, time_s, yaw, yaw) == (0, 0)


@pytest.mark.parametrize("interval", ["100-105", "2-100", "4.6-5"])
def test_an_interval_beyond_the_end(interval):
    with pytest.raises(InputError, match=f"calibrated:{interval}: the recording ends at 4.0 s"):
        angle_of(f"calibrated:{interval}")


def test_the_end_as_a_player_shows_it_is_inside():
    assert np.isfinite(angle_of("calibrated:3-4")).all()


def test_an_interval_in_which_the_eyes_were_not_seen():
    with pytest.raises(InputError, match="eyes were not seen long enough between 1 and 2 s"):
        signals(TIMES, faces=[no_face()] * 120, target=Target.parse("calibrated:1-2"))
    with pytest.raises(InputError, match="not seen long enough"):
        angle_of("calibrated:1-1.1")


@pytest.mark.parametrize("text", ["lens", "calibrated:2-5", "calibrated:0-0.5"])
def test_targets_are_written_as_they_are_read(text):
    assert str(Target.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "Lens", "calibrated", "calibrated:5", "calibrated:-1-2", "calibrated:2-", "calibrated:a-b", "lens "],
)
def test_other_targets_are_wrong_usage(text):
    with pytest.raises(UsageError, match="use lens, partner, or calibrated:START-END"):
        Target.parse(text)


@pytest.mark.parametrize("text", ["calibrated:5-2", "calibrated:3-3"])
def test_an_interval_ends_after_it_starts(text):
    with pytest.raises(UsageError, match="must end after it starts"):
        Target.parse(text)


def test_what_was_measured_of_somebody_else_is_left_out():
    times_s = [k / 10 for k in range(10)]
    whole = measure(seen(times_s, {k: body() for k in range(10)}), *SIZE)
    later = not_before(whole, 0.45)
    assert later.frames["time_s"].tolist() == times_s
    assert np.isnan(later.frames["face_x_px"]).tolist() == [True] * 5 + [False] * 5
    assert np.isnan(later.body["arms_visible"]).tolist() == [True] * 5 + [False] * 5
    assert to_signals(later).table["face_found"].sum() == 5
