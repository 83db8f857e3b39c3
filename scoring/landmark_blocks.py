"""Stored landmarks read back in blocks of time: of an hour-long session never more than a few seconds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from attune import InputError
from vision import topology

BLOCK_S = 10.0

_BATCH = 512  # rows in memory at once while looking for a person's
_COLUMNS = ("time_s", "person", "face_x_px", "face_y_px", "face_height_px", "face", "pose")
_PER_FACE, _PER_POSE = 2 * len(topology.OVERLAY_FACE), 3 * len(topology.OVERLAY_POSE)


@dataclass(frozen=True)
class Landmarks:
    """One person's landmarks in a span of time, as `scoring.landmark_store` keeps them.

    Attributes
    ----------
    time_s : ndarray of float64, shape (n,)
        Rising.
    origin_px : ndarray of float32, shape (n, 3)
        Centre between the eyes and the face's height, in source pixels.
    face : ndarray of float16, shape (n, 2 * points)
        From the centre between the eyes in face heights; NaN: not found.
    pose : ndarray of float16, shape (n, 3 * points)
        Shares of the picture's width and height, and visibility; NaN: not found.
    """

    time_s: np.ndarray
    origin_px: np.ndarray
    face: np.ndarray
    pose: np.ndarray


def drawn() -> dict[str, Any]:
    """What to draw of stored points, for JSON: lines, irises (centre first), and the least visibility."""
    irises = list(topology.OVERLAY_IRIS)
    return {
        "min_visibility": topology.MIN_VISIBILITY,
        "face_edges": [list(edge) for edge in topology.OVERLAY_FACE_EDGES],
        "irises": [irises[: len(irises) // 2], irises[len(irises) // 2 :]],
        "pose_edges": [list(edge) for edge in topology.OVERLAY_POSE_EDGES],
    }


class LandmarkBlocks:
    """Where in ``landmarks.parquet`` each person's seconds are; the landmarks themselves stay on disk.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InputError
        When it can't be read, or holds something else than landmarks.
    """

    def __init__(self, path: Path):
        self.path = path
        with _reading(self.path) as file:
            _check(file.schema_arrow, path)
            self._groups = [_span(file.metadata.row_group(n)) for n in range(file.metadata.num_row_groups)]

    def block(self, person: str, number: int) -> Landmarks:
        """The landmarks of [number, number + 1) `BLOCK_S`; empty where there are none.

        Raises
        ------
        InputError
            When the file can't be read.
        """
        start_s, end_s = number * BLOCK_S, (number + 1) * BLOCK_S
        groups = [n for n, group in enumerate(self._groups) if group.may_hold(person, start_s, end_s)]
        if not groups:
            return _landmarks([])
        with _reading(self.path) as file:
            batches = file.iter_batches(_BATCH, row_groups=groups, columns=list(_COLUMNS))
            return _landmarks([_within(batch, person, start_s, end_s) for batch in batches])


@contextmanager
def _reading(path: Path) -> Iterator[pq.ParquetFile]:
    """The open Parquet file; what goes wrong in it becomes an `InputError`."""
    try:
        with pq.ParquetFile(path) as file:
            yield file
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path} can't be read: {error}") from None


def _check(schema: pa.Schema, path: Path) -> None:
    lacking = [name for name in _COLUMNS if name not in schema.names]
    if lacking:
        raise InputError(f"{path} has no column '{lacking[0]}': analyse the recording again")
    for name, width in (("face", _PER_FACE), ("pose", _PER_POSE)):
        kind = schema.field(name).type
        if not pa.types.is_fixed_size_list(kind) or kind.list_size != width:
            raise InputError(f"{path} holds other points in '{name}': analyse the recording again")


@dataclass(frozen=True)
class _Group:
    """The persons and times between which all rows of a row group lie; None: not known."""

    persons: tuple[str, str] | None
    times_s: tuple[float, float] | None

    def may_hold(self, person: str, start_s: float, end_s: float) -> bool:
        who = self.persons is None or self.persons[0] <= person <= self.persons[1]
        return who and (self.times_s is None or (self.times_s[0] < end_s and self.times_s[1] >= start_s))


def _span(group) -> _Group:
    found = {}
    for number in range(group.num_columns):
        column = group.column(number)
        if column.path_in_schema in ("time_s", "person"):
            statistics = column.statistics
            known = statistics is not None and statistics.has_min_max
            found[column.path_in_schema] = (statistics.min, statistics.max) if known else None
    return _Group(found.get("person"), found.get("time_s"))


def _within(batch: pa.RecordBatch, person: str, start_s: float, end_s: float) -> pa.RecordBatch:
    times = batch["time_s"].to_numpy(zero_copy_only=False)
    mine = batch["person"].to_numpy(zero_copy_only=False) == person
    return batch.filter(pa.array(mine & (times >= start_s) & (times < end_s)))


def _landmarks(batches: list[pa.RecordBatch]) -> Landmarks:
    origin = [_joined(batches, name, np.float32) for name in _COLUMNS[2:5]]
    return Landmarks(
        _joined(batches, "time_s", np.float64),
        np.stack(origin, axis=-1),
        _joined(batches, "face", np.float16).reshape(-1, _PER_FACE),
        _joined(batches, "pose", np.float16).reshape(-1, _PER_POSE),
    )


def _joined(batches: list[pa.RecordBatch], name: str, dtype) -> np.ndarray:
    return np.concatenate([np.empty(0, dtype), *(_numbers(batch[name]) for batch in batches)]).astype(dtype)


def _numbers(column: pa.Array) -> np.ndarray:
    flat = column.flatten() if pa.types.is_fixed_size_list(column.type) else column
    return flat.to_numpy(zero_copy_only=False)
