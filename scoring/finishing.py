"""From a finished recording to a session; only when that is written is the recording's folder removed."""

from __future__ import annotations

import contextlib
import glob
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from attune import InputError
from scoring.events import frame_ends
from scoring.files import read_json
from scoring.recorder import Taken
from scoring.recording_note import put_into_library
from scoring.session import LANDMARKS, Session
from scoring.terminal import say
from scoring.unfinished import NOTE, video_of
from vision.source import VideoFile
from vision.target import LENS, Target
from vision.writer import keep_video

Progress = Callable[..., None]

_LEAST_HZ = 5.0  # Measures further apart than this leave gaps in everything.
_LEAST_SHARE = 0.8  # So do measures in bursts that cover less of the time.


def playable(video: Path) -> Path:
    """The recording as an MP4 that browsers play from any place, whatever it was recorded as."""
    whole = video.with_suffix(".mp4")
    keep_video(video, whole)
    if whole != video:
        video.unlink(missing_ok=True)
    return whole


def already(folder: Path, library: Path) -> Path | None:
    """The session that a recording has become whose folder could not be removed any more; it is now."""
    video = video_of(folder)
    if video is None:
        return None
    for place in library.glob(f"{glob.escape(video.stem)}-*"):
        with contextlib.suppress(InputError):
            if Session.open(place).info["source"]["sha256"] == VideoFile(video).info.sha256:
                return _settled(folder, library, read_json(folder / NOTE), place)
    return None


def become_session(
    folder: Path, video: Path, library: Path, taken: Taken, progress: Progress | None = None
) -> Any:
    """Store what was measured while it was recorded; where that is too little, measure the video.

    Parameters
    ----------
    folder : Path
        See `scoring.unfinished`.
    video : Path
        As `playable` gives it.
    library : Path
    taken : Taken
    progress : callable, optional
        As `scoring.analyze.analyze_video` calls it.

    Returns
    -------
    scoring.score_table.AnalysisResult

    Raises
    ------
    AttuneError
        The folder is left as it is then.
    """
    from scoring.recorded import figures, missing, store

    note = read_json(folder / NOTE)
    if not _measured_enough(taken, Target.parse(note["options"]["target"])):
        say("This computer could not measure enough while it recorded: the video is analysed now.")
        return from_video(folder, video, library, progress, more=figures(taken), notices=missing(taken))
    result = store(video, folder / LANDMARKS, library, taken, note)
    _settled(folder, library, note, result.session)
    return result


def _measured_enough(taken: Taken, target: Target = LENS) -> bool:
    """Whether the measures will do: of the whole recording, and of the calibration."""
    if taken.measured is None or not taken.pace.skipped:
        return taken.measured is not None
    time_s = taken.measured.frames["time_s"]
    away_s = sum(gap.end_s - gap.start_s for gap in taken.gaps)
    spans = [(0.0, taken.time_s, away_s)]
    if target.kind == "calibrated":
        spans.append((target.start_s, target.end_s, 0.0))
    for start_s, end_s, missing_s in spans:
        covered_s = np.diff(np.clip((time_s, frame_ends(time_s)), start_s, end_s), axis=0).sum()
        if covered_s < _LEAST_SHARE * (end_s - start_s - missing_s):
            return False
    return bool(taken.pace.hz >= _LEAST_HZ)


def from_video(
    folder: Path, video: Path, library: Path, progress: Progress | None = None,
    analyze: Callable[..., Any] | None = None, more: dict | None = None, notices: Sequence[str] = (),
) -> Any:  # fmt: skip
    """Analyse a finished recording; see `become_session`."""
    from scoring.recorded import UNCALIBRATED, paused

    if analyze is None:
        from scoring.analyze import analyze_video

        analyze = analyze_video
    note = read_json(folder / NOTE)
    given = {
        "consent": note["consent"], "created": note["started"], "notices": notices,
        "more": {**(more or {}), **paused(note)}, **note["options"],
    }  # fmt: skip
    try:
        result = analyze(video, library, progress=progress, **given)
    except InputError:
        if not str(given.get("target")).startswith("calibrated"):
            raise
        say(UNCALIBRATED)
        result = analyze(video, library, progress=progress, **{**given, "target": "lens"})
    _settled(folder, library, note, result.session)
    return result


def _settled(folder: Path, library: Path, note: dict[str, Any], session: Path | None) -> Path:
    assert session is not None  # it was stored
    put_into_library(library, session.name, note)
    shutil.rmtree(folder, ignore_errors=True)
    return session
