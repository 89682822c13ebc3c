"""Mean and variance of the unmarked statistic when samples are scattered evenly.

Scatters samples in discs of many sizes, lays the lattice, builds the graph with the kernels of
the package and fits the law of `geobias.ssi.crowding`. Writes

- `docs/studies/unmarked_null.csv`: mean and standard deviation in each simulated neighbourhood;
- `geobias/data/unmarked_null.csv`: the coefficients of the law.

Takes about seven minutes on one core. Run it from the top of the repository:

    python docs/studies/unmarked_null.py
"""

import csv
import math
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.spatial import KDTree

from geobias.geometry.lattice import most_rings, ring_table
from geobias.geometry.nearest import NearestPoints
from geobias.geometry.shores import EVERYWHERE
from geobias.sphere import Floats
from geobias.ssi.crowding import NEIGHBOURS, SHARED_TERMS, terms
from geobias.ssi.nulls import unmarked_statistic
from geobias.ssi.sums import GRAPH_SUMS, MARK_SUMS, sum_edges

ROOT = Path(__file__).resolve().parents[2]
SIMULATED = ROOT / "docs" / "studies" / "unmarked_null.csv"
LAW = ROOT / "geobias" / "data" / "unmarked_null.csv"

SEED = 20240501
NEIGHBOURHOODS = 800
FEWEST, MOST = 8, 30_000
POINTS_EACH = 350_000
POINTS_AT_ONCE = 200_000
TERMS = (
    "1", "r^2", "r^4",
    "1/sqrt(n)", "h/sqrt(n)", "h^2/sqrt(n)", "h^3/sqrt(n)", "r^2/sqrt(n)", "r^2 h/sqrt(n)",
    "1/n", "h/n", "h^2/n", "r^2/n", "1/n^1.5", "h/n^1.5",
)  # fmt: skip


class Neighbourhood(NamedTuple):
    """What is simulated: `scale` is "radius", or "nearest" with one sample on the rim."""

    scale: str
    samples: int
    radius: float
    draws: int


class Found(NamedTuple):
    """What came out."""

    mean: float
    sd: float


def plan() -> list[Neighbourhood]:
    """Choose sizes evenly on a logarithmic scale, and radii up to 90 degrees, more small ones."""
    draw = np.random.default_rng(SEED)
    chosen = []
    for row in range(NEIGHBOURHOODS):
        samples = round(math.exp(draw.uniform(math.log(FEWEST), math.log(MOST))))
        radius = round(max(0.001, math.pi / 2 * draw.random() ** 2), 4)
        scale = ("radius", "nearest")[row % 2]
        chosen.append(Neighbourhood(scale, samples, radius, math.ceil(POINTS_EACH / samples)))
    return chosen


def scatter(
    scale: str, samples: int, radius: float, draws: int, draw: np.random.Generator
) -> Floats:
    """Scatter samples evenly around the pole; return (draws, samples, 3) unit vectors."""
    share = draw.random((draws, samples))
    share[:, 0] = 0.0
    if scale == "nearest":
        share[:, -1] = 1.0
    azimuth = draw.uniform(-np.pi, np.pi, (draws, samples))
    down = share * 2.0 * math.sin(radius / 2.0) ** 2
    across = np.sqrt(down * (2.0 - down))
    return np.stack((across * np.cos(azimuth), across * np.sin(azimuth), 1.0 - down), axis=-1)


def statistics(positions: Floats, radius: float) -> Floats:
    """Return U of each draw."""
    draws, samples, _ = positions.shape
    unit, points = positions.reshape(-1, 3), draws * samples
    # A fourth coordinate keeps the draws apart, so that one tree serves all of them.
    apart = np.column_stack((unit, 10.0 * np.repeat(np.arange(draws), samples)))
    _, near = KDTree(apart, balanced_tree=False).query(apart, k=NEIGHBOURS + 1)
    near = near[:, 1:].astype(np.int32)
    nearest = NearestPoints(near, np.full(points, NEIGHBOURS, np.int32), near)
    graph = np.zeros(draws, GRAPH_SUMS).view(np.recarray)
    no_marks = np.zeros((0, draws), MARK_SUMS).view(np.recarray)
    seat = np.arange(points + 1)
    sum_edges(
        unit, np.array([np.pi / 2]), np.array([0.0]), seat, seat[:-1], nearest,
        np.zeros(draws, np.int64), np.full(draws, radius), seat[::samples],
        seat[:-1].astype(np.int32), NEIGHBOURS, np.ones(1), np.empty((points, 0), np.uint8),
        np.ones(1), ring_table(most_rings(samples, radius), NEIGHBOURS), EVERYWHERE,
        np.full(points, -1, np.int32), graph, no_marks, np.zeros((0, draws, 1), np.int64),
    )  # fmt: skip
    return unmarked_statistic(graph)


def simulate(row: int, at: Neighbourhood) -> Found:
    """Simulate one row of the table; each has a seed of its own."""
    draw = np.random.default_rng([SEED, row])
    u: list[float] = []
    while len(u) < at.draws:
        draws = min(max(1, POINTS_AT_ONCE // at.samples), at.draws - len(u))
        positions = scatter(at.scale, at.samples, at.radius, draws, draw)
        u.extend(statistics(positions, at.radius))
    return Found(round(float(np.mean(u)), 5), round(float(np.std(u, ddof=1)), 5))


def fit(planned: list[Neighbourhood], found: list[Found]) -> Floats:
    """Fit the law; return (terms, 4): mean and variance for one scale, then for the other."""
    samples, draws = (np.array([at[i] for at in planned], dtype=float) for i in (1, 3))
    nearest = np.array([at.scale == "nearest" for at in planned])[:, None]
    mean, sd = np.array(found).T
    law = terms(samples, np.array([at.radius for at in planned]))
    shared, own = law[:, :SHARED_TERMS], law[:, SHARED_TERMS:]
    law = np.hstack((shared, np.where(nearest, 0.0, own), np.where(nearest, own, 0.0)))
    # The variance is close to 0.6 per sample everywhere: that is enough to weight by.
    columns = []
    for value, weight in ((mean / samples, samples * draws), (sd**2 / samples, draws - 1.0)):
        root = np.sqrt(weight)
        columns.append(np.linalg.lstsq(law * root[:, None], value * root)[0])
    both = np.column_stack(columns)
    last = both.shape[0] - own.shape[1]
    return np.hstack((both[:last], np.vstack((both[:SHARED_TERMS], both[last:]))))


def write(path: Path, header: list[str], rows: list[list[object]]) -> None:
    """Write a table."""
    with path.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines, lineterminator="\n").writerows([header, *rows])


def main() -> None:
    """Simulate, fit, write."""
    start = time.perf_counter()
    planned = plan()
    found = [simulate(row, at) for row, at in enumerate(planned)]
    write(
        SIMULATED,
        [*Neighbourhood._fields, *Found._fields],
        [[*at, *out] for at, out in zip(planned, found, strict=True)],
    )
    write(
        LAW,
        ["term", "radius_mean", "radius_variance", "nearest_mean", "nearest_variance"],
        [
            [term, *(f"{value:.6g}" for value in values)]
            for term, values in zip(TERMS, fit(planned, found), strict=True)
        ],
    )
    print(f"{len(planned)} neighbourhoods in {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
