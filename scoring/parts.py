"""Long recordings in parts that know nothing of each other, so that several workers can share one.

Whether and where a recording is divided depends on the recording alone. Each part begins with a fresh
extractor that warms up before the part's first frame, in one process as in many: the result is the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from scoring.files import replacing
from scoring.landmark_store import SCHEMA, LandmarkWriter
from vision.company import seen_at_once
from vision.extract import Extractor, Seen
from vision.measure import Measured, Measurement
from vision.source import VideoFile

LONG_S = 600.0  # Recordings from this length on are divided ...
PART_S = 300.0  # ... at the multiples of this.
WARM_UP_S = 4.0  # The extractor sees this much before a part; faces and bodies settle within two seconds.

Span = tuple[float, float]
Progress = Callable[..., None]


def spans(source: VideoFile, asked: int) -> tuple[Span, ...]:
    """The parts of a recording, in seconds, half-open; one where it isn't divided.

    Divided are long recordings with an even clock in which one person is to be measured and nobody else was
    seen: who is who among several is known only from the beginning.
    """
    duration_s = source.info.duration_s or 0.0
    if duration_s < LONG_S or asked != 1 or not source.even_clock() or seen_at_once(source) > 1:
        return ((0.0, np.inf),)
    starts = np.arange(0.0, duration_s - PART_S / 2, PART_S)
    return tuple(zip(starts.tolist(), [*starts[1:].tolist(), np.inf], strict=True))


@dataclass(frozen=True)
class Part:
    """What one part of a recording showed.

    Attributes
    ----------
    measured : Measured
        Frames count from 0 in every part.
    frames, faces_seen : int
    faces_at_start : int
        Faces seen at once before the part's first picture: with several, who is measured is anybody's guess.
    end_s : float
        End of the last picture.
    loss : str or None
        What could not be decoded.
    """

    measured: Measured
    frames: int
    faces_seen: int
    faces_at_start: int
    end_s: float
    loss: str | None


def measure_part(
    source: VideoFile, span: Span, pose_hz: float, landmarks: Path | None = None,
    progress: Progress | None = None,
) -> Part:  # fmt: skip
    """Measure the one person of one part.

    Parameters
    ----------
    source : VideoFile
    span : Span
    pose_hz : float
    landmarks : Path, optional
        Where to put this part's landmarks.
    progress : callable, optional
        Called with the part's own frames and time_s.
    """
    start_s, end_s = span
    store = None if landmarks is None else LandmarkWriter(landmarks)
    size = (source.info.width, source.info.height)
    keep = None if store is None else _After(store.keeper("staff", *size), start_s)
    measurement = Measurement(*size, keep)
    with source, Extractor("largest", pose_hz) as extractor:
        frames = source.between(max(0.0, start_s - WARM_UP_S), end_s)
        faces_at_start = 0
        for seen in extractor.run(frames):
            if seen.time_s < start_s:
                faces_at_start = extractor.faces_seen
            measurement.add(seen)
            if progress is not None and seen.time_s >= start_s:
                progress(seen.index, seen.time_s - start_s)
    measured = _since(measurement.finish(), start_s)
    if store is not None:
        store.__exit__()
    count = len(measured.frames["time_s"]) if measured.frames else 0
    return Part(measured, count, extractor.faces_seen, faces_at_start, source.end_s, source.loss)


class _After:
    """Hands on only what comes after a part's warm-up."""

    def __init__(self, keep: Callable, start_s: float):
        self._keep, self._start_s = keep, start_s

    def __call__(self, seen: list[Seen], columns: dict[str, np.ndarray]) -> None:
        kept = columns["time_s"] >= self._start_s
        if kept.any():
            chosen = [one for one, wanted in zip(seen, kept, strict=True) if wanted]
            self._keep(chosen, {name: values[kept] for name, values in columns.items()})


def _since(measured: Measured, start_s: float) -> Measured:
    parts = []
    for columns in (measured.frames, measured.body):
        kept = columns["time_s"] >= start_s if columns else None
        parts.append({name: values[kept] for name, values in columns.items()})
    frames = parts[0]
    if frames and len(frames["frame"]):
        frames["frame"] = frames["frame"] - frames["frame"][0]
    return Measured(*parts)


def joined(parts: Sequence[Part]) -> Part:
    """All parts as one, the frames counted through."""
    before = np.cumsum([0, *(part.frames for part in parts[:-1])])
    frames = []
    for part, count in zip(parts, before, strict=True):
        columns = dict(part.measured.frames)
        if columns:
            columns["frame"] = (columns["frame"] + count).astype(np.int32)
        frames.append(columns)
    whole = Measured(_put_together(frames), _put_together([part.measured.body for part in parts]))
    return Part(
        whole, sum(part.frames for part in parts), max(part.faces_seen for part in parts), 0,
        parts[-1].end_s, parts[-1].loss,
    )  # fmt: skip


def sound(parts: Sequence[Part]) -> bool:
    """Whether the parts make up the recording: nothing damaged but the end, and no doubt who is measured."""
    return not any(part.loss for part in parts[:-1]) and all(part.faces_at_start <= 1 for part in parts)


def _put_together(tables: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    known = [table for table in tables if table]
    return {name: np.concatenate([table[name] for table in known]) for name in known[0]} if known else {}


def join_landmarks(files: Sequence[Path], parts: Sequence[Part], to: Path) -> None:
    """The parts' landmarks as one file, the frames counted through; a few hundred rows in memory at once."""
    with pq.ParquetWriter(to, SCHEMA, compression="zstd") as written:
        before = 0
        for path, part in zip(files, parts, strict=True):
            with pq.ParquetFile(path) as file:
                first = _first_frame(file)
                for batch in file.iter_batches(batch_size=512):
                    table = pa.Table.from_batches([batch])
                    own = table["frame"].to_numpy()
                    counted = pa.array((own - first + before).astype(np.int32))
                    place = SCHEMA.get_field_index("frame")
                    written.write_table(table.set_column(place, "frame", counted).cast(SCHEMA))
            before += part.frames


def _first_frame(file: pq.ParquetFile) -> int:
    """The number of the first frame that a part's landmarks hold: its warm-up was counted, too."""
    place = SCHEMA.get_field_index("frame")
    return int(file.metadata.row_group(0).column(place).statistics.min)


def measure_all(
    source: VideoFile, places: Sequence[Span], pose_hz: float, landmarks: Path | None,
    progress: Progress | None, measure: Callable[..., Part] = measure_part,
) -> Part | None:  # fmt: skip
    """Measure all parts and join them; None where they don't make up the recording (`sound`).

    Parameters
    ----------
    landmarks : Path, optional
        Where to put the landmarks of the whole.
    measure : callable
        What gives a part: `measure_part`, or whoever has it stored already.
    """
    files = [landmarks and landmarks.with_name(f"{landmarks.name}.{k}") for k in range(len(places))]
    parts, before = [], 0
    try:
        for span, file in zip(places, files, strict=True):
            shown = None if progress is None else _moved(progress, before, span[0], source.info.duration_s)
            parts.append(measure(source, span, pose_hz, file, shown))
            before += parts[-1].frames
        if not sound(parts):
            return None
        if landmarks is not None:
            join_landmarks([file for file in files if file is not None], parts, landmarks)
        return joined(parts)
    finally:
        for file in files:
            if file is not None:
                file.unlink(missing_ok=True)


def _moved(progress: Progress, frames: int, start_s: float, duration_s: float | None) -> Progress:
    return lambda own, time_s: progress(frames + own, start_s + time_s, duration_s)


def save(part: Part, path: Path) -> None:
    """Put a part into a file, whole or not at all."""
    arrays = {f"frames.{name}": values for name, values in part.measured.frames.items()}
    arrays |= {f"body.{name}": values for name, values in part.measured.body.items()}
    facts = {name: value for name, value in vars(part).items() if name != "measured"}
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, facts=np.array(json.dumps(facts)), **arrays)


def load(path: Path) -> Part:
    """A part as `save` stored it."""
    with np.load(path) as stored:
        facts: dict[str, Any] = json.loads(str(stored["facts"]))
        tables: dict[str, dict[str, np.ndarray]] = {"frames": {}, "body": {}}
        for name in stored.files:
            table, _, column = name.partition(".")
            if column:
                tables[table][column] = stored[name]
    return Part(Measured(**tables), **facts)
