"""The page that records: a browser's camera and one of the machine, what happens when either side dies."""

import contextlib
import json
import signal

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect

from scoring import cut_short
from scoring.catalogue import Catalogue
from scoring.notes import notes_of
from scoring.positioning import FINE
from scoring.unfinished import unfinished, video_of
from tests import clips
from tests.conftest import ROOT
from tests.dashboard import conftest, takes
from tests.dashboard.asking import until
from tests.dashboard.conftest import EVIL, start, stop
from tests.dashboard.people import fits, opened, run, seriously_wrong
from tests.dashboard.takes import READY, RECORDING, begin, fill, only_session, record, stop_and_wait, time_of
from vision.source import VideoFile

DEMO = ROOT / "samples" / "demo.mp4"
ALLOWED = ("--use-fake-ui-for-media-stream",)


@pytest.fixture(scope="module")
def face(tmp_path_factory):
    """What the browser's camera shows: a person, 25 pictures a second."""
    path = tmp_path_factory.mktemp("camera") / "face.mjpeg"
    with path.open("wb") as out:
        for frame in clips.pictures(clips.DEMO, 4):  # seconds, again and again
            out.write(cv2.imencode(".jpg", np.ascontiguousarray(frame.rgb[..., ::-1]))[1].tobytes())
    return path


@pytest.fixture(scope="module")
def launched(chromium):
    """Starts browsers: each with its own camera, or none."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play, contextlib.ExitStack() as open_ones:

        def launch(*arguments):
            browser = play.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--disable-gpu", *arguments]
            )
            open_ones.callback(browser.close)
            return browser

        yield launch


@pytest.fixture(scope="module")
def camera(launched, face):
    """A browser with a camera that shows a person, and a microphone that beeps."""
    shown = f"--use-file-for-fake-video-capture={face}"
    return launched(*ALLOWED, "--use-fake-device-for-media-stream", shown)


@pytest.fixture
def library(tmp_path):
    return tmp_path / "library"


@pytest.fixture
def served(library):
    served = start(library, 8830)
    yield served
    if served.process.poll() is None:
        stop(served)


def test_knows_the_names_of_the_library_and_offers_prompts(monkeypatch, tmp_path):
    from scoring.catalogue import describe
    from tests.sessions import make_session

    make_session(tmp_path, "known", title="Known", video=False)
    describe(Catalogue(tmp_path).library, "known", person=EVIL, scenario="Check-in")
    app = run(monkeypatch, tmp_path, "record")
    (block,) = [block for block in app.main if block.type == "bidi_component"]
    data = json.loads(block.proto.json)
    assert data["known"] == {"people": [" ".join(EVIL.split())], "scenarios": ["Check-in"]}
    assert len(data["prompts"]) >= 5 and all(text.endswith(".") for text in data["prompts"].values())


@pytest.mark.slow
@pytest.mark.browser
def test_a_browsers_camera_becomes_a_session_with_notes_and_a_pause(camera, served, library):
    with opened(camera, served, "/record", READY) as page:
        looks = []
        page.on("request", lambda request: looks.append(request) if "position" in request.url else None)
        advice = page.locator("[data-slot=advice]")
        expect(advice).to_have_text(FINE, timeout=30_000)
        assert not library.exists(), "nobody has agreed to anything yet"
        fill(page)
        expect(page.locator("[data-slot=scenario-text]")).to_contain_text("twenty minutes late")
        page.locator("[data-field=note]").fill("look <b>up</b>")
        loudest = page.locator(".level i")
        until(lambda: float(loudest.evaluate("i => new DOMMatrix(getComputedStyle(i).transform).a")) > 0.2)
        begin(page)
        expect(advice).to_have_text("")
        before = len(looks)
        assert page.locator("[data-slot=prompt]").inner_text().startswith("A longer wait")
        assert len(unfinished(library)) == 1
        record(page, 3)
        page.keyboard.press("n")
        page.keyboard.type("n and s are letters here")
        record(page, 4)
        page.get_by_role("button", name="Keep note").click()
        expect(page.locator("[data-slot=jotted]")).to_contain_text("Kept at 0:0")
        expect(page.locator("[data-slot=share]")).to_contain_text("%", timeout=30_000)
        page.get_by_role("button", name="Pause").focus()
        page.keyboard.press("p")
        page.wait_for_selector("[data-state=paused]")
        paused = time_of(page)
        page.wait_for_timeout(2500)
        assert time_of(page) == paused
        page.get_by_role("button", name="Go on").click()
        page.wait_for_selector(RECORDING)
        record(page, paused + 3)
        took = time_of(page)
        assert before == len(looks) > 0, "pictures are looked at before it records, and then no more"
        stop_and_wait(page)
        assert page.evaluate("() => document.activeElement.shadowRoot.activeElement.className") == "job"
        page.get_by_role("link", name="Open the review").click()
        page.wait_for_selector(".review:not([aria-busy])")
        expect(page.locator("h1")).to_have_text("At the desk")
    entry, session = only_session(library)
    assert (entry.title, entry.person, entry.scenario) == ("At the desk", "Ana B.", "A longer wait")
    info = session.info
    assert (info["consent"]["by"], info["consent"]["purpose"]) == ("Ana B.", "Practice")
    assert info["source"]["duration_s"] == pytest.approx(took + 0.5, abs=1.2), "without the pause"
    assert info["recording"]["sound"] and info["source"]["loss"] is None
    times_s = [frame.time_s for frame in VideoFile(session.video)]
    assert len(times_s) > 12 * took and np.diff(times_s).max() < 0.6
    table = session.signals().table
    assert table["face_found"].mean() > 0.9
    share = json.loads((session.path / "scores.json").read_text())["staff"]["eye_contact_share"]
    assert share["value"] is not None and 0 <= share["value"] <= 1 and share["coverage"] > 0.6
    first, second = notes_of(Catalogue(library).library, entry.id)
    assert (first.text, first.start_s, first.author) == ("look <b>up</b>", 0.0, "Ana B.")
    assert second.text == "n and s are letters here" and 2.5 < second.start_s < 4.5
    assert unfinished(library) == []


@pytest.mark.slow
@pytest.mark.browser
def test_a_browser_without_h264_and_a_client_beside_the_camera(camera, served, library):
    with opened(camera, served, "/record", READY) as page:
        page.evaluate(takes.ONLY_VP8)
        page.evaluate(takes.NOTE_LOCKS)
        fill(page)
        page.get_by_label("The first 3 seconds").check()
        begin(page)
        expect(page.locator("[data-slot=cue]")).to_have_text("Look at where your client's eyes are.")
        record(page, 5)
        expect(page.locator("[data-slot=cue]")).not_to_have_text("Look at where your client's eyes are.")
        page.evaluate(takes.HIDE)
        page.wait_for_function("locks[0].released && locks[1]?.released === false")  # the screen stays on
        page.locator("[data-slot=preview]").evaluate(takes.UNPLUGGED)  # that ends the take
        expect(page.locator("[data-wrong=form]")).to_have_text("The camera was unplugged: plug it in again.")
        expect(page.locator(".job").first).to_contain_text("has been analysed", timeout=90_000)
        assert page.get_by_role("button", name="Start recording").is_disabled()
        page.evaluate(takes.MICROPHONE_IN_USE)
        page.get_by_role("button", name="Turn the camera on").click()
        expect(page.locator("[data-slot=why]")).to_contain_text("The microphone can't be used: allow it")
    _, session = only_session(library)
    video = VideoFile(session.video).info
    assert video.codec == "h264" and video.has_audio
    assert session.info["target"] == "calibrated:0-3" and unfinished(library) == []


@pytest.mark.slow
@pytest.mark.browser
def test_what_was_sent_before_the_tab_was_closed_can_be_finished(camera, served, library):
    with opened(camera, served, "/record", READY) as page:
        fill(page, "Cut <i>short</i>")
        begin(page)
        record(page, 5)
    (folder,) = unfinished(library)
    (one,) = until(lambda: cut_short.cut_short(library))
    frames = list(VideoFile(video_of(folder)))
    assert frames[-1].time_s > 3.5
    with opened(camera, served, "/record", READY, width=390) as page:
        panel = page.locator("[data-slot=short]")
        expect(panel).to_contain_text("Cut <i>short</i>")
        assert seriously_wrong(page) == []
        fill(page)
        page.get_by_role("button", name="Start recording").click()
        expect(panel).to_be_hidden()  # while somebody records it would only distract
        page.get_by_role("button", name="Cancel").click()
        panel.get_by_role("button", name="Finish").click()
        expect(page.locator(".job")).to_contain_text("has been analysed", timeout=90_000)
        expect(panel).to_be_hidden(timeout=20_000)
    entry, session = only_session(library)
    assert entry.person == "Ana B." and session.info["created"] == one.started
    assert session.info["source"]["frames"] == len(frames) == len(list(VideoFile(session.video)))


@pytest.mark.slow
@pytest.mark.browser
def test_a_take_whose_page_is_left_becomes_a_session(camera, served, library):
    with opened(camera, served, "/record", READY) as page:
        fill(page)
        begin(page)
        record(page, 2)
        page.locator("[data-field=jot]").fill("half a thought")
        page.get_by_role("link", name="Sessions").click()
        until(lambda: Catalogue(library).entries() and unfinished(library) == [])
    entry, session = only_session(library)
    assert session.info["source"]["duration_s"] > 1.5
    assert [note.text for note in notes_of(Catalogue(library).library, entry.id)] == ["half a thought"]


@pytest.mark.slow
@pytest.mark.browser
def test_what_a_server_takes_no_more_of_becomes_a_session(camera, library, monkeypatch):
    full = "from scoring import live_recordings; live_recordings.MOST_BYTES = 600_000; "
    monkeypatch.setattr(conftest, "SERVE", full + conftest.SERVE)
    served = start(library, 8830)
    with opened(camera, served, "/record", READY, expected="422") as page:
        fill(page)
        begin(page)
        wrong = page.locator("[data-wrong=form]")
        expect(wrong).to_contain_text("another one. What has arrived is kept.", timeout=20_000)
        expect(page.locator(".job").first).to_contain_text("has been analysed", timeout=90_000)
    stop(served)
    _, session = only_session(library)
    assert session.info["source"]["duration_s"] > 0.5 and unfinished(library) == []


@pytest.mark.slow
@pytest.mark.browser
def test_a_server_that_is_killed_and_comes_back_has_missed_nothing(camera, served, library):
    with opened(camera, served, "/record", READY, expected=takes.AWAY) as page:
        fill(page)
        begin(page)
        record(page, 3)
        served.process.send_signal(signal.SIGKILL)
        served.process.wait()
        expect(page.locator("[data-slot=sending]")).to_contain_text("doesn't answer", timeout=20_000)
        record(page, time_of(page) + 3)
        page.get_by_role("button", name="Pause").click()
        page.get_by_role("button", name="Go on", exact=True).click()
        again = start(library, served.port)
        expect(page.locator("[data-slot=sending]")).to_have_text("", timeout=20_000)
        record(page, time_of(page) + 2)
        again.process.kill()
        again.process.wait()
        page.locator("[data-field=jot]").fill("while nobody listens")
        took = time_of(page)
        page.get_by_role("button", name="Stop and see feedback").click()
        expect(page.locator("[data-wrong=jot]")).to_contain_text("The note was not kept")
        again = start(library, served.port)
        expect(page.locator(".job").first).to_contain_text("has been analysed", timeout=90_000)
    stop(again)
    entry, session = only_session(library)
    times_s = [frame.time_s for frame in VideoFile(session.video)]
    assert times_s[-1] > took - 0.5 and np.diff(times_s).max() < 0.6
    assert session.info["source"]["loss"] is None and len(session.info["pauses_s"]) == 1
    assert [note.text for note in notes_of(Catalogue(library).library, entry.id)] == ["while nobody listens"]


@pytest.mark.slow
@pytest.mark.browser
def test_a_take_is_discarded_only_after_asking(camera, served, library):
    with opened(camera, served, "/record", READY) as page:
        fill(page)
        begin(page)
        record(page, 1)
        page.get_by_role("button", name="Pause").click()
        page.get_by_role("button", name="Retake").click()
        page.wait_for_selector("[data-state=paused]")
        page.get_by_role("button", name="Go on recording").click()
        page.get_by_role("button", name="Go on", exact=True).click()
        page.wait_for_selector(RECORDING)
        assert len(unfinished(library)) == 1
        page.get_by_role("button", name="Retake").click()
        page.get_by_role("button", name="Discard it").click()
        expect(page.get_by_role("button", name="Start recording")).to_be_enabled()
        until(lambda: unfinished(library) == [])
        assert page.get_by_label("Who agreed").input_value() == "Ana B."
        page.get_by_role("button", name="Start recording").click()
        page.get_by_role("button", name="Cancel").click()
        until(lambda: unfinished(library) == [])
        expect(page.get_by_role("button", name="Start recording")).to_be_enabled()
    assert Catalogue(library).entries() == []


@pytest.mark.browser
def test_consent_comes_before_anything_is_stored(camera, served, library):
    with opened(camera, served, "/record", READY) as page:
        expect(page.get_by_role("button", name="Start recording")).to_be_enabled(timeout=20_000)
        page.get_by_role("button", name="Start recording").click()
        expect(page.locator("[data-wrong=by]")).to_have_text("Say who agreed to being recorded.")
        expect(page.locator("[data-wrong=purpose]")).to_have_text("Say what the recording may be used for.")
        assert page.get_by_label("Who agreed").get_attribute("aria-invalid") == "true"
        assert page.locator(".record").get_attribute("data-state") == "setup"
    assert not library.exists() or unfinished(library) == []


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize(("arguments", "sentence"), [
    (ALLOWED, "No camera was found: plug one in, then try again."),
    (("--use-fake-device-for-media-stream", "--deny-permission-prompts"), "may not use the camera"),
])  # fmt: skip
def test_why_there_is_no_picture(launched, served, arguments, sentence):
    with opened(launched(*arguments), served, "/record", READY) as page:
        page.get_by_role("button", name="Turn the camera on").click()
        expect(page.locator("[data-slot=why]")).to_contain_text(sentence)
        expect(page.get_by_role("button", name="Start recording")).to_be_disabled()
        expect(page.get_by_role("button", name="Turn the camera on")).to_be_visible()
        assert seriously_wrong(page) == []


@pytest.mark.slow
@pytest.mark.browser
def test_a_camera_of_the_machine_becomes_a_session(camera, served, library):
    with opened(camera, served, "/record", READY, scheme="dark", expected=takes.AWAY) as page:
        page.get_by_label("One of the machine that runs Attune").check()
        page.get_by_label("Camera its number").fill(str(DEMO))
        page.get_by_role("button", name="Turn the camera on").click()
        canvas = page.locator("[data-slot=picture]")
        expect(canvas).to_be_visible(timeout=30_000)
        expect(page.locator("[data-slot=advice]")).not_to_have_text("", timeout=20_000)
        assert not library.exists() or unfinished(library) == []
        fill(page)
        begin(page)
        record(page, 3)
        expect(page.locator("[data-slot=share]")).to_contain_text("%", timeout=20_000)
        assert canvas.evaluate(takes.GREEN) > 30, "the body is drawn over the picture"
        page.get_by_role("button", name="Pause").click()
        page.wait_for_selector("[data-state=paused]")
        paused = time_of(page)
        page.wait_for_timeout(2000)
        assert time_of(page) == pytest.approx(paused, abs=1)
        page.get_by_role("button", name="Go on").click()
        record(page, paused + 2)
        took = time_of(page)
        page.get_by_role("button", name="Stop and see feedback").click()
        expect(page.locator("[data-slot=why]")).to_contain_text("The camera is off")
        another_take_while_the_server_is_killed(page, served, library)
    entry, session = only_session(library)
    info = session.info
    assert (entry.person, info["consent"]["by"]) == ("Ana B.", "Ana B.")
    assert info["source"]["duration_s"] == pytest.approx(took + 0.5, abs=1.2)
    times_s = np.array([frame.time_s for frame in VideoFile(session.video)])
    assert np.allclose(np.diff(times_s), 1 / 15, atol=0.003), "no picture was lost, and the pause is gone"
    assert info["recording"]["pictures_lost"] == 0
    assert session.signals().table["face_found"].mean() > 0.8


def another_take_while_the_server_is_killed(page, served, library):
    """It can begin at once; the page says that nothing more is recorded then, and what is kept."""
    page.get_by_role("button", name="Turn the camera on").click()
    begin(page)
    record(page, 1)
    until(lambda: len(unfinished(library)) == 1)  # the first one is a session
    served.process.send_signal(signal.SIGKILL)
    served.process.wait()
    expect(page.locator("[data-slot=advice]")).to_contain_text("The server doesn't answer. What it has")
    page.get_by_role("button", name="Stop and see feedback").click()
    expect(page.locator("[data-wrong=form]")).to_contain_text("is offered here once it does")
    assert len(unfinished(library)) == 1


@pytest.mark.slow
@pytest.mark.browser
def test_a_camera_that_is_not_there_is_said(camera, served):
    with opened(camera, served, "/record", READY, expected="422") as page:
        page.get_by_label("One of the machine that runs Attune").check()
        page.get_by_label("Camera its number").fill("/no/<b>such</b>.mp4")
        page.get_by_role("button", name="Turn the camera on").click()
        expect(page.locator("[data-slot=why]")).to_contain_text("'/no/<b>such</b>.mp4' is not a file")
        page.get_by_label("Camera its number").fill("77")
        page.get_by_role("button", name="Turn the camera on").click()
        expect(page.locator("[data-slot=why]")).to_contain_text(
            "camera 77 is not there: plug it in", timeout=30_000
        )
        assert "--" not in page.locator("[data-slot=why]").inner_text()


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_while_it_records_it_fits_and_has_no_barriers(camera, served, width):
    for scheme in ("light", "dark"):
        with opened(camera, served, "/record", READY, width=width, scheme=scheme) as page:
            fill(page)
            begin(page)
            page.get_by_role("button", name="Retake").click()
            page.wait_for_timeout(400)
            assert seriously_wrong(page) == [] and fits(page)
            page.get_by_role("button", name="Discard it").click()
            expect(page.get_by_role("button", name="Start recording")).to_be_visible()
