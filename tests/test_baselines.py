"""What others measure: Moran's I and SPAD, against the oracle, esda and chance."""

import json
import warnings

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import naive
from geobias import baselines
from geobias.baselines import arrangements
from geobias.baselines.cells import cells_of, turned
from geobias.errors import GeoBiasError, InputError, ScaleError
from geobias.geometry.blocks import blocks_of
from geobias.geometry.places import Places
from geobias.scales import Scale
from geobias.simulate import world
from geobias.sphere import degrees, unit_vectors


def scattered(n=80, seed=0, lat=10.0, lon=0.0, spread=8.0, accuracy=0.6):
    """Samples around a position, which may be at a pole or on the date line."""
    draw = np.random.default_rng(seed)
    lat, lon = lat + draw.normal(0.0, spread, n), lon + draw.normal(0.0, spread, n)
    over = np.abs(lat) > 90.0
    lat, lon = np.where(over, np.sign(lat) * 180.0 - lat, lat), np.where(over, lon + 180.0, lon)
    lon = (lon + 180.0) % 360.0 - 180.0
    return pd.DataFrame({"lat": lat, "lon": lon, "correct": draw.random(n) < accuracy})


def repeated(sites=60, seed=0):
    table = scattered(sites, seed)
    draw = np.random.default_rng(seed + 100)
    table = table.loc[table.index.repeat(draw.integers(1, 4, sites))].reset_index(drop=True)
    table["correct"] = draw.random(len(table)) < 0.6
    return table


def others_of(table, scale):
    parsed = Scale.parse(scale)
    lat, lon = table["lat"].to_numpy(), table["lon"].to_numpy()
    found = []
    for i in range(len(table)):
        own = naive.neighbourhood(lat, lon, i, parsed.radius_rad, parsed.cap)[0]
        found.append(own[own != i])
    return found


def partitionings(table, resolutions, number, seed):
    """The cells that each sample is in, time after time."""
    vectors = unit_vectors(table["lat"].to_numpy(), table["lon"].to_numpy())
    return [
        blocks_of(*degrees(vectors @ turned(np.random.default_rng([seed, 5, r, each])).T), side_km)
        for r, side_km in enumerate(resolutions)
        for each in range(number)
    ]


# --- Moran's I -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "scale"),
    [
        (scattered(), "700km"),
        (scattered(lat=-30.0, lon=179.0, seed=1), "500km"),
        (scattered(lat=88.0, seed=2), "300km"),
        (scattered(lat=-89.0, seed=3), "knn:6"),
        (scattered(seed=4), "5@600km"),
    ],
)
def test_moran_is_that_of_the_oracle(table, scale):
    found = baselines.moran(table, scales=scale, permutations=9).summary.iloc[0]
    wrong = 1.0 - table["correct"].to_numpy()
    others = others_of(table, scale)
    assert found["value"] == pytest.approx(naive.global_moran(wrong, others), rel=1e-9)
    assert found["isolated"] == sum(not len(own) for own in others)


def test_moran_of_merged_sites_is_that_of_their_shares():
    table = repeated()
    found = baselines.moran(table, scales="700km", sites="merge", permutations=9)
    sites = table.groupby(["lat", "lon"], as_index=False)["correct"].mean()
    expected = naive.global_moran(1.0 - sites["correct"].to_numpy(), others_of(sites, "700km"))
    assert found.summary["value"].item() == pytest.approx(expected, rel=1e-9)
    assert found.provenance["input"]["merged"]


def test_chance_and_z_are_those_of_the_closed_form():
    from esda.moran import Moran
    from libpysal.graph import Graph

    table = scattered(seed=6)
    found = baselines.moran(table, scales="knn:9", permutations=4999).summary.iloc[0]
    others = others_of(table, "knn:9")
    focal = np.repeat(np.arange(len(table)), [len(own) for own in others])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graph = Graph.from_arrays(focal, np.concatenate(others), np.ones(focal.size))
        theirs = Moran(1.0 - table["correct"].to_numpy(), graph, permutations=0)
    assert found["value"] == pytest.approx(theirs.I, rel=1e-9)
    # Five standard errors of 4,999 draws.
    assert found["chance"] == pytest.approx(theirs.EI, abs=5.0 * theirs.seI_rand / np.sqrt(4999))
    assert found["z"] == pytest.approx(theirs.z_rand, abs=0.1)
    assert found["excess"] == found["value"] - found["chance"]


def test_errors_side_by_side_are_found_and_said():
    table = world("patches-500km", n=800, gap=0.38)
    found = baselines.moran(table, scales=["knn:10", "300km"], permutations=199)
    assert found.summary["p"].max() <= 0.01
    assert found.summary["scale"].tolist() == ["knn:10", "300km"]
    assert all("errors lie beside errors more than chance" in said for said in found.sentences())


def test_agreeing_repeats_are_no_geography():
    table = world("repeats", n=600, seed=1)
    one = baselines.moran(table, scales="50km", permutations=199)
    assert one.summary["value"].item() > 0.1
    assert one.summary["p"].item() > 0.05
    assert "no more than chance gives" in one.sentences()[0]
    assert any("share one of" in note for note in one.notes)


def test_moran_is_undefined_where_nothing_differs_or_is_linked():
    table = scattered(30).assign(correct=True)
    found = baselines.moran(table, scales="knn:5", permutations=9)
    assert found.summary[["value", "chance", "z", "p"]].isna().all(axis=None)
    assert found.sentences() == ["correct: Moran's I of errors at knn:5 is undefined."]
    found = baselines.moran(scattered(30), scales="1km", permutations=9)
    assert found.summary["value"].isna().all()
    assert found.summary["isolated"].item() == 30
    assert "At 1km, 30 samples of 30 without a neighbour." in found.notes


def test_cut_neighbourhoods_are_said():
    found = baselines.moran(scattered(seed=4), scales="5@600km", permutations=9)
    assert any("were cut to the nearest 5" in note for note in found.notes)


# --- SPAD ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "table",
    [scattered(), scattered(lat=-85.0, lon=100.0, spread=20.0, seed=1), repeated(30)],
    ids=["plain", "south pole", "repeats"],
)
def test_spad_is_that_of_the_oracle(table):
    found = baselines.spad(
        table, resolutions=["400km", "900km"], partitionings=4, permutations=9, seed=3
    ).summary.iloc[0]
    cells = partitionings(table, [400.0, 900.0], 4, 3)
    wrong = 1.0 - table["correct"].to_numpy()
    assert found["value"] == pytest.approx(naive.spad(wrong, cells), rel=1e-12)
    assert found["cells"] == np.mean([len(np.unique(own)) for own in cells])
    assert found["scale"] == "400km, 900km"


def test_spad_of_merged_sites_is_that_of_their_shares():
    table = repeated(40, seed=2)
    found = baselines.spad(
        table, resolutions="700km", partitionings=3, sites="merge", permutations=9
    )
    sites = table.groupby(["lat", "lon"], as_index=False)["correct"].mean()
    cells = partitionings(sites, [700.0], 3, 0)
    expected = naive.spad(1.0 - sites["correct"].to_numpy(), cells)
    assert found.summary["value"].item() == pytest.approx(expected, rel=1e-12)


def test_chance_of_spad_is_the_mean_of_all_that_could_be():
    table = scattered(50, seed=5)
    found = baselines.spad(
        table, resolutions="800km", partitionings=3, permutations=4999
    ).summary.iloc[0]
    cells = partitionings(table, [800.0], 3, 0)
    expected = naive.spad_by_chance(50, int((~table["correct"]).sum()), cells)
    spread = (found["value"] - found["chance"]) / found["z"]
    assert found["chance"] == pytest.approx(expected, abs=5.0 * abs(spread) / np.sqrt(4999))
    assert found["excess"] == found["value"] - found["chance"]


def test_spad_grows_by_chance_and_its_excess_does_not():
    few, many = (
        baselines.spad(world("unbiased", n=n, seed=1), partitionings=10, permutations=99).summary
        for n in (200, 4000)
    )
    assert few["value"].item() > 1.3 * many["value"].item()
    for each in (few, many):
        assert abs(each["excess"].item()) < 0.1 * each["value"].item()


def test_spad_finds_differences_between_places():
    found = baselines.spad(world("hemisphere", n=1500, gap=0.35), partitionings=10, permutations=99)
    assert found.summary["p"].item() == 0.01
    assert "accuracy differs between places more than chance" in found.sentences()[0]


def test_unbiased_worlds_are_rarely_called_biased():
    called = {"moran": 0, "spad": 0}
    for seed in range(100):
        table = world("unbiased", n=150, seed=seed)
        called["moran"] += baselines.moran(
            table, scales="knn:8", permutations=99, seed=seed
        ).summary["p"].item() <= 0.05  # fmt: skip
        called["spad"] += baselines.spad(
            table, partitionings=5, permutations=99, seed=seed
        ).summary["p"].item() <= 0.05  # fmt: skip
    # 5 of 100 are expected; 13 or more would be rare.
    assert max(called.values()) < 13


def test_cells_have_equal_areas_wherever_the_globe_is_turned():
    draw = np.random.default_rng(0)
    vectors = draw.normal(size=(200_000, 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    places = Places.of(*degrees(vectors))
    for _ in range(3):
        start, seats = cells_of(places, 3000.0, turned(draw))
        held = np.diff(start)
        assert np.sort(seats).tolist() == list(range(places.seats))
        mean = held.mean()
        assert np.abs(held - mean).max() < 5.0 * np.sqrt(mean)


def test_turns_are_rotations_and_favour_no_direction():
    draw = np.random.default_rng(0)
    turns = np.array([turned(draw) for _ in range(4000)])
    assert np.abs(turns @ turns.transpose(0, 2, 1) - np.eye(3)).max() < 1e-12
    assert np.linalg.det(turns) == pytest.approx(np.ones(4000))
    assert turns.mean(axis=0) == pytest.approx(np.zeros((3, 3)), abs=5.0 / np.sqrt(3 * 4000))
    assert (turns**2).mean(axis=0) == pytest.approx(np.full((3, 3), 1 / 3), abs=0.03)


# --- Both ----------------------------------------------------------------------------------------


MEASURES = {
    "moran": (baselines.moran, {"scales": "knn:8"}),
    "spad": (baselines.spad, {"partitionings": 5}),
}


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("sites", ["keep", "merge"])
def test_order_of_rows_threads_and_batches_change_no_bit(measure, sites, monkeypatch):
    compute, choices = MEASURES[measure]
    table = repeated(70, seed=4)
    table["other"] = np.random.default_rng(2).random(len(table)) < 0.8
    choices = {**choices, "correct": ["correct", "other"], "sites": sites, "permutations": 49}
    first = compute(table, **choices, threads=1).summary
    order = np.random.default_rng(9).permutation(len(table))
    again = compute(table.iloc[order], **choices, threads=2).summary
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    monkeypatch.setattr(arrangements, "_BYTES_PER_BATCH", 3000)
    pd.testing.assert_frame_equal(compute(table, **choices).summary, first, check_exact=True)


@pytest.mark.parametrize("measure", MEASURES)
def test_seeds_matter_and_are_kept(measure):
    compute, choices = MEASURES[measure]
    one, same, other = (
        compute(scattered(), **choices, permutations=99, seed=seed) for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(one.summary, same.summary, check_exact=True)
    assert one.summary["chance"].item() != other.summary["chance"].item()
    assert one.provenance["settings"]["seed"] == 1


@pytest.mark.parametrize("measure", MEASURES)
def test_results_are_written_and_shown(measure, tmp_path):
    compute, choices = MEASURES[measure]
    table = scattered()
    table["other"] = True
    found = compute(table, correct=["correct", "other"], **choices, permutations=19)
    assert found.summary["model"].tolist() == ["correct", "other"]
    facts = json.loads(found.to_json())
    assert facts["settings"]["permutations"] == 19
    assert facts["summary"][1]["z"] is None
    found.to_parquet(tmp_path / "baseline.parquet")
    stored = pq.read_table(tmp_path / "baseline.parquet")
    assert json.loads(stored.schema.metadata[b"geobias"])["notes"] == list(found.notes)
    pd.testing.assert_frame_equal(stored.to_pandas(), found.summary)
    assert found.sentences()[0] in repr(found)
    assert "by chance" in found._repr_html_()
    assert any("no p value can be below" in note for note in found.notes)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    ("choices", "error", "message"),
    [
        ({"permutations": 0}, GeoBiasError, "permutations must be a whole number of 1 or more"),
        ({"seed": -1}, GeoBiasError, "seed must be a whole number of 0"),
        ({"sites": "drop"}, GeoBiasError, "sites must be one of keep, merge"),
        ({"correct": "hit"}, InputError, "'hit'"),
        ({"threads": 0}, GeoBiasError, "threads must be a whole number"),
    ],
)
def test_slips_are_explained(measure, choices, error, message):
    compute, own = MEASURES[measure]
    with pytest.raises(error, match=message):
        compute(scattered(), **{**own, **choices})


@pytest.mark.parametrize("measure", MEASURES)
def test_a_single_site_is_refused(measure):
    compute, choices = MEASURES[measure]
    table = pd.DataFrame({"lat": 40.0, "lon": 10.0, "correct": [1, 0, 1]})
    with pytest.raises(GeoBiasError, match="No mark can be permuted: there is one site only"):
        compute(table, **choices)


@pytest.mark.parametrize(
    ("choices", "error", "message"),
    [
        ({"scales": []}, GeoBiasError, "No scale was given"),
        ({"scales": "7"}, ScaleError, "has no unit"),
        ({"scales": "knn:99"}, GeoBiasError, "asks for 99 neighbours, but there are only 80"),
    ],
)
def test_scales_that_make_no_sense_are_refused(choices, error, message):
    with pytest.raises(error, match=message):
        baselines.moran(scattered(), **choices)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"resolutions": []}, "No resolution was given"),
        ({"resolutions": "knn:5"}, "resolutions='knn:5' is no length"),
        ({"resolutions": 500}, "resolutions=500 is no length"),
        ({"resolutions": ["500km", "1m"]}, "resolutions='1m' is no length"),
        ({"resolutions": "0.01km"}, "resolutions='0.01km' in kilometres must lie between 0.1"),
        ({"partitionings": 0}, "partitionings must be a whole number of 1 or more"),
    ],
)
def test_partitionings_that_make_no_sense_are_refused(choices, message):
    with pytest.raises(GeoBiasError, match=message):
        baselines.spad(scattered(), **choices)
