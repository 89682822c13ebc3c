"""``geobias where``: the places where a model fails."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from geobias.cli.options import Dask, Seed, Sites, SiteTolerance
from geobias.cli.output import give_json, refuse_nowhere
from geobias.cli.reading import reads_predictions


@reads_predictions
def where(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Predictions: a file, a folder or a pattern.")
    ],
    reading: dict[str, Any] | None = None,
    largest: Annotated[
        str,
        typer.Option(
            metavar="KM|%", help="Largest place: a radius like 1000km, or a share like 10%."
        ),
    ] = "10%",
    centres: Annotated[
        int, typer.Option(metavar="N", help="Look around at most N random places of samples.")
    ] = 10_000,
    sites: Sites = "keep",
    site_tolerance: SiteTolerance = 0.0,
    permutations: Annotated[
        int, typer.Option(metavar="N", help="Permutations of the errors, for the p values.")
    ] = 999,
    alpha: Annotated[
        float, typer.Option(metavar="P", help="Places are those whose p is at most this.")
    ] = 0.05,
    seed: Seed = 0,
    dask: Dask = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write the places: .geojson or .parquet."
        ),
    ] = None,
    json: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write everything as JSON; - for standard output."),
    ] = None,
) -> None:
    """Find the places where the predictions in FILE fail beyond chance."""
    from geobias.locating import where as run

    sources = [file, (reading or {}).get("locations")]
    refuse_nowhere(output, sources, [".geojson", ".parquet"])
    refuse_nowhere(json, sources)
    found = run(
        file,
        **reading or {},
        largest=largest,
        centres=centres,
        sites=sites,
        site_tolerance_km=site_tolerance,
        permutations=permutations,
        alpha=alpha,
        seed=seed,
        dask=dask,
        progress=sys.stderr.isatty(),
    )
    if output is not None:
        parquet = output.casefold().endswith(".parquet")
        (found.to_parquet if parquet else found.to_geojson)(output)
    if give_json(found, json):
        return
    typer.echo(repr(found))
