"""The closed forms of the nulls: against enumeration, Monte Carlo and the oracle."""

import math
from typing import NamedTuple

import numpy as np
import pytest

import naive
import worlds
from geobias.geometry.neighbours import reach_of
from geobias.marking import Marking
from geobias.scales import Scale
from geobias.ssi import nulls
from geobias.ssi.engine import Engine
from geobias.ssi.sums import MARK_SUMS
from worlds import KINDS, World

SCORES = ("relative", "clustering", "isolation")
PERMUTATIONS = 20_000


class Dense(NamedTuple):
    """One neighbourhood in matrices: its graphs, its marks and what the engine makes of it."""

    w: naive.Floats
    alone: naive.Floats
    z: naive.Floats
    background: int
    graph: np.ndarray
    marks: np.ndarray

    def statistic(self, score):
        """What a score looks at, as a function of the marks of the samples."""
        ground = np.zeros(self.background)
        b = naive.background_edges(self.w, len(self.z))
        return {
            "relative": lambda z: naive.statistic(self.w, np.concatenate([z, ground])),
            "clustering": lambda z: naive.statistic(self.alone, z),
            "isolation": lambda z: float(-(b * (z - z.mean())).sum()),
        }[score]

    def z_of(self, score):
        """The deviate in closed form."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(getattr(nulls, f"{score}_z")(self.graph, self.marks))


def sums(world, marks, scale, k, point):
    """The engine's sums of one neighbourhood."""
    places = worlds.seats(world).places
    engine = Engine(
        places,
        Marking.of(places, marks[None], (-1.0, 1.0)),
        k=k,
        preset="geobias",
        coding="pm",
        index="bands",
        threads=1,
    )
    reach = reach_of(engine._index, Scale.parse(scale), np.array([point]))
    graph, mark_sums, _ = engine._sums(reach, lambda done, total: None)
    return graph[0], mark_sums[0, 0]


def dense(world, marks, scale, k=4, sample=0):
    """One neighbourhood, around a sample."""
    places, lat, lon = worlds.seats(world)
    point = int(places.point_of_sample[sample])
    centre = int(places.seat_start[point])
    members, radius, _ = naive.neighbourhood(lat, lon, centre, **worlds.limits(scale))
    ground = naive.lattice(lat[centre], lon[centre], len(members), radius)
    lat, lon = lat[members], lon[members]
    graph, mark_sums = sums(world, marks, scale, k, point)
    return Dense(
        w=naive.graph(np.append(lat, ground[0]), np.append(lon, ground[1]), k),
        alone=naive.graph(lat, lon, k),
        z=places.seated(marks)[members],
        background=len(ground[0]),
        graph=graph,
        marks=mark_sums,
    )


def one_wrong(n):
    return np.array([-1.0] + [1.0] * (n - 1))


def three_wrong(n):
    return np.array([-1.0] * 3 + [1.0] * (n - 3))


def site_means(n):
    """Marks of merged sites: any number between the levels."""
    return np.resize([-1.0, -1 / 3, 0.0, 0.5, 1.0, 1.0], n)


def shuffled(marks, seed):
    return np.random.default_rng(seed).permutation(marks)


# --- Closed forms --------------------------------------------------------------------------------


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("k", [1, 2, 4, 6])
@pytest.mark.parametrize("marks", [one_wrong, three_wrong, site_means])
@pytest.mark.parametrize("kind", KINDS)
def test_eight_samples_agree_with_all_their_permutations(kind, marks, k, score):
    found = dense(KINDS[kind](8, 1), shuffled(marks(8), 2), "knn:8", k)
    statistic = found.statistic(score)
    mean, variance = naive.all_permutations_moments(statistic, found.z)
    if variance < 1e-12:
        assert math.isnan(found.z_of(score))
    else:
        expected = (statistic(found.z) - mean) / math.sqrt(variance)
        assert found.z_of(score) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("score", SCORES)
def test_eight_different_marks_agree_with_all_40320_permutations(score):
    marks = np.random.default_rng(3).normal(size=8)
    found = dense(worlds.clustered(8, 4), marks, "knn:8")
    statistic = found.statistic(score)
    mean, variance = naive.all_permutations_moments(statistic, found.z)
    expected = (statistic(found.z) - mean) / math.sqrt(variance)
    assert found.z_of(score) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("k", [1, 4, 9])
@pytest.mark.parametrize(("kind", "n", "accuracy"), [
    ("uniform", 60, 0.5), ("clustered", 70, 0.8), ("duplicated", 80, 0.9), ("tight", 120, 0.97),
])  # fmt: skip
def test_many_samples_agree_with_monte_carlo(kind, n, accuracy, k, score):
    """The moments of so many random permutations differ from the exact ones by chance.

    In units of z, the mean is off by 1/sqrt(P), and the standard deviation by a share of
    sqrt((kurtosis - 1) / 4P). Four times that, with these seeds, is never exceeded.
    """
    marks = 2.0 * worlds.hits(n, 5, accuracy) - 1.0
    found = dense(KINDS[kind](n, 6), marks, f"knn:{n}", k)
    values = permuted(found, score, seed=7)
    z = (found.statistic(score)(found.z) - values.mean()) / values.std()
    kurtosis = (((values - values.mean()) / values.std()) ** 4).mean()
    error = (1 + abs(z) * math.sqrt((kurtosis - 1) / 4)) / math.sqrt(PERMUTATIONS)
    assert abs(found.z_of(score) - z) < 4 * error


def permuted(found, score, seed):
    """A statistic under random permutations of the marks; up to a constant for relative."""
    draw = np.random.default_rng(seed)
    n = len(found.z)
    z = draw.permuted(np.tile(found.z, (PERMUTATIONS, 1)), axis=1)
    if score == "isolation":
        return -(z - z.mean(axis=1, keepdims=True)) @ naive.background_edges(found.w, n)
    if score == "clustering":
        y = z - found.z.mean()
        return ((y @ found.alone) * y).sum(axis=1)
    overall = found.z.sum() / (n + found.background)
    y = z - overall
    among = ((y @ found.w[:n, :n]) * y).sum(axis=1)
    constant = overall**2 * found.w[n:, n:].sum()
    return among - overall * (y @ naive.background_edges(found.w, n)) + constant


def test_the_permuted_statistic_of_these_tests_is_the_one_of_the_definition():
    found = dense(worlds.clustered(12, 8), 2.0 * worlds.hits(12, 9) - 1.0, "knn:12")
    draw = np.random.default_rng(7)
    first = draw.permuted(np.tile(found.z, (PERMUTATIONS, 1)), axis=1)[0]
    for score in SCORES:
        expected = found.statistic(score)(first)
        assert permuted(found, score, seed=7)[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_sums_of_marks_are_those_of_dense_matrices(kind):
    found = dense(KINDS[kind](40, 10), worlds.binned(40, 11, (-2.0, -1.0, 0.5, 3.0)), "knn:25")
    n = len(found.z)
    e = found.z - found.z.mean()
    within = found.w[:n, :n]
    expected = {
        "mean": found.z.mean(),
        "square": (e**2).sum(),
        "cube": (e**3).sum(),
        "fourth": (e**4).sum(),
        "product": e @ within @ e,
        "alone_product": e @ found.alone @ e,
        "degree_mark": (within.sum(axis=0) + within.sum(axis=1)) @ e,
        "border_mark": naive.background_edges(found.w, n) @ e,
        "middle_tail": 0.0,
    }
    measured = {name: float(found.marks[name]) for name in MARK_SUMS.names}
    assert measured == pytest.approx(expected, rel=1e-12, abs=1e-11)


@pytest.mark.parametrize("k", [1, 4, 8])
@pytest.mark.parametrize("kind", KINDS)
def test_statistics_are_those_of_dense_matrices(kind, k):
    found = dense(KINDS[kind](40, 12), 2.0 * worlds.hits(40, 13) - 1.0, "knn:20", k)
    graph, marks = found.graph, found.marks
    fields = (marks[name] for name in ("mean", "product", "degree_mark", "border_mark"))
    expected = found.statistic("relative")
    assert nulls.statistic(graph, *fields) == pytest.approx(expected(found.z), rel=1e-9)
    ones = np.ones(len(found.z))
    assert nulls.unmarked_statistic(graph) == pytest.approx(expected(ones), rel=1e-9)


# --- Analytic null -------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 8, 16])
@pytest.mark.parametrize("levels", [2, 3, 4, 5])
def test_the_analytic_null_is_that_of_the_oracle(levels, k):
    draw = np.random.default_rng(100 * levels + k)
    for _ in range(50):
        values = np.sort(draw.choice([-3, -2, -1, -0.5, 0, 0.25, 1, 2, 5], levels, replace=False))
        counts = draw.integers(1, draw.choice([4, 40, 4000]), levels)
        mean, sd = nulls.analytic_null(values.tolist(), counts.astype(float), k)
        by_level = dict(zip(values.tolist(), counts.tolist(), strict=True))
        expected_mean, expected_var = naive.analytic_null(by_level, k)
        assert float(mean) == pytest.approx(expected_mean, rel=1e-9, abs=1e-9)
        if expected_var > 0:
            assert float(sd) == pytest.approx(math.sqrt(expected_var), rel=1e-9)
        else:
            assert math.isnan(sd)


def test_levels_that_nobody_carries_do_not_count():
    here = nulls.analytic_null(
        (-1.0, 0.0, 1.0), (np.zeros(1), np.full(1, 150.0), np.full(1, 30.0)), 4
    )
    plain = nulls.analytic_null((0.0, 1.0), (np.full(1, 150.0), np.full(1, 30.0)), 4)
    assert [v.tolist() for v in here] == [v.tolist() for v in plain]


def test_of_equally_common_levels_the_lowest_is_the_reference():
    mean, sd = nulls.analytic_null((-1.0, 0.0, 2.0), np.array([30.0, 30.0, 7.0]), 4)
    expected = naive.analytic_null({-1.0: 30, 0.0: 30, 2.0: 7}, 4)
    mirrored = naive.analytic_null({-2.0: 7, 0.0: 30, 1.0: 30}, 4)
    assert expected[1] != pytest.approx(mirrored[1])
    assert (float(mean), float(sd) ** 2) == pytest.approx(expected)


def test_many_neighbourhoods_at_once_get_what_each_gets_alone():
    draw = np.random.default_rng(14)
    counts = draw.integers(0, 30, (3, 40)).astype(float)
    together = np.array(nulls.analytic_null((-1.0, 0.0, 1.0), counts, 4))
    alone = [nulls.analytic_null((-1.0, 0.0, 1.0), counts[:, i], 4) for i in range(40)]
    assert np.array_equal(together, np.array(alone).T, equal_nan=True)


# --- Undefined -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "score"),
    [(n, score) for score in SCORES for n in range(2, 4 if score == "relative" else 8)],
)
def test_fewer_than_eight_samples_are_too_few_and_four_for_relative(n, score):
    found = dense(worlds.clustered(20, 15), 2.0 * worlds.hits(20, 16, 0.5) - 1.0, f"knn:{n}")
    assert found.graph["samples"] == n
    assert math.isnan(found.z_of(score))


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("mark", [-1.0, 1.0, 0.1, 1 / 3])
def test_equal_marks_cannot_trade_places(mark, score):
    found = dense(worlds.clustered(30, 17), np.full(30, mark), "knn:20")
    assert math.isnan(found.z_of(score))


@pytest.mark.parametrize("score", SCORES)
def test_samples_at_one_spot_have_no_neighbourhood(score):
    world = World(np.array([5.0] * 12 + [6.0]), np.full(13, 7.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = getattr(nulls, f"{score}_z")(*sums(world, shuffled(three_wrong(13), 1), "knn:12", 4, 0))
    assert math.isnan(z)


@pytest.mark.parametrize("k", [7, 8, 16])
def test_clustering_needs_someone_who_is_not_a_neighbour(k):
    found = dense(worlds.clustered(8, 18), three_wrong(8), "knn:8", k)
    assert math.isnan(found.z_of("clustering"))


def test_isolation_needs_samples_that_differ_in_it():
    found = dense(worlds.clustered(20, 19), three_wrong(20), "knn:10")
    found.graph["border"], found.graph["border2"] = 30.0, 90.0
    assert math.isnan(found.z_of("isolation"))


def test_relative_is_defined_among_samples_without_links():
    """Only the isolation of the errors is left to judge, and that can still be surprising."""
    found = dense(worlds.uniform(8, 1), shuffled(three_wrong(8), 2), "knn:8")
    assert found.graph["edges"] == 0
    expected = naive.z_score(*naive.permutation_null_lattice(found.w, found.z, found.background))
    assert math.isfinite(expected)
    assert found.z_of("relative") == pytest.approx(expected, rel=1e-9)


def test_relative_is_undefined_where_no_permutation_changes_it():
    """Eight samples that all link to each other, and each as often to the background."""
    world = worlds.tight(40, 20)
    for seed in range(10):
        marks = worlds.binned(40, seed, (-2.0, 1.0, 3.0))
        found = dense(world, marks, "8@90deg", k=12, sample=seed)
        b = naive.background_edges(found.w, 8)
        assert b.min() == b.max()
        assert found.graph["edges"] == 8 * 7
        for score in SCORES:
            assert math.isnan(found.z_of(score))
