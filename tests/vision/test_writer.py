"""Kept and recorded videos: they play in a browser, and every picture keeps its time."""

import base64
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from attune import InputError, OutputError
from tests.conftest import ROOT
from tests.scoring.claps import flash_and_clap
from tests.videos import AT_30, corners_of, index_of, make_video, picture
from tests.vision.test_microphone import flash_and_clap_s
from vision.decode import fragments_end
from vision.source import VideoFile
from vision.writer import Mp4Recorder, encode_video, keep_video, with_sound

UNEVEN = (0.0, 0.033, 0.2, 0.21, 0.5, 0.9, 1.0, 1.04, 1.3, 2.5)
NO_REORDERING = {"options": {"bf": "0"}}


def _content(path: Path) -> list[tuple[float, int]]:
    return [(round(frame.time_s, 3), index_of(frame.rgb)) for frame in VideoFile(path)]


def _keyframes(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [float(p.pts * p.time_base) for p in container.demux(stream) if p.size and p.is_keyframe]


@pytest.mark.parametrize(
    ("name", "times", "made", "copied"),
    [
        ("a.mp4", AT_30, {"audio": "aac"}, True),
        ("a.mov", AT_30, {}, True),
        ("a.mkv", AT_30, {"audio": "libopus", "ticks": 1000}, True),
        ("uneven.mp4", UNEVEN, NO_REORDERING, True),
        ("uneven reordered.mp4", UNEVEN, {}, False),  # its last pictures would lie beyond its end
        ("late.mp4", [t + 2 for t in AT_30], {"audio": "aac"}, True),
        ("turned.mp4", AT_30, {"rotation": 90}, True),
        ("mirrored.mp4", AT_30, {"mirrored": True}, False),
        ("full.mp4", AT_30, {"pix_fmt": "yuv444p", "size": (97, 65)}, False),
        ("a.webm", AT_30, {"codec": "libvpx-vp9", "ticks": 1000, "audio": "libopus"}, False),
        ("a.avi", AT_30, {"codec": "mjpeg", "pix_fmt": "yuvj420p", "ticks": 30, "audio": "pcm_s16le"}, False),
        ("a.gif", AT_30, {"codec": "gif", "pix_fmt": "rgb8", "ticks": 100}, False),
    ],
)
def test_a_kept_video_shows_what_was_analysed_when_it_was(tmp_path, name, times, made, copied):
    src, dst = make_video(tmp_path / name, times, **made), tmp_path / "video.mp4"
    assert keep_video(src, dst) is copied
    kept = VideoFile(dst)
    assert [index for _, index in _content(dst)] == list(range(len(times)))
    np.testing.assert_allclose([t for t, _ in _content(dst)], [t for t, _ in _content(src)], atol=1e-3)
    assert kept.start == 0
    assert corners_of(next(iter(kept)).rgb) == ["red", "green", "blue"]
    with av.open(str(dst)) as container:
        video = container.streams.video[0]
        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert [s.codec_context.name for s in container.streams.audio] == ["aac"] * ("audio" in made)
        for sound in container.streams.audio:  # it began at 0 s and lasted until the last picture
            length = float(sound.duration * sound.time_base)
            assert length == pytest.approx(times[-1] - times[0], abs=0.06)
    data = dst.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert not list(tmp_path.glob(".*"))


def test_an_encoded_video_is_small_and_has_a_key_frame_a_second(tmp_path):
    times = tuple(k / 10 for k in range(40))
    src = make_video(tmp_path / "a.mp4", times, size=(1600, 900), options={"g": "300"})
    assert keep_video(src, tmp_path / "out.mp4", intact=False) is False
    kept = VideoFile(tmp_path / "out.mp4")
    assert (kept.info.width, kept.info.height) == (1280, 720)
    assert _keyframes(tmp_path / "out.mp4") == pytest.approx([0, 1, 2, 3])


def test_colours_survive_encoding(tmp_path):
    rgb = np.full((64, 96, 3), (200, 60, 40), np.uint8)
    encode_video(tmp_path / "a.mp4", [(0.0, rgb), (0.1, rgb)], 10)
    for frame in VideoFile(tmp_path / "a.mp4"):
        np.testing.assert_allclose(frame.rgb.mean(axis=(0, 1)), (200, 60, 40), atol=4)


def test_a_damaged_recording_is_kept_as_far_as_it_decodes(tmp_path):
    src = make_video(tmp_path / "a.mp4", AT_30, container_options={"movflags": "faststart"})
    src.write_bytes(src.read_bytes()[: int(src.stat().st_size * 0.7)])
    keep_video(src, tmp_path / "kept.mp4", intact=False)
    assert _content(tmp_path / "kept.mp4") == _content(src)


def test_a_video_may_be_kept_in_its_own_place(tmp_path):
    path = make_video(tmp_path / "a.mp4", AT_30)
    before = _content(path)
    assert keep_video(path, path)
    assert _content(path) == before


def test_nothing_is_left_where_it_can_not_be_written_or_read(tmp_path):
    src = make_video(tmp_path / "a.mp4", AT_30[:3])
    with pytest.raises(OutputError, match=r"missing.out\.mp4 can't be written: No such file"):
        keep_video(src, tmp_path / "missing" / "out.mp4")
    with pytest.raises(InputError):
        keep_video(tmp_path / "b.mp4", tmp_path / "out.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_a_recording_keeps_its_times_and_is_rewritten_whole(tmp_path):
    path = tmp_path / "recording.mp4"
    recorder = Mp4Recorder(path)
    for k, time_s in enumerate(UNEVEN):
        recorder.write(time_s, picture(k))
    recorder.finish()
    assert _content(path) == [(t, k) for k, t in enumerate(UNEVEN)]
    data = path.read_bytes()
    assert b"moof" not in data
    assert data.index(b"moov") < data.index(b"mdat")
    assert [p.name for p in tmp_path.iterdir()] == ["recording.mp4"]


def test_a_recorder_says_when_it_can_not_write(tmp_path):
    with pytest.raises(OutputError, match="can't be written"):
        recorder = Mp4Recorder(tmp_path / "missing" / "a.mp4")
        recorder.write(0.0, picture(0))


def test_a_recording_that_ends_anywhere_in_a_fragment_keeps_all_before_it(tmp_path):
    path = tmp_path / "recording.mp4"
    recorder = Mp4Recorder(path)
    for k in range(40):
        recorder.write(k / 30, picture(k))
    data = path.read_bytes()
    recorder.abandon()
    head = data.rindex(b"moof") - 4
    before = len(_content(_cut(path, data, head)))
    assert before >= 15
    for end in range(head + 1, head + int.from_bytes(data[head : head + 4], "big"), 7):
        assert [index for _, index in _content(_cut(path, data, end))] == list(range(before))
        _cut(path, path.read_bytes(), fragments_end(path))
        with av.open(str(path)) as container:  # so that other players take it, too
            assert len(list(container.decode(video=0))) == before


def _cut(path: Path, data: bytes, end: int) -> Path:
    path.write_bytes(data[:end])
    return path


RECORD_FOR_EVER = """
import sys, time
from pathlib import Path
from tests.videos import picture
from vision.writer import Mp4Recorder

recorder, start, k = Mp4Recorder(Path(sys.argv[1])), time.monotonic(), 0
while True:
    now = time.monotonic() - start
    recorder.write(now, picture(k % 256))
    print(k, now, flush=True)
    k += 1
    time.sleep(0.03)
"""


@pytest.mark.slow
def test_a_killed_recording_is_readable_up_to_its_last_second(tmp_path):
    path = tmp_path / "recording.mp4"
    command = [sys.executable, "-c", RECORD_FOR_EVER, str(path)]
    written = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        for line in process.stdout:
            index, time_s = line.split()
            written.append((float(time_s), int(index)))
            if written[-1][0] > 3:
                process.kill()
                break
    source = VideoFile(path)
    frames = [(frame.time_s, index_of(frame.rgb)) for frame in source]
    assert frames[-1][0] > written[-1][0] - 1.5
    assert source.loss is None
    for (found_s, found), (time_s, index) in zip(frames, written, strict=False):
        assert found == index
        assert found_s == pytest.approx(time_s, abs=1e-4)
    assert max(b[0] - a[0] for a, b in pairwise(frames)) < 1
    keep_video(path, path)
    assert len(_content(path)) == len(frames)


SEEK = """async ([data, times]) => {
    const video = document.body.appendChild(document.createElement('video'));
    video.muted = true;
    video.src = URL.createObjectURL(await (await fetch('data:video/mp4;base64,' + data)).blob());
    await new Promise((done, failed) => { video.onloadeddata = done; video.onerror = failed; });
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    const pen = canvas.getContext('2d', {willReadFrequently: true});
    const found = [];
    for (const time of times) {
        const shown = new Promise(done => video.requestVideoFrameCallback((_, at) => done(at.mediaTime)));
        video.currentTime = time;
        const mediaTime = await shown;
        pen.drawImage(video, 0, 0);
        const rgba = pen.getImageData(0, 0, canvas.width, canvas.height).data;
        found.push([mediaTime, Array.from(rgba)]);
    }
    return [canvas.width, canvas.height, found];
}"""


@pytest.mark.browser
@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("reordered.mov", {"audio": "aac"}),
        ("turned.mp4", {"rotation": 90}),
        ("a.webm", {"codec": "libvpx-vp9", "ticks": 1000}),
    ],
)
def test_a_browser_shows_the_same_picture_at_the_same_time(tmp_path, chromium, name, made):
    from playwright.sync_api import sync_playwright

    keep_video(make_video(tmp_path / name, [t + 1 for t in AT_30], **made), tmp_path / "kept.mp4")
    wanted = [30, 3, 40, 17]
    seeks = [(k + 0.5) / 30 for k in wanted]
    data = base64.b64encode((tmp_path / "kept.mp4").read_bytes()).decode()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        width, height, found = browser.new_page().evaluate(SEEK, [data, seeks])
        browser.close()
    assert (width, height) == (96, 64)
    for k, (media_time, rgba) in zip(wanted, found, strict=True):
        rgb = np.array(rgba, np.uint8).reshape(height, width, 4)[..., :3]
        assert media_time == pytest.approx(k / 30, abs=1e-3)
        assert index_of(rgb) == k
        assert corners_of(rgb) == ["red", "green", "blue"]


def test_pictures_that_were_encoded_along_keep_the_recordings_sound(tmp_path):
    film = flash_and_clap(tmp_path / "film.mp4", 1.5)
    recorder = Mp4Recorder(tmp_path / "encoded.mp4")
    frames = list(VideoFile(film))
    for frame in frames:
        recorder.write(frame.time_s, frame.rgb)
    recorder.finish()
    with_sound(tmp_path / "encoded.mp4", film, tmp_path / "whole.mp4")
    flash_s, clap_s = flash_and_clap_s(tmp_path / "whole.mp4")
    assert flash_s == pytest.approx(1.5, abs=1e-3) and clap_s == pytest.approx(flash_s, abs=0.005)
    assert [frame.time_s for frame in VideoFile(tmp_path / "whole.mp4")] == pytest.approx(
        [frame.time_s for frame in frames], abs=1e-3
    )
