"""``geobias encode``: places as the numbers that an encoder makes of them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geobias.cli.options import Degrees, Lat, Locations, Lon, Seed, numbers
from geobias.cli.output import draw_table, refuse_nowhere
from geobias.writing import refuse_to_overwrite

if TYPE_CHECKING:
    import pandas as pd


def _print_encoders(wanted: bool) -> None:
    if wanted:
        from geobias.encoders import list_encoders

        table = _described(list_encoders())
        if sys.stdout.isatty():
            draw_table(table, words=table.columns.drop("numbers"))
        else:
            typer.echo("\n".join(_aligned([[*table.columns], *table.to_numpy().tolist()])))
        raise typer.Exit


def encode(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Places: a file, a folder or a pattern.")
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Where to write (Parquet).")
    ],
    encoder: Annotated[
        str | None, typer.Option(metavar="NAME", help="The encoder, a name that --list shows.")
    ] = None,
    checkpoint: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Trained weights, for embeddings. Default: the position encoding alone.",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="An option of the encoder, as min_radius=0.01; repeat it for several. For rbf, "
            "n_anchors is how many are drawn from FILE.",
        ),
    ] = None,
    map_range: Annotated[
        str | None,
        typer.Option(
            metavar="W,E,S,N",
            help="West, east, south and north of what the encoders tile and rff cover, or what a "
            "checkpoint of them was trained with.",
        ),
    ] = None,
    compat: Annotated[
        str | None,
        typer.Option(
            metavar="torchspatial", help="Compute what the reference code of TorchSpatial does."
        ),
    ] = None,
    lat: Lat = None,
    lon: Lon = None,
    degrees: Degrees = False,
    locations: Locations = None,
    seed: Seed = 0,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that exists.")] = False,
    show: Annotated[
        bool,
        typer.Option(
            "--list", callback=_print_encoders, is_eager=True, help="List the encoders and stop."
        ),
    ] = False,
) -> None:
    """Write the places in FILE, and beside each the numbers an encoder makes of it."""
    from geobias.encoders import encode as run

    refuse_nowhere(output, [file, locations, checkpoint], [".parquet"])
    refuse_to_overwrite(output, force)
    done = run(
        file,
        output,
        encoder=encoder,
        checkpoint=checkpoint,
        options=_options(settings or [], map_range),
        compat=compat,
        seed=seed,
        lat=lat,
        lon=lon,
        degrees=degrees,
        locations=locations,
        force=force,
        progress=sys.stderr.isatty(),
    )
    for line in done.lines():
        typer.echo(line)


def _options(settings: list[str], map_range: str | None) -> dict[str, Any]:
    """Options of the encoder, by their names."""
    found: dict[str, Any] = {}
    if map_range is not None:
        found["map_range"] = numbers("--map-range", map_range)
    for setting in settings:
        name, equals, value = (part.strip() for part in setting.partition("="))
        name = name.replace("-", "_")
        if not equals or not name or not value:
            raise typer.BadParameter(f"--set needs NAME=VALUE, as min_radius=0.01, not {setting!r}")
        if name in ("name", "compat", "seed"):
            option = "encoder" if name == "name" else name
            raise typer.BadParameter(f"--set {setting}: say --{option} {value}")
        if name in found:
            raise typer.BadParameter(f"{name} is given more than once")
        found[name] = _value(value)
    return found


def _value(text: str) -> int | float | str | list[float]:
    """A number, several between commas, or a word."""
    for read in (int, float, lambda text: numbers("--set", text)):
        try:
            return read(text)
        except (ValueError, typer.BadParameter):
            continue
    return text


def _described(encoders: pd.DataFrame) -> pd.DataFrame:
    """The table of encoders in words."""
    from geobias.encoders.codes import ANCHORS

    told = encoders["parameters"].str.replace("(-180.0, 180.0, -90.0, 90.0)", "the world")
    # Anchors are drawn from the file.
    told = told.str.replace("anchors", f"n_anchors={ANCHORS}")
    words = {
        "encoder": encoders["name"],
        "numbers": encoders["dimension"].fillna(ANCHORS).astype(str),
        "date line": encoders["date_line"].map({True: "continuous", False: "cut"}),
        "a pole has": encoders["poles"].map({True: "one code", False: "many"}),
        "options": told,
        "paper": encoders["paper"],
    }
    return encoders.assign(**words)[[*words]]


def _aligned(rows: list[list[str]]) -> list[str]:
    """Rows of texts as lines, the columns below each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
