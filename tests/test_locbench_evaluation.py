"""Evaluation: metrics against scikit-learn and slow ones, and tables that the audit reads."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import scipy.sparse as sp
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.metrics import top_k_accuracy_score as top_k

import geobias
import naive
from geobias import GeoBiasError
from geobias.encoders import LocationClassifier, build
from geobias.encoders.locbench import evaluate, field, ranks, synthetic, true_prior
from geobias.encoders.locbench.datasets.dataset import Dataset, Split
from geobias.encoders.locbench.evaluation import classifying, ranking
from geobias.encoders.locbench.evaluation.ranking import first_classes

COLUMNS = [
    "sample", "lat", "lon", "label", "predicted", "true_class_prob", "rank", "reciprocal_rank",
    "hit@1", "hit@3", "hit@5", "hit@10",
]  # fmt: skip


class Fixed:
    """A prior that says of every place the same, and counts how often it is asked."""

    name = "fixed"

    def __init__(self, probabilities):
        self.probabilities, self.places = np.asarray(probabilities), 0

    def class_probabilities(self, *, lat, lon):
        assert not np.isnan(lat).any()
        self.places += len(lat)
        return np.tile(self.probabilities, (len(lat), 1))


class Predicted:
    """A model of values that says twice the first feature, and 1 in the north."""

    def predict(self, *, features, lat, lon):
        assert not np.isnan(lat).any()
        return 2.0 * features[:, 0] + (lat > 0)


def dataset_of(split, classes=12, **others):
    names = tuple(f"c{number}" for number in range(classes))
    return Dataset("mine", names, {"train": split, "val": split, "test": split}, **others)


def samples(n=300, classes=12, missing=0, seed=1, decimals=2):
    """Samples of an image model whose probabilities tie now and then."""
    draw = np.random.default_rng(seed)
    lat, lon = draw.uniform(-90, 90, n), draw.uniform(-180, 180, n)
    gone = draw.permutation(n)[:missing]
    lat[gone] = lon[gone] = np.nan
    probabilities = np.round(draw.dirichlet(np.ones(classes), n), decimals)
    return Split(lat, lon, draw.integers(classes, size=n), probabilities=probabilities)


# Ranks


@pytest.mark.parametrize("decimals", [0, 1, 8])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_ranks_are_those_of_a_sorted_list(decimals, dtype):
    draw = np.random.default_rng(4)
    scores = np.round(draw.random((200, 7)), decimals).astype(dtype)
    labels = draw.integers(7, size=200)
    found = ranks(scores, labels)
    expected = [naive.rank_of(row.tolist(), c) for row, c in zip(scores, labels, strict=True)]
    assert found.tolist() == expected
    assert ((first_classes(scores) == labels) == (found == 1)).all()
    for most in (1, 3, 5):
        assert (found <= most).mean() == top_k(labels, scores, k=most, labels=np.arange(7))


def test_ranks_do_not_depend_on_how_many_are_compared_at_once(monkeypatch):
    draw = np.random.default_rng(4)
    scores, labels = draw.integers(4, size=(50, 9)), draw.integers(9, size=50)
    whole = ranks(scores, labels)
    monkeypatch.setattr(ranking, "COMPARED_AT_ONCE", 30)
    assert ranks(scores, labels).tolist() == whole.tolist()


def test_infinite_scores_have_ranks():
    assert ranks([[-np.inf, 0.0, np.inf], [np.inf, np.inf, 0.0]], [0, 0]).tolist() == [3, 2]


@pytest.mark.parametrize(
    ("scores", "labels", "said"),
    [
        ([[0.1, np.nan], [0.5, 0.5]], [1, 0], r"1 sample with scores that are NaN, in row 0"),
        ([[0.1, 0.2], [0.5, 0.5]], [0, 2], r"1 label outside the 2 classes, in row 1"),
        ([[0.1, 0.2]], [-1], "1 label outside the 2 classes"),
        ([[0.1, 0.2]], [0, 1], "give a whole number per row of scores, of which there are 1"),
        ([[0.1, 0.2]], [0.0], "labels are float64"),
        ([0.1, 0.2], [0, 1], r"scores are float64 of shape \(2,\)"),
        ([["a", "b"]], [0], "scores are <U1"),
        (np.empty((2, 0)), [0, 0], r"scores are float64 of shape \(2, 0\)"),
    ],
)
def test_what_has_no_rank_is_refused(scores, labels, said):
    with pytest.raises(GeoBiasError, match=said):
        ranks(scores, labels)


# Classes


def test_the_image_alone_is_measured_as_scikit_learn_does():
    split = samples(missing=20)
    found = evaluate(dataset_of(split))
    for most in (1, 3, 5, 10):
        expected = top_k(split.targets, split.probabilities, k=most, labels=np.arange(12))
        assert found.metrics[f"top{most}"] == expected
    slow = [
        naive.rank_of(row.tolist(), label)
        for row, label in zip(split.probabilities, split.targets, strict=True)
    ]
    assert found.metrics["mrr"] == pytest.approx(np.mean([1 / rank for rank in slow]), abs=1e-15)
    assert (found.metrics["n"], found.metrics["without_location"]) == (300, 20)
    assert (found.model, found.split, found.location_only) == ("image only", "test", None)
    assert found.predictions["rank"].tolist() == slow


def test_image_and_place_are_multiplied_in_double_precision():
    dataset = synthetic(2_000, seed=1)
    split, prior = dataset.evaluated, true_prior(seed=1)
    found = evaluate(dataset, prior)
    place = prior.class_probabilities(lat=split.lat, lon=split.lon)
    product = split.probabilities.astype(np.float64) * place
    for most in (1, 3, 5, 10):
        assert found.metrics[f"top{most}"] == top_k(split.targets, product, k=most)
        assert found.metrics[f"location_only_top{most}"] == top_k(split.targets, place, k=most)
    own = np.arange(len(split)), split.targets
    assert found.predictions["true_class_prob"].tolist() == product[own].tolist()
    assert found.location_only["true_class_prob"].tolist() == place[own].tolist()
    assert found.model == "true prior"


def test_without_a_location_the_image_decides_and_is_counted():
    split = samples(missing=40)
    prior = Fixed(np.linspace(1.0, 0.0, 12))
    found = evaluate(dataset_of(split), prior)
    image = evaluate(dataset_of(split))
    gone = ~split.located
    assert gone.sum() == found.metrics["without_location"] == 40
    assert found.notes == ("40 samples without a location: ranked by the image alone.",)
    assert prior.places == 260  # each place once, for location alone and for both
    assert len(found.predictions) == found.metrics["n"] == 300
    pd.testing.assert_frame_equal(found.predictions[gone], image.predictions[gone])
    assert found.location_only["sample"].tolist() == np.flatnonzero(split.located).tolist()
    expected = 1 + split.targets[split.located]
    assert found.location_only["rank"].tolist() == expected.tolist()
    product = split.probabilities * np.where(gone[:, None], 1.0, prior.probabilities)
    assert found.predictions["rank"].tolist() == ranks(product, split.targets).tolist()


def test_tables_say_what_published_ones_do():
    split = samples(missing=5)
    found = evaluate(dataset_of(split), Fixed(np.full(12, 0.5)))
    table = found.predictions
    assert table.columns.tolist() == found.location_only.columns.tolist() == COLUMNS
    assert table["sample"].tolist() == list(range(300))
    assert table["label"].tolist() == [f"c{number}" for number in split.targets]
    assert (table["hit@1"] == (table["label"] == table["predicted"])).all()
    assert (table["reciprocal_rank"] == 1 / table["rank"]).all()
    for most in (1, 3, 5, 10):
        assert table[f"hit@{most}"].dtype == bool
        assert (table[f"hit@{most}"] == (table["rank"] <= most)).all()
    assert np.isnan(table["lat"]).sum() == np.isnan(table["lon"]).sum() == 5


def test_sparse_probabilities_are_those_they_hold():
    split = samples(missing=7)
    held = replace(split, probabilities=sp.csr_array(split.probabilities))
    for model in (None, Fixed(np.linspace(0.2, 0.9, 12))):
        dense, sparse = evaluate(dataset_of(split), model), evaluate(dataset_of(held), model)
        assert dense.metrics == sparse.metrics
        pd.testing.assert_frame_equal(dense.predictions, sparse.predictions)


def test_the_order_of_the_rows_changes_no_bit():
    split = samples(missing=11, decimals=8)
    # Two samples at one place.
    split.lat[split.located.nonzero()[0][:2]] = 5.0
    split.lon[split.located.nonzero()[0][:2]] = 6.0
    order = np.random.default_rng(8).permutation(300)
    turned = Split(
        split.lat[order],
        split.lon[order],
        split.targets[order],
        probabilities=split.probabilities[order],
    )
    model = LocationClassifier(build("space2vec-grid", dim=16), classes=12)
    one, other = evaluate(dataset_of(split), model), evaluate(dataset_of(turned), model)
    assert one.metrics == other.metrics
    assert one.model == "LocationClassifier"
    again = other.predictions.assign(sample=order).sort_values("sample", ignore_index=True)
    pd.testing.assert_frame_equal(one.predictions, again, check_exact=True)


class Counting:
    """Models whose answers depend on what they are asked beside, as those of networks do."""

    def class_probabilities(self, *, lat, lon):
        return 1.0 + np.arange(len(lat))[:, None] * np.arange(12)

    def predict(self, *, features, lat, lon):
        return np.arange(len(lat), dtype=float)


def test_samples_that_differ_in_their_images_alone_are_asked_in_one_order():
    draw, order = np.random.default_rng(8), np.arange(40)[::-1]
    here, images = np.full(40, 5.0), draw.dirichlet(np.ones(12), 40)
    split = Split(here, here, np.zeros(40, np.int64), probabilities=images)
    turned = replace(split, probabilities=images[order])
    one, other = (evaluate(dataset_of(each), Counting()).predictions for each in (split, turned))
    assert one["true_class_prob"].tolist() == other["true_class_prob"].iloc[order].tolist()
    assert one["predicted"].tolist() == other["predicted"].iloc[order].tolist()
    features = draw.normal(size=(40, 2)).astype(np.float32)
    split = Split(here, here, np.zeros(40), features=features)
    turned = replace(split, features=features[order])
    one, other = (
        evaluate(Dataset("mine", (), {"train": each, "val": each, "test": each}), Counting())
        for each in (split, turned)
    )
    found = other.predictions["prediction"].iloc[order].tolist()
    assert one.predictions["prediction"].tolist() == found


def test_models_are_asked_in_an_order_that_is_not_that_of_the_rows():
    split = samples(missing=11)
    order = np.random.default_rng(8).permutation(300)
    turned = Split(split.lat[order], split.lon[order], split.targets[order])

    class Recording(Fixed):
        def class_probabilities(self, *, lat, lon):
            self.asked = lat.tolist(), lon.tolist()
            return super().class_probabilities(lat=lat, lon=lon)

    one, other = Recording(np.ones(12)), Recording(np.ones(12))
    evaluate(dataset_of(split), one)
    evaluate(dataset_of(turned), other)
    assert one.asked == other.asked


def test_the_size_of_parts_changes_no_bit(monkeypatch):
    dataset = synthetic(1_000, seed=3)
    whole = evaluate(dataset, true_prior(seed=3))
    monkeypatch.setattr(classifying, "ROWS", 7)
    parts = evaluate(dataset, true_prior(seed=3))
    assert whole.metrics == parts.metrics
    pd.testing.assert_frame_equal(whole.predictions, parts.predictions, check_exact=True)


def test_a_dataset_without_an_image_model_is_evaluated_by_place():
    split = replace(samples(missing=40), probabilities=None)
    found = evaluate(dataset_of(split), Fixed(np.linspace(1.0, 0.0, 12)))
    assert (found.metrics["n"], found.metrics["without_location"]) == (260, 40)
    assert found.metrics["top3"] == found.metrics["location_only_top3"]
    assert found.notes == ("40 samples without a location: left out.",)
    with pytest.raises(GeoBiasError, match="mine has no probabilities of an image model"):
        evaluate(dataset_of(split))


def test_other_splits_are_evaluated_when_they_are_named():
    dataset = synthetic(1_000, seed=3)
    assert evaluate(dataset, split="val").metrics["n"] == 100
    with pytest.raises(GeoBiasError, match="split must be one of train, val, test, not 'dev'"):
        evaluate(dataset, split="dev")


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (Fixed(np.ones(5)), r"shape \(200, 5\) for 200 places and 20 classes"),
        (Fixed(np.full(20, np.nan)), "NaN, infinite or negative probabilities of 200 places"),
        (Fixed(np.full(20, -0.1)), "NaN, infinite or negative probabilities"),
        (Fixed(np.full(20, np.inf)), "NaN, infinite or negative probabilities"),
        ("sphere2vec", r"A str has no class_probabilities\(lat=..., lon=...\)"),
    ],
)
def test_models_that_say_no_probabilities_are_refused(model, said):
    with pytest.raises(GeoBiasError, match=said):
        evaluate(synthetic(1_000), model)


# Values


def values(n=400, missing=0):
    draw = np.random.default_rng(2)
    lat, lon = draw.uniform(-90, 90, n), draw.uniform(-180, 180, n)
    lat[:missing] = lon[:missing] = np.nan
    features = draw.normal(size=(n, 3)).astype(np.float32)
    split = Split(lat, lon, draw.normal(2.0, 3.0, n), features=features)
    return Dataset("height", (), {"train": split, "val": split, "test": split}), split


def test_values_are_measured_as_scikit_learn_does():
    dataset, split = values()
    found = evaluate(dataset, Predicted())
    said = 2.0 * split.features[:, 0] + (split.lat > 0)
    close = pytest.approx
    assert found.metrics["r2"] == close(r2_score(split.targets, said), rel=1e-12)
    assert found.metrics["r2"] == close(naive.r_squared(said, split.targets), rel=1e-9)
    assert found.metrics["mae"] == close(mean_absolute_error(split.targets, said), rel=1e-12)
    assert found.metrics["rmse"] == close(root_mean_squared_error(split.targets, said), rel=1e-12)
    assert found.metrics["tolerance"] == close(split.targets.std() / 2, rel=1e-12)
    table = found.predictions
    assert table.columns.tolist() == [
        "sample", "lat", "lon", "prediction", "label", "error", "relative_error", "within",
    ]  # fmt: skip
    assert table["error"].tolist() == (said - split.targets).tolist()
    expected = (said - split.targets) / (split.targets + 1e-8)
    assert table["relative_error"].tolist() == expected.tolist()
    near = np.abs(said - split.targets) <= found.metrics["tolerance"]
    assert table["within"].tolist() == near.tolist()
    assert 0.05 < near.mean() < 0.95


def test_the_tolerance_is_the_same_for_all_models_unless_one_is_given():
    dataset, _ = values()
    assert evaluate(dataset, Predicted(), tolerance=0).predictions["within"].sum() == 0
    assert evaluate(dataset, Predicted(), tolerance=99.0).predictions["within"].all()
    for wrong in (-1.0, float("nan"), "wide", True):
        with pytest.raises(GeoBiasError, match=r"tolerance=.* has to be a number"):
            evaluate(dataset, Predicted(), tolerance=wrong)
    with pytest.raises(GeoBiasError, match="tolerance is for values, and synthetic has classes"):
        evaluate(synthetic(1_000), tolerance=1.0)


def test_values_without_a_location_have_no_prediction_and_are_counted():
    dataset, split = values(missing=30)
    found = evaluate(dataset, Predicted())
    assert (found.metrics["n"], found.metrics["without_location"]) == (370, 30)
    assert found.notes == ("30 samples without a location: left without a prediction.",)
    gone = found.predictions["within"].isna()
    assert gone.tolist() == (~split.located).tolist()
    assert found.predictions.loc[gone, ["prediction", "error"]].isna().all(axis=None)
    assert found.metrics["tolerance"] == pytest.approx(split.targets[30:].std() / 2, rel=1e-12)


def test_the_order_of_values_changes_no_bit():
    dataset, split = values()
    order = np.random.default_rng(8).permutation(len(split))
    turned = Split(
        split.lat[order], split.lon[order], split.targets[order], features=split.features[order]
    )
    other = replace(dataset, splits=dict.fromkeys(("train", "val", "test"), turned))
    assert evaluate(dataset, Predicted()).metrics == evaluate(other, Predicted()).metrics


def test_nothing_is_explained_where_all_values_are_equal():
    _, split = values()
    split = replace(split, targets=np.full(len(split), 0.1))
    dataset = Dataset("flat", (), {"train": split, "val": split, "test": split})
    found = evaluate(dataset, Predicted())
    assert math.isnan(found.metrics["r2"])
    assert math.isnan(naive.r_squared([0.0, 1.0], [0.1, 0.1]))
    assert found.metrics["tolerance"] == 0.0
    assert found.facts()["metrics"]["r2"] is None


def test_models_that_predict_no_values_are_refused():
    dataset, _ = values()

    class Broken:
        def __init__(self, said):
            self.said = said

        def predict(self, *, features, lat, lon):
            return self.said

    with pytest.raises(GeoBiasError, match="height has values, and no model of images comes with"):
        evaluate(dataset)
    with pytest.raises(GeoBiasError, match=r"A Fixed has no predict\(features=..., lat=..., lon="):
        evaluate(dataset, Fixed([1.0]))
    with pytest.raises(GeoBiasError, match=r"shape \(2, 1\) for 400 samples"):
        evaluate(dataset, Broken(np.zeros((2, 1))))
    with pytest.raises(GeoBiasError, match="NaN or infinity for 1 sample of 400"):
        evaluate(dataset, Broken(np.append(np.zeros(399), np.nan)))


# Files


def test_the_audit_reads_what_is_written(run, tmp_path):
    split = samples(missing=9)
    found = evaluate(dataset_of(split), Fixed(np.linspace(0.1, 0.9, 12)))
    path = tmp_path / "both.parquet"
    found.to_parquet(path)
    code, out, _ = run("inspect", path)
    assert code == 0
    assert "hit@1" in out
    code, out, err = run("score", path, "--correct", "hit@1", "--scale", "knn:20")
    assert code == 0, err
    scored = geobias.score(path, correct="hit@1", scales="knn:20")
    again = geobias.score(found.predictions, correct="hit@1", scales="knn:20")
    pd.testing.assert_frame_equal(scored.summary, again.summary)
    assert len(scored.samples) == 291
    facts = json.loads(pq.read_metadata(path).metadata[b"geobias"])
    assert facts == found.facts()
    assert (facts["dataset"], facts["model"], facts["split"]) == ("mine", "fixed", "test")
    assert facts["metrics"]["top1"] == found.metrics["top1"]


def test_the_audit_reads_values_that_are_close_enough(tmp_path):
    dataset, _ = values(missing=30)
    path = tmp_path / "values.parquet"
    evaluate(dataset, Predicted()).to_parquet(path)
    scored = geobias.score(path, correct="within", scales="knn:20")
    assert len(scored.samples) == 370


def test_the_audit_finds_the_planted_region():
    dataset = synthetic(4_000, seed=1)
    found = geobias.where(
        evaluate(dataset, split="train").predictions, correct="hit@1", permutations=99
    )
    weak, truth = found.table.iloc[0], dataset.truth
    here, there = np.radians([weak["lat"], weak["lon"]]), np.radians([truth["lat"], truth["lon"]])
    apart_km = float(naive.haversine(*here, *there)) * naive.EARTH_RADIUS_KM
    assert weak["p"] < 0.05
    assert apart_km < truth["radius_km"]


def test_a_repr_says_what_was_found():
    text = repr(evaluate(dataset_of(samples(missing=2)), Fixed(np.ones(12))))
    assert text.startswith("fixed on mine, test: top1 0.")
    assert text.endswith("2 samples without a location: ranked by the image alone.")


def test_the_rooms_need_no_torch():
    code = (
        "import sys; from geobias.encoders.locbench import evaluate, field, fit_prior, synthetic; "
        "d = synthetic(1_000); evaluate(d, fit_prior('nearest', d)); field(1_000); "
        "print('torch' in sys.modules)"
    )
    command = [sys.executable, "-P", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_regression_of_the_simulated_field_is_evaluated():
    dataset = field(1_000, seed=1)

    class Mean:
        def predict(self, *, features, lat, lon):
            return np.full(len(lat), dataset.evaluated.targets.mean())

    assert evaluate(dataset, Mean()).metrics["r2"] == pytest.approx(0.0, abs=1e-12)
