"""A session in other forms: report, tables, labelled video."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from attune import InputError, OutputError, UsageError
from scoring.files import sync, writing
from scoring.session import Session
from vision.signals import COLUMNS

FORMATS = {"html": ".html", "pdf": ".pdf", "csv": "-csv", "parquet": "-parquet", "video": ".mp4"}
"""What can be written, and what a session's id is completed with where no name is given."""

_EVENT_ABOUT = {
    "person": ("", "staff, client, or dyad for what belongs to both"),
    "kind": ("", "what was seen, or not_measurable"),
    "start_s": ("s", "start, since the first frame"),
    "end_s": ("s", "end; the event covers start_s <= t < end_s"),
    "peak_prob": ("1", "largest probability in the event"),
    "coverage": ("1", "share of the event's time in which it was measured"),
    "cycles": ("1", "down-up or left-right movements"),
    "amplitude_deg": ("deg", "size of the movement"),
    "lag_s": ("s", "+ client after staff, - staff after client"),
    "cue": ("", "of not_measurable: what could not be measured"),
    "reason": ("", "of not_measurable: why"),
}
_SCORE_ABOUT = {
    "session": ("", "id of the session"),
    "person": ("", "staff, client, or dyad for what belongs to both"),
    "score": ("", "name of the score"),
    "value": ("see unit", "empty: not measurable, see reason"),
    "unit": ("", "share (0 to 1), s, count, per_min, z (Fisher's), p"),
    "ci_low": ("see unit", "lower end of the 95 % interval"),
    "ci_high": ("see unit", "upper end of the 95 % interval"),
    "coverage": ("1", "share of the session in which it could be measured"),
    "reason": ("", "why there is no value or no interval"),
}


def export_session(
    session: Session | Path, to: str, out: Path | None = None, progress: Callable[..., Any] | None = None
) -> Path:
    """Writes a session in another form, whole or not at all.

    Parameters
    ----------
    session : Session or Path
    to : str
        One of `FORMATS`. ``csv`` and ``parquet`` make a folder of tables, the others a file.
    out : Path, optional
        What to write; a folder that exists gets a file with the session's name. Without it, beside you.
    progress : callable, optional
        Told how far a video has come.

    Returns
    -------
    Path
        What was written.

    Raises
    ------
    UsageError
        The format is unknown.
    OutputError
        It can't be written there, or something that is no export of ours is in the way.
    InputError
        The session can't be read, or lacks what the format needs.
    """
    if to not in FORMATS:
        raise UsageError(f"'{to}' is not a format: use {', '.join(FORMATS)}")
    session = session if isinstance(session, Session) else Session.open(session)
    target = Path(out) if out is not None else Path(f"{session.path.resolve().name}{FORMATS[to]}")
    if to in ("csv", "parquet"):
        return _write_folder(target, tables(session), to)
    if target.is_dir():
        target = target / f"{session.path.resolve().name}{FORMATS[to]}"
    if target.is_dir():
        raise OutputError(f"{target} is a folder: name a file")
    if to == "html":
        from scoring.report import write_report

        return write_report(session, target)
    if to == "pdf":
        from scoring.report_pdf import write_pdf

        return write_pdf(session, target)
    if session.video is None:
        raise InputError(f"{session.path} was kept without its video: analyse it again without --no-video")
    from scoring.export_video import export_video

    export_video(session, target, progress=progress)
    return target


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
    table = pd.DataFrame(rows, columns=list(_SCORE_ABOUT))
    return table.astype(dict.fromkeys(("value", "ci_low", "ci_high", "coverage"), "float64"))


def codebook(found: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per column of the tables: unit, range, sign, meaning. NaN everywhere means not measurable."""
    rows = []
    for table, about in (("events", _EVENT_ABOUT), ("scores", _SCORE_ABOUT)):
        for name in found[table].columns:
            unit, words = about[name]
            rows.append({"table": table, "column": name, "unit": unit, "about": words})
    for name in found["signals"].columns:
        column = COLUMNS[name]
        rows.append(
            {
                "table": "signals", "column": name, "unit": column.unit, "low": column.low,
                "high": column.high, "sign": column.sign, "about": column.about,
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=["table", "column", "unit", "low", "high", "sign", "about"])


def _write_folder(target: Path, found: dict[str, pd.DataFrame], to: str) -> Path:
    """All tables in a new folder that then takes its place; an earlier export there is replaced."""
    names = {f"{name}.{to}" for name in found}
    if target.exists() and not (target.is_dir() and {path.name for path in target.iterdir()} <= names):
        raise OutputError(f"{target} exists and holds something else: choose another place with --out")
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


def _write_table(table: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".csv":
        table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
    else:
        table.to_parquet(path, index=False)
    sync(path)
