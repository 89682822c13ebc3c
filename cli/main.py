"""The ``geobias`` command."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer
from typer.exceptions import TyperException

import geobias
from geobias.cli.answers import answers
from geobias.cli.bench import app as bench
from geobias.cli.compare import compare
from geobias.cli.encode import encode
from geobias.cli.groups import groups
from geobias.cli.inspect import inspect
from geobias.cli.report import report
from geobias.cli.score import score
from geobias.cli.simulate import simulate
from geobias.cli.where import where
from geobias.errors import GeoBiasError

app = typer.Typer(
    name="geobias",
    help="Where on Earth does a model fail, and is that bias or chance?",
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(inspect)
app.command()(score)
app.command()(compare)
app.command()(groups)
app.command()(where)
app.command()(report)
app.command()(answers)
app.command()(simulate)
app.command()(encode)
app.add_typer(bench, name="bench")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"geobias {geobias.__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _top(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the command line: wrong input is one line on standard error and exit code 2."""
    try:
        sys.exit(app(standalone_mode=False))
    except (GeoBiasError, TyperException) as refusal:
        message = refusal.format_message() if isinstance(refusal, TyperException) else str(refusal)
        typer.echo("geobias: " + " ".join(message.split()), err=True)
        sys.exit(2)
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("geobias: interrupted", err=True)
        sys.exit(130)
    except BrokenPipeError:
        _fall_silent()
        sys.exit(1)
    except OSError as error:
        # What reads and writes files says so itself: this is standard output.
        typer.echo(f"geobias: Cannot write: {error.strerror or error}.", err=True)
        _fall_silent()
        sys.exit(2)


def _fall_silent() -> None:
    """Say nothing more on standard output, which nobody can read, not even at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
