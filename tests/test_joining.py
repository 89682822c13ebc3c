"""Tables of several models joined into one: by id, by row, by location, and who is left out."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import geobias
import worlds
from geobias.errors import InputError
from geobias.samples import Samples
from geobias.samples.joining import join
from geobias.scales import EARTH_RADIUS_KM
from worlds import KINDS, World

KM_PER_DEGREE = np.pi * EARTH_RADIUS_KM / 180


def made(table, **choices):
    return Samples.from_table(table, **{"correct": "hit", "degrees": True, **choices})


def joined(*tables, km=0.01, **choices):
    """Tables a, b, … joined."""
    return join({name: made(t, **choices) for name, t in zip("abc", tables, strict=False)}, km)


def predictions(n=20, seed=1, kind="uniform", **more):
    return worlds.table(KINDS[kind](n, seed), hit=worlds.hits(n, seed + 1, 0.5), **more)


def by_another(table, seed=9):
    """The same samples, answered by another model."""
    return table.assign(hit=worlds.hits(len(table), seed, 0.5))


def shuffled(table, seed=2):
    return table.sample(frac=1, random_state=seed, ignore_index=True)


def how(samples):
    """The last note: how the last table was joined."""
    return samples.notes[-1]


def marks(column):
    return (2.0 * np.asarray(column) - 1.0).tolist()


# --- By id ---------------------------------------------------------------------------------------

SPELLINGS = {
    "numbers": lambda i: i + 7,
    "floats": lambda i: i + 7.0,
    "text": lambda i: f"photo {i:03d}",
    "digits": lambda i: str(i + 7),
    "large": lambda i: 10**15 + i,
}


def identified(table, spelling):
    return table.assign(photo=[SPELLINGS[spelling](i) for i in range(len(table))])


@pytest.mark.parametrize(
    ("one", "two"),
    [(s, s) for s in SPELLINGS]
    + [("numbers", "floats"), ("floats", "numbers"), ("digits", "numbers"), ("floats", "digits")],
)
def test_samples_are_joined_by_id_whatever_the_order_of_rows(one, two):
    first = predictions()
    second = by_another(first)
    samples = joined(identified(first, one), shuffled(identified(second, two)), id="photo", km=0.0)
    assert samples.models == ("a", "b")
    assert samples.lat.tolist() == first["lat"].tolist()
    assert samples.marks.tolist() == [marks(first["hit"]), marks(second["hit"])]
    assert how(samples) == (
        "b joined to a: 20 samples by id; 0 samples of the one and 0 of the other have no "
        "partner, and 0 with one id lie over 0 km apart."
    )


@pytest.mark.parametrize("spelling", ["numbers", "text"])
def test_samples_without_an_id_have_no_partner_by_id(spelling):
    first = identified(predictions(), spelling)
    second = shuffled(by_another(first))
    first.loc[[3, 4], "photo"] = None
    samples = joined(first, second, id="photo")
    assert samples.rows.tolist() == [row for row in range(20) if row not in (3, 4)]
    assert "18 samples by id; 2 samples of the one and 2 of the other have no" in how(samples)


def test_ids_of_a_csv_file_are_those_of_a_parquet_file(tmp_path):
    first = predictions(photo=np.arange(100, 120))
    second = shuffled(by_another(first))
    first.to_parquet(tmp_path / "first.parquet")
    second.to_csv(tmp_path / "second.csv", index=False)
    read = {
        name: Samples.read(tmp_path / name, correct="hit", id="photo")
        for name in ("first.parquet", "second.csv")
    }
    assert join(read, 0.01).n == 20


def test_empty_ids_of_a_csv_file_are_missing(tmp_path):
    first = identified(predictions(), "text")
    first.loc[[3, 4, 5], "photo"] = None
    first.to_csv(tmp_path / "first.csv", index=False)
    read = Samples.read(tmp_path / "first.csv", correct="hit", id="photo")
    samples = join({"a": read, "b": made(by_another(first), id="photo")}, 0.01)
    assert samples.n == 17


@pytest.mark.parametrize("repeated_in", [0, 1])
def test_ids_that_come_up_more_than_once_are_refused(repeated_in):
    tables = [identified(predictions(), "numbers"), identified(predictions(), "numbers")]
    tables[repeated_in].loc[[5, 6], "photo"] = 9
    tables[repeated_in].loc[[7, 8], "photo"] = 20
    said = f"2 ids of {'ab'[repeated_in]} come up more than once, for example '9': an id has to"
    with pytest.raises(InputError, match=said):
        joined(*tables, id="photo")
    tables[repeated_in].loc[[7, 8], "photo"] = [1000, 1001]
    with pytest.raises(InputError, match=r"^1 id of . comes up more than once"):
        joined(*tables, id="photo")


def test_samples_of_one_id_that_lie_too_far_apart_are_dropped_and_counted():
    first = predictions(photo=np.arange(20))
    second = by_another(first)[2:]
    second.loc[[4, 5], "lat"] = 3.0
    samples = joined(first, second, id="photo")
    assert samples.rows.tolist() == [2, 3, *range(6, 20)]
    assert how(samples) == (
        "b joined to a: 16 samples by id; 2 samples of the one and 0 of the other have no "
        "partner, and 2 with one id lie over 0.01 km apart."
    )


def test_ids_tell_samples_of_one_place_apart():
    first = predictions(60, kind="duplicated", photo=np.arange(60))
    second = by_another(first)
    samples = joined(first, shuffled(second), id="photo")
    assert samples.marks.tolist() == [marks(first["hit"]), marks(second["hit"])]


# --- By row --------------------------------------------------------------------------------------


def test_tables_of_the_same_rows_are_joined_row_by_row():
    first = predictions(60, kind="duplicated")
    second = by_another(first)
    samples = joined(first, second)
    assert samples.marks.tolist() == [marks(first["hit"]), marks(second["hit"])]
    assert how(samples) == "b joined to a: 60 samples, row by row, as all locations agree."


def test_rows_agree_within_the_tolerance_and_the_first_location_counts():
    first = predictions()
    second = first.assign(lat=first["lat"] + 0.005 / KM_PER_DEGREE)
    samples = joined(first, second)
    assert "row by row" in how(samples)
    assert samples.lat.tolist() == first["lat"].tolist()


def test_rows_that_were_dropped_do_not_shift_the_others():
    """Each table lost another row of one place: all locations agree, and yet rows do not."""
    first = worlds.table(World(np.repeat([10.0, 20, 30], 4), np.zeros(12)), hit=1.0)
    first = pd.concat([first, predictions(8)], ignore_index=True)
    second = by_another(first)
    first.loc[0, "hit"], second.loc[3, "hit"] = np.nan, np.nan
    samples = joined(first, second)
    assert samples.rows.tolist() == list(range(12, 20))
    assert samples.marks[1].tolist() == marks(second["hit"][12:])
    assert "11 and 11 of these share" in how(samples)


# --- By location ---------------------------------------------------------------------------------


def test_other_tables_are_joined_by_location():
    first = predictions()
    second = by_another(first)
    samples = joined(first[3:].reset_index(drop=True), shuffled(second[:-2]))
    assert samples.marks.tolist() == [marks(first["hit"][3:-2]), marks(second["hit"][3:-2])]
    assert how(samples) == (
        "b joined to a: 15 samples by location, within 0.01 km; 2 samples of the one and 3 of the "
        "other have no partner."
    )


PLACES = [(0.0, 10.0), (60.0, -180.0), (-75.0, 179.9999999), (89.9999, 20.0), (48.0, 0.0)]


@pytest.mark.parametrize(("km", "found"), [(0.99, True), (1.01, False)])
@pytest.mark.parametrize("azimuth", [0.0, 90.0, 180.0, 270.0])
@pytest.mark.parametrize("place", PLACES)
def test_partners_lie_within_the_tolerance(place, azimuth, km, found):
    lat, lon = moved(*place, azimuth, km)
    far = [(-20.0, 50.0), (-30.0, 60.0)]
    first = pd.DataFrame([place, *far], columns=["lat", "lon"]).assign(hit=[1, 0, 1])
    second = pd.DataFrame([*far[::-1], (lat, lon)], columns=["lat", "lon"]).assign(hit=[1, 0, 0])
    samples = joined(first, second, km=1.0)
    assert samples.rows.tolist() == ([0, 1, 2] if found else [1, 2])


def moved(lat, lon, azimuth, km):
    """Where one arrives after so many kilometres."""
    phi, bearing, way = np.radians(lat), np.radians(azimuth), km / EARTH_RADIUS_KM
    z = np.sin(phi) * np.cos(way) + np.cos(phi) * np.sin(way) * np.cos(bearing)
    y = np.sin(bearing) * np.sin(way) * np.cos(phi)
    x = np.cos(way) - np.sin(phi) * z
    x, y = (x * 1.0, y * 1.0) if np.cos(phi) else (1.0, 0.0)
    return float(np.degrees(np.arcsin(z))), float(lon + np.degrees(np.arctan2(y, x)))


@pytest.mark.parametrize("lat", [90.0, -90.0])
def test_a_pole_is_one_place_at_any_longitude(lat):
    first = pd.DataFrame({"lat": [lat, 10, 20], "lon": [0.0, 1, 2], "hit": [1, 0, 1]})
    second = pd.DataFrame({"lat": [20, lat, 10.0], "lon": [2, 77.0, 1], "hit": [0, 1, 1]})
    samples = joined(first, second, km=0.0)
    assert samples.marks.tolist() == [[1, -1, 1], [1, 1, -1]]


def test_both_spellings_of_the_date_line_are_one_place():
    first = pd.DataFrame({"lat": [5, 10, 20], "lon": [180.0, 1, 2], "hit": [1, 0, 1]})
    second = pd.DataFrame({"lat": [20, 5, 10.0], "lon": [2, -180.0, 361], "hit": [0, 1, 1]})
    assert joined(first, second, km=0.0).marks.tolist() == [[1, -1, 1], [1, 1, -1]]


def test_samples_that_share_their_location_are_left_out_and_counted():
    lat = [1, 1, 2, 3, 4, 4, 4, 5]
    first = pd.DataFrame({"lat": lat, "lon": 7.0, "hit": [0, 1] * 4})
    second = pd.DataFrame({"lat": [5, 3, 3, 2, 1, 9], "lon": 7.0, "hit": [1, 1, 0, 1, 0, 1]})
    samples = joined(first, second)
    assert samples.lat.tolist() == [2, 5]
    assert samples.marks[1].tolist() == [1, 1]
    assert how(samples) == (
        "b joined to a: 2 samples by location, within 0.01 km; 6 samples of the one and 4 of the "
        "other have no partner. 5 and 2 of these share their location with others: join them by id."
    )


def test_partners_are_each_other_s_nearest():
    metre = 0.001 / KM_PER_DEGREE
    first = pd.DataFrame({"lat": [10, 10 + 4 * metre, 30], "lon": 7.0, "hit": [0, 1, 1]})
    second = pd.DataFrame({"lat": [10 + metre, 40, 30, 50], "lon": 7.0, "hit": [1, 1, 0, 1]})
    samples = joined(first, second)
    assert samples.rows.tolist() == [0, 2]
    assert samples.marks[1].tolist() == [1, -1]


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from(["uniform", "clustered", "duplicated", "polar", "date_line", "gridded"]),
    km=st.sampled_from([0.0, 0.01, 5.0]),
)
def test_the_order_of_rows_changes_no_pair_found_by_location(seed, kind, km):
    draw = np.random.default_rng(seed)
    first = predictions(30, seed, kind)
    second = by_another(first).iloc[draw.permutation(30)[:25]].reset_index(drop=True)
    before = pairs(first, second, km)
    assert pairs(first, shuffled(second, seed), km) == before


def pairs(first, second, km):
    """Rows of the first table with the marks of both, or None if nothing is shared."""
    try:
        samples = joined(first, second, km=km)
    except InputError:
        return None
    return samples.rows.tolist(), samples.marks.tolist()


# --- What is kept, and what is refused -----------------------------------------------------------


def test_sites_are_numbered_anew_and_groups_stay():
    first = predictions(60, kind="duplicated", photo=np.arange(60), land=["x", "y", "z"] * 20)
    northern = first["lat"] > first["lat"].median()
    second = by_another(first)[northern]
    samples = join(
        {"a": made(first, id="photo", within="land"), "b": made(second, id="photo")}, 0.01
    )
    alone = made(first[northern], within="land")
    assert samples.sites.tolist() == alone.sites.tolist()
    assert samples.groups.tolist() == alone.groups.tolist()
    assert samples.n_sites == alone.n_sites


def test_what_was_dropped_from_every_table_is_said():
    first, second = predictions(photo=np.arange(20)), predictions(photo=np.arange(20))
    first = first.astype({"hit": float})
    first.loc[3, "hit"], second.loc[4, "lat"] = np.nan, np.nan
    notes = joined(first, second, id="photo").notes
    assert "a: 1 row dropped, no correctness in column 'hit': row 3 (counted from 0)." in notes
    assert "b: 1 row dropped, no coordinates: row 4 (counted from 0)." in notes
    assert "18 samples by id; 1 sample of the one and 1 of the other" in notes[-1]


def test_three_tables_keep_what_all_of_them_share():
    first = predictions(photo=np.arange(20))
    second, third = by_another(first, 3)[2:], by_another(first, 4)[:-3]
    samples = joined(first, shuffled(second), shuffled(third), id="photo")
    assert samples.models == ("a", "b", "c")
    assert samples.rows.tolist() == list(range(2, 17))
    expected = [marks(table["hit"].loc[2:16]) for table in (first, second, third)]
    assert samples.marks.tolist() == expected
    said = [note for note in samples.notes if "joined to a" in note]
    assert "18 samples by id; 2 samples of the one and 0 of the other" in said[0]
    assert "15 samples by id; 3 samples of the one and 2 of the other" in said[1]


def test_a_table_of_several_models_keeps_their_names():
    first = predictions().assign(other=worlds.hits(20, 5))
    table = {"a": made(first, correct=["hit", "other"]), "b": made(predictions())}
    assert join(table, 0.01).models == ("hit", "other", "b")


def test_one_table_stays_as_it_is():
    samples = made(predictions())
    assert join({"a": samples}, 0.01).models == ("a",)
    assert join({"a": samples}, 0.01).notes == samples.notes


def test_names_that_clash_are_refused():
    table = predictions().assign(b=worlds.hits(20, 5))
    clash = {"a": made(table, correct=["hit", "b"]), "b": made(table)}
    with pytest.raises(InputError, match="Model 'b' is in more than one table: name them apart"):
        join(clash, 0.01)


def test_marks_of_different_levels_are_refused():
    graded = predictions().assign(hit=worlds.binned(20, 3, (-2, 1)))
    tables = {"a": made(predictions()), "b": made(graded, levels=(-2, 1))}
    with pytest.raises(InputError, match="marks of different levels"):
        join(tables, 0.01)


@pytest.mark.parametrize("choices", [{}, {"id": "photo"}])
def test_tables_that_share_nothing_are_refused(choices):
    first = predictions(photo=np.arange(20))
    second = predictions(15, seed=4, photo=np.arange(100, 115))
    with pytest.raises(InputError, match=r"^a and b share no sample\. 0 samples by .* 20 samples"):
        joined(first, second, **choices)


def test_tables_where_all_locations_are_shared_are_refused():
    first = pd.concat([predictions(10)] * 2, ignore_index=True)
    second = pd.concat([predictions(10)] * 3, ignore_index=True)
    with pytest.raises(InputError, match=r"20 and 30 of these share .*: join them by id"):
        joined(first, second)


# --- Through compare -----------------------------------------------------------------------------


def compare(data, **choices):
    defaults = {"scales": "knn:12", "permutations": 9, "bootstrap": 9, "threads": 1}
    return geobias.compare(data, **{**defaults, **choices})


def test_joined_tables_give_what_one_table_gives(tmp_path):
    first = predictions(60, photo=np.arange(60))
    second = by_another(first)
    whole = first.assign(b=second["hit"]).rename(columns={"hit": "a"})
    expected = compare(whole, correct=["a", "b"])
    first.to_parquet(tmp_path / "a.parquet")
    shuffled(second).to_csv(tmp_path / "b.csv", index=False)
    for data in (
        {"a": first, "b": shuffled(second)},
        [tmp_path / "a.parquet", tmp_path / "b.csv"],
        [str(tmp_path / "a.parquet"), str(tmp_path / "b.csv")],
    ):
        comparison = compare(data, id="photo", correct="hit")
        pd.testing.assert_frame_equal(comparison.table, expected.table, check_exact=True)
        pd.testing.assert_frame_equal(comparison.summary, expected.summary, check_exact=True)
    assert any("60 samples by id" in note for note in comparison.notes)


def test_tables_without_names_are_numbered():
    comparison = compare([predictions(40), by_another(predictions(40))])
    assert set(comparison.summary["model"]) == {"table 1", "table 2"}


def test_samples_bring_their_ids():
    first = predictions(40, photo=np.arange(40))
    tables = {"a": made(first, id="photo"), "b": made(shuffled(by_another(first)), id="photo")}
    assert any("40 samples by id" in note for note in compare(tables).notes)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([], "No table was given"),
        ({}, "No table was given"),
        (["x/a.csv", "x/a.csv"], "The same file was given twice"),
        ([predictions(40)], "at least two models"),
    ],
)
def test_tables_that_make_no_comparison(data, said):
    with pytest.raises(InputError, match=said):
        compare(data)


def test_an_unknown_column_of_ids_lists_the_columns():
    tables = {"a": predictions(photo=range(20)), "b": predictions(photo=range(20))}
    with pytest.raises(InputError, match=r"no column 'foto' .*Did you mean 'photo'\?.*'lat'"):
        compare(tables, id="foto")


@pytest.mark.parametrize("tolerance_km", [-1.0, math.nan, "far"])
def test_nonsense_tolerances_are_refused(tolerance_km):
    with pytest.raises(InputError, match="join_km= must be 0 or more kilometres"):
        compare({"a": predictions(), "b": predictions()}, join_km=tolerance_km)


def test_ids_that_lost_digits_are_refused():
    ids = [1234567890123456768.0, *range(19)]
    tables = {name: predictions().assign(photo=np.array(ids)) for name in "ab"}
    with pytest.raises(InputError, match=r"Ids such as 1234567890123456768 .* store them as text"):
        compare(tables, id="photo")


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path):
    files = []
    for run in ("one", "two"):
        (tmp_path / run).mkdir()
        files.append(tmp_path / run / "preds.parquet")
        by_another(predictions(), len(files)).to_parquet(files[-1])
    table = compare(files).table
    assert (table["first"][0], table["second"][0]) == ("one/preds", "two/preds")
    with pytest.raises(InputError, match="same file was given twice"):
        compare([files[0], files[0]])


def test_provenance_tells_what_was_read_of_each_table():
    second = by_another(predictions()).assign(hit=lambda t: t["hit"].where(t.index > 2))
    provenance = compare({"a": predictions(), "b": second}).provenance
    assert provenance["design"]["tables"]["b"]["read"] == 20
    assert provenance["design"]["tables"]["b"]["kept"] == 17
    assert provenance["design"]["join_km"] == 0.01
