"""What all pages share: the library they show, the line of links above them, how a component is mounted."""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st

import scoring
from scoring.access import LOCAL, User
from scoring.catalogue import Catalogue

LIBRARY_VARIABLE = "ATTUNE_LIBRARY"
PLAYER = Path(__file__).with_name("player")
PAGES = Path(__file__).with_name("pages")
COLOURS = Path(scoring.__file__).with_name("templates") / "colours.css"  # reports have the same

# The modules come from our own route: plain files that import each other, cached by the browser.
_LOADER = """
export default function (component) {
  const ready = import(new URL("/player/%s.js", location.origin)).then(({ mount }) => mount(component));
  return () => ready.then((unmount) => unmount());
}
"""


def user() -> User:
    """Whoever looks at the page."""
    return LOCAL


def catalogue() -> Catalogue:
    """The library that this dashboard serves, as the user may see it."""
    return Catalogue(Path(os.environ[LIBRARY_VARIABLE]), user())


def component(name: str, data: dict, key: str, styles: tuple[str, ...] = ()) -> None:
    """Mount ``player/NAME.html`` with its script and style; the script's ``mount`` gets `data`.

    `styles` are those that it shares with others; its own comes after them.
    """
    html = (PLAYER / f"{name}.html").read_text("utf-8")
    css = "\n".join((PLAYER / f"{style}.css").read_text("utf-8") for style in (*styles, name))
    st.components.v2.component(name, html=html, css=css, js=_LOADER % name)(data=data, key=key)
