"""From what was measured while recording to a stored session; the video is not looked at again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from attune import InputError
from scoring.analyze import parameters_of, session_info
from scoring.files import link_or_copy, writing
from scoring.judge import Setting, judge
from scoring.nod import MIN_RATE_HZ
from scoring.options import Options
from scoring.probabilities import add_probabilities
from scoring.profile import Profile
from scoring.recorder import Taken
from scoring.recording import Analysed, Recorded
from scoring.score_table import AnalysisResult
from scoring.session import LANDMARKS, VIDEO, SessionWriter, session_id
from vision.measure import Measured, to_signals
from vision.signals import Signals
from vision.source import VideoFile
from vision.target import LENS, Target

UNCALIBRATED = (
    "the eyes were not seen long enough while they should have looked at the client: eye contact was "
    "measured against the lens"
)


def store(
    video: Path, landmarks: Path, library: Path, taken: Taken, note: Mapping[str, Any]
) -> AnalysisResult:
    """Judge what was measured and store a session.

    Parameters
    ----------
    video : Path
        The finished recording; goes into the session as it is.
    landmarks : Path
        As `scoring.landmark_store.LandmarkWriter` wrote them.
    library : Path
    taken : Taken
        With what was measured.
    note : mapping
        What was written down when the recording began: started, consent, options.

    Raises
    ------
    OutputError
        When the session can't be written; nothing of it is left behind then.
    """
    begun = time.monotonic()
    assert taken.measured is not None
    asked = dict(note["options"])
    title = asked.pop("title", None)
    info = VideoFile(video).info
    options, signals, notices = _signals(taken.measured, Options(**asked))
    setting = Setting(1, 1, options.target, 1)
    # The measures may have skipped the first pictures, or the last: that time belongs to the session, too.
    judgement = judge(
        signals, Profile.load(options.profile), setting=setting, recorded_s=(0.0, taken.time_s)
    )
    notices += _notices(taken)
    recorded = Recorded(
        info, {"staff": taken.measured}, 1, {"staff": "staff"}, {}, taken.faces_seen, None, taken.frames,
        taken.time_s + 1 / info.nominal_fps,
    )  # fmt: skip
    found = Analysed((recorded,), signals, judgement, setting, tuple(notices))
    parameters = parameters_of(options, True) | {"live": True}
    # Two recordings of the same second may show the same, where one video stands in for two cameras.
    id = session_id(video.name, info.sha256, parameters | {"created": note["started"]})
    with SessionWriter(library, id) as writer:
        with writing(writer.library):
            link_or_copy(video, writer.folder / VIDEO)
            link_or_copy(landmarks, writer.folder / LANDMARKS)
        session = writer.commit(
            session_info(found, options, parameters, title, note["consent"])
            | figures(taken)
            | paused(note)
            | {"created": note["started"], "timings": {"storing_s": round(time.monotonic() - begun, 3)}},
            signals,
            judgement,
        )
    judged = judgement.events, judgement.scores, judgement.feedback
    return AnalysisResult(session.path, *judged, tuple(notices))


def _signals(measured: Measured, options: Options) -> tuple[Options, Signals, list[str]]:
    """The signals; where a calibration didn't show the eyes, against the lens, and that is said."""
    try:
        signals, notices = to_signals(measured, Target.parse(options.target)), []
    except InputError:
        options = Options(**{**asdict(options), "target": str(LENS)})
        signals, notices = to_signals(measured, LENS), [UNCALIBRATED]
    return options, add_probabilities(signals), notices


def _notices(taken: Taken) -> list[str]:
    notices = []
    if taken.faces_seen > 1:
        notices.append(f"{taken.faces_seen} faces were seen at once; the largest was measured")
    sent_hz = (taken.frames - 1) / taken.time_s if taken.time_s else np.inf
    if taken.pace.skipped and taken.pace.hz < MIN_RATE_HZ <= sent_hz:
        notices.append(
            f"this computer was too busy to measure more than {taken.pace.hz:.0f} pictures a second: for "
            "nods, analyse the session's video (attune analyze)"
        )
    return notices + missing(taken)


def missing(taken: Taken) -> list[str]:
    """What the video lacks, and why it ended by itself, a sentence each."""
    notices = []
    if taken.lost:
        notices.append(f"{taken.lost} pictures were lost, as this computer was too busy to write them")
    if taken.gaps:
        seconds = sum(gap.end_s - gap.start_s for gap in taken.gaps)
        notices.append(f"the camera sent no pictures for {seconds:.1f} s in all")
    if taken.ended:
        notices.append(taken.ended)
    return notices


def paused(note: Mapping[str, Any]) -> dict[str, Any]:
    """Where it was paused, for ``session.json``."""
    return {"pauses_s": note["pauses"]} if note.get("pauses") else {}


def figures(taken: Taken) -> dict[str, Any]:
    """How the recording went, for ``session.json``."""
    pace = taken.pace
    recording = {
        "pictures": taken.frames, "pictures_lost": taken.lost, "sound": taken.sound,
        "measured": pace.measured, "measures_skipped": pace.skipped, "measures_hz": pace.hz,
        "latency_p50_s": pace.latency_p50_s, "latency_p95_s": pace.latency_p95_s,
        "ended": taken.ended,
    }  # fmt: skip
    return {"recording": recording, "gaps": [asdict(gap) | {"reason": "camera"} for gap in taken.gaps]}
