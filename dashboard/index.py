"""The HTML into which Streamlit's script draws every page."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

# Under /review Streamlit's script would first look for its server at /review/, which fails and is logged as
# an error in the browser; this is where it reads the address from.
_ADDRESS = "<script>window.__streamlit = { BACKEND_BASE_URL: location.origin }</script>"


def index_routes() -> list[Route]:
    """The addresses of all pages but the first, which Streamlit serves by itself."""
    pages = Path(__file__).with_name("pages").glob("*.py")
    return [Route(f"/{page.stem}", _index) for page in sorted(pages) if page.stem != "sessions"]


def _index(request: Request) -> Response:
    return HTMLResponse(_text(request.url.path.strip("/")), headers={"cache-control": "no-cache"})


@cache
def _text(page: str) -> str:
    import streamlit

    text = (Path(streamlit.__file__).parent / "static" / "index.html").read_text("utf-8")
    ours = "".join(f'<link rel="modulepreload" href="/player/{name}">' for name in _modules(page))
    text = text.replace("<head>", f"<head>{_ADDRESS}", 1).replace("</head>", f"{ours}</head>", 1)
    return text.replace("<title>Streamlit<", "<title>Attune<", 1)


def _modules(page: str) -> list[str]:
    """The scripts that a page's component will ask for, fetched while Streamlit's own are still loading."""
    player = Path(__file__).with_name("player")
    found, names = [], [f"{page}.js"]
    for name in names:  # grows while it is walked
        if name not in found and (player / name).is_file():
            found.append(name)
            names += re.findall(r'from "\./(\w+\.js)"', (player / name).read_text("utf-8"))
    return found
