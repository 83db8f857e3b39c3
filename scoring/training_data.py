"""Landmark tables with truth, compact enough to be kept beside the models.

``landmarks.parquet`` holds one row per frame and person, ``events.parquet`` one per nod, shake, tilt
and look-down, and per span in which a person follows the other; ``models/data/README.md`` says what the
columns mean. Landmarks are kept relative to a point of the face or body and in units of its size, so that 16
bits are enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from attune import InputError
from models.classifier import FOLDER as MODELS
from scoring.files import read_json
from scoring.truth import Truth, read_truth, rows_at
from vision import topology as t
from vision.extract import Extractor, Seen
from vision.head import face_box_px
from vision.source import VideoFile

# Truth's names -> ours, with their units.
NUMBERS = {
    "head_yaw_to_lens": "head_yaw_to_lens_deg", "head_pitch_to_lens": "head_pitch_to_lens_deg",
    "head_roll": "head_roll_deg", "gaze_to_lens": "gaze_to_lens_deg", "blink": "blink",
    "torso_yaw": "torso_yaw_deg", "lens_yaw": "lens_yaw_deg", "lean": "lean_deg",
}  # fmt: skip
WORDS = ("target", "arms")
GROUPS = ("skin tone", "age", "gender", "glasses", "light", "kind of clip")
EVENT_FIELDS = ("kind", "start_s", "end_s", "cycles", "hz", "amplitude_deg", "lag_s")

MIRRORING = "mirroring"  # The kind of event that is no movement of one person's head.

FOLDER = MODELS / "data"
LANDMARKS, EVENTS = "landmarks.parquet", "events.parquet"
MAX_SIDE = 1280
_WORLD = (t.LEFT_SHOULDER, t.RIGHT_SHOULDER, t.LEFT_HIP, t.RIGHT_HIP)
_LISTS = {"face": 3 * len(t.MEASURED), "body": 4 * t.POSE_POINTS, "world": 3 * len(_WORLD)}
_SCALARS = ("face_x_px", "face_y_px", "face_height_px", "body_x_px", "body_y_px", "shoulder_width_px")
_LABELS = ("clip", "person_id", *(name.replace(" ", "_") for name in GROUPS))

SCHEMA = pa.schema(
    [(name, pa.dictionary(pa.int16(), pa.string())) for name in _LABELS]
    + [("width_px", pa.int16()), ("height_px", pa.int16())]
    + [("frame", pa.int32()), ("time_s", pa.float64()), ("cut", pa.bool_()), ("looked", pa.bool_())]
    + [(name, pa.float32()) for name in _SCALARS]
    + [(name, pa.list_(pa.float16(), width)) for name, width in _LISTS.items()]
    + [(name, pa.float32()) for name in NUMBERS.values()]
    + [(name, pa.dictionary(pa.int16(), pa.string())) for name in WORDS]
)
EVENT_SCHEMA = pa.schema(
    [("clip", pa.string()), ("person_id", pa.string()), ("kind", pa.string())]
    + [(name, pa.float32()) for name in EVENT_FIELDS[1:]]
)


@dataclass(frozen=True)
class Take:
    """One person in one clip: what was seen, and what is true.

    Attributes
    ----------
    clip, person_id : str
    groups : dict of str to str
        By the names in `GROUPS`.
    size_px : tuple of int
        Width and height of the picture.
    seen : list of Seen
    truth : pandas.DataFrame
        One row per `seen`.
    events : list of dict
        By the names in `EVENT_FIELDS`.
    """

    clip: str
    person_id: str
    groups: dict[str, str]
    size_px: tuple[int, int]
    seen: list[Seen]
    truth: pd.DataFrame
    events: list[dict[str, Any]]


def write_training_data(clips: Path, out: Path, progress: Callable[..., None] | None = None) -> int:
    """Extract the landmarks of every clip with truth in a folder.

    Parameters
    ----------
    clips : Path
        Holds ``NAME.mp4`` with ``NAME.json`` beside it.
    out : Path
        Where the two tables are written.
    progress : callable, optional
        Called with the frames done, and the clips done and to do.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    InputError
        When the folder has no clip with truth, or one can't be read.
    """
    found = sorted(path for path in clips.glob("*.json") if path.with_suffix(".mp4").exists())
    if not found:
        raise InputError(f"{clips} has no clips with truth: NAME.mp4 with NAME.json beside it")

    def takes() -> Iterator[Take]:
        frames = 0
        for done, path in enumerate(found):
            if progress is not None:
                progress(frames, done, len(found))
            for person, truth in enumerate(read_truth(path)):
                seen, size_px = _extract(truth)
                frames += len(seen)
                yield take(path, person, truth, seen, size_px)

    return write_takes(takes(), out)


def _extract(truth: Truth) -> tuple[list[Seen], tuple[int, int]]:
    with VideoFile(truth.video, max_side=MAX_SIDE) as video, Extractor(truth.side) as extractor:
        return list(extractor.run(video)), (video.info.width, video.info.height)


def take(path: Path, person: int, truth: Truth, seen: list[Seen], size_px: tuple[int, int]) -> Take:
    """Put together what was seen of a clip's person and what is true of them.

    Some of the truth only training needs; `scoring.truth` leaves it in the file at `path`.
    """
    raw = read_json(path)
    nearest = rows_at([one.time_s for one in seen], truth.time_s, np.inf)
    rows = [raw["frames"][i][f"p{person}"] for i in nearest]
    columns = {ours: np.array([row[name] for row in rows], np.float32) for name, ours in NUMBERS.items()}
    table = pd.DataFrame(columns | {name: [row[name] for row in rows] for name in WORDS})
    groups = {name: truth.groups.get(name, "") for name in GROUPS}
    events = [*raw["people"][person]["events"], *_following(raw, person)]
    return Take(truth.clip, truth.person, groups, size_px, seen, table, events)


def _following(raw: dict[str, Any], person: int) -> list[dict[str, Any]]:
    """Spans in which this person mirrors the other."""
    found = raw.get("mirroring")
    if not found or found["follower"] != person:
        return []
    return [
        {"kind": MIRRORING, "start_s": start, "end_s": end, "lag_s": found["lag_s"]}
        for start, end in found["segments"]
    ]


def write_takes(takes: Iterable[Take], out: Path) -> int:
    """Write both tables, one take after the other; returns the number of rows."""
    out.mkdir(parents=True, exist_ok=True)
    rows, events = 0, []
    numbers: dict[str, str] = {}  # A person keeps one short name through all clips.
    with pq.ParquetWriter(
        out / LANDMARKS, SCHEMA, compression="zstd", compression_level=15, version="2.6"
    ) as file:
        for one in takes:
            person_id = numbers.setdefault(one.person_id, f"{len(numbers):02d}")
            one = replace(one, person_id=person_id)
            table = _table(one)
            file.write_table(table)
            rows += table.num_rows
            events += [
                {"clip": one.clip, "person_id": one.person_id, **{k: event.get(k) for k in EVENT_FIELDS}}
                for event in one.events
            ]
    pq.write_table(pa.Table.from_pylist(events, EVENT_SCHEMA), out / EVENTS, compression="zstd")
    return rows


def _table(one: Take) -> pa.Table:
    n = len(one.seen)
    face = np.stack([seen.face for seen in one.seen])
    x, y, height = face_box_px(face)
    centre = np.stack([x, y, np.zeros(n)], axis=-1)
    points = (face[:, list(t.MEASURED)] - centre[:, None]) / height[:, None, None]
    looked = np.array([seen.body is not None for seen in one.seen])
    blank = np.full((t.POSE_POINTS, 4), np.nan)
    body = np.stack([blank if seen.body is None else seen.body for seen in one.seen])
    shoulders = body[:, [t.LEFT_SHOULDER, t.RIGHT_SHOULDER], :2]
    middle, width = shoulders.mean(axis=1), np.linalg.norm(shoulders[:, 0] - shoulders[:, 1], axis=-1)
    origin = np.concatenate([middle, np.zeros((n, 2))], axis=1)
    scale = np.stack([width, width, width, np.ones(n)], axis=1)
    relative = np.clip((body - origin[:, None]) / scale[:, None], -100, 100)
    nowhere = np.full((t.POSE_POINTS, 3), np.nan)
    world = np.stack([nowhere if seen.world is None else seen.world for seen in one.seen])[:, list(_WORLD)]
    words = dict(zip(_LABELS, (one.clip, one.person_id, *(one.groups[name] for name in GROUPS)), strict=True))
    columns = {
        **{name: pa.array([words[name]] * n).dictionary_encode() for name in _LABELS},
        "width_px": [one.size_px[0]] * n, "height_px": [one.size_px[1]] * n,
        "frame": [seen.index for seen in one.seen], "time_s": [seen.time_s for seen in one.seen],
        "cut": [seen.cut for seen in one.seen], "looked": looked,
        "face_x_px": x, "face_y_px": y, "face_height_px": height,
        "body_x_px": middle[:, 0], "body_y_px": middle[:, 1], "shoulder_width_px": width,
        "face": _lists(points), "body": _lists(relative), "world": _lists(world),
        **{name: one.truth[name] for name in NUMBERS.values()},
        **{name: pa.array(one.truth[name]).dictionary_encode() for name in WORDS},
    }  # fmt: skip
    arrays = [pa.array(v) if not isinstance(v, pa.Array) else v for v in columns.values()]
    return pa.table([a.cast(f.type) for a, f in zip(arrays, SCHEMA, strict=True)], schema=SCHEMA)


def _lists(values: np.ndarray) -> pa.Array:
    flat = values.reshape(len(values), -1)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat.astype(np.float16).ravel()), flat.shape[1])


def read_training_data(folder: Path) -> list[Take]:
    """The takes of both tables, in the order in which they were written.

    Raises
    ------
    InputError
        When a table is missing or isn't one of ours.
    """
    try:
        table = pq.read_table(folder / LANDMARKS, schema=SCHEMA)
        events = pq.read_table(folder / EVENTS, schema=EVENT_SCHEMA).to_pylist()
    except (OSError, pa.ArrowException, ValueError):
        raise InputError(f"{folder} holds no landmark tables: make them with attune training-data") from None
    arrays = {name: _numpy(table[name]) for name in SCHEMA.names}
    key = np.char.add(np.char.add(arrays["clip"].astype(str), "/"), arrays["person_id"].astype(str))
    edges = [0, *(np.flatnonzero(key[1:] != key[:-1]) + 1).tolist(), len(key)]
    return [
        _take({name: values[a:b] for name, values in arrays.items()}, events)
        for a, b in pairwise(edges) if b > a
    ]  # fmt: skip


def _numpy(column: pa.ChunkedArray) -> np.ndarray:
    if pa.types.is_fixed_size_list(column.type):
        chunks = [chunk.flatten().to_numpy(zero_copy_only=False) for chunk in column.chunks]
        return np.concatenate(chunks).astype(np.float32).reshape(-1, column.type.list_size)
    return column.to_pandas().to_numpy()


def _take(a: dict[str, np.ndarray], events: list[dict[str, Any]]) -> Take:
    n = len(a["frame"])
    face = np.full((n, len(t.FACE), 3), np.nan, np.float32)
    centre = np.stack([a["face_x_px"], a["face_y_px"], np.zeros(n)], axis=-1)
    height = a["face_height_px"][:, None, None]
    face[:, list(t.MEASURED)] = a["face"].reshape(n, -1, 3) * height + centre[:, None]
    origin = np.stack([a["body_x_px"], a["body_y_px"], np.zeros(n), np.zeros(n)], axis=-1)
    width = a["shoulder_width_px"]
    scale = np.stack([width, width, width, np.ones(n)], axis=1)
    body = (a["body"].reshape(n, -1, 4) * scale[:, None] + origin[:, None]).astype(np.float32)
    world = np.full((n, t.POSE_POINTS, 3), np.nan, np.float32)
    world[:, list(_WORLD)] = a["world"].reshape(n, -1, 3)
    seen = [
        Seen(int(a["frame"][i]), float(a["time_s"][i]), face[i],
             body[i] if a["looked"][i] else None, world[i] if a["looked"][i] else None, bool(a["cut"][i]))
        for i in range(n)
    ]  # fmt: skip
    clip, person_id = str(a["clip"][0]), str(a["person_id"][0])
    truth = pd.DataFrame({name: a[name] for name in (*NUMBERS.values(), *WORDS)})
    mine = [
        {name: event[name] for name in EVENT_FIELDS}
        for event in events if (event["clip"], event["person_id"]) == (clip, person_id)
    ]  # fmt: skip
    groups = {name: str(a[name.replace(" ", "_")][0]) for name in GROUPS}
    return Take(clip, person_id, groups, (int(a["width_px"][0]), int(a["height_px"][0])), seen, truth, mine)
