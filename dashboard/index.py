"""The HTML into which Streamlit's script draws every page."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

# Under /review Streamlit's script would first look for its server at /review/, which fails and is logged as
# an error in the browser; this is where it reads the address from. It also adds an address whenever a choice
# on a page changes, even while the browser goes back, so Forward is lost and Back leads to the same page;
# and it takes the query of the page that is left for that of the page to which Back or Forward leads.
_FIRST = """<script>{
  window.__streamlit = { BACKEND_BASE_URL: location.origin };
  const { pushState, replaceState } = history;
  let known = location.search;
  const stays = (address) => {
    const to = new URL(address ?? "", location.href);
    known = to.search;
    return to.pathname === location.pathname;
  };
  history.pushState = (state, title, address) =>
    (stays(address) ? replaceState : pushState).call(history, state, title, address);
  history.replaceState = (state, title, address) => {
    stays(address);
    replaceState.call(history, state, title, address);
  };
  addEventListener("popstate", (event) => {
    if (!known || known === location.search) return;
    event.stopImmediatePropagation();
    location.reload();
  });
}</script>"""

# A menu that opens stands at the end of the page: from its button Tab leads into it, not to all else before.
# From a dialog that was opened there and is closed, Tab leads back to it, not to the top of the page. All
# fields for a date are called "Select a date.": their labels are for the eyes only.
_KEYBOARD = """<script>{
  let menu, left;
  const next = ({ target, shiftKey }) => {
    const button = document.querySelector("[data-testid=stPopoverButton][aria-expanded=true]");
    const first = document.querySelector("[data-testid=stPopoverBody] :is(a[href], :enabled)");
    if (target === document.body && left?.isConnected) return left.querySelector("button");
    return target === (shiftKey ? first : button) ? (shiftKey ? button : first) : null;
  };
  addEventListener("keydown", (event) => {
    const to = event.key === "Tab" && next(event);
    if (!to) return;
    event.preventDefault();
    to.focus();
  });
  addEventListener("pointerdown", () => (left = undefined));
  addEventListener("focusin", ({ target }) => {
    menu = target.closest("[class*=st-key-more-]") ?? menu;
    left = target.closest("[data-testid=stDialog]") ? menu : undefined;
  });
  const name = () => {
    for (const field of document.querySelectorAll("[data-testid=stDateInputField]"))
      field.ariaLabel = field.closest("[data-testid=stDateInput]").querySelector("label").textContent;
  };
  new MutationObserver(name).observe(document, { childList: true, subtree: true });
}</script>"""


def index_routes() -> list[Route]:
    """The addresses of all pages."""
    pages = sorted(page.stem for page in Path(__file__).with_name("pages").glob("*.py"))
    return [Route("/" if page == "sessions" else f"/{page}", _index) for page in pages]


def _index(request: Request) -> Response:
    return HTMLResponse(_text(request.url.path.strip("/")), headers={"cache-control": "no-cache"})


@cache
def _text(page: str) -> str:
    import streamlit

    text = (Path(streamlit.__file__).parent / "static" / "index.html").read_text("utf-8")
    ours = "".join(f'<link rel="modulepreload" href="/player/{name}">' for name in _modules(page))
    text = text.replace("<head>", f"<head>{_FIRST}{_KEYBOARD}", 1).replace("</head>", f"{ours}</head>", 1)
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
