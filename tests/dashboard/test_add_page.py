"""The page that adds a recording: the form, an upload that is cut off, the analysis that comes of it."""

import base64
import json
import os
import re
import signal

import pytest
from playwright.sync_api import expect

from scoring.catalogue import Catalogue, describe
from scoring.jobs import Jobs
from scoring.uploads import CHUNK_BYTES, Uploads
from tests.dashboard.asking import SHORT, until
from tests.dashboard.conftest import EVIL, start, stop
from tests.dashboard.people import opened, run, seriously_wrong
from tests.sessions import make_session

READY = ".add"
PIECES = 5
FOCUSED = """() => {
  let node = document.activeElement;
  while (node.shadowRoot) node = node.shadowRoot.activeElement;
  return node.dataset.field ?? node.className;
}"""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    library = tmp_path_factory.mktemp("adding") / "library"
    make_session(library, "known", title="Known", video=False)
    describe(Catalogue(library).library, "known", person=EVIL, scenario="Check-in", tags=["desk"])
    return library


@pytest.fixture(scope="module")
def served(library):
    served = start(library, 8800)
    yield served
    stop(served)


def said(page, name):
    return page.locator(f"[data-wrong={name}]").inner_text()


def agree(page):
    page.get_by_label("Who agreed").fill("Ana B.")
    page.get_by_label("For what").fill("Practice")


def test_knows_the_names_of_the_library(monkeypatch, library):
    app = run(monkeypatch, library, "add")
    (block,) = [block for block in app.main if block.type == "bidi_component"]
    known = json.loads(block.proto.json)["known"]
    assert known == {"people": [" ".join(EVIL.split())], "scenarios": ["Check-in"]}
    assert "Add a recording" in app.title[0].value


@pytest.mark.slow
@pytest.mark.browser
def test_says_what_is_missing_beside_the_field_and_leads_there(browser, served):
    with opened(browser, served, "/add", READY) as page:
        page.get_by_role("button", name="Analyse").click()
        assert said(page, "upload") == "Choose the recording."
        assert said(page, "by") == "Say who agreed to being recorded."
        assert said(page, "purpose") == "Say what the recording may be used for."
        assert said(page, "at") == ""  # today is filled in
        assert page.evaluate(FOCUSED) == "upload"
        assert page.get_by_label("Who agreed").get_attribute("aria-invalid") == "true"
        agree(page)
        assert said(page, "by") == said(page, "purpose") == ""
        page.get_by_text("Who is in the picture").click()
        page.get_by_label("Eye contact means").select_option("calibrated")
        page.get_by_label("They looked at the client from").fill("12")
        page.get_by_label("to, in seconds").fill("3,5")
        page.get_by_label("Who speaks").select_option("table")
        page.get_by_role("button", name="Analyse").click()
        assert said(page, "speech_upload") == "Choose the table."
        page.get_by_label("A path on this machine").check()
        page.get_by_label("Path of the video").fill(str(SHORT))
        page.get_by_text("Who is in the picture").click()  # folded again
        page.keyboard.press("Tab")
        page.get_by_role("button", name="Analyse").click()
        assert said(page, "from") == "The second number has to be later than the first."
        assert said(page, "speech_path") == "Give the path of the table."
        assert page.evaluate(FOCUSED) == "from"
        title = page.get_by_label("Title")
        assert title.input_value() == SHORT.stem
        title.fill("Mine")
        page.get_by_label("Path of the video").fill("/elsewhere/other.mp4")
        assert title.input_value() == "Mine"
        assert seriously_wrong(page) == []


@pytest.mark.browser
def test_what_the_server_refuses_is_said_beside_the_field(browser, served, library):
    with opened(browser, served, "/add", READY, expected="422") as page:
        agree(page)
        page.get_by_label("A path on this machine").check()
        page.get_by_label("Path of the video").fill("/no/<b>such</b>.mp4")
        page.keyboard.press("Enter")
        wrong = page.locator("[data-wrong=path]")
        expect(wrong).to_have_text("path '/no/<b>such</b>.mp4' is not a file on this machine: check the path")
        assert wrong.locator("b").count() == 0
        assert page.evaluate(FOCUSED) == "path"
        page.get_by_label("Path of the video").fill(str(SHORT))
        page.get_by_text("Who is in the picture").click()
        page.get_by_label("Who speaks").select_option("table")
        page.get_by_label("Path of the table of turns").fill(str(SHORT))
        page.keyboard.press("Enter")
        expect(page.locator("[data-wrong=speech]")).to_contain_text(f"speech: {SHORT.name} is no text")
        assert page.get_by_label("Person").evaluate("i => i.list.options[0].value") == " ".join(EVIL.split())
        assert page.title() == "Add a recording · Attune"
    assert Jobs(library).list() == ()


@pytest.mark.browser
def test_a_second_recording_that_is_the_same_file_is_noticed(browser, served):
    with opened(browser, served, "/add", READY) as page:
        page.get_by_label("Video", exact=True).set_input_files(SHORT)
        expect(page.locator("[data-state=upload]")).to_contain_text("have arrived")
        assert page.get_by_label("Title").input_value() == SHORT.stem
        page.get_by_text("The client had a camera").click()
        page.get_by_label("The client's recording", exact=True).set_input_files(SHORT)
        assert "same file" in said(page, "client_upload")


@pytest.mark.slow
@pytest.mark.browser
def test_an_upload_goes_on_after_the_server_was_killed_and_the_page_reloaded(browser, tmp_path):
    library, file = tmp_path / "library", tmp_path / "<b>long [1].mp4"
    data = os.urandom(PIECES * CHUNK_BYTES)
    file.write_bytes(data)
    served = start(library, 8802)
    with opened(browser, served, "/add", READY, expected="ERR_") as page:
        slow(page, CHUNK_BYTES)  # a piece takes a second
        page.get_by_label("Video", exact=True).set_input_files(file)
        state = page.locator("[data-state=upload]")
        expect(state).to_contain_text("a second", timeout=20_000)
        served.process.send_signal(signal.SIGKILL)
        served.process.wait()
        expect(state).to_contain_text("The server doesn't answer", timeout=20_000)
        away = page.get_by_role("alert").filter(has_text="This page goes on once it does")  # on every page
        expect(away).to_be_visible(timeout=20_000)
        again = start(library, served.port)
        expect(away).to_be_hidden(timeout=20_000)
        expect(state).to_contain_text("left", timeout=20_000)
        page.get_by_role("button", name="Pause").click()
        expect(state).to_contain_text("Paused at")
        (upload,) = Uploads(library).list()
        assert 0 < upload.received < upload.size

        page.reload()
        page.wait_for_selector(READY)
        slow(page, -1)
        page.get_by_label("Video", exact=True).set_input_files(file)
        expect(state).to_contain_text("have arrived", timeout=20_000)
    stop(again)
    (whole,) = Uploads(library).list()
    assert whole.id == upload.id and whole.name == file.name
    assert Uploads(library).file(whole.id).read_bytes() == data


@pytest.mark.browser
def test_what_was_asked_for_goes_on_while_other_pages_are_looked_at(browser, served, library, tmp_path):
    file = tmp_path / "Later.mp4"
    file.write_bytes(os.urandom(CHUNK_BYTES))  # no video: it fails at once, which is all the same here
    with opened(browser, served, "/add", READY) as page:
        slow(page, 5 * CHUNK_BYTES)
        page.get_by_label("Video", exact=True).set_input_files(file)
        agree(page)
        page.get_by_role("button", name="Analyse").click()
        page.get_by_role("link", name="Progress").click()
        page.wait_for_selector("h1:has-text('Progress')")
        slow(page, -1)
        until(lambda: [job for job in Jobs(library).list() if job.title == "Later"])


def slow(page, bytes_per_s):
    session = page.context.new_cdp_session(page)
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_s}
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", limits)


@pytest.mark.browser
def test_a_recording_dropped_on_the_form_becomes_a_session(browser, served, library):
    with opened(browser, served, "/add", READY, scheme="dark", width=390) as page:
        handle = page.evaluate_handle(
            """(base64) => {
              const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
              const transfer = new DataTransfer();
              transfer.items.add(new File([bytes], "Ana & Bo.mp4", { lastModified: 5 }));
              return transfer;
            }""",
            encoded(SHORT),
        )
        page.locator(".add").dispatch_event("drop", {"dataTransfer": handle})
        assert page.get_by_label("Title").input_value() == "Ana & Bo"
        page.get_by_label("Person").fill("Ana B.")
        page.get_by_label("Tags").fill("desk, first week,")
        page.get_by_label("When").fill("2025-03-12")
        agree(page)
        page.get_by_role("button", name="Analyse").click()
        panel = page.locator(".job")
        expect(panel).to_contain_text("“Ana & Bo” is being analysed")
        assert page.evaluate(FOCUSED) == "job"
        assert page.get_by_label("Title").input_value() == ""
        expect(panel).to_contain_text("has been analysed", timeout=120_000)
        assert seriously_wrong(page) == []
        panel.get_by_role("link", name="Open the review").click()
        page.wait_for_selector(".review:not([aria-busy])")
        expect(page.locator("h1")).to_have_text("Ana & Bo")
    entry = next(one for one in Catalogue(library).entries() if one.title == "Ana & Bo")
    assert (entry.person, entry.tags, entry.pictured) == ("Ana B.", ("desk", "first week"), True)
    consent = Catalogue(library).open(entry.id).info["consent"]
    assert consent["by"] == "Ana B." and consent["at"] == "2025-03-12" and consent["purpose"] == "Practice"
    assert re.fullmatch(r"Ana & Bo-[0-9a-f]{8}", entry.id)


def encoded(path):
    return base64.b64encode(path.read_bytes()).decode()
