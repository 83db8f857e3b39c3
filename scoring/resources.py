"""Where the files that come with Attune are, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

from attune import InputError

_HERE = Path(__file__).resolve().parent


def samples_folder() -> Path:
    """The folder of the bundled samples.

    A wheel carries ``samples/`` inside this package, because a top-level ``samples`` in a shared
    site-packages would be anybody's; a checkout has it beside the packages.
    """
    inside = _HERE / "samples"
    return inside if inside.is_dir() else _HERE.parent / "samples"


def sample_path(name: str) -> Path:
    """Path of one bundled sample.

    Parameters
    ----------
    name : str
        File name relative to ``samples/``.

    Raises
    ------
    InputError
        When there is no such sample: an installation from which files are missing.
    """
    path = samples_folder() / name
    if not path.exists():
        raise InputError(f"the bundled sample '{name}' is missing: install Attune again")
    return path


def user_library() -> Path:
    """The folder in which sessions are kept when no other is named; made by whoever writes there."""
    from platformdirs import user_data_path

    return user_data_path("attune", appauthor=False) / "sessions"


def user_log_folder() -> Path:
    """The folder for the traceback of an unexpected error."""
    from platformdirs import user_log_path

    return user_log_path("attune", appauthor=False)
