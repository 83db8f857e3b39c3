"""``python -m scoring.follow_recording FOLDER LIBRARY``: measure a recording while a browser still sends it.

It follows the growing file in the recording's folder, says what it measures on standard output, and once the
file ``ended`` is there stores the session. It ends with the server that started it; what has arrived by then
is an unfinished recording like any other.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from attune import InputError
from scoring.cue import Cue
from scoring.files import read_json
from scoring.finishing import become_session, playable
from scoring.live_report import Reporter
from scoring.measures import Measures
from scoring.process import when_parent_ends
from scoring.profile import Profile
from scoring.recorder import NOTHING, Taken
from scoring.session import LANDMARKS
from scoring.unfinished import ENDED, NOTE, video_of
from vision.growing import GrowingVideo
from vision.source import Frame, SourceInfo
from vision.target import Target
from vision.writer import Mp4Recorder, with_sound

LATE_S = 4.0  # Further behind than this every second picture is measured: still enough for nods.
ENCODED = "encoded.mp4"
_LOOK_S = 0.1


def main(folder: Path, library: Path) -> int:
    """Follow, measure and store; exit status 0 where the reporter said how it ended."""
    when_parent_ends(lambda: os._exit(1))
    with Reporter() as reporter:
        encoding = Encoding(folder)
        taken = _taken(folder, encoding, reporter)
        reporter.progress(None)
        result = become_session(folder, encoding.whole(), library, taken, reporter.analysed)
        reporter.done(result.session.name)
    return 0


class Encoding:
    """The recording for players: browsers that don't send H.264 have it encoded here, while it arrives.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._along: Mp4Recorder | None = None

    def begin(self, info: SourceInfo) -> None:
        """The first picture is there: so it is known what the browser sends."""
        if info.codec != "h264":
            self._along = Mp4Recorder(self._folder / ENCODED, info.nominal_fps)

    def picture(self, frame: Frame) -> None:
        """The next picture."""
        if self._along is not None:
            self._along.write(frame.time_s, frame.rgb)

    def whole(self) -> Path:
        """The recording as `scoring.finishing.playable` gives it."""
        video = video_of(self._folder)
        assert video is not None
        if self._along is None:
            return playable(video)
        self._along.finish()
        whole = video.with_suffix(".mp4")
        with_sound(self._along.path, video, whole)
        video.unlink()
        return whole


def _taken(folder: Path, encoding: Encoding, reporter: Reporter) -> Taken:
    """What was recorded, once all of it is measured."""
    note = read_json(folder / NOTE)
    profile = Profile.load(note["options"]["profile"])
    measures = Measures(folder / LANDMARKS, profile, Target.parse(note["options"]["target"]))
    cue = Cue(profile.bands["longest_gaze_away_s"].high)
    try:
        video = _arriving(folder)
        encoding.begin(video.info)
        frames = 0
        for frame in _cut_at_pauses(video, folder):
            frames += 1
            encoding.picture(frame)
            behind_s = video.behind_s(frame.time_s)
            measures.offer(frame, busy=behind_s > LATE_S and frame.index % 2 == 1, wait=True)
            if measures.latest is not None:
                live = measures.latest[0]
                reporter.measured(live, cue.push(live), behind_s)
            if _ended(folder):
                reporter.progress(video.read_share)
        if not frames:
            raise InputError(NOTHING)
        return Taken(
            frames, 0, frame.time_s, (), measures.finish(),
            measures.faces_seen, measures.pace, video.info.has_audio, video.loss,
        )  # fmt: skip
    finally:
        measures.close()


def _arriving(folder: Path) -> GrowingVideo:
    """The recording, once its first picture is there."""
    while (path := video_of(folder)) is None:
        if _ended(folder):
            raise InputError(NOTHING)
        time.sleep(_LOOK_S)
    return GrowingVideo(path, lambda: _ended(folder))


def _cut_at_pauses(video: GrowingVideo, folder: Path) -> Iterator[Frame]:
    """The pictures; tracking starts afresh at each that follows a pause."""
    looked, pauses, passed = 0, [], 0
    for frame in video:
        changed = (folder / NOTE).stat().st_mtime_ns
        if changed != looked:
            looked, pauses = changed, read_json(folder / NOTE)["pauses"]
        cut = passed < len(pauses) and frame.time_s >= pauses[passed]
        while passed < len(pauses) and frame.time_s >= pauses[passed]:
            passed += 1
        yield replace(frame, cut=frame.cut or cut)


def _ended(folder: Path) -> bool:
    return (folder / ENDED).exists()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
