"""The axes that figures are drawn in: panels in rows, and axes of the user."""

import pytest
from matplotlib.figure import Figure

from geobias.plots.panels import checked_axes, panels
from pictured import audit, refused


def grid(figure, axes):
    """Row and column of each panel."""
    figure.draw_without_rendering()
    boxes = [ax.get_position() for ax in axes]
    across = sorted({round(box.x0, 3) for box in boxes})
    along = sorted({round(box.y0, 3) for box in boxes}, reverse=True)
    return [(along.index(round(box.y0, 3)), across.index(round(box.x0, 3))) for box in boxes]


def test_panels_stand_two_side_by_side_and_none_is_empty():
    figure, three = panels(3, (3.5, 2.0), below=0.5)
    assert grid(figure, three) == [(0, 0), (0, 1), (1, 0)]
    assert figure.axes == three
    figure, (one,) = panels(1, (3.5, 2.0))
    assert figure.axes == [one]
    assert figure.get_size_inches().tolist() == [3.5, 2.0]


def test_each_block_of_panels_begins_a_row():
    figure, eight = panels(4, (2.0, 2.0), columns=3, blocks=2)
    block = [(0, 0), (0, 1), (0, 2), (1, 0)]
    assert grid(figure, eight) == [*block, *((row + 2, column) for row, column in block)]
    assert figure.axes == eight


def test_panels_share_what_they_are_asked_to():
    _, two = panels(2, (2.0, 2.0), sharex=True)
    two[0].set_xlim(3.0, 4.0)
    assert two[1].get_xlim() == (3.0, 4.0)


def test_axes_of_the_user_hold_one_panel():
    figure = Figure()
    ax = figure.add_subplot()
    assert panels(1, (2.0, 2.0), ax=ax) == (figure, [ax])
    assert refused(panels, 2, (2.0, 2.0), ax=ax) == (
        "One pair of axes (ax=) holds one model, not 2: name it (model=)."
    )


def test_axes_may_stand_in_part_of_a_figure_or_in_other_axes():
    part = Figure().subfigures(1, 2)[0]
    ax = part.add_subplot()
    assert checked_axes(ax) is part
    inset = ax.inset_axes([0.5, 0.5, 0.4, 0.4])
    assert checked_axes(inset) is part
    inset.remove()
    assert "was removed from its figure" in refused(checked_axes, inset)


def test_axes_that_cannot_be_drawn_in_are_refused():
    figure = Figure()
    gone = figure.add_subplot()
    gone.remove()
    assert "was removed from its figure" in refused(checked_axes, gone)
    cleared = figure.add_subplot()
    figure.clear()
    assert "was removed from its figure" in refused(checked_axes, cleared)
    for projection in ("polar", "3d"):
        ax = figure.add_subplot(projection=projection)
        assert f"not those of projection {projection!r}" in refused(checked_axes, ax)
    for other, name in (("x", "str"), (figure, "Figure"), (figure.subplots(1, 2), "ndarray")):
        assert f"ax= takes axes of matplotlib, not {name}" in refused(checked_axes, other)


@pytest.mark.parametrize("draw", ["profile", "neighbourhood"])
def test_figures_refuse_such_axes(draw):
    arguments = [5] if draw == "neighbourhood" else []
    plot = getattr(audit().plot, draw)
    polar = Figure().add_subplot(projection="polar")
    for ax in ("x", polar):
        assert "ax= takes axes" in refused(plot, *arguments, model="weak", ax=ax)
