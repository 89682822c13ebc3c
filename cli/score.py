"""``geobias score``: the everyday command."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geobias.cli.options import (
    Background,
    BlockSide,
    Centres,
    Dask,
    Links,
    Marks,
    Memory,
    Preset,
    Scales,
    Seed,
    Sites,
    SiteTolerance,
)
from geobias.cli.output import draw_table, give_json, refuse_nowhere
from geobias.cli.reading import reads_predictions
from geobias.scales import DEFAULT_SCALES

if TYPE_CHECKING:
    from geobias.results import Audit


@reads_predictions
def score(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Predictions: a file, a folder or a pattern.")
    ],
    reading: dict[str, Any] | None = None,
    scale: Scales = None,
    preset: Preset = "geobias",
    marks: Marks = "pm",
    k: Links = 4,
    background: Background = "everywhere",
    sites: Sites = "keep",
    site_tolerance: SiteTolerance = 0.0,
    centres: Centres = None,
    permutations: Annotated[
        int | None,
        typer.Option(metavar="N", help="Test the means against N shuffles of the marks, as 999."),
    ] = None,
    within: Annotated[
        str | None,
        typer.Option(
            metavar="COL|KM", help="Shuffle within the groups of a column, or blocks like 500km."
        ),
    ] = None,
    bootstrap: Annotated[
        int | None,
        typer.Option(metavar="N", help="95 % intervals from N draws of spatial blocks, as 999."),
    ] = None,
    block_km: BlockSide = None,
    fdr: Annotated[
        float | None,
        typer.Option(metavar="Q", help="Judge each centre at this false discovery rate, as 0.05."),
    ] = None,
    centre_permutations: Annotated[
        int | None,
        typer.Option(metavar="N", help="p of a centre from N permutations; for few --centres."),
    ] = None,
    families: Annotated[
        str,
        typer.Option("--score", metavar="F", help="Families of scores: ssi, sri or ssi,sri."),
    ] = "ssi",
    cell: Annotated[
        str | None,
        typer.Option(metavar="LENGTH", help="Side of the cells of SRI, as 100km; else radius/2."),
    ] = None,
    lag: Annotated[
        str | None,
        typer.Option(metavar="LENGTH", help="Width of the rings of SRI, as 20km; else radius/10."),
    ] = None,
    sectors: Annotated[int, typer.Option(metavar="N", help="Directions that SRI tells apart.")] = 8,
    seed: Seed = 0,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write the scores of each sample (Parquet), as they come: a run that was stopped "
            "goes on where it was.",
        ),
    ] = None,
    memory: Memory = None,
    dask: Dask = None,
    json: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write the summary as JSON; - for standard output."),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Score nothing: say what time and memory it would take."),
    ] = False,
    standard_error: Annotated[
        float | None,
        typer.Option(metavar="NATS", help="With --dry-run: suggest --centres for means this sure."),
    ] = None,
) -> None:
    """Score how geographically biased the predictions in FILE are."""
    run, more = _chosen(dry_run, standard_error, {"output": output, "dask": dask})
    sources = [file, (reading or {}).get("locations")]
    refuse_nowhere(output, sources, [".parquet"])
    refuse_nowhere(json, sources)
    audit = run(
        file,
        **reading or {},
        scales=scale or DEFAULT_SCALES,
        preset=preset,
        marks=marks,
        k=k,
        background=background,
        sites=sites,
        site_tolerance_km=site_tolerance,
        centres=centres,
        permutations=permutations,
        within=within,
        bootstrap=bootstrap,
        block_km=block_km,
        fdr=fdr,
        centre_permutations=centre_permutations,
        scores=[family.strip().casefold() for family in families.split(",")],
        cell=cell,
        lag=lag,
        sectors=sectors,
        seed=seed,
        memory=memory,
        progress=sys.stderr.isatty(),
        **more,
    )
    if give_json(audit, json):
        return
    if dry_run:
        typer.echo(repr(audit))
    else:
        _show(audit)


def _chosen(
    dry_run: bool, standard_error: float | None, work: dict[str, Any]
) -> tuple[Callable[..., Any], dict[str, Any]]:
    """Return what is to be run, and what it alone is told: ``work`` says where work is done."""
    if dry_run:
        if work["dask"] is not None:
            raise typer.BadParameter("--dry-run times the work on this machine: leave --dask out.")
        from geobias.planning import plan

        return plan, {"standard_error": standard_error}
    if standard_error is not None:
        raise typer.BadParameter("--standard-error goes with --dry-run: add it.")
    from geobias.scoring import score

    return score, work


def _show(audit: Audit) -> None:
    """Print the audit: a drawn table on a terminal, plain text in a pipe."""
    if not sys.stdout.isatty():
        typer.echo(repr(audit))
        return
    from rich.console import Console

    console = Console(highlight=False)
    for line in audit.headlines():
        console.print(line, markup=False)
    words = ("model", "scale", "over", "score", "verdict", "stand out")
    draw_table(audit.table(), words)
    findings = audit.findings()
    if len(findings):
        draw_table(findings, words)
    for note in audit.legend() + list(audit.notes):
        console.print(note, markup=False)
