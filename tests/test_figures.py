"""Figures look as they did when somebody last looked at them.

``tests/data/figures`` holds what was looked at. After a change that is meant to be seen, draw
them anew and look at each of them:

    python tests/test_figures.py
"""

from pathlib import Path

import pytest
from matplotlib.testing.compare import compare_images

from pictured import FIGURES

SEEN = Path(__file__).parent / "data" / "figures"
DPI = 80

TOLERANCE = 3.0
"""Root mean square over all pixels and channels, of 255. The same version of matplotlib draws the
same pixels; another one may set letters a fraction of a pixel aside."""


def save(name, path):
    FIGURES[name]().savefig(path, dpi=DPI, metadata={"Software": None})
    return path


def differs(name, path):
    """What `compare_images` says of a picture, None if it is like the one that was seen."""
    return compare_images(str(SEEN / f"{name}.png"), str(path), TOLERANCE)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_looks_as_it_did(name, tmp_path):
    assert differs(name, save(name, tmp_path / f"{name}.png")) is None


def test_every_picture_that_was_seen_is_compared():
    assert {path.stem for path in SEEN.glob("*.png")} == set(FIGURES)


CHANGES = {
    "map": lambda figure: figure.axes[1].collections[-2].remove(),
    "difference": lambda figure: figure.axes[0].collections[0].set_facecolor("white"),
    "neighbourhood": lambda figure: figure.axes[0].lines[0].remove(),
    "profile": lambda figure: figure.axes[0].lines[0].set_color("black"),
    "chance": lambda figure: figure.axes[1].lines[0].remove(),
    "regions": lambda figure: figure.axes[0].collections[-1].remove(),
    "forest": lambda figure: figure.axes[0].invert_xaxis(),
    "groups": lambda figure: figure.axes[0].set_yticklabels([]),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_change_is_seen(name, tmp_path, monkeypatch):
    def changed():
        figure = drawn()
        CHANGES[name](figure)
        return figure

    drawn = FIGURES[name]
    monkeypatch.setitem(FIGURES, name, changed)
    assert "RMS" in differs(name, save(name, tmp_path / f"{name}.png"))


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_figure_is_the_same_bytes(name, tmp_path):
    one, other = (save(name, tmp_path / f"{copy}.png").read_bytes() for copy in "ab")
    assert one == other


def test_the_pictures_are_small():
    assert sum(path.stat().st_size for path in SEEN.glob("*.png")) < 400_000


if __name__ == "__main__":
    SEEN.mkdir(parents=True, exist_ok=True)
    for each in FIGURES:
        save(each, SEEN / f"{each}.png")
