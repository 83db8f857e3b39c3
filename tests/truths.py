"""Truth with known answers: of one person frame by frame, and as the file beside a clip."""

import numpy as np

from scoring.truth import Movement, Truth


def truth(time_s, movements=(), person="ada", **columns) -> Truth:
    """Somebody who looks into the lens, arms on the desk, unless said otherwise."""
    n = len(time_s)
    numbers = dict.fromkeys(
        ("head_yaw_to_lens", "head_pitch_to_lens", "head_roll", "gaze_to_lens", "blink", "torso_yaw"), 0.0
    )
    values = numbers | {"eye_x": 300.0, "eye_y": 100.0, "target": "lens", "arms": "desk"} | columns
    frames = {name: np.broadcast_to(np.asarray(value), n) for name, value in values.items()}
    return Truth(
        "clip", None, person, "largest", {"gender": "female"}, time_s, frames,
        tuple(Movement(*one) for one in movements),
    )  # fmt: skip


def frame(time_s=0.0, **changes):
    """One frame of a truth's file, with one person; ``changes`` are that person's."""
    values = {
        "head_yaw_to_lens": 1.0, "head_pitch_to_lens": 2.0, "head_roll": 3.0, "gaze_to_lens": 4.0,
        "target": "lens", "blink": 0.0, "arms": "desk", "torso_yaw": 0.0, "eye_px": [300.0, 100.0],
    }  # fmt: skip
    return {"time_s": time_s, "p0": values | changes}


def clip_truth(**changes):
    """What a truth's file holds; ``changes`` replace its parts."""
    subject = {"gender": 0, "age": 50, "race": [0, 0, 1], "skin": "old_caucasian_female", "clothes": ["a"]}
    event = {"kind": "nod", "start_s": 1.0, "end_s": 2.0, "amplitude_deg": 6.0}
    whole = {
        "video": "clip.mp4", "light": "dim", "kind": "solo", "subjects": [subject],
        "people": [{"events": [event]}], "frames": [frame(0.0), frame(0.04)],
    }  # fmt: skip
    return whole | changes
