"""Forest plots: the rows of a comparison and of groups, their order, and what is refused."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

import geobias
import pictured
from geobias.plots import forest as forest_module
from geobias.plots.names import shown
from geobias.results.words import p_value
from pictured import comparison, drawn, groups, one, refused, words


def estimates(ax):
    return {round(line.get_ydata()[0]): line.get_xdata()[0] for line in drawn(ax, "estimate")}


def test_the_forest_draws_every_pair_at_every_scale():
    figure = comparison().plot.forest("isolation")
    (ax,) = figure.axes
    rows = comparison().table.query("score == 'isolation'")
    labels = [tick.get_text() for tick in ax.get_yticklabels()]
    assert len(labels) == len(rows) + 2
    found = estimates(ax)
    intervals = {round(line.get_ydata()[0]): line.get_xdata() for line in drawn(ax, "interval")}
    scale, beside = None, {}
    for text in ax.texts:
        beside[text.xy[1]] = text.get_text()
    for y, label in enumerate(labels):
        if " − " not in label:
            scale = label
            continue
        second, first = label.split(" − ")
        row = rows[
            (rows["first"] == first) & (rows["second"] == second) & (rows["scale"] == scale)
        ].iloc[0]
        assert found[y] == row["difference"]
        assert tuple(intervals[y]) == (row["low"], row["high"])
        assert beside[y] == p_value(row["p_holm"])
    assert list(one(ax, "no difference").get_xdata()) == [0.0, 0.0]
    assert ax.get_xlabel() == "difference in mean isolation (nats)"
    assert "p (Holm)" in words(figure)


def test_pairs_stand_in_one_order_that_of_their_mean_difference():
    ax = comparison().plot.forest("marked").axes[0]
    labels = [tick.get_text() for tick in ax.get_yticklabels()]
    assert labels[1:4] == labels[5:8]
    rows = comparison().table.query("score == 'marked'")
    mean = rows.groupby(["second", "first"])["difference"].mean().sort_values(ascending=False)
    assert labels[1:4] == [f"{second} − {first}" for second, first in mean.index]
    assert "grows with accuracy" in words(ax.figure)


def test_only_what_chance_does_not_explain_is_filled():
    table = comparison().table.copy()
    table["p_holm"] = np.where(table["difference"] > 0.0, 0.05, 0.051)
    ax = replace(comparison(), table=table).plot.forest().axes[0]
    for line in drawn(ax, "estimate"):
        hollow = to_hex(line.get_markerfacecolor()) == "#ffffff"
        assert hollow == (line.get_xdata()[0] <= 0.0)


def test_missing_intervals_and_differences_are_said():
    table = comparison().table.copy()
    rows = table.index[table["score"] == "clustering"]
    table.loc[rows[:2], ["low", "high"]] = np.nan
    table.loc[rows[0], ["difference", "p", "p_holm"]] = np.nan
    figure = replace(comparison(), table=table).plot.forest()
    assert len(drawn(figure.axes[0], "estimate")) == 5
    assert len(drawn(figure.axes[0], "interval")) == 4
    assert "undefined" in words(figure)
    assert "No interval could be had for 1 of 6." in words(figure)
    table["difference"] = np.nan
    nothing = replace(comparison(), table=table)
    assert "every difference in clustering is undefined" in refused(nothing.plot.forest)


def test_too_many_pairs_are_refused(monkeypatch):
    monkeypatch.setattr(forest_module, "MOST_DIFFERENCES", 5)
    assert refused(comparison().plot.forest) == (
        "3 pairs of models at 2 scales are 6 rows, too many for one figure, which shows at most "
        "5: compare fewer models or scales, or all with one of them (against=)."
    )
    assert "no score 'unmarked', only" in refused(comparison().plot.forest, "unmarked")


# --- Groups ---------------------------------------------------------------------------------------


def test_groups_stand_with_the_lowest_accuracy_on_top():
    figure = groups().plot.forest(model="weak")
    (ax,) = figure.axes
    rows = groups().table.query("model == 'weak'").reset_index(drop=True)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [
        shown(g, 24) for g in rows["group"]
    ]
    low, high = ax.get_ylim()
    assert low > high  # the first row is on top
    left, right = ax.get_xlim()
    inside = {
        y: 100.0 * value
        for y, value in enumerate(rows["accuracy"])
        if left <= 100.0 * value <= right
    }
    seen = {y: value for y, value in estimates(ax).items() if not np.isnan(value)}
    assert seen == pytest.approx(inside)
    beside = {text.xy[1]: text.get_text() for text in ax.texts if text.get_text() != "n"}
    assert beside == {y: f"{n:,}" for y, n in enumerate(rows["n"])}
    hollow = [to_hex(line.get_markerfacecolor()) == "#ffffff" for line in drawn(ax, "estimate")]
    assert hollow == (~rows["tested"]).tolist()
    overall = groups().summary.set_index("model").loc["weak", "accuracy"]
    assert one(ax, "overall").get_xdata() == pytest.approx([100.0 * overall] * 2)
    assert ax.get_title("left") == f"weak\n{100.0 * overall:.1f} % overall"
    assert ax.get_xlabel() == "accuracy (%)"
    assert "Hollow: too few samples to be tested." in words(figure)


def test_models_have_one_axis_that_groups_tested_lie_in():
    draw = np.random.default_rng(5)
    table = pd.DataFrame({"lat": draw.normal(48, 1, 403), "lon": draw.normal(11, 1, 403)})
    table["side"] = [*["a"] * 200, *["b"] * 200, *["few"] * 3]
    for name, share in (("one", 0.8), ("two", 0.9)):
        table[name] = draw.random(403) < share
        table.loc[400:, name] = False
    found = geobias.groups(table, by="side", correct=["one", "two"], permutations=9)
    figure = found.plot.forest()
    first, second = figure.axes
    assert first.get_xlim() == second.get_xlim()
    left, right = first.get_xlim()
    tested = found.table[found.table["tested"]]
    assert left < 100.0 * tested["low"].min() < left + 5.0
    assert right - 5.0 < 100.0 * tested["high"].max() < right
    for ax in figure.axes:
        (arrow,) = drawn(ax, "beyond")
        assert arrow.get_marker() == "<"
        assert arrow.get_xdata() == pytest.approx([left])
        for line in drawn(ax, "interval"):
            assert left <= min(line.get_xdata()) <= max(line.get_xdata()) <= right
    assert "Arrows: beyond the axis." in words(figure)


def test_names_that_begin_and_end_alike_are_told_apart():
    name = "resnet50_imagenet_pretrained_seed{}_lr0.001_batch256_epoch10"
    models = [name.format(seed) for seed in (1, 2)]
    table = pictured.table(150)
    table[models[0]], table[models[1]] = table["even"], table["weak"]
    pair = geobias.compare(table, correct=models, scales="1000km", permutations=9)
    labels = [tick.get_text() for tick in pair.plot.forest().axes[0].get_yticklabels()]
    second, first = labels[1].split(" − ")
    assert "seed2" in second
    assert "seed1" in first


def test_every_model_has_a_panel():
    assert len(groups().plot.forest().axes) == 2
    assert "no model 'x'" in refused(groups().plot.forest, model="x")


def test_of_many_groups_the_lowest_and_highest_are_shown_and_that_is_said(monkeypatch):
    monkeypatch.setattr(forest_module, "MOST_GROUPS", 2)
    rows = groups().table.query("model == 'weak'")
    tested = rows[rows["tested"]]
    assert len(tested) > 2
    figure = groups().plot.forest(model="weak")
    labels = [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
    between = f"{len(tested) - 2} between"
    ends = [shown(tested["group"].iloc[end], 24) for end in (0, -1)]
    assert labels == [ends[0], between, ends[1]]
    said = words(figure)
    assert f"{len(rows) - len(tested)} countries too small to be tested are left out." in said
    assert f"The 1 lowest and the 1 highest of {len(tested)} countries." in said
    assert "Hollow" not in said


def test_groups_that_are_all_too_small_are_still_shown(monkeypatch):
    monkeypatch.setattr(forest_module, "MOST_GROUPS", 4)
    few = geobias.groups(pictured.table(), by="country", correct="weak", least=10**6)
    figure = few.plot.forest()
    assert len(drawn(figure.axes[0], "estimate")) == 4
