"""Who speaks when, as ``--speech`` says: from a table, or from the sound of the recordings."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from scoring.manifest import AUTO
from scoring.speech import Speech
from scoring.speech_csv import read_speech
from vision.source import SourceInfo


def speech_told(
    speech: str | Path | None, videos: Sequence[Path], infos: Sequence[SourceInfo], parameters: dict[str, Any]
) -> tuple[Speech | None, tuple[str, ...]]:
    """The speech of a session, None where nobody asked, and what to say about it.

    `parameters` gets ``speech``, so that other speech makes another session.
    """
    if speech is None:
        return None, ()
    if str(speech) == AUTO:
        from scoring.speech_sound import speech_heard

        parameters["speech"] = AUTO
        client = videos[1] if len(videos) > 1 else None
        return speech_heard(videos[0], client, parameters.get("offset_s", 0.0), infos[0].duration_s)
    told, notices = read_speech(Path(speech), infos[0].duration_s)
    turns = repr((told.staff, told.client))
    parameters["speech"] = sha256(turns.encode()).hexdigest()[:16]
    return told, notices
