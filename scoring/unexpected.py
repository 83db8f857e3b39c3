"""What nobody foresaw: its traceback goes into a file, and the user reads one sentence."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime

from attune import __version__
from scoring.resources import user_log_folder


def explained(error: BaseException) -> str:
    """Write the traceback to a file, and say in one sentence what happened and where it is."""
    what = f"Attune met an error it did not expect ({type(error).__name__}: {error})"
    try:
        folder = user_log_folder()
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"error-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.txt"
        path.write_text(f"attune {__version__}\n{''.join(traceback.format_exception(error))}", "utf-8")
    except OSError as problem:
        return f"{what}, and where its details belong can't be written ({problem.strerror})"
    return f"{what}: please report it with the details in {path}"
