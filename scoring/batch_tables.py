"""The tables of a batch: all scores and events of all recordings, tidy, the same to the byte every time."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from attune import __version__
from models import classifier
from scoring.batch_tasks import RUN
from scoring.events import events_table as events_of
from scoring.files import replacing, write_json, writing
from scoring.manifest import Failure, Item
from scoring.recording import MAX_SIDE
from scoring.session import SCHEMA_VERSION, Session
from vision.landmarks import MEDIAPIPE_VERSION

SCORES, SCORES_PARQUET, EVENTS = "scores.csv", "scores.parquet", "events.parquet"
FAILURES = "failures.csv"
SEED = 0  # of every bootstrap and surrogate; see scoring.judge.judge
COLUMNS = ("session", "person", "group", "score", "value", "unit", "ci_low", "ci_high", "coverage", "reason")
FAILURE = ("id", "path", "reason")
_NUMBERS = ("value", "ci_low", "ci_high", "coverage")


def write(
    out: Path, sessions: Sequence[tuple[Item, Path]], failures: Sequence[Failure], options: Mapping[str, Any]
) -> dict[str, str]:
    """Write all tables of a batch, each whole or not at all.

    Parameters
    ----------
    out : Path
    sessions : sequence of (Item, Path)
        Each recording with its session's folder.
    failures : sequence of Failure
        Without any, a table of failures from before is removed.
    options : mapping
        As the recordings were analysed.

    Returns
    -------
    dict of str to str
        As `losses`.
    """
    scores, events, cut_short = scores_table(sessions), events_table(sessions), losses(sessions)
    with writing(out):
        with replacing(out / SCORES) as path:
            scores.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
        with replacing(out / SCORES_PARQUET) as path:
            _write_parquet(scores, path)
        with replacing(out / EVENTS) as path:
            _write_parquet(events, path)
        with replacing(out / RUN) as path:
            write_json(path, _run(options, sessions, len(failures), cut_short))
        if failures:
            table = pd.DataFrame([vars(failure) for failure in failures], columns=list(FAILURE))
            with replacing(out / FAILURES) as path:
                table.to_csv(
                    path, index=False, encoding="utf-8", errors="backslashreplace", lineterminator="\n"
                )
        else:
            (out / FAILURES).unlink(missing_ok=True)
    return cut_short


def scores_table(sessions: Sequence[tuple[Item, Path]]) -> pd.DataFrame:
    """One row per session, person and score, then the covariates of the manifest as they were written.

    An empty ``value`` is "not measurable", with its reason.
    """
    covariates = _free(list(dict.fromkeys(name for item, _ in sessions for name in item.covariates)))
    rows = []
    for item, folder in sessions:
        given = {column: item.covariates.get(name, "") for name, column in covariates.items()}
        for person, scores in sorted(Session.open(folder).scores().items()):
            for name, score in scores.items():
                low, high = score.get("ci95") or (None, None)
                rows.append({
                    "session": item.id, "person": person, "group": item.group, "score": name,
                    "value": score.get("value"), "unit": score.get("unit") or "", "ci_low": low,
                    "ci_high": high, "coverage": score.get("coverage"),
                    "reason": score.get("reason") or "", **given,
                })  # fmt: skip
    table = pd.DataFrame(rows, columns=[*COLUMNS, *covariates.values()])
    return table.astype(dict.fromkeys(_NUMBERS, np.float64))


def events_table(sessions: Sequence[tuple[Item, Path]]) -> pd.DataFrame:
    """All events, with the session and the group each belongs to."""
    tables = []
    for item, folder in sessions:
        events = Session.open(folder).events()
        events.insert(0, "session", item.id)
        events.insert(1, "group", item.group)
        tables.append(events)
    if not tables:
        of_none = events_of(())
        texts = dict.fromkeys(("session", "group"), object)
        return of_none.reindex(columns=[*texts, *of_none.columns]).astype(texts)
    return pd.concat(tables, ignore_index=True)


def _write_parquet(table: pd.DataFrame, path: Path) -> None:
    """With the same types whatever the rows: where there are none, Arrow would take texts for nothing."""
    types = {name: pa.string() if type_.hasobject else pa.float64() for name, type_ in table.dtypes.items()}
    table.to_parquet(path, index=False, schema=pa.schema(list(types.items())))


def losses(sessions: Sequence[tuple[Item, Path]]) -> dict[str, str]:
    """Id of each recording that could be decoded in part only -> what is lacking."""
    found = {}
    for item, folder in sessions:
        info = Session.open(folder).info
        told = [source.get("loss") for name in ("source", "second_source") if (source := info.get(name))]
        if any(told):
            found[item.id] = "; ".join(filter(None, told))
    return found


def _free(covariates: Sequence[str]) -> dict[str, str]:
    """Each covariate's column: its name, or what begins with ``covariate_`` where another has that."""
    columns: dict[str, str] = {}
    for name in covariates:
        column = name
        while column in COLUMNS or column in columns.values() or (column != name and column in covariates):
            column = f"covariate_{column}"
        columns[name] = column
    return columns


def _run(
    options: Mapping[str, Any], sessions: Sequence[tuple[Item, Path]], failures: int,
    cut_short: Mapping[str, str],
) -> dict[str, Any]:  # fmt: skip
    """How the numbers came about."""
    return {
        "schema_version": SCHEMA_VERSION,
        "sessions": len(sessions),
        "failures": failures,
        "folders": {item.id: folder.name for item, folder in sessions},
        "incomplete": dict(cut_short),
        "versions": {
            "attune": __version__, "python": platform.python_version(), "numpy": np.__version__,
            "mediapipe": MEDIAPIPE_VERSION, "models": classifier.hashes(),
        },
        "parameters": {**options, "max_side": MAX_SIDE},
        "machine": {"system": platform.system(), "processor": platform.machine()},
        "seeds": {"bootstrap": SEED, "surrogates": SEED},
    }  # fmt: skip
