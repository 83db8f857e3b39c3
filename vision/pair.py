"""Follow two people through a video, each under one identity: turned away, hidden, crossing, gone and back.

A face that goes on where it was is the same person's as long as it looks like them; one that comes back
anywhere has to look like them. So somebody who passes by takes nobody's place.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from vision.appearance import NEAR, SAME, Light, Look, View, view_of
from vision.company import COMPARABLE
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
BRIEF_S = 3.0  # Who was seen for less than this in all ...
GONE_S = 5.0  # ... and then not for so long was passing by: the place is somebody else's ...
STAYS_INSTEAD_S = 2.0  # ... who stays for this long.
SUDDEN = 0.15  # A look that changes by more from one picture to the next is another person's.
CLEARLY = 0.08  # A face that stays in its place is another's only if it looks more like them by this.
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
    since_s : list of float
        From when on each tracker follows who it follows now; before, it followed somebody who passed by.
    swapped : bool
        The second tracker follows the staff member.
    """

    def __init__(self, staff: str = "left", mirror_hz: float = 15.0):
        self.faces_seen = 0
        self.since_s = [-np.inf, -np.inf]
        self.swapped = False
        self.trackers = (FaceTracker(mirror_hz, guarded=True), FaceTracker(mirror_hz, guarded=True))
        self._staff = staff
        self._looks = [Look(), Look()]
        self._light = Light()
        self._detector = FaceDetector()
        self._searched_s = -np.inf
        self._crowded = False
        self._last: list[tuple[View | None, float]] = [(None, -np.inf), (None, -np.inf)]
        self._places = [np.full(4, np.nan), np.full(4, np.nan)]
        self._newcomer: tuple[np.ndarray, float] | None = None  # its box when it came, and when
        self._time_s = -np.inf
        self._seen_for_s, self._seen_s = [0.0, 0.0], [-np.inf, -np.inf]  # in all, and when last

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
            self._light.forget()
        if time_s - self._searched_s >= self._pause_s(time_s):
            self._search(time_s, rgb)
        faces = [
            tracker.process(time_s, rgb) if self.expects(tracker, time_s) else tracker.skip(time_s)
            for tracker in self.trackers
        ]
        self._check(faces, time_s, rgb)
        self._count(faces, time_s)
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
        views = [view_of(rgb, box, np.delete(boxes, k, axis=0)) for k, box in enumerate(boxes)]
        gains = self._light.change(rgb)
        if gains is not None:
            for look in self._looks:
                look.relight(gains)
        if not self._looks[0].known:
            chosen = self._first_meeting(boxes)
        else:
            chosen = self._assigned(time_s, boxes, views)
            if chosen == [None, None] and self._looks[1].known:
                chosen = self._in_place(boxes)
            self._fill(chosen, time_s, boxes)
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

    def _fill(self, chosen: list[int | None], time_s: float, boxes: np.ndarray) -> None:
        """Give a place that is nobody's, or somebody's who passed by, to whoever has come and stayed."""
        vacant = [k for k in range(2) if chosen[k] is None and self._vacant(k, time_s)]
        if not vacant or (len(vacant) == 1 and chosen[1 - vacant[0]] is None):
            self._newcomer = None
            return
        place, heights = vacant[0], boxes[:, 3] - boxes[:, 1]
        instead, beside = self._looks[place].known, chosen[1 - vacant[0]]
        least = 0.0 if beside is None or not instead else COMPARABLE * heights[beside]
        free = [k for k in range(len(boxes)) if k not in chosen and heights[k] >= least]
        if not free:
            self._newcomer = None
            return
        newcomer = max(free, key=heights.__getitem__)
        came = boxes[newcomer], time_s
        if self._newcomer is not None:
            nearest = min(free, key=lambda k: apart(self._newcomer[0], boxes[k]))
            if apart(self._newcomer[0], boxes[nearest]) <= STAYS_WITHIN:
                newcomer, came = nearest, self._newcomer
        self._newcomer = came
        stays_s = STAYS_INSTEAD_S if instead else STAYS_S if time_s > OPENING_S else 0.0
        if time_s - came[1] < stays_s:
            return
        if instead:
            self._looks[place], self.since_s[place], self._seen_for_s[place] = Look(), time_s, 0.0
        self._newcomer, chosen[place] = None, newcomer
        if beside is not None:
            self.swapped = left_first(*boxes[chosen]) != (self._staff in ("left", "1"))

    def _vacant(self, k: int, time_s: float) -> bool:
        if not self._looks[k].known:
            return True
        return self._seen_for_s[k] < BRIEF_S and time_s - self._seen_s[k] > GONE_S

    def _assigned(self, time_s: float, boxes: np.ndarray, views: list[View]) -> list[int | None]:
        """Which face is whose: the cheapest way in which no face is two people's."""
        looks = [[look.distance(view) for view in views] for look in self._looks]
        options: list[list[tuple[float, int | None]]] = [[(_MISS, None)], [(_MISS, None)]]
        for i, (box, view) in enumerate(zip(boxes, views, strict=True)):
            for k in range(2):
                own, others = looks[k][i], looks[1 - k][i]
                cost = self._cost(k, time_s, box, view, own)
                if cost < _MISS and not (self._stays(1 - k, time_s, box, others) and own > others - CLEARLY):
                    options[k].append((cost, i))
        ways = [way for way in product(*options) if way[0][1] is None or way[0][1] != way[1][1]]
        return [box for _, box in min(ways, key=lambda way: way[0][0] + way[1][0])]

    def _cost(self, k: int, time_s: float, box: np.ndarray, view: View, looks: float) -> float:
        """How unlike person `k` a face is; infinite where it can't be theirs."""
        if not self._looks[k].known:
            return np.inf
        since_s = time_s - self.trackers[k].seen_s
        moved = apart(self._places[k], box)
        if self._tracked(k, time_s) and moved <= 1 + MOVES_PER_S * since_s:
            # Not more than a miss, for a light that was switched on may have changed all colours slowly.
            return min(looks, NEAR) + _PLACE * moved if self._goes_on(k, time_s, view, looks) else np.inf
        lately = since_s <= LOST_S
        return looks + (_PLACE * min(moved, 2.0) if lately else 0.0) if looks <= SAME else np.inf

    def _tracked(self, k: int, time_s: float) -> bool:
        return self.trackers[k].box is not None and time_s - self.trackers[k].seen_s <= STEP_S

    def _stays(self, k: int, time_s: float, box: np.ndarray, looks: float) -> bool:
        """Whether a face is where person `k` is just now, and looks like them."""
        there = self._tracked(k, time_s) and apart(self._places[k], box) <= SAME_FACE
        return there and looks <= SAME

    def _in_place(self, boxes: np.ndarray) -> list[int | None]:
        """Nobody looks as before, but two sit where the two were: the light has changed, not the people."""
        found = [min(range(len(boxes)), key=lambda i, at=at: apart(at, boxes[i]), default=None)
                 for at in self._places]  # fmt: skip
        if None in found or found[0] == found[1]:
            return [None, None]
        moved = [apart(at, boxes[i]) for at, i in zip(self._places, found, strict=True)]
        return found if max(moved) <= SAME_FACE else [None, None]

    def _count(self, faces: list[np.ndarray], time_s: float) -> None:
        step_s, self._time_s = min(time_s - self._time_s, STEP_S), time_s
        for k, face in enumerate(faces):
            if np.isfinite(face[0, 0]):
                self._seen_for_s[k] += step_s
                self._seen_s[k] = time_s

    def _check(self, faces: list[np.ndarray], time_s: float, rgb: np.ndarray) -> None:
        """Let go of faces that are not their person's: somebody stepped in front, or two have become one."""
        found = [k for k, face in enumerate(faces) if np.isfinite(face[0, 0])]
        boxes = {k: box_of(faces[k]) for k in found}
        views = {k: view_of(rgb, boxes[k], self._beside(k, boxes)) for k in found}
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

    def _beside(self, k: int, boxes: dict[int, np.ndarray]) -> np.ndarray:
        """The faces beside person `k`, as far as they are known."""
        others = self.trackers[k].others
        if 1 - k not in boxes:
            return others
        return np.vstack([boxes[1 - k], *(one for one in others if apart(one, boxes[1 - k]) > SAME_FACE)])

    def _goes_on(self, k: int, time_s: float, view: View, looks: float) -> bool:
        """Whether a face where person `k` was is still theirs: it looks like them, or like just before."""
        before, at_s = self._last[k]
        if before is None or time_s - at_s > STEP_S:
            return looks <= SAME
        return looks <= NEAR or before.distance(view) <= SUDDEN
