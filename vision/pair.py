"""Follow two people through a video, each under one identity: turned away, hidden, crossing, gone and back.

A face that goes on where it was is the same person's as long as it looks like them; one that comes back
anywhere has to look like them. So somebody who passes by takes nobody's place.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from vision.appearance import NEAR, SAME, Look, View, view_of
from vision.face_tracker import FaceTracker, box_of
from vision.follow import LOST_SEARCH_S, SEARCH_S, all_faces
from vision.landmarks import NO_FACE, FaceDetector
from vision.people import LOST_S, apart, choose_pair, left_first

CROWDED = 2.5  # Faces nearer to each other than this, in face heights, can be mixed up: look closely.
SAME_FACE = 0.5  # Two measured faces nearer than this, in face heights, are one face.
STEP_S = 0.35  # A face last seen longer ago than this is lost: where it was counts for less.
MOVES_PER_S = 1.5  # Face heights that a head may move in a second between two searches.
OPENING_S = 3.0  # Whoever is there in a recording's first seconds takes part.
STAYS_S = 0.8  # Somebody who comes later counts as the second person once they have stayed this long ...
STAYS_WITHIN = 1.0  # ... within so many face heights: who passes by does not stay.
SUDDEN = 0.15  # A look that changes by more from one picture to the next is another person's.
_MISS = 0.5  # Cost of leaving a person without a face: no look further away than this is theirs.
_PLACE = 0.1  # What a face height of distance costs beside the distance of looks.


class PairFollower:
    """Two people's face landmarks, picture by picture.

    Parameters
    ----------
    staff : str
        Which of the two is the staff member: left, right (the picture's, when both are first seen), or
        a number from 1, counted from the picture's left.
    mirror_hz : float
        How often the faces' mirror images are measured too; 0 never.

    Attributes
    ----------
    faces_seen : int
        The largest number of faces seen at once.
    trackers : tuple of FaceTracker
    swapped : bool
        The second tracker follows the staff member.
    """

    def __init__(self, staff: str = "left", mirror_hz: float = 15.0):
        self.faces_seen = 0
        self.swapped = False
        self.trackers = (FaceTracker(mirror_hz, guarded=True), FaceTracker(mirror_hz, guarded=True))
        self._staff = staff
        self._looks = (Look(), Look())
        self._detector = FaceDetector()
        self._searched_s = -np.inf
        self._crowded = False
        self._last: list[tuple[View | None, float]] = [(None, -np.inf), (None, -np.inf)]
        self._places = [np.full(4, np.nan), np.full(4, np.nan)]
        self._newcomer: tuple[np.ndarray, float] | None = None  # its box when it came, and when

    def close(self) -> None:
        """Free the graphs and the threads."""
        for one in (*self.trackers, self._detector):
            one.close()

    def process(self, time_s: float, rgb: np.ndarray, cut: bool = False) -> list[np.ndarray]:
        """Landmarks of both, each as `FaceTracker.process` gives them; NaN where not found."""
        if cut:
            for tracker in self.trackers:
                tracker.forget()
                tracker.restart()
            self._searched_s, self._newcomer, self._last = -np.inf, None, [(None, -np.inf)] * 2
        if time_s - self._searched_s >= self._pause_s(time_s):
            self._search(time_s, rgb)
        faces = [
            tracker.process(time_s, rgb) if self.expects(tracker, time_s) else tracker.skip(time_s)
            for tracker in self.trackers
        ]
        self._check(faces, time_s, rgb)
        return faces

    def _pause_s(self, time_s: float) -> float:
        lost = [tracker.lost for tracker in self.trackers]
        return LOST_SEARCH_S if any(lost) or self._crowded else SEARCH_S

    def expects(self, tracker: FaceTracker, time_s: float) -> bool:
        """Whether the person's face may still be where it was."""
        return tracker.box is not None and time_s - max(tracker.seen_s, tracker.placed_s) <= LOST_S

    def _search(self, time_s: float, rgb: np.ndarray) -> None:
        self._searched_s = time_s
        boxes = all_faces(self._detector, rgb)
        self.faces_seen = max(self.faces_seen, len(boxes))
        views = [view_of(rgb, box) for box in boxes]
        if not self._looks[0].known:
            chosen = self._first_meeting(boxes)
        else:
            chosen = self._assigned(time_s, boxes, views)
            if not self._looks[1].known:
                chosen[1] = self._joined(time_s, boxes, chosen[0])
            elif chosen == [None, None]:
                chosen = self._in_place(boxes)
        self._crowded = False
        for k, one in enumerate(chosen):
            tracker, look = self.trackers[k], self._looks[k]
            if one is None:
                tracker.others = boxes
                continue
            others = np.delete(boxes, one, axis=0)
            alone = not len(others) or min(apart(boxes[one], other) for other in others) > CROWDED
            self._crowded |= not alone
            if alone or not look.known:
                look.remember(views[one])
            tracker.found_at(boxes[one], others, rgb)
            tracker.placed_s = time_s
            self._last[k] = views[one], time_s

    def _first_meeting(self, boxes: np.ndarray) -> list[int | None]:
        """Whom to follow when nobody is known yet."""
        if len(boxes) < 2:
            return [0 if len(boxes) else None, None]
        return list(choose_pair(boxes, self._staff))

    def _joined(self, time_s: float, boxes: np.ndarray, first: int | None) -> int | None:
        """The second person, where somebody has come and stayed."""
        free = [k for k in range(len(boxes)) if k != first]
        if first is None or not free:
            self._newcomer = None
            return None
        tallest = max(free, key=lambda k: boxes[k, 3] - boxes[k, 1])
        box, since_s = self._newcomer or (boxes[tallest], time_s)
        if apart(box, boxes[tallest]) > STAYS_WITHIN:
            box, since_s = boxes[tallest], time_s
        self._newcomer = box, since_s
        if time_s > OPENING_S and time_s - since_s < STAYS_S:
            return None
        self.swapped = left_first(boxes[first], boxes[tallest]) != (self._staff in ("left", "1"))
        return tallest

    def _assigned(self, time_s: float, boxes: np.ndarray, views: list[View]) -> list[int | None]:
        """Which face is whose: the cheapest way in which no face is two people's."""
        options = []
        for k in range(2):
            costs = [self._cost(k, time_s, *one) for one in zip(boxes, views, strict=True)]
            options.append([(_MISS, None), *((cost, box) for box, cost in enumerate(costs) if cost < _MISS)])
        ways = [way for way in product(*options) if way[0][1] is None or way[0][1] != way[1][1]]
        return [box for _, box in min(ways, key=lambda way: way[0][0] + way[1][0])]

    def _cost(self, k: int, time_s: float, box: np.ndarray, view: View) -> float:
        """How unlike person `k` a face is; infinite where it can't be theirs."""
        tracker, look = self.trackers[k], self._looks[k]
        if not look.known:
            return np.inf
        looks = look.distance(view)
        since_s = time_s - tracker.seen_s
        moved = apart(self._places[k], box)
        if tracker.box is not None and since_s <= STEP_S and moved <= 1 + MOVES_PER_S * since_s:
            # Not more than a miss, for a light that was switched on may have changed all colours slowly.
            return min(looks, NEAR) + _PLACE * moved if self._goes_on(k, time_s, view, looks) else np.inf
        lately = since_s <= LOST_S
        return looks + (_PLACE * min(moved, 2.0) if lately else 0.0) if looks <= SAME else np.inf

    def _in_place(self, boxes: np.ndarray) -> list[int | None]:
        """Nobody looks as before, but two sit where the two were: the light has changed, not the people."""
        found = [min(range(len(boxes)), key=lambda i, at=at: apart(at, boxes[i]), default=None)
                 for at in self._places]  # fmt: skip
        if None in found or found[0] == found[1]:
            return [None, None]
        moved = [apart(at, boxes[i]) for at, i in zip(self._places, found, strict=True)]
        return found if max(moved) <= SAME_FACE else [None, None]

    def _check(self, faces: list[np.ndarray], time_s: float, rgb: np.ndarray) -> None:
        """Let go of faces that are not their person's: somebody stepped in front, or two have become one."""
        found = [k for k, face in enumerate(faces) if np.isfinite(face[0, 0])]
        boxes = {k: box_of(faces[k]) for k in found}
        views = {k: view_of(rgb, boxes[k]) for k in found}
        looks = {k: self._looks[k].distance(views[k]) for k in found}
        wrong = {k for k in found if not self._goes_on(k, time_s, views[k], looks[k])}
        if len(found) == 2:
            distance = apart(boxes[0], boxes[1])
            self._crowded |= distance < CROWDED
            if distance < SAME_FACE and not wrong:
                wrong = {max(found, key=looks.__getitem__)}
        for k in wrong:
            faces[k] = NO_FACE.copy()
            self.trackers[k].forget()
            self.trackers[k].restart()
            self._searched_s = -np.inf
        for k in set(found) - wrong:
            self._last[k], self._places[k] = (views[k], time_s), boxes[k]

    def _goes_on(self, k: int, time_s: float, view: View, looks: float) -> bool:
        """Whether a face where person `k` was is still theirs: it looks like them, or like just before."""
        before, at_s = self._last[k]
        if before is None or time_s - at_s > STEP_S:
            return looks <= SAME
        return looks <= NEAR or before.distance(view) <= SUDDEN
