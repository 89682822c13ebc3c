"""Pages filled in from templates: everything inside, nothing from anywhere else."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from geobias.reporting.foreign import Names, printable

HERE = "geobias.reporting"


def render(
    template: str, names: Names, scripts: Sequence[str], *, package: str = HERE, **facts: Any
) -> str:
    """Fill in a template.

    Parameters
    ----------
    template
        Its name in the folder ``page`` of the package.
    names
        The names that its texts are full of.
    scripts
        What runs in the page, and nothing else.
    package
        Whose template it is; the frame and the parts are of this one.
    **facts
        What it is filled in with.
    """

    def load(name: str) -> str:
        return asset(name, package if name == template else HERE)

    environment = Environment(
        loader=FunctionLoader(load),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda value: value if isinstance(value, Markup) else escape(printable(value)),
    )
    environment.filters["named"] = names.html
    marked = [Markup(script) for script in scripts]
    return environment.get_template(template).render(
        css=Markup(asset("report.css")),
        scripts=marked,
        hashes=" ".join(f"'sha256-{_hash(script)}'" for script in marked),
        **facts,
    )


@cache
def asset(name: str, package: str = HERE) -> str:
    """Return a file of the folder ``page`` of a package."""
    return (files(package) / "page" / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    return b64encode(sha256(script.encode()).digest()).decode()
