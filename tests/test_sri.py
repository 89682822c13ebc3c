"""Spatial relative information: cuts, divergence and chance against the oracle, and invariances."""

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaln
from scipy.stats import hypergeom

import geobias
import naive
import worlds
from commandline import refusal
from far_crew import sent
from geobias.errors import GeoBiasError, ScaleError
from geobias.geometry.places import Places
from geobias.marking import Marking
from geobias.results.scores import SRI, SRI_RELATIVE
from geobias.scorer import Scorer
from geobias.settings import Settings
from geobias.sri import chance
from geobias.sri.cuts import equal_area
from geobias.sri.divergence import room_to_tally
from geobias.sri.engine import spread_of
from geobias.sri.parts import room_for_parts

KINDS = ["clustered", "duplicated", "polar", "date_line", "gridded", "tight"]


def score(table, scales, **choices):
    return geobias.score(table, scales=scales, **{"scores": "sri", "threads": 1, **choices})


def marked(kind, n, seed, accuracy=0.7):
    """A world with errors at random and with a share of them along a gradient."""
    world = worlds.rounded(worlds.KINDS[kind](n, seed))
    draw = np.random.default_rng(seed)
    hit = draw.random(n) < np.where(world.lat > np.median(world.lat), accuracy + 0.2, accuracy)
    hit[:2] = True, False
    return worlds.table(world, hit=hit.astype(int))


def radius_of(scale, row):
    parsed = geobias.Scale.parse(scale)
    return (
        row["radius_km"] / naive.EARTH_RADIUS_KM if parsed.radius_rad is None else parsed.radius_rad
    )


# --- Against the oracle --------------------------------------------------------------------------


@pytest.mark.parametrize("preset", ["geobias", "published"])
@pytest.mark.parametrize(
    ("scale", "cell", "lag", "sectors"),
    [
        ("1.5deg", None, None, 8),
        ("30@2deg", "0.8deg", "0.3deg", 3),
        ("120km", "120km", "50km", 2),
        ("knn:60", None, None, 4),
    ],
)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "gridded"])
def test_every_kind_agrees_with_the_oracle(kind, scale, cell, lag, sectors, preset):
    table = marked(kind, 400, 3)
    audit = score(table, scale, preset=preset, cell=cell, lag=lag, sectors=sectors, centres=12)
    places, lat, lon = worlds.seats(worlds.World(table["lat"].to_numpy(), table["lon"].to_numpy()))
    marks = places.seated(np.where(table["hit"] > 0, 1.0, -1.0))
    parsed = geobias.Scale.parse(scale)
    known = 0
    for _, row in audit.samples.iterrows():
        centre = int(places.seat_start[places.point_of_sample[row["sample"]]])
        radius = radius_of(scale, row)
        if radius <= naive.COINCIDENT:
            assert row[list(SRI)].isna().all()
            continue
        sizes = {
            "sri_grid": geobias.Scale.parse(cell).radius_rad if cell else radius / 2,
            "sri_lag": geobias.Scale.parse(lag).radius_rad if lag else radius / 10,
            "sri_sector": sectors,
        }
        members = None
        if parsed.radius_rad is None:
            members = naive.neighbourhood(lat, lon, centre, cap=parsed.cap)[0]
            if preset == "published":
                theta = naive.haversine(
                    *np.radians([lat[centre], lon[centre]]), np.radians(lat), np.radians(lon)
                )
                members = np.flatnonzero(theta <= radius * (1 + naive.TIE))
        for name in SRI:
            expected = naive.sri(
                name, lat, lon, marks, centre, radius, sizes[name], preset, members=members
            )
            assert row[name] == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True), name
            known += not math.isnan(expected)
    assert known > 2


@pytest.mark.parametrize(("scale", "sectors"), [("6deg", 8), ("knn:81", 4), ("9deg", 2)])
def test_members_on_borders_are_where_the_oracle_puts_them(scale, sectors):
    """Whole degrees: north and south of the centre lie the borders of cells and of wedges."""
    table = marked("gridded", 400, 3)
    audit = score(table, scale, sectors=sectors, centres=12)
    places, lat, lon = worlds.seats(worlds.World(table["lat"].to_numpy(), table["lon"].to_numpy()))
    marks = places.seated(np.where(table["hit"] > 0, 1.0, -1.0))
    known = 0
    for _, row in audit.samples.iterrows():
        centre = int(places.seat_start[places.point_of_sample[row["sample"]]])
        members, radius, _ = naive.neighbourhood(lat, lon, centre, **worlds.limits(scale))
        for name, size in (
            ("sri_grid", radius / 2),
            ("sri_lag", radius / 10),
            ("sri_sector", sectors),
        ):
            expected = naive.sri(name, lat, lon, marks, centre, radius, size, members=members)
            assert row[name] == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True), name
            known += not math.isnan(expected)
    assert known > 4


@pytest.mark.parametrize("levels", [(-2.0, -1.0, 1.0), (-1.0, 0.5, 1.0, 3.0)])
def test_levels_are_the_bins(levels):
    world = worlds.rounded(worlds.tight(150, 1))
    table = worlds.table(world, mark=worlds.binned(150, 2, levels))
    audit = score(table, "2km", correct="mark", levels=levels, centres=10)
    places, lat, lon = worlds.seats(world)
    marks = places.seated(table["mark"].to_numpy())
    radius = geobias.Scale.parse("2km").radius_rad
    for _, row in audit.samples.iterrows():
        centre = int(places.seat_start[places.point_of_sample[row["sample"]]])
        for name, size in (("sri_grid", radius / 2), ("sri_lag", radius / 10), ("sri_sector", 8)):
            expected = naive.sri(name, lat, lon, marks, centre, radius, size, levels=levels)
            assert row[name] == pytest.approx(expected, rel=1e-9, nan_ok=True)
    assert audit.samples[list(SRI_RELATIVE)].notna().any().all()


def test_the_mark_of_a_merged_site_is_spread_over_both_levels():
    world = worlds.sited(120, 3, 5)
    table = worlds.table(worlds.rounded(world), hit=worlds.hits(360, 6))
    audit = score(table, "300km", sites="merge")
    scored = audit.scored
    marks = scored.marks[0]
    assert len(np.unique(marks)) == 4
    places, lat, lon = worlds.seats(worlds.World(scored.lat, scored.lon))
    marks = places.seated(marks)
    radius = geobias.Scale.parse("300km").radius_rad
    for c, row in audit.samples.iloc[::12].iterrows():
        centre = int(places.seat_start[places.point_of_sample[c]])
        expected = naive.sri("sri_grid", lat, lon, marks, centre, radius, radius / 2)
        assert row["sri_grid"] == pytest.approx(expected, rel=1e-9, nan_ok=True)
    assert audit.samples["sri_grid_relative"].notna().any()


def test_merged_sites_between_more_levels_leave_sri_undefined():
    world = worlds.World(np.repeat(48.0 + np.arange(40) / 1000, 2), np.full(80, 11.5))
    marks = np.tile([1.0, 2.0], 40)
    marks[:40] = -1.0
    audit = score(
        worlds.table(world, mark=marks), "100km", correct="mark", levels=(-1, 1, 2), sites="merge"
    )
    assert audit.summary["sri_grid"].isna().all()
    assert any("none of the levels" in note for note in audit.notes)
    assert any("undefined" in sentence for sentence in audit.sentences())
    assert (audit.aggregates.query("centres == 'all'")["undefined"] == 40).all()


@pytest.mark.parametrize("lat0", [-90.0, -41.3, 0.0, 0.01, 60.0, 89.9, 90.0])
def test_the_projection_is_that_of_pyproj(lat0):
    from pyproj import Proj

    draw = np.random.default_rng(4)
    lat, lon = worlds._scattered(lat0, 179.5, 20.0, 60, draw)
    lon0 = 179.5 if abs(lat0) < 90 else 0.0
    x, y = Proj(f"+proj=laea +lat_0={lat0} +lon_0={lon0} +R=1")(lon, lat)
    phi0, lam0 = np.radians([lat0, lon0])
    phi, lam = np.radians(lat), np.radians(lon)
    out = np.array([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])
    here = np.array([np.cos(phi0) * np.cos(lam0), np.cos(phi0) * np.sin(lam0), np.sin(phi0)])
    south = np.array([np.sin(phi0) * np.cos(lam0), np.sin(phi0) * np.sin(lam0), -np.cos(phi0)])
    east = np.array([-np.sin(lam0), np.cos(lam0), 0.0])
    step = out - here[:, None]
    ours = np.array(
        [equal_area(*seen) for seen in zip(south @ step, east @ step, -(here @ step), strict=True)]
    )
    np.testing.assert_allclose(ours[:, 0], x, atol=1e-12)
    np.testing.assert_allclose(ours[:, 1], y, atol=1e-12)
    chord = 2 * np.sin(naive.haversine(phi0, lam0, phi, lam) / 2)
    np.testing.assert_allclose(ours[:, 2], chord, atol=1e-12)


# --- Where there is nothing to say ---------------------------------------------------------------


def test_without_a_part_of_twenty_sri_is_nan_counted_and_said():
    world = worlds.World(np.linspace(40, 41, 19), np.linspace(0, 1, 19))
    audit = score(
        worlds.table(world, hit=worlds.hits(19, 1)), "1000km", permutations=9, bootstrap=9
    )
    assert audit.samples[[*SRI, *SRI_RELATIVE]].isna().all().all()
    assert audit.summary["undefined"].tolist() == [19]
    assert any("no part of" in note for note in audit.notes)
    assert all("undefined at every centre" in sentence for sentence in audit.sentences())
    assert "undefined" in repr(audit)
    assert audit.to_json()


def test_a_radius_of_zero_leaves_it_undefined():
    world = worlds.World(np.r_[np.full(40, 48.0), 50.0], np.r_[np.full(40, 2.0), 3.0])
    audit = score(worlds.table(world, hit=worlds.hits(41, 1)), "knn:30")
    assert audit.samples[list(SRI)].isna().iloc[:40].all().all()


def test_equal_marks_have_a_raw_score_of_nothing_and_no_calibrated_one():
    table = worlds.table(worlds.tight(80, 2), hit=1)
    audit = score(table, "5km", correct="hit", threshold=0.5)
    assert audit.samples["sri_grid"].abs().max() < 1e-7
    assert audit.samples[list(SRI_RELATIVE)].isna().all().all()


def test_a_single_part_that_holds_everyone_tells_nothing():
    """All members in the one ring: no arrangement changes its SRI."""
    audit = score(marked("tight", 60, 2), "100km", lag="100km")
    assert audit.samples["sri_lag"].abs().max() < 1e-7
    assert audit.samples["sri_lag_relative"].isna().all()


def test_samples_at_the_centre_are_in_no_wedge_but_in_the_neighbourhood():
    lat = np.r_[np.full(25, 48.0), np.full(20, 48.1)]
    table = worlds.table(worlds.World(lat, np.full(45, 2.0)), hit=np.r_[np.zeros(25), np.ones(20)])
    row = score(table.astype({"hit": int}), "20km").samples.iloc[0]
    whole, part = [25 / 45, 20 / 45], [0.0, 1.0]
    expected = 20 / 45 * naive.relative_entropy(whole, part)
    assert row["sri_sector"] == pytest.approx(expected, rel=1e-12)


# --- Chance --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("high", "low", "size"),
    [(7, 13, 5), (100, 300, 120), (1, 39, 20), (40, 0, 20), (0, 9, 4), (300, 20, 310)],
)
def test_numbers_drawn_are_hypergeometric(high, low, size):
    logs = gammaln(np.arange(1.0, high + low + 2.0))
    steps = 20_000
    drawn = [chance.hypergeometric((u + 0.5) / steps, high, low, size, logs) for u in range(steps)]
    law = hypergeom(high + low, high, size)
    values = np.arange(max(0, size - low), min(size, high) + 1)
    shares = np.array([(np.array(drawn) == value).mean() for value in values])
    # Each value takes an interval of u: its share is right to one step at either end.
    np.testing.assert_allclose(shares, law.pmf(values), atol=1.01 / steps)


def dealt(sizes, marks, levels, draws, two):
    """SRI of so many random arrangements, dealt by the kernel."""
    values = np.unique(marks)
    spread = spread_of(values, levels)
    parts = room_for_parts(len(marks))
    parts.found[0] = len(sizes)
    parts.size[0, : len(sizes)] = sizes
    tallies = room_to_tally(len(sizes), len(levels), 1)
    codes = np.searchsorted(values, marks).astype(np.int32)
    tallies.of_whole[:] = spread[codes].sum(axis=0)
    logs, word, found = gammaln(np.arange(1.0, len(marks) + 2.0)), np.uint64(7), []
    for _ in range(draws):
        if two:
            nats, word = chance._deal_two(
                np.uint64(word), tallies, parts, 0, len(marks), int(tallies.of_whole[1]), logs
            )
        else:
            nats, word = chance._deal_each(
                np.uint64(word), tallies, parts, 0, len(marks), codes, spread
            )
        found.append(nats)
    return np.array(found)


@pytest.mark.parametrize("two", [True, False])
@pytest.mark.parametrize("sizes", [[20], [20, 21], [20, 22]])
def test_marks_are_dealt_as_often_as_all_arrangements_say(sizes, two):
    n, wrong = sum(sizes) + (4 if len(sizes) == 1 else 0), 3
    marks = np.ones(n)
    marks[:wrong] = -1.0
    parts = [(part,) for part, size in enumerate(sizes) for _ in range(size)]
    parts += [None] * (n - len(parts))
    every = naive.sri_by_chance(parts, marks)
    draws = 20_000
    found = dealt(sizes, marks, (-1.0, 1.0), draws, two)
    for value in np.unique(every.round(12)):
        share = (every >= value - 1e-11).mean()
        error = math.sqrt(share * (1 - share) / draws)
        assert abs((found >= value - 1e-11).mean() - share) <= 4.5 * error + 1e-12


def test_dealing_one_by_one_and_by_numbers_give_the_same_distribution():
    marks = np.where(np.random.default_rng(1).random(300) < 0.8, 1.0, -1.0)
    one, other = (dealt([40, 80, 25, 60], marks, (-1.0, 1.0), 4000, two) for two in (True, False))
    for share in (0.1, 0.5, 0.9, 0.99):
        at = np.quantile(one, share)
        assert abs((other <= at).mean() - share) < 4.5 * math.sqrt(2 * share * (1 - share) / 4000)


def test_p_values_are_those_of_besag_and_clifford():
    p = np.exp(-score(marked("tight", 200, 4), "3km").samples[list(SRI_RELATIVE)].to_numpy())
    p = p[~np.isnan(p)]
    stopped = {round(chance.ENOUGH / drawn, 12) for drawn in range(chance.ENOUGH, 200)}
    ran_out = {round((hits + 1) / 200, 12) for hits in range(chance.ENOUGH)}
    assert set(p.round(12)) <= stopped | ran_out
    for reached, expected in (([True] * 20, 1.0), ([False] * 199, 0.005)):
        assert naive.sequential_p(reached, chance.ENOUGH) == expected


def test_errors_at_random_give_about_one_nat_and_honest_p_values():
    """Independent discs: the p values are those of chance, not too small."""
    count, n = 150, 90
    draw = np.random.default_rng(8)
    lat = np.repeat(np.linspace(-80, 80, count), n) + draw.normal(0, 0.1, count * n)
    lon = np.repeat(np.arange(count) * 137.5 % 360 - 180, n) + draw.normal(0, 0.1, count * n)
    world = worlds.rounded(worlds._spelled(lat, lon))
    audit = score(worlds.table(world, hit=draw.random(count * n) < 0.75), "1.2deg", sectors=3)
    first = audit.samples[audit.samples["sample"] % n == 0]
    for name in SRI_RELATIVE:
        nats = first[name].dropna()
        assert len(nats) > 60
        assert nats.mean() == pytest.approx(1.0, abs=4 * nats.std() / math.sqrt(len(nats)))
        for share in (0.01, 0.1, 0.3, 0.5):
            assert (np.exp(-nats) <= share).mean() < share + 4 * math.sqrt(share / len(nats))


def test_raw_sri_grows_as_parts_get_small_and_the_calibrated_one_does_not():
    table = worlds.table(worlds.tight(3000, 1), hit=worlds.hits(3000, 2))
    few, many = (score(table, "5km", sectors=sectors, centres=150) for sectors in (3, 60))
    assert many.summary["sri_sector"].item() > 5 * few.summary["sri_sector"].item()
    for audit in (few, many):
        assert 0.5 < audit.summary["sri_sector_relative"].item() < 1.6


def test_a_planted_gradient_is_found():
    world = worlds.tight(600, 1)
    hit = np.random.default_rng(2).random(600) < np.where(world.lat > 48.1, 0.95, 0.6)
    audit = score(worlds.table(world, hit=hit), "5km", permutations=99)
    row = audit.summary.iloc[0]
    assert row["sri_grid_relative"] > 3
    assert row["sri_grid_p"] == 0.01
    assert row["sri_sector_relative"] > row["sri_lag_relative"]


def test_more_permutations_raise_the_ceiling():
    world = worlds.tight(500, 1)
    hit = np.random.default_rng(2).random(500) < np.where(world.lat > 48.1, 0.98, 0.5)
    few, many = (
        score(worlds.table(world, hit=hit), "5km", centres=20, centre_permutations=draws)
        for draws in (None, 4999)
    )
    assert few.samples["sri_grid_relative"].max() == pytest.approx(math.log(200))
    assert many.samples["sri_grid_relative"].max() > 7
    assert any("5.30" in line for line in few.legend())
    assert any("8.52" in line for line in many.legend())


# --- What must not change it ---------------------------------------------------------------------

seeds = st.integers(0, 2**32 - 1)


def assert_alike(one, other, **tolerance):
    np.testing.assert_allclose(
        one[[*SRI, *SRI_RELATIVE]].to_numpy(), other[[*SRI, *SRI_RELATIVE]].to_numpy(), **tolerance
    )


@settings(max_examples=8)
@given(seed=seeds, kind=st.sampled_from(KINDS))
def test_scores_follow_their_rows_bit_for_bit(seed, kind):
    table = marked(kind, 120, seed)
    rows = np.random.default_rng(seed).permutation(len(table))
    for choices in ({"preset": "published"}, {"sites": "merge"}, {}):
        one, other = (
            score(t, ["1deg", "knn:25", "20@2deg"], **choices)
            for t in (table, table.iloc[rows].reset_index(drop=True))
        )
        pd.testing.assert_frame_equal(one.summary, other.summary, check_exact=True)
    moved = other.samples.assign(sample=rows[other.samples["sample"]])
    moved = moved.sort_values(["scale", "sample"], ignore_index=True)
    pd.testing.assert_frame_equal(
        one.samples.sort_values(["scale", "sample"], ignore_index=True), moved, check_exact=True
    )


@settings(max_examples=8)
@given(seed=seeds, turn=st.integers(-179, 179), kind=st.sampled_from([*KINDS, "uniform"]))
def test_scores_do_not_depend_on_the_longitude_of_the_whole(seed, turn, kind):
    """Cells and directions at a pole itself are the exception: they start at longitude 0."""
    table = marked(kind, 120, seed)
    turned = worlds.rounded(
        worlds._spelled(table["lat"].to_numpy(), table["lon"].to_numpy() + turn)
    )
    one, other = (
        score(t, ["1.5deg", "60deg"]).samples.assign(pole=np.tile(t["lat"].abs() == 90, 2))
        for t in (table, table.assign(lat=turned.lat, lon=turned.lon))
    )
    assert_alike(one[~one["pole"]], other[~other["pole"]], rtol=1e-9, atol=1e-12)


def settings_of(scale, **choices):
    """The choices of `geobias.score`, those not given as they are by default."""
    return Settings.checked(
        **{
            "scales": scale, "preset": "geobias", "marks": "pm", "k": 4, "scores": "sri",
            "background": "everywhere", "sites": "keep", "site_tolerance_km": 0.0,
            "centres": None, "seed": 5, "index": "bands", "permutations": None, "within": None,
            "bootstrap": None, "block_km": None, "fdr": None, "centre_permutations": None,
            **choices,
        }
    )  # fmt: skip


def some_and_their_surroundings(places, reach, wanted, seed):
    """A few points, and all points within reach of one of them."""
    points = worlds.some(places.points, wanted, seed)
    lat, lon = places.radians
    angles = naive.haversine(lat[:, None], lon[:, None], lat[points], lon[points])
    return points, np.flatnonzero((angles <= reach[points]).any(axis=1))


@pytest.mark.parametrize(
    ("preset", "levels"),
    [("geobias", (-1.0, 1.0)), ("geobias", (-2.0, -1.0, 1.0)), ("published", (-1.0, 1.0))],
)
@pytest.mark.parametrize("scale", ["9deg", "knn:90", "30@9deg"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_surrounds_a_few_centres_tells_their_scores(kind, scale, preset, levels):
    """On a worker that has no other samples, bit for bit those of the whole."""
    places = Places.of(*worlds.rounded(worlds.KINDS[kind](500, 7)))
    marks = np.stack([worlds.binned(500, seed, levels) for seed in range(2)])
    marking, choices = Marking.of(places, marks, levels), settings_of(scale, preset=preset)
    whole, (parsed,) = Scorer.of(places, marking, choices, threads=2), choices.scales
    every = whole.scores(parsed, np.arange(places.points), lambda *at: None)
    # The cells of preset published stick out by half of a diagonal, and by rounding.
    reach = 1.5 * every.radius_km / naive.EARTH_RADIUS_KM + 1e-6
    centres, near = some_and_their_surroundings(places, reach, 5, seed=3)
    around, seats = places.subset(near)
    sent_there = sent((around, marking.of_seats(seats), choices, np.searchsorted(near, centres)))
    *what, own = sent_there
    there = sent(Scorer.of(*what, threads=1))
    found = there.scores(parsed, own, lambda *at: None)
    assert found.sri.nats.tobytes() == every.sri.nats[..., centres].tobytes()
    assert found.sri.p.tobytes() == every.sri.p[..., centres].tobytes()
    weights = np.arange(1, centres.size + 1)
    one = whole.sums(parsed, centres, weights, marking.codes, lambda *at: None)
    other = there.sums(parsed, own, weights, marking.codes[seats], lambda *at: None)
    assert one.mean().tobytes() == other.mean().tobytes()
    assert np.isfinite(found.sri.nats).any()


@pytest.mark.parametrize("preset", ["geobias", "published"])
def test_threads_index_and_company_change_no_bit(preset):
    table = marked("duplicated", 300, 5)
    more = table.assign(other=worlds.hits(300, 6))
    base = score(table, ["200km", "40@3deg"], correct="hit", preset=preset)
    for choices in ({"threads": 3}, {"scores": ("ssi", "sri")}):
        again = score(table, ["200km", "40@3deg"], correct="hit", preset=preset, **choices)
        assert_alike(base.samples, again.samples, rtol=0)
    two = score(more, ["200km", "40@3deg"], correct=["hit", "other"], preset=preset)
    assert_alike(base.samples, two.samples[two.samples["model"] == "hit"], rtol=0)
    tree = score(table, ["200km", "40@3deg"], correct="hit", preset=preset, index="balltree")
    assert_alike(base.samples, tree.samples, rtol=0)


def test_the_calibrated_scores_are_the_same_for_both_presets():
    table = marked("clustered", 300, 5)
    one, other = (
        score(table, "1.5deg", preset=preset).samples for preset in ("geobias", "published")
    )
    pd.testing.assert_frame_equal(one[list(SRI_RELATIVE)], other[list(SRI_RELATIVE)])


def test_a_cap_does_not_cut_sri():
    table = marked("tight", 200, 5)
    assert_alike(score(table, "30@3km").samples, score(table, "3km").samples, rtol=0)


def test_ssi_is_the_same_with_sri_beside_it():
    table = marked("clustered", 200, 5)
    one, both = (
        geobias.score(table, scales=["1.5deg", "30@2deg"], permutations=9, scores=scores, threads=1)
        for scores in ("ssi", ("ssi", "sri"))
    )
    for name in ("summary", "samples", "chance"):
        alone, beside = getattr(one, name), getattr(both, name)
        pd.testing.assert_frame_equal(alone, beside[alone.columns], check_exact=True)
    assert not any("sri" in column for column in one.summary)
    assert "scores" not in one.provenance["settings"]
    assert both.provenance["settings"]["scores"] == ["ssi", "sri"]


def test_marks_01_say_the_same_as_marks_pm():
    table = marked("clustered", 200, 5)
    one, other = (
        score(table, "1.5deg", preset="published", marks=marks).samples for marks in ("pm", "01")
    )
    assert_alike(one, other, rtol=0)


def test_permutations_of_the_dataset_are_tests_of_the_mean():
    table = marked("clustered", 300, 7)
    audit = score(table, "1.5deg", permutations=19, bootstrap=19, block_km=20)
    row = audit.summary.iloc[0]
    assert list(audit.chance.columns) == ["model", "scale", "permutation", *SRI]
    for name in SRI:
        observed = audit.samples[name].mean()
        assert row[name] == pytest.approx(observed)
        beaten = (audit.chance[name] >= observed * (1 - 1e-9)).sum()
        assert row[f"{name}_p_greater"] == pytest.approx((1 + beaten) / 20)
        assert f"{name}_low" in row
    assert audit.findings()["score"].tolist() == [*SRI, *SRI_RELATIVE]


# --- Everything that shows an audit --------------------------------------------------------------


@pytest.fixture(scope="module")
def alone():
    world = worlds.tight(300, 1)
    hit = np.random.default_rng(2).random(300) < np.where(world.lat > 48.1, 0.95, 0.6)
    return score(worlds.table(world, hit=hit), ["2km", "3km", "5km"], permutations=19, bootstrap=19)


def test_an_audit_of_sri_alone_reads_well(alone, tmp_path):
    assert not {"clustering", "marked", "unmarked"} & {*alone.summary, *alone.samples}
    text = repr(alone)
    for word in ("sri_grid_relative", "does accuracy differ", "grows as parts get small"):
        assert word in text
    assert "clustering" not in text
    assert "accuracy differs between" in alone._repr_html_()
    assert alone.table().columns[-6:].tolist() == [*SRI, *SRI_RELATIVE]
    alone.to_parquet(tmp_path / "scores.parquet")
    assert set(SRI) <= set(pd.read_parquet(tmp_path / "scores.parquet"))
    assert '"sri_grid"' in alone.to_json()


def test_sentences_tell_raw_from_calibrated(alone):
    said = alone.sentences()
    assert len(said) == 18
    raw = [line for line in said if "grows as parts get small" in line]
    calibrated = [line for line in said if "about 1" in line]
    assert len(raw) == len(calibrated) == 9
    assert "than chance gives (p" in calibrated[-1]


def test_figures_of_an_audit_of_sri_alone(alone):
    assert alone.plot.profile("sri_grid").axes
    relative = alone.plot.profile("sri_sector_relative").axes[0]
    assert [line for line in relative.lines if line.get_gid() == "chance"]
    raw = alone.plot.profile("sri_sector").axes[0]
    assert not [line for line in raw.lines if line.get_gid() == "chance"]
    assert alone.plot.map("sri_grid_relative").axes
    assert alone.plot.chance("sri_lag").axes
    assert alone.plot.neighbourhood(0).axes
    for call, word in (
        (lambda: alone.plot.profile("clustering"), "no score 'clustering'"),
        (lambda: alone.plot.chance("sri_lag_relative"), "centre by centre"),
        (lambda: alone.plot.chance(), "no score 'clustering'"),
        (lambda: alone.explore(), "scores of SSI"),
    ):
        with pytest.raises(GeoBiasError, match=word):
            call()


# --- Bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choices", "word"),
    [
        ({"cell": "3000km"}, "cell='3000km' is larger than the radius of scale 500km"),
        ({"lag": "0.2rad"}, "lag='0.2rad' is larger than the radius"),
        ({"sectors": 0}, "sectors must be a whole number of 2 to 360, not 0"),
        ({"sectors": 1}, "sectors must be"),
        ({"sectors": 2.5}, "sectors must be"),
        ({"cell": "100"}, "cell: .* no unit"),
        ({"cell": "knn:10"}, "cell must be a length"),
        ({"lag": "10@100km"}, "lag must be a length"),
        ({"lag": "-1km"}, "lag: .* above 0"),
        ({"cell": 100}, "cell"),
        ({"scores": "sre"}, "scores must be one of ssi, sri"),
        ({"scores": []}, "scores must name"),
        ({"scores": ["ssi", 3]}, "scores must be one of"),
        ({"scores": "ssi", "cell": "10km"}, "cell is about the parts of SRI"),
        ({"scores": "ssi", "lag": "10km"}, "lag is about the parts of SRI"),
        ({"fdr": 0.05}, "fdr judges centres by SSI"),
        ({"preset": "pygbs"}, "pygbs is for SSI alone"),
        ({"scores": "ssi", "centre_permutations": 99}, "centre_permutations goes with fdr"),
    ],
)
def test_wrong_choices_are_refused(choices, word):
    with pytest.raises((GeoBiasError, ScaleError), match=word):
        score(marked("tight", 60, 1), "500km", **choices)


def test_published_sri_takes_two_levels():
    table = worlds.table(worlds.tight(60, 1), mark=worlds.binned(60, 1, (-1.0, 1.0, 2.0)))
    with pytest.raises(GeoBiasError, match="right or wrong, not for levels"):
        score(table, "5km", correct="mark", levels=(-1, 1, 2), preset="published")


def test_a_cell_larger_than_a_neighbourhood_of_nearest_leaves_it_undefined():
    audit = score(marked("tight", 100, 1), "knn:40", cell="100km")
    assert audit.summary["sri_grid"].isna().all()
    assert audit.summary["sri_sector"].notna().all() or audit.summary["sri_lag"].isna().all()


@pytest.mark.parametrize(
    "words",
    [
        ["--score", "ssi,sri", "--cell", "250km", "--lag", "50km", "--sectors", "4"],
        ["--score", "SRI"],
    ],
)
def test_the_command(run, tmp_path, words):
    marked("clustered", 200, 2).to_csv(tmp_path / "p.csv", index=False)
    found = run("score", tmp_path / "p.csv", "--scale", "500km", *words)
    assert found.code == 0
    assert "sri_grid_relative" in found.out
    assert ("clustering" in found.out) == ("ssi" in " ".join(words))


def test_the_command_refuses_what_is_wrong(run, tmp_path):
    marked("clustered", 60, 2).to_csv(tmp_path / "p.csv", index=False)
    words = "--scale", "500km", "--score", "sri", "--sectors", "0"
    assert "sectors must be" in refusal(run, "score", tmp_path / "p.csv", *words)


def test_parts_are_numbered_in_the_order_of_their_keys():
    from geobias.sri.parts import gather_parts

    draw = np.random.default_rng(3)
    keys = draw.integers(-1, 12, (3, 400))
    parts = room_for_parts(400)
    gather_parts(parts, keys, 400)
    for kind in range(3):
        counts = {key: (keys[kind] == key).sum() for key in range(12)}
        enough = [key for key, count in counts.items() if count >= 20]
        assert parts.found[kind] == len(enough)
        assert parts.size[kind, : len(enough)].tolist() == [counts[key] for key in enough]
        number = {key: part for part, key in enumerate(enough)}
        assert parts.label[kind].tolist() == [number.get(key, -1) for key in keys[kind].tolist()]
        assert all(a < b for a, b in pairwise(enough))
