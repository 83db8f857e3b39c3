"""Signals: the one typed table of what was measured, and the registry of its columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from attune import InputError

PERSONS = ("staff", "client")


@dataclass(frozen=True)
class Column:
    """One registered column of the signals table.

    Attributes
    ----------
    name, unit : str
    low, high : float
        Range of possible values, both ends included; NaN (not measurable) is always allowed in a
        float column.
    sign : str
        What a positive value means; empty where there is no direction.
    dtype : str
        numpy dtype the column is stored as.
    about : str
        What it is, for the codebook.
    """

    name: str
    unit: str
    low: float
    high: float
    sign: str
    dtype: str
    about: str


def _column(name, unit, low, high, sign, about, dtype="float32"):
    return Column(name, unit, low, high, sign, dtype, about)


_INF = float("inf")
_LEFT = "+ toward the subject's own left (image right in an unmirrored picture)"
_UP = "+ up"

COLUMNS: dict[str, Column] = {
    column.name: column
    for column in (
        _column("time_s", "s", 0, _INF, "", "presentation time since the first frame", "float64"),
        _column("frame", "1", 0, _INF, "", "frame number in decoding order, from 0", "int32"),
        _column("person", "", -_INF, _INF, "", "staff or client", "object"),
        _column("face_found", "", 0, 1, "", "a face was tracked in this frame", "bool"),
        _column("pose_found", "", 0, 1, "", "a body was tracked recently enough", "bool"),
        _column("head_yaw_deg", "deg", -180, 180, _LEFT, "head against the line to the lens"),
        _column("head_pitch_deg", "deg", -180, 180, _UP, "head against the line to the lens"),
        _column("head_roll_deg", "deg", -180, 180, "+ tilts to the own left shoulder", "head tilt"),
        _column(
            "head_pitch_measured_deg", "deg", -180, 180, _UP,
            "head pitch as the landmarks show it, with the person's own offset still in it",
        ),
        _column("gaze_yaw_deg", "deg", -180, 180, _LEFT, "line of sight against the line to the lens"),
        _column("gaze_pitch_deg", "deg", -180, 180, _UP, "line of sight against the line to the lens"),
        _column("gaze_angle_deg", "deg", 0, 180, "", "line of sight against the line to the target"),
        _column(
            "gaze_angle_low_deg", "deg", 0, 180, "",
            "target partner only: least angle to the target that its unknown distance allows",
        ),
        _column(
            "gaze_angle_high_deg", "deg", 0, 180, "",
            "target partner only: largest angle to the target that its unknown distance allows",
        ),
        _column(
            "target_yaw_deg", "deg", -180, 180, _LEFT,
            "direction of the target against the line to the lens; empty: the lens",
        ),
        _column(
            "target_pitch_deg", "deg", -180, 180, _UP,
            "direction of the target against the line to the lens; empty: the lens",
        ),
        _column(
            "eye_yaw_deg", "deg", -180, 180, _LEFT,
            "eyes in the head, from the irises, with the person's own offset still in it",
        ),
        _column(
            "eye_pitch_deg", "deg", -180, 180, _UP,
            "eyes in the head, from the irises, with the person's own offset still in it",
        ),
        _column("eye_openness", "1", 0, 2, "", "lid distance over eye width, mean of both eyes"),
        _column("face_x_px", "px", -_INF, _INF, "+ image right", "centre between the eyes"),
        _column("face_y_px", "px", -_INF, _INF, "+ image down", "centre between the eyes"),
        _column("face_height_px", "px", 0, _INF, "", "forehead to chin"),
        _column("torso_yaw_deg", "deg", -180, 180, _LEFT, "trunk against the line to the lens"),
        _column("lean_deg", "deg", -180, 180, "+ forward", "trunk against the vertical"),
        _column(
            "wrist_separation", "shoulder widths", -_INF, _INF, "+ uncrossed, - crossed",
            "left wrist minus right wrist along the shoulder line",
        ),
        *(
            _column(
                f"{side}_{joint}_{way}", "shoulder widths", -_INF, _INF, sign,
                f"{side} {joint} against the middle of the shoulders",
            )
            for side in ("left", "right")
            for joint in ("elbow", "wrist")
            for way, sign in (("across", "+ toward the own left"), ("up", "+ up"))
        ),
        *(
            _column(f"{side}_wrist_seen", "1", 0, 1, "", f"visibility of the {side} wrist; 0 out of picture")
            for side in ("left", "right")
        ),
        _column("arms_visible", "1", 0, 1, "", "lower visibility of the two arms, inside the picture"),
        _column("hand_on_face", "1", 0, 1, "", "1 where a hand lies on the face, else 0"),
        _column(
            "motion_energy", "shoulder widths/s", 0, _INF, "",
            "mean speed of head, shoulders and arms, as far as they are seen",
        ),
        _column("eye_contact_prob", "1", 0, 1, "", "probability that the gaze is at the target"),
        _column("open_posture_prob", "1", 0, 1, "", "probability of arms open and trunk to the target"),
        _column("closed_posture_prob", "1", 0, 1, "", "probability of arms crossed before the trunk"),
        _column("nod_prob", "1", 0, 1, "", "probability that the head nods"),
        _column("shake_prob", "1", 0, 1, "", "probability that the head shakes"),
        _column("mirroring_prob", "1", 0, 1, "", "probability of mirroring; two people only"),
    )
}


@dataclass(frozen=True)
class Signals:
    """What was measured, one row per frame and person.

    Attributes
    ----------
    table : pandas.DataFrame
        Columns named in `COLUMNS`, all of them present, in that order and with those dtypes. NaN in
        a float column: not measurable there. Within a person, ``time_s`` rises strictly.

    Raises
    ------
    InputError
        When a column is unknown or its values are outside the registered range, a person's name is
        not in `PERSONS`, or the times don't rise.
    """

    table: pd.DataFrame

    def __post_init__(self):
        table = self.table
        unknown = [name for name in table.columns if name not in COLUMNS]
        if unknown:
            raise InputError(f"column '{unknown[0]}' is not a registered signal")
        if "time_s" not in table.columns:
            raise InputError("column 'time_s' is missing: every row needs a time in seconds")
        object.__setattr__(self, "table", _completed(table))
        for name, column in COLUMNS.items():
            _check_range(self.table[name], column)
        wrong = set(self.table["person"].unique()) - set(PERSONS)
        if wrong:
            raise InputError(f"column 'person' holds '{wrong.pop()}': use staff or client")
        for person in self.persons:
            times = self.person(person)["time_s"].to_numpy()
            if np.any(np.diff(times) <= 0):
                row = int(np.argmax(np.diff(times) <= 0)) + 1
                raise InputError(f"column 'time_s' doesn't rise at row {row}: sort the rows by time")

    @property
    def persons(self) -> tuple[str, ...]:
        """Those of `PERSONS` that have rows, in that order."""
        present = set(self.table["person"].unique())
        return tuple(name for name in PERSONS if name in present)

    def person(self, name: str) -> pd.DataFrame:
        """The rows of one person, in order of time, index from 0."""
        return self.table[self.table["person"] == name].reset_index(drop=True)


def _completed(table: pd.DataFrame) -> pd.DataFrame:
    """All registered columns in order, each with its dtype; absent ones not measurable."""
    filled = {}
    for name, column in COLUMNS.items():
        if name in table.columns:
            filled[name] = table[name].to_numpy()
        elif name == "person":
            filled[name] = np.full(len(table), "staff", dtype=object)
        elif name == "frame":
            filled[name] = np.arange(len(table))
        elif column.dtype == "bool":
            filled[name] = np.zeros(len(table), bool)
        else:
            filled[name] = np.full(len(table), np.nan)
        try:
            filled[name] = np.asarray(filled[name]).astype(column.dtype)
        except (TypeError, ValueError):
            raise InputError(f"column '{name}' holds a value that is not a number") from None
    return pd.DataFrame(filled)


def _check_range(values: pd.Series, column: Column) -> None:
    if column.dtype in ("object", "bool") or not len(values):
        return
    array = values.to_numpy().astype(float)
    if np.isinf(array).any():
        raise InputError(f"column '{column.name}' holds an infinite value: leave unknown ones empty")
    if column.name == "time_s" and np.isnan(array).any():
        raise InputError("column 'time_s' has an empty value: every row needs a time in seconds")
    low, high = np.nanmin(array, initial=_INF), np.nanmax(array, initial=-_INF)
    slack = 1e-6
    if low < column.low - slack or (high > column.high + slack):
        worst = low if low < column.low - slack else high
        raise InputError(
            f"column '{column.name}' holds {worst:g}, outside {column.low:g} to {column.high:g} {column.unit}"
        )
