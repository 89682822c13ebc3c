"""The interactive map alone, for notebooks."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

from geobias.errors import GeoBiasError
from geobias.reporting.mapped import Mapped
from geobias.reporting.writing import written
from geobias.results import Audit

_HEIGHT = 900
"""Of the frame, in pixels: a notebook of 1,100 shows it without a scroll bar."""


@dataclass(frozen=True, eq=False)
class Explorer:
    """An interactive map of an audit, which a notebook shows by itself.

    Attributes
    ----------
    page : str
        The map as one page that needs nothing else.
    description : str
        What is on it, in a line.
    """

    page: str
    description: str

    @classmethod
    def of(cls, audit: Audit) -> Explorer:
        """Lay an audit out on a map."""
        from geobias.reporting.page import explorer

        if "clustering" not in audit.summary:
            raise GeoBiasError(
                "The interactive map shows scores of SSI: score with them, as in "
                'scores=("ssi", "sri"). audit.plot.map shows any column.'
            )
        mapped = Mapped.of(audit)
        layers = ", ".join(layer.label.casefold() for layer in mapped.layers)
        return cls(explorer(mapped), f"Map of {mapped.cells.x.size:,} cells: {layers}")

    def to_html(self, path: str | Path | None = None, *, force: bool = False) -> str:
        """Return the page, and write it if asked to.

        Parameters
        ----------
        path
            Where to write it, if anywhere.
        force
            Write over a file that exists.
        """
        return written(self.page, path, force)

    def __repr__(self) -> str:
        return f"{self.description}. A notebook shows it; to_html writes it to a file."

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{escape(self.page)}" title="{escape(self.description)}" '
            f'style="width: 100%; height: {_HEIGHT}px; border: 0"></iframe>'
        )
