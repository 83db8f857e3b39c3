"""Which cameras this machine may have, by number; opens none."""

from __future__ import annotations

import re
import sys
from pathlib import Path

_ON_LINUX = re.compile(r"/dev/video(\d{1,3})", re.ASCII)


def number_of(camera: str) -> int | None:
    """The number of a camera named ``0`` or, on Linux, ``/dev/video0``; None for anything else."""
    device = _ON_LINUX.fullmatch(camera) if sys.platform == "linux" else None
    digits = device[1] if device else camera
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 4 else None


def camera_numbers() -> list[int]:
    """Numbers that cameras of this machine may have; where the system doesn't tell, the first."""
    if sys.platform != "linux":
        return [0]
    numbers = (number_of(str(path)) for path in Path("/dev").glob("video*"))
    return sorted(number for number in numbers if number is not None)
