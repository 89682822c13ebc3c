"""``geobias compare``: which of several models has more bias."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from geobias.cli.options import (
    Background,
    BlockSide,
    Centres,
    Links,
    Marks,
    Preset,
    Scales,
    Seed,
    Sites,
    SiteTolerance,
)
from geobias.cli.output import draw_table, give_json, refuse_nowhere
from geobias.cli.reading import reads_predictions
from geobias.scales import DEFAULT_SCALES


@reads_predictions
def compare(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE…", help="One file with a column per model, or one each."),
    ],
    reading: dict[str, Any] | None = None,
    against: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Compare every model with this one only.")
    ] = None,
    identity: Annotated[
        str | None,
        typer.Option("--id", metavar="COL", help="Column that identifies the samples of files."),
    ] = None,
    join_km: Annotated[
        float, typer.Option(metavar="KM", help="Joined samples lie at most this far apart.")
    ] = 0.01,
    scale: Scales = None,
    preset: Preset = "geobias",
    marks: Marks = "pm",
    k: Links = 4,
    background: Background = "everywhere",
    sites: Sites = "keep",
    site_tolerance: SiteTolerance = 0.0,
    centres: Centres = None,
    permutations: Annotated[
        int, typer.Option(metavar="N", help="Swaps of the models' answers.")
    ] = 999,
    bootstrap: Annotated[
        int, typer.Option(metavar="N", help="Draws of spatial blocks, for the intervals.")
    ] = 999,
    block_km: BlockSide = None,
    seed: Seed = 0,
    json: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write the comparison as JSON; - for standard output."),
    ] = None,
) -> None:
    """Compare the scores of models on the same samples, in pairs."""
    from geobias.comparing import compare as run

    refuse_nowhere(json, [*files, (reading or {}).get("locations")])
    comparison = run(
        files[0] if len(files) == 1 else files,
        **reading or {},
        against=against,
        id=identity,
        join_km=join_km,
        scales=scale or DEFAULT_SCALES,
        preset=preset,
        marks=marks,
        k=k,
        background=background,
        sites=sites,
        site_tolerance_km=site_tolerance,
        centres=centres,
        permutations=permutations,
        bootstrap=bootstrap,
        block_km=block_km,
        seed=seed,
        progress=sys.stderr.isatty(),
    )
    if give_json(comparison, json):
        return
    if not sys.stdout.isatty():
        typer.echo(repr(comparison))
        return
    for line in comparison.headlines():
        typer.echo(line)
    draw_table(comparison.lines(), words=("first", "second", "scale", "score"))
    for line in (*comparison.sentences(), *comparison.notes):
        typer.echo(line)
