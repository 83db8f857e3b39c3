"""A library with known sessions, and the real server over it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlparse

import pytest

from tests.conftest import ROOT
from tests.sessions import MOVES_ALONG, make_session

SERVE = (
    "import sys; from pathlib import Path; from dashboard.server import serve;"
    "serve(Path(sys.argv[1]), int(sys.argv[2]), open_browser=False)"
)
ID = "reception-0a1b2c3d"
PAIR = ("staff", "client")
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
    assert "Traceback" not in err, err
    return served.process.returncode, out, err


@pytest.fixture(scope="session")
def library(tmp_path_factory) -> Path:
    library = tmp_path_factory.mktemp("library")
    make_session(library)
    make_session(library, "pair", title="Two people", people=PAIR, created="2025-03-11T09:00:00Z")
    make_session(
        library, "cameras", title="Two cameras", people=PAIR, created="2025-03-08T09:00:00Z", offset_s=2.0,
        feedback=[MOVES_ALONG],
    )  # fmt: skip
    make_session(
        library, "turned", title="Swapped", people=PAIR, created="2025-03-07T09:00:00Z", offset_s=-2.0,
        second="staff",
    )  # fmt: skip
    make_session(library, "chance", title="By chance", people=PAIR, created="2025-03-06T09:00:00Z", p=0.73)
    make_session(library, "quiet", title="No video", video=False, created="2025-03-10T09:00:00Z")
    long = [{**MOVES_ALONG, "title": "w" * 300}]
    make_session(library, "evil [1] #?%", title=EVIL, created="2025-03-09T09:00:00Z", feedback=long)
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


@pytest.fixture(scope="module")
def browser(chromium):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, served):
    """Opens a session; fails at the end if the page logged an error or asked anyone but the server."""
    contexts, problems = [], []

    def open_page(id=ID, width=1440, scheme="light", ready=".timeline:not([aria-busy])"):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        watch(page, served, problems)
        page.goto(f"{served.url}/review?session={quote(id, safe='')}")
        page.wait_for_selector(ready, timeout=60_000)
        return page

    open_page.problems = problems
    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def watch(page, served, problems: list[str]) -> None:
    """Adds to `problems` whatever goes wrong on a page, and where, and whom it asks but the server."""
    page.on("pageerror", lambda error: problems.append(error.stack or str(error)))
    page.on("console", lambda line: problems.extend(_logged(line)))
    page.on("request", lambda request: problems.extend(_foreign(request.url, served)))


def _logged(line):
    return [f"{line.text} ({line.location['url']})"] if line.type == "error" else []


def _foreign(url, served):
    where = urlparse(url)
    known = where.scheme in ("blob", "data") or where.netloc == f"127.0.0.1:{served.port}"
    return [] if known else [url]
