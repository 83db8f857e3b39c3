"""The report by its addresses: as page and as PDF, under which name, and what is said where there is none."""

from urllib.parse import quote

import pytest

from dashboard.report_routes import disposition
from tests.dashboard.conftest import ID, start, stop
from tests.dashboard.test_server import get
from tests.sessions import make_session

TITLE = 'Straße "7"\r\nX-Evil: 1/../étude 你好'
WITHOUT_PANGO = """import cffi
real = cffi.FFI.dlopen
def dlopen(self, name, *flags):
    if "pango" in str(name):
        raise OSError(f"cannot load library {name}")
    return real(self, name, *flags)
cffi.FFI.dlopen = dlopen
"""


@pytest.mark.parametrize(
    ("part", "suffix", "first"), [("report", "html", b"<!doctype"), ("report.pdf", "pdf", b"%PDF-1.7")]
)
def test_to_read_or_to_keep(served, part, suffix, first):
    for query, kind in (("", "inline"), ("?download=1", "attachment")):
        answer = get(served, f"/api/session/{ID}/{part}{query}")
        assert answer.status == 200 and answer.content.startswith(first)
        assert answer.headers["cache-control"] == "no-store"
        name = f"Reception, first try.{suffix}"
        assert answer.headers["content-disposition"] == disposition(kind, name)


def test_a_title_is_a_safe_file_name(served, library):
    folder = make_session(library, "named", title=TITLE, video=False)
    try:
        answer = get(served, "/api/session/named/report")
    finally:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
    assert answer.headers["x-evil"] is None
    plain, full = answer.headers["content-disposition"].removeprefix("inline; ").split("; ")
    assert plain == 'filename="Stra_e _7___X-Evil_ 1_..__tude __.html"'
    assert full == "filename*=UTF-8''" + quote("Straße _7___X-Evil_ 1_.._étude 你好.html", safe="")


def test_any_name_is_an_address(served):
    answer = get(served, f"/api/session/{quote('evil [1] #?%', safe='')}/report.pdf")
    assert answer.status == 200 and answer.content.startswith(b"%PDF-")


@pytest.mark.parametrize("name", ["..%2f..", "none", ".hidden", "%00"])
def test_no_way_out_of_the_library(served, name):
    assert get(served, f"/api/session/{name}/report.pdf").status in (400, 404)


def test_a_session_that_cannot_be_read_says_why(served):
    for part in ("report", "report.pdf"):
        answer = get(served, f"/api/session/odd/{part}")
        assert answer.status == 422 and b'{"error":' in answer.content
        assert b"something unexpected" in answer.content


@pytest.mark.parametrize(
    ("id", "status", "why"),
    [("odd", 422, b"unexpected"), ("broken", 422, b"session.json"), ("gone", 404, b"no such session")],
)
def test_in_the_browser_it_is_said_on_a_page(served, id, status, why):
    for part in ("report", "report.pdf"):
        page = get(served, f"/api/session/{id}/{part}", {"Accept": "text/html"})
        assert page.status == status and page.headers.get_content_type() == "text/html"
        assert b"<p>" in page.content and why in page.content


@pytest.mark.slow
def test_without_pango_the_page_says_what_to_install(tmp_path, monkeypatch):
    make_session(tmp_path / "library", video=False)
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_PANGO)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    bare = start(tmp_path / "library", 8790)
    try:
        asked = get(bare, f"/api/session/{ID}/report.pdf")
        opened = get(bare, f"/api/session/{ID}/report.pdf", {"Accept": "text/html,*/*"})
        report = get(bare, f"/api/session/{ID}/report")
    finally:
        stop(bare)
    assert (asked.status, opened.status, report.status) == (422, 422, 200)
    for answer in (asked, opened):
        assert b"needs Pango" in answer.content and b"apt install libpango-1.0-0" in answer.content
    assert opened.headers.get_content_type() == "text/html"
