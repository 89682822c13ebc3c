"""Simulated datasets: what they say was planted is in them, and location repairs it."""

from __future__ import annotations

import math

import numpy as np
import pytest

import naive
from geobias import GeoBiasError
from geobias.encoders.locbench import field, synthetic, true_prior
from geobias.encoders.locbench.datasets.mixture import Mixture
from geobias.sphere import degrees, unit_vectors

N = 8_000


def within(dataset, split):
    """Which samples of a split lie in the planted region."""
    truth = dataset.truth
    here, there = np.radians([split.lat, split.lon]), np.radians([truth["lat"], truth["lon"]])
    return naive.haversine(*here, *there) * naive.EARTH_RADIUS_KM <= truth["radius_km"]


def joined(dataset, name):
    return np.concatenate([getattr(split, name) for split in dataset.splits.values()])


def bytes_of(dataset):
    return [
        array.tobytes()
        for split in dataset.splits.values()
        for array in (split.lat, split.lon, split.targets, split.features, split.probabilities)
        if array is not None
    ]


def assert_near(hits, chance, errors=4.0):
    """A share is within four standard errors of its chance."""
    assert len(hits) > 100
    assert abs(hits.mean() - chance) < errors * math.sqrt(chance * (1 - chance) / len(hits))


@pytest.fixture(scope="module", params=[0, 1, 5])
def world(request):
    return request.param, synthetic(N, seed=request.param)


def test_a_dataset_has_the_size_and_the_splits_that_were_asked_for():
    dataset = synthetic(1_000, seed=3, classes=5)
    assert {name: len(split) for name, split in dataset.splits.items()} == {
        "train": 700, "val": 100, "test": 200,
    }  # fmt: skip
    assert (dataset.name, dataset.task, dataset.evaluated_on) == (
        "synthetic", "classification", "test",
    )  # fmt: skip
    assert dataset.classes == tuple(f"class {c}" for c in range(5))
    assert dataset.evaluated.probabilities.dtype == np.float32
    assert dataset.evaluated.probabilities.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    values = field(1_000, seed=3)
    assert (values.name, values.task) == ("synthetic-field", "regression")
    assert values.evaluated.features.shape == (200, 16)
    assert values.evaluated.features.dtype == np.float32


@pytest.mark.parametrize("make", [synthetic, field])
def test_equal_seeds_give_equal_bytes_and_others_do_not(make):
    assert bytes_of(make(1_000, seed=7)) == bytes_of(make(1_000, seed=7))
    assert bytes_of(make(1_000, seed=7)) != bytes_of(make(1_000, seed=8))


@pytest.mark.parametrize("make", [synthetic, field])
def test_the_world_does_not_depend_on_how_many_samples_are_taken(make):
    assert make(1_000, seed=2).truth == make(3_000, seed=2).truth
    assert make(1_000, seed=2).truth != make(1_000, seed=4).truth


def test_the_image_model_is_weak_in_the_region_and_as_good_as_asked_elsewhere(world):
    _, dataset = world
    for split in dataset.splits.values():
        inside = within(dataset, split)
        assert 0.04 < inside.mean() < 0.11
    inside = np.concatenate([within(dataset, split) for split in dataset.splits.values()])
    right = joined(dataset, "probabilities").argmax(axis=1) == joined(dataset, "targets")
    assert_near(right[inside], 0.4)
    assert_near(right[~inside], 0.85)
    assert 500 < dataset.truth["radius_km"] < 4_000


def test_the_true_prior_repairs_most_of_it(world):
    seed, dataset = world
    split = dataset.splits["train"]
    prior = true_prior(seed=seed).class_probabilities(lat=split.lat, lon=split.lon)
    fused = split.probabilities.astype(np.float64) * prior
    right, inside = fused.argmax(axis=1) == split.targets, within(dataset, split)
    assert right[inside].mean() > 0.4 + 0.7 * 0.45
    assert right[~inside].mean() > 0.93
    # Place alone tells much, but not all.
    assert 0.5 < (prior.argmax(axis=1) == split.targets).mean() < 0.95


def test_no_weakness_is_planted_where_none_is_asked_for():
    dataset = synthetic(N, seed=1, accuracy=0.7, weak_accuracy=0.7)
    planted = synthetic(N, seed=1, accuracy=0.7, weak_accuracy=0.2)
    assert dataset.truth == {}
    assert "equally good everywhere" in dataset.notes[0]
    right = joined(dataset, "probabilities").argmax(axis=1) == joined(dataset, "targets")
    inside = np.concatenate([within(planted, split) for split in planted.splits.values()])
    assert_near(right, 0.7)
    assert_near(right[inside], 0.7)


@pytest.mark.parametrize("classes", [2, 100])
def test_the_accuracy_is_as_asked_with_few_classes_and_with_many(classes):
    dataset = synthetic(N, seed=4, classes=classes, accuracy=0.9, weak_accuracy=0.9)
    right = joined(dataset, "probabilities").argmax(axis=1) == joined(dataset, "targets")
    assert_near(right, 0.9)


def test_the_true_prior_is_the_formula_of_bayes():
    mixture = true_prior(seed=3, classes=6)
    centres = list(zip(*(axis.tolist() for axis in degrees(mixture.centres)), strict=True))
    draw = np.random.default_rng(1)
    lat = np.concatenate(
        [np.degrees(np.arcsin(draw.uniform(-1, 1, 40))), [90.0, -90.0, 10.0, 10.0]]
    )
    lon = np.concatenate([draw.uniform(-180, 180, 40), [33.0, -120.0, 180.0, -180.0]])
    found = mixture.class_probabilities(lat=lat, lon=lon)
    for row, (a, b) in enumerate(zip(lat, lon, strict=True)):
        expected = naive.fisher_posterior(a, b, centres, mixture.concentrations.tolist())
        assert found[row] == pytest.approx(expected, rel=1e-9, abs=1e-14)
    assert found[-1].tolist() == found[-2].tolist()


def test_the_true_prior_stays_finite_for_classes_as_narrow_as_a_street():
    centres = unit_vectors(np.array([0.0, 0.0, -60.0]), np.array([0.0, 1e-4, 100.0]))
    mixture = Mixture(centres, np.array([1e12, 1e12, 5e9]))
    found = mixture.class_probabilities(lat=[0.0, 0.0, 0.0, 89.0], lon=[0.0, 1e-4, 5e-5, 12.0])
    assert found.sum(axis=1) == pytest.approx(1.0)
    # A quarter of 1e-4 degrees squared apart: exp(-κ a²/2), of which rounding must leave digits.
    apart = math.radians(1e-4)
    assert found[0, 1] == pytest.approx(1 / (1 + math.exp(0.5e12 * apart**2)), rel=1e-6)
    assert found[2, 0] == pytest.approx(0.5, rel=1e-6)


@pytest.mark.parametrize(("lat", "lon"), [(90.0, 0.0), (-89.5, 40.0), (12.0, 180.0), (50.0, -3.0)])
@pytest.mark.parametrize("kappa", [0.5, 30.0, 5_000.0])
def test_samples_lie_about_their_centre_as_the_distribution_says(lat, lon, kappa):
    centre = unit_vectors(np.array([lat]), np.array([lon]))
    drawn = Mixture(centre, np.array([kappa])).sample(
        np.zeros(20_000, np.int64), np.random.default_rng(5)
    )
    assert (drawn**2).sum(axis=1) == pytest.approx(1.0, abs=1e-12)
    below = 1.0 - drawn @ centre[0]
    # E[1 - cos] = 1 - coth κ + 1/κ; aside of the centre nothing is preferred.
    expected = 1.0 - 1.0 / math.tanh(kappa) + 1.0 / kappa
    assert abs(below.mean() - expected) < 4 * below.std() / math.sqrt(len(below))
    aside = drawn - (drawn @ centre[0])[:, None] * centre
    assert (np.abs(aside.mean(axis=0)) < 4 * drawn.std(axis=0).max() / math.sqrt(len(drawn))).all()


def test_samples_reach_the_poles_and_cross_the_date_line():
    worlds = [synthetic(N, seed=seed) for seed in range(6)]
    lat, lon = (
        np.concatenate([joined(world, axis) for world in worlds]) for axis in ("lat", "lon")
    )
    assert lat.min() < -85
    assert lat.max() > 85
    assert lon.min() < -179.5
    assert lon.max() > 179.5


@pytest.mark.parametrize("seed", range(4))
def test_the_field_is_seen_in_part_worse_in_the_region_and_repaired_by_place(seed):
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import Ridge
    from sklearn.metrics import r2_score

    dataset = field(N, seed=seed)
    train, test = dataset.splits["train"], dataset.evaluated
    inside = within(dataset, test)
    assert 0.04 < inside.mean() < 0.11
    model = Ridge().fit(train.features, train.targets)
    image = model.predict(test.features)
    assert 0.4 < r2_score(test.targets, image) < 0.7
    rest = HistGradientBoostingRegressor(max_iter=50, random_state=0)

    def known(split):
        return np.column_stack([split.features, unit_vectors(split.lat, split.lon)])

    rest.fit(known(train), train.targets)
    both = rest.predict(known(test))
    wrong, repaired = np.abs(image - test.targets), np.abs(both - test.targets)
    assert wrong[inside].mean() > 1.3 * wrong[~inside].mean()
    assert repaired[inside].mean() < 0.75 * wrong[inside].mean()
    assert r2_score(test.targets, both) > 0.7


@pytest.mark.parametrize("make", [synthetic, field])
@pytest.mark.parametrize("n", [999, 1_000_001, 2_000.5, "2000", True, None])
def test_sizes_outside_of_what_can_be_made_are_refused(make, n):
    with pytest.raises(GeoBiasError, match="n must be a whole number of 1000 to 1000000"):
        make(n)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"seed": -1}, "seed must be a whole number of 0 to"),
        ({"classes": 1}, "classes must be a whole number of 2 to 100, not 1"),
        ({"classes": 101}, "classes must be a whole number of 2 to 100, not 101"),
        ({"accuracy": 1.0}, "accuracy must lie between 0 and 1, not 1.0"),
        ({"accuracy": float("nan")}, "accuracy must lie between 0 and 1"),
        ({"accuracy": 0.5, "weak_accuracy": 0.6}, "weak_accuracy=0.6 and accuracy=0.5"),
        ({"weak_accuracy": 0.01}, "of 20 classes a guess is right 0.05 of the time"),
    ],
)
def test_worlds_that_cannot_be_are_refused(options, said):
    with pytest.raises(GeoBiasError, match=said):
        synthetic(1_000, **options)


def test_a_prior_is_not_asked_for_places_that_are_none():
    prior = true_prior(seed=1)
    with pytest.raises(GeoBiasError, match=r"1 place without coordinates, in row 1 \(counted"):
        prior.class_probabilities(lat=[1.0, np.nan], lon=[2.0, 3.0])
    with pytest.raises(GeoBiasError, match="1 latitude outside -90 to 90"):
        prior.class_probabilities(lat=[91.0], lon=[2.0])
    with pytest.raises(GeoBiasError, match=r"lat has the shape \(2,\) and lon \(1,\)"):
        prior.class_probabilities(lat=[1.0, 2.0], lon=[2.0])
    with pytest.raises(GeoBiasError, match="arrays of numbers"):
        prior.class_probabilities(lat=["north"], lon=[2.0])
