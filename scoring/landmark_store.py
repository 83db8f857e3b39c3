"""What the overlay needs of the landmarks, written while they are measured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vision import topology
from vision.extract import Seen

_FACE = 2 * len(topology.OVERLAY_FACE)
_POSE = 3 * len(topology.OVERLAY_POSE)
SCHEMA = pa.schema(
    [
        ("time_s", pa.float64()), ("frame", pa.int32()), ("person", pa.string()),
        ("face_x_px", pa.float32()), ("face_y_px", pa.float32()), ("face_height_px", pa.float32()),
        ("face", pa.list_(pa.float16(), _FACE)), ("pose", pa.list_(pa.float16(), _POSE)),
    ]
)  # fmt: skip


class LandmarkWriter:
    """Writes ``landmarks.parquet``; a context manager.

    ``face`` holds x, y of `topology.OVERLAY_FACE` from (face_x_px, face_y_px) in units of
    face_height_px, ``pose`` x, y in units of the picture's width and height and the visibility of
    `topology.OVERLAY_POSE`, held from one look at the body to the next. NaN: not found.
    """

    def __init__(self, path: Path):
        self._file = pq.ParquetWriter(path, SCHEMA, compression="zstd")

    def __enter__(self) -> LandmarkWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def keeper(self, person: str, width_px: int, height_px: int) -> _Keeper:
        """What `vision.measure.Measurement` is to hand this person's chunks to."""
        return _Keeper(self._file, person, (width_px, height_px))


class _Keeper:
    """Appends one person's chunks; `columns` are their face columns (`vision.measure.measure_faces`)."""

    def __init__(self, file: pq.ParquetWriter, person: str, size: tuple[int, int]):
        self._file, self._person, self._size = file, person, size
        self._pose = np.full(_POSE, np.nan, np.float16)

    def __call__(self, seen: list[Seen], columns: dict[str, np.ndarray]) -> None:
        faces = np.stack([s.face[:, :2] for s in seen])
        origin = np.stack([columns["face_x_px"], columns["face_y_px"]], axis=-1)
        faces = (faces - origin[:, None]) / columns["face_height_px"][:, None, None]
        poses = np.stack([self._held(s) for s in seen])
        batch = [
            pa.array(columns["time_s"]), pa.array(columns["frame"]), pa.array([self._person] * len(seen)),
            *(pa.array(columns[name]) for name in ("face_x_px", "face_y_px", "face_height_px")),
            _lists(faces.reshape(len(seen), -1)), _lists(poses),
        ]  # fmt: skip
        self._file.write_table(pa.table(batch, schema=SCHEMA))

    def _held(self, seen: Seen) -> np.ndarray:
        if seen.cut:
            self._pose = np.full(_POSE, np.nan, np.float16)
        if seen.body is not None:
            points = seen.body[list(topology.OVERLAY_POSE)]
            points = points[:, [0, 1, 3]] / np.array([*self._size, 1.0])
            self._pose = np.clip(points, -10, 10).ravel().astype(np.float16)
        return self._pose


def rename_people(
    path: Path, names: Mapping[str, str], to: Path | None = None, since_s: Mapping[str, float] | None = None
) -> None:
    """Write a file of landmarks again (or anew, to `to`) with other names.

    Rows of people who are not in `names`, and rows from before a person's `since_s`, are left out. A few
    hundred rows are in memory at once.
    """
    written = path.with_name(f".{path.name}.partial") if to is None else to
    with pq.ParquetFile(path) as old, pq.ParquetWriter(written, SCHEMA, compression="zstd") as new:
        for batch in old.iter_batches(batch_size=512):
            table = pa.Table.from_batches([batch])
            for person, name in names.items():
                begins = (since_s or {}).get(person, -np.inf)
                mine = table.filter((pc.field("person") == person) & (pc.field("time_s") >= begins))
                if len(mine):
                    column = pa.array([name] * len(mine))
                    new.write_table(mine.set_column(2, "person", column).cast(SCHEMA))
    if to is None:
        written.replace(path)


def _lists(values: np.ndarray) -> pa.Array:
    flat = pa.array(np.ascontiguousarray(values, dtype=np.float16).ravel())
    return pa.FixedSizeListArray.from_arrays(flat, values.shape[1])
