"""The page of commands: written from the command line itself, so that it cannot fall behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from typer.cli import get_docs_for_click

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PAGE = "reference/commands"
PLACE = "<!-- commands -->"
"""Where in that page the commands go."""


def described() -> str:
    """Return a table of all commands and what ``--help`` says of each, as Markdown."""
    from geobias.cli.main import app

    group = typer.main.get_group(app)
    rows = [
        f"| [`{name}`](#geobias-{name}) | {command.get_short_help_str(200)} |"
        for name, command in group.commands.items()
    ]
    text = get_docs_for_click(obj=group, ctx=typer.Context(group), name="geobias")
    # What stands before the first command lists the commands, too, and shortens what it says.
    return "\n".join(["| command | |", "|---|---|", *rows, text[text.index("\n## ") :]])


def _fill(app: Sphinx, page: str, text: list[str]) -> None:
    if page == PAGE:
        before, after = text[0].split(PLACE)
        text[0] = before + described() + after


def setup(app: Sphinx) -> dict[str, bool]:
    """Fill the page when it is read."""
    app.connect("source-read", _fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
