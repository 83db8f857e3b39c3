"""A library with known sessions, and the real server over it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.sessions import make_session

SERVE = (
    "import sys; from pathlib import Path; from dashboard.server import serve;"
    "serve(Path(sys.argv[1]), int(sys.argv[2]), open_browser=False)"
)
EVIL = "<script>document.title='owned'</script> **b** [a](javascript:alert(1)) <img src=x onerror=alert(1)>"


@dataclass(frozen=True)
class Served:
    """A running dashboard: its process, address and port, and the line it printed."""

    process: subprocess.Popen
    line: str
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def start(library: Path, port: int) -> Served:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(library), str(port)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    line = process.stdout.readline()
    found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
    assert found, line + process.stderr.read()
    return Served(process, line, int(found.group(1)))


def stop(served: Served) -> tuple[int, str, str]:
    served.process.send_signal(signal.SIGINT)
    out, err = served.process.communicate(timeout=60)
    return served.process.returncode, out, err


@pytest.fixture(scope="session")
def library(tmp_path_factory) -> Path:
    library = tmp_path_factory.mktemp("library")
    make_session(library)
    make_session(
        library, "pair", title="Two people", people=("staff", "client"), created="2025-03-11T09:00:00Z"
    )
    make_session(library, "quiet", title="No video", video=False, created="2025-03-10T09:00:00Z")
    make_session(library, "evil [1] #?%", title=EVIL, created="2025-03-09T09:00:00Z")
    make_session(library, "newer", schema_version=99)
    (library / "broken").mkdir()
    (library / "broken" / "session.json").write_text("{")
    odd = make_session(library, "odd", title="Odd", video=False, created="2025-03-01T09:00:00Z")
    (odd / "scores.json").write_text('["not", "a", "mapping"]')
    (library.parent / "secret.txt").write_text("secret")
    return library


@pytest.fixture(scope="session")
def served(library) -> Iterator[Served]:
    served = start(library, 8600)
    yield served
    stop(served)
