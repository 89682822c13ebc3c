"""Maps of an audit: what is drawn is what was scored, and what cannot be drawn is said."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

import geobias
from geobias.errors import GeoBiasError
from geobias.maps import Cells, View
from geobias.plots import cell_map


@pytest.fixture(scope="module")
def audit():
    places = geobias.simulate.locations("cities", 800, seed=1)
    fair = geobias.simulate.world("unbiased", locations=places)["correct"]
    weak = geobias.simulate.world("weak-region", locations=places, lat=48, lon=10, gap=0.7)
    table = places.assign(fair=fair, weak=weak["correct"])
    return geobias.score(
        table, correct=["fair", "weak"], scales=["knn:30", "500km"], fdr=0.1, threads=1
    )


def texts(figure):
    return " ".join(" ".join(each.get_text().split()) for each in figure.findobj(mpl.text.Text))


def hexagons(ax):
    (drawn,) = [each for each in ax.collections if isinstance(each, PolyCollection)]
    return drawn


def unmixed(panel, count):
    """Undo that cells of few samples are drawn paler, mixed with the colour of land."""
    shade = 0.4 + 0.6 * np.sqrt(np.minimum(np.asarray(count) / 20.0, 1.0))[:, None]
    land = np.array([0xEC, 0xEC, 0xEC, 0xFF]) / 255.0
    return (hexagons(panel).get_facecolors() - (1.0 - shade) * land) / shade


def shown(panel, bar, count):
    """Read the value of each hexagon back from its colour."""
    faces = unmixed(panel, count)
    low, high = bar.get_xlim()
    colours = mpl.colormaps["viridis"](np.arange(256))
    nearest = np.abs(faces[:, None, :] - colours).sum(axis=2).argmin(axis=1)
    return low + (high - low) * nearest / 255.0


# --- What is drawn -------------------------------------------------------------------------------


def test_colours_are_the_accuracies_of_the_cells(audit):
    figure = audit.plot.map(model="weak")
    panel, bar = figure.axes
    cells = Cells.of(View.world(), audit.scored.lat, audit.scored.lon)
    expected, _ = cells.mean(audit.scored.correct[1])
    low, high = bar.get_xlim()
    step = (high - low) / 255.0
    assert shown(panel, bar, cells.count) == pytest.approx(expected.clip(low, high), abs=step)
    assert bar.get_xlabel() == "accuracy"
    assert "%" in bar.get_xticklabels()[0].get_text()


def test_small_cells_hold_few_samples(audit):
    panel = audit.plot.map(model="weak").axes[0]
    cells = Cells.of(View.world(), audit.scored.lat, audit.scored.lon)
    width = np.array([np.ptp(path.vertices[:, 0]) for path in hexagons(panel).get_paths()])
    expected = 0.97 * cells.across_km * np.sqrt(np.clip(cells.count / 20.0, 0.35**2, 1.0))
    assert width == pytest.approx(expected)
    assert len(set(width.round())) > 3


def test_every_model_has_a_panel_and_all_share_their_colours(audit):
    figure = audit.plot.map("clustering", scale="500km")
    assert [ax.get_title(loc="left") for ax in figure.axes[:2]] == ["fair, 500km", "weak, 500km"]
    assert len(figure.axes) == 3
    assert figure.axes[2].get_xlabel() == "clustering (mean nats; chance gives about 1)"


def test_scores_are_averaged_over_centres_and_undefined_ones_are_counted(audit):
    figure = audit.plot.map("clustering", model="weak")
    rows = audit.samples.query("model == 'weak' and scale == 'knn:30'")
    cells = Cells.of(View.world(), rows["lat"].to_numpy(), rows["lon"].to_numpy())
    mean, known = cells.mean(rows["clustering"])
    panel, bar = figure.axes
    low, high = bar.get_xlim()
    weight = np.where(known > 0, known, cells.count)
    assert shown(panel, bar, weight)[known > 0] == pytest.approx(
        mean[known > 0].clip(low, high), abs=(high - low) / 255.0
    )
    undefined = int(rows["clustering"].isna().sum())
    assert undefined
    assert f"Undefined at {undefined:,} of 800 centres" in texts(figure)


def test_cells_without_a_value_are_hollow():
    lat, lon = np.array([10.0] * 30 + [50.0] * 30), np.array([10.0] * 60)
    values = np.array([1.0] * 30 + [np.nan] * 30)
    values[0] = 3.0
    faces = hexagons(cell_map(lat, lon, values, label="x").axes[0]).get_facecolors()
    assert (faces[:, 3] == [1.0, 0.0]).all()


def test_labels_become_the_share_of_centres_that_stand_out(audit):
    figure = audit.plot.map("clustering_label", model="weak")
    assert figure.axes[1].get_xlabel() == "centres found clustered (clustering)"
    rows = audit.samples.query("model == 'weak' and scale == 'knn:30'")
    assert (rows["clustering_label"] == "clustered").any()
    low, high = figure.axes[1].get_xlim()
    assert (low, high <= 1.0) == (0.0, True)


def test_z_has_0_in_the_middle_of_its_colours(audit):
    low, high = audit.plot.map("clustering_z", model="weak").axes[1].get_xlim()
    assert low == -high


def test_a_difference_is_that_of_the_means(audit):
    figure = audit.plot.difference("fair", "weak")
    assert figure.axes[1].get_xlabel() == "weak − fair: accuracy (percentage points)"
    cells = Cells.of(View.world(), audit.scored.lat, audit.scored.lon)
    fair, weak = (cells.mean(audit.scored.correct[m])[0] for m in range(2))
    faces = unmixed(figure.axes[0], cells.count)
    low, high = figure.axes[1].get_xlim()
    expected = mpl.colormaps["PuOr"]((np.clip(weak - fair, low, high) - low) / (high - low))
    assert faces == pytest.approx(expected, abs=0.03)


def test_the_only_two_models_need_not_be_named(audit):
    assert "weak against fair" in texts(audit.plot.difference())
    backwards = audit.plot.difference("weak", "fair", "clustering", scale="500km")
    assert "fair against weak, 500km" in texts(backwards)
    assert backwards.axes[1].get_xlabel().startswith("fair − weak: clustering (mean nats")


def test_a_comparison_maps_accuracies():
    places = geobias.simulate.locations("cities", 200, seed=1)
    table = places.assign(a=np.arange(200) % 3 > 0, b=np.arange(200) % 5 > 0)
    found = geobias.compare(
        table, correct=["a", "b"], scales="knn:20", permutations=3, bootstrap=3, threads=1
    )
    assert found.plot.map().axes[1].get_xlabel() == "b − a: accuracy (percentage points)"


def test_a_region_is_shown_with_a_length():
    draw = np.random.default_rng(0)
    figure = cell_map(draw.normal(9, 2, 300), draw.normal(39, 2, 300), np.ones(300), label="ones")
    assert "200 km" in texts(figure)
    assert "Lambert azimuthal equal-area" in texts(figure)


def test_a_map_can_be_drawn_into_axes_of_the_user(audit):
    figure = Figure(figsize=(3.5, 2.6), layout="constrained")
    ax = figure.add_subplot()
    assert audit.plot.map(model="fair", ax=ax) is figure
    assert hexagons(ax)
    assert "Undefined" not in texts(figure)
    audit.plot.map("clustering", model="fair", ax=figure.add_subplot())
    undefined = audit.summary["undefined"][0]
    assert f"Undefined at {undefined:,} of 800 centres" in texts(figure)
    with pytest.raises(
        GeoBiasError, match=r"One pair of axes \(ax=\) holds one model, not 2: name it"
    ):
        audit.plot.map(ax=ax)


@pytest.mark.parametrize(
    "choices",
    [{}, {"model": "weak"}, {"column": "clustering_z"}, {"column": "marked", "model": "weak"}],
)
def test_all_words_are_inside_the_figure(audit, choices):
    figure = audit.plot.map(**choices)
    figure.draw_without_rendering()
    width, height = figure.bbox.size
    for text in figure.findobj(mpl.text.Text):
        if text.get_text() and text.get_visible():
            box = text.get_window_extent()
            assert box.x0 >= 0.0, text
            assert box.y0 >= 0.0, text
            assert box.x1 <= width, text
            assert box.y1 <= height, text


def test_maps_fit_among_other_axes(audit):
    figure = Figure(figsize=(7.0, 6.0), layout="constrained")
    axes = figure.subplots(2, 2)
    audit.plot.map("clustering", model="fair", ax=axes[0, 0])
    audit.plot.difference(ax=axes[0, 1])
    axes[1, 0].plot([1, 2])
    audit.plot.map(model="weak", ax=axes[1, 1])
    figure.draw_without_rendering()
    for ax in axes.ravel():
        assert ax.get_position().width > 0.3
    words = [text.get_window_extent() for text in figure.findobj(mpl.text.Text) if text.get_text()]
    for one, other in itertools.combinations(words, 2):
        shared = Bbox.intersection(one, other)
        assert shared is None or min(shared.width, shared.height) < 2.0


def test_a_map_can_be_part_of_a_figure(audit):
    figure = Figure(figsize=(7.0, 3.0), layout="constrained")
    left, _ = figure.subfigures(1, 2)
    assert audit.plot.map(model="fair", ax=left.subplots()) is left
    figure.draw_without_rendering()


@pytest.mark.parametrize("name", [r"$\frac$ a$b$", "x^2 $5 vs $6", "a_b{c}"])
def test_names_are_literal_in_axes_of_the_user(name):
    places = geobias.simulate.locations("cities", 60, seed=1)
    audit = geobias.score(
        places.assign(**{name: np.arange(60) % 3 > 0, "b": True}),
        correct=[name, "b"], scales="knn:20", threads=1,
    )  # fmt: skip
    figure = Figure(layout="constrained")
    first, second = figure.subplots(1, 2)
    audit.plot.map(model=name, ax=first)
    audit.plot.difference(ax=second)
    figure.draw_without_rendering()
    named = [text for text in figure.findobj(mpl.text.Text) if name in text.get_text()]
    assert len(named) == 3
    assert not any(text.get_parse_math() for text in named)


def test_errors_at_random_do_not_look_like_places():
    world = geobias.simulate.world("unbiased", n=5000, seed=3)
    audit = geobias.score(world, scales="knn:20", centres=50, threads=1)
    low, high = audit.plot.map().axes[1].get_xlim()
    cells = Cells.of(View.world(), audit.scored.lat, audit.scored.lon)
    mean, _ = cells.mean(audit.scored.correct[0])
    beyond = (mean < low) | (mean > high)
    # Few samples lie in cells whose colour says no more than "or beyond".
    assert cells.count[beyond].sum() <= 0.02 * 5000


def test_a_single_large_cell_does_not_set_the_colours():
    draw = np.random.default_rng(5)
    lat = np.append(np.full(25, 48.0), draw.uniform(-60, 60, 200))
    lon = np.append(np.full(25, 11.0), draw.uniform(-170, 170, 200))
    hits = np.append(np.arange(25) % 5 > 0, draw.random(200) < 0.6).astype(float)
    low, high = cell_map(lat, lon, hits, label="hits").axes[1].get_xlim()
    assert (low, high > 0.8) == (0.0, True)


def test_columns_of_the_places_have_one_map(audit):
    figure = audit.plot.map("unmarked")
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["knn:30", ""]
    with pytest.raises(GeoBiasError, match="unmarked score is the same for both models at all 800"):
        audit.plot.difference(column="unmarked")


def test_a_difference_does_not_speak_of_chance(audit):
    label = audit.plot.difference(column="clustering").axes[1].get_xlabel()
    assert label == "weak − fair: clustering (mean nats)"


def test_accuracy_comes_with_what_chance_does(audit):
    share = float(audit.scored.correct[1].mean())
    points = 1.96 * np.sqrt(share * (1 - share) / 20) * 100
    said = f"chance alone moves the accuracy by about ±{points:.0f} percentage points"
    assert said in texts(audit.plot.map(model="weak"))
    assert "chance alone moves" not in texts(audit.plot.difference())


def test_nothing_of_matplotlib_is_changed(audit):
    before = dict(mpl.rcParams)
    audit.plot.map()
    assert dict(mpl.rcParams) == before


def test_threads_leave_the_settings_as_they_were(audit):
    before = dict(mpl.rcParams)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: audit.plot.map(model="fair"), range(8)))
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("kind", ["path", "none"])
def test_letters_in_files_are_the_choice_of_the_user(audit, kind, tmp_path):
    with mpl.rc_context({"svg.fonttype": kind}):
        audit.plot.map(model="fair").savefig(tmp_path / "map.svg")
    assert (">accuracy</text>" in (tmp_path / "map.svg").read_text()) == (kind == "none")


def test_a_notebook_shows_the_figure(audit):
    assert audit.plot.map(model="fair")._repr_png_().startswith(b"\x89PNG")


def test_constant_values_have_a_scale_of_colours():
    low, high = cell_map([1.0, 40.0], [2.0, 3.0], [5.0, 5.0], label="five").axes[1].get_xlim()
    assert low < 5.0 < high


# --- What is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"column": "clusterin"}, "There is no column 'clusterin', only .*'clustering'"),
        ({"column": "lat"}, "There is no column 'lat', only 'correct', 'neighbours'"),
        ({"model": "fare"}, "There is no model 'fare', only 'fair', 'weak'"),
        ({"column": "marked", "scale": "7km"}, "There is no scale '7km', only 'knn:30', '500km'"),
    ],
)
def test_what_is_not_there_is_refused(audit, choices, message):
    with pytest.raises(GeoBiasError, match=message):
        audit.plot.map(**choices)


@pytest.mark.parametrize("named", [("fair", None), (None, "weak"), ("weak", "weak")])
def test_a_difference_needs_two_models(audit, named):
    with pytest.raises(GeoBiasError, match="A difference is between two models: name both"):
        audit.plot.difference(*named)


def test_scores_undefined_everywhere_cannot_be_mapped():
    places = geobias.simulate.locations("cities", 60, seed=1)
    audit = geobias.score(places.assign(all_right=True), correct="all_right", scales="knn:20")
    with pytest.raises(GeoBiasError, match=r"nothing to map: clustering .* undefined everywhere"):
        audit.plot.map("clustering")
    assert audit.plot.map().axes[1].get_xlim()[1] == 1.0


@pytest.mark.parametrize(
    ("places", "message"),
    [
        (([1.0, 2.0], [1.0], [1.0]), r"lists of one length, not of shapes \(2,\), \(1,\), \(1,\)"),
        (([np.nan], [1.0], [1.0]), "nothing to map: no position is known"),
        (([91.0], [1.0], [1.0]), "91"),
        (([1.0], [1.0], [np.inf]), "values: 1 of 1 are infinite or beyond 1e150"),
        (([1.0], [1.0], ["high"]), "values must be numbers, and NaN where there is none"),
        ((["48.1", "x"], [1.0, 2.0], [1.0, 2.0]), "lat must be numbers"),
        (([1.0], [2.0], [np.nan]), "nothing to map: x is undefined everywhere"),
    ],
)
def test_positions_that_make_no_sense_are_refused(places, message):
    with pytest.raises(GeoBiasError, match=message):
        cell_map(*places, label="x")


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        (lambda figure: "x", "ax= takes axes of matplotlib, not str"),
        (lambda figure: figure, "ax= takes axes of matplotlib, not Figure"),
        (lambda figure: figure.add_subplot(projection="polar"), "not those of projection 'polar'"),
    ],
)
def test_axes_that_hold_no_map_are_refused(audit, axes, message):
    with pytest.raises(GeoBiasError, match=message):
        audit.plot.map(model="fair", ax=axes(Figure()))


def test_models_of_similar_names_are_told_apart():
    places = geobias.simulate.locations("cities", 60, seed=1)
    names = [f"a network of fifty layers, seed {seed}, after ten epochs" for seed in (1, 2)]
    marks = dict(zip(names, (np.arange(60) % 3 > 0, np.arange(60) % 4 > 0), strict=True))
    audit = geobias.score(places.assign(**marks), correct=names, scales="knn:20", threads=1)
    one, other = (ax.get_title(loc="left") for ax in audit.plot.map().axes[:2])
    assert one != other
    assert f"{other} − {one}: accuracy" in audit.plot.difference().axes[1].get_xlabel()


def test_merged_sites_are_called_sites():
    places = geobias.simulate.locations("cities", 300, seed=1)
    table = pd.concat([places, places]).assign(hit=np.arange(600) % 7 > 1)
    audit = geobias.score(table, correct="hit", scales="knn:30", sites="merge", threads=1)
    assert "fewer than 20 sites" in texts(audit.plot.map())
