import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geobias.errors import InputError
from geobias.samples import Samples
from geobias.samples.sites import site_ids
from geobias.scales import EARTH_RADIUS_KM

KM_PER_DEGREE = np.pi * EARTH_RADIUS_KM / 180


def made(lat, lon, hit=None, **keywords):
    table = pd.DataFrame({"lat": lat, "lon": lon, "hit": [1] * len(lat) if hit is None else hit})
    return Samples.from_table(table, degrees=True, **keywords)


def test_equal_coordinates_share_a_site_numbered_from_south_to_north():
    samples = made([50, -10, 50, 50], [7, 7, 7, 8])
    assert samples.sites.tolist() == [1, 0, 1, 2]
    assert (samples.n, samples.n_sites, samples.shared) == (4, 3, 0.5)


def test_one_place_in_several_spellings_is_one_site():
    assert made([10, 10, 10], [-180, 180, 540]).n_sites == 1
    assert made([10, 10], [10.1, 370.1]).n_sites == 1
    assert made([90, 90, -90], [0, 75, 75]).n_sites == 2
    assert made([0.0, -0.0], [5, 5]).n_sites == 1


def test_tolerance_joins_what_is_connected_in_steps():
    step = 0.9 / KM_PER_DEGREE
    lat = [0, step, 2 * step, 2 * step + 1.1 / KM_PER_DEGREE]
    assert made(lat, [20] * 4).n_sites == 4
    assert made(lat, [20] * 4, site_tolerance_km=1.0).sites.tolist() == [0, 0, 0, 1]


def test_tolerance_reaches_over_the_date_line_and_the_pole():
    assert made([60, 60], [179.999, -179.999], site_tolerance_km=1).n_sites == 1
    assert made([89.999, 89.999], [10, 190], site_tolerance_km=1).n_sites == 1


@given(
    places=st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=1, max_size=30),
    order=st.randoms(use_true_random=False),
    tolerance_km=st.sampled_from([0.0, 120.0]),
)
def test_the_order_of_rows_does_not_change_sites(places, order, tolerance_km):
    lat, lon = np.array(places, dtype=float).T
    shuffled = list(range(len(places)))
    order.shuffle(shuffled)
    sites = site_ids(lat, lon, tolerance_km)
    assert site_ids(lat[shuffled], lon[shuffled], tolerance_km).tolist() == sites[shuffled].tolist()
    assert sorted(set(sites)) == list(range(sites.max() + 1))


@given(
    lat=st.lists(st.floats(-0.05, 0.05), min_size=1, max_size=12),
    tolerance_km=st.floats(0.1, 10.0),
)
def test_tolerance_agrees_with_gaps_along_a_meridian(lat, tolerance_km):
    lat = np.array(lat)
    along = np.sort(lat) * KM_PER_DEGREE
    gaps = np.diff(along)
    if np.any(np.abs(gaps - tolerance_km) < 1e-6):
        return
    expected = np.concatenate([[0], np.cumsum(gaps > tolerance_km)])
    sites = site_ids(lat, np.full(len(lat), 30.0), tolerance_km)
    assert sites[np.argsort(lat, kind="stable")].tolist() == expected.tolist()


@pytest.mark.parametrize("tolerance", [-1, np.nan, np.inf, "1 km", None])
def test_a_tolerance_that_is_no_distance(tolerance):
    with pytest.raises(InputError, match="site_tolerance_km= must be 0 or more"):
        made([1], [1], site_tolerance_km=tolerance)


def test_a_tolerance_that_joins_almost_everything(monkeypatch):
    monkeypatch.setattr("geobias.samples.sites.MOST_JOINED_PAIRS", 10)
    lat = np.linspace(10, 11, 20)
    with pytest.raises(InputError, match="joins almost everything"):
        made(lat, lat, site_tolerance_km=500)


def test_merging_gives_one_presence_per_site_with_the_mean_mark():
    samples = made([50, -10, 50, 50, -10], [7, 7, 7, 8, 7], hit=[1, 0, 0, 1, 0])
    merged = samples.merged()
    assert merged.averaged
    assert not samples.averaged
    assert merged.rows.tolist() == [0, 1, 3]
    assert merged.lat.tolist() == [50, -10, 50]
    assert merged.lon.tolist() == [7, 7, 8]
    assert merged.marks.tolist() == [[0, -1, 1]]
    assert merged.sites.tolist() == [1, 0, 2]
    assert merged.shared == 0
    assert merged.accuracy.tolist() == [0.5]
    assert "5 samples merged into 3 sites." in merged.notes
    assert merged.ledger == samples.ledger
    assert merged.digest != samples.digest
    assert merged.merged() is merged


def test_merging_keeps_rows_of_the_input_when_some_were_dropped():
    merged = made([np.nan, 4, 3, 4], [1, 1, 1, 1]).merged()
    assert merged.rows.tolist() == [1, 2]


def test_a_site_with_one_pair_of_coordinates_keeps_every_bit():
    lat, lon = 0.1 + 0.2, 100.3 / 3
    merged = made([lat, lat, 60], [lon, lon, 5], site_tolerance_km=1).merged()
    assert (merged.lat[0], merged.lon[0]) == (lat, lon)


def test_a_spread_site_lies_in_the_mean_direction():
    merged = made([60, 60], [179.9, -179.9], site_tolerance_km=50).merged()
    assert merged.n == 1
    assert merged.lon[0] == -180
    assert merged.lat[0] == pytest.approx(60.00004, abs=1e-5)
    pole = made([89.99] * 4, [0, 90, 180, 270], site_tolerance_km=5).merged()
    assert pole.lat[0] == pytest.approx(90)


@given(order=st.permutations(range(9)))
def test_the_order_of_rows_changes_no_bit_of_a_merged_site(order):
    order = list(order)
    lat = 45 + np.arange(9) * 1e-4 / 3
    lon = 8 + np.arange(9) * 1e-4 / 7
    marks = np.array([0.1, 0.2, 0.3] * 3)
    levels = {"levels": (0.1, 0.2, 0.3), "site_tolerance_km": 1.0}
    one, other = (
        made(lat, lon, marks, **levels),
        made(lat[order], lon[order], marks[order], **levels),
    )
    assert one.n_sites == 1
    assert one.merged().digest == other.merged().digest


def test_accuracy_of_merged_sites():
    two_levels = made([5, 5, 9], [3, 3, 3], hit=[-3, 2, 2], levels=(-3, 2)).merged()
    assert two_levels.accuracy.tolist() == [0.75]
    both_above = made([5, 5, 9], [3, 3, 3], hit=[1, 2, 2], levels=(1, 2)).merged()
    assert both_above.accuracy.tolist() == [1.0]
    three = made([5, 5, 9], [3, 3, 3], hit=[-1, 1, 2], levels=(-1, 1, 2))
    assert three.accuracy.tolist() == pytest.approx([2 / 3])
    assert np.isnan(three.merged().accuracy).all()


@pytest.mark.reference
@pytest.mark.parametrize(
    ("name", "samples", "sites", "shared"),
    [("fmow", 53_041, 14_923, 0.90), ("nabirds_ebird", 24_411, 15_329, 0.52)],
)
def test_published_predictions(reference, name, samples, sites, shared):
    path = reference / "published_predictions" / f"{name}.parquet"
    read = Samples.read(path, correct=["no_prior", "wrap"])
    assert (read.n, read.n_sites) == (samples, sites)
    assert read.shared == pytest.approx(shared, abs=0.005)
    merged = read.merged()
    assert merged.n == sites
    expected = pd.read_parquet(path).groupby(["lat", "lon"])["wrap"].mean()
    assert merged.accuracy[1] == pytest.approx(expected.mean())
    assert np.sort(merged.marks[1]) == pytest.approx(np.sort(2 * expected - 1))
