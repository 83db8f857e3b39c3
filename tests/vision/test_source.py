"""Video files: the right picture at the right time, the right way up; plain words when they are bad."""

import hashlib
import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from attune import InputError
from tests.videos import AT_30, corners_of, index_of, make_sound, make_video, picture
from vision.source import VideoFile, _Clock, _Scene

UPRIGHT = ["red", "green", "blue"]
UNEVEN = (0.0, 0.033, 0.2, 0.21, 0.5, 0.9, 1.0, 1.04, 1.3, 1.5)
LATE = tuple(t + 2 for t in UNEVEN)
LONG = tuple(k / 30 for k in range(150))
MJPEG = {"codec": "mjpeg", "pix_fmt": "yuvj420p", "ticks": 30}
GIF = {"codec": "gif", "pix_fmt": "rgb8", "ticks": 100}
VP9 = {"codec": "libvpx-vp9", "ticks": 1000}


@pytest.mark.parametrize(
    ("name", "times", "made"),
    [
        ("sound.mp4", AT_30, {"audio": "aac"}),
        ("plain.mov", AT_30, {}),
        ("sound.mkv", AT_30, {"audio": "libopus"}),
        ("vp9.webm", AT_30, VP9 | {"audio": "libopus"}),
        ("vp8.webm", AT_30, {"codec": "libvpx", "ticks": 1000}),
        ("motion.avi", AT_30, MJPEG | {"audio": "pcm_s16le"}),
        ("moving.gif", AT_30, GIF),
        ("uneven.mp4", UNEVEN, {}),
        ("uneven.webm", UNEVEN, VP9),
        ("uneven.gif", UNEVEN[:3] + UNEVEN[4:], GIF),
        ("late.mp4", LATE, {"audio": "aac"}),
        ("late.mkv", LATE, {"ticks": 1000}),
        ("no b.mp4", AT_30, {"options": {"bf": "0"}}),
        ("odd.mp4", AT_30, {"size": (97, 65), "pix_fmt": "yuv444p"}),
        ("alpha.mkv", AT_30, {"size": (101, 67), "codec": "ffv1", "pix_fmt": "bgra"}),
        ("ten bits.mp4", AT_30, {"pix_fmt": "yuv420p10le"}),
        ("portrait.mp4", AT_30, {"size": (64, 96)}),
        ("Öl [1] 面 'x' %d #.mp4", AT_30, {}),
        (os.fsdecode(b"\xff\xfe.mp4"), AT_30, {}),
    ],
)
def test_every_picture_stands_at_its_own_time_in_its_own_size(tmp_path, name, times, made):
    path = make_video(tmp_path / "made" / name, times, **made)
    source = VideoFile(path)
    frames = list(source)
    width, height = made.get("size", (96, 64))
    assert (source.info.width, source.info.height) == (width, height)
    assert [frame.rgb.shape for frame in frames] == [(height, width, 3)] * len(times)
    assert [index_of(frame.rgb) for frame in frames] == list(range(len(times)))
    assert [frame.index for frame in frames] == list(range(len(times)))
    # The coarsest clock among them is GIF's, of 10 ms.
    np.testing.assert_allclose([f.time_s for f in frames], np.subtract(times, times[0]), atol=0.0051)
    assert corners_of(frames[-1].rgb) == UPRIGHT
    assert source.loss is None
    assert source.info.has_audio == ("audio" in made)


@pytest.mark.parametrize("name", ["pipe:0", "http://host/a.mp4", "-y.mp4", "concat:a|b", "%d.mp4"])
def test_a_name_that_looks_like_an_address_is_a_name(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    made = make_video(tmp_path / "made.mp4", AT_30[:3])
    Path(name).write_bytes(made.read_bytes())
    assert len(list(VideoFile(name))) == 3


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("max_side", [None, 48])
def test_turned_and_mirrored_recordings_are_set_upright(tmp_path, rotation, mirrored, max_side):
    path = make_video(tmp_path / "turned.mp4", AT_30[:5], rotation=rotation, mirrored=mirrored)
    source = VideoFile(path, max_side)
    frames = list(source)
    assert (source.info.width, source.info.height) == (96, 64)
    assert frames[0].rgb.shape == ((64, 96, 3) if max_side is None else (32, 48, 3))
    assert all(corners_of(frame.rgb) == UPRIGHT for frame in frames)
    assert [index_of(frame.rgb) for frame in frames] == list(range(5))


@pytest.mark.parametrize(("aspect", "size"), [(Fraction(4, 3), (128, 64)), (Fraction(1, 2), (96, 128))])
def test_pixels_that_are_not_square_are_stretched(tmp_path, aspect, size):
    source = VideoFile(make_video(tmp_path / "wide.mkv", AT_30[:3], pixel_aspect=aspect))
    assert (source.info.width, source.info.height) == size
    assert [frame.rgb.shape[1::-1] for frame in source] == [size] * 3


def test_scaled_frames_say_by_how_much(tmp_path):
    path = make_video(tmp_path / "large.mp4", AT_30[:2], size=(1920, 1080))
    (frame, _) = VideoFile(path, max_side=640)
    assert frame.rgb.shape == (360, 640, 3)
    assert frame.scale == 3.0
    assert VideoFile(path, max_side=4000).info.width == 1920
    assert next(iter(VideoFile(path, max_side=4000))).scale == 1.0


def test_the_file_is_described(tmp_path):
    path = make_video(tmp_path / "a.mp4", AT_30, audio="aac")
    info = VideoFile(path).info
    assert info.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert info.duration_s == pytest.approx(1.5)
    assert (info.frames, info.nominal_fps, info.codec) == (45, 30.0, "h264")


def test_each_iteration_starts_anew_and_closing_ends_it(tmp_path):
    with VideoFile(make_video(tmp_path / "a.mp4", AT_30)) as source:
        assert [f.index for f in source] == [f.index for f in source]
        frames = iter(source)
        next(frames)
    assert len(list(source)) == source.frames_read == 45
    assert source.end_s == pytest.approx(1.5)


def test_cover_art_is_no_video(tmp_path):
    path = tmp_path / "song.mp3"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("libmp3lame", rate=48000, layout="mono")
        art = container.add_stream("png", rate=1)
        art.width, art.height, art.pix_fmt = 96, 64, "rgb24"
        art.disposition = av.stream.Disposition.attached_pic
        container.mux(art.encode(av.VideoFrame.from_ndarray(picture(0))))
        samples = av.AudioFrame.from_ndarray(np.zeros((1, 1152), np.float32), "fltp", "mono")
        samples.sample_rate = 48000
        container.mux(sound.encode(samples))
        container.mux(sound.encode())
    with pytest.raises(InputError, match=r"song\.mp3 has only sound"):
        VideoFile(path)


def test_a_pause_and_a_scene_cut_are_marked_and_movement_is_not(tmp_path):
    times = tuple(k / 30 for k in range(30)) + tuple(2 + k / 30 for k in range(30))
    scenes = [0] * 45 + [2] * 15
    path = make_video(tmp_path / "cut.mp4", times, scenes=scenes, options={"crf": "18"})
    assert [frame.index for frame in VideoFile(path) if frame.cut] == [30, 45]


def test_a_slow_animation_is_not_all_pauses(tmp_path):
    path = make_video(tmp_path / "slow.gif", tuple(range(6)), **GIF)
    assert not any(frame.cut for frame in VideoFile(path))


def test_a_change_of_light_is_no_scene_cut():
    scene = _Scene()
    changes = [scene.changed(rgb) for rgb in [picture(1)] * 3 + [picture(1) // 3 + 150] * 3]
    assert not any(changes)


@pytest.mark.parametrize(
    ("stated", "placed"),
    [
        ([5.0, 5.1, 5.2], [0, 0.1, 0.2]),
        ([None, None, None], [0, 0.1, 0.2]),
        ([1.0, None, 1.3], [0, 0.1, 0.3]),
        ([0.0, 0.1, 0.1, 0.05, 0.2], [0, 0.1, None, None, 0.2]),  # repeats are left out
        ([100.0, 100.1, 0.0, 0.2], [0, 0.1, 0.2, 0.4]),  # joined files: the clock begins again
        ([-0.5, 0.0], [0, 0.5]),
    ],
)
def test_times_start_at_zero_and_rise(stated, placed):
    clock = _Clock(0.1)
    assert [clock.place(t) for t in stated] == [p if p is None else pytest.approx(p) for p in placed]


def test_a_new_clock_is_a_cut():
    clock = _Clock(0.1)
    for stated in (100.0, 100.1, 0.0):
        clock.place(stated)
    assert clock.step_s == float("inf")


def _seconds(sentence: str) -> float:
    return float(sentence.split("the last ")[1].split(" s")[0])


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("a.mp4", {"container_options": {"movflags": "faststart"}, "audio": "aac"}),
        ("a.mkv", {"audio": "aac"}),
        ("a.webm", VP9),
        ("a.avi", MJPEG),
    ],
)
@pytest.mark.parametrize("damage", ["cut off", "zeroed"])
def test_a_damaged_end_is_read_as_far_as_it_goes_and_the_loss_said(tmp_path, name, made, damage):
    path = make_video(tmp_path / name, LONG, **made)
    data = path.read_bytes()
    kept = int(len(data) * 0.6)
    path.write_bytes(data[:kept] + (bytes(len(data) - kept) if damage == "zeroed" else b""))
    source = VideoFile(path)
    frames = list(source)
    assert [index_of(frame.rgb) for frame in frames[:-2]] == list(range(len(frames) - 2))
    assert 1.0 < frames[-1].time_s < 4.5
    assert source.loss is not None
    assert source.loss.endswith("of 5.0 s could not be decoded")
    assert _seconds(source.loss) == pytest.approx(5 - source.end_s, abs=0.25)


def test_a_damaged_middle_is_passed_over_and_the_loss_said(tmp_path):
    path = make_video(tmp_path / "a.mp4", LONG, options={"g": "15", "bf": "0"})
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + len(data) // 20] = bytes(len(data) // 20)
    path.write_bytes(data)
    source = VideoFile(path)
    frames = list(source)
    assert frames[-1].time_s == pytest.approx(149 / 30)
    assert 100 < len(frames) < 150
    assert source.loss is not None
    assert "in between of 5.0 s could not be decoded" in source.loss


def test_a_gif_cut_off_says_so(tmp_path):
    path = make_video(tmp_path / "a.gif", AT_30, **GIF)
    path.write_bytes(path.read_bytes()[:-9000])
    source = VideoFile(path)
    assert 20 < len(list(source)) < 45
    assert source.loss is not None
    assert "cut off" in source.loss


def _broken(folder: Path, what: str) -> Path:
    path = folder / "thing.mp4"
    if what == "folder":
        path.mkdir()
    elif what == "empty":
        path.touch()
    elif what == "text":
        path = folder / "thing.txt"
        path.write_text("Not a video, but FFmpeg would show it as one.\n" * 40)
    elif what == "noise":
        path.write_bytes(np.random.default_rng(1).bytes(20000))
    elif what == "playlist":
        make_video(folder / "real.mp4", AT_30[:2])
        path = folder / "list.m3u8"
        path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nreal.mp4\n#EXT-X-ENDLIST\n")
    elif what == "photo":
        make_video(folder / "p.png", AT_30[:1], codec="png", pix_fmt="rgb24")
        path = folder / "p.png"
    elif what == "sound":
        make_sound(path)
    elif what == "headless":
        path.write_bytes(make_video(path).read_bytes()[:-1200])
    elif what == "no picture":
        data = make_video(path, container_options={"movflags": "faststart"}).read_bytes()
        start = data.index(b"mdat") + 4
        path.write_bytes(data[:start] + bytes(len(data) - start))
    elif what == "fifo":
        os.mkfifo(path)
    return path


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("missing", "is not there"),
        ("folder", "is a folder"),
        ("empty", "is empty"),
        ("text", "is not a video"),
        ("noise", "is not a video"),
        ("playlist", "is not a video"),
        ("photo", "is not a video"),
        ("sound", "has only sound"),
        ("headless", "was cut off before its index"),
        ("no picture", "holds no picture that can be decoded"),
        pytest.param(
            "fifo", "is not a plain file", marks=pytest.mark.skipif(os.name == "nt", reason="no fifo")
        ),
    ],
)
def test_what_can_not_be_read_gets_one_sentence_that_names_it(tmp_path, what, reason):
    path = _broken(tmp_path, what)
    with pytest.raises(InputError) as caught:
        VideoFile(path)
    assert str(caught.value).startswith(f"{path} {reason}")
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read all")
def test_a_file_without_permission(tmp_path):
    path = make_video(tmp_path / "mine.mp4", AT_30[:2])
    path.chmod(0)
    with pytest.raises(InputError, match=r"mine\.mp4 can't be opened"):
        VideoFile(path)
