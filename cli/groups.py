"""``geobias groups``: where a model does worse than elsewhere."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from geobias.cli.options import Seed, SiteTolerance
from geobias.cli.output import draw_table, give_json, refuse_nowhere
from geobias.cli.reading import reads_predictions


@reads_predictions
def groups(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Predictions: a file, a folder or a pattern.")
    ],
    by: Annotated[
        str | None,
        typer.Option(
            metavar="SCHEME|COL",
            help="country, continent, un_region, un_subregion, income, or a column. "
            "Default: continent.",
        ),
    ] = None,
    reading: dict[str, Any] | None = None,
    regions: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Polygons that are the groups, of any vector format."),
    ] = None,
    region_name: Annotated[
        str | None, typer.Option(metavar="COL", help="Column of names in the file of --regions.")
    ] = None,
    answered: Annotated[
        str | None,
        typer.Option(metavar="COL", help="Column that says which samples were answered."),
    ] = None,
    tolerance_km: Annotated[
        float, typer.Option(metavar="KM", help="Samples at sea count for a coast so near.")
    ] = 20.0,
    site_tolerance: SiteTolerance = 0.0,
    least: Annotated[
        int, typer.Option(metavar="N", help="Groups of fewer samples are not tested.")
    ] = 20,
    permutations: Annotated[
        int, typer.Option(metavar="N", help="Exchanges of answers between places.")
    ] = 999,
    seed: Seed = 0,
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write the table of groups: .csv or .parquet."
        ),
    ] = None,
    json: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write everything as JSON; - for standard output."),
    ] = None,
) -> None:
    """Compare the accuracy of the predictions in FILE between regions or groups."""
    from geobias.grouping import groups as run

    sources = [file, regions, (reading or {}).get("locations")]
    refuse_nowhere(output, sources, [".csv", ".parquet"])
    refuse_nowhere(json, sources)
    found = run(
        file,
        by=by,
        **reading or {},
        regions=regions,
        region_name=region_name,
        answered=answered,
        tolerance_km=tolerance_km,
        site_tolerance_km=site_tolerance,
        least=least,
        permutations=permutations,
        seed=seed,
        progress=sys.stderr.isatty(),
    )
    if output is not None:
        (found.to_csv if output.casefold().endswith(".csv") else found.to_parquet)(output)
    if give_json(found, json):
        return
    if not sys.stdout.isatty():
        typer.echo(repr(found))
        return
    for line in found.headlines():
        typer.echo(line)
    draw_table(found.lines(), words=("model", "group"))
    for line in (*found.sentences(), *found.notes):
        typer.echo(line)
