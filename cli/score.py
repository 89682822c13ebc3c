"""``geobias score``: the everyday command."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geobias.errors import GeoBiasError
from geobias.scales import DEFAULT_SCALES

if TYPE_CHECKING:
    from geobias.results import Audit

_VERY_WIDE = 10_000


def score(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Predictions: Parquet, GeoParquet or CSV.")
    ],
    correct: Annotated[
        list[str] | None,
        typer.Option(metavar="COL", help="Correctness column; repeat it to score several models."),
    ] = None,
    lat: Annotated[
        str | None, typer.Option(metavar="COL", help="Latitude column, in degrees.")
    ] = None,
    lon: Annotated[
        str | None, typer.Option(metavar="COL", help="Longitude column, in degrees.")
    ] = None,
    scale: Annotated[
        list[str] | None,
        typer.Option(
            metavar="S",
            help="100km, 250mi, 0.05rad, 1.5deg, knn:100 or 100@0.05rad; repeat it for several. "
            f"Default: {', '.join(DEFAULT_SCALES)}.",
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(help="Correctness columns are scores; at least this is correct."),
    ] = None,
    levels: Annotated[
        str | None,
        typer.Option(
            metavar="L,L,…", help="Correctness columns are binned marks: these nonzero values."
        ),
    ] = None,
    degrees: Annotated[
        bool, typer.Option("--degrees", help="Accept coordinates that look like radians.")
    ] = False,
    preset: Annotated[
        str, typer.Option(help="Formula of the published scores: geobias, pygbs or published.")
    ] = "geobias",
    marks: Annotated[
        str, typer.Option(help="pm: wrong is -1. 01: wrong is 0, as in the published tables.")
    ] = "pm",
    k: Annotated[int, typer.Option("--k", help="Neighbours of each node in the graphs.")] = 4,
    sites: Annotated[
        str, typer.Option(help="keep all samples of a site, or merge them into one.")
    ] = "keep",
    site_tolerance: Annotated[
        float, typer.Option(metavar="KM", help="Samples within so many km share a site.")
    ] = 0.0,
    centres: Annotated[
        int | None, typer.Option(metavar="N", help="Score around N random centres only.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the random choices.")] = 0,
    output: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the scores of each sample (Parquet).")
    ] = None,
    json: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write the summary as JSON; - for standard output."),
    ] = None,
) -> None:
    """Score how geographically biased the predictions in FILE are."""
    from geobias.scoring import score as run

    for target in (output, json):
        _refuse_nowhere(target)
    audit = run(
        file,
        correct=correct,
        lat=lat,
        lon=lon,
        threshold=threshold,
        levels=_numbers(levels),
        degrees=degrees,
        scales=scale or DEFAULT_SCALES,
        preset=preset,
        marks=marks,
        k=k,
        sites=sites,
        site_tolerance_km=site_tolerance,
        centres=centres,
        seed=seed,
        progress=sys.stderr.isatty(),
    )
    if output is not None:
        audit.to_parquet(output)
    if json == "-":
        typer.echo(audit.to_json())
        return
    if json is not None:
        audit.to_json(json)
    _show(audit)


def _refuse_nowhere(target: str | None) -> None:
    """Find out that a result has nowhere to go before the work is done, not after."""
    if target is None or target == "-":
        return
    folder = Path(target).absolute().parent
    if not folder.is_dir():
        raise GeoBiasError(f"Cannot write {target}: there is no folder {folder}.")


def _numbers(levels: str | None) -> list[float] | None:
    """Read numbers separated by commas."""
    if levels is None:
        return None
    try:
        return [float(level) for level in levels.split(",")]
    except ValueError:
        raise typer.BadParameter(f"--levels needs numbers between commas, not {levels!r}") from None


def _show(audit: Audit) -> None:
    """Print the audit: a drawn table on a terminal, plain text in a pipe."""
    if not sys.stdout.isatty():
        typer.echo(repr(audit))
        return
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    for line in audit.headlines():
        console.print(line, markup=False)
    lines = audit.table()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in lines.columns:
        words = column in ("model", "scale", "over")
        table.add_column(column, justify="left" if words else "right", no_wrap=True)
    for row in lines.itertuples(index=False):
        table.add_row(*map(escape, row))
    # A narrow terminal may break the lines, but no number is cut short.
    needed = Console(width=_VERY_WIDE).measure(table).maximum
    Console(width=max(console.width, needed), highlight=False).print(table)
    for note in audit.legend() + list(audit.notes):
        console.print(note, markup=False)
