"""Sessions of people over weeks, and their pages with and without a browser."""

import base64
import contextlib
import io
import json
from pathlib import Path

import axe_playwright_python
import numpy as np
from PIL import Image
from streamlit.testing.v1 import AppTest

from scoring.catalogue import describe
from scoring.library import Library, now
from tests.conftest import ROOT
from tests.dashboard.conftest import watch
from tests.sessions import make_session
from tests.videos import index_of

APP = ROOT / "dashboard" / "app.py"
AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text()


def session_of(library: Path, id: str, person: str = "", *, info=None, scores=None, **options) -> None:
    """A known session that shows somebody; `info` and the staff member's `scores` replace what is in it."""
    folder = make_session(library, id, **{"video": False, **options})
    describe(Library(library), id, person=person)
    for name, changed in (("session.json", info), ("scores.json", scores)):
        stored = json.loads((folder / name).read_text())
        (stored if name == "session.json" else stored["staff"]).update(changed or {})
        (folder / name).write_text(json.dumps(stored))


def score(value, ci95=None, reason=None, unit="share") -> dict:
    return {"value": value, "unit": unit, "ci95": ci95, "coverage": 0.9, "reason": reason}


def rate(library: Path, session: str, item: str, rating: int) -> None:
    """A note that rates a behaviour."""
    with Library(library).writing() as connection:
        count = connection.execute("SELECT count(*) FROM notes").fetchone()[0]
        row = (
            f"{count:032x}",
            session,
            None,
            "local",
            "keep",
            item,
            rating,
            1.0,
            2.0,
            "x",
            1,
            now(),
            now(),
            None,
        )
        connection.execute(f"INSERT INTO notes VALUES ({', '.join('?' * len(row))})", row)


def run(monkeypatch, library: Path, name: str, **query) -> AppTest:
    """A page as Streamlit runs it, at an address with these parameters."""
    monkeypatch.setenv("ATTUNE_LIBRARY", str(library))
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.query_params.update(query)
    app.switch_page(f"pages/{name}.py")
    app.run()
    assert not app.exception
    return app


def drawn(app: AppTest) -> str:
    """All HTML of a page."""
    return "".join(block.proto.body for block in app.main if block.type == "html")


@contextlib.contextmanager
def opened(browser, served, path: str, ready: str, *, width=1440, scheme="light", expected=()):
    """A page in a browser; fails where it logged an error, but an `expected` one (one word or several), or
    asked anyone but the server."""
    expected = (expected,) if isinstance(expected, str) else expected
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page, problems = context.new_page(), []
    watch(page, served, problems)
    page.goto(served.url + path)
    page.wait_for_selector(ready, timeout=60_000)
    yield page
    context.close()
    assert [one for one in problems if not any(word in one for word in expected)] == []


def seriously_wrong(page) -> list[str]:
    """What axe finds serious or worse."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run()")["violations"]
    return [f"{one['id']}: {one['help']}" for one in found if one["impact"] in ("serious", "critical")]


def fits(page) -> bool:
    """Whether nothing reaches over the page's edge."""
    return page.evaluate(
        "() => [document.documentElement, document.querySelector('[data-testid=stMain]')]"
        ".every((one) => one.scrollWidth <= one.clientWidth + 1)"
    )


def picture(video) -> int:
    """The number that the picture a video shows carries."""
    coded = video.evaluate(
        "v => { const c = document.createElement('canvas'); c.width = v.videoWidth; c.height = v.videoHeight;"
        " c.getContext('2d').drawImage(v, 0, 0); return c.toDataURL('image/png').split(',')[1]; }"
    )
    return index_of(np.asarray(Image.open(io.BytesIO(base64.b64decode(coded))).convert("RGB")))
