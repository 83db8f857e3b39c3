"""`attune analyze` against MediaPipe's ready-made ways: python tests/benchmarks/speed.py [SECONDS]

Attune's time is that of the whole command, from the start of Python to the stored session, decoding
included. The others' is only that of their calls on pictures that are decoded already.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("GLOG_minloglevel", "2")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import mediapipe as mp
from _common import SAMPLE, attune, machine, repeated

from scoring.resources import sample_path
from vision.source import VideoFile

SECONDS = 60.0
HOLISTIC_TARGET, FACE_AND_POSE_TARGET = 3.0, 1.8


def timed(video: Path, process: Callable) -> tuple[float, int]:
    """Seconds spent in `process` over every picture of the video, and how many there were."""
    spent_s, frames = 0.0, 0
    for frame in VideoFile(video):
        started = time.perf_counter()
        process(frame.rgb)
        spent_s += time.perf_counter() - started
        frames += 1
    return spent_s, frames


def holistic(video: Path) -> tuple[float, int]:
    with mp.solutions.holistic.Holistic(model_complexity=1, refine_face_landmarks=True) as whole:
        return timed(video, whole.process)


def face_and_pose(video: Path) -> tuple[float, int]:
    with (
        mp.solutions.face_mesh.FaceMesh(refine_landmarks=True) as face,
        mp.solutions.pose.Pose(model_complexity=1) as pose,
    ):
        return timed(video, lambda rgb: (face.process(rgb), pose.process(rgb)))


if __name__ == "__main__":
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    with tempfile.TemporaryDirectory() as folder:
        clip = repeated(sample_path(SAMPLE), Path(folder) / "minute.mp4", seconds)
        # Once before and once after the others, in case the machine is busier at one time than another.
        runs_s = []
        runs_s.append(attune("analyze", clip, "--no-video", "--out", Path(folder) / "before").wall_s)
        holistic_s, frames = holistic(clip)
        both_s, _ = face_and_pose(clip)
        runs_s.append(attune("analyze", clip, "--no-video", "--out", Path(folder) / "after").wall_s)
    ours_s = sum(runs_s) / len(runs_s)
    print(machine())
    print(f"{frames} frames of 720p, {seconds:g} s")
    print(f"attune analyze --no-video  {ours_s:6.1f} s  ({', '.join(f'{run:.1f}' for run in runs_s)})")
    for name, theirs_s, target in (
        ("Holistic on every frame", holistic_s, HOLISTIC_TARGET),
        ("FaceMesh, then Pose", both_s, FACE_AND_POSE_TARGET),
    ):
        ratio = theirs_s / ours_s
        print(f"{name:25s}  {theirs_s:6.1f} s  {ratio:.2f} times as long (target {target:g} or more)")
