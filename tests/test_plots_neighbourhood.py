"""The picture of a neighbourhood: what is drawn, the words below it, and what is refused."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.markers import MarkerStyle

import geobias
import pictured
from geobias.geometry.neighbourhood import Neighbourhood
from geobias.geometry.neighbours import index_of
from geobias.geometry.places import Places
from geobias.plots import neighbourhood as neighbourhood_module
from geobias.plots.style import RIGHT, WRONG
from geobias.results.words import p_value
from geobias.scales import Scale
from pictured import FIGURES, audit, drawn, one, refused, scored, texts, words


def looked_up(result, row, scale):
    samples = result.scored
    places = Places.of(samples.lat, samples.lon)
    point = places.point_of_sample[int(np.flatnonzero(samples.rows == row)[0])]
    return Neighbourhood.of(places, index_of("bands", places, 1), Scale.parse(scale), point, 4)


def markers(ax):
    """Colour, marker and area at each place."""
    cloud = one(ax, "samples")
    shapes = {path_of(name).vertices.tobytes(): name for name in "oDXs"}
    many = cloud.get_offsets()
    paths = (cloud.get_paths() * len(many))[: len(many)]
    return {
        (x, y): (to_hex(colour), shapes[path.vertices.tobytes()], size)
        for (x, y), colour, path, size in zip(
            many, cloud.get_facecolors(), paths, cloud.get_sizes(), strict=True
        )
    }


def path_of(name):
    marker = MarkerStyle(name)
    return marker.get_path().transformed(marker.get_transform())


def test_the_neighbourhood_draws_the_members_lattice_and_links_of_the_engine():
    figure = FIGURES["neighbourhood"]()
    ax, found = figure.axes[0], looked_up(audit(), 5, "1000km")
    assert np.array_equal(one(ax, "lattice").get_xydata(), np.column_stack(found.lattice_km))
    correct = audit().scored.correct[1, found.samples]
    seen = markers(ax)
    assert len(seen) == found.seats.size
    for x, y, right in zip(*found.members_km, correct, strict=True):
        assert seen[x, y][:2] == ((RIGHT, "o") if right else (WRONG, "X"))
    within = {tuple(sorted(edge)) for edge in found.edges.within.tolist()}
    assert len(one(ax, "links").get_segments()) == len(within)
    across = {*map(tuple, found.edges.outward.tolist())}
    across |= {(member, point) for point, member in found.edges.inward.tolist()}
    assert len(one(ax, "links to the lattice").get_segments()) == len(across)
    (circle,) = ax.patches
    assert circle.get_radius() == pytest.approx(1000.0)
    assert ax.get_aspect() == 1.0


def test_the_neighbourhood_tells_the_scores_of_its_centre():
    row = audit().samples.query("model == 'weak' and scale == '1000km' and sample == 5").iloc[0]
    seen = words(FIGURES["neighbourhood"]())
    assert f"Centre: sample 5, {'right' if row['correct'] else 'wrong'}" in seen
    assert f"{row['neighbours']} samples" in seen
    assert f"clustering {row['clustering']:.2f} nats, z" in seen
    assert f"isolation {row['isolation']:.2f} nats" in seen
    assert f"{row['clustering_label']} (q {p_value(row['clustering_q'])})" in seen
    assert f"marked {row['marked']:.2f} nats" in seen
    assert "By chance alone these three are about 1 nat on average." in seen
    assert "radius 1,000 km" in seen


def test_the_bar_is_as_long_as_it_says():
    ax = FIGURES["neighbourhood"]().axes[0]
    (bar,) = [line for line in ax.lines if len(line.get_xdata()) == 2 and line.get_gid() is None]
    assert float(np.ptp(bar.get_xdata())) == 200.0
    assert "200 km" in words(ax.figure)


def test_every_scale_can_be_inspected():
    for scale in (*pictured.SCALES, None):
        figure = audit().plot.neighbourhood(9, scale=scale)
        assert [ax.get_title("left") for ax in figure.axes] == [
            f"{model}, {scale or '300km'}" for model in ("even", "weak")
        ]
    assert "20@500km" in scored(scales="20@500km").plot.neighbourhood(3).axes[0].get_title("left")
    assert "20 samples, the nearest," in words(scored(scales="20@500km").plot.neighbourhood(3))


def test_links_and_lattice_of_many_samples_are_left_out_and_that_is_said(monkeypatch):
    monkeypatch.setattr(neighbourhood_module, "MOST_LINKED", 50)
    ax = FIGURES["neighbourhood"]().axes[0]
    assert not drawn(ax, "links")
    assert not drawn(ax, "links to the lattice")
    assert drawn(ax, "lattice")
    assert "Links of more than 50 are not drawn." in words(ax.figure)
    monkeypatch.setattr(neighbourhood_module, "MOST_ON_LATTICE", 60)
    ax = FIGURES["neighbourhood"]().axes[0]
    assert not drawn(ax, "lattice")
    found = looked_up(audit(), 5, "1000km")
    assert f"{found.lattice_km[0].size:,} lattice points, not drawn" in words(ax.figure)
    cloud = one(ax, "samples")
    assert len(cloud.get_offsets()) == found.seats.size
    correct = audit().scored.correct[1, found.samples]
    shades = [to_hex(colour) for colour in cloud.get_facecolors()]
    assert shades.count(WRONG) == (~correct).sum()
    assert shades.count(RIGHT) == correct.sum()


def test_a_row_that_is_no_centre_is_refused_with_the_reason():
    plot = audit().plot
    assert "the input has fewer rows" in refused(plot.neighbourhood, 10**9)
    assert "whole number of 0 or more, not -1" in refused(plot.neighbourhood, -1)
    assert "whole number of 0 or more, not 'five'" in refused(plot.neighbourhood, "five")
    table = pictured.table(100)
    table.loc[3, "lat"] = np.nan
    dropped = geobias.score(table, correct="even", scales="1000km")
    assert "it was dropped" in refused(dropped.plot.neighbourhood, 3)
    assert isinstance(dropped.plot.neighbourhood(4), Figure)
    some = geobias.score(table, correct="even", scales="1000km", centres=20)
    centres = set(some.samples["sample"])
    other = next(row for row in range(10, 100) if row not in centres)
    assert f"Row {other} is a sample but not one of the random centres" in refused(
        some.plot.neighbourhood, other
    )


def test_samples_of_one_place_are_one_marker_of_their_share():
    draw = np.random.default_rng(3)
    places = pd.DataFrame({"lat": draw.normal(48, 2, 30), "lon": draw.normal(9, 3, 30)})
    table = places.loc[np.repeat(np.arange(30), np.arange(30) % 12 + 1)].reset_index(drop=True)
    table["hit"] = draw.random(len(table)) < 0.8
    found = geobias.score(table, correct="hit", scales="9000km")
    figure = found.plot.neighbourhood(0)
    seen = markers(figure.axes[0])
    assert len(seen) == 30
    shares = table.groupby(["lat", "lon"])["hit"].mean()
    kinds = [marker for _, marker, _ in seen.values()]
    assert kinds.count("o") == (shares == 1.0).sum()
    assert kinds.count("X") == (shares == 0.0).sum()
    assert kinds.count("D") == ((shares > 0.0) & (shares < 1.0)).sum() > 3
    # Places have as many colours as there are shares, from vermillion to blue.
    assert len({colour for colour, _, _ in seen.values()}) == shares.nunique() > 5
    areas = {round(size, 3) for _, _, size in seen.values()}
    assert max(areas) / min(areas) == pytest.approx(2.5**2, rel=1e-3)
    assert len(areas) == 7  # of one to six samples, and of more
    said = words(figure)
    assert "30 places, larger with more samples (at most 12)." in said
    assert f"{100 * table['hit'].mean():.1f} % right" in said
    assert "larger with more" not in words(FIGURES["neighbourhood"]())


def test_merged_sites_may_be_partly_right():
    table = pd.concat([pictured.table(60)] * 2, ignore_index=True)
    table["even"] = np.arange(120) % 7 > 2
    merged = geobias.score(table, correct="even", scales="2500km", sites="merge")
    figure = merged.plot.neighbourhood(7)
    found = looked_up(merged, 7, "2500km")
    share = merged.scored.correct[0, found.samples]
    kinds = [marker for _, marker, _ in markers(figure.axes[0]).values()]
    assert kinds.count("D") == (share == 0.5).sum() > 0
    assert "partly right" in words(figure)
    assert "Centre: site 7" in words(figure)
    assert "for which the first of its rows stands" in refused(merged.plot.neighbourhood, 100)
    assert "the input has fewer rows" in refused(merged.plot.neighbourhood, 10**9)


def test_what_is_not_known_of_merged_levels_is_called_unknown():
    table = pd.concat([pictured.table(60)] * 2, ignore_index=True)
    table["grade"] = np.random.default_rng(0).choice([-2.0, -1.0, 1.0, 2.0], 120)
    graded = geobias.score(
        table, correct="grade", levels=[-2, -1, 1, 2], scales="2500km", sites="merge"
    )
    figure = graded.plot.neighbourhood(7)
    assert {marker for _, marker, _ in markers(figure.axes[0]).values()} == {"s"}
    said = words(figure)
    assert "right or wrong unknown" in said
    assert "how many are right is unknown" in said
    assert "partly" not in said


def test_a_neighbourhood_of_one_place_has_no_radius_to_draw():
    same = pd.DataFrame({"lat": [50.0] * 12, "lon": [8.0] * 12, "hit": [1, 0] * 6})
    figure = geobias.score(same, scales="knn:9").plot.neighbourhood(0)
    assert not figure.axes[0].patches
    assert "All are in one place: there is no lattice, and no link." in words(figure)
    assert "relative, clustering, isolation: undefined here" in words(figure)


def test_axes_of_the_user_are_drawn_in():
    figure = Figure(layout="constrained")
    left, right = figure.subplots(1, 2)
    assert audit().plot.neighbourhood(5, model="weak", ax=left) is figure
    assert audit().plot.profile(ax=right) is figure
    assert left.get_title("left") == "weak, 300km"
    assert "One pair of axes (ax=) holds one model, not 2" in refused(
        audit().plot.neighbourhood, 5, ax=left
    )


def test_words_below_axes_of_the_user_fit_them():
    figure = Figure()
    axes = figure.subplots(2, 2).ravel()
    for ax in axes[:2]:
        audit().plot.neighbourhood(5, model="weak", ax=ax)
    audit().plot.profile(ax=axes[2])
    audit().plot.profile("unmarked", ax=axes[3])
    figure.draw_without_rendering()
    edge = figure.bbox
    for ax in axes:
        box = ax.xaxis.label.get_window_extent()
        assert edge.y0 - 1.0 <= box.y0
        assert edge.x0 <= box.x0 <= box.x1 <= edge.x1
    assert axes[0].get_xlabel().startswith("Centre: sample 5")
    assert "Squares" in axes[2].get_xlabel()


@pytest.mark.parametrize("draw", ["neighbourhood", "profile"])
def test_names_are_shown_literally_in_axes_of_the_user(draw):
    found = scored(names=["$x_1^{2}$ a", r"$\frac{"], permutations=9)
    arguments = [5] if draw == "neighbourhood" else []
    with mpl.rc_context({"text.parse_math": True}):
        for name in found.scored.models:
            ax = Figure().add_subplot()
            figure = getattr(found.plot, draw)(*arguments, model=name, ax=ax)
            figure.draw_without_rendering()
            written = [text for text in texts(figure) if "$" in text.get_text()]
            assert written
            assert not any(text.get_parse_math() for text in written)
