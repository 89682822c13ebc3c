"""``geobias simulate``: worlds with known truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geobias.cli.options import Seed
from geobias.cli.output import refuse_nowhere
from geobias.errors import GeoBiasError

if TYPE_CHECKING:
    import pandas as pd


def simulate(
    world: Annotated[
        str | None, typer.Argument(metavar="WORLD", help="Name of a world; --list shows them.")
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Parquet file to write. Default: WORLD.parquet."
        ),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option("-n", "--n", help="Number of samples. Default: 5000, or those of the file."),
    ] = None,
    locations: Annotated[
        str,
        typer.Option(
            metavar="WHERE", help="cities, uniform, or a file with columns lat and lon in degrees."
        ),
    ] = "cities",
    accuracy: Annotated[float, typer.Option(help="Mean chance of being correct.")] = 0.8,
    gap: Annotated[
        float, typer.Option(help="Difference between the strongest and the weakest places.")
    ] = 0.3,
    seed: Seed = 0,
    lat: Annotated[
        float | None, typer.Option(help="weak-region: its centre. stripes: where azimuth holds.")
    ] = None,
    lon: Annotated[float | None, typer.Option(help="Goes with --lat.")] = None,
    radius: Annotated[
        float | None, typer.Option(metavar="KM", help="weak-region: its radius. Default: 1000.")
    ] = None,
    azimuth: Annotated[
        float | None,
        typer.Option(
            metavar="DEG",
            help="stripes: direction, from north to east. Default: 90, along parallels.",
        ),
    ] = None,
    width: Annotated[
        float | None, typer.Option(metavar="KM", help="stripes: width of each. Default: 500.")
    ] = None,
    images: Annotated[
        int | None, typer.Option(help="repeats: samples of each site. Default: 10.")
    ] = None,
    agreement: Annotated[
        float | None,
        typer.Option(help="repeats: correlation of a site's errors. Default: 0.8."),
    ] = None,
    show: Annotated[
        bool, typer.Option("--list", help="Describe the worlds and write nothing.")
    ] = False,
) -> None:
    """Simulate predictions whose bias is known, to see what a score makes of it."""
    from geobias.simulate import WORLDS
    from geobias.simulate import world as make
    from geobias.writing import writing

    if show or world is None:
        for name, says in WORLDS.items():
            typer.echo(f"{name:<{max(map(len, WORLDS))}}  {says}")
        return
    target = f"{world}.parquet" if output is None else output
    if Path(target).suffix.casefold() != ".parquet":
        raise GeoBiasError(f"{target}: a world is written as Parquet, so name it FILE.parquet.")
    refuse_nowhere(target)
    table = make(
        world,
        n=n,
        locations=_places(locations),
        accuracy=accuracy,
        gap=gap,
        seed=seed,
        lat=lat,
        lon=lon,
        radius_km=radius,
        azimuth=azimuth,
        width_km=width,
        images=images,
        agreement=agreement,
    )
    with writing(target) as path:
        table.to_parquet(path, index=False)
    share = 100.0 * table["correct"].mean()
    typer.echo(f"{target}: {len(table):,} samples, {share:.1f} % correct; {WORLDS[world]}.")


def _places(where: str) -> str | pd.DataFrame:
    """Read locations from a file, unless they are to be drawn."""
    from geobias.readers import load, open_file

    if not Path(where).suffix and not Path(where).is_dir():
        return where
    source = open_file(where)
    return load(source, [name for name in ("lat", "lon") if name in source.names])
