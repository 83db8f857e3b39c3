"""Who may see what: the one place that answers it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["staff", "trainer", "researcher", "admin"]


@dataclass(frozen=True)
class User:
    """Somebody who uses a library.

    Attributes
    ----------
    name : str
        What their notes are signed with, and what the sessions they add are owned by.
    role : str
    """

    name: str
    role: Role


LOCAL = User("local", "admin")
"""Whoever sits at this machine: the dashboard listens on loopback only and has no log-in yet."""


def may_see(user: User, owner: str) -> bool:
    """Whether a user may see a session of this owner: admins and trainers all, others their own."""
    return user.role in ("admin", "trainer") or user.name == owner
