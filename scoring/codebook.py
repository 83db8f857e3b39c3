"""What every column of every table means: for exports, and as the page ``docs/codebook.md``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import TYPE_CHECKING

from scoring.events import KINDS
from scoring.eye_contact import BLINK_MAX_S, BLINK_SHARE
from vision.signals import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

EVENT_ABOUT = {
    "person": ("", "staff, client, or dyad for what belongs to both"),
    "kind": ("", "what was seen, or not_measurable"),
    "start_s": ("s", "start, since the first frame"),
    "end_s": ("s", "end; the event covers start_s <= t < end_s"),
    "peak_prob": ("1", "largest probability in the event"),
    "coverage": ("1", "share of the event's time in which it was measured"),
    "cycles": ("1", "down-up or left-right movements"),
    "amplitude_deg": ("deg", "size of the movement"),
    "lag_s": ("s", "+ client after staff, - staff after client"),
    "cue": (
        "",
        "of not_measurable: what could not be measured: eye_contact, posture, nod (and shakes), speech, "
        "mirroring or mutual_eye_contact",
    ),
    "reason": ("", "of not_measurable: why"),
}
SCORE_ABOUT = {
    "session": ("", "id of the session"),
    "person": EVENT_ABOUT["person"],
    "score": ("", "name of the score"),
    "value": ("see unit", "empty: not measurable, see reason"),
    "unit": ("", "share (0 to 1), s, count, per_min, z (Fisher's), p"),
    "ci_low": ("see unit", "lower end of the 95 % interval"),
    "ci_high": ("see unit", "upper end of the 95 % interval"),
    "coverage": (
        "1",
        "share of the session in which it could be measured; for listening_… and speaking_…, of that time",
    ),
    "reason": ("", "why there is no value or no interval"),
}
BATCH_ABOUT = {
    "session": ("", "the recording's id in the batch: from the manifest, else the file's name"),
    "group": ("", "from the manifest; empty without one"),
    "…": (
        "",
        "in scores: every other column of the manifest, as it was written there, by its name; one whose name "
        "is taken here gets covariate_ before it",
    ),
}
FAILURE_ABOUT = {
    "id": ("", "as in the other tables; empty where a row or a name on the command line can't be used"),
    "path": ("", "as it was named; empty in an anonymised batch"),
    "reason": ("", "why it could not be analysed, and what to do"),
}
AGREEMENT_ABOUT = {
    "session": ("", "id of the session: its folder's name"),
    "person": EVENT_ABOUT["person"],
    "kind": ("", "as in events"),
    "coder": ("", "who coded"),
    "compared_s": ("s", "time that both could judge"),
    "left_out_share": ("1", "of the time that was coded, what one of them could not judge"),
    "coder_share": ("1", "of the compared time, as the coder says; empty: coded as moments, or no such time"),
    "attune_share": ("1", "of the compared time, as Attune says; empty likewise"),
    "kappa": ("1", "Cohen's, of time units; empty: not defined, see reason"),
    "pabak": ("1", "the same adjusted for prevalence and bias; empty: no time was compared"),
    "f1_0.3": ("1", "of events matched at an intersection over union of .3; empty: neither has an event"),
    "f1_0.5": ("1", "the same at .5"),
    "reason": ("", "why kappa has no value"),
}
LANDMARK_ABOUT = {
    "time_s": ("s", "as in signals"),
    "frame": ("1", "as in signals"),
    "person": ("", "staff or client"),
    "face_x_px": ("px", "as in signals"),
    "face_y_px": ("px", "as in signals"),
    "face_height_px": ("px", "as in signals"),
    "face": (
        "face heights",
        "x, y of the face's drawn points from face_x_px, face_y_px; + image right, + image down",
    ),
    "pose": (
        "picture widths, heights, 1",
        "x, y and visibility (0 to 1) of the body's drawn points, held from one look at the body to the next",
    ),
}
KIND_ABOUT = {
    "eye_contact": "gaze at the target (the lens, a calibrated direction, or the other's face)",
    "gaze_away": "gaze measured and not at the target",
    "open_posture": "arms uncrossed and trunk turned to the target",
    "closed_posture": "arms crossed or folded before the trunk",
    "nod": "one or more down-up cycles of the head",
    "shake": "one or more left-right cycles of the head",
    "backchannel_nod": "a nod that begins while its person listens (there is an event nod of it, too)",
    "speech": "a person speaks, as given with --speech or found in the sound; also of one off camera",
    "mirroring": "one person's movement follows the other's within a lag, more than by chance",
    "mutual_eye_contact": "both in eye contact at the same time",
    "not_measurable": "a cue could not be measured; cue says which, reason why",
}
SCORES_ABOUT = {
    "eye_contact_share": ("share", "of the measured time, in eye contact"),
    "eye_contact_mean_bout_s": ("s", "mean length of an event eye_contact"),
    "longest_gaze_away_s": ("s", "longest event gaze_away"),
    "open_posture_share": ("share", "of the measured time, in open posture"),
    "closed_posture_share": ("share", "of the measured time, in closed posture"),
    "facing_share": ("share", "of the measured time, trunk within 20 degrees of the target"),
    "nod_count": ("count", "events nod"),
    "nods_per_min": ("per_min", "events nod, per minute of measured time"),
    "shake_count": ("count", "events shake"),
    "listening_eye_contact_share": ("share", "of the measured time in which this person listens"),
    "speaking_eye_contact_share": ("share", "of the measured time in which this person speaks"),
    "listening_nods_per_min": ("per_min", "events backchannel_nod, per measured minute of listening"),
    "speaking_nods_per_min": ("per_min", "nods that begin while speaking, per measured minute of it"),
    "mirroring_z": ("z", "strength: mean Fisher z at the strongest lag"),
    "mirroring_p": ("p", "chance of that much without coordination; both directions, all channels"),
    "mirroring_share": ("share", "of the measured time, in events mirroring"),
    "mirroring_lag_s": ("s", "+ client follows staff, - staff follows client"),
    "staff_follows_p": ("p", "as mirroring_p, for staff following the client"),
    "client_follows_p": ("p", "as mirroring_p, for the client following staff"),
    "mutual_eye_contact_share": ("share", "of the time measured in both, both in eye contact"),
}


SPEECH_ABOUT = (
    "A person listens while the other one speaks and they don't, and speaks while the other one doesn't; "
    "while both speak they do neither. Without `--speech` these scores are not measurable."
)
BLINKS_ABOUT = (
    f"Eye contact isn't measured in blinks: while the lids are closer than {BLINK_SHARE:g} of the person's "
    f"median `eye_openness`, for up to {BLINK_MAX_S:g} s."
)


def codebook(found: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per column of the tables: unit, range, sign, meaning. NaN everywhere means not measurable."""
    import pandas as pd

    rows = []
    for table, about in (("events", EVENT_ABOUT), ("scores", SCORE_ABOUT)):
        for name in found[table].columns:
            unit, words = about[name]
            rows.append({"table": table, "column": name, "unit": unit, "about": words})
    for name in found["signals"].columns:
        column = COLUMNS[name]
        rows.append(
            {
                "table": "signals", "column": name, "unit": column.unit, "low": column.low,
                "high": column.high, "sign": column.sign, "about": column.about,
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=["table", "column", "unit", "low", "high", "sign", "about"])


def markdown() -> str:
    """The page ``docs/codebook.md``."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    from scoring.measurable import REASONS

    yield "# Codebook"
    yield ""
    yield "Made by `python -m scoring.codebook > docs/codebook.md`; a test keeps it equal to the code."
    yield ""
    yield (
        "An empty cell (NaN) means *not measurable*, never 0. Times are seconds since the first frame, "
        "left and right the subject's own. `attune export --to csv` puts this table beside the others."
    )
    yield ""
    yield "## scores"
    yield ""
    yield "`scores.csv` and `scores.parquet` of a batch, `scores` of an export: one row per person and score."
    yield from _columns(SCORE_ABOUT)
    yield "A batch has these beside them, and in its `events.parquet` the first two:"
    yield from _columns(BATCH_ABOUT)
    yield "`failures.csv` of a batch, where something failed:"
    yield from _columns(FAILURE_ABOUT)
    yield "What `score` may be:"
    yield from _table(("score", "unit", "meaning"), [(f"`{n}`", *of) for n, of in SCORES_ABOUT.items()])
    yield SPEECH_ABOUT
    yield ""
    yield BLINKS_ABOUT
    yield ""
    yield "## events"
    yield ""
    yield "`events.csv` of a session, `events.parquet` of a batch: one row per event."
    yield from _columns(EVENT_ABOUT)
    yield "What `kind` may be (in ELAN a tier `KIND@PERSON`, in BORIS a behaviour of its subject):"
    yield from _table(("kind", "meaning"), [(f"`{kind}`", KIND_ABOUT[kind]) for kind in KINDS])
    yield "What `reason` may be:"
    yield from _table(("reason", "meaning"), [(f"`{name}`", words) for name, words in REASONS.items()])
    yield "## agreement"
    yield ""
    yield "`by_session` in what `attune agree --json` prints: one row per session, person, kind and coder."
    yield from _columns(AGREEMENT_ABOUT)
    yield "## signals"
    yield ""
    yield "`signals.parquet` of a session: one row per frame and person."
    yield from _table(
        ("column", "unit", "range", "sign", "meaning"),
        [
            (f"`{c.name}`", c.unit, _range(c.low, c.high, c.dtype), c.sign, c.about)
            for c in COLUMNS.values()
        ],
    )  # fmt: skip
    yield "## landmarks"
    yield ""
    yield "`landmarks.parquet` of a session that is not anonymised, what is drawn over its video: as signals."
    yield from _columns(LANDMARK_ABOUT)


def _range(low: float, high: float, dtype: str) -> str:
    if dtype == "bool":
        return "true, false"
    if isfinite(low):
        return f"{low:g} to {high:g}" if isfinite(high) else f"{low:g} or more"
    return ""


def _columns(about: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    """A table's columns, with the unit and the meaning of each."""
    return _table(("column", "unit", "meaning"), [(f"`{name}`", *of) for name, of in about.items()])


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    yield ""
    for row in (header, ("---",) * len(header), *rows):
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


if __name__ == "__main__":
    print(markdown(), end="")
