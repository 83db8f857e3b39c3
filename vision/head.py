"""Head angles from the 3-D landmark axes: temple to temple, chin to forehead."""

from __future__ import annotations

import numpy as np

from vision import topology
from vision.geometry import axes_from, to_camera_axes, yaw_pitch_roll_deg


def head_axes(face: np.ndarray) -> np.ndarray:
    """The head's rotation against the line from the face to the lens.

    Parameters
    ----------
    face : ndarray, shape (n, len(topology.FACE), 3)
        Landmarks in pixels, MediaPipe's axes; NaN where no face was found. FaceMesh fits its mesh
        in a crop around the face, so its axes are relative to the line of view to the face, not to
        the camera's own axis.

    Returns
    -------
    ndarray, shape (n, 3, 3)
        Columns left, up, forward of the head in camera axes (`vision.geometry`).
    """
    points = to_camera_axes(face)
    across = points[:, topology.LEFT_TEMPLE] - points[:, topology.RIGHT_TEMPLE]
    upward = points[:, topology.FOREHEAD] - points[:, topology.CHIN]
    return axes_from(across, upward)


def head_angles_deg(face: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Measured yaw, pitch and roll of the head in degrees, shape (n,) each.

    Pitch still carries the method's and the person's own offset (the line from chin to forehead is
    not upright in a level head; population mean in `vision.bias`).
    """
    return yaw_pitch_roll_deg(head_axes(face))


def face_box_px(face: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centre between the eyes (x, y) and height from forehead to chin in source pixels, shape (n,)."""
    corners = [topology.RIGHT_EYE_OUTER, topology.RIGHT_EYE_INNER,
               topology.LEFT_EYE_INNER, topology.LEFT_EYE_OUTER]  # fmt: skip
    centre = face[:, corners, :2].mean(axis=1)
    height = np.linalg.norm(face[:, topology.FOREHEAD] - face[:, topology.CHIN], axis=-1)
    return centre[:, 0], centre[:, 1], height
