"""The scan for places where errors are frequent, against brute force and against chance."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import naive
import worlds
from far_crew import FarCrew
from geobias.crews import Threads
from geobias.geometry.bands import runs_within
from geobias.geometry.places import BANDS, Places
from geobias.inference.exchange import Exchange
from geobias.inference.permutation import judge
from geobias.samples import Samples
from geobias.scales import EARTH_RADIUS_KM
from geobias.scan import Scan, chance
from geobias.scan.ladder import RUNGS, rungs_of, square_of
from geobias.scan.lanes import LANES, WORDS, rows
from geobias.scan.likelihood import log_ratio
from geobias.scan.tallies import GROUP, add_rows, add_tally, at_least, planes_for, read
from geobias.simulate import world
from worlds import KINDS

LIMITS = [
    {},
    {"share": 0.1},
    {"radius_rad": 100.0 / EARTH_RADIUS_KM},
    {"radius_rad": 2.0, "share": 0.3},
]
PARTS = 15
seeds = st.integers(0, 2**32 - 1)


def quiet(done, total):
    """Nobody watches."""


def scan_of(places, errors, centres=None, **choices):
    centres = np.arange(places.points) if centres is None else centres
    errors = np.atleast_2d(errors).astype(np.uint8)
    return Scan.of(places, errors, centres, **{"crew": Threads(1), "advance": quiet, **choices})


def maxima_of(scan, exchange, permutations, seed=0):
    return scan.maxima(exchange, permutations, seed, quiet)


def free(places):
    """Each sample is a site of its own."""
    return Exchange.of(places, np.arange(places.seats))


def some_errors(n, seed, highest=1, rate=0.3):
    draw = np.random.default_rng(seed)
    return draw.binomial(highest, rate, n) if highest == 1 else draw.integers(0, highest + 1, n)


def oracle_of(seated, limits):
    """The circles of the oracle, around the first seat of each point."""
    first = seated.places.seat_start[:-1]
    share, radius = limits.get("share", 0.5), limits.get("radius_rad")
    return naive.scan_circles(seated.lat, seated.lon, first, share, radius)


def assert_clusters(found, expected, places):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one.point == places.point_of_seat[other.circle.centre]
        assert one.seats.tolist() == other.circle.members
        assert one.radius_rad == pytest.approx(other.circle.radius, rel=1e-6, abs=1e-12)
        assert one.llr == pytest.approx(other.llr, rel=1e-9, abs=1e-12)


def shuffled(exchange, errors, permutations, seed=0):
    """What the permutations make of the errors of one model."""
    for draw in range(1, permutations + 1):
        yield errors[exchange.shuffle(np.random.default_rng([seed, 2, draw]))]


# --- The likelihood ratio ------------------------------------------------------------------------


@given(st.data())
def test_the_ratio_is_that_of_the_formula(data):
    samples = data.draw(st.integers(2, 5000))
    n = data.draw(st.integers(1, samples - 1))
    highest = data.draw(st.sampled_from([1, PARTS]))
    all_errors = data.draw(st.integers(0, highest * samples))
    low = max(0, all_errors - highest * (samples - n))
    errors = data.draw(st.integers(low, min(all_errors, highest * n)))
    expected = naive.bernoulli_llr(errors / highest, n, all_errors / highest, samples)
    found = log_ratio(errors, n, all_errors, samples, highest)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)
    if errors * samples <= all_errors * n:
        assert found == 0.0


def test_a_ratio_by_hand():
    """Three of four wrong inside, and one of six outside."""
    expected = (
        3 * math.log(3 / 4) + math.log(1 / 4) + math.log(1 / 6) + 5 * math.log(5 / 6)
        - 4 * math.log(4 / 10) - 6 * math.log(6 / 10)
    )  # fmt: skip
    assert log_ratio(3, 4, 4, 10, 1) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("errors", "n", "all_errors", "samples"),
    [(0, 5, 0, 10), (5, 5, 10, 10), (2, 5, 4, 10), (1, 5, 4, 10), (4, 10, 4, 10), (0, 0, 4, 10)],
)
def test_no_more_errors_than_elsewhere_is_no_evidence(errors, n, all_errors, samples):
    assert log_ratio(errors, n, all_errors, samples, 1) == 0.0


def test_the_ratio_of_a_million_keeps_its_digits():
    """By logarithms of 50 digits: the plain formula would cancel eight of them."""
    from decimal import Decimal, getcontext

    getcontext().prec = 50
    c, n, C, N = 100_600, 500_000, 200_000, 1_000_000

    def part(count, size):
        return Decimal(count) * (Decimal(count) / Decimal(size)).ln()

    exact = (
        part(c, n) + part(n - c, n) + part(C - c, N - n) + part(N - n - C + c, N - n)
        - part(C, N) - part(N - C, N)
    )  # fmt: skip
    assert log_ratio(c, n, C, N, 1) == pytest.approx(float(exact), rel=1e-9)


# --- Circles, clusters and maxima against brute force --------------------------------------------


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("kind", list(KINDS))
def test_circles_and_clusters_are_those_of_the_oracle(kind, limits):
    seated = worlds.seats(KINDS[kind](70, 5))
    errors = some_errors(70, 6)
    scan, circles = scan_of(seated.places, errors, **limits), oracle_of(seated, limits)
    found = scan.circles
    assert found.n.tolist() == [len(circle.members) for circle in circles]
    assert found.errors[0].tolist() == [errors[circle.members].sum() for circle in circles]
    owner = seated.places.point_of_seat[[circle.centre for circle in circles]]
    assert np.repeat(found.centres, np.diff(found.start)).tolist() == owner.tolist()
    expected = naive.scan_clusters(seated.lat, seated.lon, circles, errors, 100)
    assert expected
    assert_clusters(scan.clusters(0, most=100), expected, seated.places)
    assert_clusters(scan.clusters(0, most=2), expected[:2], seated.places)


@settings(max_examples=40)
@given(
    kind=st.sampled_from(list(KINDS)), n=st.integers(4, 60), seed=seeds,
    limits=st.sampled_from(LIMITS),
)  # fmt: skip
def test_clusters_of_any_world_are_those_of_the_oracle(kind, n, seed, limits):
    seated = worlds.seats(worlds.rounded(KINDS[kind](n, seed)))
    errors = some_errors(n, seed + 1)
    circles = oracle_of(seated, limits)
    expected = naive.scan_clusters(seated.lat, seated.lon, circles, errors, 100)
    found = scan_of(seated.places, errors, **limits).clusters(0, most=100)
    assert_clusters(found, expected, seated.places)


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("kind", list(KINDS))
def test_maxima_are_those_of_the_oracle(kind, limits):
    seated = worlds.seats(KINDS[kind](50, 7))
    errors, exchange = some_errors(50, 8), free(seated.places)
    circles = oracle_of(seated, limits)
    expected = [naive.scan_maximum(circles, each) for each in shuffled(exchange, errors, 70)]
    found = maxima_of(scan_of(seated.places, errors, **limits), exchange, 70)
    np.testing.assert_allclose(found, [expected], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", ["clustered", "duplicated", "polar"])
def test_parts_of_errors_are_those_of_the_oracle(kind):
    seated = worlds.seats(KINDS[kind](60, 9))
    errors = some_errors(60, 10, PARTS)
    exchange = Exchange.of(seated.places, np.arange(60), None, np.arange(60) % 3 + 1)
    circles = oracle_of(seated, {})
    scan = scan_of(seated.places, errors, highest=PARTS)
    expected = naive.scan_clusters(seated.lat, seated.lon, circles, errors / PARTS, 100)
    assert_clusters(scan.clusters(0, most=100), expected, seated.places)
    drawn = [
        naive.scan_maximum(circles, each / PARTS) for each in shuffled(exchange, errors, 65, seed=3)
    ]
    np.testing.assert_allclose(maxima_of(scan, exchange, 65, seed=3), [drawn], rtol=1e-9)


def test_whole_parts_are_whole_errors():
    places = worlds.seats(worlds.clustered(200, 1)).places
    errors, exchange = some_errors(200, 2), free(places)
    one, parts = scan_of(places, errors), scan_of(places, PARTS * errors, highest=PARTS)
    np.testing.assert_allclose(
        maxima_of(one, exchange, 99), maxima_of(parts, exchange, 99), rtol=1e-12
    )
    assert [c.seats.tolist() for c in one.clusters(0, most=9)] == [
        c.seats.tolist() for c in parts.clusters(0, most=9)
    ]


@pytest.mark.parametrize("permutations", [1, 63, 64, 65, 1000, LANES, LANES + 1, 2 * LANES + 7])
def test_any_number_of_permutations(permutations):
    """Each one is the same however many there are, the first of a batch and the last, too."""
    seated = worlds.seats(worlds.duplicated(60, 3))
    errors, exchange = some_errors(60, 4), free(seated.places)
    scan = scan_of(seated.places, errors)
    found = maxima_of(scan, exchange, permutations)
    assert found.shape == (1, permutations)
    circles = oracle_of(seated, {})
    arrangements = list(shuffled(exchange, errors, permutations))
    for draw in {0, permutations // 2, permutations - 1}:
        expected = naive.scan_maximum(circles, arrangements[draw])
        assert found[0, draw] == pytest.approx(expected, rel=1e-9)
    many = maxima_of(scan, exchange, 2 * LANES + 7)
    assert found.tolist() == many[:, :permutations].tolist()


def test_whole_sites_trade_their_errors():
    seated = worlds.seats(worlds.sited(20, 4, 5))
    errors = some_errors(80, 6)
    sites = np.empty(80, np.int64)
    sites[seated.places.sample_at] = seated.places.point_of_seat
    exchange = Exchange.of(seated.places, sites)
    circles = oracle_of(seated, {})
    expected = [naive.scan_maximum(circles, each) for each in shuffled(exchange, errors, 30)]
    found = maxima_of(scan_of(seated.places, errors), exchange, 30)
    np.testing.assert_allclose(found, [expected], rtol=1e-9)
    assert not np.allclose(
        found, maxima_of(scan_of(seated.places, errors), free(seated.places), 30)
    )


def test_what_cannot_move_stays_as_observed():
    """One group for each sample: chance is what was observed, and so its maximum."""
    places = worlds.seats(worlds.clustered(300, 2)).places
    scan = scan_of(places, some_errors(300, 3))
    fixed = Exchange.of(places, np.arange(300), np.arange(300))
    assert fixed.fixed == 300
    first = scan.clusters(0, most=1)[0]
    assert maxima_of(scan, fixed, 5).tolist() == [[first.llr] * 5]


# --- What a cluster is ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_cluster_holds_all_samples_within_its_radius(kind):
    seated = worlds.seats(KINDS[kind](400, 11))
    errors = some_errors(400, 12)
    scan = scan_of(seated.places, errors)
    clusters = scan.clusters(0, most=100)
    starts = seated.places.seat_start
    for cluster in clusters:
        distance = naive.angles_from(starts[cluster.point], seated.lat, seated.lon)
        # Equal distances differ in their last digits: those at the rim are all in.
        inside = distance <= cluster.radius_rad * (1 + naive.TIE) + naive.COINCIDENT
        assert cluster.seats.tolist() == np.flatnonzero(inside).tolist()
        assert distance[inside].max() == pytest.approx(cluster.radius_rad, abs=1e-9)
        assert scan.llr(0, cluster.seats) == cluster.llr > 0
        for other in clusters:
            if other.point != cluster.point:
                between = distance[starts[other.point]]
                assert between > cluster.radius_rad + other.radius_rad
    ratios = [cluster.llr for cluster in clusters]
    assert ratios == sorted(ratios, reverse=True)


def test_circles_that_touch_are_not_apart():
    """On a meridian a degree apart: around 0 and around 2 the sample between belongs to both."""
    seated = worlds.seats(worlds.World(np.array([0.0, 1, 2, 40, 50, 60, 70, 80]), np.zeros(8)))
    errors = np.array([1, 1, 1, 0, 0, 0, 0, 0])
    first, *others = scan_of(seated.places, errors).clusters(0, most=9)
    assert first.seats.tolist() == [0, 1, 2]
    assert not others


def test_of_equal_circles_the_lower_point_and_the_smaller_radius_come_first():
    """Two far apart, alike in everything; around each, a sample of either kind of error."""
    lat, lon = (
        np.array([-50.0, -50.001, 50.0, 50.001, 0, 0, 0, 0]),
        np.array([0.0] * 4 + [90, 120, 150, 179]),
    )
    seated = worlds.seats(worlds.World(lat, lon))
    errors = (np.abs(seated.lat) > 49).astype(int)
    found = scan_of(seated.places, errors).clusters(0, most=9)
    # All four are closest to each other over one pole or the other, but not in a circle of half.
    assert [cluster.point for cluster in found] == [0, 6]
    assert [cluster.seats.size for cluster in found] == [2, 2]


def test_the_ratio_of_any_set_of_samples():
    places = worlds.seats(worlds.uniform(50, 1)).places
    errors = some_errors(50, 2)
    scan = scan_of(places, errors)
    for seats in (np.array([3]), np.arange(10, 30), np.arange(50), np.array([], dtype=np.int64)):
        assert scan.llr(0, seats) == pytest.approx(naive.scan_llr(errors, seats.tolist()))


@pytest.mark.parametrize("rate", [0, 1])
@pytest.mark.parametrize("highest", [1, PARTS])
def test_without_errors_and_without_anything_else_there_is_no_cluster(rate, highest):
    places = worlds.seats(worlds.clustered(40, 1)).places
    errors = np.array([np.full(40, rate * highest), some_errors(40, 2, highest)])
    scan = scan_of(places, errors, highest=highest)
    assert scan.clusters(0, most=5) == []
    assert scan.clusters(1, most=5)
    assert scan.llr(0, np.arange(5)) == 0.0
    drawn = maxima_of(scan, free(places), 70)
    assert (drawn[0] == 0.0).all()
    assert (drawn[1] > 0.0).all()


def test_two_samples_and_circles_that_hold_none():
    places = Places.of(np.array([10.0, 20.0]), np.array([0.0, 0.0]))
    scan = scan_of(places, np.array([1, 0]))
    (only,) = scan.clusters(0, most=5)
    assert (only.point, only.radius_rad, only.seats.tolist()) == (0, 0.0, [0])
    assert only.llr == pytest.approx(2 * math.log(2))
    assert maxima_of(scan, free(places), 3).tolist() == [[only.llr] * 3]
    small = scan_of(places, np.array([1, 0]), share=0.4)
    assert small.clusters(0, most=5) == []
    assert maxima_of(small, free(places), 3).tolist() == [[0.0] * 3]


def test_a_share_is_not_lost_to_rounding():
    """0.29 times 100 is 28.999999999999996."""
    places = worlds.seats(worlds.gridded(100, 1)).places
    errors = np.zeros(100)
    errors[:29] = 1
    assert scan_of(places, errors, np.arange(1), share=0.29).circles.n.max() <= 29
    line = Places.of(np.zeros(100), np.concatenate((np.arange(29) / 1000, np.arange(71) + 90.0)))
    assert scan_of(line, np.zeros(100), np.arange(1), share=0.29).circles.n.max() == 29


# --- What must not change a result ---------------------------------------------------------------


def outcome(table, permutations=70, **choices):
    """Clusters and maxima of all models, with the samples by their rows."""
    models = [column for column in table if column not in ("lat", "lon")]
    samples = Samples.from_table(table, correct=models)
    places = Places.of(samples.lat, samples.lon)
    errors = [1 - places.seated(np.asarray(hit, dtype=float)) for hit in samples.correct]
    scan = scan_of(places, np.array(errors), **choices)
    exchange = Exchange.of(places, samples.sites)
    clusters = [scan.clusters(m, most=20) for m in range(len(models))]
    said = [
        [(c.point, c.radius_rad, places.sample_at[c.seats].tolist(), c.llr) for c in found]
        for found in clusters
    ]
    return said, maxima_of(scan, exchange, permutations).tolist()


def table_of(kind, n, seed, models=1):
    hits = {f"m{m}": worlds.hits(n, seed + m) for m in range(models)}
    return worlds.table(worlds.rounded(KINDS[kind](n, seed)), **hits)


def locations_of(said, table):
    """What clusters hold, whatever the rows are called: rows that share a point are alike."""
    at = [(lat, lon) for lat, lon in zip(table["lat"], table["lon"] % 360, strict=True)]
    return [
        [
            (point, radius, sorted(at[row] for row in rows), llr)
            for point, radius, rows, llr in found
        ]
        for found in said
    ]


@settings(max_examples=25)
@given(kind=st.sampled_from(list(KINDS)), seed=seeds, shuffle=seeds)
def test_the_order_of_rows_changes_no_bit(kind, seed, shuffle):
    table = table_of(kind, 60, seed, models=2)
    rows = np.random.default_rng(shuffle).permutation(60)
    (one, chance_of_one), (other, chance_of_other) = outcome(table), outcome(table.iloc[rows])
    assert locations_of(one, table) == locations_of(other, table.iloc[rows])
    assert chance_of_one == chance_of_other


@settings(max_examples=25)
@given(kind=st.sampled_from(list(KINDS)), seed=seeds)
def test_a_full_turn_changes_no_bit(kind, seed):
    """Quarters of a degree survive it without rounding."""
    table = table_of(kind, 60, seed)
    table["lon"] = np.round(4 * table["lon"]) / 4 % 360 - 180
    turned = table.assign(lon=np.where(np.arange(60) % 2, table["lon"] + 360, table["lon"]))
    assert outcome(table) == outcome(turned)


@pytest.mark.parametrize("limits", LIMITS)
def test_the_number_of_threads_changes_no_bit(limits):
    table = table_of("duplicated", 900, 4, models=2)
    one, two, four = (outcome(table, 150, crew=Threads(size), **limits) for size in (1, 2, 4))
    assert one == two == four


@pytest.mark.parametrize("limits", LIMITS)
def test_a_crew_elsewhere_changes_no_bit(limits, monkeypatch):
    table = table_of("duplicated", 400, 4, models=3)
    here, there = (outcome(table, 150, crew=crew, **limits) for crew in (Threads(2), FarCrew()))
    assert here == there
    monkeypatch.setattr(chance, "_TABLE_BYTES", 1)
    assert outcome(table, LANES + 70, crew=FarCrew()) == outcome(table, LANES + 70)


def test_parts_of_errors_are_the_same_elsewhere():
    places = worlds.seats(worlds.duplicated(200, 9)).places
    errors, exchange = some_errors(200, 10, PARTS), free(places)
    here, there = (scan_of(places, errors, highest=PARTS, crew=c) for c in (Threads(1), FarCrew()))
    assert maxima_of(here, exchange, 70).tolist() == maxima_of(there, exchange, 70).tolist()


def test_several_models_are_each_as_if_alone(monkeypatch):
    table = table_of("clustered", 300, 5, models=3)
    said, drawn = outcome(table, LANES + 5)
    for m, model in enumerate(["m0", "m1", "m2"]):
        alone, drawn_alone = outcome(table[["lat", "lon", model]], LANES + 5)
        assert alone == said[m : m + 1]
        assert drawn_alone == drawn[m : m + 1]
    # Nor does it matter how many fit into memory together.
    monkeypatch.setattr(chance, "_TABLE_BYTES", 1)
    assert outcome(table, LANES + 5) == (said, drawn)


def test_centres_in_any_order_and_twice():
    places = worlds.seats(worlds.clustered(200, 1)).places
    errors = some_errors(200, 2)
    some = worlds.some(places.points, 50, 3)
    other = np.random.default_rng(4).permutation(np.concatenate((some, some[:9])))
    one, two = scan_of(places, errors, some), scan_of(places, errors, other)
    assert {cluster.point for cluster in one.clusters(0, most=9)} <= set(some.tolist())
    assert [c.point for c in one.clusters(0, most=9)] == [c.point for c in two.clusters(0, most=9)]
    assert maxima_of(one, free(places), 9).tolist() == maxima_of(two, free(places), 9).tolist()


def test_progress_ends_where_it_should():
    places = worlds.seats(worlds.clustered(200, 1)).places
    for models, permutations in ((1, 70), (3, LANES + 70)):
        told = []
        errors = np.array([some_errors(200, m) for m in range(models)])
        scan = scan_of(places, errors, advance=lambda *at, told=told: told.append(at))
        assert told[-1] == (places.points, places.points)
        told.clear()
        scan.maxima(free(places), permutations, 0, lambda *at, told=told: told.append(at))
        assert [done for done, _ in told] == sorted(done for done, _ in told)
        assert len({total for _, total in told}) == 1
        assert told[-1][0] == told[-1][1]


# --- Counting with bits --------------------------------------------------------------------------


def as_rows(bits):
    """Rows of 1,024 bits, one after the other in words."""
    packed = np.packbits(bits, axis=1, bitorder="little").view(np.uint64)
    words = rows(len(bits))
    words[:] = packed.ravel()
    return words


def random_bits(count, seed):
    """Rows of which some bits are nearly always set, and others hardly ever."""
    draw = np.random.default_rng(seed)
    return draw.random((count, LANES)) < np.linspace(0, 1, LANES)


def read_all(tally, planes):
    return [read(tally, planes, lane // 64, lane % 64) for lane in range(LANES)]


@settings(max_examples=30)
@given(groups=st.lists(st.integers(0, 12), min_size=1, max_size=6), seed=seeds)
def test_rows_add_up_to_plain_sums(groups, seed):
    count = GROUP * sum(groups)
    bits = random_bits(count + 1, seed)
    order = np.random.default_rng(seed).permutation(count + 1)[:count].astype(np.int32)
    planes, done = max(3, planes_for(count)), 0
    tally = rows(planes)
    for group in groups:
        add_rows(tally, planes, as_rows(bits), WORDS, 0, order, done, done + GROUP * group)
        done += GROUP * group
        assert read_all(tally, planes) == bits[order[:done]].sum(axis=0).tolist()


@settings(max_examples=30)
@given(counts=st.lists(st.integers(0, 9), min_size=4, max_size=4), seed=seeds, data=st.data())
def test_parts_add_up_and_are_compared(counts, seed, data):
    """Four bits of each error, in rows one after the other; then those above a bound."""
    bits = random_bits(4 * GROUP * 10, seed).reshape(-1, 4, LANES)
    order = np.arange(GROUP * 10, dtype=np.int32)
    planes = planes_for(PARTS * GROUP * 10) + 1
    total, tally, found = rows(planes), rows(planes), rows(1)
    expected = np.zeros(LANES, np.int64)
    for part, count in enumerate(counts):
        tally[:] = 0
        words = as_rows(bits.reshape(-1, LANES))
        add_rows(tally, planes, words, 4 * WORDS, part * WORDS, order, 0, GROUP * count)
        add_tally(total, planes, tally, part)
        expected += bits[: GROUP * count, part].sum(axis=0) << part
    assert read_all(total, planes) == expected.tolist()
    least = data.draw(st.integers(1, int(expected.max()) + 2))
    at_least(total, planes, least, found)
    flags = np.unpackbits(found.view(np.uint8), bitorder="little").astype(bool)
    assert flags.tolist() == (expected >= least).tolist()


@given(st.integers(0, 2**40))
def test_as_many_planes_as_a_count_has_bits(count):
    assert planes_for(count) == count.bit_length()


# --- The ladder ----------------------------------------------------------------------------------


@given(st.floats(-1, 7.3).map(lambda power: 10**power / 6_371_008.8))
def test_the_rung_of_a_distance_is_that_of_the_oracle(angle):
    """From a decimetre to the other side of the globe, but for distances that end on a rung."""
    near = [naive.ladder_rung(min(angle, math.pi) * factor) for factor in (1 - 1e-9, 1 + 1e-9)]
    assume(near[0] == near[1])
    assert rungs_of(np.array([square_of(angle)])).tolist() == near[:1]


def test_rungs_go_from_a_metre_to_the_other_side_of_the_globe():
    assert rungs_of(np.array([0.0, 0.999, 1.0, 1.124, 1.126])).tolist() == [0, 0, 1, 1, 2]
    assert naive.ladder_rung(math.pi) == RUNGS - 1


# --- Runs of points ------------------------------------------------------------------------------


@settings(max_examples=60)
@given(
    kind=st.sampled_from(list(KINDS)), seed=seeds, degrees=st.floats(1e-6, 180.0), data=st.data()
)
def test_runs_hold_all_points_within_reach(kind, seed, degrees, data):
    places = worlds.seats(KINDS[kind](80, seed)).places
    centre = data.draw(st.integers(0, places.points - 1))
    runs, search = np.empty((2 * BANDS, 2), np.int64), math.radians(degrees)
    found = runs_within(places.lat, places.lon, places.band_start, centre, search, runs)
    listed = [point for first, end in runs[:found] for point in range(first, end)]
    assert listed == sorted(set(listed))
    distance = naive.angles_from(centre, places.lat, places.lon)
    assert set(np.flatnonzero(distance <= search)) <= set(listed)
    # Runs that touch are one.
    assert (runs[1:found, 0] > runs[: found - 1, 1]).all()


# --- Chance --------------------------------------------------------------------------------------


def p_and_first(table, permutations=99, centres=None):
    """p of the most unlikely circle, and the circle."""
    samples = Samples.from_table(table, correct="correct")
    places = Places.of(samples.lat, samples.lon)
    scan = scan_of(places, 1 - places.seated(np.asarray(samples.correct[0], dtype=float)))
    first = scan.clusters(0, most=1)[0]
    drawn = maxima_of(scan, Exchange.of(places, samples.sites), permutations)
    return float(judge(np.array(first.llr), drawn[0]).p_greater), first, places


PLANTED = {
    "north": (48.9, 2.4),
    "south": (-25.3, 131.0),
    "date line": (-17.7, 179.9),
    "north pole": (89.0, -60.0),
    "south pole": (-90.0, 0.0),
}


@pytest.mark.parametrize("where", list(PLANTED))
def test_a_planted_region_is_found(where):
    """A tenth of 500 samples, wrong half of the time: found in 18 of 20 worlds and more.

    With the centre within the planted radius, and p <= 0.05.
    """
    lat, lon = PLANTED[where]
    hits = 0
    for seed in range(20):
        table = world(
            "weak-region", n=500, locations="uniform", lat=lat, lon=lon, radius_km=4000.0,
            accuracy=0.85, gap=0.4, seed=seed,
        )  # fmt: skip
        p, first, places = p_and_first(table)
        away = naive.distance_km(places.lat[first.point], places.lon[first.point], lat, lon)
        hits += p <= 0.05 and away <= 4000.0
    assert hits >= 18


@pytest.mark.parametrize("locations", ["uniform", "cities"])
def test_unbiased_worlds_yield_false_clusters_no_more_often_than_asked(locations):
    """At 5 %, in at most 10 of 200 worlds.

    If p is uniform, chance keeps to that in 58 % of all sets of 200 worlds. These are fixed, and
    the first ones that were tried.
    """
    low = 0
    for seed in range(200):
        table = world("unbiased", n=400, locations=locations, accuracy=0.8, seed=seed)
        low += p_and_first(table)[0] <= 0.05
    assert low <= 10
