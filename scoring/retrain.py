"""Train the classifiers again from the landmark tables: `attune retrain`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from attune import InputError, OutputError, UsageError
from models import cards, metrics
from models.classifier import FOLDER, NAMES
from scoring.constants import Fitted, gaze_constants, torso_constants
from scoring.nod import nod_events
from scoring.profile import Profile
from scoring.terminal import say
from scoring.training_data import FOLDER as DATA
from scoring.training_data import MIRRORING, Take, read_training_data
from scoring.truth import Movement, match
from vision.measure import measure, to_signals

VERSION = "1"
TITLES = {
    "eye_contact": ("Eye contact", "Is the line of sight at the target in this frame?"),
    "posture": ("Posture", "Are the arms crossed before the trunk (closed), open and facing, or neither?"),
    "nod": ("Nod", "Does the head nod, shake, or neither, .4 s before the window's end?"),
    "mirroring": ("Mirroring", "Does one of two people, around this moment, move as the other did before?"),
}


CONSTANTS = {"gaze": gaze_constants, "torso": torso_constants}

try:
    from models.training import Recording, Trained
except ModuleNotFoundError as error:
    raise InputError(f"training needs {error.name}: install attune[train]") from None


def retrain(names: Iterable[str], data: Path = DATA, out: Path = FOLDER) -> None:
    """Fit the named models (all without a name) and write model.onnx, card.toml and card.md of each.

    ``gaze`` and ``torso`` print fitted constants of `vision` beside those in use.

    Raises
    ------
    UsageError
        When a name is not that of a model or of constants.
    InputError
        When the landmark tables can't be read, or what training needs isn't installed.
    OutputError
        When a file can't be written.
    """
    names = list(names) or list(NAMES)
    unknown = [name for name in names if name not in (*NAMES, *CONSTANTS)]
    if unknown:
        raise UsageError(f"'{unknown[0]}' is not known: use {', '.join((*NAMES, *CONSTANTS))}")
    takes = read_training_data(data)
    for name in names:
        if name in CONSTANTS:
            _print_constants(CONSTANTS[name](takes))
    models = [name for name in names if name in NAMES]
    recordings = [recording(take) for take in takes] if models else []
    for name in models:
        say(f"{name}: training")
        _retrain(name, recordings, out / name)


def _print_constants(fitted: Fitted) -> None:
    print("constant                  fitted   in use")
    for name, (now, used) in fitted.items():
        print(f"{name:22} {now:9.2f} {used:8.2f}")


def _retrain(name: str, recordings: Sequence[Recording], folder: Path) -> None:
    module = import_module(f"models.{name}.train")
    trained = module.train(recordings)
    card = card_of(name, module, trained, recordings)
    notes = (FOLDER / name / "notes.md").read_text(encoding="utf-8")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "model.onnx").write_bytes(trained.onnx)
        (folder / "card.toml").write_text(cards.to_toml(card), encoding="utf-8")
        (folder / "card.md").write_text(cards.to_markdown(card, notes), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{error.filename} can't be written ({error.strerror})") from None
    say(f"{name}: F1 {card['held_out']['f1']:.3f} on persons never seen in training")


def recording(take: Take) -> Recording:
    """What the models' trainers get of a take: signals as in an analysis, and the truth."""
    table = to_signals(measure(take.seen, *take.size_px)).table
    return Recording(
        take.clip, take.person_id, take.groups,
        {name: table[name].to_numpy() for name in table}, {n: take.truth[n].to_numpy() for n in take.truth},
        take.events,
    )  # fmt: skip


def card_of(
    name: str, module: ModuleType, trained: Trained, recordings: Sequence[Recording]
) -> dict[str, Any]:
    """The card's contents; every metric is of held-out persons."""
    rows, number, place = module.rows(recordings)
    positive = module.CLASSES.index(module.POSITIVE)
    prob = trained.held_out[:, positive].astype(float)
    judged = rows.labels >= 0
    if hasattr(module, "judged"):
        judged &= module.judged(recordings, number, place)
    true, persons = rows.labels == positive, np.array([recordings[i].person for i in number])

    def of(mask: np.ndarray) -> dict[str, Any]:
        mask = mask & judged
        return metrics.summary(prob[mask], true[mask], persons[mask])

    groups = []
    for kind in recordings[0].groups if getattr(module, "GROUPED", True) else ():
        group = np.array([recordings[i].groups[kind] for i in number])
        for value in sorted(set(group) - {""}):
            if (judged & (group == value)).any():
                groups.append({"kind": kind, "group": value, **of(group == value)})
    title, about = TITLES[name]
    features = import_module(f"models.{name}.features")
    card = {
        "name": name, "version": VERSION, "title": title, "about": about,
        "sha256": hashlib.sha256(trained.onnx).hexdigest(), "positive": module.POSITIVE,
        "features": list(features.FEATURES), "classes": list(features.CLASSES), "fit": trained.facts,
        "held_out": of(np.ones(len(rows), bool)),
    }  # fmt: skip
    if hasattr(module, "views"):
        views = module.views(recordings, number, place)
        card["views"] = [{"name": view, **of(mask)} for view, mask in views.items()]
    if name == "nod":
        events = held_out_events(trained, recordings, number, place)
        card["events"] = [{"name": kind, **found} for kind, found in events.items()]
    return card | {"groups": groups}


def held_out_events(
    trained: Trained, recordings: Sequence[Recording], number: np.ndarray, moment_s: np.ndarray
) -> dict[str, dict[str, Any]]:
    """Nods and shakes of 5 degrees and more as events, with the default profile's hysteresis."""
    hysteresis = Profile.load("default").hysteresis
    counts: dict[str, list] = {"nod": [], "shake": []}
    for i in np.unique(number):
        mine = number == i
        table = _probabilities(recordings[i], moment_s[mine], trained.held_out[mine])
        events = nod_events(table, "staff", hysteresis)
        movements = [
            Movement(e["kind"], e["start_s"], e["end_s"], e["amplitude_deg"])
            for e in recordings[i].events if e["kind"] != MIRRORING
        ]  # fmt: skip
        for kind, found in counts.items():
            found.append((recordings[i].person, match(movements, events, kind)))
    return {kind: _event_card(found) for kind, found in counts.items()}


def _probabilities(recording: Recording, moment_s: np.ndarray, given: np.ndarray) -> pd.DataFrame:
    """Each frame has the probability of the model's last tick up to it, as in an analysis."""
    names = ("time_s", "head_pitch_deg", "head_yaw_deg")
    table = pd.DataFrame({name: recording.signals[name] for name in names})
    tick = np.searchsorted(moment_s, table["time_s"].to_numpy() + 1e-6, side="right") - 1
    known = (tick >= 0) & table["head_pitch_deg"].notna().to_numpy()
    for column, name in ((1, "nod_prob"), (2, "shake_prob")):
        table[name] = np.where(known, given[np.clip(tick, 0, None), column], np.nan).astype(float)
    return table


def _event_card(found: list) -> dict[str, Any]:
    def f1(some: list) -> float:
        hits = sum(one.hits for one in some)
        wrong = sum(one.misses + one.false_alarms for one in some)
        return 2 * hits / (2 * hits + wrong) if hits + wrong else float("nan")

    by_person: dict[str, list] = {}
    for person, matched in found:
        by_person.setdefault(person, []).append(matched)
    persons = list(by_person.values())
    rng = np.random.default_rng(0)
    drawn = [rng.integers(0, len(persons), len(persons)) for _ in range(metrics.RESAMPLES)]
    resampled = [f1([one for i in some for one in persons[i]]) for some in drawn]
    every = [matched for _, matched in found]
    false: dict[str, int] = {}
    for one in every:
        for really, n in one.false.items():
            false[f"false_{really}"] = false.get(f"false_{really}", 0) + n
    return {
        "f1": round(f1(every), 4), "f1_ci95": [round(v, 3) for v in np.nanpercentile(resampled, [2.5, 97.5])],
        "hits": sum(one.hits for one in every), "misses": sum(one.misses for one in every), **false,
        "persons": len(persons),
    }  # fmt: skip
