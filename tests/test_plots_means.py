"""Profiles, permutations and regions: the means that are drawn, and what is refused."""

import itertools
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import geobias
import pictured
from geobias import survey
from geobias.inference.proportions import wilson
from geobias.plots.labelling import label_points
from geobias.plots.names import shown
from geobias.plots.style import new_figure
from geobias.results.words import p_value
from geobias.scales import EARTH_RADIUS_KM
from pictured import FIGURES, audit, drawn, one, refused, scored, words


def region_of(rows, scheme):
    """The region of each row, None outside all."""
    row = geobias.regions.locate(rows["lat"], rows["lon"], tolerance_km=20.0)
    names = geobias.regions.countries()[scheme].to_numpy(dtype=object)
    return np.where(row < 0, None, names[row])


# --- Profile --------------------------------------------------------------------------------------


def test_the_profile_draws_the_means_and_joins_like_with_like():
    ax = audit().plot.profile("isolation", model="weak").axes[0]
    rows = audit().summary.query("model == 'weak'").set_index("scale")
    radius = one(ax, "radius weak")
    names = ["300km", "1000km", "2500km"]
    assert radius.get_xdata() == pytest.approx([300.0, 1000.0, 2500.0])
    assert radius.get_ydata() == pytest.approx(rows.loc[names, "isolation"])
    nearest = one(ax, "nearest weak")
    table = audit().samples.query("model == 'weak'")
    medians = [table.query("scale == @name")["radius_km"].median() for name in ("knn:10", "knn:40")]
    assert nearest.get_xdata() == pytest.approx(medians)
    assert nearest.get_ydata() == pytest.approx(rows.loc[["knn:10", "knn:40"], "isolation"])
    assert radius.get_marker() != nearest.get_marker()
    assert ax.get_xscale() == "log"
    assert ax.get_xlabel() == "radius of the neighbourhood (km)"
    assert ax.get_ylabel() == "mean isolation score (nats)"
    said = words(ax.figure)
    assert f"{medians[0]:.3g} km for knn:10" in said


def test_the_profile_has_intervals_where_the_audit_has():
    ax = audit().plot.profile(model="weak").axes[0]
    ends = [
        segment[:, 1] for bars in ax.collections for segment in bars.get_segments()
        if len(segment) == 2
    ]  # fmt: skip
    rows = audit().summary.query("model == 'weak'")[["clustering_low", "clustering_high"]].dropna()
    assert np.allclose(sorted(map(tuple, ends)), sorted(map(tuple, rows.to_numpy())))
    assert "Bars: 95 % intervals." in words(ax.figure)
    assert "too few blocks for one at 2500km" in words(ax.figure)
    bare = scored()
    assert not bare.plot.profile().axes[0].collections
    assert "intervals" not in words(bare.plot.profile())


@pytest.mark.parametrize("score", ["clustering", "isolation", "relative", "crowding"])
def test_calibrated_scores_have_a_line_of_chance(score):
    ax = audit().plot.profile(score).axes[0]
    assert list(one(ax, "chance").get_ydata()) == [1.0, 1.0]


@pytest.mark.parametrize("score", ["marked", "unmarked"])
def test_the_others_have_none(score):
    ax = audit().plot.profile(score).axes[0]
    assert not drawn(ax, "chance")
    about = "grows with accuracy" if score == "marked" else "the same for every model"
    assert about in words(ax.figure)


def test_scores_of_places_alone_have_one_line():
    assert len(drawn(audit().plot.profile("unmarked").axes[0], "radius even")) == 1
    assert not drawn(audit().plot.profile("unmarked").axes[0], "radius weak")


def test_units_of_scales_become_kilometres():
    found = scored(scales=["0.05rad", "3deg", "100mi", "20@0.05rad"])
    ax = found.plot.profile().axes[0]
    miles = 100 * 1.609344
    assert one(ax, "radius hit").get_xdata() == pytest.approx(
        [miles, 0.05 * EARTH_RADIUS_KM, np.radians(3) * EARTH_RADIUS_KM]
    )
    assert one(ax, "capped hit").get_xdata() == pytest.approx([0.05 * EARTH_RADIUS_KM])
    assert "Diamonds: at most so many samples within a radius (20@0.05rad)." in words(ax.figure)


@pytest.mark.parametrize("scales", [["300km", "310km"], ["1km", "9000km"], ["knn:10", "knn:11"]])
def test_a_profile_has_at_least_two_numbers_of_kilometres(scales):
    figure = scored(scales=scales).plot.profile()
    figure.draw_without_rendering()
    low, high = figure.axes[0].get_xlim()
    assert sum(low <= tick <= high for tick in figure.axes[0].get_xticks()) >= 2


def test_scales_of_nearly_one_radius_have_numbers_that_differ():
    figure = scored(scales=["200km", "199.9km"]).plot.profile()
    labels = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert labels == ["199.9", "200.0"]


def test_a_profile_of_one_scale_is_refused():
    said = refused(scored(scales="200km").plot.profile)
    assert said == (
        "A profile needs several scales, but the audit has only 200km: score at more, as in "
        'scales=["50km", "100km", "500km", "1000km"].'
    )


def test_scales_without_a_radius_are_left_out_and_said():
    same = pd.DataFrame({"lat": [50.0] * 20, "lon": [8.0] * 20, "hit": [1, 0] * 10})
    found = geobias.score(same, scales=["300km", "900km", "knn:9"])
    assert "Not drawn, as most neighbourhoods are one place: knn:9." in words(found.plot.profile())
    found = geobias.score(same, scales=["300km", "knn:9"])
    assert "the audit has only 300km" in refused(found.plot.profile)
    assert "At knn:9 most neighbourhoods are one place." in refused(found.plot.profile)
    found = geobias.score(same, scales=["knn:8", "knn:9"])
    assert "the audit has none with a radius" in refused(found.plot.profile)


def test_models_are_set_aside_by_a_little_of_the_axis():
    ax = audit().plot.profile().axes[0]
    low, high = np.log(ax.get_xlim())
    for even, weak in zip(
        one(ax, "radius even").get_xdata(), one(ax, "radius weak").get_xdata(), strict=True
    ):
        assert 0.005 < np.log(weak / even) / (high - low) < 0.02
    narrow = scored(names=("a", "b"), scales=["300km", "310km"]).plot.profile().axes[0]
    assert one(narrow, "radius a").get_xdata() == pytest.approx([300.0, 310.0], rel=1e-3)


def test_undefined_means_are_said_and_all_undefined_refused():
    found = scored(40, scales=["0.001km", "500km", "900km"])
    figure = found.plot.profile()
    assert "Undefined at every centre: hit at 0.001km." in words(figure)
    table = pictured.table(40).assign(even=True)
    right = geobias.score(table, correct="even", scales=["500km", "900km"])
    assert "clustering is undefined at every centre and scale" in refused(right.plot.profile)


# --- Chance ---------------------------------------------------------------------------------------


def test_a_histogram_holds_all_permutations_and_the_observed_mean():
    figure = audit().plot.chance("relative", model="weak", scale="knn:40")
    (ax,) = figure.axes
    row = audit().summary.query("model == 'weak' and scale == 'knn:40'").iloc[0]
    draws = audit().chance.query("model == 'weak' and scale == 'knn:40'")["relative"]
    assert sum(bar.get_height() for bar in drawn(ax, "chance")) == 99
    assert one(ax, "observed").get_xdata() == pytest.approx([row["relative"]] * 2)
    low, high = np.percentile(draws, [2.5, 97.5])
    band = one(ax, "range").get_extents().transformed(ax.transData.inverted())
    assert (band.x0, band.x1) == pytest.approx((low, high))
    assert ax.get_title("left") == f"weak, knn:40\np {p_value(row['relative_p'])}"
    assert ax.get_xlabel() == "mean relative (nats)"
    assert f"observed {row['relative']:.2f}" in words(figure)
    assert "99 permutations of the errors" in words(figure)


def test_models_stand_in_rows_and_scales_side_by_side():
    figure = audit().plot.chance()
    titles = [ax.get_title("left").split("\n")[0] for ax in figure.axes]
    assert titles == [
        f"{model}, {scale}" for model in ("even", "weak") for scale in pictured.SCALES
    ]
    tops = [round(ax.get_position().y0, 3) for ax in figure.axes]
    assert tops[0] == tops[1] == tops[2] > tops[3] == tops[4] > tops[5]


def test_models_of_one_scale_have_the_same_axes():
    figure = audit().plot.chance()
    even, weak = figure.axes[: len(pictured.SCALES)], figure.axes[len(pictured.SCALES) :]
    for one_model, other in zip(even, weak, strict=True):
        assert one_model.get_xlim() == other.get_xlim()
        assert one_model.get_ylim() == other.get_ylim()
        for ax in (one_model, other):
            left, right = ax.get_xlim()
            assert left <= one(ax, "observed").get_xdata()[0] <= right
            assert all(left <= bar.get_x() <= right for bar in drawn(ax, "chance"))
    assert even[0].get_xlim() != even[1].get_xlim()


def test_a_single_permutation_is_one():
    assert "Bars: 1 permutation of the errors" in words(scored(permutations=1).plot.chance())


def test_an_audit_without_permutations_says_how_to_have_them():
    assert "score with permutations=999" in refused(scored().plot.chance)
    assert "no permutation of the errors changes it" in refused(audit().plot.chance, "crowding")


def test_the_line_is_the_mean_that_was_tested(monkeypatch):
    monkeypatch.setattr(survey, "MOST_SUMS", 20_000)
    some = scored(permutations=19, scales="500km")
    assert any("random centres of" in note for note in some.notes)
    figure = some.plot.chance()
    row = some.summary.iloc[0]
    x = one(figure.axes[0], "observed").get_xdata()[0]
    assert abs(x - row["clustering"]) > 1e-4
    draws = some.chance["clustering"].to_numpy()
    # The place of the line among the draws is what p says.
    assert (1 + (draws >= x - 1e-9).sum()) / 20 == pytest.approx(row["clustering_p_greater"])
    assert "some of the centres only" in words(figure)


def test_undefined_permutations_are_said():
    chance = audit().chance.copy()
    chance.loc[chance.index[:10], "clustering"] = np.nan
    figure = replace(audit(), chance=chance).plot.chance(model="even", scale="300km")
    assert sum(bar.get_height() for bar in drawn(figure.axes[0], "chance")) == 89
    assert "Undefined permutations are left out" in words(figure)
    chance["clustering"] = np.nan
    summary = audit().summary.assign(clustering=np.nan, clustering_p=np.nan, clustering_pz=np.nan)
    figure = replace(audit(), chance=chance, summary=summary).plot.chance(scale="300km")
    assert words(figure).count("undefined") >= 2


def test_too_many_scales_are_refused():
    many = scored(40, permutations=1, scales=[f"{km}km" for km in range(100, 800, 100)])
    assert "7 scales are too many" in refused(many.plot.chance)
    assert len(many.plot.chance(scale="300km").axes) == 1


# --- Regions --------------------------------------------------------------------------------------


def test_regions_are_drawn_where_their_centres_put_them():
    figure = FIGURES["regions"]()
    (ax,) = figure.axes
    rows = audit().samples.query("model == 'weak' and scale == '1000km'")
    table = rows.assign(region=region_of(rows, "country")).groupby("region")
    large = table.size()[table.size() >= 20]
    points = one(ax, "regions").get_offsets()
    expected = [
        (100.0 * part["correct"].mean(), part["clustering"].mean())
        for name, part in table
        if name in large.index
    ]
    assert np.allclose(sorted(map(tuple, points)), sorted(expected))
    labels = {text.get_text() for text in ax.texts}
    assert {shown(name, 24) for name in large.index} <= labels
    said = words(figure)
    assert f"Left out: {len(table) - len(large)} countries with fewer than 20 of them." in said
    assert list(one(ax, "chance").get_ydata()) == [1.0, 1.0]
    assert ax.get_xlabel() == "accuracy (%)"
    assert ax.get_ylabel() == "mean clustering score (nats)"


def test_accuracies_of_regions_have_their_interval():
    ax = FIGURES["regions"]().axes[0]
    rows = audit().samples.query("model == 'weak' and scale == '1000km'")
    brazil = rows[region_of(rows, "country") == "Brazil"]
    low, high = wilson(brazil["correct"].sum(), len(brazil))
    spans = [segment[:, 0] for segment in one(ax, "intervals").get_segments()]
    assert any(span == pytest.approx([100.0 * low, 100.0 * high]) for span in spans)


@pytest.mark.parametrize("seed", [1, 2])
def test_labels_cover_neither_each_other_nor_the_circles(seed):
    draw = np.random.default_rng(seed)
    world = geobias.simulate.world("patches-500km", n=4000, seed=seed)
    world["even"] = draw.random(len(world)) < 0.8
    found = geobias.score(world, correct=["correct", "even"], scales="knn:30")
    figure = found.plot.regions("country")
    figure.draw_without_rendering()
    for ax in figure.axes:
        cloud = one(ax, "regions")
        middle = ax.transData.transform(cloud.get_offsets())
        radius = np.sqrt(cloud.get_sizes() / np.pi) * figure.dpi / 72.0
        named = [text for text in ax.texts if text.get_text() and text.get_text() != "chance"]
        assert len(named) >= 5
        frame = ax.get_window_extent()
        for text in named:
            box = text.get_window_extent()
            assert frame.x0 <= box.x0
            assert box.x1 <= frame.x1
            inside = np.clip(middle, box.p0, box.p1)
            assert (np.hypot(*(inside - middle).T) >= radius - 1.0).all(), text
        boxes = [text.get_window_extent() for text in named]
        for box, other in itertools.combinations(boxes, 2):
            assert not box.overlaps(other)
    assert "Named: the 6 with the highest scores, and with the lowest accuracies." in words(figure)


@pytest.mark.parametrize("seed", range(5))
def test_leaders_cross_no_circle_and_labels_keep_away_from_those_of_others(seed):
    draw = np.random.default_rng(seed)
    x, y = draw.normal(0.0, 1.0, (2, 60))
    ax = new_figure(5.0, 4.0).add_subplot(xlim=(-4.0, 4.0), ylim=(-4.0, 4.0))
    label_points(ax, x, y, np.full(60, 4.0), [f"place {number}" for number in range(15)])
    unit = ax.figure.dpi / 72.0
    middle = ax.transData.transform(np.column_stack((x, y))) / unit
    leaders = [text for text in ax.texts if text.arrow_patch is not None]
    assert len(leaders) >= 2
    for text in ax.texts:
        number = int(np.flatnonzero((x == text.xy[0]) & (y == text.xy[1]))[0])
        others = np.delete(middle, number, axis=0)
        if text in leaders:
            steps = np.linspace(0.0, 1.0, 200)[:, None] * np.asarray(text.get_position())
            near = (middle[number] + steps)[:, None]
            assert np.hypot(*(near - others).transpose(2, 0, 1)).min() > 3.9
        else:
            box = text.get_window_extent()
            near = np.clip(others, box.p0 / unit, box.p1 / unit)
            assert np.hypot(*(near - others).T).min() > 4.0 + 2.9


def test_regions_may_be_the_groups_of_a_column():
    table = pictured.table().assign(side=lambda t: np.where(t["lat"] > 20.0, "north_$1$", "south"))
    found = geobias.score(table, correct="weak", scales="1000km", permutations=9, within="side")
    figure = found.plot.regions("side")
    assert {"north_$1$", "south"} <= {text.get_text() for text in figure.axes[0].texts}
    said = refused(found.plot.regions, "continents")
    assert "take country, continent, un_region, un_subregion, income, or 'side'" in said
    assert "Did you mean 'continent'?" in said


def test_regions_without_enough_centres_are_refused():
    few = scored(12)
    assert "has 20 centres" in refused(few.plot.regions)
    right = geobias.score(pictured.table().assign(weak=True), correct="weak", scales="1000km")
    assert "clustering is undefined at every centre of every continent" in refused(
        right.plot.regions
    )


def test_regions_of_random_centres_have_the_accuracy_of_all_samples():
    table = pictured.table()
    some = geobias.score(table, correct="weak", scales="1000km", centres=150)
    figure = some.plot.regions()
    rows = some.samples
    largest = pd.Series(region_of(rows, "continent")).value_counts().max()
    assert f"(at most {largest})" in words(figure)
    accuracy = geobias.groups(table, by="continent", correct="weak").table
    known = 100.0 * accuracy.set_index("group")["accuracy"]
    drawn_at = one(figure.axes[0], "regions").get_offsets()[:, 0]
    assert len(drawn_at) >= 2
    assert all(np.isclose(known, x).any() for x in drawn_at)
    spans = [segment[:, 0] for segment in one(figure.axes[0], "intervals").get_segments()]
    ends = 100.0 * accuracy[["low", "high"]].to_numpy()
    assert all(np.isclose(ends, span).all(axis=1).any() for span in spans)


def test_regions_count_the_scores_that_are_defined():
    # In Africa, all neighbourhoods but 25 are made undefined, in Europe all but 19.
    whole = geobias.score(pictured.table(), correct="weak", scales="1000km")
    rows = whole.samples.copy()
    region = region_of(rows, "continent")
    for name, kept in (("Africa", 25), ("Europe", 19)):
        rows.loc[np.flatnonzero(region == name)[kept:], "clustering"] = np.nan
    figure = replace(whole, rows=SimpleNamespace(frame=lambda: rows)).plot.regions()
    (ax,) = figure.axes
    labels = {text.get_text() for text in ax.texts}
    assert "Africa" in labels
    assert "Europe" not in labels
    sizes = dict(
        zip(one(ax, "regions").get_offsets()[:, 1], one(ax, "regions").get_sizes(), strict=True)
    )
    mean = rows.loc[region == "Africa", "clustering"].mean()
    most = rows["clustering"].groupby(region).count().max()
    assert sizes[mean] == pytest.approx(max(sizes.values()) * 25 / most)
    said = words(figure)
    assert f"(at most {most})" in said
    assert "Left out: 1 continent with fewer than 20 of them." in said
    undefined = (rows["clustering"].isna() & (region != None)).sum()  # noqa: E711
    assert f"Undefined at {undefined} of " in said


def test_regions_of_sites_whose_accuracy_is_unknown_are_refused():
    table = pd.concat([pictured.table(200)] * 2, ignore_index=True)
    table["grade"] = np.random.default_rng(0).choice([-2.0, -1.0, 1.0, 2.0], 400)
    graded = geobias.score(
        table, correct="grade", levels=[-2, -1, 1, 2], scales="2500km", sites="merge"
    )
    said = refused(graded.plot.regions)
    assert "does not tell which share of a merged site is right" in said
    assert "Score without sites='merge'" in said


def test_regions_by_nothing_are_refused():
    assert "by=None is no grouping of this audit: take country" in refused(
        audit().plot.regions, None
    )
