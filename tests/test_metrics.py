"""The scores as metrics: against the oracle, `geobias.score`, fairlearn and scikit-learn."""

import math
import pickle
import re
from datetime import datetime
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn
from fairlearn.metrics import MetricFrame
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import KFold, cross_validate

import geobias
import naive
import worlds
from geobias import metrics

NAMES = ("unmarked", "crowding", "marked", "relative", "clustering", "isolation")
SCALE = "knn:12"
ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "metrics.md"


def place(world):
    return {"lat": world.lat, "lon": world.lon}


def metric(name):
    return getattr(metrics, f"{name}_ssi_score")


def answers(n=80, seed=1, accuracy=0.7):
    """True and predicted land covers."""
    truth = np.random.default_rng(seed).choice(["forest", "town", "water"], n)
    wrong = pd.Series(truth).map({"forest": "town", "town": "water", "water": "forest"})
    return truth, np.where(worlds.hits(n, seed, accuracy) == 1, truth, wrong)


def assert_undefined(scores):
    assert list(scores) == list(NAMES)
    assert all(math.isnan(score) for score in scores.values())


# --- What they are -------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", ["knn:9", "300km", "8@2000km"])
@pytest.mark.parametrize("kind", ["uniform", "clustered", "duplicated", "date_line"])
def test_scores_are_those_of_the_oracle(kind, scale):
    n = 24
    world = worlds.KINDS[kind](n, 3)
    truth, answer = answers(n, 4)
    places, lat, lon = worlds.seats(world)
    marks = places.seated(np.array(naive.metric_marks(list(truth), list(answer))))
    expected = naive.metric_means(lat, lon, marks, **worlds.limits(scale))
    found = metrics.ssi_scores(truth, answer, **place(world), scale=scale)
    assert found == pytest.approx(expected, rel=1e-9, nan_ok=True)


def test_scores_are_the_means_of_the_summary():
    world = worlds.clustered(80, 1)
    truth, answer = answers()
    audit = geobias.score(worlds.table(world, correct=truth == answer), scales="300km")
    expected = audit.summary.iloc[0][list(NAMES)].to_dict()
    assert metrics.ssi_scores(truth, answer, **place(world), scale="300km") == expected


@pytest.mark.parametrize("name", NAMES)
def test_each_metric_is_one_of_the_scores(name):
    world = worlds.clustered(80, 1)
    found = metric(name)(*answers(), **place(world), scale="300km")
    assert type(found) is float
    assert found == metrics.ssi_scores(*answers(), **place(world), scale="300km")[name]


@pytest.mark.parametrize("name", NAMES)
def test_the_default_scale_is_1000km(name):
    world = worlds.clustered(80, 1)
    scaled = metric(name)(*answers(), **place(world), scale=geobias.Scale.parse("1000km"))
    assert metric(name)(*answers(), **place(world)) == scaled


def test_metrics_tell_planted_bias_from_none():
    biased = geobias.simulate.world("patches-500km", n=2000, gap=0.38)
    fair = geobias.simulate.world("unbiased", n=2000)
    score = partial(metrics.clustering_ssi_score, [True] * 2000, scale="knn:100")
    assert score(biased["correct"], lat=biased["lat"], lon=biased["lon"]) > 2.0
    assert score(fair["correct"], lat=fair["lat"], lon=fair["lon"]) < 1.3


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1))
def test_row_order_changes_nothing(seed):
    world = worlds.duplicated(60, 2)
    truth, answer = answers(60)
    order = np.random.default_rng(seed).permutation(60)
    turned = worlds.World(world.lat[order], world.lon[order])
    found = metrics.ssi_scores(truth[order], answer[order], **place(turned), scale=SCALE)
    assert found == metrics.ssi_scores(truth, answer, **place(world), scale=SCALE)


# --- Labels --------------------------------------------------------------------------------------

FORMS = {
    "list": list,
    "tuple": tuple,
    "text": lambda labels: np.asarray(labels, dtype=str),
    "objects": lambda labels: np.array(labels, dtype=object),
    "Series": lambda labels: pd.Series(labels, index=range(len(labels), 0, -1)),
    "Index": pd.Index,
    "nullable text": lambda labels: pd.array(labels, dtype="string"),
    "arrow": lambda labels: pd.Series(labels, dtype="string[pyarrow]"),
    "categorical": lambda labels: pd.Categorical(labels),
    "other categories": lambda labels: pd.Series(
        pd.Categorical(labels, categories=["water", "town", "desert", "forest"])
    ),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("other", ["list", "categorical", "text"])
def test_labels_come_in_any_form(form, other):
    truth, answer = (labels.tolist() for labels in answers())
    where = place(worlds.clustered(80, 1))
    found = metrics.ssi_scores(FORMS[form](truth), FORMS[other](answer), **where, scale=SCALE)
    assert found == metrics.ssi_scores(truth, answer, **where, scale=SCALE)


@pytest.mark.parametrize(
    "dtype", ["int64", "uint8", "float32", "bool", "Int64", "boolean", "category", "int64[pyarrow]"]
)
def test_numbers_are_labels_of_any_dtype(dtype):
    hit = worlds.hits(80, 1)
    where = place(worlds.clustered(80, 1))
    expected = metrics.ssi_scores([1] * 80, hit, **where, scale=SCALE)
    found = metrics.ssi_scores(np.ones(80), pd.Series(hit).astype(dtype), **where, scale=SCALE)
    assert found == expected


def test_values_are_matched_by_position_not_by_index():
    truth, answer = answers()
    world = worlds.clustered(80, 1)
    backwards = range(79, -1, -1)
    found = metrics.ssi_scores(
        pd.Series(truth), pd.Series(answer, backwards), lat=pd.Series(world.lat, backwards),
        lon=world.lon, scale=SCALE,
    )  # fmt: skip
    assert found == metrics.ssi_scores(truth, answer, **place(world), scale=SCALE)


def agreed(y_true, y_pred):
    table = metrics.columns.side_by_side(y_true=y_true, y_pred=y_pred)
    return metrics.labels.agreement(table["y_true"], table["y_pred"]).tolist()


LABELS = st.one_of(st.sampled_from(["a", "b", "nan", ""]), st.none(), st.just(math.nan))


@given(st.lists(st.tuples(LABELS, LABELS), min_size=1))
def test_labels_agree_as_python_says(pairs):
    truth, answer = map(list, zip(*pairs, strict=True))
    expected = np.array(naive.metric_marks(truth, answer))
    np.testing.assert_array_equal(agreed(truth, answer), (expected + 1) / 2)


def test_large_whole_numbers_keep_every_digit():
    assert agreed([2**53 + 1, 2**53, None], [2**53 + 1, 2**53 + 1, 3])[:2] == [1, 0]


def test_dates_are_labels_whatever_holds_them():
    days = [datetime(2020, 1, 1), datetime(2020, 1, 2)]
    assert agreed(days, pd.to_datetime(["2020-01-01", "2021-01-02"])) == [1, 0]


# --- What is missing -----------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [None, math.nan, pd.NA, pd.NaT])
@pytest.mark.parametrize("argument", ["y_true", "y_pred", "lat", "lon"])
def test_samples_that_miss_something_are_left_out(argument, missing):
    world, (truth, answer) = worlds.clustered(80, 1), answers()
    given = {"y_true": truth, "y_pred": answer, **place(world)}
    expected = metrics.ssi_scores(**{name: v[5:] for name, v in given.items()}, scale=SCALE)
    given[argument] = [missing] * 5 + given[argument][5:].tolist()
    assert metrics.ssi_scores(**given, scale=SCALE) == expected


def test_labels_that_numpy_turned_into_the_word_nan_are_missing():
    world, (truth, answer) = worlds.clustered(80, 1), answers()
    expected = metrics.ssi_scores(truth[5:], answer[5:], lat=world.lat[5:], lon=world.lon[5:])
    lost = np.array([math.nan] * 5 + answer[5:].tolist())
    assert lost.dtype.kind == "U"
    assert metrics.ssi_scores(truth, lost, **place(world)) == expected


def test_masked_labels_are_missing():
    hit, world = worlds.hits(80, 1), worlds.clustered(80, 1)
    expected = metrics.ssi_scores([1] * 75, hit[5:], lat=world.lat[5:], lon=world.lon[5:])
    masked = np.ma.masked_array(hit, np.arange(80) < 5)
    assert metrics.ssi_scores([1] * 80, masked, **place(world)) == expected


@pytest.mark.parametrize("argument", ["y_true", "y_pred", "lat", "lon"])
def test_nothing_but_missing_values_is_refused(argument):
    given = dict(zip(("y_true", "y_pred"), answers(), strict=True), **place(worlds.uniform(80, 1)))
    given[argument] = [None] * 80
    with pytest.raises(geobias.InputError, match=r"Of 80 rows: 80 rows dropped, no "):
        metrics.ssi_scores(**given)


# --- Too few samples -----------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 4])
@pytest.mark.parametrize("scale", ["1000km", "knn:3", "knn:100"])
def test_scores_of_few_samples_are_undefined(n, scale):
    where = place(worlds.clustered(n, 1))
    assert_undefined(metrics.ssi_scores(["a"] * n, ["b"] * n, **where, scale=scale))
    assert_undefined(metrics.ssi_scores(["a"] * n, [None] * n, **where, scale=scale))


def test_few_samples_near_the_origin_are_undefined_rather_than_radians():
    assert_undefined(metrics.ssi_scores([1, 1], [1, 0], lat=[0.1, 0.2], lon=[0.3, 0.4]))


def test_five_samples_have_a_marked_score():
    world = worlds.tight(5, 1)
    scores = metrics.ssi_scores([1] * 5, [1, 0, 1, 1, 0], **place(world))
    assert scores["marked"] > 0.0
    assert math.isnan(scores["clustering"])


def test_scores_are_undefined_when_too_few_samples_are_left():
    world, (truth, answer) = worlds.clustered(80, 1), answers()
    left = np.where(np.arange(80) < 4, answer, None)
    assert_undefined(metrics.ssi_scores(truth, left, **place(world)))


def test_scores_are_undefined_with_fewer_samples_than_neighbours():
    where = place(worlds.clustered(80, 1))
    assert_undefined(metrics.ssi_scores(*answers(), **where, scale="knn:81"))
    assert metrics.ssi_scores(*answers(), **where, scale="knn:80")["clustering"] > 0.0


def test_without_an_error_only_marked_and_locations_have_a_score():
    scores = metrics.ssi_scores(["a"] * 80, ["a"] * 80, **place(worlds.tight(80, 1)), scale="50km")
    undefined = [name for name, score in scores.items() if math.isnan(score)]
    assert undefined == ["relative", "clustering", "isolation"]


# --- Bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [3, 80])
@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"y_pred": ["a"]}, "InputError", "y_pred has 1,"),
        ({"lon": [1.0, 2.0]}, "InputError", "lon has 2 values"),
        ({"y_true": [], "y_pred": [], "lat": [], "lon": []}, "InputError", "hold no values"),
        ({"y_true": "forest"}, "InputError", "y_true is a str"),
        ({"y_true": None}, "InputError", "y_true is a NoneType"),
        ({"y_pred": {"a", "b"}}, "InputError", "y_pred is a set"),
        ({"y_pred": np.ones((80, 2))}, "InputError", "ndarray with 2 dimensions"),
        ({"lat": pd.DataFrame({"lat": [1.0]})}, "InputError", "lat is a DataFrame"),
        ({"scale": "100"}, "ScaleError", 'Did you mean "100km"'),
        ({"scale": ["100km", "knn:5"]}, "ScaleError", "not understood"),
        ({"scale": "knn:1"}, "ScaleError", "fewer than two"),
    ],
)
def test_what_makes_no_sense_is_refused(change, error, words, n):
    truth, answer = answers(n)
    arguments = {"y_true": truth, "y_pred": answer, **place(worlds.uniform(n, 1)), **change}
    with pytest.raises(getattr(geobias, error), match=words):
        metrics.clustering_ssi_score(**arguments)


@pytest.mark.parametrize("n", [3, 80])
@pytest.mark.parametrize(
    ("argument", "value", "words"),
    [
        ("lat", 91.0, r"1 latitude outside -90 to 90, the first 91.0, in row 2 \(counted from 0\)"),
        ("lon", math.inf, r"1 infinite longitude, in row 2"),
        ("lon", "east", r"Column 'lon' holds 1 value other than numbers, the first 'east', in row"),
        ("y_pred", ["a", "b"], r"y_pred holds 1 value, in row 2 .* no single labels, the first \["),
        ("y_true", 0.5, r"y_true holds 1 value, in row 2 .* not whole, .* the first 0.5"),
        ("y_pred", np.float32(0.5), r"y_pred holds 1 value, in row 2 .* not whole"),
        ("y_pred", math.inf, r"y_pred holds 1 value, in row 2 .* not whole"),
    ],
)
def test_a_bad_value_is_named_with_its_row(argument, value, words, n):
    truth, answer = answers(n)
    arguments = {"y_true": truth, "y_pred": answer, **place(worlds.uniform(n, 1))}
    values = arguments[argument].tolist()
    values[2] = value
    with pytest.raises(geobias.InputError, match=words):
        metrics.clustering_ssi_score(**{**arguments, argument: values})


@pytest.mark.parametrize(
    ("truth", "answer", "words"),
    [
        ("a", 1, "y_true holds text, such as 'a', and y_pred numbers, such as 1"),
        (True, "True", "y_true holds numbers, such as True, and y_pred text"),
        (b"a", "a", "y_true holds bytes, such as b'a', and y_pred text"),
    ],
)
def test_labels_that_can_never_be_equal_are_refused(truth, answer, words):
    where = place(worlds.uniform(9, 1))
    with pytest.raises(geobias.InputError, match=words):
        metrics.marked_ssi_score([truth] * 9, [answer] * 9, **where)


def test_labels_of_one_kind_may_all_be_wrong():
    where = place(worlds.tight(9, 1))
    assert metrics.marked_ssi_score(["a"] * 9, ["b"] * 9, **where) > 0.0


def test_radians_are_refused_unless_they_are_degrees():
    lat, lon = np.random.default_rng(0).uniform(-1, 1, (2, 80))
    with pytest.raises(geobias.InputError, match="look like encoded features"):
        metrics.unmarked_ssi_score(*answers(), lat=lat, lon=lon)
    assert metrics.unmarked_ssi_score(*answers(), lat=lat, lon=lon, degrees=True) > 0.0


# --- fairlearn -----------------------------------------------------------------------------------


def frame(world, truth, answer, groups, scale=SCALE):
    """Every metric and accuracy by group."""
    functions = {name: partial(metric(name), scale=scale) for name in NAMES}
    return MetricFrame(
        metrics={"accuracy": accuracy_score, **functions},
        y_true=truth,
        y_pred=answer,
        sensitive_features=groups,
        sample_params={name: place(world) for name in NAMES},
    )


def test_a_metric_frame_scores_every_group_by_itself():
    world, (truth, answer) = worlds.clustered(80, 1), answers()
    groups = np.random.default_rng(2).choice(["east", "west"], 80)
    found = frame(world, truth, answer, pd.Series(groups, name="side"))
    for group in ("east", "west"):
        own = groups == group
        where = {"lat": world.lat[own], "lon": world.lon[own]}
        expected = metrics.ssi_scores(truth[own], answer[own], **where, scale=SCALE)
        assert found.by_group.loc[group, list(NAMES)].to_dict() == expected
    overall = metrics.ssi_scores(truth, answer, **place(world), scale=SCALE)
    assert found.overall[list(NAMES)].to_dict() == overall
    assert found.difference()["clustering"] == np.ptp(found.by_group["clustering"])


def test_a_small_group_is_undefined_and_the_others_are_not():
    world, (truth, answer) = worlds.clustered(80, 1), answers()
    groups = np.where(np.arange(80) < 2, "few", "many")
    found = frame(world, truth, answer, groups)
    assert found.by_group.loc["few", list(NAMES)].isna().all()
    assert found.by_group.loc["many", list(NAMES)].notna().all()
    assert (found.difference()[list(NAMES)] == 0.0).all()  # fairlearn passes over NaN


def test_a_metric_frame_leaves_missing_labels_and_empty_intersections_out():
    world, (truth, answer) = worlds.clustered(80, 1), answers()
    answer = pd.Series(answer).mask(np.arange(80) < 5)
    groups = pd.DataFrame({"side": ["e", "w"] * 40, "kind": ["a", "b"] * 39 + ["a", "a"]})
    function = partial(metrics.clustering_ssi_score, scale=SCALE)
    found = MetricFrame(
        metrics={"clustering": function},
        y_true=truth,
        y_pred=answer,
        sensitive_features=groups,
        sample_params={"clustering": place(world)},
    ).by_group["clustering"]
    own = np.arange(6, 80, 2)
    east = {"lat": world.lat[own], "lon": world.lon[own]}
    assert found["e", "a"] == function(truth[own], answer[own], **east)
    assert math.isnan(found["e", "b"])
    assert math.isnan(found["w", "a"])


def test_a_metric_frame_of_all_scores_at_once():
    world, (truth, answer) = worlds.clustered(80, 1), answers()
    groups = np.arange(80) % 2
    at_once = MetricFrame(
        metrics={"ssi": partial(metrics.ssi_scores, scale=SCALE)},
        y_true=truth,
        y_pred=answer,
        sensitive_features=groups,
        sample_params={"ssi": place(world)},
    ).by_group["ssi"]
    one_by_one = frame(world, truth, answer, groups).by_group[list(NAMES)]
    pd.testing.assert_frame_equal(at_once.apply(pd.Series), one_by_one, check_names=False)


def test_the_code_of_the_documentation_prints_what_stands_below_it(capsys):
    space = {}
    fences = re.findall(r"```(python)?\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(fences) == 5
    with sklearn.config_context():
        for language, text in fences:
            if language:
                exec(text, space)
            else:
                assert capsys.readouterr().out == text


# --- scikit-learn --------------------------------------------------------------------------------


def test_a_scorer_gets_the_coordinates_of_each_fold():
    n = 90
    world, (truth, _) = worlds.clustered(n, 1), answers(n)
    scorer = make_scorer(metrics.clustering_ssi_score, greater_is_better=False, scale=SCALE)
    model, folds = DummyClassifier(strategy="uniform", random_state=0), KFold(3)
    with sklearn.config_context(enable_metadata_routing=True):
        scorer.set_score_request(lat=True, lon=True)
        found = cross_validate(
            model, np.zeros((n, 1)), truth, scoring=scorer, cv=folds, params=place(world)
        )["test_score"]
    for fold, (_, own) in zip(found, folds.split(truth), strict=True):
        answer = DummyClassifier(strategy="uniform", random_state=0).fit(truth[:, None], truth)
        where = {"lat": world.lat[own], "lon": world.lon[own]}
        predicted = answer.predict(truth[own][:, None])
        assert -fold == metrics.clustering_ssi_score(truth[own], predicted, **where, scale=SCALE)


@pytest.mark.parametrize("name", NAMES)
def test_metrics_can_be_sent_to_another_process(name):
    assert pickle.loads(pickle.dumps(metric(name))) is metric(name)
