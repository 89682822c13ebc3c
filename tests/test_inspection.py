"""What is recognised in a table, and the command that is advised."""

import json
import shlex

import geopandas
import numpy as np
import pandas as pd
import pytest

from geobias import InputError, inspect

PLACES = {"lat": [48.1, 59.9, -1.3, 35.7], "lon": [11.6, 10.8, 36.8, 139.7]}
END = " --scale 1000km --permutations 999"


def table(**columns):
    return pd.DataFrame({**PLACES, **columns})


def held(inspection):
    return dict(zip(inspection.columns["column"], inspection.columns["holds"], strict=True))


def test_every_column_is_described():
    data = table(
        hit=[1, 0, 1, None], sure=[0.1, 0.9, 0.4, 1.0], count=[3, 9, 1, 40],
        truth=["dam", "port", "", "dam"], signed=[-1, 1, 1, -1], flag=["True", "false", None, ""],
        ranked=["['a', 'b']", "['b']", None, "[]"], nothing=[None] * 4, height=[1.5, 20, 3, 4],
        essay=["a long answer that goes on and on", "another one of these long answers"] * 2,
    )  # fmt: skip
    inspection = inspect(data)
    assert held(inspection) == {
        "lat": "numbers", "lon": "numbers", "hit": "right or wrong (0/1)",
        "sure": "numbers from 0 to 1", "count": "whole numbers", "truth": "labels",
        "signed": "right or wrong (-1/1)", "flag": "right or wrong (True/False)",
        "ranked": "lists", "nothing": "empty", "height": "numbers", "essay": "prose",
    }  # fmt: skip
    missing = dict(zip(inspection.columns["column"], inspection.columns["missing"], strict=True))
    assert {name: count for name, count in missing.items() if count} == {
        "hit": 1, "truth": 1, "flag": 2, "ranked": 1, "nothing": 4,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "options"),
    [
        ({"hit": [1, 0, 1, 0], "other": [1, 0, 1, 0]}, "--correct hit"),
        ({"a": [1, 0, 1, 0], "b c": [1, 0, 0, 0]}, "--correct a --correct 'b c'"),
        ({"pred": ["a", "b"] * 2, "label": ["a", "a"] * 2}, "--prediction pred --label label"),
        ({"y_pred": [1, 0, 1, 1], "y_true": [1, 1, 0, 0]}, "--prediction y_pred --label y_true"),
        (
            {"predictions": ["['a']", "['b']"] * 2, "category": ["a", "b"] * 2},
            "--prediction predictions --label category --top 1,3",
        ),
        (
            {"pred": [1.5, 2, 3, 4], "true": [2.5, 2, 3, 4]},
            "--error 'abs(pred - true) <= quantile(0.75)'",
        ),
        (
            {"model output": [1.5, 2, 3, 4], "true": [2.5, 2, 3, 4], "hit rate": [0.5, 1, 0, 0.1]},
            "--correct 'hit rate' --threshold 0.5",
        ),
        (
            {"pred": [0.2, 0.9, 1.0, 0.4], "label": [0, 1, 1, 0]},
            None,
        ),
        (
            {"pred": ["a", "b"] * 2, "label": ["a", "a"] * 2, "is_night": [0, 1, 0, 1]},
            "--prediction pred --label label",
        ),
        (
            {"pred": [1.5, 2, 3, 4], "class": [2.5, 2, 3, 4]},
            "--error 'abs(pred - `class`) <= quantile(0.75)'",
        ),
        (
            {"pred_lat": [1.0, 2, 3, 4], "pred_lon": [5.0, 6, 7, 8]},
            "--predicted-lat pred_lat --predicted-lon pred_lon",
        ),
    ],
)
def test_the_advised_command(columns, options):
    wanted = None if options is None else f"geobias score FILE {options}{END}"
    assert inspect(table(**columns)).command == wanted


def test_true_coordinates_beside_plain_ones():
    data = pd.DataFrame(
        {"Latitude": [1.0, 2], "Longitude": [3.0, 4], "gt_lat": [1.0, 5], "gt_lon": [3.0, 9]}
    )
    assert inspect(data).command == (
        "geobias score FILE --lat gt_lat --lon gt_lon --predicted-lat Latitude --predicted-lon "
        f"Longitude{END}"
    )


def test_answers_are_for_the_command_that_reads_them():
    data = table(response=["I think this is somewhere in France, near Lyon."] * 4)
    assert inspect(data).command == "geobias answers FILE --answer response --task coordinates"


def test_answers_that_are_judged_are_scored_by_their_levels():
    data = table(
        answered=[True, True, False, True], city=[True, False, False, None],
        country=[True, True, False, None], predicted_lat=[1.0, 2, 3, 4],
        predicted_lon=[1.0, 2, 3, 4],
    )  # fmt: skip
    assert inspect(data).command == f"geobias score FILE --correct city --correct country{END}"


def test_without_anything_to_judge_there_is_no_command():
    inspection = inspect(table(height=[1.5, 2, 3, 4]))
    assert inspection.command is None
    assert "What counts as correct is not to be seen" in inspection.lines()[-1]


def test_coverage_range_and_repetitions_are_counted():
    data = pd.DataFrame(
        {
            "id": ["a", "b", "b", None, "c", "d"],
            "lat": [48.1, 48.1, -1.3, np.nan, 0.0, 40.7],
            "lon": [11.6, 371.6, 36.8, 1.0, -150.0, -74.0],
            "hit": [1, 0, 1, 0, 1, 1],
        }
    )
    inspection = inspect(data)
    assert inspection.rows == 6
    assert inspection.continents.to_dict("records") == [
        {"continent": "Europe", "rows": 2, "share": 0.4},
        {"continent": "Africa", "rows": 1, "share": 0.2},
        {"continent": "North America", "rows": 1, "share": 0.2},
        {"continent": "in no country", "rows": 1, "share": 0.2},
    ]
    lines = inspection.lines()
    assert lines[0] == "The table: 6 rows, 4 columns."
    assert "Latitudes go from -1.3 to 48.1, longitudes from -150 to 36.8; 1 row has none." in lines
    assert "5 located rows at 4 places; 2 share theirs with others." in lines
    assert "1 row repeats an id of column 'id'." in lines


def test_row_order_does_not_matter():
    data = table(hit=[1, 0, 1, 0])
    lines = inspect(data).lines()
    assert inspect(data.iloc[::-1]).lines() == lines


def test_coordinates_that_are_none_are_said_and_the_command_takes_them_from_elsewhere():
    data = table(hit=[1, 0, 1, 0]).assign(lat=[0.1, 0.5, -0.2, 0.9], lon=[0.2, 0.1, 0.3, -0.8])
    inspection = inspect(data)
    assert any("look like encoded features" in line for line in inspection.findings)
    assert inspection.command == f"geobias score FILE --locations ANOTHER_FILE --correct hit{END}"
    without = inspect(data[["hit"]])
    assert any("No latitude and no longitude column" in line for line in without.findings)
    assert without.command == inspection.command
    assert not len(without.continents)


def test_points_are_a_location():
    points = geopandas.points_from_xy(PLACES["lon"], PLACES["lat"], crs=4326)
    data = geopandas.GeoDataFrame({"hit": [1, 0, 1, 0]}, geometry=points)
    inspection = inspect(data)
    assert inspection.command == f"geobias score FILE --correct hit{END}"
    assert inspection.columns["holds"].tolist() == ["right or wrong (0/1)", "geometry"]
    assert inspection.columns["perhaps"].tolist() == ["correctness", "location"]


def test_lists_of_parquet_are_lists(tmp_path):
    path = tmp_path / "ranked.parquet"
    table(preds=[["a", "b"]] * 4, label=["a", "b", "a", "b"]).to_parquet(path)
    inspection = inspect(path)
    assert held(inspection)["preds"] == "lists"
    assert "--prediction preds --label label --top 1,3" in inspection.command


def test_blanks_and_words_for_missing_are_no_values():
    data = table(
        a=["0.1", "NA", "0.9", "0.5"], b=["1", "2", "NA", "3"], c=["NA", "1", "1", "1"],
        d=[" ", "x", "y", ""],
    )  # fmt: skip
    inspection = inspect(data)
    assert held(inspection) | {} == {
        "lat": "numbers", "lon": "numbers", "a": "numbers from 0 to 1", "b": "whole numbers",
        "c": "numbers from 0 to 1", "d": "labels",
    }  # fmt: skip
    assert inspection.columns["missing"].tolist() == [0, 0, 0, 0, 0, 2]


def test_duplicate_columns_are_refused():
    data = table(a=1, b=2).rename(columns={"b": "a"})
    with pytest.raises(InputError, match="Several columns have the same name: 'a'"):
        inspect(data)


def test_an_empty_table():
    inspection = inspect(pd.DataFrame({"lat": [], "lon": [], "hit": []}))
    assert inspection.rows == 0
    assert inspection.lines()[0] == "The table: 0 rows, 3 columns."


def test_named_columns_have_to_be_there():
    with pytest.raises(InputError, match="There is no column 'north'"):
        inspect(table(), lat="north", lon="lon")


def test_text_of_the_data_is_escaped():
    text = "<script>alert(1)</script>"
    page = inspect(table(**{text: [text] * 4}))._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_command_prints_the_table_and_the_advice(run, tmp_path):
    path = tmp_path / "my preds.csv"
    table(hit=[1, 0, 1, 0]).to_csv(path, index=False)
    code, out, _ = run("inspect", path)
    assert code == 0
    assert out.splitlines()[0] == "my preds.csv: 4 rows, 3 columns."
    assert out.rstrip().endswith(f"Next: geobias score {shlex.quote(str(path))} --correct hit{END}")


def test_the_advised_command_runs(run, tmp_path):
    path = tmp_path / "preds.csv"
    draw = np.random.default_rng(1)
    pd.DataFrame(
        {
            "lat": draw.normal(48, 1, 60), "lon": draw.normal(11, 1, 60),
            "pred": draw.normal(size=60), "true": draw.normal(size=60),
        }
    ).to_csv(path, index=False)  # fmt: skip
    advice = json.loads(run("inspect", path, "--json").out)["command"]
    code, out, err = run(*shlex.split(advice)[1:])
    assert (code, err) == (0, "")
    assert "abs(pred - true) <= quantile(0.75): 60 samples, 75.0 % correct" in out


@pytest.mark.reference
def test_published_files_are_recognised(reference):
    geoclip = inspect(reference / "geoclip_geolocation.parquet").command
    assert "--lat gt_latitude --lon gt_longitude --predicted-lat Latitude" in geoclip
    folder = reference / "torchspatial_csv"
    wrap = inspect(folder / "eval_birdsnap_ebird_meta_test_wrap.csv").command
    assert "--locations ANOTHER_FILE --correct hit@1" in wrap
    mosaiks = inspect(reference / "mosaiks_population_nerf.parquet").command
    assert "--error 'abs(predictions - labels) <= quantile(0.75)'" in mosaiks
