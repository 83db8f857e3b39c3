"""One face's landmarks, picture by picture, once it is known where to look for it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from vision import topology
from vision.landmarks import NO_FACE, FaceMesh
from vision.people import NO_BOXES, Region, nearest, region_around, region_of

LONG_STEP_S = 0.1  # Beyond this step the mesh needs more than one pass to settle on the new picture.
SETTLING_PASSES = 3
_APART = 0.3  # The two meshes of one face, further apart than this share of its height, disagree.


def box_of(face: np.ndarray) -> np.ndarray:
    """Box (left, top, right, bottom) around a face's outline; NaN for no face."""
    outline = face[topology.FACE_OUTLINE, :2]
    return np.concatenate([outline.min(axis=0), outline.max(axis=0)])


class FaceTracker:
    """Measures the face it is aimed at, on the picture and on its mirror image.

    Parameters
    ----------
    mirror_hz : float
        How often the mirror image is measured too; 0 never.
    guarded : bool
        A face that is not where this one was last is somebody else's, even where no others are known.

    Attributes
    ----------
    box : ndarray, shape (4,), or None
        Where the face was last.
    others : ndarray, shape (k, 4)
        Boxes of the faces last seen beside it.
    seen_s : float
        When the face was last measured; minus infinity where it has not been yet.
    placed_s : float
        When somebody else last said where it is; minus infinity where nobody has yet.
    """

    def __init__(self, mirror_hz: float = 15.0, guarded: bool = False):
        self._guarded = guarded
        self.box: np.ndarray | None = None
        self.others = NO_BOXES
        self._mirror_hz = mirror_hz
        self._mesh, self._mirror = FaceMesh(), FaceMesh(mirrored=True) if mirror_hz > 0 else None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="mirror")
        self._region: Region | None = None
        self.forget()

    def close(self) -> None:
        """Free the graphs and the thread."""
        self._pool.shutdown()
        for graph in (self._mesh, self._mirror):
            if graph is not None:
                graph.close()

    def forget(self) -> None:
        """Nothing carries over from the picture before."""
        self.forget_place()
        self._last_s = self.seen_s = self.placed_s = self._mirrored_s = -np.inf
        self._difference: np.ndarray | None = None

    def forget_place(self) -> None:
        """Where the face was last doesn't tell where to look now."""
        self.box, self.others = None, NO_BOXES

    def restart(self) -> None:
        """The next picture's face has nothing to do with the last one's."""
        self._mesh.reset()
        if self._mirror is not None:
            self._mirror.reset()
        self._last_s = self._mirrored_s = -np.inf
        self._difference = None

    @property
    def lost(self) -> bool:
        """The face was not found in the last picture."""
        return self.box is None or self.seen_s < self._last_s

    def found_at(self, box: np.ndarray, others: np.ndarray, rgb: np.ndarray) -> None:
        """Look at the face in this box from now on, and not at those in `others`."""
        self.box, self.others = box, others
        self._aim(rgb)

    def look_around(self, place: tuple[float, float, float] | None, rgb: np.ndarray) -> None:
        """Without a box: look around (x, y, size), or in the whole picture."""
        region = None
        if place is not None:
            region = region_around(*place, rgb.shape[1], rgb.shape[0])
        if region != self._region:
            self._region = region
            self.restart()

    def skip(self, time_s: float) -> np.ndarray:
        """No face in this picture, and none was looked for."""
        self._last_s = time_s
        return NO_FACE.copy()

    def process(self, time_s: float, rgb: np.ndarray) -> np.ndarray:
        """Landmarks of the face, shape (len(topology.FACE), 3), pixels of `rgb`, or NaN."""
        face = self._measure(time_s, rgb)
        self._last_s = time_s
        if np.isfinite(face[0, 0]):
            self.box, self.seen_s = box_of(face), time_s
            self._aim(rgb)
        return face

    def _aim(self, rgb: np.ndarray) -> None:
        height, width = rgb.shape[:2]
        box = self.box
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
        self.restart()

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
        guarded = self._guarded or len(self.others)
        if guarded and np.isfinite(face[0, 0]) and nearest(box_of(face)[None], self.box) is None:
            self.restart()  # The mesh took somebody else's face.
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
