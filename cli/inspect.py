"""``geobias inspect``: what a file holds, and what to run next."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from geobias.cli.options import Lat, Lon
from geobias.cli.output import draw_table


def inspect(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A file, a folder or a pattern of files.")
    ],
    lat: Lat = None,
    lon: Lon = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead.")] = False,
) -> None:
    """Say what is recognised in FILE, and which command to run next."""
    from geobias.inspection import inspect as run

    inspection = run(file, lat=lat, lon=lon)
    if json:
        typer.echo(inspection.to_json())
        return
    if not sys.stdout.isatty():
        typer.echo(repr(inspection))
        return
    first, *others = inspection.lines()
    typer.echo(first)
    draw_table(inspection.table(), words=("column", "holds", "example", "perhaps"))
    for line in others:
        typer.echo(line)
