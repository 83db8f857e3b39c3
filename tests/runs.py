"""Runs `attune analyze` in this process, and looks at what it left behind."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from scoring.cli import _status
from scoring.session import Session


@dataclass(frozen=True)
class Done:
    """What the command line left behind."""

    code: int
    out: str
    err: str
    library: Path

    @property
    def sessions(self) -> list[Session]:
        return [Session.open(path) for path in sorted(self.library.iterdir())]

    @property
    def rows(self) -> list[dict]:
        """The JSON lines on stdout; nothing else may stand there, and no NaN."""

        def refuse(word):
            raise AssertionError(f"{word} is no JSON")

        return [json.loads(line, parse_constant=refuse) for line in self.out.splitlines()]

    @property
    def sentence(self) -> str:
        """The one line on stderr."""
        (line,) = self.err.splitlines()
        assert "Traceback" not in line
        return line


def analyze(*arguments, library: Path) -> Done:
    """Runs `attune analyze` in this process."""
    out, err, argv = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["attune", "analyze", *map(str, arguments), "--out", str(library)]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = _status()
    finally:
        sys.argv = argv
    return Done(code, out.getvalue(), err.getvalue(), library)
