"""Live measures are those of a causal analysis, fed the same pictures."""

import numpy as np
import pandas as pd
import pytest

from scoring.live import PROBABILITIES, LiveMeasures
from scoring.probabilities import add_probabilities
from scoring.profile import Profile
from tests.clips import DEMO, SAMPLES
from vision.extract import Extractor
from vision.measure import Measurement, measure, to_signals
from vision.signals import COLUMNS
from vision.source import VideoFile
from vision.target import Target


@pytest.fixture(scope="module")
def landmarks():
    with VideoFile(SAMPLES / f"{DEMO}.mp4") as video, Extractor() as extractor:
        return list(extractor.run(video)), (video.info.width, video.info.height)


@pytest.mark.parametrize("target", ["lens", "calibrated:0.5-2"])
def test_live_measures_equal_a_causal_analysis(landmarks, target):
    seen, size = landmarks
    target = Target.parse(target)
    batch = add_probabilities(to_signals(measure(seen, *size), target, causal=True), causal=True)
    table = batch.person("staff")
    live = LiveMeasures(Measurement(*size), Profile.load(), target)
    told = [live.push(one) for one in seen]
    rows = pd.DataFrame([one.row for one in told])
    assert table[list(PROBABILITIES)].notna().any().all(), "the clip shows all of it"
    for name in rows:
        np.testing.assert_allclose(rows[name], table[name].astype(float), rtol=0, atol=2e-6, err_msg=name)
    assert set(rows) >= {name for name in COLUMNS if name.endswith("_deg")} | set(PROBABILITIES)


def test_nods_and_shares_are_counted_as_they_come(landmarks):
    seen, size = landmarks
    live = LiveMeasures(Measurement(*size), Profile.load())
    told = [live.push(one) for one in seen]
    assert told[-1].nods >= 1
    assert [one.nods for one in told] == sorted(one.nods for one in told)
    assert 0 <= told[-1].eye_contact_share <= 1


def test_landmarks_are_kept_in_chunks(landmarks):
    seen, size = landmarks
    kept = []
    measurement = Measurement(*size, lambda *handed: kept.append(handed))
    live = LiveMeasures(measurement, Profile.load())
    for one in seen:
        live.push(one)
    live.finish()
    assert sum(len(chunk) for chunk, _ in kept) == len(seen)
    assert len(kept) <= len(seen) // 100 + 1
    assert np.concatenate([columns["time_s"] for _, columns in kept]).tolist() == [one.time_s for one in seen]
