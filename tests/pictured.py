"""Small results whose figures are tested, the figures, and what can be read in them."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

import geobias
from geobias.errors import GeoBiasError
from geobias.results import Audit, Comparison, Groups

SCALES = ("300km", "1000km", "2500km", "knn:10", "knn:40")


def table(n: int = 400) -> pd.DataFrame:
    """Samples on three continents; the errors of ``weak`` keep to one of them."""
    draw = np.random.default_rng(7)
    head = np.array([[48.0, 10.0], [5.0, 20.0], [-15.0, -55.0]])[draw.integers(0, 3, n)]
    lat, lon = (head + draw.normal(0.0, 5.0, (n, 2))).T
    weak = draw.random(n) < np.where(lat > 30.0, 0.95, np.where(lon > 0.0, 0.4, 0.9))
    places = pd.DataFrame({"lat": lat, "lon": lon})
    even, third = draw.random(n) < weak.mean(), draw.random(n) < 0.6
    return places.assign(even=even, weak=weak, third=third)


@cache
def audit() -> Audit:
    return geobias.score(
        table(), correct=["even", "weak"], scales=SCALES, permutations=99, bootstrap=99, fdr=0.05
    )


@cache
def comparison() -> Comparison:
    return geobias.compare(
        table(), correct=["even", "weak", "third"], scales=["1000km", "knn:40"], permutations=99,
        bootstrap=99,
    )  # fmt: skip


@cache
def groups() -> Groups:
    return geobias.groups(table(), by="country", correct=["even", "weak"], permutations=99)


FIGURES: dict[str, Callable[[], Figure]] = {
    "map": lambda: audit().plot.map(),
    "difference": lambda: audit().plot.difference(column="clustering", scale="1000km"),
    "neighbourhood": lambda: audit().plot.neighbourhood(5, model="weak", scale="1000km"),
    "profile": lambda: audit().plot.profile(),
    "chance": lambda: audit().plot.chance(scale="1000km"),
    "regions": lambda: audit().plot.regions("country", model="weak", scale="1000km"),
    "forest": lambda: comparison().plot.forest(),
    "groups": lambda: groups().plot.forest(model="weak"),
}
"""Every kind of figure once."""


def scored(n=120, names=("hit",), seed=0, **choices):
    """An audit of as many models as names, on places in Europe."""
    draw = np.random.default_rng(seed)
    places = {"lat": draw.normal(48.0, 4.0, n), "lon": draw.normal(9.0, 6.0, n)}
    marks = {name: draw.random(n) < 0.7 for name in names}
    defaults = {"correct": list(names), "scales": ["200km", "500km"]}
    return geobias.score(pd.DataFrame({**places, **marks}), **{**defaults, **choices})


def drawn(ax, gid):
    """The artists of a name."""
    return [each for each in ax.get_children() if each.get_gid() == gid]


def one(ax, gid):
    (found,) = drawn(ax, gid)
    return found


def texts(figure):
    """All texts that can be seen, once the layout is settled."""
    figure.draw_without_rendering()
    hidden = set()
    for axis in (axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)):
        low, high = sorted(axis.get_view_interval())
        for tick in axis.get_major_ticks():
            if not low <= tick.get_loc() <= high:
                hidden |= {tick.label1, tick.label2}
    return [
        text
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and text not in hidden
    ]


def words(figure):
    """All that can be read in a figure, line breaks aside."""
    return " ".join(" ".join(text.get_text() for text in texts(figure)).split())


def refused(call, *arguments, **keywords):
    with pytest.raises(GeoBiasError) as caught:
        call(*arguments, **keywords)
    return str(caught.value)
