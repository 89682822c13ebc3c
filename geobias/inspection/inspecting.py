"""What a table of predictions holds, said before anything is computed from it."""

from __future__ import annotations

import os
from collections.abc import Hashable, Mapping, Sequence

import pandas as pd

from geobias.errors import InputError
from geobias.inspection.advice import next_command
from geobias.inspection.census import Census
from geobias.inspection.inspection import Inspection
from geobias.inspection.kinds import CODED, SHARES, coding_of, is_missing, kind_of
from geobias.inspection.roles import roles_of
from geobias.readers import File, Source, Table, open_source
from geobias.rules.thresholds import THRESHOLDS_KM
from geobias.samples.columns import ANSWERED, Place, find_place, is_named_correct, refuse_duplicates

LONGEST_EXAMPLE = 30


def inspect(data: Table | File, *, lat: str | None = None, lon: str | None = None) -> Inspection:
    """Say what was recognised in a table of predictions, and which command to run next.

    Parameters
    ----------
    data : DataFrame of pandas or Dask, Arrow stream, path, or list of paths
        What to look at. It is read once, in batches.
    lat, lon : str, optional
        Coordinate columns in degrees; found by name or from the geometry by default.

    Returns
    -------
    Inspection

    Raises
    ------
    InputError
        If it cannot be read.

    Examples
    --------
    >>> table = pd.DataFrame({"lat": [48.1, 59.9], "lon": [11.6, 10.8], "hit": [1, 0]})
    >>> inspect(table).command
    'geobias score FILE --correct hit --scale 1000km --permutations 999'
    """
    source = open_source(data)
    name = os.fspath(data) if isinstance(data, str | os.PathLike) else "FILE"
    refuse_duplicates(source.names)
    peeked = source.peek()
    kinds: dict[Hashable, str] = {column: kind_of(peeked[column]) for column in peeked.columns}
    roles = roles_of(source.names, kinds)
    place, trouble = _place(source, roles, lat, lon)
    census = Census(source.names, place, roles.get("id"))
    for frame in source.batches(source.names):
        census.take(frame)
    findings = (*census.findings(), *trouble)
    known = {*roles.values(), *(() if place is None else place.columns)}
    coded = [column for column, kind in kinds.items() if kind == CODED and column not in known]
    # What `geobias answers` writes.
    levels = THRESHOLDS_KM if ANSWERED in source.names else ()
    named = [column for column in coded if is_named_correct(column) or column in levels]
    scores = [column for column, kind in kinds.items() if kind == SHARES and column not in known]
    where = _where(source, place if census.located else None)
    command = next_command(name, where, named, coded, scores, roles, kinds)
    columns = pd.DataFrame(
        {
            "column": [str(column) for column in source.names],
            "holds": [_held(peeked, column, kinds) for column in source.names],
            "missing": [census.missing[column] for column in source.names],
            "example": [_example(peeked, column) for column in source.names],
            "perhaps": [_purpose(column, place, roles, named) for column in source.names],
        }
    )
    return Inspection(
        label=source.label,
        rows=census.rows,
        columns=columns,
        continents=census.continents(),
        findings=findings,
        command=command,
    )


def _place(
    source: Source, roles: Mapping[str, Hashable], lat: str | None, lon: str | None
) -> tuple[Place | None, tuple[str, ...]]:
    """Where the coordinates are, or why that is not known."""
    if lat is None and lon is None and {"true latitude", "true longitude"} <= roles.keys():
        lat, lon = str(roles["true latitude"]), str(roles["true longitude"])
    try:
        return find_place(source, lat=lat, lon=lon), ()
    except InputError as refusal:
        if lat is not None or lon is not None:
            raise
        return None, (str(refusal),)


def _where(source: Source, place: Place | None) -> list[str]:
    """Options for coordinates that no command would find by itself."""
    if place is None:
        return ["--locations", "ANOTHER_FILE"]
    if place.geometry is not None:
        return []
    try:
        found = find_place(source, lat=None, lon=None)
    except InputError:
        found = None
    if found is not None and found.columns == place.columns:
        return []
    return ["--lat", str(place.lat), "--lon", str(place.lon)]


def _held(peeked: pd.DataFrame, column: Hashable, kinds: Mapping[Hashable, str]) -> str:
    """What a column holds, and how right and wrong are coded."""
    kind = kinds.get(column, "geometry")
    return f"{kind} ({coding_of(peeked[column])})" if kind == CODED else kind


def _purpose(
    column: Hashable,
    place: Place | None,
    roles: Mapping[str, Hashable],
    named: Sequence[Hashable],
) -> str:
    """What a column is probably for."""
    if place is not None and column in place.columns:
        if column == place.geometry:
            return "location"
        return "latitude" if column == place.lat else "longitude"
    if column in named:
        return "correctness"
    return next((role for role, name in roles.items() if name == column), "")


def _example(peeked: pd.DataFrame, column: Hashable) -> str:
    """The first value that is not missing, cut short."""
    if column not in peeked.columns:
        return ""
    known = peeked[column][~is_missing(peeked[column])]
    if not len(known):
        return ""
    text = " ".join(str(known.iloc[0]).split())
    return text if len(text) <= LONGEST_EXAMPLE else text[: LONGEST_EXAMPLE - 1] + "…"
