"""``geobias answers``: free-text answers turned into predictions and judged."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from geobias.cli.options import Lat, Lon, ranks
from geobias.cli.output import draw_table, give_json, refuse_nowhere

if TYPE_CHECKING:
    from geobias.answering import Answers


def answers(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A table with an answer per row.")],
    task: Annotated[
        str,
        typer.Option(metavar="TASK", help="coordinates, place, country or label."),
    ],
    answer: Annotated[
        str | None, typer.Option(metavar="COL", help="Column of the answers.")
    ] = None,
    truth: Annotated[
        str | None,
        typer.Option(metavar="COL", help="True countries (ISO or name), or labels."),
    ] = None,
    lat: Lat = None,
    lon: Lon = None,
    labels: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Labels, one per line. Default: all true ones."),
    ] = None,
    synonyms: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Table of two columns: a word, the label it means."),
    ] = None,
    top: Annotated[
        str, typer.Option(metavar="K,K,…", help="label: ranks that count as found, as 1,3.")
    ] = "1",
    threshold: Annotated[
        list[str] | None,
        typer.Option(
            "--threshold",
            "--level",
            metavar="T",
            help="street, city, region, country, continent, or a length as 50km; repeat it.",
        ),
    ] = None,
    silence: Annotated[
        str, typer.Option(help="Refused and empty answers are wrong, or to leave-out.")
    ] = "wrong",
    by: Annotated[
        str,
        typer.Option(
            metavar="SCHEME|COL",
            help="Answer rates by continent, country, un_region, un_subregion, income or a column.",
        ),
    ] = "continent",
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write predictions (Parquet)."),
    ] = None,
    json: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write the summary as JSON; - for standard output."),
    ] = None,
    unparsed: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write the shapes of unread answers (CSV)."),
    ] = None,
) -> None:
    """Turn the free-text answers in FILE into predictions, and judge them."""
    from geobias.answering import answers as run
    from geobias.writing import writing

    refuse_nowhere(output, [file], [".parquet"])
    refuse_nowhere(unparsed, [file], [".csv"])
    refuse_nowhere(json, [file])
    found = run(
        file,
        task=task,
        answer=answer,
        truth=truth,
        lat=lat,
        lon=lon,
        labels=labels,
        synonyms=synonyms,
        top=ranks(top),
        thresholds=threshold,
        silence=silence,
        by=by,
    )
    if output is not None:
        found.to_parquet(output)
    if unparsed is not None:
        with writing(unparsed) as path:
            found.unparsed().to_csv(path, index=False)
    if give_json(found, json):
        return
    _show(found, output)


def _show(found: Answers, output: str | None) -> None:
    """Print the result: drawn tables on a terminal, plain text in a pipe."""
    if not sys.stdout.isatty():
        typer.echo(repr(found))
    else:
        for line in found.headlines():
            typer.echo(line)
        for table in found.lines():
            draw_table(table, words=("status", "granularity", "correct", "region"))
        for line in found.closing():
            typer.echo(line)
    columns = " ".join(f"--correct {name}" for name in found.accuracy["correct"])
    if output is None:
        typer.echo("Next: write the predictions with -o FILE, then geobias score FILE.")
    elif found.table["lat"].isna().all():
        typer.echo("The predictions have no coordinates: geobias score needs --lat and --lon.")
    else:
        typer.echo(f"Next: geobias score {shlex.quote(output)} {columns}")
