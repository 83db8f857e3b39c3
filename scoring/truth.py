"""What a clip with truth says about itself: the ``.json`` beside each rendered clip."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from attune import InputError

# Truth's own names -> ours.
NUMBERS = {
    "head_yaw_to_lens": "head_yaw_to_lens_deg",
    "head_pitch_to_lens": "head_pitch_to_lens_deg",
    "head_roll": "head_roll_deg",
    "gaze_to_lens": "gaze_to_lens_deg",
    "blink": "blink",
    "torso_yaw": "torso_yaw_deg",
    "lens_yaw": "lens_yaw_deg",
    "lean": "lean_deg",
}
WORDS = ("target", "arms")
EVENT_FIELDS = ("kind", "start_s", "end_s", "cycles", "hz", "amplitude_deg")
GROUPS = ("skin_tone", "age_band", "gender", "glasses", "light")

# The rendered people's skins, named after the tone of the texture; a mix counts as its texture.
_SKIN_TONES = {"african": "dark", "asian": "medium", "caucasian": "light"}
_AGE_BANDS = ((35, "under 35"), (55, "35 to 54"), (np.inf, "55 and over"))


def read_truth(path: Path) -> dict[str, Any]:
    """The truth of one clip.

    Raises
    ------
    InputError
        When the file can't be read or isn't truth.
    """
    try:
        truth = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path.name} can't be read ({error.strerror})") from None
    except ValueError:
        raise InputError(f"{path.name} is not JSON") from None
    if not isinstance(truth, dict) or not truth.get("frames") or not truth.get("subjects"):
        raise InputError(f"{path.name} is not a clip's truth: 'frames' or 'subjects' is missing")
    return truth


def frame_truth(truth: Mapping[str, Any], person: int, time_s: np.ndarray) -> pd.DataFrame:
    """Truth at the frames nearest to `time_s`, one row each; columns `NUMBERS` (ours) and `WORDS`."""
    at = np.array([frame["time_s"] for frame in truth["frames"]])
    after = np.clip(np.searchsorted(at, time_s), 1, max(len(at) - 1, 1))
    nearest = np.where(np.abs(at[after - 1] - time_s) <= np.abs(at[np.minimum(after, len(at) - 1)] - time_s),
                       after - 1, np.minimum(after, len(at) - 1))  # fmt: skip
    rows = [truth["frames"][i][f"p{person}"] for i in nearest]
    table = {ours: np.array([row[name] for row in rows], np.float32) for name, ours in NUMBERS.items()}
    return pd.DataFrame(table | {name: [row[name] for row in rows] for name in WORDS})


def attributes(subject: Mapping[str, Any], light: str) -> dict[str, str]:
    """The groups a person belongs to, by the names in `GROUPS`."""
    tones = [tone for word, tone in _SKIN_TONES.items() if word in subject["skin"].split("_")]
    return {
        "skin_tone": tones[0] if tones else "unknown",
        "age_band": next(name for below, name in _AGE_BANDS if subject["age"] < below),
        "gender": "male" if subject["gender"] else "female",
        "glasses": "glasses" if subject.get("glasses") else "none",
        "light": light,
    }
