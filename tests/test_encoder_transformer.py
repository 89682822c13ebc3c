"""Encodings in scikit-learn: whatever it does with a transformer, it can do with this one."""

import inspect
import json
import pickle
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import sklearn
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.validation import validate_data

from geobias.encoders import LocationEncoder, list_encoders, position
from geobias.encoders.building import options_of
from geobias.encoders.coordinates import from_arrays
from geobias.encoders.registry import ENTRIES
from geobias.encoders.transformer import OPTIONS
from geobias.errors import InputError
from naive import geometric_frequencies, rbf, sphere2vec

NAMES = [entry.name for entry in ENTRIES]
NOT_OF_ENCODERS = ["name", "lat", "lon", "compat", "seed"]

draw = np.random.default_rng(3)
LAT = np.r_[90.0, -90.0, 0.0, 0.0, draw.uniform(-90, 90, 60)]
LON = np.r_[10.0, 0.0, 180.0, -180.0, draw.uniform(-180, 180, 60)]
PLACES = pd.DataFrame({"lat": LAT, "lon": LON})
PAIRS = np.column_stack([LON, LAT])


@pytest.mark.parametrize("name", NAMES)
def test_codes_are_those_of_the_module(name):
    encoder = LocationEncoder(name, seed=4).fit(PLACES)
    fitted = {"anchors": encoder.position_.anchors} if name == "rbf" else {}
    module = position(name, seed=4, **fitted)
    lat, lon = from_arrays(LAT, LON)
    expected = module(lat=lat, lon=lon).detach().numpy()
    found = encoder.transform(PLACES)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, expected)


def test_codes_are_those_of_the_formula():
    found = LocationEncoder("sphere2vec-sphereC+", frequency_num=4, min_radius=0.01).fit_transform(
        PLACES
    )
    frequencies = geometric_frequencies(4, 0.01, 1.0)
    expected = [sphere2vec("sphereC+", *place, frequencies) for place in zip(LAT, LON, strict=True)]
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_a_frame_goes_by_names_and_an_array_by_its_order():
    expected = LocationEncoder("nerf").fit_transform(PAIRS)
    for names in (["lat", "lon"], ["lon", "lat"]):
        found = LocationEncoder("nerf").fit_transform(PLACES[names])
        np.testing.assert_array_equal(found, expected)
    renamed = PLACES.set_axis(["Latitude", "lng"], axis=1)
    np.testing.assert_array_equal(LocationEncoder("nerf").fit_transform(renamed), expected)
    strange = PLACES.set_axis(["decimalLatitude", "decimalLongitude"], axis=1)
    told = LocationEncoder("nerf", lat="decimalLatitude", lon="decimalLongitude")
    np.testing.assert_array_equal(told.fit_transform(strange), expected)
    unnamed = pd.DataFrame(PAIRS)
    np.testing.assert_array_equal(LocationEncoder("nerf").fit_transform(unnamed), expected)


def test_an_arrow_table_goes_by_names():
    expected = LocationEncoder("xyz").fit_transform(PAIRS)
    for names in (["lat", "lon"], ["lon", "lat"]):
        table = pa.Table.from_pandas(PLACES[names], preserve_index=False)
        np.testing.assert_array_equal(LocationEncoder("xyz").fit_transform(table), expected)


def test_an_array_has_its_order_even_after_a_frame_in_another():
    encoder = LocationEncoder("xyz").fit(PLACES)
    expected = encoder.transform(PLACES)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        np.testing.assert_array_equal(encoder.transform(PAIRS), expected)
    with pytest.raises(ValueError, match="feature names"):
        encoder.transform(PLACES[["lon", "lat"]])


def test_whole_degrees_texts_and_missing_types_are_numbers():
    whole = np.array([[16, 48], [-74, 41]])
    expected = LocationEncoder("xyz").fit_transform(whole.astype(float))
    for given in (whole, whole.tolist(), whole.astype(np.int8), whole.astype(str).astype(object)):
        found = LocationEncoder("xyz").fit_transform(given)
        assert found.dtype == np.float64
        np.testing.assert_array_equal(found, expected)
    frame = pd.DataFrame(whole, columns=["lon", "lat"], dtype="Int64")
    np.testing.assert_array_equal(LocationEncoder("xyz").fit_transform(frame), expected)


def test_precision_is_that_of_the_input():
    exact = LocationEncoder().fit_transform(PAIRS)
    short = LocationEncoder().fit_transform(PAIRS.astype(np.float32))
    assert short.dtype == np.float32
    # float32 moves a place by up to 8e-6 degrees, and the finest scale looks 1000 times closer.
    assert np.abs(short - exact).max() < 1000 * np.deg2rad(8e-6) + 1e-6


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([[0.0, 91.0]], "lat: 1 value beyond ±90 degrees, in row 0"),
        ([[1.0, 2.0], [np.nan, 2.0]], "lon: 1 value not finite (NaN or infinite), in row 1"),
        ([[0.0, np.inf]], "lat: 1 value not finite"),
        ([[541.0, 0.0]], "lon: 1 value beyond ±540"),
        (np.empty((0, 2)), "Found array with 0 sample(s)"),
        ([[1.0]], "a minimum of 2 is required"),
        ([[1.0, 2.0, 3.0]], "X has 3 columns, not two: longitude and latitude, in that order"),
        ([1.0, 2.0], "Expected 2D array, got 1D array"),
        ([["a", "b"]], "could not convert string to float"),
        (PLACES.assign(x3=1.0), "X has 3 columns, but only 'lat' and 'lon' say where: select"),
        (PLACES.rename(columns={"lat": "north"}), "No latitude column"),
        (PLACES.assign(latitude=1.0), "2 columns could be the latitude"),
        (PLACES.assign(lat=PLACES["lat"] * 2), "beyond ±90"),
        (PLACES.assign(lat="north"), "could not convert string"),
    ],
)
def test_what_is_no_place_is_refused(given, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        LocationEncoder("xyz").fit(given)
    fitted = LocationEncoder("xyz").fit(PLACES if isinstance(given, pd.DataFrame) else PAIRS)
    with pytest.raises(ValueError, match=r"value|feature|name|string|array|column"):
        fitted.transform(given)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "xyzz"}, "There is no encoder 'xyzz'. Did you mean xyz?"),
        ({"name": "xyz", "min_radius": 1.0}, "xyz has no option min_radius. It has none."),
        ({"name": "xyz", "n_anchors": 5}, "xyz has no option n_anchors"),
        ({"name": "nerf", "frequency_num": 0}, "frequency_num=0 has to be from 1 to 32"),
        ({"min_radius": -1.0}, "min_radius=-1.0 has to be a positive number"),
        ({"frequency_num": 1}, "frequency_num=1 has to be at least 2"),
        ({"compat": "torch"}, "compat='torch' is no mode"),
        ({"name": "satclip", "compat": "torchspatial"}, "the reference code has no satclip"),
        ({"name": "rbf", "seed": -1}, "seed=-1 has to be from 0"),
        ({"name": "rbf", "n_anchors": 0}, "n_anchors=0 has to be at least 1"),
        ({"name": "rbf", "n_anchors": 2.5}, "n_anchors=2.5 has to be a whole number"),
        ({"name": "rbf", "n_anchors": 2, "anchors": [[0.0, 1.0]]}, "leave one out"),
        ({"name": "rbf", "anchors": [[0.0, 100.0]]}, "anchors: lat: 1 value beyond ±90"),
        ({"lat": "north"}, "There is no column 'north'"),
    ],
)
def test_options_are_checked_when_it_is_fitted(options, message):
    encoder = LocationEncoder(**options)
    with pytest.raises(InputError, match=re.escape(message)):
        encoder.fit(PLACES)


def test_names_of_columns_need_a_frame():
    with pytest.raises(InputError, match="name columns, but X has no names"):
        LocationEncoder(lat="a", lon="b").fit(PAIRS)


def test_every_option_of_an_encoder_can_be_passed():
    known = {name for entry in ENTRIES for name in options_of(entry.position)}
    assert {*OPTIONS} == known | {"n_anchors"}
    parameters = inspect.signature(LocationEncoder).parameters
    assert [*parameters] == [*NOT_OF_ENCODERS, *OPTIONS]
    assert all(parameters[name].default is None for name in OPTIONS)
    described = inspect.getdoc(LocationEncoder)
    assert all(name in described for name in parameters)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_none_stands_for_the_default(entry):
    defaults = {
        name: entry.options.get(name, option.default)
        for name, option in options_of(entry.position).items()
    }
    told = LocationEncoder(entry.name, **defaults).fit(PLACES)
    left = LocationEncoder(entry.name).fit(PLACES)
    np.testing.assert_array_equal(told.transform(PLACES), left.transform(PLACES))


def test_compat_computes_what_the_reference_code_does():
    here = LocationEncoder("spherical_harmonics").fit_transform(PLACES)
    there = LocationEncoder("sh", compat="torchspatial").fit_transform(PLACES)
    zonal = [degree**2 + degree for degree in range(8)]
    np.testing.assert_allclose(there[:, zonal], np.pi * here[:, zonal], atol=1e-12)


# --- Anchors --------------------------------------------------------------------------------------


def rows_of(array):
    return {tuple(row) for row in np.asarray(array, dtype=np.float32).tolist()}


def test_anchors_are_different_places_of_the_training_set():
    crowded = np.concatenate([PAIRS, PAIRS[:30], PAIRS[:30]])
    encoder = LocationEncoder("rbf", n_anchors=40).fit(crowded)
    anchors = encoder.position_.anchors.numpy()
    assert anchors.shape == (40, 2)
    assert len(rows_of(anchors)) == 40
    assert rows_of(anchors) <= rows_of(PAIRS)


def test_there_are_two_hundred_anchors_or_as_many_as_places():
    many = np.column_stack([np.linspace(-170, 170, 500), np.linspace(-80, 80, 500)])
    assert LocationEncoder("rbf").fit_transform(many).shape == (500, 200)
    twice = np.concatenate([PAIRS, PAIRS])
    assert LocationEncoder("rbf").fit_transform(twice).shape == (128, 64)
    assert LocationEncoder("rbf", n_anchors=1000).fit_transform(twice).shape == (128, 64)


def test_anchors_come_from_the_seed_and_not_from_the_order_of_rows():
    def anchors(pairs, seed):
        fitted = LocationEncoder("rbf", n_anchors=9, seed=seed).fit(pairs)
        return fitted.position_.anchors.numpy()

    np.testing.assert_array_equal(anchors(PAIRS, 0), anchors(PAIRS[::-1], 0))
    assert rows_of(anchors(PAIRS, 0)) != rows_of(anchors(PAIRS, 1))


def test_every_place_is_drawn_as_often():
    # Of 64 places 8 are drawn 400 times: 50 times each on average. The largest of 64 binomial
    # counts (deviation 6.6) is beyond 50 ± 35 with a probability below 1e-5.
    counts = dict.fromkeys(rows_of(PAIRS), 0)
    for seed in range(400):
        fitted = LocationEncoder("rbf", n_anchors=8, seed=seed).fit(PAIRS)
        for row in rows_of(fitted.position_.anchors):
            counts[row] += 1
    assert sum(counts.values()) == 3200
    assert 15 < min(counts.values()) <= max(counts.values()) < 85


def test_given_anchors_are_taken():
    anchors = np.array([[0.0, 0.0], [10.0, 50.0]])
    encoder = LocationEncoder("rbf", anchors=anchors, kernel_size=5.0)
    found = encoder.fit_transform(np.array([[10.0, 50.0], [0.0, 5.0]]))
    expected = [rbf(50.0, 10.0, anchors, 5.0), rbf(5.0, 0.0, anchors, 5.0)]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_anchors_can_be_columns_picked_from_a_frame_in_another_order():
    anchors = PLACES[["lat", "lon"]].copy()[["lon", "lat"]].to_numpy()
    assert min(anchors.strides) < 0
    found = LocationEncoder("rbf", anchors=anchors).fit_transform(PLACES)
    same = LocationEncoder("rbf", anchors=anchors.copy(order="C")).fit_transform(PLACES)
    np.testing.assert_array_equal(found, same)


def test_anchors_and_places_spell_longitude_alike():
    encoder = LocationEncoder("rbf", n_anchors=1).fit([[190.0, 10.0]])
    assert encoder.transform([[-170.0, 10.0], [190.0, 10.0]]).tolist() == [[1.0], [1.0]]


# --- As scikit-learn has it -----------------------------------------------------------------------

TWO_COLUMNS = "it takes two columns, longitude and latitude, and the check has another number"
DEGREES = "latitudes lie within 90 degrees, and the check has larger numbers"
EXPECTED = {
    "check_dict_unchanged": TWO_COLUMNS,
    "check_dont_overwrite_parameters": TWO_COLUMNS,
    "check_dtype_object": TWO_COLUMNS,
    "check_estimators_dtypes": TWO_COLUMNS,
    "check_estimators_nan_inf": TWO_COLUMNS,
    "check_estimators_pickle": TWO_COLUMNS,
    "check_f_contiguous_array_estimator": TWO_COLUMNS,
    "check_fit2d_1sample": TWO_COLUMNS,
    "check_fit2d_predict1d": TWO_COLUMNS,
    "check_fit_score_takes_y": TWO_COLUMNS,
    "check_methods_sample_order_invariance": TWO_COLUMNS,
    "check_methods_subset_invariance": TWO_COLUMNS,
    "check_n_features_in_after_fitting": TWO_COLUMNS,
    "check_pipeline_consistency": TWO_COLUMNS,
    "check_positive_only_tag_during_fit": TWO_COLUMNS,
    "check_transformer_data_not_an_array": TWO_COLUMNS,
    "check_transformer_general": TWO_COLUMNS,
    "check_transformer_preserve_dtypes": TWO_COLUMNS,
    "check_fit_check_is_fitted": DEGREES,
    "check_fit_idempotent": DEGREES,
    "check_n_features_in": DEGREES,
}


class Anything(LocationEncoder):
    """Takes any numbers in any number of columns, so that the checks reach everything else."""

    def _places(self, X, *, first):
        values = validate_data(
            self, X, reset=first, dtype=[np.float64, np.float32], ensure_all_finite=False
        )
        squeezed = np.where(np.isfinite(values), 80.0 * np.tanh(values), values)
        lat, lon = from_arrays(squeezed[:, 0], squeezed[:, -1])
        return lat.numpy(), lon.numpy()


def test_the_checks_of_estimators_pass_where_they_apply():
    results = check_estimator(
        LocationEncoder(), expected_failed_checks=EXPECTED, on_fail=None, on_skip=None
    )
    failed = {each["check_name"] for each in results if each["status"] == "failed"}
    assert failed == set()
    # What passes must not be listed.
    listed = [each for each in results if each["check_name"] in EXPECTED]
    assert {each["check_name"] for each in listed} == {*EXPECTED}
    assert {each["status"] for each in listed} == {"xfail"}
    for each in listed:
        about = {TWO_COLUMNS: "column", DEGREES: "beyond ±90"}[EXPECTED[each["check_name"]]]
        refusals = [each["exception"], each["exception"].__cause__, each["exception"].__context__]
        assert any(about in str(refusal) for refusal in refusals), each


@pytest.mark.parametrize("name", ["sphere2vec-spherec+", "rbf", "rff", "tile"])
def test_all_checks_pass_if_columns_and_range_are_left_aside(name):
    results = check_estimator(Anything(name), on_fail=None, on_skip=None)
    assert len(results) > 40
    assert [each for each in results if each["status"] not in ("passed", "skipped")] == []


def test_it_can_be_printed_cloned_and_pickled():
    encoder = LocationEncoder("rbf", n_anchors=7, seed=2)
    assert repr(encoder) == "LocationEncoder(n_anchors=7, name='rbf', seed=2)"
    copied = clone(encoder.fit(PLACES))
    assert copied.get_params() == encoder.get_params()
    with pytest.raises(NotFittedError):
        copied.transform(PLACES)
    with pytest.raises(NotFittedError):
        copied.get_feature_names_out()
    kept = pickle.loads(pickle.dumps(encoder))
    np.testing.assert_array_equal(kept.transform(PLACES), encoder.transform(PLACES))


def test_features_have_names():
    encoder = LocationEncoder("siren(sh)", legendre_polys=2).fit(PLACES)
    named = [f"spherical_harmonics_{each}" for each in range(4)]
    assert encoder.get_feature_names_out().tolist() == named
    assert encoder.get_feature_names_out(["lat", "lon"]).tolist() == named
    with pytest.raises(ValueError, match="input_features should have length"):
        encoder.get_feature_names_out(["lat"])
    with pytest.raises(ValueError, match="input_features is not equal"):
        encoder.get_feature_names_out(["lon", "lat"])
    # They are those of what was fitted.
    assert encoder.set_params(name="xyz").get_feature_names_out().tolist() == named


def test_frames_come_out_where_they_are_asked_for():
    encoder = LocationEncoder("xyz").set_output(transform="pandas")
    moved = PLACES.set_axis(PLACES.index + 5)
    found = encoder.fit_transform(moved)
    assert found.columns.tolist() == ["xyz_0", "xyz_1", "xyz_2"]
    assert found.index.equals(moved.index)
    polars = pytest.importorskip("polars")
    found = LocationEncoder("xyz").set_output(transform="polars").fit_transform(PLACES)
    assert isinstance(found, polars.DataFrame)
    from_polars = LocationEncoder("xyz").fit_transform(polars.from_pandas(PLACES))
    np.testing.assert_array_equal(from_polars, found.to_numpy())


def test_it_works_in_pipelines_and_columns():
    table = PLACES.assign(size=draw.normal(size=len(PLACES)))
    target = np.sin(np.deg2rad(LAT)) + 0.5 * table["size"]
    columns = ColumnTransformer(
        [("place", LocationEncoder("xyz"), ["lat", "lon"])], remainder="passthrough"
    )
    model = make_pipeline(columns, Ridge(alpha=1e-6)).fit(table, target)
    assert model.score(table, target) > 0.999
    names = ["place__xyz_0", "place__xyz_1", "place__xyz_2", "remainder__size"]
    assert columns.fit(table).get_feature_names_out().tolist() == names


def test_a_search_finds_the_scale_that_there_is():
    places = np.column_stack([draw.uniform(-20, 20, 400), draw.uniform(-20, 20, 400)])
    target = np.sin(np.deg2rad(places[:, 0] * 20)) + np.sin(np.deg2rad(places[:, 1] * 20))
    model = make_pipeline(LocationEncoder("space2vec-grid", frequency_num=8), Ridge(alpha=1e-3))
    options = {"locationencoder__min_radius": [0.001, 1.0, 100.0]}
    search = GridSearchCV(model, options, cv=3).fit(places, target)
    assert search.best_params_ == {"locationencoder__min_radius": 1.0}
    assert search.best_score_ > 0.9


def test_a_search_can_choose_the_encoder_and_fits_anchors_inside_each_fold():
    model = make_pipeline(LocationEncoder("rbf", kernel_size=20.0, n_anchors=10_000), Ridge())
    scores = cross_val_score(model, PLACES, LAT, cv=4, error_score="raise")
    assert np.isfinite(scores).all()
    search = GridSearchCV(
        make_pipeline(LocationEncoder(), Ridge()),
        {"locationencoder__name": ["xyz", "wrap"]},
        error_score="raise",
    ).fit(PLACES, np.sin(np.deg2rad(LAT)))
    assert search.best_params_ == {"locationencoder__name": "xyz"}


def test_a_wrong_option_stops_a_search():
    model = make_pipeline(LocationEncoder("xyz"), Ridge())
    search = GridSearchCV(model, {"locationencoder__min_radius": [1.0]}, error_score="raise")
    with pytest.raises(InputError, match="xyz has no option min_radius"):
        search.fit(PLACES, LAT)


def test_batches_are_joined_without_a_seam(monkeypatch):
    whole = LocationEncoder("nerf").fit_transform(PLACES)
    monkeypatch.setattr("geobias.encoders.codes.NUMBERS_AT_ONCE", 7 * whole.shape[1] + 3)
    np.testing.assert_array_equal(LocationEncoder("nerf").fit_transform(PLACES), whole)
    monkeypatch.setattr("geobias.encoders.codes.NUMBERS_AT_ONCE", 1)
    np.testing.assert_array_equal(LocationEncoder("nerf").fit_transform(PLACES), whole)


MEMORY = """
import json, resource
import numpy as np
from geobias.encoders import LocationEncoder
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
places = np.random.default_rng(0).uniform(-90, 90, (60_000, 2)).astype(np.float32)
encoder = LocationEncoder("spherical_harmonics", legendre_polys=40).fit(places)
encoder.transform(places[:5_000])
before = peak()
codes = encoder.transform(places)
print(json.dumps([before, peak(), codes.nbytes / 2**20]))
"""


def test_memory_is_that_of_the_result(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", MEMORY], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    before, after, result = json.loads(done.stdout)
    assert result > 350
    # All at once, float64 would take twice the result on top of it.
    assert after - before < result + 100


def test_it_looks_at_nothing_but_places():
    encoder = LocationEncoder("xyz")
    one = encoder.fit_transform(PLACES, LAT)
    two = encoder.fit_transform(PLACES, -LAT)
    np.testing.assert_array_equal(one, two)
    assert sklearn.utils.get_tags(encoder).transformer_tags.preserves_dtype == [
        "float64", "float32",
    ]  # fmt: skip


def test_every_listed_encoder_is_there():
    assert list_encoders()["name"].tolist() == NAMES
