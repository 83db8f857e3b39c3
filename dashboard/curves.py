"""Columns of a session's signals, one person at a time, read without the rest of the table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from attune import InputError
from dashboard.answers import PRIVATE
from scoring.files import changed_ns, size_of
from scoring.session import SIGNALS, Session

# Numbers like these hardly shrink, and packing them would hold up everybody else's answers.
RAW = {**PRIVATE, "content-encoding": "identity"}

State = tuple[tuple[int, int], ...]


def state_of(folder: Path) -> State:
    """What changes whenever a file of a session does: sizes and times of change."""
    paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    return tuple((size_of(path), changed_ns(path)) for path in paths)


def curves(session: Session, person: str, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Numeric columns of one person's rows, NaN where not measurable or never measured.

    Raises
    ------
    LookupError
        Nobody of that name was measured.
    InputError
        The table can't be read.
    """
    path = session.path / SIGNALS
    try:
        with pq.ParquetFile(path) as file:
            there = [name for name in names if name in file.schema_arrow.names]
            table = file.read(columns=["person", *there])
            numbers = {name: table[name].cast("float64").to_numpy() for name in there}
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path} can't be read: {error}") from None
    mine = table["person"].to_numpy() == person
    if not mine.any():
        raise LookupError("Nobody of that name was measured in this session.")
    missing = np.full(int(mine.sum()), np.nan)
    return {name: numbers[name][mine] if name in there else missing for name in names}
