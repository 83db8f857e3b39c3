"""How a recording is analysed: apart from the analysis, so that a page can check it without its weight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from attune import UsageError
from vision.people import check_person, check_staff
from vision.target import Target

if TYPE_CHECKING:
    from vision.source import VideoFile

_POSE_HZ = (1.0, 30.0)


@dataclass(frozen=True)
class Options:
    """How a recording is analysed; all of it is part of the session's id.

    Attributes
    ----------
    target, profile, people, person, staff : str
        As on the command line; `person` None: whoever is largest where one is measured.
    causal : bool
        Use only what came before each frame.
    pose_hz : float
        How often a second the body is looked at, 1 to 30.
    """

    target: str = "lens"
    profile: str = "default"
    person: str | None = None
    causal: bool = False
    pose_hz: float = 10.0
    people: str = "auto"
    staff: str | None = None

    def __post_init__(self) -> None:
        Target.parse(self.target)
        if self.person is not None:
            check_person(self.person)
        if self.staff is not None:
            check_staff(self.staff)
        if self.people not in ("auto", "1", "2"):
            raise UsageError(f"--people '{self.people}' is not known: use auto, 1 or 2")
        if self.people == "2" and self.person is not None:
            raise UsageError("--person chooses one of several, --people 2 measures two: use one of them")
        if self.people == "1" and self.staff is not None:
            raise UsageError("--staff says who of two people is the staff member: leave out --people 1")
        if self.people == "1" and self.target == "partner":
            raise UsageError("--target partner needs two people in the picture: leave out --people 1")
        if not _POSE_HZ[0] <= self.pose_hz <= _POSE_HZ[1]:
            raise UsageError(f"--pose-hz {self.pose_hz:g} is out of range: use 1 to 30")

    def wanted(self, video: VideoFile) -> int:
        """How many people to measure: as asked, or found out."""
        if self.people != "auto" or self.person is not None:
            return 2 if self.people == "2" else 1
        if self.staff or self.target == "partner":
            return 2
        from vision.company import count_people

        return count_people(video)
