"""Which camera shows whom, and how the clocks of two were aligned; in numbers and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scoring.session import Session

ROLES = {"staff": "the staff member", "client": "the client"}
ALIGNING = "the client's recording begins at "
"""How the notice of an analysis begins that says what `measured_text` says of the roles as they are now."""

PLACES = {"left": "at first on the left of the picture", "right": "at first on the right of the picture"}


@dataclass(frozen=True)
class Camera:
    """One recording of a session.

    Attributes
    ----------
    number : int
        1, or 2 for the second camera's.
    persons : tuple of str
        Whom it shows.
    source : Mapping
        What ``session.json`` says of it.
    video : Path or None
        None where it was not kept.
    offset_s : float
        When on the session's clock it begins; negative: before the session.
    """

    number: int
    persons: tuple[str, ...]
    source: Mapping[str, Any]
    video: Path | None
    offset_s: float = 0.0

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of its pictures, in source pixels."""
        return int(self.source.get("width") or 1), int(self.source.get("height") or 1)

    def own_s(self, session_s: float) -> float:
        """A moment of the session, in the recording's own seconds."""
        return session_s - self.offset_s


def cameras_of(session: Session, persons: Sequence[str]) -> tuple[Camera, ...]:
    """The session's cameras: the first one's clock is the session's."""
    second = session.info.get("second_source")
    shown = {number: tuple(p for p in persons if session.camera_of(p) == number) for number in (1, 2)}
    first = Camera(1, shown[1] if second else tuple(persons), session.info.get("source") or {}, session.video)
    if not second:
        return (first,)
    return first, Camera(2, shown[2], second, session.second_video, float(second.get("offset_s") or 0.0))


def measured_text(info: Mapping[str, Any], cameras: Sequence[Camera]) -> tuple[str, ...]:
    """Who was measured, and for two cameras how their clocks were aligned: a sentence each."""
    if len(cameras) > 1:
        who = " and ".join(
            f"{_names(camera.persons)} by camera {camera.number} ({camera.source.get('name') or 'no name'})"
            for camera in sorted(cameras, key=lambda camera: "staff" not in camera.persons)
        )
        return f"Measured: {who}.", _aligned(cameras[1])
    (camera,) = cameras
    if len(camera.persons) > 1:
        roles = info.get("roles") or {}
        places = [_placed(person, (roles.get(person) or {}).get("person")) for person in camera.persons]
        return (f"Measured: {' and '.join(places)}.",)
    asked = (info.get("setting") or {}).get("asked") == 2
    alone = "; a second person was looked for and not seen" if asked else ""
    return (f"Measured: {_names(camera.persons) or 'nobody'}{alone}.",)


def says_the_same(notice: str) -> bool:
    """Whether a notice of the analysis is said by `measured_text` already."""
    return notice.startswith(ALIGNING)


def _names(persons: Sequence[str]) -> str:
    return " and ".join(ROLES.get(person, person) for person in persons)


def _placed(person: str, where: Any) -> str:
    place = PLACES.get(str(where), "")
    return f"{ROLES.get(person, person)} ({place})" if place else ROLES.get(person, person)


def _aligned(second: Camera) -> str:
    offset = second.offset_s
    begins = (
        f"Camera 2 begins {abs(offset):.2f} s {'after' if offset > 0 else 'before'} camera 1"
        if abs(offset) >= 0.005 else "Both cameras begin at the same moment"
    )  # fmt: skip
    certainty = second.source.get("confidence")
    if second.source.get("aligned_by") != "sound":
        return f"{begins}, as given."
    match = "" if certainty is None else f" (match of the two sounds: {float(certainty):.2f} of 1)"
    return f"{begins}, found by the sound of both{match}."
