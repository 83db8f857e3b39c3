"""From recordings to a stored session: the composition root that every command uses."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from attune import InputError, __version__
from models import classifier
from scoring.files import room
from scoring.parts import Part, measure_part
from scoring.recording import (
    MAX_SIDE,
    Analysed,
    Options,
    Progress,
    Recorded,
    analyze_recording,
    analyze_two_recordings,
    check_overlap,
)
from scoring.score_table import AnalysisResult
from scoring.session import LANDMARKS, SECOND_VIDEO, VIDEO, SessionWriter, session_id
from scoring.speech_source import speech_told
from vision.landmarks import MEDIAPIPE_VERSION
from vision.source import VideoFile
from vision.writer import keep_video as store_video

__all__ = ["Options", "analyze_recording", "analyze_video"]


def analyze_video(
    video: Path,
    library: Path,
    *,
    client: Path | None = None,
    offset_s: float | None = None,
    keep_video: bool = True,
    title: str | None = None,
    consent: str | Mapping[str, Any] | None = None,
    created: str | None = None,
    progress: Progress | None = None,
    measure: Callable[..., Part] = measure_part,
    more: Mapping[str, Any] | None = None,
    notices: Sequence[str] = (),
    speech: str | Path | None = None,
    **options: Any,
) -> AnalysisResult:
    """Analyse a recording, or two of one session, and store a session.

    Parameters
    ----------
    video, library : Path
        The recording, and the folder in which the session's folder is made.
    client : Path, optional
        The client's own recording of the same session; `video` is then the staff member's.
    offset_s : float, optional
        When, on the clock of `video`, the client's recording begins; found from the sound where not given.
    keep_video : bool
        Keep a browser-playable copy.
    title : str, optional
        Instead of the file's stem.
    consent : str or mapping, optional
        The recorded person's words, or {text, by, at}.
    created : str, optional
        ISO time of the recording; now when not given.
    progress : callable, optional
        Called with frames, time_s, duration_s.
    measure : callable
        What gives a part of a long recording: see `scoring.parts`.
    more : mapping, optional
        Further entries for ``session.json``.
    notices : sequence of str
        What else is to be said of it, a sentence each.
    speech : str or Path, optional
        Who speaks when: a table (`scoring.speech_csv`), or ``auto`` for what the sound tells.
    **options
        See `scoring.recording.Options`.

    Raises
    ------
    AttuneError
        Nothing is left behind then.
    """
    started = time.monotonic()
    chosen = Options(**options)
    videos = [Path(video)] if client is None else [Path(video), Path(client)]
    infos = [VideoFile(path).info for path in videos]
    parameters = parameters_of(chosen, keep_video)
    aligned = None
    if client is not None:
        aligned = _aligned(videos, infos, offset_s)
        parameters["offset_s"] = aligned["offset_s"]
    told, asides = speech_told(speech, videos, infos, parameters)
    hashes = "+".join(info.sha256 for info in infos)
    begun = {} if created is None else {"created": created}
    id = session_id(videos[0].name, hashes, parameters | begun)
    with room(Path(library)), SessionWriter(library, id) as writer:
        landmarks = writer.folder / LANDMARKS
        if aligned is None:
            found = analyze_recording(videos[0], chosen, progress, landmarks, measure, told)
        else:
            staff, client = videos
            found = analyze_two_recordings(
                staff, client, aligned["offset_s"], chosen, progress, landmarks, told
            )
        found = replace(found, notices=(*asides, *found.notices, *notices))
        analysed_s = time.monotonic() - started
        if keep_video:
            for one, name in zip(found.recordings, (VIDEO, SECOND_VIDEO), strict=False):
                store_video(one.info.path, writer.folder / name, one.loss is None)
        info = session_info(found, chosen, parameters, title, consent) | dict(more or {})
        if told is not None:
            info["speech"] = {"source": told.source}
        if aligned is not None:
            second = info["second_source"]
            second |= aligned | {"duration_s": round(second["duration_s"] - aligned["offset_s"], 6)}
        frames = sum(one.frames for one in found.recordings)
        info["timings"] = {
            "analysis_s": round(analysed_s, 3),
            "frames_per_s": round(frames / analysed_s, 2),
        }
        if created is not None:
            info["created"] = created
        session = writer.commit(info, found.signals, found.judgement)
    judged = found.judgement
    # Roles can be swapped later: who is who stands in `roles` and `second_source`, not in stored notices.
    who = [_alignment(aligned)] if aligned is not None else _whose_role(found, chosen)
    notices = (*who, *found.notices)
    return AnalysisResult(session.path, judged.events, judged.scores, judged.feedback, notices)


def _aligned(videos: list[Path], infos: list, offset_s: float | None) -> dict[str, Any]:
    """Where on the staff recording's clock the client's begins, and how that is known."""
    staff, client = infos
    if staff.sha256 == client.sha256:  # somebody would be found to mirror themselves
        raise InputError(f"{videos[1]} is the staff member's recording, too: name the client's own")
    if offset_s is not None:
        if not np.isfinite(offset_s):
            raise InputError(f"--offset {offset_s:g} is no time: give seconds")
        check_overlap(staff, client, offset_s)
        return {"offset_s": float(offset_s), "aligned_by": "given", "confidence": None}
    from vision.sound import offset_from_sound

    found = offset_from_sound(videos[0], videos[1])
    return {
        "offset_s": round(found.offset_s, 4), "aligned_by": "sound", "confidence": round(found.confidence, 3),
    }  # fmt: skip


def _alignment(aligned: Mapping[str, Any]) -> str:
    begins = f"the client's recording begins at {aligned['offset_s']:.2f} s of the staff member's"
    if aligned["aligned_by"] == "given":
        return f"{begins}, as given"
    return f"{begins}, found from the sound (confidence {aligned['confidence']:.2f} of 1)"


def _whose_role(found: Analysed, options: Options) -> list[str]:
    if found.setting.people == 1:
        return []
    staff = options.staff or "left"
    where = f"number {staff} from the left" if staff.isdecimal() else f"on the {staff} of the picture"
    return [
        f"two people were measured; the one {where}, when both are first seen, is the staff member "
        "(attune roles SESSION --swap changes that)"
    ]


def parameters_of(options: Options, kept: bool) -> dict[str, Any]:
    """What an analysis was asked for, as ``session.json`` has it; part of the session's id."""
    return {
        "target": options.target, "profile": options.profile, "people": options.people,
        "person": options.person, "staff": options.staff, "causal": options.causal,
        "pose_hz": options.pose_hz, "max_side": MAX_SIDE, "video": kept,
    }  # fmt: skip


def session_info(
    found: Analysed, options: Options, parameters: dict, title: str | None, consent: Any
) -> dict[str, Any]:
    """For ``session.json``, but for what only the caller knows: timings, and when it was recorded."""
    first = found.recordings[0]
    if isinstance(consent, str):
        consent = {"text": consent, "by": None, "at": None}
    sources = [_source(one) for one in found.recordings]
    return {
        "title": " ".join((title or "").split()) or first.info.path.stem,
        "roles": _roles(found, options),
        "setting": found.setting,
        "consent": consent,
        "source": sources[0],
        **({"second_source": sources[1]} if len(sources) > 1 else {}),
        "target": options.target,
        "profile": options.profile,
        "versions": {
            "attune": __version__, "mediapipe": MEDIAPIPE_VERSION, "numpy": np.__version__,
            "models": classifier.hashes(),
        },
        "parameters": parameters,
        "notices": list(found.notices),
    }  # fmt: skip


def _roles(found: Analysed, options: Options) -> dict[str, dict[str, Any]]:
    """Who is who, and by which face of which picture they were chosen."""
    if len(found.recordings) > 1:
        return {"staff": {"camera": 1}, "client": {"camera": 2}}
    if found.setting.people == 1:
        return {"staff": {"person": options.person or "largest"}}
    staff = options.staff or "left"
    other = {"left": "right", "right": "left"}.get(staff, f"not {staff}")
    return {"staff": {"person": staff}, "client": {"person": other}}


def _source(one: Recorded) -> dict[str, Any]:
    info = one.info
    return {
        "name": info.path.name, "sha256": info.sha256,
        "duration_s": round(float(one.end_s), 6), "width": info.width, "height": info.height,
        "nominal_fps": round(float(info.nominal_fps), 4), "frames": one.frames, "loss": one.loss,
    }  # fmt: skip
