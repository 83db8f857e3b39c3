"""How far apart views of one person, and of two, are: python tests/benchmarks/appearance.py [FOLDER]

FOLDER holds clips with their truth beside them (default: the bundled ones). Once a second each face is
compared with what was remembered of the same person before, and with what is remembered of each other
person at the end of their clip. SAME in `vision/appearance.py` has to lie between the two.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("GLOG_minloglevel", "2")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

from scoring.resources import sample_path
from vision.appearance import NEAR, SAME, Look, View, view_of
from vision.follow import all_faces
from vision.landmarks import FaceDetector
from vision.source import VideoFile

FIRST = 3  # Views that are remembered before the first comparison.


def people(clip: Path, detector: FaceDetector) -> Iterator[tuple[str, list[View]]]:
    """Who is in a clip (from the truth, so that one person in two clips is one) and their views."""
    truth = json.loads(clip.with_suffix(".json").read_text())
    times_s = np.array([row["time_s"] for row in truth["frames"]])
    views: dict[int, list[View]] = {}
    next_s = 0.0
    with VideoFile(clip, 1280) as video:
        for frame in video:
            if frame.time_s < next_s:
                continue
            next_s = frame.time_s + 1
            row = truth["frames"][int(np.abs(times_s - frame.time_s).argmin())]
            boxes = all_faces(detector, frame.rgb)
            for k, box in enumerate(boxes):
                whose = _whose(row, box * frame.scale)
                if whose is not None:
                    beside = np.delete(boxes, k, axis=0)
                    views.setdefault(whose, []).append(view_of(frame.rgb, box, beside))
    for k, found in views.items():
        yield json.dumps(truth["subjects"][k], sort_keys=True), found


def _whose(row: dict, box: np.ndarray) -> int | None:
    for k in range(2):
        x, y = row.get(f"p{k}", {}).get("eye_px", (np.nan, np.nan))
        if box[0] <= x <= box[2] and box[1] <= y <= box[3]:
            return k
    return None


def line(name: str, distances: list[float]) -> None:
    found = np.array([one for one in distances if one == one])
    if len(found):
        spread = " ".join(f"{value:.3f}" for value in np.percentile(found, [0, 1, 5, 50, 95, 99, 100]))
        print(f"{name:26} {len(found):6}  {spread}  {np.mean(found <= SAME):.3f} within SAME")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else sample_path("clips")
    within, looks, seen = [], {}, {}
    with FaceDetector() as detector:
        for clip in sorted(folder.glob("*.mp4")):
            for person, views in people(clip, detector):
                look = Look()
                for k, one in enumerate(views):
                    if k > FIRST:
                        within.append(look.distance(one))
                    look.remember(one)
                name = f"{clip.stem} {person}"
                looks[name], seen[name] = look, views
    between = [
        look.distance(view)
        for name, look in looks.items()
        for other, views in seen.items()
        if name.split(" ", 1)[1] != other.split(" ", 1)[1]
        for view in views
    ]
    print(f"{len(looks)} people in clips; SAME {SAME}, NEAR {NEAR}")
    print(f"{'':26} {'views':>6}  min   1 %   5 %   50 %  95 %  99 %  max")
    line("one person, before", within)
    line("another person", between)


if __name__ == "__main__":
    main()
