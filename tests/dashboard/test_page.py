"""The page as Streamlit runs it, without a browser: the list, the choice, and what can't be shown."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import shelf
from dashboard.text import plain
from tests.conftest import ROOT
from tests.sessions import make_session

APP = ROOT / "dashboard" / "app.py"


@pytest.fixture
def page(monkeypatch):
    """Runs the page over a library; with the address's parameters."""

    def run(library: Path, **query) -> AppTest:
        monkeypatch.setenv("ATTUNE_LIBRARY", str(library))
        app = AppTest.from_file(str(APP), default_timeout=60)
        app.query_params.update(query)
        app.run()
        assert not app.exception
        return app

    return run


def shown(app: AppTest) -> list[str]:
    """The addresses of the reviews on the page."""
    blocks = [block for block in app.main if block.type == "bidi_component"]
    return [json.loads(block.proto.json)["url"] for block in blocks]


def test_the_newest_session_is_shown_first(page, library):
    app = page(library)
    assert app.sidebar.radio[0].value == "reception-0a1b2c3d"
    assert shown(app) == ["/api/session/reception-0a1b2c3d/review"]


def test_the_address_chooses_and_keeps_the_choice(page, library):
    app = page(library, session="quiet")
    assert shown(app) == ["/api/session/quiet/review"]
    app.sidebar.radio[0].set_value("pair").run()
    assert shown(app) == ["/api/session/pair/review"]
    assert app.query_params["session"] == ["pair"]


def test_an_unknown_session_in_the_address_does_no_harm(page, library):
    assert shown(page(library, session="../secret.txt")) == ["/api/session/reception-0a1b2c3d/review"]


@pytest.mark.parametrize(("id", "words"), [("newer", "update Attune"), ("broken", "can't be read")])
def test_a_session_that_cannot_be_opened_says_why(page, library, id, words):
    app = page(library, session=id)
    assert words in app.warning[0].value.replace("\\", "")
    assert not shown(app)


@pytest.mark.parametrize("name", ["empty", "missing"])
def test_an_empty_library_says_what_to_do(page, tmp_path, name):
    (tmp_path / "empty").mkdir()
    app = page(tmp_path / name)
    assert "attune analyze" in app.main.markdown[0].value
    assert not app.sidebar.radio


def test_many_sessions_can_be_searched(page, tmp_path):
    for number in range(9):
        make_session(tmp_path, f"s{number}", title=f"Practice {number}", video=False)
    app = page(tmp_path)
    app.sidebar.text_input[0].input("practice 7").run()
    assert app.sidebar.radio[0].options == ["Practice 7"]
    assert shown(app) == ["/api/session/s7/review"]
    app.sidebar.text_input[0].input("nothing like it").run()
    assert "No session matches" in app.info[0].value


def test_the_shelf_lists_the_newest_first_and_the_broken_last(library):
    listed = [entry.id for entry in shelf.entries(library)]
    right, wrong = ["reception-0a1b2c3d", "pair", "quiet", "evil [1] #?%"], ["broken", "newer"]
    assert listed == [*right, "cameras", "turned", "chance", "odd", *wrong]


def test_half_written_and_foreign_folders_are_not_listed(tmp_path):
    make_session(tmp_path, ".hidden.partial", video=False)
    (tmp_path / "holiday pictures").mkdir()
    (tmp_path / "file.txt").write_text("")
    assert shelf.entries(tmp_path) == []


def test_plain_text_stays_text():
    assert plain("**b** [a](x) `c` $d$ :red[e] <i>") == (r"\*\*b\*\* \[a\]\(x\) \`c\` \$d\$ \:red\[e\] \<i\>")
