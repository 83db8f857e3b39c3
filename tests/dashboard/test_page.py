"""The pages as Streamlit runs them, without a browser."""

import json
from functools import partial

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.text import plain
from tests.dashboard.people import run


@pytest.fixture
def page(monkeypatch):
    """Runs the page over a library; with the address's parameters."""
    return partial(run, monkeypatch)


def shown(app: AppTest) -> list[str]:
    """The addresses of the reviews on the page."""
    blocks = [block for block in app.main if block.type == "bidi_component"]
    return [json.loads(block.proto.json)["url"] for block in blocks]


def test_the_address_chooses_the_session(page, library):
    assert shown(page(library, "review", session="quiet")) == ["/api/session/quiet"]


@pytest.mark.parametrize("id", ["../secret.txt", "", ".", "no such"])
def test_an_unknown_session_in_the_address_does_no_harm(page, library, id):
    app = page(library, "review", session=id)
    assert "no such session" in app.info[0].value
    assert not shown(app)


@pytest.mark.parametrize(("id", "words"), [("newer", "update Attune"), ("broken", "can't be read")])
def test_a_session_that_cannot_be_opened_says_why(page, library, id, words):
    app = page(library, "review", session=id)
    assert words in app.warning[0].value.replace("\\", "")
    assert not shown(app)


def test_plain_text_stays_text():
    assert plain("**b** [a](x) `c` $d$ :red[e] <i>") == (r"\*\*b\*\* \[a\]\(x\) \`c\` \$d\$ \:red\[e\] \<i\>")
