"""Follow one person through a video: where to look, when to search again, when to start afresh."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vision import topology
from vision.face_tracker import FaceTracker
from vision.landmarks import BodyPose, FaceDetector
from vision.people import LOST_S, Region, choose, column_of, distinct, nearest, tiles

SEARCH_S = 1.0  # How often all faces are looked for while the person is tracked ...
LOST_SEARCH_S = 0.2  # ... and while not.


def all_faces(detector: FaceDetector, rgb: np.ndarray) -> np.ndarray:
    """Boxes of all faces, shape (k, 4); those far away show only when it is looked at part by part."""
    boxes = detector.detect(rgb)
    if len(boxes):
        return boxes
    parts = tiles(rgb.shape[1], rgb.shape[0])
    found = [detector.detect(part.cut(rgb)) + np.float32([part.left, part.top] * 2) for part in parts]
    return distinct(np.concatenate(found))


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
    trackers : tuple of FaceTracker
        The one that measures the face.
    """

    def __init__(
        self,
        person: str = "largest",
        mirror_hz: float = 15.0,
        head_hint: Callable[[], tuple[float, float, float] | None] | None = None,
    ):
        self.faces_seen = 0
        self._absent = False
        self._person, self._hint = person, head_hint
        self._tracker = FaceTracker(mirror_hz)
        self.trackers = (self._tracker,)
        self._detector = FaceDetector()
        self._searched_s = -np.inf

    def close(self) -> None:
        """Free the graphs and the thread."""
        self._tracker.close()
        self._detector.close()

    def process(self, time_s: float, rgb: np.ndarray, cut: bool = False) -> list[np.ndarray]:
        """The followed face alone: landmarks as `FaceTracker.process` gives them."""
        if cut:
            self._tracker.forget()
            self._tracker.restart()
            self._searched_s = -np.inf
        if time_s - self._searched_s >= (LOST_SEARCH_S if self._tracker.lost else SEARCH_S):
            self._search(time_s, rgb)
        return [self._tracker.skip(time_s) if self._absent else self._tracker.process(time_s, rgb)]

    def expects(self, tracker: FaceTracker, time_s: float) -> bool:
        """Whether the person may be in the picture: their number isn't higher than that of the faces."""
        return not self._absent

    def _search(self, time_s: float, rgb: np.ndarray) -> None:
        self._searched_s = time_s
        boxes, tracker = all_faces(self._detector, rgb), self._tracker
        self.faces_seen = max(self.faces_seen, len(boxes))
        known = tracker.box is not None and time_s - tracker.seen_s <= LOST_S
        found = nearest(boxes, tracker.box) if known else choose(boxes, self._person)
        # The mesh takes whom it finds: it is not asked while number 2, say, is not there.
        self._absent = found is None and not known and self._person.isdecimal() and self._person != "1"
        if found is not None:
            tracker.found_at(boxes[found], np.delete(boxes, found, axis=0), rgb)
        elif not known:
            tracker.forget_place()
            self._aim_at_head(rgb)

    def _aim_at_head(self, rgb: np.ndarray) -> None:
        hint = self._hint() if self._hint is not None else None
        self._tracker.look_around(hint and (hint[0], hint[1], 2.0 * hint[2]), rgb)


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
