"""The whole way in a browser: add a recording, watch it, review, note, correct, compare, print, delete."""

import pytest
from playwright.sync_api import expect

from tests.dashboard.asking import OTHER, SHORT
from tests.dashboard.conftest import start, stop, watch

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORDS = "Here you <b>look</b> up"


@pytest.fixture
def place(tmp_path):
    served = start(tmp_path / "library", 8610)
    yield served, tmp_path / "library"
    stop(served)


def add(page, file, person):
    if not page.url.endswith("/add"):  # after one recording the form is ready for another
        page.get_by_role("button", name="Add a recording").click()
        page.wait_for_url("**/add")
    page.locator("input[type=file]").first.set_input_files(str(file))
    page.get_by_label("Person", exact=False).first.fill(person)
    page.get_by_label("Who agreed").fill(person)
    page.get_by_label("For what").fill("Practice")
    page.get_by_role("button", name="Analyse").click()


def review(page, title):
    page.get_by_role("link", name="Sessions", exact=True).click()
    page.get_by_role("link", name=title, exact=True).first.click(timeout=120_000)
    page.wait_for_selector(".review:not([aria-busy])")


def test_from_adding_a_recording_to_deleting_it(browser, place):
    served, library = place
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    problems = []
    watch(page, served, problems)
    page.goto(served.url)
    for file in (SHORT, OTHER):
        add(page, file, "Ada")
        expect(page.get_by_text(f"“{file.stem}” has been analysed")).to_be_visible(timeout=120_000)
    review(page, SHORT.stem)

    page.keyboard.press("e")
    chosen = page.locator("[data-slot=chosen]")
    expect(chosen).not_to_be_empty()
    page.get_by_role("button", name="Mark as wrong: the chosen event").click()
    expect(page.locator(".agreement li").first).to_contain_text("1 marked as wrong")

    page.keyboard.press("n")
    page.keyboard.type(WORDS)
    page.keyboard.press("Control+Enter")
    note = page.locator(".notes li", has_text=WORDS).first
    expect(note).to_be_visible()
    note.get_by_role("button", name="Reply").click()
    page.keyboard.type("Thank you")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".notes li", has_text="Thank you").first).to_be_visible()
    assert page.locator(".marker").count() == 1

    pdf = context.request.get(page.locator("[data-slot=report-pdf]").evaluate("a => a.href"))
    assert pdf.ok and pdf.body().startswith(b"%PDF-")
    report = context.request.get(page.locator("[data-slot=report]").evaluate("a => a.href")).text()
    assert "Here you &lt;b&gt;look&lt;/b&gt; up" in report and "Thank you" in report

    page.get_by_role("link", name="Compare", exact=True).click()
    page.wait_for_selector(".twin:not([aria-busy])")
    expect(page.get_by_text("no clear change").first).to_be_visible()

    page.get_by_role("link", name="Sessions", exact=True).click()
    before = {path.name for path in library.iterdir() if (path / "session.json").is_file()}
    card = page.locator("[class*=st-key-card-]", has_text=SHORT.stem)
    card.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Delete", exact=False).last.click()
    page.get_by_role("button", name="Delete for good").click()
    expect(card).to_have_count(0)
    after = {path.name for path in library.iterdir() if (path / "session.json").is_file()}
    assert len(before) == 2 and len(after) == 1
    stored = [path.read_bytes() for path in library.rglob("*") if path.is_file()]
    assert not any(b"look</b> up" in data for data in stored)
    assert problems == []
