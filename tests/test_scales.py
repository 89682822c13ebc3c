import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geobias.errors import GeoBiasError, ScaleError
from geobias.scales import DEFAULT_SCALES, EARTH_RADIUS_KM, Scale, length_rad, rungs_of


@pytest.mark.parametrize(
    ("spec", "name", "radius_rad", "cap"),
    [
        ("100km", "100km", 100 / EARTH_RADIUS_KM, None),
        ("1000 km", "1000km", 1000 / EARTH_RADIUS_KM, None),
        ("250mi", "250mi", 250 * 1.609344 / EARTH_RADIUS_KM, None),
        ("0.05rad", "0.05rad", 0.05, None),
        ("1.5deg", "1.5deg", math.radians(1.5), None),
        ("90deg", "90deg", math.pi / 2, None),
        (" 1.50E2 KM ", "150km", 150 / EARTH_RADIUS_KM, None),
        (".5km", "0.5km", 0.5 / EARTH_RADIUS_KM, None),
        ("knn:100", "knn:100", None, 100),
        ("KNN: 2", "knn:2", None, 2),
        ("100@0.05rad", "100@0.05rad", 0.05, 100),
        ("400 @ 0.10 rad", "400@0.1rad", 0.1, 400),
    ],
)
def test_spellings(spec, name, radius_rad, cap):
    scale = Scale.parse(spec)
    assert (scale.name, scale.radius_rad, scale.cap) == (name, radius_rad, cap)
    assert str(scale) == name


def test_a_scale_parses_to_itself():
    scale = Scale.parse("100km")
    assert Scale.parse(scale) is scale


def test_default_scales_are_spelled_canonically():
    assert [str(Scale.parse(spec)) for spec in DEFAULT_SCALES] == list(DEFAULT_SCALES)


@given(
    number=st.floats(min_value=1e-6, max_value=1.5),
    unit=st.sampled_from(["km", "mi", "rad", "deg"]),
    cap=st.none() | st.integers(2, 10**9),
)
def test_the_name_reads_back_as_the_same_scale(number, unit, cap):
    scale = Scale.parse(f"{number!r} {unit}" if cap is None else f"{cap}@{number!r}{unit}")
    assert Scale.parse(str(scale)) == scale


@pytest.mark.parametrize(
    ("spec", "found", "meant"),
    [
        ("100", "no unit", "100km"),
        (100, "no unit", "100km"),
        ("0.05", "no unit", "0.05rad"),
        ("100@0.05", "no unit", "100@0.05rad"),
        ("100kms", "unknown unit 'kms'", "100km"),
        ("100klm", "unknown unit 'klm'", "100km"),
        ("5 miles", "unknown unit 'miles'", "5mi"),
        ("2°", "unknown unit '°'", "2deg"),
        ("500m", "unknown unit 'm'", "0.5km"),
        ("1,000km", "not understood", "1000km"),
        ("0,05rad", "not understood", "0.05rad"),
        ("knn100", "not understood", "knn:100"),
        ("k=100", "not understood", "knn:100"),
        ("100 neighbours", "unknown unit", "knn:100"),
        ("knn:100.0", "whole number", "knn:100"),
        ("0.05rad@100", "whole number", "100@0.05rad"),
        ("knn:100@0.05rad", "whole number", "100@0.05rad"),
    ],
)
def test_near_misses_are_told_what_was_meant(spec, found, meant):
    with pytest.raises(ScaleError) as caught:
        Scale.parse(spec)
    assert found in str(caught.value)
    assert f'Did you mean "{meant}"?' in str(caught.value)


@pytest.mark.parametrize(
    "spec", ["", "abc", "km", "knn", "@1km", "100@", "1@2@3km", "100 km2", "100km 5", None, "knn:"]
)
def test_what_is_not_understood_is_shown_how_to_write_a_scale(spec):
    with pytest.raises(ScaleError, match=r'"100km".*"knn:100".*"100@0\.05rad"'):
        Scale.parse(spec)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("0km", "above 0"),
        ("-5km", "above 0"),
        ("nan km", "no finite radius"),
        ("infkm", "no finite radius"),
        ("1e999rad", "no finite radius"),
        ("10009km", "more than half the globe: the largest radius is 10,008 km"),
        ("91deg", "half the globe"),
        ("1.6rad", "half the globe"),
        ("100@7000mi", "half the globe"),
        ("knn:0", "fewer than two"),
        ("knn:1", "fewer than two"),
        ("knn:-3", "fewer than two"),
        ("1@100km", "fewer than two"),
        ("100.5@100km", "whole number"),
        ("knn:1e3", "whole number"),
    ],
)
def test_impossible_scales(spec, words):
    with pytest.raises(ScaleError, match=words):
        Scale.parse(spec)


def test_a_scale_made_by_hand_is_checked_too():
    with pytest.raises(GeoBiasError, match="neither a radius nor a cap"):
        Scale("nothing", None, None)
    with pytest.raises(ScaleError, match="half the globe"):
        Scale("far", 2.0, None)


# --- Ladders -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        ("10km..5000km", "10km 20km 50km 100km 200km 500km 1000km 2000km 5000km"),
        ("30km..700km", "30km 50km 100km 200km 500km 700km"),
        ("0.002rad..0.05rad", "0.002rad 0.005rad 0.01rad 0.02rad 0.05rad"),
        (" 0.5 DEG .. 3 deg ", "0.5deg 1deg 2deg 3deg"),
        ("90mi..110mi", "90mi 100mi 110mi"),
        ("3km..4km", "3km 4km"),
        ("100km", "100km"),
        ("knn:100", "knn:100"),
    ],
)
def test_a_ladder_has_its_ends_and_the_steps_between(spec, names):
    assert [scale.name for scale in rungs_of(spec)] == names.split()


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("10km..5deg", "goes from km to deg: write both ends in one unit"),
        ("5000km..10km", "does not go up"),
        ("10km..10km", "does not go up"),
        ("knn:10..knn:100", "has to go from radius to radius"),
        ("10km..knn:100", "has to go from radius to radius"),
        ("10@10km..20km", "has to go from radius to radius"),
        ("10..5000km", "Scale '10' has no unit. Did you mean \"10km\"?"),
        ("10km..", "is not understood"),
        ("10km..100km..1000km", "is not understood"),
        ("10km..30000km", "more than half the globe"),
        ("1e-12km..10km", "too many rungs"),
    ],
)
def test_ladders_that_are_none_are_refused(spec, said):
    with pytest.raises(ScaleError) as refused:
        rungs_of(spec)
    assert said in str(refused.value)


def test_lengths_are_spelled_like_radii():
    assert length_rad("cell", "0.025rad") == 0.025
    assert length_rad("cell", None) is None
    with pytest.raises(ScaleError, match="cell must be a length"):
        length_rad("cell", "knn:5")
