"""Follow one person through a video: where to look, when to search again, when to start afresh."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from vision import topology
from vision.landmarks import NO_FACE, BodyPose, FaceDetector, FaceMesh
from vision.people import (
    LOST_S,
    Region,
    choose,
    column_of,
    distinct,
    nearest,
    region_around,
    region_of,
    tiles,
)

SEARCH_S = 1.0  # How often all faces are looked for while the person is tracked ...
LOST_SEARCH_S = 0.2  # ... and while not.
LONG_STEP_S = 0.1  # Beyond this step the mesh needs more than one pass to settle on the new picture.
SETTLING_PASSES = 3
_NONE = np.empty((0, 4), np.float32)
_APART = 0.3  # The two meshes of one face, further apart than this share of its height, disagree.


def box_of(face: np.ndarray) -> np.ndarray:
    """Box (left, top, right, bottom) around a face's outline; NaN for no face."""
    outline = face[topology.FACE_OUTLINE, :2]
    return np.concatenate([outline.min(axis=0), outline.max(axis=0)])


class FaceFollower:
    """One person's face landmarks, picture by picture.

    Parameters
    ----------
    person : str
        Whom to follow where there are several (`vision.people.choose`).
    mirror_hz : float
        How often the mirror image is measured too; 0 never.
    head_hint : callable, optional
        Gives (x, y, shoulder width) in pixels where the body's head is, or None: where to look for
        a face too small for the whole picture.

    Attributes
    ----------
    faces_seen : int
        The largest number of faces seen at once.
    box : ndarray, shape (4,), or None
        Where the face was last.
    others : ndarray, shape (k, 4)
        Boxes of the faces last seen beside it.
    absent : bool
        The person's number is higher than the number of faces in the picture.
    """

    def __init__(
        self,
        person: str = "largest",
        mirror_hz: float = 15.0,
        head_hint: Callable[[], tuple[float, float, float] | None] | None = None,
    ):
        self.faces_seen = 0
        self.box: np.ndarray | None = None
        self.others = _NONE
        self.absent = False
        self._person, self._mirror_hz, self._hint = person, mirror_hz, head_hint
        self._mesh, self._mirror = FaceMesh(), FaceMesh(mirrored=True) if mirror_hz > 0 else None
        self._detector = FaceDetector()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="mirror")
        self._region: Region | None = None
        self._forget()

    def close(self) -> None:
        """Free the graphs and the thread."""
        self._pool.shutdown()
        for graph in (self._mesh, self._mirror, self._detector):
            if graph is not None:
                graph.close()

    def _forget(self) -> None:
        self.box, self.others = None, _NONE
        self._last_s = self._seen_s = self._searched_s = self._mirrored_s = -np.inf
        self._difference: np.ndarray | None = None

    def _restart(self) -> None:
        self._mesh.reset()
        if self._mirror is not None:
            self._mirror.reset()
        self._last_s = self._mirrored_s = -np.inf
        self._difference = None

    def process(self, time_s: float, rgb: np.ndarray, cut: bool = False) -> np.ndarray:
        """Landmarks of the followed face, shape (len(topology.FACE), 3), pixels of `rgb`, or NaN."""
        if cut:
            self._forget()
            self._restart()
        lost = self.box is None or self._seen_s < self._last_s
        if time_s - self._searched_s >= (LOST_SEARCH_S if lost else SEARCH_S):
            self._search(time_s, rgb)
        face = self._measure(time_s, rgb) if not self.absent else NO_FACE.copy()
        self._last_s = time_s
        if np.isfinite(face[0, 0]):
            self.box, self._seen_s = box_of(face), time_s
            self._aim(self.box, rgb)
        return face

    def _search(self, time_s: float, rgb: np.ndarray) -> None:
        self._searched_s = time_s
        boxes = self._faces(rgb)
        self.faces_seen = max(self.faces_seen, len(boxes))
        known = self.box is not None and time_s - self._seen_s <= LOST_S
        found = nearest(boxes, self.box) if known else choose(boxes, self._person)
        # The mesh takes whom it finds: it is not asked while number 2, say, is not there.
        self.absent = found is None and not known and self._person.isdecimal() and self._person != "1"
        if found is not None:
            self.others = np.delete(boxes, found, axis=0)
            self.box = boxes[found]
            self._aim(self.box, rgb)
        elif not known:
            self.box, self.others = None, _NONE
            self._aim_at_head(rgb)

    def _faces(self, rgb: np.ndarray) -> np.ndarray:
        """Boxes of all faces; those far away show only when it is looked at part by part."""
        boxes = self._detector.detect(rgb)
        if len(boxes):
            return boxes
        parts = tiles(rgb.shape[1], rgb.shape[0])
        found = [
            self._detector.detect(part.cut(rgb)) + np.float32([part.left, part.top] * 2) for part in parts
        ]
        return distinct(np.concatenate(found))

    def _aim(self, box: np.ndarray, rgb: np.ndarray) -> None:
        height, width = rgb.shape[:2]
        wanted = region_of(box, self.others, width, height)
        now = self._region
        if wanted == now:
            return
        if wanted is not None and now is not None and now.holds(box, width, height):
            growth = (wanted.right - wanted.left) / (now.right - now.left)
            if 0.6 < growth < 1.6:
                return
        if wanted is None and now is not None and now.holds(box, width, height) and not len(self.others):
            growth = min(height, width) / (now.right - now.left)
            if growth < 1.6:
                return
        self._region = wanted
        self._restart()

    def _aim_at_head(self, rgb: np.ndarray) -> None:
        hint = self._hint() if self._hint is not None else None
        region = None
        if hint is not None:
            x, y, shoulders = hint
            region = region_around(x, y, 2.0 * shoulders, rgb.shape[1], rgb.shape[0])
        if region != self._region:
            self._region = region
            self._restart()

    def _measure(self, time_s: float, rgb: np.ndarray) -> np.ndarray:
        region = self._region
        view = rgb if region is None else region.cut(rgb)
        passes = SETTLING_PASSES if time_s - self._last_s > LONG_STEP_S else 1
        mirror_due = self._mirror is not None and (
            time_s - self._mirrored_s >= 1 / self._mirror_hz - 1e-3
        )
        pending = self._pool.submit(_settled, self._mirror, view, passes) if mirror_due else None
        face = _settled(self._mesh, view, passes)
        if pending is not None:
            self._compare(face, pending.result(), time_s)
        if self._difference is not None and time_s - self._mirrored_s <= 1.5 / self._mirror_hz:
            face = face + self._difference / 2
        if region is not None:
            face[:, :2] += (region.left, region.top)
        if len(self.others) and np.isfinite(face[0, 0]) and nearest(box_of(face)[None], self.box) is None:
            self._restart()  # The mesh took somebody else's face.
            return NO_FACE.copy()
        return face

    def _compare(self, face: np.ndarray, mirrored: np.ndarray, time_s: float) -> None:
        self._mirrored_s = time_s
        difference = mirrored - face
        height = np.linalg.norm(face[topology.FOREHEAD] - face[topology.CHIN])
        agree = np.linalg.norm(difference[:, :2].mean(axis=0)) <= _APART * height
        self._difference = difference if agree else None  # NaN compares as disagreement.


def _settled(mesh: FaceMesh, view: np.ndarray, passes: int) -> np.ndarray:
    for _ in range(passes):
        face = mesh.process(view)
    if not np.isfinite(face[0, 0]) and passes == 1:
        face = mesh.process(view)  # A lost track makes the next pass search afresh.
    return face


class BodyFollower:
    """The same person's body landmarks."""

    def __init__(self) -> None:
        self._pose = BodyPose()
        self._region: Region | None = None
        self.head: tuple[float, float, float] | None = None

    def close(self) -> None:
        """Free the graph."""
        self._pose.close()

    def process(
        self, rgb: np.ndarray, face_box: np.ndarray | None, others: np.ndarray, cut: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Body landmarks as `BodyPose.process` gives them, in pixels of `rgb`.

        A body whose head is not where the face was found belongs to somebody else: NaN.

        Parameters
        ----------
        rgb : ndarray
        face_box : ndarray, shape (4,), or None
            Where the followed face is; None where it isn't known.
        others : ndarray, shape (k, 4)
            The other faces.
        cut : bool
        """
        if cut:
            self._pose.reset()
        self._aim(rgb, face_box, others)
        region = self._region
        body, world = self._pose.process(rgb if region is None else region.cut(rgb))
        if region is not None:
            body[:, :2] += (region.left, region.top)
        if face_box is not None and np.isfinite(body[0, 0]):
            size = face_box[3] - face_box[1]
            centre = (face_box[:2] + face_box[2:]) / 2
            if np.linalg.norm(body[topology.NOSE, :2] - centre) > size:
                self._pose.reset()
                body[:], world[:] = np.nan, np.nan
        shoulders = body[topology.LEFT_SHOULDER, :2] - body[topology.RIGHT_SHOULDER, :2]
        nose = body[topology.NOSE]
        seen = np.isfinite(nose[0]) and nose[3] > 0.5
        self.head = (float(nose[0]), float(nose[1]), float(np.linalg.norm(shoulders))) if seen else None
        return body, world

    def _aim(self, rgb: np.ndarray, box: np.ndarray | None, others: np.ndarray) -> None:
        height, width = rgb.shape[:2]
        wanted = None if box is None else column_of(box, others, width, height)
        now = self._region
        if wanted is not None and now is not None and now.holds(box, width, height):
            moved = (wanted.left + wanted.right) - (now.left + now.right)
            if abs(moved) < 2 * (box[3] - box[1]):
                return
        if wanted != now:
            self._region = wanted
            self._pose.reset()
