"""A GeoJSON: one FeatureCollection, each feature a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from geobias.errors import InputError
from geobias.readers.jsondocument import Document
from geobias.readers.records import Record
from geobias.readers.shapes import WGS84

GEOMETRY = "geometry"
"""Name of the column of geometries."""


def features(text: IO[str], label: str) -> Iterator[Record]:
    """Rows of a FeatureCollection: the properties, and the geometry as it is written.

    Raises
    ------
    InputError
        If the text is no FeatureCollection.
    """
    document = Document(text, label)
    begun = False
    for name in document.members():
        if name != "features":
            _check_system(name, document.value(), label, late=begun)
            continue
        begun = True
        for number, feature in enumerate(document.elements()):
            if type(feature) is not dict or not {"properties", GEOMETRY} <= feature.keys():
                raise InputError(
                    f"{label} holds no feature with properties and a geometry in element {number} "
                    "of its features (counted from 0)."
                )
            row = document.flat(feature["properties"] or {})
            if GEOMETRY in row:
                raise InputError(f"{label} has a property named {GEOMETRY!r}: rename it.")
            yield row | {GEOMETRY: feature[GEOMETRY]}
    document.end()


def reference_system(text: IO[str], label: str) -> str | None:
    """The coordinate reference system of a FeatureCollection, WGS 84 unless it names another.

    The standard of 2016 knows no other; files of older ones name it before the features.

    Raises
    ------
    InputError
        If the text is no FeatureCollection, or its reference system is not named.
    """
    document = Document(text, label)
    if document.next_mark() != "{":
        raise document.broken("a GeoJSON starts with '{'")
    kind = None
    for name in document.members():
        if name == "features":
            return WGS84
        value = document.value()
        if name == "crs":
            return _named_system(value, label)
        if name == "type":
            kind = value
    raise InputError(
        f"{label} holds one JSON object{'' if kind is None else f' of type {str(kind)!r}'}: read "
        "are a GeoJSON FeatureCollection, an array of objects, and JSON lines."
    )


def _named_system(crs: Any, label: str) -> str | None:
    if crs is None:
        return None
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        name = str(crs["properties"]["name"])
        CRS.from_user_input(name)
        return name
    except (KeyError, TypeError, CRSError):
        raise InputError(
            f"{label} describes its coordinate reference system in a way that is not read, "
            f"{str(crs)[:60]!r}: leave 'crs' out for degrees, or give it a name."
        ) from None


def _check_system(name: str, value: Any, label: str, *, late: bool) -> None:
    if late and name == "crs" and "CRS84" not in str(_named_system(value, label)):
        raise InputError(
            f"{label} names its coordinate reference system after its features: move 'crs' before "
            "'features'."
        )
