"""Makes session folders whose content is known by construction, for the report and the dashboard."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from scoring.events import EVENT_COLUMNS
from scoring.landmark_store import SCHEMA
from tests.videos import make_video
from vision import topology
from vision.signals import Signals

DURATION_S = 12.0
FPS = 20
TIMES = tuple(k / FPS for k in range(int(DURATION_S * FPS)))
CONTACT, AWAY = ((0.0, 4.0), (6.0, 10.0)), ((4.0, 6.0), (11.5, 12.0))
UNSEEN = (10.0, 11.5)
CROSSED = (8.0, 11.0)
NOD, SHAKE = (2.0, 3.0), (5.0, 5.8)
MIRRORING, MUTUAL = (3.0, 7.0), (6.5, 8.0)
USED = "Strongest in: nods. Windows of 6 s every 2 s, lags up to 5 s, against 1000 circular shifts."
BY_CHANCE = "The two people's movements were not coordinated beyond chance."
# The second camera's recording: its own length, rate and shape.
SECOND_FPS, SECOND_S, SECOND_SIZE = 25, 8.0, (240, 180)
SECOND_TIMES = tuple(k / SECOND_FPS for k in range(int(SECOND_S * SECOND_FPS)))

# Landmarks: each face is a vertical line that moves a pixel a frame, so that it tells which frame it is of.
FACE_X_PX = {"staff": 40, "client": 20}
FACE_Y_PX, FACE_HEIGHT_PX, GAZE_DEG = 50.0, 30.0, (30.0, 0.0)
SHOULDERS = ((0.3, 0.7), (0.7, 0.7))  # left and right, as shares of the picture; the left hip is hidden


def make_session(
    library: Path,
    id: str = "reception-0a1b2c3d",
    *,
    title: str = "Reception, first try",
    video: bool = True,
    people: tuple[str, ...] = ("staff",),
    created: str = "2025-03-12T14:05:00+00:00",
    schema_version: int = 1,
    feedback: list[dict] | None = None,
    offset_s: float | None = None,
    second: str = "client",
    p: float = 0.004,
    landmarks: bool = False,
) -> Path:
    """A session of 12 s at 20 frames a second in `library`; its pictures carry their frame numbers.

    Parameters
    ----------
    offset_s : float, optional
        When a second camera's recording of 8 s begins, which shows the other of two people; else there is
        one camera.
    second : str
        Whom the second camera shows.
    p : float
        Of mirroring.
    landmarks : bool
        Keep landmarks, too, as in `make_landmarks`.
    """
    folder = library / id
    folder.mkdir(parents=True)
    if video:
        make_video(folder / "video.mp4", TIMES, size=(320, 180))
    info = {
        "schema_version": schema_version,
        "id": id,
        "title": title,
        "created": created,
        "roles": {person: {} for person in people},
        "consent": None,
        "source": {
            "name": f"{title}.mp4", "sha256": "ab" * 32, "duration_s": DURATION_S, "width": 320,
            "height": 180, "nominal_fps": float(FPS), "frames": len(TIMES), "loss": None,
        },
        "target": "lens",
        "profile": "default",
        "versions": {"attune": "0.1.0", "mediapipe": "0.10.21", "models": {"eye_contact": "cd" * 32}},
        "parameters": {},
        "timings": {},
        "notices": ["Two faces were seen: the larger one was measured."],
    }  # fmt: skip
    clocks = {person: (np.array(TIMES), 0.0) for person in people}
    if offset_s is not None:
        clocks[second] = (_second_clock(offset_s), offset_s)
        info |= _second_camera(offset_s, second)
        if video:
            make_video(folder / "video2.mp4", SECOND_TIMES, size=SECOND_SIZE)
    _json(folder / "session.json", info)
    table = pd.concat([_signals(person, clocks[person][0]) for person in people], ignore_index=True)
    if landmarks:
        table["gaze_yaw_deg"], table["gaze_pitch_deg"] = GAZE_DEG
        make_landmarks(folder / "landmarks.parquet", {person: clocks[person][0] for person in people})
    Signals(table).table.to_parquet(folder / "signals.parquet", index=False)
    unseen = [] if offset_s is None else _without_second(offset_s)
    _events(people, unseen, p).to_csv(folder / "events.csv", index=False)
    _json(folder / "scores.json", _scores(people, p))
    _json(folder / "feedback.json", FEEDBACK if feedback is None else feedback)
    return folder


def make_landmarks(path: Path, clocks: dict[str, np.ndarray], chunk: int = 64) -> Path:
    """Landmarks of people at these times, in chunks as an analysis writes them."""
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as file:
        for start in range(0, max(map(len, clocks.values())), chunk):
            for person, times in clocks.items():
                if len(part := times[start : start + chunk]):
                    file.write_table(_landmarks(person, part, start))
    return path


def _landmarks(person: str, times: np.ndarray, first: int) -> pa.Table:
    frames = np.arange(first, first + len(times))
    face = np.zeros((len(topology.OVERLAY_FACE), 2))
    face[:, 1] = np.linspace(-0.5, 0.5, len(face))
    pose = np.full((len(topology.OVERLAY_POSE), 3), np.nan)
    for index, place in zip((topology.LEFT_SHOULDER, topology.RIGHT_SHOULDER), SHOULDERS, strict=True):
        pose[topology.OVERLAY_POSE.index(index)] = (*place, 0.9)
    pose[topology.OVERLAY_POSE.index(topology.LEFT_HIP)] = (0.3, 0.9, 0.2)
    columns = {
        "time_s": times, "frame": frames, "person": [person] * len(times),
        "face_x_px": FACE_X_PX[person] + frames % 256, "face_y_px": np.full(len(times), FACE_Y_PX),
        "face_height_px": np.full(len(times), FACE_HEIGHT_PX),
        "face": _repeated(face, len(times)), "pose": _repeated(pose, len(times)),
    }  # fmt: skip
    return pa.table([pa.array(columns[f.name]).cast(f.type) for f in SCHEMA], schema=SCHEMA)


def _repeated(points: np.ndarray, times: int) -> pa.Array:
    flat = np.tile(points.ravel().astype(np.float16), times)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat), points.size)


def _second_camera(offset_s: float, second: str) -> dict:
    """What session.json says of it."""
    first = "staff" if second == "client" else "client"
    width, height = SECOND_SIZE
    return {
        "roles": {first: {"camera": 1}, second: {"camera": 2}},
        "second_source": {
            "name": "second.mp4", "sha256": "ef" * 32, "duration_s": offset_s + SECOND_S, "width": width,
            "height": height, "nominal_fps": float(SECOND_FPS), "frames": len(SECOND_TIMES), "loss": None,
            "offset_s": offset_s, "aligned_by": "sound", "confidence": 0.87,
        },
    }  # fmt: skip


def _second_clock(offset_s: float) -> np.ndarray:
    """The second camera's frames that lie in the session, on its clock."""
    times = np.array(SECOND_TIMES) + offset_s
    return times[(times >= 0) & (times < DURATION_S)]


def _without_second(offset_s: float) -> list[tuple[float, float]]:
    """The spans of the session without a picture of the second camera."""
    spans = [(0.0, offset_s), (offset_s + SECOND_S, DURATION_S)]
    return [(max(0.0, start), min(end, DURATION_S)) for start, end in spans if end > max(0.0, start)]


def _json(path: Path, value) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def _inside(times: np.ndarray, *spans: tuple[float, float]) -> np.ndarray:
    return np.any([(start <= times) & (times < end) for start, end in spans], axis=0)


def _signals(person: str, times: np.ndarray) -> pd.DataFrame:
    contact = np.where(_inside(times, *CONTACT), 0.9, 0.1)
    contact[_inside(times, UNSEEN)] = np.nan
    crossed = np.where(_inside(times, CROSSED), 0.85, 0.05)
    return pd.DataFrame(
        {
            "time_s": times,
            "frame": np.arange(len(times)),
            "person": person,
            "face_found": ~np.isnan(contact),
            "pose_found": True,
            "eye_contact_prob": contact,
            "open_posture_prob": 0.95 - crossed,
            "closed_posture_prob": crossed,
            "nod_prob": np.where(_inside(times, NOD), 0.8, 0.02),
            "shake_prob": np.where(_inside(times, SHAKE), 0.7, 0.02),
            "mirroring_prob": np.where(_inside(times, MIRRORING), 0.8, 0.1),
        }
    )


def _events(people: tuple[str, ...], unseen: list[tuple[float, float]], p: float) -> pd.DataFrame:
    rows = []
    for person in people:
        spans = [
            *(("eye_contact", span, {}) for span in CONTACT),
            *(("gaze_away", span, {}) for span in AWAY),
            ("open_posture", (0.0, 8.0), {}),
            ("closed_posture", CROSSED, {}),
            ("nod", NOD, {"cycles": 2, "amplitude_deg": 8.0}),
            ("shake", SHAKE, {"cycles": 1, "amplitude_deg": 12.0}),
            ("not_measurable", UNSEEN, {"cue": "eye_contact", "reason": "head_turned_away"}),
        ]
        rows += [_event(person, kind, span, **facts) for kind, span, facts in spans]
    if len(people) > 1:
        if p <= 0.05:
            rows.append(_event("dyad", "mirroring", MIRRORING, lag_s=-0.8))
        rows.append(_event("dyad", "mutual_eye_contact", MUTUAL))
        for cue, spans in (("mirroring", unseen), ("mutual_eye_contact", [*unseen, UNSEEN])):
            facts = {"cue": cue, "reason": "one_not_seen"}
            rows += [_event("dyad", "not_measurable", span, **facts) for span in spans]
    return pd.DataFrame(rows, columns=list(EVENT_COLUMNS))


def _event(person, kind, span, **facts) -> dict:
    start, end = span
    measured = kind != "not_measurable"
    peak, coverage = (0.9, 1.0) if measured else (None, 0.0)
    return {
        "person": person, "kind": kind, "start_s": start, "end_s": end, "peak_prob": peak,
        "coverage": coverage, **facts,
    }  # fmt: skip


def _score(value, unit, ci95=None, coverage=1.0, reason=None) -> dict:
    return {"value": value, "unit": unit, "ci95": ci95, "coverage": coverage, "reason": reason}


def _scores(people: tuple[str, ...], p: float) -> dict:
    one = {
        "eye_contact_share": _score(0.76, "share", [0.45, 0.9], 0.875),
        "eye_contact_mean_bout_s": _score(4.0, "s", [3.9, 4.1], 0.875),
        "longest_gaze_away_s": _score(2.0, "s", None, 0.875, "The longest is a single observation."),
        "open_posture_share": _score(0.67, "share", [0.61, 0.8]),
        "closed_posture_share": _score(0.25, "share", [0.21, 0.4]),
        "facing_share": _score(None, "share", None, 0.2, "Measured for 20% of the time: no body was found."),
        "nod_count": _score(1, "count", [0, 3]),
        "nods_per_min": _score(5.0, "per_min", [2.5, 15.0]),
        "shake_count": _score(1, "count", [0, 3]),
    }
    scores = dict.fromkeys(people, one)
    if len(people) > 1:
        scores["dyad"] = _dyad_scores(p)
    return scores


def _dyad_scores(p: float) -> dict:
    share, lag = _score(0.33, "share", [0.2, 0.5]), _score(-0.8, "s", [-1.1, -0.6])
    if p > 0.05:
        share, lag = (_score(None, unit, reason=BY_CHANCE) for unit in ("share", "s"))
    return {
        "mirroring_z": _score(0.61, "z", [0.2, 1.1], reason=USED),
        "mirroring_p": _score(p, "p", reason=USED),
        "mirroring_share": share,
        "mirroring_lag_s": lag,
        "staff_follows_p": _score(p / 2, "p", reason=USED),
        "client_follows_p": _score(0.9, "p", reason=USED),
        "mutual_eye_contact_share": _score(0.12, "share", [0.05, 0.3], 0.8),
    }


FEEDBACK = [
    {
        "type": "keep",
        "cue": "eye_contact",
        "title": "You stay with your client for a sentence at a time",
        "seen": "Toward the camera, which stands in for your client, your gaze stayed for 4 s on average.",
        "spans": [list(span) for span in CONTACT],
        "why": "That is long enough for a client to finish a thought, and short enough to leave pauses.",
        "try_next": "Keep this length also when you speak yourself.",
        "score": "eye_contact_mean_bout_s",
    },
    {
        "type": "try",
        "cue": "posture",
        "title": "Let your arms rest open",
        "seen": "Your arms were crossed for 25% of the measured time; this profile aims at up to 20%.",
        "spans": [list(CROSSED)],
        "why": "Open arms leave the space between you and your client free.",
        "try_next": "Next time, rest both hands on the desk while your client speaks.",
        "score": "closed_posture_share",
    },
]

MOVES_ALONG = {
    "type": "keep",
    "cue": "mirroring",
    "title": "You move with your client",
    "seen": "In 33% of the measured time, your movements and your client's went together.",
    "spans": [list(MIRRORING)],
    "why": "Two people who are in step with each other tend to move with each other too.",
    "try_next": "Keep letting your posture follow your client's.",
    "score": "mirroring_p",
}
"""About both people, with a moment that both cameras show."""
