"""Options that several commands share, and how their values are read."""

from __future__ import annotations

from typing import Annotated

import typer

from geobias.scales import DEFAULT_SCALES

Lat = Annotated[str | None, typer.Option(metavar="COL", help="Latitude column, in degrees.")]
Lon = Annotated[str | None, typer.Option(metavar="COL", help="Longitude column, in degrees.")]
Scales = Annotated[
    list[str] | None,
    typer.Option(
        "--scale",
        metavar="S",
        help="100km, 250mi, 0.05rad, 1.5deg, knn:100 or 100@0.05rad, or a ladder of radii as "
        "10km..5000km; repeat it for several. "
        f"Default: {', '.join(DEFAULT_SCALES)}.",
    ),
]
Locations = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", help="Take the coordinates from this file, which has the same rows."
    ),
]
Degrees = Annotated[
    bool, typer.Option("--degrees", help="Accept coordinates that look like radians.")
]
Preset = Annotated[
    str, typer.Option(help="Formula of the published scores: geobias, pygbs or published.")
]
Marks = Annotated[
    str, typer.Option(help="pm: wrong is -1. 01: wrong is 0, as in the published tables.")
]
Links = Annotated[int, typer.Option("--k", help="Neighbours of each node in the graphs.")]
Background = Annotated[
    str, typer.Option(help="Where empty places count: everywhere, or on land alone.")
]
Sites = Annotated[str, typer.Option(help="keep all samples of a site, or merge them into one.")]
SiteTolerance = Annotated[
    float, typer.Option(metavar="KM", help="Samples within so many km share a site.")
]
Centres = Annotated[
    int | None, typer.Option(metavar="N", help="Score around N random centres only.")
]
BlockSide = Annotated[
    float | None, typer.Option(metavar="KM", help="Side of the blocks of the bootstrap.")
]
Memory = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE",
        help="Memory for the work of each process, beside what samples take, as 2GB.",
    ),
]
Dask = Annotated[
    str | None,
    typer.Option(
        metavar="WHERE",
        help="Work on a Dask cluster: tcp://host:port, or local:N for N processes here.",
    ),
]
Seed = Annotated[int, typer.Option(help="Seed of the random choices.")]


def numbers(option: str, text: str) -> list[float]:
    """Read numbers separated by commas."""
    try:
        return [float(number) for number in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"{option} needs numbers between commas, not {text!r}") from None


def ranks(text: str) -> list[int]:
    """Read the ranks of ``--top``, separated by commas."""
    try:
        return [int(rank) for rank in text.split(",")]
    except ValueError:
        raise typer.BadParameter(
            f"--top needs whole numbers between commas, not {text!r}"
        ) from None
