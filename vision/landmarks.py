"""Landmarks of faces and bodies: the only importer of mediapipe.

MediaPipe 0.10.21's solutions carry their models in the wheel and open no network connection. Every
class here holds one graph, is used by one thread at a time and is closed when done.
"""

from __future__ import annotations

import sys
from types import ModuleType

import cv2
import numpy as np

from vision import topology

# mediapipe imports pyplot for drawing helpers that nobody calls here: a fifth of the start-up time.
_PYPLOT = "matplotlib.pyplot"
_absent = _PYPLOT not in sys.modules
if _absent:
    sys.modules[_PYPLOT] = ModuleType(_PYPLOT)
try:
    import mediapipe as mp
finally:
    if _absent:
        del sys.modules[_PYPLOT]

_solutions = mp.solutions
MEDIAPIPE_VERSION: str = mp.__version__

NO_FACE = np.full((len(topology.FACE), 3), np.nan, dtype=np.float32)


class _Graph:
    """Shared life cycle: a context manager that can be reset after a cut."""

    _graph = None

    def close(self) -> None:
        """Free the graph."""
        if self._graph is not None:
            self._graph.close()
            self._graph = None

    def reset(self) -> None:
        """Forget what was tracked: the next picture has nothing to do with the last."""
        self._graph.reset()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class FaceMesh(_Graph):
    """One face's landmarks, tracked from picture to picture.

    Parameters
    ----------
    mirrored : bool
        Look at the mirror image and give the result for the picture as it is. The mesh errs
        differently on the two; their mean is the better measurement.
    """

    def __init__(self, mirrored: bool = False):
        self._mirrored = mirrored
        self._graph = _solutions.face_mesh.FaceMesh(refine_landmarks=True, max_num_faces=1)

    def process(self, rgb: np.ndarray) -> np.ndarray:
        """Landmarks of the face in a picture.

        Returns
        -------
        ndarray, shape (len(topology.FACE), 3), float32
            Pixels of `rgb`, z in the same unit (+ away from the lens); NaN where no face was found.
        """
        height, width = rgb.shape[:2]
        picture = cv2.flip(rgb, 1) if self._mirrored else np.ascontiguousarray(rgb)
        found = self._graph.process(picture).multi_face_landmarks
        if not found:
            return NO_FACE.copy()
        points = found[0].landmark
        face = np.array(
            [(points[i].x, points[i].y, points[i].z) for i in topology.FACE], dtype=np.float32
        ) * np.array([width, height, width], dtype=np.float32)
        if self._mirrored:
            face[:, 0] = width - face[:, 0]
            face = face[list(topology.FACE_MIRROR)]
        return face


class FaceDetector(_Graph):
    """Boxes of all faces in a picture, also small ones.

    Parameters
    ----------
    min_score : float
        From 0 to 1.
    near : bool
        Use the model for faces within two metres: it knows those that fill the picture.
    """

    def __init__(self, min_score: float = 0.5, near: bool = False):
        self._graph = _solutions.face_detection.FaceDetection(
            model_selection=0 if near else 1, min_detection_confidence=min_score
        )

    def detect(self, rgb: np.ndarray) -> np.ndarray:
        """Boxes, shape (k, 4): left, top, right, bottom in pixels of `rgb`; (0, 4) where none."""
        height, width = rgb.shape[:2]
        found = self._graph.process(np.ascontiguousarray(rgb)).detections or []
        boxes = [d.location_data.relative_bounding_box for d in found]
        return np.array(
            [
                (b.xmin * width, b.ymin * height, (b.xmin + b.width) * width, (b.ymin + b.height) * height)
                for b in boxes
            ],
            dtype=np.float32,
        ).reshape(-1, 4)


class BodyPose(_Graph):
    """One body's landmarks, tracked from picture to picture."""

    def __init__(self):
        # smooth_landmarks filters by a clock that counts 33 ms a call, wrong at any other rate.
        self._graph = _solutions.pose.Pose(model_complexity=1, smooth_landmarks=False)

    def process(self, rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Landmarks of the body in a picture.

        Returns
        -------
        body : ndarray, shape (33, 4), float32
            x, y, z in pixels of `rgb` and visibility 0 to 1; NaN where no body was found.
        world : ndarray, shape (33, 3), float32
            Metres from the middle of the hips, MediaPipe's axes.
        """
        height, width = rgb.shape[:2]
        found = self._graph.process(np.ascontiguousarray(rgb))
        if found.pose_landmarks is None:
            return np.full((33, 4), np.nan, np.float32), np.full((33, 3), np.nan, np.float32)
        body = np.array(
            [(p.x, p.y, p.z, p.visibility) for p in found.pose_landmarks.landmark], dtype=np.float32
        ) * np.array([width, height, width, 1], dtype=np.float32)
        world = np.array([(p.x, p.y, p.z) for p in found.pose_world_landmarks.landmark], dtype=np.float32)
        return body, world
