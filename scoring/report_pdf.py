"""The report as PDF: the HTML report as WeasyPrint prints it, with nothing fetched from anywhere.

``python -m scoring.report_pdf SESSION FILE`` makes one in a process of its own; what goes wrong is then one
sentence on standard output, and exit status 1.
"""

from __future__ import annotations

import contextlib
import io
import platform
import sys
from pathlib import Path
from types import ModuleType

from attune import AttuneError, OutputError
from scoring.session import Session

INSTALL = {
    "Linux": "apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 (Debian, Ubuntu)",
    "Darwin": "brew install pango",
    "Windows": "install MSYS2 from msys2.org, then in its shell: pacman -S mingw-w64-ucrt-x86_64-pango",
}
"""What brings Pango, which WeasyPrint draws text with, by `platform.system`."""


def write_pdf(session: Session, path: Path) -> Path:
    """Writes the report as PDF; an existing file of that name is replaced, whole or not at all.

    Raises
    ------
    OutputError
        The file can't be written, or Pango is not on this machine: the message says how to install it.
    InputError
        The session can't be read.
    """
    from scoring.report import write_whole

    return write_whole(Path(path), render_pdf(session))


def render_pdf(session: Session) -> bytes:
    """The report as a tagged PDF (PDF/UA-1); see `write_pdf` for what can go wrong."""
    weasyprint = load_weasyprint()
    from scoring.report import render

    fetcher = weasyprint.urls.URLFetcher(allowed_protocols=("data",), allow_redirects=False)
    page = weasyprint.HTML(string=render(session, paper=True), url_fetcher=fetcher)
    return page.write_pdf(pdf_variant="pdf/ua-1")


def load_weasyprint() -> ModuleType:
    """WeasyPrint, whose import needs Pango.

    Raises
    ------
    OutputError
        It isn't there, or Pango isn't.
    """
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # where it would say at length what is missing
            import weasyprint
            import weasyprint.urls
    except ImportError as error:
        raise OutputError(f"a PDF needs WeasyPrint: install Attune again ({error})") from None
    except OSError:  # of the dynamic linker
        raise OutputError(
            f"a PDF needs Pango, which is not on this machine: {install_advice()}. As HTML the report works "
            "without it, and a browser can print that"
        ) from None
    return weasyprint


def install_advice() -> str:
    """What brings Pango to this machine."""
    return INSTALL.get(platform.system(), "install it with the system's package manager")


def main(folder: Path, path: Path) -> int:
    """Exit status: 0 when the file is there."""
    from scoring.process import when_parent_ends
    from scoring.terminal import quiet_native

    when_parent_ends(_leave)
    try:
        with quiet_native():
            write_pdf(Session.open(folder), path)
    except AttuneError as error:
        problem = str(error)
    except Exception as error:
        from scoring.unexpected import explained

        problem = explained(error)
    else:
        return 0
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    print(problem, flush=True)
    return 1


def _leave() -> None:
    import os

    os._exit(1)  # nobody waits for it any more


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
