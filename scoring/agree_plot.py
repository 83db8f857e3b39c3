"""Agreement drawn: coefficients with their intervals, events, and limits of agreement for durations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from attune import UsageError
from scoring.agree_results import ALL, Results, Row
from scoring.files import replacing, writing
from scoring.timeline import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILLION

SUFFIXES = (".png", ".svg", ".pdf")
_COLOURS = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, GREY, "#000000")
_MARKS = "osD^vP*X"
_LANE_IN = 0.62


def check_plot(path: Path) -> None:
    """Refuse, before any work is done, what can't be drawn to."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"--plot {path}: use a name that ends in {', '.join(SUFFIXES)}")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"--plot {path}: there is no folder {path.parent}, make it first")


def draw(results: Results, path: Path) -> Path:
    """Write a figure with one row per kind of event; shape and place say the same as colour."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = headline(results)
    figure = Figure(figsize=(13, max(4.2, 1.6 + _LANE_IN * len(rows))), layout="constrained")
    FigureCanvasAgg(figure)
    time, events, duration = figure.subplots(1, 3, width_ratios=(1.15, 1, 1.15))
    _time(time, results, rows)
    _events(events, rows)
    _durations(duration, results, rows)
    sessions = len(results.names)
    figure.suptitle(
        f"Attune and human coders: {sessions} session{'s' * (sessions > 1)}, 95 % intervals", fontsize=12
    )
    with writing(path), replacing(path) as unfinished:
        # Fixed metadata: the same figures draw the same file.
        metadata = {".png": {"Software": None}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
        suffix = path.suffix.lower()
        figure.savefig(unfinished, format=suffix[1:], dpi=150, metadata=metadata[suffix])
    return path


def headline(results: Results) -> list[Row]:
    """One row per kind: of all coders where there are several."""
    return [
        row
        for row in results.rows
        if row.coder == ALL or not any(one.coder == ALL and one.kind == row.kind for one in results.rows)
    ]


def _lanes(axes: Any, rows: list[Row]) -> None:
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(axis="x", color="#E3E6EA")
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _dot(axes: Any, figure: Any, place: float, colour: str, mark: str, label: str | None) -> None:
    if figure.value is None:
        return
    if figure.ci95 is not None:
        axes.plot(figure.ci95, (place, place), color=colour, linewidth=2, solid_capstyle="butt")
    axes.plot(
        figure.value, place, mark, color=colour, markersize=7, label=label, linestyle="none", clip_on=False
    )


def _legend(axes: Any, columns: int) -> None:
    handles, labels = axes.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    if once:
        axes.legend(
            once.values(), once.keys(), loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=columns,
            fontsize=8, frameon=False,
        )  # fmt: skip


def _time(axes: Any, results: Results, rows: list[Row]) -> None:
    alphas = {one.kind: one for one in results.alphas}
    for place, row in enumerate(rows):
        _dot(axes, row.kappa, place - 0.2, BLUE, "o", "Cohen's kappa")
        _dot(axes, row.pabak, place, SKY, "s", "adjusted for prevalence and bias")
        if row.kind in alphas and alphas[row.kind].humans.value is not None:
            _dot(axes, alphas[row.kind].humans, place + 0.2, ORANGE, "D", "alpha among the coders")
        if row.kappa.value is None:
            axes.annotate("no kappa", (0.02, place - 0.2), fontsize=8, color=GREY, va="center")
    _lanes(axes, rows)
    axes.set_yticks(range(len(rows)), [row.kind.replace("_", " ") for row in rows])
    lows = [one.ci95[0] for row in rows for one in (row.kappa, row.pabak) if one.ci95]
    axes.set_xlim(max(-1.0, min([0.0, *lows])) - 0.03, 1.03)
    axes.axvline(0, color=GREY, linewidth=1)
    axes.set_title(f"Time, by {results.unit_s:g} s", fontsize=10)
    _legend(axes, 2)


def _events(axes: Any, rows: list[Row]) -> None:
    for place, row in enumerate(rows):
        for shift, mark, colour, (least, found) in zip(
            (-0.13, 0.13), "o^", (GREEN, PURPLE), row.events.items(), strict=True
        ):
            _dot(axes, found["f1"], place + shift, colour, mark, f"F1 at IoU {least}")
    _lanes(axes, rows)
    axes.set_yticks([])
    axes.set_xlim(-0.03, 1.03)
    axes.set_title("Events", fontsize=10)
    _legend(axes, 2)


def _durations(axes: Any, results: Results, rows: list[Row]) -> None:
    kinds = [row.kind for row in rows]
    for place, kind in enumerate(kinds):
        pairs = [one.pairs for s in results.sessions for one in s.compared if one.kind == kind]
        spans = np.concatenate(pairs) if pairs else np.empty((0, 4))
        human, machine = spans[:, 1] - spans[:, 0], spans[:, 3] - spans[:, 2]
        lasting = human > 0
        if not lasting.any():
            continue
        colour, mark = _COLOURS[place % len(_COLOURS)], _MARKS[place % len(_MARKS)]
        axes.plot(
            (human + machine)[lasting] / 2, (machine - human)[lasting], mark, color=colour, markersize=4.5,
            alpha=0.6, linestyle="none", label=kind.replace("_", " "),
        )  # fmt: skip
        limits = next(row for row in rows if row.kind == kind).duration["bland_altman"]
        if limits is not None:
            for at, style in ((limits.bias, "-"), (limits.low, "--"), (limits.high, "--")):
                axes.axhline(at, color=colour, linewidth=1, linestyle=style, alpha=0.8)
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("mean of both, s", fontsize=9)
    axes.set_ylabel("Attune less coder, s", fontsize=9)
    axes.set_title("Duration of matched events (lines: bias, 95 % limits)", fontsize=10)
    _legend(axes, 3)
