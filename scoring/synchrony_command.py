"""The command `attune synchrony`: its options; the work is in `scoring.series`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from attune import UsageError
from scoring import terminal


def synchrony(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Text, CSV or Parquet, one row a sample.")],
    columns: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="The two series: names, or numbers from 1.", show_default=False),
    ] = None,
    rate: Annotated[
        float | None, typer.Option(metavar="HZ", help="Samples a second.", show_default=False)
    ] = None,
    window: Annotated[
        float | None, typer.Option(metavar="S", help="Length of a window: 30, or a tenth of under 300 s.")
    ] = None,
    lag: Annotated[float | None, typer.Option(metavar="S", help="Largest lag: 5 seconds.")] = None,
    step: Annotated[
        float | None, typer.Option(metavar="S", help="From window to window: 10, or a thirtieth.")
    ] = None,
    smooth: Annotated[float, typer.Option(metavar="S", help="Moving average before, in seconds.")] = 0.0,
    scale: Annotated[
        Literal["sd", "none"], typer.Option(help="Divide each series by its standard deviation.")
    ] = "none",
    surrogates: Annotated[int, typer.Option(min=0, max=100_000, help="0: no comparison with chance.")] = 1000,
    kind: Annotated[
        Literal["circular", "shuffle"], typer.Option(help="Surrogates: B shifted, or its blocks shuffled.")
    ] = "circular",
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same surrogates.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout and nothing else.")] = False,
) -> None:
    """Does one series follow the other, more than by chance?

    Windowed lagged cross-correlation of any two series; a positive lag: B follows A."""
    from scoring.series import Settings, file_synchrony

    if columns is None:
        raise UsageError("--columns is missing: give two names or numbers, for example --columns 1 2")
    if rate is None:
        raise UsageError("--rate is missing: give the samples a second, for example --rate 25")
    settings = Settings(rate, window, step, lag, smooth, scale == "sd", surrogates, kind, seed)
    result = file_synchrony(file, columns, settings)
    for notice in result.notices:
        terminal.say(f"{file.name}: {notice}")
    if json:
        terminal.print_json(result.found.as_dict())
    else:
        print(result.text(), end="")
