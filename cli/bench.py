"""``geobias bench``: location encoders trained, evaluated and audited side by side."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geobias.cli.options import Centres, Scales, Sites
from geobias.cli.output import draw_table, refuse_nowhere
from geobias.cli.reading import reads_predictions

if TYPE_CHECKING:
    from geobias.encoders.locbench.bench.benchmark import Benchmark

Bench = Annotated[
    str, typer.Option("--bench", metavar="DIR", help="The folder that holds the benchmark.")
]
DatasetName = Annotated[
    str, typer.Option(metavar="NAME", help="What to train on; geobias bench datasets lists them.")
]
Data = Annotated[
    str | None, typer.Option(metavar="DIR", help="Folder with the published files of datasets.")
]
Samples = Annotated[
    int | None, typer.Option("--n", metavar="N", help="Samples of a simulated dataset.")
]
Epochs = Annotated[int | None, typer.Option(metavar="N", help="Times that each sample is seen.")]
Device = Annotated[
    str, typer.Option(help="auto, cpu or cuda: auto takes a graphics card where there is one.")
]
Permutations = Annotated[
    int, typer.Option(metavar="N", help="Test the means against N shuffles of the marks.")
]
Json = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Write everything as JSON; - for standard output."),
]

app = typer.Typer(help="Train, evaluate and audit location encoders side by side.")


@app.command()
def run(
    dataset: DatasetName = "synthetic",
    data: Data = None,
    n: Samples = None,
    encoders: Annotated[
        str, typer.Option(metavar="E,E,…", help="Names of encoders, or all fifteen.")
    ] = "all",
    seeds: Annotated[int, typer.Option(metavar="N", help="Runs of each encoder.")] = 1,
    bench: Bench = "bench",
    dim: Annotated[int, typer.Option(metavar="N", help="Numbers per embedding.")] = 64,
    epochs: Epochs = None,
    batch_size: Annotated[int | None, typer.Option(metavar="N", help="Samples at once.")] = None,
    lr: Annotated[float | None, typer.Option(metavar="RATE", help="Learning rate.")] = None,
    patience: Annotated[
        int | None, typer.Option(metavar="N", help="Stop after N epochs without a better one.")
    ] = None,
    published: Annotated[
        bool,
        typer.Option(
            "--published-settings",
            help="Train each encoder as published, where that is known; with --dim 256.",
        ),
    ] = False,
    device: Device = "auto",
    priors: Annotated[bool, typer.Option(help="Evaluate models without a network as well.")] = True,
    scale: Scales = None,
    permutations: Permutations = 999,
    sites: Sites = "keep",
    centres: Centres = None,
    json: Json = None,
) -> None:
    """Train, evaluate and audit encoders; what is finished is not done again."""
    from geobias.encoders.locbench import Training, load_dataset
    from geobias.encoders.locbench import report as put_together
    from geobias.encoders.locbench import run as train_all
    from geobias.encoders.locbench.bench.auditing import Choices

    refuse_nowhere(json)
    # What only the audit would refuse is refused before hours of training.
    Choices.checked(scale, permutations=permutations, sites=sites, centres=centres)
    given: dict[str, Any] = {"epochs": epochs, "batch_size": batch_size, "lr": lr}
    chosen = {name: value for name, value in given.items() if value is not None}
    kept = train_all(
        load_dataset(dataset, data=data, n=n),
        bench,
        encoders=encoders,
        seeds=seeds,
        dim=dim,
        training=Training(device=device, patience=patience, **chosen),
        settings="published" if published else None,
        priors=priors,
        progress=sys.stderr.isatty(),
    )
    found = put_together(
        kept,
        scales=scale,
        permutations=permutations,
        sites=sites,
        centres=centres,
        progress=sys.stderr.isatty(),
    )
    _give(found, json)


@app.command()
def report(
    bench: Bench = "bench",
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write a page (.html), Markdown (.md) or everything (.json).",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that exists.")] = False,
    scale: Scales = None,
    permutations: Permutations = 999,
    sites: Sites = "keep",
    centres: Centres = None,
) -> None:
    """Put everything in the folder of a benchmark side by side, as a page or as Markdown."""
    from geobias.encoders.locbench import report as put_together

    refuse_nowhere(output, [], [".html", ".md", ".json"])
    found = put_together(
        bench,
        scales=scale,
        permutations=permutations,
        sites=sites,
        centres=centres,
        progress=sys.stderr.isatty(),
    )
    if output is None:
        _give(found, None)
    elif output.casefold().endswith(".html"):
        found.to_html(output, force=force)
    elif output.casefold().endswith(".md"):
        found.to_markdown(output, force=force)
    else:
        found.to_json(output, force=force)


@app.command()
@reads_predictions
def add(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Predictions: a file, a folder or a pattern.")
    ],
    name: Annotated[str, typer.Option(metavar="NAME", help="What to call the model.")],
    reading: dict[str, Any] | None = None,
    bench: Bench = "bench",
    identity: Annotated[
        str | None,
        typer.Option("--id", metavar="COL", help="Column with the numbers of the samples."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Take the place of a model added under this name.")
    ] = False,
) -> None:
    """Put any model's predictions into the table of a benchmark."""
    from geobias.encoders.locbench import add as put_beside

    added = put_beside(bench, file, name, id=identity, force=force, **reading or {})
    for note in added.settings["notes"]:
        typer.echo(note)
    typer.echo(f"{name} is in {bench}. Next: geobias bench report --bench {bench}")


@app.command()
def search(
    encoder: Annotated[str, typer.Option(metavar="E", help="Name of the encoder.")],
    dataset: DatasetName = "synthetic",
    data: Data = None,
    n: Samples = None,
    folder: Annotated[
        str, typer.Option(metavar="DIR", help="Where trials are kept; the same goes on.")
    ] = "search",
    trials: Annotated[int, typer.Option(metavar="N", help="Settings to try.")] = 20,
    minutes: Annotated[
        float | None, typer.Option(metavar="M", help="Begin no trial after so many minutes.")
    ] = None,
    epochs: Epochs = None,
    device: Device = "auto",
) -> None:
    """Look for the settings of an encoder that do best on the validation split."""
    from geobias.encoders.locbench import Training, load_dataset
    from geobias.encoders.locbench import search as look

    chosen: dict[str, Any] = {} if epochs is None else {"epochs": epochs}
    found = look(
        load_dataset(dataset, data=data, n=n),
        encoder,
        folder=folder,
        trials=trials,
        minutes=minutes,
        training=Training(device=device, **chosen),
        progress=sys.stderr.isatty(),
    )
    typer.echo(found.trials.to_string(index=False))
    best = {**found.options, **found.training.record()}
    values = ", ".join(f"{name} {best[name]}" for name in found.trials if name in best)
    typer.echo(f"Best, with {found.metric} {found.value:.4g}: {values}.")


@app.command()
def datasets() -> None:
    """List the datasets, and the files that they need."""
    from geobias.encoders.locbench import list_datasets

    table = list_datasets()
    for row in table.astype(object).where(table.notna(), "").to_dict("records"):
        classes = f", {row['classes']:,} classes" if row["classes"] else ""
        typer.echo(f"{row['name']}: {row['task']}{classes}, evaluated on {row['evaluated_on']}")
        if row["files"]:
            places = ", ".join(["DIR", *(f"DIR/{name}" for name in row["folders"].split(", "))])
            typer.echo(f"    {row['files']}")
            typer.echo(f"    in {places}; {row['source']}")


def _give(found: Benchmark, json: str | None) -> None:
    """Print a benchmark: drawn tables on a terminal, plain text in a pipe."""
    from geobias.encoders.locbench.bench.tables import as_text

    if json is not None:
        text = found.to_json(None if json == "-" else json, force=True)
        if json == "-":
            typer.echo(text, nl=False)
            return
    if not sys.stdout.isatty():
        typer.echo(repr(found))
        return
    for table in found.tables:
        typer.echo(table.caption)
        draw_table(as_text(table), ("Model",))
    for line in (found.summary, *found.sentences(), *found.notes):
        typer.echo(line)
