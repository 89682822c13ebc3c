"""What counts as correct: matches, rankings, errors of numbers and distances."""

import contextlib
import re
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import naive
from geobias import InputError, Samples, score
from geobias.rules import distance, error, match
from geobias.rules.formula import read_condition, read_formula
from geobias.rules.ranking import read_ranking
from geobias.rules.thresholds import THRESHOLDS_KM
from geobias.values import spelling

PLACES = {"lat": [48.1, 59.9, -1.3, 35.7], "lon": [11.6, 10.8, 36.8, 139.7]}


def table(**columns):
    return pd.DataFrame({**PLACES, **columns})


def marks(data, rule, **keywords):
    return Samples.from_table(data, correct=rule, **keywords).marks.tolist()


def refused(data, rule, **keywords):
    with pytest.raises(InputError) as caught:
        Samples.from_table(data, correct=rule, **keywords)
    return str(caught.value)


def test_a_prediction_is_right_if_it_equals_the_label():
    data = table(p=["dam", "port", "dam", "zoo"], y=["dam", "dam", "port", "zoo"])
    samples = Samples.from_table(data, correct=match("p", "y"))
    assert samples.models == ("p",)
    assert samples.marks.tolist() == [[1, -1, -1, 1]]


def test_a_label_called_y_is_not_taken_for_the_latitude():
    data = table(p=[1, 2, 3, 4], y=[1, 2, 2, 4])
    assert marks(data, match("p", "y")) == [[1, 1, -1, 1]]


@pytest.mark.parametrize("kind", ["int64", "float64", "string", "category", "object"])
def test_whole_numbers_match_however_they_are_stored(kind):
    data = table(p=pd.Series([1, 2, 3, 4]).astype(kind), y=["1", " 2 ", "4", "4"])
    assert marks(data, match("p", "y")) == [[1, 1, -1, 1]]


def test_a_missing_prediction_or_label_is_not_computable_and_not_wrong():
    data = table(p=["a", None, "a", "b"], y=["a", "a", "", "a"])
    samples = Samples.from_table(data, correct=match("p", "y"))
    assert samples.rows.tolist() == [0, 3]
    assert samples.marks.tolist() == [[1, -1]]
    assert (
        "2 rows dropped, no value in one of the columns 'p', 'y': rows 1, 2 (counted from 0)."
        in samples.notes
    )


def test_the_code_of_namibia_is_a_label():
    data = table(p=["NA", "FR", "NA", "FR"], y=["NA", "NA", "FR", "FR"])
    assert marks(data, match("p", "y")) == [[1, -1, -1, 1]]


def test_labels_that_never_match_are_refused_with_the_nearest_names():
    data = table(p=["Dam", "Dam", "Port", "Zoo"], y=["dam", "dam", "port", "zoo"])
    message = refused(data, match("p", "y"))
    assert "No prediction in column 'p' is ever a label in column 'y'" in message
    assert "predictions are 'Dam', 'Port', 'Zoo'; labels are 'dam', 'port', 'zoo'" in message
    assert "'Dam' looks like 'dam'" in message


def test_a_model_that_is_wrong_about_known_names_is_no_error():
    data = table(p=["b", "a", "b", "a"], y=["a", "b", "a", "b"])
    assert marks(data, match("p", "y")) == [[-1, -1, -1, -1]]


def test_names_that_no_label_has_are_said():
    data = table(
        p=["multi_unit", "dam", "multi_unit", "dam"], y=["multi-unit", "dam", "dam", "dam"]
    )
    notes = " ".join(Samples.from_table(data, correct=match("p", "y")).notes)
    assert (
        "2 predictions of column 'p' name what no label of 'y' is: multi_unit (2 times). 2 "
        "predictions would match if only letters and digits counted, such as 'multi_unit' and "
        "'multi-unit': spell them alike."
    ) in notes


def test_predictions_without_a_label_are_not_told_of():
    data = table(p=["dam", "sea", "port", "dam"], y=["dam", None, "port", "port"])
    assert Samples.from_table(data, correct=match("p", "y")).notes[1:] == (
        "1 row dropped, no value in one of the columns 'p', 'y': row 1 (counted from 0).",
    )
    ranked = data.assign(p=[[name] for name in data["p"]])
    assert len(Samples.from_table(ranked, correct=match("p", "y", top=1)).notes) == 2


RANKED = [["dam", "port"], ["zoo", "dam"], ["zoo", "port", "dam"], ["zoo"]]


@pytest.mark.parametrize(
    "spell",
    [
        list,
        tuple,
        np.array,
        str,
        lambda names: str(names).replace("'", '"'),
        lambda names: str(list(np.array(names))),
    ],
    ids=["list", "tuple", "array", "python", "json", "numpy"],
)
def test_a_ranking_is_right_if_it_holds_the_label_near_its_top(spell):
    data = table(p=[spell(names) for names in RANKED], y=["dam"] * 4)
    samples = Samples.from_table(data, correct=match("p", "y", top=(3, 1, 2)))
    assert samples.models == ("p top-1", "p top-2", "p top-3")
    assert samples.marks.tolist() == [[1, -1, -1, -1], [1, 1, -1, -1], [1, 1, 1, -1]]


def test_rankings_without_top_are_refused():
    data = table(p=[str(names) for names in RANKED], y=["dam"] * 4)
    assert "holds lists, such as" in refused(data, match("p", "y"))
    assert "(--top 1)" in refused(data, match("p", "y"))


@pytest.mark.parametrize("empty", [None, np.nan, "", " "])
def test_an_empty_entry_keeps_its_rank(empty):
    data = table(p=[["x", empty, "dam"]] * 4, y=["dam"] * 4)
    assert marks(data, match("p", "y", top=(1, 2, 3))) == [[-1] * 4, [-1] * 4, [1] * 4]


def test_a_class_in_brackets_is_no_list():
    data = table(p=["[UNK]", "dam", "[UNK]", "dam"], y=["[UNK]", "dam", "dam", "dam"])
    assert marks(data, match("p", "y")) == [[1, 1, -1, 1]]
    assert marks(data, match("p", "y", top=1)) == [[1, 1, -1, 1]]


def test_a_quotation_inside_a_list_is_no_missing_comma():
    data = table(p=["[\"rock 'n' 'roll'\", \"dam\"]"] * 4, y=["dam"] * 4)
    assert marks(data, match("p", "y", top=2)) == [[1] * 4]


def test_equal_values_of_different_types_are_spelled_by_themselves():
    data = table(p=[True, 1, 1.0, Decimal("1.0")], y=["True", "1", "1", "1"])
    assert marks(data.astype({"p": object}), match("p", "y")) == [[1] * 4]
    assert marks(data.astype({"p": object}).iloc[::-1], match("p", "y")) == [[1] * 4]


def test_collections_are_no_names():
    data = table(p=[{"a": 1}] * 4, y=["a"] * 4)
    assert "holds collections, such as \"{'a': 1}\"" in refused(data, match("p", "y"))


def test_a_single_value_is_a_ranking_of_one_and_said():
    data = table(p=["['dam']", "0", "dam", None], y=["dam"] * 4)
    samples = Samples.from_table(data, correct=match("p", "y", top=1))
    assert samples.marks.tolist() == [[1, -1, 1]]
    assert any(note.startswith("2 rows of column 'p' hold no list") for note in samples.notes)


@pytest.mark.parametrize(
    "text", ["['dam' 'port']", "['dam", "[[['dam']]]", "[" * 200_000, "[1e"], ids=range(5)
)
def test_text_that_begins_like_a_list_and_is_none(text):
    data = table(p=["['dam']", text, "['dam']", text], y=["dam"] * 4)
    message = refused(data, match("p", "y", top=1))
    assert "2 values that begin like a list and are none, in rows 1, 3" in message
    assert len(message) < 400


@pytest.mark.parametrize("top", [0, [], [1, 1], 1.5, "3", [1, None], -1])
def test_top_has_to_be_ranks(top):
    with pytest.raises(InputError, match="top= must be"):
        match("p", "y", top=top)


@given(st.lists(st.text(min_size=1).filter(str.strip), max_size=5))
def test_a_printed_list_is_read_back(names):
    wanted = [spelling(name) for name in names]
    read = read_ranking(repr(names))
    # Two names beside a quotation mark can look like NumPy's lists without commas.
    assert read == wanted or (read is None and any(mark in repr(names) for mark in "'\""))


NUMBERS = {"pred": [1.0, 2.0, 3.0, np.nan], "true": [1.4, 4.0, 0.0, 1.0]}


@pytest.mark.parametrize(
    ("formula", "wanted"),
    [
        ("abs(pred-true)<=0.5", [1, -1, -1]),
        ("abs(pred - true) < 2", [1, -1, -1]),
        ("abs(pred - true) <= 2", [1, 1, -1]),
        ("abs(pred - true) <= 0.5 * abs(true)", [1, 1, -1]),
        ("(pred - true)**2 > 1", [-1, 1, 1]),
        ("true >= 1.4", [1, 1, -1]),
        ("min(pred, true) >= 1", [1, 1, -1]),
        ("abs(log1p(pred) - log1p(true)) <= 0.2", [1, -1, -1]),
        ("-pred <= -2", [-1, 1, 1]),
    ],
)
def test_a_comparison_says_what_is_right(formula, wanted):
    data = table(**NUMBERS).iloc[:3]
    samples = Samples.from_table(data, correct=error(formula))
    assert samples.models == (formula,)
    assert samples.marks.tolist() == [wanted]


def test_where_a_formula_has_no_value_there_is_no_mark():
    samples = Samples.from_table(
        table(**NUMBERS), correct=error("abs(pred - true) / abs(true) <= 0.3")
    )
    assert samples.rows.tolist() == [0, 1]
    assert (
        "2 rows dropped, not computable: abs(pred - true) / abs(true) <= 0.3: rows 2, 3 (counted "
        "from 0)." in samples.notes
    )


def test_a_missing_tolerance_is_not_computable():
    data = table(p=[1.0, 0.0, 5.0, 0.0], t=[np.nan, 1.0, 1.0, 1.0])
    samples = Samples.from_table(data, correct=error("abs(p) <= 0.1 * abs(t)"))
    assert samples.rows.tolist() == [1, 2, 3]
    assert samples.marks.tolist() == [[1, -1, 1]]


def test_single_precision_counts_as_the_decimals_it_is_written_as():
    short = np.array([0.9, 0.4, 0.1, 0.95], dtype=np.float32)
    data = table(p=short, t=np.zeros(4, dtype=np.float32))
    assert marks(data, "p", threshold=0.9) == [[1, -1, -1, 1]]
    assert marks(data, error("abs(p - t) <= 0.4")) == [[-1, 1, 1, -1]]
    assert marks(
        data.assign(p=[-1, 0.1, 0.1, -1]).astype({"p": "float32"}), "p", levels=[-1, 0.1]
    ) == [[-1, 0.1, 0.1, -1]]


def test_an_overlong_formula_is_refused():
    for formula in ("+".join(["u"] * 480) + " <= 1", "-" * 980 + "u <= 1"):
        with pytest.raises(InputError, match="at most 300 parts"):
            error(formula)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda column: match(column, "y"), lambda column: match("p", column),
        lambda column: distance(column, "lon"), lambda column: error(column),
        lambda column: error("p", bins=0.5), lambda column: error("p", bins=[1], marks=5),
        lambda column: Samples.from_table(table(p=[1] * 4), correct=[["p"]]),
    ],
)  # fmt: skip
def test_values_where_names_are_needed(wrong):
    with pytest.raises(InputError):
        wrong(pd.Series([1, 2]))


def test_a_quantile_is_that_of_the_errors():
    data = table(pred=[1.0, 2.0, 3.0, 4.0], true=[0.0] * 4)
    samples = Samples.from_table(data, correct=error("abs(pred - true) <= quantile(0.5)"))
    assert samples.marks.tolist() == [[1, 1, -1, -1]]
    assert "The quantile 0.5 of abs(pred - true) is 2.5, over 4 rows." in samples.notes


def test_names_in_backquotes():
    data = table(**{"hit@1": [0.1, 0.9, 0.2, 0.3]})
    assert marks(data, error("`hit@1` >= 0.3")) == [[-1, 1, -1, 1]]


@pytest.mark.parametrize(
    "formula",
    [
        "", "   ", "abs(pred - true)", "pred == true", "1 < pred < 2", "pred <=", "pred <= <",
        "__import__('os').system('true') <= 1", "open('x') <= 1", "pred.mean() <= 1",
        "pred[0] <= 1", "[x for x in pred] <= 1", "lambda: 1 <= 2", "abs(pred, true) <= 1",
        "min(pred) <= 1", "pred <= 'a'", "pred <= 1j", "pred if true else 1 <= 2",
        "(" * 300 + "pred" + ")" * 300 + " <= 1", "pred <= 1" + "0" * 990, "pred % 2 <= 1",
        "quantile(0.5) <= pred", "pred <= quantile(2)", "pred <= quantile(true)",
        "pred <= quantile()", "abs(x=pred) <= 1", "pred <= True and 1", "\x00 <= 1",
        "pred <= 9" + "9" * 310, "`pred <= 1",
    ],
)  # fmt: skip
def test_what_is_no_formula_is_refused_in_words(formula):
    with pytest.raises(InputError) as caught:
        error(formula)
    assert "\n" not in str(caught.value) or "\n" in formula


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader_of_formulas(text):
    with contextlib.suppress(InputError):
        read_condition(text)


@given(
    st.recursive(
        st.sampled_from(["a", "b", "2", "0.5"]),
        lambda inner: st.one_of(
            st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
            st.builds("abs({})".format, inner),
            st.builds("max({}, {})".format, inner, inner),
            st.builds("-{}".format, inner),
        ),
        max_leaves=8,
    )
)
def test_formulas_have_the_values_of_arithmetic(text):
    a, b = np.array([1.5, -2.0]), np.array([0.25, 3.0])
    # In Python's own arithmetic a division by zero would raise.
    python = re.sub(r"[0-9.]+", r"number(\g<0>)", text)
    names = {"abs": np.abs, "max": np.maximum, "number": np.float64, "a": a, "b": b}
    with np.errstate(all="ignore"):
        wanted = eval(python, {**names, "__builtins__": {}})
        found = read_formula(text).evaluate({"a": a, "b": b})
    np.testing.assert_allclose(np.broadcast_to(found, 2), np.broadcast_to(wanted, 2))


def test_text_among_the_numbers_of_a_formula():
    message = refused(table(pred=[1, "two", 3, "four"], true=[1] * 4), error("pred <= true"))
    assert message == (
        "Column 'pred' holds 2 values other than numbers: 'two' (once), 'four' (once), in rows 1, "
        "3 (counted from 0)."
    )


def test_bins_become_levels():
    data = table(pred=[0.05, 0.1, 0.4, 9.0], true=[0.0] * 4)
    samples = Samples.from_table(data, correct=error("abs(pred - true)", bins=[0.1, 0.5, 1]))
    np.testing.assert_allclose(samples.marks, [[1, 1, -1 / 3, -1]])
    np.testing.assert_allclose(samples.levels, [-1, -2 / 3, -1 / 3, 1])
    assert samples.accuracy.tolist() == [0.5]
    assert samples.notes[-1].endswith(
        "in bins up to 0.1, 0.5, 1 and beyond has marks 1, -0.333333, -0.666667, -1."
    )


def test_bins_with_marks_of_their_own():
    data = table(pred=[0.05, 0.2, 0.7, np.nan], true=[0.0] * 4)
    rule = error("abs(pred - true)", bins=[0.1, 0.5], marks=[2, 1, -1])
    assert marks(data, rule) == [[2, 1, -1]]


@pytest.mark.parametrize(
    "keywords",
    [
        {"bins": []}, {"bins": [1, 1]}, {"bins": [2, 1]}, {"bins": [np.nan]}, {"bins": ["a"]},
        {"bins": [1], "marks": [1]}, {"bins": [1], "marks": [1, 0]}, {"bins": [1], "marks": [1, 1]},
        {"marks": [1, -1]},
    ],
)  # fmt: skip
def test_bins_that_are_none(keywords):
    with pytest.raises(InputError):
        error("abs(pred - true)", **keywords)


def test_bins_need_the_error_alone():
    with pytest.raises(InputError, match="is a comparison: with bins, write the error alone"):
        error("abs(a - b) <= 1", bins=[1])


coordinates = st.lists(
    st.tuples(*[st.floats(-90, 90), st.floats(-180, 180)] * 2), min_size=1, max_size=8
)


@given(coordinates)
def test_distances_are_those_of_the_oracle(pairs):
    lat, lon, plat, plon = np.array(pairs).T
    data = pd.DataFrame({"lat": lat, "lon": lon, "plat": plat, "plon": plon})
    found = Samples.from_table(data, correct=distance("plat", "plon"), degrees=True)
    assert found.models == tuple(THRESHOLDS_KM)
    km = np.array([naive.distance_km(*pair) for pair in pairs])
    for own, threshold in zip(found.marks, THRESHOLDS_KM.values(), strict=True):
        clear = np.abs(km - threshold) > 1e-6
        assert (own[clear] == np.where(km <= threshold, 1, -1)[clear]).all()


def test_distances_with_units_and_names():
    data = table(plat=[48.1, 59.9, -1.3, 35.7], plon=[11.7, 13.0, 36.8, np.nan])
    rule = distance("plat", "plon", thresholds=["10km", "city", "100mi"])
    samples = Samples.from_table(data, correct=rule)
    assert samples.models == ("10km", "city", "100mi")
    assert samples.marks.tolist() == [[1, -1, 1], [1, -1, 1], [1, 1, 1]]
    assert (
        "1 row dropped, no predicted coordinates in columns 'plat', 'plon': row 3 (counted from "
        "0)." in samples.notes
    )


def test_a_distance_that_is_the_threshold_is_within():
    km = naive.distance_km(0.0, 0.0, 0.0, 1.0)
    data = pd.DataFrame({"lat": [10.0, 0.0], "lon": [0.0, 0.0], "a": [10.0, 0.0], "b": [0.0, 1.0]})
    at, below = np.nextafter(km, 1e9), np.nextafter(km, 0.0) - 1e-9
    rule = distance("a", "b", thresholds=[f"{below:.12f}km", f"{at:.12f}km"])
    assert marks(data, rule) == [[1, -1], [1, 1]]


@pytest.mark.parametrize("thresholds", [25, "25", "citty", [], ["knn:5"], [None], "0km"])
def test_distances_need_units(thresholds):
    with pytest.raises(InputError):
        distance("a", "b", thresholds=thresholds)
    if thresholds == "25":
        with pytest.raises(InputError, match="Threshold '25' has no unit: write 25km"):
            distance("a", "b", thresholds=thresholds)


def test_predicted_coordinates_out_of_range():
    data = table(plat=[95.0, 1, 2, 3], plon=[1.0, 2, 3, 4])
    message = refused(data, distance("plat", "plon"))
    assert message.startswith("In the predicted coordinates: 1 latitude outside -90 to 90")


def test_half_a_predicted_place_is_none():
    data = table(plat=[np.nan, 59.9, np.nan, 35.7], plon=[np.inf, 10.8, 36.8, np.nan])
    assert Samples.from_table(data, correct=distance("plat", "plon")).rows.tolist() == [1]


def test_braces_in_names_are_only_braces():
    data = table(**{"p{0}": ["a", None, "a", "b"], "y{": ["a", "a", "b", "b"], "n}{": [1, 2, 3, 4]})
    assert Samples.from_table(data, correct=match("p{0}", "y{")).n == 3
    assert Samples.from_table(data, correct=error("`n}{` / (`n}{` - 1) <= 2")).n == 3
    assert Samples.from_table(data.assign(**{"n}{": [1, 0, None, 1]}), correct="n}{").n == 3


def test_several_rules_and_columns_are_several_models():
    data = table(hit=[1, 0, 1, 0], p=["a", "b", "a", "b"], y=["a", "a", "b", "b"])
    samples = Samples.from_table(data, correct=["hit", match("p", "y"), error("lat >= 40")])
    assert samples.models == ("hit", "p", "lat >= 40")
    assert samples.marks.tolist() == [[1, -1, 1, -1], [1, -1, -1, 1], [1, 1, -1, -1]]


def test_rules_of_the_same_name_are_refused():
    data = table(p=["a", "b", "a", "b"], y=["a"] * 4, z=["b"] * 4)
    assert "Several rules make a model of the same name: 'p', 'p'" in refused(
        data, [match("p", "y"), match("p", "z")]
    )


def test_rules_of_different_levels_are_refused():
    data = table(e=[0.1, 0.2, 0.3, 0.4])
    assert "score them one by one" in refused(data, [error("e <= 1"), error("e", bins=[0.2, 0.3])])


def test_a_rule_of_columns_that_are_not_there():
    message = refused(table(pred=[1, 2, 3, 4]), error("abs(predd) <= 1"))
    assert "There is no column 'predd'" in message
    assert "Did you mean 'pred'?" in message


def test_threshold_does_not_go_with_a_rule():
    assert "say how correctness columns are coded" in refused(
        table(p=[1, 2, 3, 4]), error("p <= 1"), threshold=0.5
    )


def test_scores_take_rules():
    draw = np.random.default_rng(0)
    data = pd.DataFrame({"lat": draw.normal(48, 1, 200), "lon": draw.normal(11, 1, 200)})
    data["p"], data["y"] = draw.integers(0, 2, (2, 200))
    by_rule = score(data, correct=match("p", "y"), scales="100km")
    by_column = score(data.assign(p=data["p"] == data["y"]), correct="p", scales="100km")
    pd.testing.assert_frame_equal(by_rule.samples, by_column.samples)


@pytest.mark.reference
def test_the_ranked_answers_of_gpt_4o(reference):
    path = reference / "gpt4o_fmow_sentinel.csv"
    published = pd.read_csv(path)
    samples = Samples.read(path, correct=match("predicted_categories", "category", top=(1, 3)))
    assert samples.n == len(published)
    assert (samples.marks == published[["hit@1", "hit@3"]].to_numpy().T).all()


@pytest.mark.reference
def test_the_distances_of_geoclip(reference):
    path = reference / "geoclip_geolocation.parquet"
    samples = Samples.read(
        path, lat="gt_latitude", lon="gt_longitude", correct=distance("Latitude", "Longitude")
    )
    km = pd.read_parquet(path)["haversine_distance_km"].to_numpy()
    wanted = [np.where(km <= threshold, 1, -1) for threshold in THRESHOLDS_KM.values()]
    assert (samples.marks == np.stack(wanted)).all()


@pytest.mark.reference
def test_the_relative_errors_of_mosaiks(reference):
    path = reference / "mosaiks_population_nerf.parquet"
    samples = Samples.read(path, correct=error("abs(predictions - labels) <= 0.1 * abs(labels)"))
    within = pd.read_parquet(path)["relative_error"].abs() <= 0.1
    assert samples.accuracy.tolist() == [within.mean()]
