"""Every page and what opens over it, looked at by axe: light and dark, wide and narrow."""

import pytest
from playwright.sync_api import expect

from scoring.catalogue import Catalogue
from scoring.jobs import Jobs
from tests.dashboard import conftest
from tests.dashboard.conftest import EVIL, ID, PAIR, start, stop
from tests.dashboard.people import fits, opened, seriously_wrong, session_of
from tests.sessions import make_session

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = {
    "sessions": ("/", ".st-key-cards"),
    "nothing found": ("/?search=zebra&person=Ada", "text=No session matches"),
    "add": ("/add", ".add"),
    "record": ("/record", ".record:not([aria-busy])"),
    "review": (f"/review?session={ID}", ".review:not([aria-busy])"),
    "two people": ("/review?session=pair", ".review:not([aria-busy])"),
    "no such session": ("/review?session=none", "text=no such session"),
    "compare": (f"/compare?a=earlier&b={ID}", ".twin:not([aria-busy])"),
    "progress": ("/progress?person=Ada", "h1:has-text('Progress')"),
}
WIDTHS = (1440, 1024, 390)
ROWS_OF_LINKS = """() => new Set(
  [...document.querySelectorAll(".st-key-links a")].map((link) => link.getBoundingClientRect().top)).size"""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    library = tmp_path_factory.mktemp("axe") / "library"
    make_session(library)
    make_session(library, "pair", title="Two people", people=PAIR, created="2025-03-11T09:00:00Z")
    session_of(library, "earlier", "Ada", title=EVIL, created="2025-03-01T09:00:00Z")
    Catalogue(library).describe(ID, person="Ada", scenario="Check-in", tags=["desk", "first week"])
    (library / "broken").mkdir()
    (library / "broken" / "session.json").write_text("{")
    with_jobs(library)
    return library


def with_jobs(library):
    """One of each state that the list shows."""
    jobs = Jobs(library)
    states = (("running", 0.4, ""), ("failed", None, "It is no video."), ("cancelled", None, ""))
    for state, progress, reason in states:
        job = jobs.add(f"A recording that is {state}", {"uploads": []})
        with jobs.library.writing() as connection:
            values = (state, progress, reason, job.id)
            connection.execute("UPDATE jobs SET state = ?, progress = ?, reason = ? WHERE id = ?", values)


@pytest.fixture(scope="module")
def served(library):
    with pytest.MonkeyPatch.context() as patch:  # nobody works at the jobs, so that they stay as they are
        patch.setattr(conftest, "SERVE", conftest.SERVE.replace("open_browser", "worker=False, open_browser"))
        served = start(library, 8808)
    yield served
    stop(served)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_pages(browser, served, name, scheme):
    path, ready = PAGES[name]
    with opened(browser, served, path, ready, scheme=scheme) as page:
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            quiet(page)
            assert seriously_wrong(page) == []
            assert fits(page)


@pytest.mark.parametrize("width, scheme", [(1440, "dark"), (1440, "light"), (390, "light")])
def test_what_opens_over_the_list(browser, served, width, scheme):
    with opened(browser, served, "/", ".st-key-cards", width=width, scheme=scheme) as page:
        page.get_by_role("button", name="Filters").click()
        page.get_by_label("Tags (all of them)").click()
        page.keyboard.press("Enter")
        expect(page.get_by_text("1 of 4 sessions")).to_be_visible()
        for name in ("From", "To"):
            expect(page.get_by_role("textbox", name=name, exact=True)).to_be_visible()
        quiet(page)
        assert seriously_wrong(page) == []
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        for action, title in (("Change title", "Change this session"), ("Delete", "Delete this session?")):
            page.locator("[class*=st-key-card-]").first.get_by_role("button", name="More").click()
            menu = page.get_by_test_id("stPopoverBody")
            expect(menu.get_by_role("button", name=action)).to_be_visible()
            quiet(page)
            assert seriously_wrong(page) == []
            menu.get_by_role("button", name=action).click()
            expect(page.get_by_role("dialog", name=title)).to_be_visible()
            expect(menu).to_have_count(0)
            quiet(page)
            assert seriously_wrong(page) == []
            page.keyboard.press("Escape")
            expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_empty_library(browser, tmp_path, scheme):
    served = start(tmp_path, 8810)
    try:
        with opened(browser, served, "/", ".st-key-empty", width=390, scheme=scheme) as page:
            quiet(page)
            assert seriously_wrong(page) == []
            assert page.evaluate(ROWS_OF_LINKS) == 1
            page.get_by_role("button", name="Add a recording").click()
            page.wait_for_selector(".add")
    finally:
        stop(served)


def quiet(page):
    """Waits until the script has run and what was there before has faded."""
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    page.wait_for_timeout(400)
