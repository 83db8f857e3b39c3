"""The numbers in vision/gaze.py, bias.py and posture.py that were fitted, fitted again.

Each is a property of MediaPipe's landmarks, not of a model: how far drawn irises move for a degree of
gaze, how a level head is measured. `attune retrain gaze` and `attune retrain torso` print them, so that
whoever adds persons to the landmark tables can see what changes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.sparse import lil_array

from scoring.training_data import Take
from vision import bias, gaze, posture
from vision.gaze import gaze_deg, iris_offset
from vision.head import head_angles_deg, head_axes
from vision.posture import lean_deg, shoulder_yaw_and_nose

_FAR_DEG = 35.0  # Eyes turned further are drawn at the edge of the eye, whatever their gaze.
_NEAR_DEG = 15.0  # Frames within this of the lens count twice: that is where contact is decided.
_OFFSET_SD_DEG = 6.0  # Keeps persons' offsets from running away in the fit.
_SOFT_DEG = 0.5
_CONTACT_DEG = 6.0
_BLINK = 0.3

Fitted = dict[str, tuple[float, float]]
"""Name in its module -> value fitted now, value in use."""


def gaze_constants(takes: Sequence[Take]) -> Fitted:
    """Gains of the eyeball model, and mean and spread of the offsets over takes.

    The gains minimise the difference between measured and true angle to the lens, each take weighing the
    same and having an offset of its own (the truth has no gaze direction, only that angle).
    """
    data = [_eyes(take) for take in takes]
    gains = _fit_gains([one for one in data if len(one["angle"])])
    # In pairs people look past the lens nearly always.
    offsets = np.array([_offset(take) for take in takes if take.groups["kind of clip"] != "dyad"])
    offsets = offsets[np.isfinite(offsets).all(axis=1)]
    yaw, pitch, head = offsets.T
    share, level = np.polyfit(pitch - pitch.mean(), head, 1)
    fitted = (*gains, yaw.mean(), pitch.mean(), yaw.std(), pitch.std(), level, share)
    names = (
        *((name, getattr(gaze, name)) for name in ("GAIN_ACROSS", "GAIN_UP", "REST_UP", "FORWARD")),
        *((name, getattr(bias, name)) for name in (
            "MEAN_YAW_DEG", "MEAN_PITCH_DEG", "SD_YAW_DEG", "SD_PITCH_DEG",
            "HEAD_PITCH_MEAN_DEG", "HEAD_PITCH_SHARE",
        )),
    )  # fmt: skip
    return {name: (float(now), used) for (name, used), now in zip(names, fitted, strict=True)}


def _faces(take: Take) -> NDArray:
    return np.stack([seen.face for seen in take.seen])


def _open(take: Take) -> NDArray[np.bool_]:
    return (take.truth["blink"] < _BLINK).to_numpy()


def _eyes(take: Take) -> dict[str, NDArray]:
    face, angle = _faces(take), take.truth["gaze_to_lens_deg"].to_numpy(float)
    iris = iris_offset(face)
    use = np.isfinite(iris[:, 0]) & _open(take) & (angle < _FAR_DEG)
    return {"axes": head_axes(face)[use], "iris": iris[use], "angle": angle[use]}


def _sight(gains: NDArray, one: dict[str, NDArray]) -> NDArray:
    """Sines of gaze yaw and pitch, shape (n, 2): `vision.gaze.gaze_deg` with these gains."""
    iris = one["iris"]
    eyes = np.stack(
        [gains[0] * iris[:, 0], gains[1] * iris[:, 1] + gains[2], np.full(len(iris), gains[3])], axis=1
    )
    return np.einsum("nij,nj->ni", one["axes"], eyes)[:, :2]


def _fit_gains(data: Sequence[dict[str, NDArray]]) -> NDArray:
    weights = [np.where(one["angle"] < _NEAR_DEG, 1, 0.5) / np.sqrt(len(one["angle"])) for one in data]

    def residuals(values: NDArray) -> NDArray:
        gains, offsets = values[:4], values[4:].reshape(-1, 2)
        parts = []
        for one, offset, weight in zip(data, offsets, weights, strict=True):
            sine = np.hypot(*(_sight(gains, one) - offset).T)
            parts.append((np.degrees(np.arcsin(np.clip(sine + 1e-9, 0, 0.99))) - one["angle"]) * weight)
        return np.concatenate([*parts, values[4:] / np.radians(_OFFSET_SD_DEG)])

    # Each residual depends on the gains and on its own take's offset only.
    counts = [len(one["angle"]) for one in data]
    pattern = lil_array((sum(counts) + 2 * len(data), 4 + 2 * len(data)), dtype=int)
    pattern[:, :4] = 1
    first = np.cumsum([0, *counts])
    for i in range(len(data)):
        pattern[first[i] : first[i + 1], 4 + 2 * i : 6 + 2 * i] = 1
    for i in range(2 * len(data)):
        pattern[first[-1] + i, 4 + i] = 1
    start = np.concatenate([[11.0, 12.0, -0.07, 1.17], np.zeros(2 * len(data))])
    found = least_squares(
        residuals, start, loss="soft_l1", f_scale=_SOFT_DEG, max_nfev=30, jac_sparsity=pattern
    )
    return found.x[:4]


def _offset(take: Take) -> tuple[float, float, float]:
    """Median measured gaze yaw and pitch while the eyes are on the lens, and head pitch less the true."""
    face, truth = _faces(take), take.truth
    contact = (truth["gaze_to_lens_deg"] <= _CONTACT_DEG).to_numpy() & _open(take)
    contact &= (truth["target"] != "moving").to_numpy()
    yaw, pitch = gaze_deg(face)
    _, head, _ = head_angles_deg(face)
    head = head - truth["head_pitch_to_lens_deg"].to_numpy()
    contact &= np.isfinite(yaw)
    if not contact.any():
        return (np.nan,) * 3
    return float(np.median(yaw[contact])), float(np.median(pitch[contact])), float(np.nanmedian(head))


def torso_constants(takes: Sequence[Take]) -> Fitted:
    """Ridge regression of the trunk's true yaw against the line to the lens, and the mean lean's offset.

    Each take weighs the same. Takes of people half turned away stay out of it: their shoulders' depth is
    measured differently, and the regression is for people who face a camera.
    """
    inputs, wanted, weights, leans = [], [], [], []
    for take in takes:
        looked = np.array([seen.body is not None for seen in take.seen])
        if take.groups["kind of clip"] == "dyad" or not looked.any():
            continue
        body = np.stack([seen.body for seen in take.seen if seen.body is not None]).astype(float)
        world = np.stack([seen.world for seen in take.seen if seen.world is not None]).astype(float)
        truth = take.truth[looked]
        head_yaw = head_angles_deg(_faces(take)[looked])[0]
        row = np.column_stack([*shoulder_yaw_and_nose(body), head_yaw])
        known = np.isfinite(row).all(axis=1)
        inputs.append(row[known])
        wanted.append((truth["torso_yaw_deg"] - truth["lens_yaw_deg"]).to_numpy(float)[known])
        weights.append(np.full(known.sum(), 100 / len(row)))
        leans.append(lean_deg(world) + posture.LEAN_OFFSET_DEG - truth["lean_deg"].to_numpy(float))
    x, y, w = (np.concatenate(part) for part in (inputs, wanted, weights))
    solution = np.linalg.solve((x * w[:, None]).T @ x + np.eye(3), (x * w[:, None]).T @ y)
    names = ("TORSO_FROM_SHOULDERS", "TORSO_FROM_NOSE_DEG", "TORSO_FROM_HEAD", "LEAN_OFFSET_DEG")
    fitted = (*solution, np.nanmedian(np.concatenate(leans)))
    return {name: (float(now), getattr(posture, name)) for name, now in zip(names, fitted, strict=True)}
