"""The axes that a figure is drawn in: panels of its own, or those of the user."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from geobias.errors import GeoBiasError
from geobias.plots.style import new_figure


def panels(
    count: int,
    size: tuple[float, float],
    *,
    columns: int = 2,
    blocks: int = 1,
    below: float = 0.0,
    ax: Axes | None = None,
    **shared: Any,
) -> tuple[Figure, list[Axes]]:
    """Return a figure and so many panels in it, in rows.

    Parameters
    ----------
    count
        Panels of a block.
    size
        Width and height of a panel in inches.
    columns
        At most so many stand side by side.
    blocks
        Each block of panels begins a row.
    below
        Inches below all panels, for a caption.
    ax
        Axes of the user, which hold one panel; then no figure is made.
    **shared
        As in `matplotlib.figure.Figure.subplots`: what panels have in common.

    Examples
    --------
    >>> figure, three = panels(3, (3.5, 2.0), below=0.5)
    >>> len(three), figure.get_size_inches().tolist()
    (3, [7.0, 4.5])
    """
    if ax is not None:
        figure = checked_axes(ax)
        if count * blocks > 1:
            raise GeoBiasError(
                f"One pair of axes (ax=) holds one model, not {count * blocks:,}: name it (model=)."
            )
        return figure, [ax]
    columns = min(columns, count)
    rows = -(-count // columns)
    figure = new_figure(columns * size[0], blocks * rows * size[1] + below)
    grid = figure.subplots(blocks * rows, columns, squeeze=False, **shared)
    cells = grid.reshape(blocks, rows * columns)
    for spare in cells[:, count:].ravel():
        spare.remove()
    return figure, cells[:, :count].ravel().tolist()


def checked_axes(ax: object) -> Figure:
    """Return the figure of axes that can be drawn in, or say why they cannot.

    >>> figure = new_figure()
    >>> checked_axes(figure.add_subplot()) is figure
    True
    """
    if not isinstance(ax, Axes):
        raise GeoBiasError(
            f"ax= takes axes of matplotlib, not {type(ax).__name__}: one of those that "
            "figure.subplots() returns, for example."
        )
    if ax.name != "rectilinear":
        raise GeoBiasError(
            f"ax= takes axes with two straight axes, not those of projection {ax.name!r}: make "
            "them without projection=."
        )
    figure = ax.get_figure(root=False)
    if figure is None or not _stands_in(figure, ax):
        raise GeoBiasError("ax= was removed from its figure: take axes that stand in one.")
    return figure  # type: ignore[return-value]


def _stands_in(figure: Any, ax: Axes) -> bool:
    return any(ax is each or ax in each.child_axes for each in figure.axes)


def literally(*written: Text) -> None:
    """Show texts as they are, though the axes were made where $ begins a formula."""
    for text in written:
        text.set(parse_math=False, usetex=False)
