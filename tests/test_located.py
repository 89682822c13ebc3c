"""Coordinates that come from another table with the same rows."""

import numpy as np
import pandas as pd
import pytest

from geobias import InputError, Samples, score

PLACES = pd.DataFrame(
    {"lat": [48.1, np.nan, 59.9, -1.3, 35.7], "lon": [11.6, np.nan, 10.8, 36.8, 139.7]}
)
HITS = pd.DataFrame({"hit": [1, 0, 1, 0, 1]})


def sines(places):
    return pd.DataFrame(
        {
            "lat": np.sin(np.pi * places["lat"] / 90.0),
            "lon": np.sin(np.pi * places["lon"] / 180.0),
            "hit": HITS["hit"],
        }
    )


def refused(data, locations, **keywords):
    with pytest.raises(InputError) as caught:
        Samples.from_table(data, locations=locations, **keywords)
    return str(caught.value)


def test_a_table_without_coordinates_takes_those_of_its_sibling():
    samples = Samples.from_table(HITS, locations=PLACES)
    assert samples.digest == Samples.from_table(PLACES.join(HITS)).digest
    assert samples.rows.tolist() == [0, 2, 3, 4]
    assert samples.notes[0] == "Coordinates come from the other table, row by row."


def test_coordinates_of_its_own_have_to_agree():
    data = PLACES.join(HITS)
    samples = Samples.from_table(data, locations=PLACES + 1e-7)
    assert samples.notes[0].endswith("row by row, and agree with the table's own.")
    message = refused(data, PLACES.iloc[::-1].reset_index(drop=True))
    assert "do not have the same rows in the same order" in message
    assert "2 rows in all" in message


def test_coordinates_agree_across_the_date_line():
    data = pd.DataFrame({"lat": [1.0, 2.0], "lon": [180.0, 190.0], "hit": [1, 0]})
    places = pd.DataFrame({"lat": [1.0, 2.0], "lon": [-180.0, -170.0]})
    assert Samples.from_table(data, locations=places).lon.tolist() == [-180.0, -170.0]


def test_sine_features_are_replaced_by_the_degrees_they_come_from():
    samples = Samples.from_table(sines(PLACES), locations=PLACES)
    assert samples.digest == Samples.from_table(PLACES.join(HITS)).digest
    assert "hold sine features of the same places" in samples.notes[0]


def test_sine_features_of_other_places_are_refused():
    moved = PLACES.assign(lat=PLACES["lat"] + 1)
    assert "are not sine features of them" in refused(sines(PLACES), moved)


def test_sine_features_alone_are_refused_with_the_way_out():
    with pytest.raises(InputError, match=r"look like encoded features.*locations=, --locations"):
        Samples.from_table(sines(PLACES))


@pytest.mark.parametrize("rows", [3, 7])
def test_tables_of_different_lengths_are_refused(rows):
    places = pd.concat([PLACES, PLACES]).iloc[:rows]
    assert f"has {rows} rows, another number than the table" in refused(HITS, places)


def test_coordinates_of_the_sibling_are_named():
    places = PLACES.rename(columns={"lat": "north", "lon": "east"})
    samples = Samples.from_table(HITS, locations=places, lat="north", lon="east")
    assert samples.n == 4
    assert "There is no column 'lat'" in refused(HITS, places, lat="lat", lon="east")


def test_scores_take_the_locations_of_a_file(tmp_path, run):
    draw = np.random.default_rng(0)
    places = pd.DataFrame({"lat": draw.normal(48, 1, 80), "lon": draw.normal(11, 1, 80)})
    hits = pd.DataFrame({"hit": draw.integers(0, 2, 80)})
    hits.to_csv(tmp_path / "hits.csv", index=False)
    places.to_parquet(tmp_path / "places.parquet")
    wanted = score(places.join(hits), scales="100km").samples
    found = score(tmp_path / "hits.csv", locations=tmp_path / "places.parquet", scales="100km")
    pd.testing.assert_frame_equal(found.samples, wanted)
    command = ["score", tmp_path / "hits.csv", "--locations", tmp_path / "places.parquet"]
    code, out, err = run(*command, "--scale", "100km")
    assert (code, err) == (0, "")
    assert "Coordinates come from places.parquet, row by row." in out


FILE = "torchspatial_csv/eval_birdsnap_ebird_meta_test_{}.csv"


@pytest.mark.reference
@pytest.mark.parametrize("name", ["no_prior", "wrap"])
def test_torchspatial_results_without_degrees(reference, name):
    sibling = reference / FILE.format("Sphere2Vec-sphereC+")
    samples = Samples.read(reference / FILE.format(name), locations=sibling)
    beside = Samples.read(sibling)
    assert samples.n == 2217
    assert samples.rows.tolist() == beside.rows.tolist()
    assert (samples.lat == beside.lat).all()
    assert (samples.lon == beside.lon).all()
    published = pd.read_parquet(reference / "published_predictions" / "birdsnap_ebird.parquet")
    assert (published[name].to_numpy() == samples.correct[0]).all()


@pytest.mark.reference
def test_a_torchspatial_result_with_degrees_needs_no_sibling(reference):
    assert Samples.read(reference / FILE.format("xyz")).n == 2217


@pytest.mark.reference
def test_a_table_of_published_scores_is_read_as_it_is(reference):
    samples = Samples.read(reference / "scores" / "inat2018_nerf.parquet")
    assert samples.models == ("hit@1",)
    assert samples.n == 24343
    eurosat = Samples.read(reference / "scores" / "eurosat_croma_linear.parquet", correct="hit@1")
    assert eurosat.n == 5400
