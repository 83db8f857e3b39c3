"""The recorded person's agreement, asked for before the first picture is stored."""

from __future__ import annotations

import sys
from typing import Any

from attune import InputError, UsageError
from scoring.library import now

TEXT = (
    "I agree that I am recorded and that my eye contact, posture and head movements are measured. "
    "The recording stays on this computer."
)


def agreement(consent: str | None) -> dict[str, Any]:
    """What ``session.json`` says of it: text, by, at.

    Parameters
    ----------
    consent : str or None
        The words with which the person agreed; asked for on the terminal when missing.

    Raises
    ------
    InputError
        When the person doesn't agree.
    UsageError
        When nobody can be asked.
    """
    if consent is not None:
        if not consent.strip():
            raise UsageError("--consent is empty: give the words with which the recorded person agreed")
        return {"text": consent.strip(), "by": None, "at": now()}
    if not sys.stdin.isatty():
        raise UsageError("nobody can be asked to agree without a terminal: say --consent TEXT")
    from rich.console import Console
    from rich.prompt import Confirm, Prompt

    console = Console(stderr=True, markup=False, highlight=False)
    console.print(TEXT)
    try:
        if not Confirm.ask("Does the person in front of the camera agree?", console=console, default=False):
            raise InputError("nothing was recorded: the person did not agree")
        by = Prompt.ask("Name or initials (may stay empty)", console=console, default="", show_default=False)
    except EOFError:
        raise InputError("nothing was recorded: the question for consent was not answered") from None
    return {"text": TEXT, "by": by.strip() or None, "at": now()}
