import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geobias.errors import GeoBiasError, ScaleError
from geobias.scales import DEFAULT_SCALES, EARTH_RADIUS_KM, Scale


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
