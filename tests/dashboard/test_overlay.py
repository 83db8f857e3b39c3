"""What is drawn over the pictures: of the frame that is shown, and only what is switched on."""

import base64
import io
import json
import shutil
import struct

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from attune import InputError
from dashboard.curves import curves
from dashboard.overlay import packed
from dashboard.review import review
from scoring.landmark_blocks import BLOCK_S, LandmarkBlocks
from scoring.session import LANDMARKS, Session
from tests.dashboard.browsing import VIDEOS, click_at, picture_of, settle
from tests.dashboard.test_server import get
from tests.sessions import (
    CROSSED,
    FACE_HEIGHT_PX,
    FACE_X_PX,
    FACE_Y_PX,
    FPS,
    GAZE_DEG,
    MIRRORING,
    SECOND_FPS,
    SHOULDERS,
    TIMES,
    make_landmarks,
    make_session,
)  # fmt: skip
from tests.videos import index_of

FACE, EYES, BODY = (130, 220, 255), (255, 225, 90), (140, 240, 170)
LAYERS = ("Face", "Skeleton", "Gaze", "Labels")


@pytest.fixture(scope="module", autouse=True)
def measured(library):
    """Sessions with landmarks, in the served library while these tests run."""
    made = [
        make_session(library, "drawn", landmarks=True),
        make_session(library, "drawn-pair", people=("staff", "client"), offset_s=2.0, landmarks=True),
    ]
    yield
    for folder in made:
        shutil.rmtree(folder)


def unpacked(data: bytes) -> dict[str, np.ndarray]:
    """A block as the documentation describes it."""
    assert data[:4] == b"ATOV"
    (length,) = struct.unpack("<I", data[4:8])
    header = json.loads(data[8 : 8 + length])
    at, columns = 8 + length, {}
    for column in header["columns"]:
        at += -at % 8
        kind = np.dtype(f"<{column['type']}")
        count = header["rows"] * column["width"]
        shape = (header["rows"], column["width"])
        columns[column["name"]] = np.frombuffer(data, kind, count, at).reshape(shape)
        at += count * kind.itemsize
    return columns


def block_of(served, id, person, number):
    return get(served, f"/api/session/{id}/overlay/{person}?block={number}")


def test_a_block_holds_its_seconds_and_no_others(served):
    blocks = [unpacked(block_of(served, "drawn", "staff", number).content) for number in (0, 1)]
    times = [block["time_s"].ravel() for block in blocks]
    np.testing.assert_array_equal(np.concatenate(times), TIMES)
    assert times[0][-1] < BLOCK_S <= times[1][0]
    frames = np.concatenate([block["origin_px"][:, 0] for block in blocks]) - FACE_X_PX["staff"]
    np.testing.assert_array_equal(frames, np.arange(len(TIMES)))
    np.testing.assert_array_equal(blocks[0]["gaze_deg"], np.tile(np.float32(GAZE_DEG), (len(times[0]), 1)))
    assert blocks[0]["face"].dtype == np.float16 and np.isnan(blocks[0]["pose"]).any()
    assert len(unpacked(block_of(served, "drawn", "staff", 2).content)["time_s"]) == 0


@pytest.mark.parametrize(
    ("id", "person", "number", "status"),
    [
        ("drawn", "nobody", "0", 404), ("drawn", "staff", "-1", 422), ("drawn", "staff", "x", 422),
        ("drawn", "staff", "", 422), ("quiet", "staff", "0", 404), (".hidden", "staff", "0", 404),
        ("none", "staff", "0", 404),
    ],
)  # fmt: skip
def test_what_is_not_there_is_said(served, id, person, number, status):
    answer = block_of(served, id, person, number)
    assert answer.status == status
    assert json.loads(answer.content)["error"]


@pytest.mark.parametrize(("video", "landmarks", "word"), [
    (True, None, "not kept"), (False, None, "without the video"), (True, b"PAR1 and then rubbish", "damaged"),
    (True, b"", "damaged"),
])  # fmt: skip
def test_why_nothing_is_drawn_is_said(tmp_path, video, landmarks, word):
    folder = make_session(tmp_path, "one", video=video)
    if landmarks is not None:
        (folder / LANDMARKS).write_bytes(landmarks)
    shown = review(Session.open(folder), "one")
    assert shown["overlay"] is None and word in shown["no_overlay"]


def test_only_the_row_groups_of_the_block_are_read(tmp_path, monkeypatch):
    """Of an hour, a block's chunks are decoded and nothing else."""
    hour = np.arange(15 * 3600) / 15
    blocks = LandmarkBlocks(make_landmarks(tmp_path / "hour.parquet", {"staff": hour, "client": hour}, 256))
    read = []
    original = pq.ParquetFile.iter_batches

    def counted(self, *args, **options):
        read.extend(options["row_groups"])
        return original(self, *args, **options)

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", counted)
    found = blocks.block("client", 180)
    assert (found.time_s[0], found.time_s[-1], len(found.time_s)) == (1800.0, 1800.0 + 149 / 15, 150)
    assert len(read) <= 2


def test_words_among_numbers_are_named(tmp_path):
    folder = make_session(tmp_path, video=False)
    table = pq.read_table(folder / "signals.parquet").to_pandas().assign(nod_prob="often")
    table.to_parquet(folder / "signals.parquet")
    with pytest.raises(InputError, match=r"signals\.parquet can't be read: .*often"):
        curves(Session.open(folder), "staff", ("time_s", "nod_prob"))


def test_packing_pads_and_keeps_the_bits():
    columns = {"a": np.arange(3, dtype=np.float64), "b": np.array([[1, np.nan]] * 3, np.float16)}
    read = unpacked(packed(columns))
    np.testing.assert_array_equal(read["a"].ravel(), columns["a"])
    np.testing.assert_array_equal(read["b"], columns["b"])


def overlay_of(page, camera=1) -> np.ndarray:
    """The overlay's own pixels, rgba."""
    coded = page.locator(VIDEOS[camera]).locator("xpath=../canvas").evaluate("c => c.toDataURL('image/png')")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(coded.split(",")[1]))).convert("RGBA"))


def near(pixels, colour) -> np.ndarray:
    return (np.abs(pixels[..., :3].astype(int) - colour).max(axis=-1) < 40) & (pixels[..., -1] > 200)


def frame_of(pixels, left=0.0, scale=None, start=FACE_X_PX["staff"], width=320) -> float:
    """Which frame the drawn line of a face is of."""
    columns = np.flatnonzero(near(pixels, FACE).any(axis=0))
    assert len(columns), "no face is drawn"
    scale = scale or pixels.shape[1] / width
    return (columns.mean() + 0.5 - left) / scale - start


def fitted(page, camera=1) -> tuple[float, float]:
    """Left of the picture in its overlay, and pixels per pixel of the source."""
    video = page.locator(VIDEOS[camera]).element_handle()
    page.wait_for_function("v => v.videoWidth > 0", arg=video)
    return video.evaluate(
        "v => { const k = Math.min(v.clientWidth / v.videoWidth, v.clientHeight / v.videoHeight);"
        " return [(v.clientWidth - k * v.videoWidth) / 2, k]; }"
    )


def only(page, *names):
    """Switches everything else off."""
    for name in LAYERS:
        button = page.get_by_role("group", name="Overlay").get_by_role("button", name=name)
        if (button.get_attribute("aria-pressed") == "true") != (name in names):
            button.click()


def drawn(page, camera=1):
    """Waits until the overlay shows something."""
    canvas = page.locator(VIDEOS[camera]).locator("xpath=../canvas").element_handle()
    page.wait_for_function(
        "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(Boolean)",
        arg=canvas,
    )


@pytest.mark.browser
class TestInTheBrowser:
    def test_landmarks_are_those_of_the_shown_frame(self, visit):
        page = visit("drawn")
        only(page, "Face")
        drawn(page)
        for time in (9.97, 3.02, 10.03, 0.02, 11.9):  # also on both sides of the blocks' border
            click_at(page, time)
            settle(page)
            left, scale = fitted(page)
            assert frame_of(overlay_of(page), left, scale) == pytest.approx(picture_of(page), abs=0.3)
        for key in ("ArrowLeft", "ArrowLeft", "ArrowRight"):
            page.keyboard.press(key)
            settle(page)
            assert frame_of(overlay_of(page), left, scale) == pytest.approx(picture_of(page), abs=0.3)

    @pytest.mark.slow
    def test_landmarks_come_once_the_server_is_there_again(self, visit):
        page, tried = visit("drawn"), []
        page.route("**/overlay/**", lambda route: (tried.append(route), route.abort()))
        page.reload()
        page.wait_for_selector(".timeline:not([aria-busy])")
        only(page, "Face")
        page.wait_for_timeout(500)
        assert tried and not overlay_of(page).any()
        page.unroute("**/overlay/**")
        drawn(page)
        assert all("ERR_FAILED" in problem for problem in visit.problems)
        visit.problems.clear()

    @pytest.mark.slow
    def test_the_overlay_keeps_up_while_playing(self, visit):
        """One screenshot holds both the picture with its number and the line with its frame."""
        page = visit("drawn")
        only(page, "Face")
        click_at(page, 1.0)
        page.get_by_role("button", name="Play").click()
        box = page.locator(VIDEOS[1]).bounding_box()
        left, scale = fitted(page)
        apart = []
        for _ in range(9):
            page.wait_for_timeout(60)
            shot = np.asarray(Image.open(io.BytesIO(page.screenshot(clip=box))).convert("RGBA"))
            picture = shot[:, round(left) : round(left + 320 * scale), :3]
            apart.append(frame_of(shot[: shot.shape[0] // 5 * 2], left, scale) - index_of(picture))
        assert np.median(np.abs(apart)) <= 0.5 and np.max(np.abs(apart)) <= 1.5
        page.get_by_role("button", name="Pause").click()
        settle(page)
        assert frame_of(overlay_of(page), left, scale) == pytest.approx(picture_of(page), abs=0.3)

    @pytest.mark.slow
    def test_each_layer_can_be_switched_off_and_stays_off(self, visit):
        page = visit("drawn")
        colours = {"Face": FACE, "Skeleton": BODY, "Gaze": EYES}
        for name, colour in colours.items():
            only(page, name)
            drawn(page)
            pixels = overlay_of(page)
            assert near(pixels, colour).any()
            apart = {other for other in colours if {other, name} != {"Face", "Gaze"}}  # irises are as gaze
            assert not any(near(pixels, colours[other]).any() for other in apart - {name})
        only(page)
        assert not overlay_of(page)[..., 3].any()
        page.reload()
        page.wait_for_selector(".review:not([aria-busy])")
        pressed = page.locator("[data-slot=layers] button[aria-pressed=true]")
        assert pressed.count() == 0

    def test_what_is_hidden_is_not_drawn_and_gaze_points_where_it_was_measured(self, visit):
        page = visit("drawn")
        left, scale = fitted(page)
        only(page, "Skeleton")
        drawn(page)
        body = np.argwhere(near(overlay_of(page), BODY)) / scale - [0, left / scale]
        assert body[:, 0].max() < 0.8 * 180, "the hip's visibility is too low to draw it"
        assert body[:, 1].min() == pytest.approx(320 * SHOULDERS[0][0], abs=4)
        assert body[:, 1].max() == pytest.approx(320 * SHOULDERS[1][0], abs=4)
        only(page, "Gaze")
        arrow = np.argwhere(near(overlay_of(page), EYES)) / scale - [0, left / scale]
        length = 2 * FACE_HEIGHT_PX * np.sin(np.radians(GAZE_DEG[0]))
        assert arrow[:, 1].max() == pytest.approx(FACE_X_PX["staff"] + length, abs=2)
        assert np.median(arrow[:, 0]) == pytest.approx(FACE_Y_PX, abs=1)

    def test_labels_say_the_states_in_words(self, visit):
        page = visit("drawn")
        page.evaluate(
            "() => { window.said = new Set(); const write = CanvasRenderingContext2D.prototype.fillText;"
            " CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {"
            " if (this.canvas.className === 'overlay') window.said.add(text);"
            " write.call(this, text, ...rest); } }"
        )
        for time, posture in ((1.0, "open"), (CROSSED[1] - 1.5, "crossed")):
            page.evaluate("window.said.clear()")
            click_at(page, time)
            settle(page)
            assert set(page.evaluate("[...window.said]")) >= {"Staff", "at target", posture}

    def test_without_landmarks_the_switches_say_why(self, visit):
        page = visit()
        assert page.locator("[data-slot=layers] button:disabled").count() == len(LAYERS)
        assert page.get_by_text("No overlay: the landmarks were not kept.").is_visible()

    @pytest.mark.slow
    def test_each_person_is_drawn_on_their_own_camera(self, visit):
        page = visit("drawn-pair")
        only(page, "Face")
        time = MIRRORING[0] + 1.52
        click_at(page, time)
        settle(page)
        drawn(page, 2)
        left, scale = fitted(page)
        assert frame_of(overlay_of(page), left, scale) == pytest.approx(int(time * FPS), abs=0.3)
        left, scale = fitted(page, 2)
        second = frame_of(overlay_of(page, 2), left, scale, FACE_X_PX["client"])
        assert second == pytest.approx(picture_of(page, 2), abs=0.3)
        assert second == pytest.approx((time - 2) * SECOND_FPS - 0.5, abs=1)

    def test_full_screen_keeps_overlay_and_timeline(self, visit):
        page = visit("drawn")
        only(page, "Face")
        page.keyboard.press("f")
        page.wait_for_function("document.fullscreenElement !== null")
        click_at(page, 5.02)
        settle(page)
        left, scale = fitted(page)
        assert frame_of(overlay_of(page), left, scale) == pytest.approx(picture_of(page), abs=0.3)
        for part in (VIDEOS[1], ".timeline", "[data-slot=play]"):
            box = page.locator(part).bounding_box()
            assert box["y"] >= 0 and box["y"] < 900
        page.keyboard.press("f")
        page.wait_for_function("document.fullscreenElement === null")
