"""Priors without a network, against slow ones."""

from __future__ import annotations

import numpy as np
import pytest

import naive
from geobias import GeoBiasError
from geobias.encoders.locbench import evaluate, field, fit_prior, list_priors, synthetic
from geobias.encoders.locbench.datasets.dataset import Dataset, Split
from geobias.encoders.locbench.priors import counting, neighbours
from geobias.encoders.locbench.priors.frequency import FrequencyPrior
from geobias.encoders.locbench.priors.grid import GridPrior
from geobias.encoders.locbench.priors.neighbours import KernelPrior, NearestPrior, RadiusPrior

CLASSES = 5
TWO_DEGREES_KM = np.radians(2.0) * naive.EARTH_RADIUS_KM  # many points of the lattice lie there


def split_of(lat, lon, labels):
    return Split(np.asarray(lat, float), np.asarray(lon, float), np.asarray(labels, np.int64))


def scattered():
    draw = np.random.default_rng(3)
    return np.degrees(np.arcsin(draw.uniform(-1, 1, 150))), draw.uniform(-180, 180, 150)


def crowded():
    """Few sites with many samples each."""
    lat, lon = scattered()
    site = np.random.default_rng(4).integers(6, size=150)
    return lat[site], lon[site]


def lattice():
    """Points whose distances tie."""
    lat, lon = np.meshgrid(np.arange(-4.0, 5.0, 2.0), np.arange(-4.0, 5.0, 2.0))
    return lat.ravel(), lon.ravel()


def far_ends():
    """Around both poles, on them under several longitudes, and on both sides of the date line."""
    lat = [90, 90, 90, 89.9, 89.9, -90, -90, -89.9, 10, 10, 10, 10, 10.1, -20]
    lon = [0, 77, -120, 10, -170, 5, 180, 44, 180, -180, 179.9, -179.9, 180, 180]
    return np.array(lat, float), np.array(lon, float)


WORLDS = {f.__name__: f for f in (scattered, crowded, lattice, far_ends)}


@pytest.fixture(params=WORLDS)
def train(request):
    lat, lon = WORLDS[request.param]()
    return split_of(lat, lon, np.random.default_rng(9).integers(CLASSES, size=len(lat)))


def asked(train):
    """The training places themselves, and others."""
    lat, lon = scattered()
    return (
        np.concatenate([train.lat[:40], lat[:20], [90.0, -90.0, 0.0, 0.0]]),
        np.concatenate([train.lon[:40], lon[:20] / 3, [13.0, 14.0, 180.0, -180.0]]),
    )


def one_place(lat, lon):
    """Longitude at a pole means nothing."""
    return lat, np.where(np.abs(lat) == 90, 0.0, lon)


def slowly(train, weigh, a=2.0):
    """The prior at each place that is asked, by a function of the angles to all samples."""
    there = np.radians(one_place(train.lat, train.lon))
    rows = []
    for lat, lon in zip(*one_place(*asked(train)), strict=True):
        angles = naive.haversine(*np.radians([lat, lon]), *there)
        weights = weigh([float(angle) for angle in angles])
        rows.append(naive.counted_prior(weights, train.targets.tolist(), CLASSES, a))
    return np.array(rows)


def answers(prior, train):
    lat, lon = asked(train)
    found = prior.class_probabilities(lat=lat, lon=lon)
    assert found.sum(axis=1) == pytest.approx(1.0, abs=1e-12)
    assert (found > 0).all()
    return found


def test_frequencies_are_counts_and_one_more(train):
    found = answers(FrequencyPrior.fit(train, CLASSES), train)
    assert found == pytest.approx(slowly(train, lambda angles: [1.0] * len(angles)))


@pytest.mark.parametrize(
    ("columns", "rows", "a"), [(180, 90, 2.0), (7, 3, 3.0), (1, 1, 1.5), (360, 1, 2.0)]
)
def test_the_grid_counts_in_cells(train, columns, rows, a):
    found = answers(GridPrior.fit(train, CLASSES, columns=columns, rows=rows, a=a), train)
    for row, (lat, lon) in enumerate(zip(*asked(train), strict=True)):
        weights = naive.cell_weights(
            lat, lon, train.lat.tolist(), train.lon.tolist(), columns, rows
        )
        expected = naive.counted_prior(weights, train.targets.tolist(), CLASSES, a)
        assert found[row] == pytest.approx(expected)


@pytest.mark.parametrize("k", [1, 2, 5, 13, 1_000])
def test_the_nearest_vote_and_ties_share(train, k):
    found = answers(NearestPrior.fit(train, CLASSES, k=k), train)
    assert found == pytest.approx(slowly(train, lambda angles: naive.nearest_weights(angles, k)))


@pytest.mark.parametrize("radius_km", [5.0, TWO_DEGREES_KM, 3_000.0, 20_015.5])
def test_samples_within_a_radius_vote(train, radius_km):
    found = answers(RadiusPrior.fit(train, CLASSES, radius_km=radius_km), train)
    expected = slowly(train, lambda angles: naive.radius_weights(angles, radius_km))
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("k", [1, 2, 5, 13, 1_000])
def test_kernels_are_as_wide_as_the_kth_nearest_is_far(train, k):
    found = answers(KernelPrior.fit(train, CLASSES, k=k), train)
    expected = slowly(train, lambda angles: naive.kernel_weights(angles, k))
    assert found == pytest.approx(expected, rel=1e-9)


def all_priors(train):
    return [
        FrequencyPrior.fit(train, CLASSES),
        GridPrior.fit(train, CLASSES),
        NearestPrior.fit(train, CLASSES, k=7),
        RadiusPrior.fit(train, CLASSES, radius_km=2_000.0),
        KernelPrior.fit(train, CLASSES, k=7),
    ]


def test_the_order_of_rows_and_the_size_of_parts_change_no_bit(train, monkeypatch):
    order = np.random.default_rng(2).permutation(len(train))
    turned = split_of(train.lat[order], train.lon[order], train.targets[order])
    for prior, other in zip(all_priors(train), all_priors(turned), strict=True):
        assert answers(prior, train).tobytes() == answers(other, train).tobytes()
    whole = [answers(prior, train).tobytes() for prior in all_priors(train)]
    monkeypatch.setattr(counting, "ROWS", 9)
    monkeypatch.setattr(neighbours, "LISTED_AT_ONCE", 20)
    assert [answers(prior, train).tobytes() for prior in all_priors(train)] == whole


def test_training_samples_without_a_location_are_counted():
    train = split_of([1.0, np.nan, 1.0], [2.0, np.nan, 2.0], [0, 1, 0])
    for prior in all_priors(train)[1:]:
        assert prior.without_location == 1
        found = prior.class_probabilities(lat=[1.0], lon=[2.0])[0]
        assert found == pytest.approx(np.array([3, 1, 1, 1, 1]) / 7)
    frequency = FrequencyPrior.fit(train, CLASSES)
    assert frequency.without_location == 0
    assert frequency.class_probabilities(lat=[0.0], lon=[0.0])[0, 1] == pytest.approx(2 / 8)


def test_priors_repair_what_the_image_model_lacks():
    dataset = synthetic(6_000, seed=1)
    image = evaluate(dataset).metrics["top1"]
    reached = {}
    for name in list_priors()["name"]:
        # Cells of two degrees would be empty, most of them, with so few samples.
        options = {"columns": 36, "rows": 18} if name == "grid" else {}
        prior = fit_prior(name, dataset, **options)
        reached[name] = evaluate(dataset, prior)
        assert reached[name].model == prior.name
    assert abs(reached["frequency"].metrics["top1"] - image) < 0.02
    for name in ("grid", "nearest", "radius", "kernel"):
        assert reached[name].metrics["top1"] > image + 0.05
        assert reached[name].metrics["location_only_top1"] > 0.5


def named(name, split):
    return Dataset(name, tuple("abcde"), {"train": split, "val": split, "test": split})


@pytest.mark.parametrize(
    ("name", "grid"),
    [
        ("inat2018", (180, 60, 2.0)),
        ("inat2017", (45, 30, 2.0)),
        ("birdsnap+", (30, 30, 2.0)),
        ("birdsnap", (225, 60, 2.0)),
        ("nabirds+", (45, 60, 2.0)),
        ("yfcc", (540, 150, 3.0)),
        ("mine", (180, 90, 2.0)),
    ],
)
def test_published_grids_are_used_where_there_are_some(name, grid):
    dataset = named(name, split_of(*scattered(), np.arange(150) % CLASSES))
    prior = fit_prior("grid", dataset)
    assert (prior.columns, prior.rows, prior.a) == grid
    assert fit_prior("grid", dataset, columns=12).columns == 12
    assert fit_prior("grid", dataset, columns=12).rows == grid[1]


def test_the_list_names_options_and_defaults():
    table = list_priors().set_index("name")
    assert table.loc["grid", "options"] == "columns=180, rows=90, a=2.0"
    assert table.loc["nearest", "options"] == "k=50"
    assert table.loc["frequency", "options"] == ""


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("tree", {}, "prior must be one of frequency, grid, nearest, radius, kernel, not 'tree'"),
        ("nearest", {"radius_km": 3}, "Prior nearest has no option radius_km: it has k"),
        ("frequency", {"k": 3}, "Prior frequency has no option k: it has none"),
        ("nearest", {"k": 0}, "k must be a whole number of 1 to 10000, not 0"),
        ("kernel", {"k": 2.5}, "k must be a whole number of 1 to 10000, not 2.5"),
        ("radius", {"radius_km": 0}, "radius_km must lie between 0 and 20016, not 0"),
        ("radius", {"radius_km": float("nan")}, "radius_km must lie between 0 and 20016"),
        ("grid", {"columns": 0}, "columns must be a whole number of 1 to 36000, not 0"),
        ("grid", {"a": 1.0}, "a=1.0 has to be above 1"),
        ("grid", {"a": "two"}, "a='two' has to be a positive number"),
    ],
)
def test_wrong_priors_and_options_are_refused(name, options, said):
    dataset = named("mine", split_of(*scattered(), np.arange(150) % CLASSES))
    with pytest.raises(GeoBiasError, match=said):
        fit_prior(name, dataset, **options)


def test_what_has_no_classes_has_no_priors():
    dataset = field(1_000)
    with pytest.raises(GeoBiasError, match="synthetic-field has values: priors are of classes"):
        fit_prior("grid", dataset)
    with pytest.raises(GeoBiasError, match="these targets are values"):
        GridPrior.fit(dataset.splits["train"], 3)
    with pytest.raises(GeoBiasError, match="Labels run from 0 to 4, but there are 3 classes"):
        GridPrior.fit(split_of(*lattice(), np.arange(25) % 5), 3)


def test_priors_are_not_asked_for_places_that_are_none():
    train = split_of(*lattice(), np.arange(25) % CLASSES)
    for prior in all_priors(train):
        with pytest.raises(GeoBiasError, match="1 place without coordinates"):
            prior.class_probabilities(lat=[np.nan], lon=[np.nan])


def test_a_grid_of_more_cells_than_fit_into_memory():
    train = split_of(*far_ends(), np.arange(14) % CLASSES)
    prior = GridPrior.fit(train, CLASSES, columns=36_000, rows=36_000)
    found = prior.class_probabilities(lat=[90.0, 89.9, 0.0, -90.0], lon=[5.0, 10.004, 0.0, 1.0])
    # At the north pole are one sample of each of the first three classes.
    np.testing.assert_allclose(found[0], np.array([2, 2, 2, 1, 1]) / 8)
    np.testing.assert_allclose(found[1], np.array([1, 1, 1, 2, 1]) / 6)
    np.testing.assert_allclose(found[2], np.full(5, 0.2))
    np.testing.assert_allclose(found[3], np.array([2, 2, 1, 1, 1]) / 7)


def test_what_is_no_dataset_has_no_priors():
    with pytest.raises(GeoBiasError, match="dataset=None has to be a Dataset"):
        fit_prior("grid", None)
