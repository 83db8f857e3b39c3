"""A session without what tells whom it shows, for passing it on.

Left out are recordings, landmarks (they draw a face), names of files, their hashes (whoever has the file
could find it by them), the title, the times of recording and analysis, and words, name and date of the
consent: only that there was one is kept. The measures stay. Somebody who has the recording can still measure
it again and compare, and movements are personal: what is passed on is pseudonymous, not beyond recognition.
"""

from __future__ import annotations

import json
import re
import secrets
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from attune import InputError
from scoring.files import plain
from scoring.manifest import AUTO, names_of
from scoring.profile import Profile, profile_names
from scoring.score_table import AnalysisResult
from scoring.session import EVENTS, FEEDBACK, SCORES, SIGNALS, Session, SessionWriter

KEPT = ("roles", "setting", "target", "versions", "speech", "gaps")
KEPT_OF_SOURCE = (
    "duration_s", "width", "height", "nominal_fps", "frames", "offset_s", "aligned_by", "confidence",
)  # fmt: skip
KEPT_OF_PARAMETERS = (
    "target", "people", "person", "staff", "causal", "pose_hz", "max_side", "offset_s", "live",
)  # fmt: skip
CONSENT = "There was a consent; its words, name and date were left out."
RECORDING = "the recording"
_FILE_NAME = re.compile(r"\S*[/\\]\S*|\S+\.[A-Za-z][A-Za-z0-9]{1,4}\b")


def anonymised(
    session: Session, library: Path, title: str | None = None, names: Sequence[str] = ()
) -> Session:
    """Write an anonymised copy of a session; the same session always gets the same new id.

    Parameters
    ----------
    session : Session
    library : Path
        The folder in which the copy's own folder is made.
    title : str, optional
        What somebody chose to call it; else its id.
    names : sequence of str
        Further names of files that must not be told.

    Raises
    ------
    InputError
        The session can't be read.
    OutputError
        The copy can't be written; nothing of it is left behind then.
    """
    parts = {name: session.path / name for name in (SIGNALS, EVENTS, SCORES, FEEDBACK)}
    info = _info(session.info, names)
    try:
        content = b"".join(path.read_bytes() for path in parts.values())
    except OSError as error:
        raise InputError(f"{session.path} can't be read: {error.strerror}") from None
    content += json.dumps(plain(info), sort_keys=True).encode()
    id = f"session-{sha256(content).hexdigest()[:8]}"
    with SessionWriter(library, id) as writer:
        return writer.adopt({**info, "title": title or id}, parts)


@contextmanager
def anonymised_aside(session: Session) -> Iterator[Session]:
    """An anonymised copy for as long as this lasts."""
    with tempfile.TemporaryDirectory(prefix="attune-") as folder:
        yield anonymised(session, Path(folder))


def analyze_anonymised(
    video: Path, library: Path, title: str | None = None, **options: Any
) -> AnalysisResult:
    """As `scoring.analyze.analyze_video`, of which an anonymised session is all that is kept."""
    from scoring.analyze import analyze_video

    with SessionWriter(library, f"anonymous-{secrets.token_hex(4)}") as aside:
        found = analyze_video(video, aside.folder, **{**options, "keep_video": False})
        assert found.session is not None
        told = (video, options.get("client"), options.get("speech"))
        named = names_of(Path(file) for file in told if file and str(file) != AUTO)
        kept = anonymised(Session.open(found.session), library, title, named)
    return replace(found, session=kept.path)


def without_names(text: str, names: Iterable[str] = ()) -> str:
    """A sentence in which files are not named: these, and whatever else looks like a file's name."""
    for name in sorted({name for name in names if name}, key=len, reverse=True):
        text = text.replace(name, RECORDING)
    return _FILE_NAME.sub(RECORDING, text)


def profile_name(profile: str) -> str:
    """A profile's own name where it is a file's."""
    return profile if profile in profile_names() else Profile.load(profile).name


def _info(info: Mapping[str, Any], more: Sequence[str]) -> dict[str, Any]:
    """What is kept of ``session.json``: only what is known to name nobody."""
    sources = {name: info[name] for name in ("source", "second_source") if info.get(name)}
    names = [*more, *(str(source.get("name") or "") for source in sources.values())]
    parameters = info.get("parameters") or {}
    try:
        profile = profile_name(str(info.get("profile") or "default"))
    except InputError:
        profile = "unknown"  # a file that isn't there any more
    return {
        **{name: info[name] for name in KEPT if name in info},
        **{name: _source(source, names) for name, source in sources.items()},
        "parameters": {name: parameters[name] for name in KEPT_OF_PARAMETERS if name in parameters},
        "profile": profile,
        "consent": {"text": CONSENT, "by": None, "at": None} if info.get("consent") else None,
        "notices": [without_names(str(text), names) for text in info.get("notices") or ()],
        "created": None,
        "anonymised": True,
    }


def _source(source: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    kept = {name: source[name] for name in KEPT_OF_SOURCE if name in source}
    loss = source.get("loss")
    return {"name": None, "sha256": None, **kept, "loss": loss and without_names(str(loss), names)}
