"""One neighbourhood in full, compared with the oracle: members, lattice and every edge."""

import numpy as np
import pytest

import naive
import worlds
from geobias.geometry.neighbourhood import Neighbourhood
from geobias.geometry.neighbours import index_of
from geobias.geometry.places import Places
from geobias.scales import EARTH_RADIUS_KM, Scale
from worlds import KINDS

SCALES = ("100km", "1500km", "90deg", "knn:2", "knn:20", "7@1deg", "60@90deg")


def seen(places, scale, point, k=4, index="bands"):
    return Neighbourhood.of(places, index_of(index, places, 1), Scale.parse(scale), point, k)


def azimuthal(lat0, lon0, lat, lon):
    """East and north in kilometres at true distances and directions, from the textbook."""
    phi0, phi, lam = np.radians(lat0), np.radians(lat), np.radians(np.subtract(lon, lon0))
    away = naive.haversine(phi0, 0.0, phi, lam)
    azimuth = np.arctan2(
        np.cos(phi) * np.sin(lam),
        np.cos(phi0) * np.sin(phi) - np.sin(phi0) * np.cos(phi) * np.cos(lam),
    )
    return EARTH_RADIUS_KM * away * np.sin(azimuth), EARTH_RADIUS_KM * away * np.cos(azimuth)


def matrix(edges, rows, columns):
    dense = np.zeros((rows, columns))
    dense[edges[:, 0], edges[:, 1]] += 1.0
    assert dense.sum() == len(edges)  # none twice
    return dense


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scale", SCALES)
def test_members_lattice_and_edges_are_those_of_the_oracle(kind, scale):
    places, lat, lon = worlds.seats(KINDS[kind](60, 4))
    for point in range(0, places.points, 7):
        found = seen(places, scale, point)
        centre = int(places.seat_start[point])
        members, radius, _ = naive.neighbourhood(lat, lon, centre, **worlds.limits(scale))
        assert found.seats.tolist() == members.tolist()
        assert found.radius_rad == pytest.approx(radius, rel=1e-9, abs=1e-12)
        assert found.samples.tolist() == places.sample_at[members].tolist()
        n = len(members)
        if radius <= naive.COINCIDENT:
            assert sum(map(len, found.edges)) == 0
            assert found.lattice_km[0].size == 0
            continue
        ground_lat, ground_lon = naive.lattice(lat[centre], lon[centre], n, radius)
        assert np.allclose(
            found.lattice_km, azimuthal(lat[centre], lon[centre], ground_lat, ground_lon), atol=1e-5
        )
        w = naive.graph(np.append(lat[members], ground_lat), np.append(lon[members], ground_lon))
        m = len(ground_lat)
        assert np.array_equal(matrix(found.edges.within, n, n), w[:n, :n])
        assert np.array_equal(matrix(found.edges.outward, n, m), w[:n, n:])
        assert np.array_equal(matrix(found.edges.inward, m, n), w[n:, :n])


@pytest.mark.parametrize("k", [1, 3, 8, 16])
def test_any_number_of_links_gives_the_graph_of_the_oracle(k):
    places, lat, lon = worlds.seats(worlds.clustered(60, 2))
    found = seen(places, "knn:30", 11, k)
    centre = int(places.seat_start[11])
    members = found.seats
    ground_lat, ground_lon = naive.lattice(lat[centre], lon[centre], 30, found.radius_rad)
    w = naive.graph(np.append(lat[members], ground_lat), np.append(lon[members], ground_lon), k)
    assert np.array_equal(matrix(found.edges.within, 30, 30), w[:30, :30])
    assert np.array_equal(matrix(found.edges.outward, 30, len(ground_lat)), w[:30, 30:])
    assert np.array_equal(matrix(found.edges.inward, len(ground_lat), 30), w[30:, :30])


@pytest.mark.parametrize("kind", KINDS)
def test_the_view_keeps_distances_and_directions_from_the_centre(kind):
    places, lat, lon = worlds.seats(KINDS[kind](60, 4))
    for point in range(0, places.points, 11):
        found = seen(places, "90deg", point)
        east, north = azimuthal(
            places.lat[point], places.lon[point], lat[found.seats], lon[found.seats]
        )
        assert np.allclose(found.members_km[0], east, atol=1e-5)
        assert np.allclose(found.members_km[1], north, atol=1e-5)


def test_either_index_shows_the_same():
    places = Places.of(*worlds.clustered(60, 5))
    one, other = seen(places, "100km", 3), seen(places, "100km", 3, index="balltree")
    assert one.seats.tolist() == other.seats.tolist()
    assert all(np.array_equal(*pair) for pair in zip(one.edges, other.edges, strict=True))
