"""``geobias report``: what an audit found, on a page to read and pass on."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from geobias.cli.options import Centres, Scales, Seed
from geobias.cli.output import refuse_nowhere
from geobias.cli.reading import reads_predictions
from geobias.scales import DEFAULT_SCALES
from geobias.writing import refuse_to_overwrite

_ENDINGS = {
    ".html": "html", ".htm": "html", ".md": "md", ".markdown": "md", ".json": "json",
}  # fmt: skip


@reads_predictions
def report(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Predictions: a file, a folder or a pattern.")
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to write; - for standard output. Default: report.html, and standard output "
            "for md and json.",
        ),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="html|md|json",
            help="A page, a section for a model card, or the facts. Default: what the name of the "
            "output ends in, else html.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that exists.")] = False,
    reading: dict[str, Any] | None = None,
    scale: Scales = None,
    by: Annotated[
        str,
        typer.Option(
            metavar="SCHEME|COL",
            help="Groups: country, continent, un_region, un_subregion, income, or a column.",
        ),
    ] = "continent",
    permutations: Annotated[
        int, typer.Option(metavar="N", help="Shuffles of the marks, for the p values.")
    ] = 999,
    bootstrap: Annotated[
        int, typer.Option(metavar="N", help="Draws of spatial blocks, for the intervals.")
    ] = 999,
    fdr: Annotated[
        float, typer.Option(metavar="Q", help="False discovery rate of the hot spots.")
    ] = 0.05,
    centres: Centres = None,
    seed: Seed = 0,
) -> None:
    """Write what an audit of the predictions in FILE finds: a page, a model card or JSON."""
    kind = _kind(form, output)
    target = output or ("report.html" if kind == "html" else "-")
    refuse_nowhere(target, [file, (reading or {}).get("locations")])
    if target != "-":
        refuse_to_overwrite(target, force)

    from geobias.reporting import report as run
    from geobias.reporting.foreign import one_line

    found = run(
        file,
        **reading or {},
        scales=scale or DEFAULT_SCALES,
        by=by,
        permutations=permutations,
        bootstrap=bootstrap,
        fdr=fdr,
        centres=centres,
        seed=seed,
        progress=sys.stderr.isatty(),
    )
    found = replace(found, command=shlex.join(["geobias", *sys.argv[1:]]))
    write = {"html": found.to_html, "md": found.to_markdown, "json": found.to_json}[kind]
    if target == "-":
        typer.echo(write(), nl=False)
        return
    write(target, force=force)
    for line in found.sentences():
        typer.echo(one_line(line))
    typer.echo(f"Written to {target}.")


def _kind(form: str | None, output: str | None) -> str:
    """Return what is to be written: what is asked for, or what the name of the output says."""
    if form is not None and form not in _ENDINGS.values():
        raise typer.BadParameter(f"--format must be html, md or json, not {form!r}.")
    if output in (None, "-"):
        return form or "html"
    said = _ENDINGS.get(Path(str(output)).suffix.casefold())
    if form is None and said is None:
        raise typer.BadParameter(
            f"-o {output} does not say what to write: let it end in .html, .md or .json, or add "
            "--format."
        )
    if form is not None and said not in (None, form):
        raise typer.BadParameter(f"-o {output} ends in what --format {form} is not: leave out one.")
    return form or str(said)
