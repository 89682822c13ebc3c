"""Places where models fail: what is in them, what is said of them, and where they are written."""

import json
from contextlib import contextmanager

import geopandas
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely

import geobias
import naive
from commandline import refusal
from geobias.crews import WorkError
from geobias.errors import GeoBiasError
from geobias.regions.circles import disc, rim
from geobias.results.place_words import overall, place
from geobias.samples import Samples
from geobias.simulate import world


def where(table, **choices):
    return geobias.where(table, **{"permutations": 99, **choices})


def planted(lat, lon, *, n=500, radius_km=2000.0, gap=0.7, seed=0, **more):
    """A model that is weak around one position, its samples spread over the globe."""
    return world(
        "weak-region", n=n, locations="uniform", lat=lat, lon=lon, radius_km=radius_km, gap=gap,
        seed=seed, **more,
    )  # fmt: skip


def km(table, row):
    """Distance of each sample from the centre of a place."""
    return np.array(
        [
            naive.distance_km(lat, lon, row["lat"], row["lon"])
            for lat, lon in zip(table["lat"], table["lon"], strict=True)
        ]
    )


@pytest.fixture(scope="module")
def two():
    """A weak model, one that is weak in the same place, one with no errors there, and luck."""
    table = planted(10.0, 20.0, n=700, seed=3).rename(columns={"correct": "weak"})
    near = km(table, {"lat": 10.0, "lon": 20.0}) < 2000.0
    draw = np.random.default_rng(7)
    table["alike"] = draw.random(len(table)) < np.where(near, 0.2, 0.85)
    table["apart"] = near | (draw.random(len(table)) < 0.7)
    table["luck"] = draw.random(len(table)) < 0.8
    models = ["weak", "alike", "apart", "luck"]
    return table, where(table, correct=models)


# --- What is in a place --------------------------------------------------------------------------


def test_a_place_is_what_the_oracle_counts_in_it(two):
    table, found = two
    assert set(found.table["model"]) >= {"weak", "alike"}
    for _, row in found.table.iterrows():
        inside = km(table, row) <= row["radius_km"] * (1.0 + 1e-9)
        wrong = ~table[row["model"]].to_numpy()
        assert row["n"] == row["sites"] == inside.sum()
        assert row["errors"] == (inside & wrong).sum()
        assert row["expected"] == pytest.approx(inside.sum() * wrong.mean())
        assert row["error_rate"] == pytest.approx(wrong[inside].mean())
        assert row["elsewhere"] == pytest.approx(wrong[~inside].mean())
        assert row["llr"] == pytest.approx(
            naive.bernoulli_llr(row["errors"], row["n"], wrong.sum(), wrong.size)
        )
        own = found.samples[
            (found.samples["model"] == row["model"]) & (found.samples["place"] == row["place"])
        ]
        assert own["sample"].to_list() == np.flatnonzero(inside).tolist()
        assert own["correct"].to_list() == (~wrong[inside]).astype(float).tolist()


def test_places_of_one_model_do_not_touch():
    parts = [planted(40.0, 20.0, n=700, radius_km=3000.0, seed=1),
             planted(-40.0, -120.0, n=700, radius_km=3000.0, seed=2)]  # fmt: skip
    table = pd.concat(parts, ignore_index=True)
    found = where(table)
    assert len(found.table) >= 2
    for a, b in ((a, b) for a in found.table.itertuples() for b in found.table.itertuples()):
        if a.place < b.place:
            assert naive.distance_km(a.lat, a.lon, b.lat, b.lon) > a.radius_km + b.radius_km
            assert a.llr >= b.llr
            assert a.p <= b.p


def test_the_summary_counts_what_lies_in_places(two):
    table, found = two
    for _, row in found.summary.iterrows():
        own = found.samples[found.samples["model"] == row["model"]]
        assert row["samples"] == len(table)
        assert row["errors"] == (~table[row["model"]]).sum()
        assert row["places"] == (found.table["model"] == row["model"]).sum()
        assert row["samples_inside"] == len(own)
        assert row["errors_inside"] == (own["correct"] == 0.0).sum()
        assert row["accuracy"] == pytest.approx(table[row["model"]].mean())


@pytest.mark.parametrize(
    ("lat", "lon"), [(48.9, 2.4), (-33.9, 151.2), (-17.7, 179.5), (88.0, 10.0), (-89.0, 0.0)]
)
def test_a_planted_region_is_found_where_it_is(lat, lon):
    found = where(planted(lat, lon, n=800, radius_km=2500.0))
    first = found.table.iloc[0]
    assert first["p"] == 0.01
    assert naive.distance_km(first["lat"], first["lon"], lat, lon) < 2500.0


def test_a_place_over_the_date_line_counts_both_sides():
    first = where(planted(-17.7, 180.0, n=800)).samples
    own = first[first["place"] == 1]
    assert (own["lon"] > 150).any()
    assert (own["lon"] < -150).any()


def test_countries_are_those_of_the_samples_most_first():
    draw = np.random.default_rng(0)
    lat, lon = draw.uniform(36, 55, 600), draw.uniform(-5, 25, 600)
    table = pd.DataFrame({"lat": lat, "lon": lon})
    table["correct"] = draw.random(600) < np.where(np.hypot(lat - 40, lon + 3) < 4, 0.1, 0.9)
    first = where(table).table.iloc[0]
    names = first["countries"].split("; ")
    assert names[0] == "Spain"
    at = geobias.regions.locate(*(table.loc[km(table, first) <= first["radius_km"] * (1 + 1e-9), c]
                                  for c in ("lat", "lon")))  # fmt: skip
    counts = geobias.regions.countries()["country"].iloc[at[at >= 0]].value_counts()
    assert set(names) == set(counts.index)
    assert [counts[name] for name in names] == sorted(counts, reverse=True)


def test_at_sea_there_is_no_country():
    draw = np.random.default_rng(0)
    table = pd.DataFrame({"lat": draw.uniform(-40, -30, 300), "lon": draw.uniform(-140, -120, 300)})
    table["correct"] = draw.random(300) < np.where(table["lon"] > -125, 0.2, 0.9)
    found = where(table)
    assert found.table["countries"].iloc[0] == ""
    assert "1. At sea: within" in found.sentences()[1]


# --- Several models ------------------------------------------------------------------------------


def test_places_are_compared_with_all_other_models(two):
    table, found = two
    own = found.overlaps[(found.overlaps["model"] == "weak") & (found.overlaps["place"] == 1)]
    assert own["other"].to_list() == ["alike", "apart", "luck"]
    relation = own.set_index("other")["relation"]
    assert relation["alike"] == "shared"
    assert relation["apart"] == "only"
    row = found.table[found.table["model"] == "weak"].iloc[0]
    inside = km(table, row) <= row["radius_km"] * (1.0 + 1e-9)
    for _, each in own.iterrows():
        wrong = ~table[each["other"]].to_numpy()
        assert each["errors"] == (inside & wrong).sum()
        assert each["expected"] == pytest.approx(inside.sum() * wrong.mean())
        few = each["errors"] <= each["expected"]
        assert each["relation"] == ("only" if few else "shared" if each["p"] <= 0.05 else "open")


def test_a_model_alone_has_the_places_it_has_in_company(two):
    table, found = two
    alone = where(table, correct=["alike"])
    company = found.table[found.table["model"] == "alike"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone.table, company)
    assert len(alone.overlaps) == 0


def test_words_tell_shared_places_from_those_of_one_model(two):
    _, found = two
    said = next(line for line in found.sentences() if line.startswith("1. "))
    assert "alike (" in said
    assert "fails there, too." in said
    assert "does no worse there than elsewhere." in said


# --- What chance makes ---------------------------------------------------------------------------


def test_where_errors_fall_at_random_nothing_is_named():
    found = where(world("unbiased", n=400, seed=1))
    assert len(found.table) == len(found.samples) == len(found.overlaps) == 0
    assert found.summary["p"].iloc[0] > 0.05
    (said,) = found.sentences()
    assert "no place where it fails more than chance would make it" in said
    assert len(found.to_geodataframe()) == 0
    assert "no place" in found._repr_html_()


def test_p_is_that_of_the_oracle():
    table = planted(10, 20, n=60, seed=4, radius_km=3000.0)
    found = where(table, permutations=19, alpha=0.99)
    scanned = found.scanned
    for row in found.table.itertuples():
        assert (row.p * 20) == pytest.approx(round(row.p * 20))
    assert found.table["p"].is_monotonic_increasing
    assert scanned.n == 60


def test_empty_tables_have_the_types_of_full_ones(two):
    _, full = two
    none = where(planted(10.0, 20.0, n=100, gap=0.0))
    assert none.table.empty
    assert none.samples.empty
    for name in ("table", "overlaps", "samples"):
        types = getattr(full, name).select_dtypes("number").dtypes
        assert getattr(none, name).select_dtypes("number").dtypes.to_dict() == types.to_dict()


@pytest.mark.parametrize("constant", [True, False])
def test_marks_that_are_all_equal_have_no_places(constant):
    table = world("unbiased", n=60).assign(correct=constant)
    found = where(table)
    assert len(found.table) == 0
    assert np.isnan(found.summary["p"].iloc[0])
    assert "in no circle that was looked at does it fail more often" in found.sentences()[0]


# --- Samples and sites ---------------------------------------------------------------------------


def test_row_order_and_threads_change_nothing(two):
    table, found = two
    order = np.random.default_rng(0).permutation(len(table))
    models = list(found.summary["model"])
    again = where(table.iloc[order], correct=models, threads=3)
    pd.testing.assert_frame_equal(again.table, found.table)
    pd.testing.assert_frame_equal(again.overlaps, found.overlaps)
    turned = where(table.assign(lon=table["lon"] + 360.0), correct=models)
    pd.testing.assert_frame_equal(turned.table, found.table)


def test_repeats_of_a_site_move_together_and_are_said():
    table = world("repeats", n=600, images=10, agreement=1.0, seed=2)
    found = where(table)
    assert len(found.table) == 0
    assert any("Repeated samples of one site are not geography" in n for n in found.notes)


def test_merged_sites_count_once_with_their_share_of_errors():
    table = planted(10.0, 20.0, n=300, seed=3)
    table = pd.concat([table, table.assign(correct=table["correct"].to_numpy()[::-1])])
    found = where(table, sites="merge")
    assert found.scanned.n == 300
    share = 1.0 - table.groupby(["lat", "lon"])["correct"].mean()
    sites = share.index.to_frame(index=False)
    for _, row in where(table, sites="merge", alpha=0.99).table.iterrows():
        inside = km(sites, row) <= row["radius_km"] * (1.0 + 1e-9)
        assert row["n"] == inside.sum()
        assert row["errors"] == pytest.approx(share[inside].sum())
    assert any("rounded to 15 parts" in note for note in found.notes)


def test_a_mean_of_three_levels_does_not_tell_errors():
    table = pd.DataFrame({"lat": [1, 1, 2, 3, 4, 5], "lon": 0.0, "correct": [-1, 2, 1, -1, 2, 1]})
    with pytest.raises(GeoBiasError, match="does not tell how many samples of a site are wrong"):
        where(table, levels=[-1, 1, 2], sites="merge")


def test_levels_below_zero_are_errors():
    table = planted(10, 20, n=300)
    levels = np.where(table["correct"], np.where(np.arange(300) % 2, 1, 2), -1)
    plain, binned = where(table), where(table.assign(correct=levels), levels=[-1, 1, 2])
    pd.testing.assert_frame_equal(plain.table, binned.table)


def test_few_centres_are_drawn_and_said():
    table = planted(10, 20, n=500)
    found = where(table, centres=50)
    assert any("centred on 50 random places of 500" in note for note in found.notes)
    pd.testing.assert_frame_equal(found.table, where(table.iloc[::-1], centres=50).table)


def test_centres_without_any_circle_are_said():
    lat = np.concatenate([np.repeat([1.0, 50.0], 20), np.arange(60.0, 70.0)])
    table = pd.DataFrame({"lat": lat, "lon": lat, "correct": np.arange(50) % 3 > 0})
    [note] = [note for note in where(table).notes if "nothing is looked at" in note]
    assert note.startswith("Around 2 of 12 centres")
    assert note.endswith("more than 10% of the samples.")
    wide = where(table, largest="40%")
    assert not any("nothing is looked at" in note for note in wide.notes)
    cities = where(table[:40])
    assert any(note.startswith("Around 2 of 2 centres") for note in cities.notes)
    assert "in no circle that was looked at" in cities.sentences()[0]


@pytest.mark.parametrize(("largest", "radius", "share"), [("800km", 800, 0.5), ("4%", 1e9, 0.04)])
def test_places_are_no_larger_than_asked(largest, radius, share):
    found = where(planted(10, 20, n=500), largest=largest, alpha=0.5)
    assert len(found.table)
    assert (found.table["radius_km"] <= radius).all()
    assert (found.table["n"] <= share * 500).all()


# --- Bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"largest": "60%"}, "at most 50% of the samples"),
        ({"largest": "0%"}, "more than 0%"),
        ({"largest": "1.2.3%"}, "neither a radius"),
        ({"largest": ".%"}, "neither a radius"),
        ({"largest": "big"}, "neither a radius, as in 1000km, nor a share"),
        ({"largest": "knn:10"}, "neither a radius"),
        ({"largest": None}, "neither a radius"),
        ({"largest": 1000}, "neither a radius"),
        ({"largest": "10000km"}, r"around .* of 300 centres so wide a circle holds more than half"),
        ({"centres": 0}, "centres must be a whole number of 1 or more"),
        ({"permutations": 0}, "permutations must be a whole number"),
        ({"permutations": 9}, "no place can reach alpha 0.05"),
        ({"alpha": 0}, "alpha must lie between 0 and 1"),
        ({"alpha": 1.5}, "alpha must lie between 0 and 1"),
        ({"sites": "drop"}, "sites must be one of keep, merge, not 'drop'"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"correct": "nothing"}, "nothing"),
    ],
)
def test_choices_that_make_no_sense_are_refused(choices, said):
    with pytest.raises(GeoBiasError, match=said):
        where(planted(10, 20, n=300), **choices)


def test_one_site_has_no_places():
    table = pd.DataFrame({"lat": [48.0] * 9, "lon": 2.0, "correct": [True, False, True] * 3})
    with pytest.raises(GeoBiasError, match="there is one site only"):
        where(table)


def test_processes_change_nothing(two):
    pytest.importorskip("distributed", reason="work on a Dask cluster needs the extra dask")
    table, found = two
    again = where(table, correct=found.summary["model"].to_list(), dask="local:2")
    for name in ("table", "summary", "overlaps", "samples"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(found, name), check_exact=True)
    assert again.notes == found.notes


@pytest.fixture
def no_workers(monkeypatch):
    """A cluster whose workers can do nothing."""

    class Helpless:
        size = 2

        def map(self, work, shared, items):
            raise WorkError(next(iter(items)), "each worker that tried died")

    @contextmanager
    def helpless(dask, threads):
        asked_for.append(dask)
        yield Helpless()

    asked_for = []
    monkeypatch.setattr("geobias.locating.crew_of", helpless)
    return asked_for


def test_workers_that_fail_are_reported(no_workers, run, tmp_path):
    world("unbiased", n=60, seed=1).to_csv(tmp_path / "p.csv", index=False)
    said = refusal(run, "where", tmp_path / "p.csv", "--dask", "tcp://10.0.0.1:8786")
    assert "The workers could not do the scan: each worker that tried died" in said
    assert no_workers == ["tcp://10.0.0.1:8786"]


# --- Written -------------------------------------------------------------------------------------


def test_files_hold_the_circles(two, tmp_path):
    _, found = two
    found.to_geojson(tmp_path / "places.geojson")
    found.to_parquet(tmp_path / "places.parquet")
    for table in (
        geopandas.read_file(tmp_path / "places.geojson"),
        geopandas.read_parquet(tmp_path / "places.parquet"),
    ):
        assert table.crs == "EPSG:4326"
        assert table["place"].to_list() == found.table["place"].to_list()
        assert table["errors"].to_list() == found.table["errors"].to_list()
        for shape, row in zip(table.geometry, found.table.itertuples(), strict=True):
            inside = found.samples[
                (found.samples["model"] == row.model) & (found.samples["place"] == row.place)
            ]
            # The farthest sample lies on the rim, which has corners.
            held = shapely.contains_xy(shape.buffer(0.5), inside["lon"], inside["lat"])
            assert held.all()
    facts = json.loads(pq.read_schema(tmp_path / "places.parquet").metadata[b"geobias"])
    assert facts["overlaps"][0]["relation"] in ("shared", "open", "only")
    assert facts["settings"]["permutations"] == 99


def test_json_holds_everything_but_the_samples(two):
    _, found = two
    facts = json.loads(found.to_json())
    assert len(facts["table"]) == len(found.table)
    assert facts["sentences"] == found.sentences()
    assert facts["input"]["samples"] == 700


def test_the_command_says_and_writes_places(run, tmp_path, two):
    table, found = two
    table.to_parquet(tmp_path / "preds.parquet")
    models = ["--correct", "weak", "--correct", "alike", "--correct", "apart", "--correct", "luck"]
    code, out, err = run(
        "where", tmp_path / "preds.parquet", *models, "--permutations", 99,
        "-o", tmp_path / "places.geojson",
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert out == f"{found!r}\n"
    assert len(geopandas.read_file(tmp_path / "places.geojson")) == len(found.table)
    code, out, _ = run(
        "where", tmp_path / "preds.parquet", *models, "--permutations", 99, "--json", "-",
    )  # fmt: skip
    assert json.loads(out)["sentences"] == found.sentences()
    run("where", tmp_path / "preds.parquet", "--correct", "weak", "-o", tmp_path / "p.parquet")
    assert len(geopandas.read_parquet(tmp_path / "p.parquet"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "places.txt"], "has to end in .geojson or .parquet"),
        (["-o", "nowhere/places.geojson"], "there is no folder"),
        (["--largest", "70%"], "at most 50%"),
        (["--alpha", "2"], "alpha must lie between"),
        (["--threshold", "x"], "is no number"),
    ],
)
def test_the_command_refuses_in_one_line(run, tmp_path, two, words, said, monkeypatch):
    monkeypatch.chdir(tmp_path)
    two[0].to_parquet("preds.parquet")
    assert said in refusal(run, "where", "preds.parquet", "--correct", "weak", *words)


# --- Words and figures ---------------------------------------------------------------------------

ROW = {
    "place": 1, "countries": "Benin", "radius_km": 12.3, "lat": 9.2, "lon": -7.5, "n": 30,
    "sites": 30, "errors": 20.0, "error_rate": 2 / 3, "expected": 6.25, "elsewhere": 0.2, "p": 0.01,
}  # fmt: skip


def test_a_place_is_said_in_one_sentence():
    assert place(ROW, [], "samples") == (
        "1. Benin: within 12 km of 9.20° N, 7.50° W, 20 of 30 samples are wrong (66.7 %), where "
        "6.2 would be expected (p 0.01); elsewhere 20.0 %."
    )
    assert place({**ROW, "sites": 1}, [], "samples").endswith(" 20.0 %, all at one site.")


def test_one_place_holds_and_several_hold():
    row = {
        "model": "m", "places": 1, "p": 0.01, "errors": 40.0, "errors_inside": 20.0,
        "samples": 300, "samples_inside": 30,
    }  # fmt: skip
    assert overall(row, 0.05, "samples") == (
        "m: 1 place where it fails beyond chance (p at most 0.05) holds 50 % of its errors on "
        "10 % of the samples."
    )
    assert "2 places where it fails beyond chance (p at most 0.05) hold" in overall(
        {**row, "places": 2}, 0.05, "samples"
    )


def test_the_map_numbers_the_places(two):
    _, found = two
    figure = found.plot.map()
    for panel, model in zip(figure.axes, found.summary["model"], strict=False):
        own = found.table[found.table["model"] == model]
        assert [text.get_text() for text in panel.texts] == own["place"].astype(str).to_list()
        assert len(panel.lines) == len(own)
    with pytest.raises(GeoBiasError, match="There is no model 'weka'"):
        found.plot.map(model="weka")


def test_the_map_says_when_there_are_none():
    figure = where(world("unbiased", n=400, seed=1)).plot.map()
    assert "no place with more errors than chance" in figure.get_supxlabel().replace("\n", " ")


def test_the_card_holds_names_as_they_are(two):
    table, _ = two
    name = "<b>model</b>"
    card = where(table.rename(columns={"weak": name}), correct=name)._repr_html_()
    assert "<b>" not in card
    assert "&lt;b&gt;model" in card


def test_samples_that_were_read_are_taken_as_they_are(two):
    table, found = two
    samples = Samples.from_table(table, correct=list(found.summary["model"]))
    pd.testing.assert_frame_equal(where(samples).table, found.table)


# --- Circles on the globe ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lat", "lon", "radius_km"),
    [
        (10.0, 20.0, 500.0), (-17.7, 178.0, 500.0), (90.0, 0.0, 500.0), (-90.0, 0.0, 500.0),
        (85.0, 170.0, 1000.0), (-80.0, -175.0, 2000.0), (60.0, -179.0, 15_000.0),
        (0.0, 0.0, 12_000.0), (45.0, 0.0, 5010.0), (0.0, -180.0, 9_000.0),
    ],
)  # fmt: skip
def test_a_disc_holds_what_lies_within_its_radius(lat, lon, radius_km):
    draw = np.random.default_rng(0)
    there_lat = np.degrees(np.arcsin(draw.uniform(-1, 1, 4000)))
    there_lon = draw.uniform(-180, 180, 4000)
    away = np.array(
        [naive.distance_km(*at, lat, lon) for at in zip(there_lat, there_lon, strict=True)]
    )
    shape = disc(lat, lon, radius_km)
    assert shape.is_valid
    held = shapely.contains_xy(shape, there_lon, there_lat)
    # Between corners the rim is straight in degrees, a little inside or outside.
    clear = np.abs(away - radius_km) > 0.003 * radius_km + 1.0
    assert (held == (away <= radius_km))[clear].all()
    west, south, east, north = shape.bounds
    assert -180.0 <= west < east <= 180.0
    assert -90.0 <= south < north <= 90.0


def test_a_disc_around_one_place_is_small_but_there():
    shape = disc(10.0, 20.0, 0.0)
    assert shape.area > 0.0
    assert shapely.contains_xy(shape, 20.0, 10.0)


def test_the_rim_is_as_far_as_the_radius():
    lat, lon = rim(-40.0, 179.0, 700.0)
    away = [naive.distance_km(*at, -40.0, 179.0) for at in zip(lat, lon, strict=True)]
    assert away == pytest.approx([700.0] * len(away))
    assert (lat[0], lon[0]) == (lat[-1], lon[-1])
