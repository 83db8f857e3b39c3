"""The report on paper: what stands in it, that nothing is fetched, what is said where Pango is missing."""

import os
import re
import subprocess
import sys
import zlib

import pytest

from scoring.catalogue import Catalogue
from scoring.export import export_session
from scoring.notes import Content, Notebook
from scoring.report import render
from scoring.report_pdf import load_weasyprint
from scoring.session import Session
from tests.conftest import ROOT
from tests.sessions import make_session

WORDS = "Look <script>alert(1)</script> up"


@pytest.fixture
def session(tmp_path) -> Session:
    return Session.open(make_session(tmp_path / "library", title="Front desk & <b>more</b>"))


def document(session):
    """The report laid out on pages."""
    return load_weasyprint().HTML(string=render(session, paper=True)).render()


def text_of(document) -> str:
    """Every word on every page, in order."""

    def words(box):
        if getattr(box, "text", None):
            yield box.text
        for child in getattr(box, "children", None) or ():
            yield from words(getattr(child, "_box", child))

    return " ".join(word for page in document.pages for word in words(page._page_box))


def test_title_feedback_scores_and_notes_are_on_paper(session):
    book = Notebook(Catalogue(session.path.parent).library, session)
    note = Content(kind="try", rubric="posture", rating=3, start_s=8.0, end_s=10.0, text=WORDS)
    book.add("a" * 32, note)
    laid = document(session)
    text = text_of(laid)
    expected = ("Front desk & <b>more</b>", "Let your arms rest open", "Time in eye contact", "76 %", WORDS)
    for words in expected:
        assert words in text
    assert f"page 1 of {len(laid.pages)}" in text
    assert laid.metadata.title == "Front desk & <b>more</b> · Attune"


def test_without_notes_there_is_no_empty_section(session):
    text = text_of(document(session))
    assert "Corrections" not in text and "Ratings" not in text


def test_export_writes_a_tagged_pdf(session, tmp_path):
    written = export_session(session, "pdf", tmp_path / "r.pdf")
    data = written.read_bytes()
    assert data.startswith(b"%PDF-") and data.rstrip().endswith(b"%%EOF")
    streams = re.findall(rb"/FlateDecode.*?stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL)
    assert any(b"/MarkInfo" in zlib.decompressobj().decompress(stream) for stream in streams)


@pytest.mark.slow
def test_without_pango_a_sentence_says_what_to_install(session, tmp_path):
    """A Python that finds no Pango, as on a machine without it."""
    (tmp_path / "sitecustomize.py").write_text(
        "import ctypes.util, cffi\n"
        "real = cffi.FFI.dlopen\n"
        "def without(self, name, *flags):\n"
        "    if 'pango' in str(name):\n"
        "        raise OSError(f'cannot load library {name}')\n"
        "    return real(self, name, *flags)\n"
        "cffi.FFI.dlopen = without\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    command = [sys.executable, "-m", "attune", "export", str(session.path), "--to", "pdf", "--out", "r.pdf"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "needs Pango" in done.stderr and "apt install libpango" in done.stderr
    assert "Traceback" not in done.stderr and not (tmp_path / "r.pdf").exists()
    command = [sys.executable, "-m", "attune", "doctor"]
    told = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True).stdout
    assert "not possible without Pango" in told and "problem  weasyprint" not in told
