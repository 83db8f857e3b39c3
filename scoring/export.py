"""A session in other forms: report, tables, labelled video, annotations for ELAN and BORIS."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from attune import OutputError, UsageError
from scoring.codebook import SCORE_ABOUT, codebook
from scoring.files import sync, writing
from scoring.session import Session

FORMATS = {
    "html": ".html", "pdf": ".pdf", "csv": "-csv", "parquet": "-parquet", "video": ".mp4", "elan": ".eaf",
    "boris": "-boris.csv", "boris-aggregated": "-boris-aggregated.csv", "session": "",
}  # fmt: skip
"""What can be written, and what a session's id is completed with where no name is given."""


def export_session(
    session: Session | Path, to: str, out: Path | None = None, progress: Callable[..., Any] | None = None,
    *, anonymise: bool = False, blur_faces: bool = False,
) -> Path:  # fmt: skip
    """Writes a session in another form, whole or not at all.

    Parameters
    ----------
    session : Session or Path
    to : str
        One of `FORMATS`. ``csv`` and ``parquet`` make a folder of tables, ``session`` (only anonymised) a
        session in the folder `out`, the others a file.
    out : Path, optional
        What to write; a folder that exists gets a file with the session's name. Without it, beside you.
    progress : callable, optional
        Told how far a video has come.
    anonymise : bool
        Write it of an anonymised copy (`scoring.anonymise`), which names no file and shows no picture.
    blur_faces : bool
        Hide every face of a video, and leave its sound out (`scoring.export_blurred`).

    Returns
    -------
    Path
        What was written.

    Raises
    ------
    UsageError
        The format is unknown, or can't be anonymised.
    OutputError
        It can't be written there, or something that is no export of ours is in the way.
    InputError
        The session can't be read, or lacks what the format needs.
    """
    if to not in FORMATS:
        raise UsageError(f"'{to}' is not a format: use {', '.join(FORMATS)}")
    session = session if isinstance(session, Session) else Session.open(session)
    if blur_faces and to != "video":
        raise UsageError("--blur-faces is for --to video; --anonymise leaves pictures out of everything else")
    if anonymise:
        return _anonymised(session, to, out)
    if to == "session":
        raise UsageError("--to session writes a session to pass on: say --anonymise; else copy its folder")
    suffix = "-blurred.mp4" if blur_faces else FORMATS[to]
    target = Path(out) if out is not None else Path(f"{session.path.resolve().name}{suffix}")
    if to in ("csv", "parquet"):
        return _write_folder(target, tables(session), to)
    if target.is_dir():
        target = target / f"{session.path.resolve().name}{suffix}"
    if target.is_dir():
        raise OutputError(f"{target} is a folder: name a file")
    if to == "html":
        from scoring.report import write_report

        return write_report(session, target)
    if to == "pdf":
        from scoring.report_pdf import write_pdf

        return write_pdf(session, target)
    if to == "elan":
        from scoring.codings_elan import write_elan

        return write_elan(session, target)
    if to.startswith("boris"):
        from scoring.codings_boris import write_boris

        return write_boris(session, target, aggregated=to == "boris-aggregated")
    if blur_faces:
        from scoring.export_blurred import export_blurred

        export_blurred(session, target, progress)
    else:
        from scoring.export_video import export_video

        export_video(session, target, progress)
    return target


def _anonymised(session: Session, to: str, out: Path | None) -> Path:
    from scoring.anonymise import anonymised, anonymised_aside

    if to == "video":
        raise UsageError("an anonymised session has no video: say --blur-faces instead of --anonymise")
    if to == "session":
        return anonymised(session, Path(out) if out is not None else Path()).path
    with anonymised_aside(session) as copy:
        return export_session(copy, to, out)


def tables(session: Session) -> dict[str, pd.DataFrame]:
    """The session's tables by name, and ``codebook``: every column with unit, range and meaning."""
    found = {"events": session.events(), "scores": scores_table(session), "signals": session.signals().table}
    return {**found, "codebook": codebook(found)}


def scores_table(session: Session) -> pd.DataFrame:
    """The scores as a tidy table: one row per person and score."""
    rows = []
    for person, scores in session.scores().items():
        for name, score in scores.items():
            low, high = score.get("ci95") or (None, None)
            rows.append(
                {
                    "session": session.id, "person": person, "score": name, "value": score.get("value"),
                    "unit": score.get("unit"), "ci_low": low, "ci_high": high,
                    "coverage": score.get("coverage"), "reason": score.get("reason"),
                }
            )  # fmt: skip
    table = pd.DataFrame(rows, columns=list(SCORE_ABOUT))
    return table.astype(dict.fromkeys(("value", "ci_low", "ci_high", "coverage"), "float64"))


def _write_folder(target: Path, found: dict[str, pd.DataFrame], to: str) -> Path:
    """All tables in a new folder that then takes its place; an earlier export of the session is replaced."""
    names = {f"{name}.{to}" for name in found}
    if target.exists() and not (target.is_dir() and {path.name for path in target.iterdir()} <= names):
        raise OutputError(f"{target} exists and holds something else: choose another place with --out")
    there, own = _session_in(target / f"scores.{to}"), set(found["scores"]["session"])
    if there - own:  # as of a loop over sessions that names one folder
        raise OutputError(f"{target} holds the tables of {', '.join(there)}: choose another place with --out")
    with writing(target):
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.absolute().parent))
        try:
            for name, table in found.items():
                _write_table(table, folder / f"{name}.{to}")
            folder.chmod(0o755)
            if target.exists():
                shutil.rmtree(target)
            folder.rename(target)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return target


def _session_in(scores: Path) -> set[str]:
    """Whose scores an exported table has; nobody's where there is none that can be read."""
    try:
        table = pd.read_csv(scores, dtype=str) if scores.suffix == ".csv" else pd.read_parquet(scores)
        return set(table["session"])
    except (OSError, ValueError, KeyError):
        return set()


def _write_table(table: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".csv":
        table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
    else:
        table.to_parquet(path, index=False)
    sync(path)
