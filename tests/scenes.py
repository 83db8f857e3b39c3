"""Scenes of two people and others, put together from rendered clips, and who was followed in them."""

from dataclasses import dataclass

import numpy as np

from tests import clips
from tests.stage import Actor, Scene, play
from vision.head import face_box_px
from vision.pair import PairFollower

FPS, FEW = 12.0, 8.0
LEFT, RIGHT, TOP = 30.0, 360.0, 90.0  # Corners of the cards in a picture of 640 x 360.
NEAR_PX = 30  # 60 pixels in a picture of 1280: half a face.
COMES_S = 1.5  # So long somebody who comes may go unnoticed: whoever passes by is not counted.
AGAIN_S = 0.5  # So long somebody who comes back, or steps out from behind another, may go unnoticed.

# A woman and a man in blue T-shirts, and a man in a black suit.
FIRST, SECOND, THIRD = (
    (clips.DEMO, 0.55, (60, 0, 520, 480)),
    (clips.OTHER, 0.55, (90, 0, 550, 480)),
    (clips.STANDING, 0.41, (350, 0, 960, 720)),
)

CAST = (FIRST, SECOND, THIRD)


def actor(who, place, **options) -> Actor:
    name, scale, crop = who
    corner = place if callable(place) else lambda _: place
    return Actor(clips.SAMPLES / f"{name}.mp4", corner, scale, crop, **options)


def during(x, *spans):
    """At `x` in these spans of time, else away."""
    return lambda t: (x, TOP) if any(start <= t < end for start, end in spans) else None


def ramp(t, start_s, end_s, before, after):
    return float(np.interp(t, (start_s, end_s), (before, after)))


def walking(start_s, end_s, before, after, top=TOP):
    return lambda t: (ramp(t, start_s, end_s, before, after), top)


def passing(start_s, end_s, before=-300.0, after=700.0):
    """Walks through the picture, nearer to the camera."""
    way = walking(start_s, end_s, before, after, TOP - 10)
    return lambda t: way(t) if start_s <= t <= end_s else None


def narrow(who):
    """A card that is 93 px wide."""
    name, scale, (left, top, right, bottom) = who
    middle, half = (left + right) / 2, 46.5 / scale
    return name, scale, (round(middle - half), top, round(middle + half), bottom)


def stay(a, b, c):
    return [actor(a, (LEFT, TOP)), actor(b, (RIGHT, TOP))]


def swap_seats(a, b, c):
    """The first walks behind the other to the other's seat and back."""

    def there(t):
        return ramp(t, 1.5, 3.5, 0, 1) - ramp(t, 5, 7, 0, 1)

    return [
        actor(a, lambda t: (LEFT + (RIGHT - LEFT) * there(t), TOP)),
        actor(b, lambda t: (RIGHT - (RIGHT - LEFT) * there(t), TOP)),
    ]


def leave_and_return(a, b, c):
    return [actor(a, (LEFT, TOP)), actor(b, during(RIGHT, (0, 2), (4.5, 9)))]


def return_to_the_others_place(a, b, c):
    def second(t):
        return (RIGHT, TOP) if t < 2 else (LEFT, TOP) if t >= 5 else None

    return [actor(a, walking(2.5, 4.5, LEFT, RIGHT)), actor(b, second)]


def third_passes(a, b, c):
    return [*stay(a, b, c), actor(c, passing(1, 4.5))]


def third_sits_down(a, b, c):
    return [
        actor(a, (LEFT, TOP)),
        actor(b, during(RIGHT, (0, 2), (6.5, 9))),
        actor(c, during(RIGHT, (3, 6))),
    ]


def sides_change_at_a_cut(a, b, c):
    return [
        actor(a, lambda t: (LEFT if t < 2 else RIGHT, TOP)),
        actor(b, lambda t: (RIGHT if t < 2 else LEFT, TOP)),
    ]


def second_comes_late(a, b, c):
    return [actor(a, (LEFT, TOP)), actor(b, during(RIGHT, (4, 9)))]


def third_at_the_edge(a, b, c):
    """A little smaller than the two: whom to follow of three is a matter of size."""
    return [actor(a, (140.0, TOP)), actor(b, (385.0, TOP)), actor(c, (-80.0, TOP))]


def turn_away(a, b, c):
    return [
        actor(a, (LEFT, TOP), turned=lambda t: 1.5 <= t < 2.5),
        actor(b, (RIGHT, TOP), turned=lambda t: 1.5 <= t < 4.5),
    ]


def shoulder_to_shoulder(a, b, c):
    """Faces about a face and a half apart; the one leaves, comes back, turns away."""
    beside = 150.0 + 93
    return [
        actor(narrow(a), (150.0, TOP), turned=lambda t: 4 <= t < 5),
        actor(narrow(b), lambda t: (beside, TOP) if not 1.5 <= t < 3 else None),
    ]


def pan(t):
    return 60 * np.sin(2 * np.pi * t / 2.5)


def camera_moves(a, b, c):
    return [
        actor(a, lambda t: (LEFT + 30 + pan(t), TOP)),
        actor(b, lambda t: (RIGHT - 30 + pan(t), TOP)),
    ]


def passer_by_first(a, b, c):
    """Somebody walks out of the picture in its first seconds; the second person comes later."""
    return [
        actor(a, (LEFT, TOP)),
        actor(c, passing(0, 1.5, 250, 700)),
        actor(b, during(RIGHT, (3, 20))),
    ]


def passers_by_only(a, b, c):
    """Somebody walks out of the picture before either of the two has come."""
    return [
        actor(c, passing(0, 1.5, 250, 700)),
        actor(a, during(LEFT, (2, 20))),
        actor(b, during(RIGHT, (4, 20))),
    ]


def dimmed(t):
    return ramp(t, 1, 4, 1, 0.6)


def switched_off(t):
    return 1.0 if t < 1.5 else 0.6


def switched_on(t):
    return 0.6 if t < 1.5 else 1.0


SCENES = {
    "stay": (stay, 2.5, {}),
    "swap seats": (swap_seats, 8.5, {}),
    "leave and return": (leave_and_return, 6.5, {}),
    "return to the other's place": (return_to_the_others_place, 7, {}),
    "third passes": (third_passes, 5.5, {}),
    "third sits down": (third_sits_down, 8.5, {}),
    "sides change at a cut": (sides_change_at_a_cut, 4, {"cuts_s": [2]}),
    "sides change at a cut that goes unnoticed": (sides_change_at_a_cut, 4, {}),
    "second comes late": (second_comes_late, 7, {}),
    "third at the edge": (third_at_the_edge, 2.5, {}),
    "turn away": (turn_away, 6, {}),
    "shoulder to shoulder": (shoulder_to_shoulder, 6, {}),
    "camera moves": (camera_moves, 3.5, {}),
    "dimmed": (stay, 5, {"light": dimmed}),
    "switched off": (stay, 3.5, {"light": switched_off}),
    "switched on": (stay, 3.5, {"light": switched_on}),
    "dimmed while away": (leave_and_return, 6.5, {"light": dimmed}),
    "switched off while turned": (turn_away, 6, {"light": lambda t: 1.0 if t < 2 else 0.7}),
}


@dataclass(frozen=True)
class Followed:
    """A scene, and where the faces of the two who were followed were found.

    Attributes
    ----------
    at_px : list of ndarray, shape (frames, 2)
        Between the eyes; NaN where not found.
    swapped : bool
    since_s : list of float
    faces_seen : int
    """

    scene: Scene
    at_px: list[np.ndarray]
    swapped: bool
    since_s: list[float]
    faces_seen: int

    @property
    def time_s(self) -> np.ndarray:
        return np.array([frame.time_s for frame in self.scene.frames])

    def found(self, k: int) -> np.ndarray:
        return np.isfinite(self.at_px[k][:, 0])

    def on(self, k: int, who: int, near_px: float = NEAR_PX) -> np.ndarray:
        """Whether the face found as number `k` is the actor's, shape (frames,)."""
        return np.linalg.norm(self.at_px[k] - self.scene.eyes_px[who], axis=1) <= near_px

    def visible(self, who: int, after_s: float = 0.0) -> np.ndarray:
        """Whether the actor's face has been in sight for so long; from the first picture on, at once."""
        seen = ~self.scene.hidden[who]
        came = np.flatnonzero(np.diff(seen.astype(int)) == 1) + 1
        for k in came:
            seen[k : k + round(after_s / self.time_s[1])] = False
        return seen


def first(scene: Scene, count: int) -> Scene:
    """The scene's first pictures."""
    parts = ([values[:count] for values in those] for those in (scene.eyes_px, scene.hidden))
    return Scene(scene.frames[:count], *parts)


def follow(scene: Scene, staff="left", mirror_hz=0.0) -> Followed:
    """Without the mirror images, which make faces a little more exact: who is who doesn't hang on them."""
    follower = PairFollower(staff, mirror_hz)
    try:
        faces = [follower.process(frame.time_s, frame.rgb, frame.cut) for frame in scene.frames]
    finally:
        follower.close()
    at_px = [np.stack(face_box_px(np.stack([pair[k] for pair in faces]))[:2], axis=1) for k in range(2)]
    return Followed(scene, at_px, follower.swapped, follower.since_s, follower.faces_seen)


def made(name: str, cast=CAST) -> Scene:
    actors, duration_s, more = SCENES[name]
    return play(actors(*cast), duration_s, fps=FPS, **more)
