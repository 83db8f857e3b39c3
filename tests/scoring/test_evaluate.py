"""Errors against the truth, worked out by hand for constructed clips; and once over a real sample."""

import json
import shutil
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from attune import InputError
from scoring import terminal
from scoring.accuracy import MEASURES, figures, tally
from scoring.evaluate import Evaluation, evaluate_folder
from scoring.events import Event
from scoring.score import Score
from scoring.truth import read_truth
from tests import synthetic
from tests.conftest import ROOT
from tests.truths import clip_truth, truth

MEASURE = {one.key: one for one in MEASURES}


def seen(time_s, contact=1.0, **columns):
    """Signals of a person whose face is where the truth has it."""
    face = {"face_x_px": 300.0, "face_y_px": 100.0, "face_height_px": 80.0, "eye_contact_prob": contact}
    full = {
        name: np.broadcast_to(np.asarray(value, float), len(time_s))
        for name, value in (face | columns).items()
    }
    return synthetic.person(time_s, **full)


def figure(tallies, key):
    return figures(tallies)[key]


def nod(start_s, end_s, kind="nod"):
    return Event("staff", kind, start_s, end_s, 0.9)


# ----- frames


def test_frames_without_a_row_are_not_found():
    time_s = synthetic.times(4, 25)
    rows = seen(time_s)[lambda table: table["time_s"] < 3]
    counts = tally(truth(time_s), rows, [], {}).counts
    assert (counts["face_found"].part, counts["face_found"].whole) == (75, 100)
    assert (counts["contact_coverage"].part, counts["contact_coverage"].whole) == (75, 100)
    assert counts["contact_f1"].n == 75


def test_nothing_measured_at_all_is_not_found_and_has_no_errors():
    time_s = synthetic.times(1, 25)
    one = figures([tally(truth(time_s), seen(time_s)[:0], [], {})])
    assert one["face_found"].value == 0 and one["contact_coverage"].value == 0
    assert one["head_yaw_deg"].value is None and one["contact_f1"].value is None
    assert one["contact_auc"].value is None


def test_somebody_elses_face_is_not_the_persons():
    time_s = synthetic.times(2, 10)
    beside = np.where(time_s < 1, 300.0 + 3, 300.0 + 0.51 * 80)
    counts = tally(truth(time_s), seen(time_s, face_x_px=beside), [], {}).counts
    assert counts["face_found"].part == 10
    assert counts["face_position_px"].part == pytest.approx(3)


def test_a_face_turned_further_than_60_degrees_need_not_be_found():
    time_s = np.arange(4) / 10
    one = truth(time_s, head_yaw_to_lens=[0, 59, 61, 80])
    assert tally(one, seen(time_s, face_found=[1, 1, 0, 0]), [], {}).counts["face_found"].whole == 2
    assert figure([tally(one, seen(time_s, face_found=[1, 1, 0, 0]), [], {})], "face_found").value == 1


# ----- angles


def test_head_errors_are_means_and_pitch_loses_one_offset_per_clip():
    time_s = np.arange(4) / 10
    rows = seen(
        time_s, head_yaw_deg=[2, -2, 4, np.nan], head_pitch_deg=[13, 11, 13, 11], head_roll_deg=[1, 1, 1, 1]
    )
    other = seen(time_s, head_pitch_deg=[-30.0] * 4)
    found = figures([tally(truth(time_s), rows, [], {})])
    assert found["head_yaw_deg"].value == pytest.approx(8 / 3) and found["head_yaw_deg"].n == 3
    assert found["head_pitch_deg"].value == pytest.approx(1)
    assert found["head_roll_deg"].value == pytest.approx(1)
    both = [tally(truth(time_s), rows, [], {}), tally(truth(time_s), other, [], {})]
    assert figure(both, "head_pitch_deg").value == pytest.approx(0.5)


# ----- eye contact and posture


def test_f1_precision_and_recall_of_a_known_confusion():
    time_s = np.arange(20) / 10
    gaze = np.where(np.arange(20) < 10, 0.0, 20.0)
    prob = np.full(20, 0.1)
    prob[:8] = 0.9  # 8 hits, 2 misses
    prob[10] = 0.5  # 1 false alarm
    prob[11] = np.nan
    found = figures([tally(truth(time_s, gaze_to_lens=gaze), seen(time_s, prob), [], {})])
    assert found["contact_f1"].value == pytest.approx(16 / 19) and found["contact_f1"].n == 19
    assert found["contact_precision"].value == pytest.approx(8 / 9)
    assert found["contact_recall"].value == pytest.approx(8 / 10)
    assert found["contact_coverage"].value == pytest.approx(19 / 20)


def test_head_off_but_eyes_on_and_the_other_way_round():
    time_s = np.arange(8) / 10
    one = truth(
        time_s,
        head_yaw_to_lens=[10, 10, 10, 9, 7, 7, 8, 0],
        gaze_to_lens=[0, 0, 12, 0, 25, 9, 12, 26],
    )
    found = figures([tally(one, seen(time_s, [0.9, 0.1, 0.9, 0.1, 0.1, 0.9, 0.9, 0.9]), [], {})])
    assert (found["contact_turned"].value, found["contact_turned"].n) == (0.5, 2)
    assert (found["contact_straight"].value, found["contact_straight"].n) == (0.5, 2)


def test_auc_counts_pairs_over_everybody_and_ties_for_half():
    rng = np.random.default_rng(1)
    time_s = np.arange(40) / 10
    tallies, contact, without = [], [], []
    for person in ("ada", "bob", "eve"):
        gaze, prob = rng.choice([0.0, 20.0], 40), rng.integers(0, 5, 40) / 4
        tallies.append(tally(truth(time_s, person=person, gaze_to_lens=gaze), seen(time_s, prob), [], {}))
        contact += prob[gaze == 0].tolist()
        without += prob[gaze > 0].tolist()
    won = sum((a > b) + (a == b) / 2 for a, b in product(contact, without))
    found = figure(tallies, "contact_auc")
    assert found.value == pytest.approx(won / (len(contact) * len(without)))
    assert found.n == 120 and found.ci95[0] < found.value < found.ci95[1]


def test_closed_posture_is_judged_where_arms_are_seen_and_still():
    time_s = np.arange(6) / 10
    one = truth(time_s, arms=["crossed", "crossed", "desk", "open", "moving", "down"])
    rows = seen(time_s, closed_posture_prob=[0.9, 0.2, 0.8, 0.1, 0.9, np.nan])
    found = figures([tally(one, rows, [], {})])
    assert found["closed_f1"].value == pytest.approx(2 / 4) and found["closed_f1"].n == 4
    assert found["posture_coverage"].value == pytest.approx(4 / 5)


def test_errors_of_the_shares_are_against_the_labelled_frames():
    time_s = np.arange(10) / 10
    one = truth(time_s, gaze_to_lens=[0] * 4 + [20] * 4 + [7.5] * 2, arms=["crossed"] * 5 + ["open"] * 5)
    scores = {
        "eye_contact_share": Score(0.8, "share", None, 1.0, "short"),
        "closed_posture_share": Score(None, "share", None, 0.1, "arms not seen"),
    }
    counts = tally(one, seen(time_s), [], scores).counts
    assert counts["eye_contact_share"].part == pytest.approx(0.3)
    assert "closed_posture_share" not in counts and "open_posture_share" not in counts


# ----- nods and shakes


def test_nods_as_figures_and_what_was_taken_for_them():
    time_s = synthetic.times(10, 25)
    movements = [
        ("nod", 1, 2, 8),
        ("nod", 3, 4, 8),
        ("nod", 20, 21, 8),
        ("dip", 5, 7, 10),
        ("shake", 8, 9, 9),
    ]
    events = [nod(1, 2), nod(5.5, 6), nod(8, 9, "shake")]
    one = tally(truth(time_s, movements), seen(time_s), events, {})
    found = figures([one])
    assert found["nod_f1"].value == pytest.approx(2 / 4) and found["nod_f1"].n == 2
    assert found["nod_precision"].value == found["nod_recall"].value == 0.5
    assert found["shake_f1"].value == 1
    assert Evaluation.of([one]).mistaken("nod") == {"shake": 0, "tilt": 0, "dip": 1, "other": 0}


@pytest.mark.parametrize(("rate_hz", "counted"), [(12, True), (11, False), (4, False)])
def test_nods_in_slow_clips_are_left_out(rate_hz, counted):
    time_s = synthetic.times(4, rate_hz)
    one = tally(truth(time_s, [("nod", 1, 2, 8)]), seen(time_s), [], {})
    assert ("nod_f1" in one.counts) == counted == bool(one.mistaken)


# ----- groups and intervals


def group(rights, **labels):
    """One clip per person, in which eye contact was right in so many of 20 frames."""
    time_s = np.arange(20) / 10
    tallies = []
    for k, right in enumerate(rights):
        one = truth(time_s, person=f"{labels} {k}")
        one = replace(one, clip=f"{labels} {k}", groups=labels)
        tallies.append(tally(one, seen(time_s, np.where(np.arange(20) < right, 0.9, 0.1)), [], {}))
    return tallies


def test_a_single_person_has_no_interval():
    takes = [
        replace(one, truth=replace(one.truth, clip=k)) for one in group([15], light="dim") for k in "abc"
    ]
    one = figure(takes, "contact_recall")
    assert one.value == 0.75 and one.ci95 is None and (one.persons, one.clips, one.n) == (1, 3, 60)


def test_those_who_do_not_bear_on_a_figure_make_it_no_surer():
    time_s = synthetic.times(4, 25)
    nods = [("nod", 1, 2, 8), ("nod", 2.5, 3.5, 8)]
    one = tally(truth(time_s, nods, person="ada"), seen(time_s), [nod(1, 2)], {})
    still = [tally(truth(time_s, person=name), seen(time_s), [], {}) for name in ("bob", "eve")]
    found = figure([one, *still], "nod_recall")
    assert (found.value, found.ci95, found.persons) == (0.5, None, 3)


def test_intervals_come_from_persons_not_from_frames():
    people = group([20, 18, 12, 19, 9], light="dim")
    once, often = figure(people, "contact_recall"), figure(people * 4, "contact_recall")
    assert once.ci95 == often.ci95 and once.ci95[0] < once.value < once.ci95[1]
    assert (once.n, often.n, often.persons) == (100, 400, 5)


def test_nothing_wrong_in_few_people_is_not_certainty():
    two, ten = (figure(group([20] * n, light="dim"), "contact_recall") for n in (2, 10))
    assert two.value == ten.value == two.ci95[1] == 1
    assert two.ci95[0] < ten.ci95[0] < 0.9


def test_the_interval_of_many_people_is_that_of_their_mean():
    rights = np.random.default_rng(3).integers(5, 21, 60)
    low, high = figure(group(rights, light="dim"), "contact_recall").ci95
    half = 1.96 * np.std(rights / 20) / np.sqrt(60)
    assert (high - low) / 2 == pytest.approx(half, rel=0.15)


def test_a_group_far_below_is_pointed_out():
    evaluation = Evaluation.of(
        [*group([20] * 8, light="soft"), *group([10] * 2, light="dim"), *group([18], light="side")]
    )
    lights = evaluation.groups["light"]
    measure = MEASURE["contact_f1"]
    assert evaluation.far_below(measure, lights["dim"]["contact_f1"])
    assert not evaluation.far_below(measure, lights["soft"]["contact_f1"])
    assert not evaluation.far_below(measure, lights["side"]["contact_f1"])
    assert not evaluation.far_below(MEASURE["contact_recall"], lights["dim"]["contact_recall"])
    marked = [line for line in evaluation.text().splitlines() if "more than 0.05 below" in line]
    assert [line.split()[:2] for line in marked] == [["light:", "dim"]]


def test_targets_are_at_least_for_shares_and_at_most_for_errors():
    assert MEASURE["contact_f1"].met(0.95) and not MEASURE["contact_f1"].met(0.9499)
    assert MEASURE["head_yaw_deg"].met(3.0) and not MEASURE["head_yaw_deg"].met(3.01)
    assert MEASURE["head_roll_deg"].met(0.1) is None and MEASURE["contact_f1"].met(None) is None


def test_text_and_json_say_the_same(capsys):
    evaluation = Evaluation.of(group([20, 15], light="soft"), failed=1)
    text = evaluation.text(by_clip=True)
    assert text.startswith("2 clips, 2 persons, 40 frames\n")
    assert "rendered avatars" in text and "trained" in text
    terminal.print_json(evaluation.as_dict())
    found = json.loads(capsys.readouterr().out)
    assert (found["clips"], found["persons"], found["failed"]) == (2, 2, 1)
    recall = found["measures"]["contact_recall"]
    assert recall["value"] == 0.875 and recall["ci95"][0] <= 0.75 and recall["n"] == 40
    assert found["measures"]["closed_f1"]["value"] is None and found["measures"]["closed_f1"]["met"] is None
    assert found["measures"]["contact_f1"]["met"] is False
    assert found["groups"]["light"]["soft"]["contact_recall"]["value"] == 0.875
    assert [one["contact_recall"] for one in found["by_clip"]] == [1, 0.75]
    line = next(line for line in text.splitlines() if "eye contact: recall" in line)
    assert "0.875" in line


# ----- folders


def test_a_folder_without_clips_is_an_error(tmp_path, write):
    for folder in (tmp_path / "absent", tmp_path / "clip.mp4", tmp_path):
        with pytest.raises(InputError, match=folder.name):
            evaluate_folder(folder)


def test_a_folder_of_broken_clips_names_each(tmp_path, write, capsys):
    write("{", "a.json")
    write(clip_truth(video="gone.mp4"), "b.json")
    with pytest.raises(InputError, match="none of the clips"):
        evaluate_folder(tmp_path)
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2 and "a.json" in said[0] and "gone.mp4" in said[1]


# ----- the whole way


def sample_truths():
    """The bundled clips of one person at a full frame rate."""
    truths = [one for path in sorted((ROOT / "samples").rglob("*.json")) for one in read_truth(path)]
    return [one for one in truths if one.side == "largest" and one.step_s < 1 / 12]


@pytest.mark.slow
def test_a_sample_is_evaluated_and_a_broken_one_named(tmp_path, run_attune):
    one = sample_truths()[0]
    folder = tmp_path / "clips"
    folder.mkdir()
    shutil.copy(one.video, folder)
    shutil.copy(one.video.with_suffix(".json"), folder)
    (folder / "broken.json").write_text("{", "utf-8")
    done = run_attune("evaluate", folder, "--json")
    assert done.returncode == 1
    [said] = done.stderr.splitlines()
    assert "broken.json" in said
    found = json.loads(done.stdout)
    assert (found["clips"], found["persons"], found["failed"]) == (1, 1, 1)
    assert found["frames"] == len(one.time_s)
    measures = found["measures"]
    assert measures["face_found"]["value"] >= 0.97 and measures["face_position_px"]["value"] < 15
    assert measures["head_yaw_deg"]["value"] < 4 and measures["head_pitch_deg"]["value"] < 4
    # The person is one the models were trained on: far better than chance, or something is broken.
    assert measures["contact_auc"]["value"] > 0.9
    assert all(one["ci95"] is None for one in measures.values())
