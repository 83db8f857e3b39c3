"""`attune score`: tables of any tracker, judged with the models themselves."""

import json

import numpy as np
import pandas as pd
import pytest

from scoring.score_table import score_table
from tests import synthetic

NOD = {"start_s": 4, "cycles": 2, "hz": 2, "amplitude_deg": 8}


@pytest.fixture
def judged(tmp_path):
    """Writes the columns as a table and scores it; gives the nods and shakes, and the scores."""

    def score(time_s, **columns):
        path = tmp_path / "table.csv"
        pd.DataFrame({"time_s": time_s, **columns}).to_csv(path, index=False)
        result = score_table(path)
        return [event for event in result.events if event.kind in ("nod", "shake")], result

    return score


def value(result, name):
    return result.scores["staff"][name].value


@pytest.mark.parametrize("rate_hz", [25, 30, 60])
@pytest.mark.parametrize("amplitude_deg", [5, 10])
def test_half_a_second_with_a_nod_is_one_nod(judged, rate_hz, amplitude_deg):
    time_s = synthetic.times(0.5, rate_hz)
    pitch = synthetic.nodding(time_s, 0, cycles=1, hz=2, amplitude_deg=amplitude_deg)
    (event,), result = judged(time_s, head_yaw_deg=0 * time_s, head_pitch_deg=pitch)
    assert event.kind == "nod" and 0 <= event.start_s < event.end_s <= 0.5 + 1e-9
    assert event.attributes["cycles"] == 1
    assert event.attributes["amplitude_deg"] == pytest.approx(amplitude_deg, rel=0.25)
    assert value(result, "nod_count") == 1 and value(result, "shake_count") == 0


@pytest.mark.parametrize("rate_hz", [12, 15, 25, 30, 60])
@pytest.mark.parametrize("noise_deg", [0, 0.4])
def test_head_angles_alone_tell_nods_from_shakes(judged, rate_hz, noise_deg):
    time_s = synthetic.times(10, rate_hz)
    random = np.random.default_rng(0)

    def angle(movement=0.0, offset=0.0):
        return movement + offset + random.normal(0, noise_deg, len(time_s))

    (nod,), result = judged(
        time_s, head_yaw_deg=angle(offset=12), head_pitch_deg=angle(synthetic.nodding(time_s, **NOD), -20),
        head_roll_deg=angle(),
    )  # fmt: skip
    assert nod.kind == "nod" and nod.start_s == pytest.approx(4, abs=0.25)
    assert nod.end_s == pytest.approx(5, abs=0.25) and nod.attributes["cycles"] == 2
    assert value(result, "nod_count") == 1
    (shake,), _ = judged(
        time_s, head_yaw_deg=angle(synthetic.shaking(time_s, **NOD)), head_pitch_deg=angle()
    )
    assert shake.kind == "shake" and shake.start_s == pytest.approx(4, abs=0.25)


@pytest.mark.parametrize(
    "movement",
    [
        lambda t: {"head_pitch_deg": synthetic.nodding(t, 3, 1, 0.5, 12)},  # a slow look-down
        lambda t: {"head_roll_deg": synthetic.shaking(t, 4, 1, 0.7, 12)},  # a tilt
        lambda t: {"head_yaw_deg": synthetic.shaking(t, 3, 1, 0.25, 25)},  # a look around
        lambda t: {},
    ],
    ids=["look-down", "tilt", "look around", "still"],
)
def test_other_movements_are_neither(judged, movement):
    time_s = synthetic.times(10, 30)
    still = dict.fromkeys(("head_yaw_deg", "head_pitch_deg", "head_roll_deg"), 0 * time_s)
    events, result = judged(time_s, **still | movement(time_s))
    assert events == [] and value(result, "nod_count") == 0 and value(result, "shake_count") == 0


def test_a_shake_with_some_pitch_in_it_is_no_nod(judged):
    time_s = synthetic.times(10, 30)
    yaw = synthetic.shaking(time_s, 4, 2, 2, 12)
    (event,), _ = judged(time_s, head_yaw_deg=yaw, head_pitch_deg=synthetic.nodding(time_s, 4, 2, 2, 4))
    assert event.kind == "shake"


def test_a_short_gap_is_bridged_and_a_long_one_is_not_measurable(judged):
    time_s = synthetic.times(10, 30)
    pitch = synthetic.nodding(time_s, **NOD)
    short, long = pitch.copy(), pitch.copy()
    short[(time_s > 4.3) & (time_s < 4.45)] = np.nan
    long[(time_s > 4.3) & (time_s < 6)] = np.nan
    events, _ = judged(time_s, head_yaw_deg=0 * time_s, head_pitch_deg=short)
    assert [event.kind for event in events] == ["nod"]
    _, result = judged(time_s, head_yaw_deg=0 * time_s, head_pitch_deg=long)
    (gap,) = [e for e in result.events if e.attributes.get("cue") == "nod"]
    assert gap.kind == "not_measurable"
    assert gap.start_s == pytest.approx(4.3, abs=0.05) and gap.end_s == pytest.approx(6, abs=0.05)


@pytest.mark.parametrize(
    ("rate_hz", "columns", "reason"),
    [
        (8, ("head_yaw_deg", "head_pitch_deg"), "frame rate"),
        (30, ("head_pitch_deg",), "no column"),
        (30, (), "no column"),
    ],
)
def test_what_a_table_cannot_tell_is_not_measurable(judged, rate_hz, columns, reason):
    time_s = synthetic.times(10, rate_hz)
    angles = {"head_yaw_deg": 0 * time_s, "head_pitch_deg": synthetic.nodding(time_s, **NOD)}
    events, result = judged(time_s, **{name: angles[name] for name in columns})
    assert events == []
    for name in ("nod_count", "eye_contact_share", "closed_posture_share"):
        assert value(result, name) is None
    assert reason in result.scores["staff"]["nod_count"].reason
    assert "no column" in result.scores["staff"]["eye_contact_share"].reason


def test_probabilities_in_the_table_are_taken_as_they_are(judged):
    time_s = synthetic.times(20, 30)
    contact = synthetic.during(time_s, [(5, 15)], yes=0.9, no=0.1)
    _, result = judged(time_s, eye_contact_prob=contact, head_yaw_deg=0 * time_s)
    assert value(result, "eye_contact_share") == pytest.approx(0.5, abs=0.02)


def test_ten_minutes_have_as_many_nods_as_were_made(judged):
    time_s, random = synthetic.times(600, 30), np.random.default_rng(1)
    starts = (4, 100, 101.5, 300, 450, 598.5)
    pitch = sum(synthetic.nodding(time_s, start, 2, 2, 8) for start in starts)
    jitter = random.normal(0, 0.3, (2, len(time_s)))
    events, result = judged(time_s, head_yaw_deg=jitter[0], head_pitch_deg=pitch + jitter[1])
    assert [event.start_s for event in events] == pytest.approx(starts, abs=0.25)
    assert value(result, "nod_count") == len(starts)


def test_the_command_prints_what_the_function_finds(tmp_path, run_attune):
    time_s = synthetic.times(0.5, 30)
    table = {"time_s": time_s, "head_yaw_deg": 0, "head_pitch_deg": synthetic.nodding(time_s, 0, 1, 2, 8)}
    pd.DataFrame(table).to_csv(tmp_path / "half a second [a].csv", index=False)
    (tmp_path / "bad.csv").write_text("time_s,head_yaw_deg\n0,1\n1,left\n")
    done = run_attune("score", "bad.csv", "half a second [a].csv", "--json")
    assert done.returncode == 1
    (sentence,) = done.stderr.splitlines()
    assert "bad.csv" in sentence and "head_yaw_deg" in sentence and "row 3" in sentence
    (row,) = map(json.loads, done.stdout.splitlines())
    assert list(row) == ["session", "events", "scores", "feedback"] and row["session"] is None
    assert [event["kind"] for event in row["events"] if event["kind"] != "not_measurable"] == ["nod"]
    assert row["scores"]["staff"]["nod_count"]["value"] == 1
