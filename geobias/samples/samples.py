"""The validated input of everything else."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from itertools import compress

import numpy as np
import numpy.typing as npt

from geobias.readers import File, Source, Table, open_file, open_table
from geobias.rules import TWO_LEVELS, Coding
from geobias.samples.asked import Asked
from geobias.samples.columns import Correct, find_columns
from geobias.samples.intake import take_in
from geobias.samples.ledger import Ledger
from geobias.samples.located import located_rows
from geobias.samples.marks import are_constant, shares_correct
from geobias.samples.sites import (
    first_rows_of_sites,
    site_coordinates,
    site_groups,
    site_ids,
    site_marks,
)
from geobias.wording import counted

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
ObjectArray = npt.NDArray[np.object_]

MUCH_SHARING = 0.05
"""From this fraction of samples on, those that share a site are worth a warning."""

_ARRAYS = ("lat", "lon", "rows", "marks", "sites", "groups", "ids", "merged_from")


@dataclass(frozen=True, eq=False, repr=False)
class Samples:
    """Where models were tried and how they did there, validated once by `from_table` or `read`.

    Arrays are read-only.

    Parameters
    ----------
    lat, lon : float64 array
        WGS 84 degrees; longitude in [-180, 180), and 0 at the poles.
    rows : int64 array
        Row number in the input, counted from 0, ascending.
    models : tuple of str
        Names of the correctness columns.
    marks : float64 array
        Performance, shape (models, samples): -1 wrong and 1 correct, or declared levels. Never 0
        unless `averaged`, because 0 is the mark of empty land.
    sites : int64 array
        Site of each sample, 0 to `n_sites` - 1; equal numbers are one place.
    ledger : Ledger
        Rows read, kept and dropped.
    notes : tuple of str
        What was detected, dropped or is worth knowing, a sentence each.
    levels : tuple of float
        Marks that a sample can carry, ascending.
    averaged : bool
        Whether each sample is a site carrying a mean mark.
    groups : int64 array, optional
        Group of each sample, inside which marks may be permuted, or which are compared; -1 where
        there is none.
    group_names : tuple of str
        Names of the groups, by their numbers; some may hold no sample.
    grouped_by : str, optional
        The column that the groups come from.
    ids : object array, optional
        What identifies each sample from table to table; None or NaN where missing.
    merged_from : int64 array, optional
        If `averaged`, how many samples each mean is of.
    asked : Asked, optional
        Which rows were answered, of all that have coordinates, if a column says so.
    column_names : tuple of Hashable
        Names of all columns of the table.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame(
    ...     {"lat": [48.1, 48.1, 59.9], "lon": [11.6, 371.6, 10.8], "hit": [1, 0, None]}
    ... )
    >>> samples = Samples.from_table(table)
    >>> samples
    Samples(2 samples, 1 model, 1 site)
    >>> for note in samples.notes:
    ...     print(note)
    Latitude comes from column 'lat', longitude from column 'lon'.
    Correctness comes from column 'hit'.
    1 row dropped, no correctness in column 'hit': row 2 (counted from 0).
    """

    lat: FloatArray
    lon: FloatArray
    rows: IntArray
    models: tuple[str, ...]
    marks: FloatArray
    sites: IntArray
    ledger: Ledger
    notes: tuple[str, ...] = ()
    levels: tuple[float, ...] = TWO_LEVELS
    averaged: bool = False
    groups: IntArray | None = None
    group_names: tuple[str, ...] = ()
    grouped_by: str | None = None
    ids: ObjectArray | None = None
    merged_from: IntArray | None = None
    asked: Asked | None = None
    column_names: tuple[Hashable, ...] = ()

    def __post_init__(self) -> None:
        for name in _ARRAYS:
            if getattr(self, name) is not None:
                view = np.ascontiguousarray(getattr(self, name)).view()
                view.flags.writeable = False
                object.__setattr__(self, name, view)

    @classmethod
    def from_table(
        cls,
        data: Table,
        *,
        correct: Correct = None,
        lat: str | None = None,
        lon: str | None = None,
        threshold: float | None = None,
        levels: Sequence[float] | None = None,
        degrees: bool = False,
        site_tolerance_km: float = 0.0,
        within: str | None = None,
        by: str | None = None,
        id: str | None = None,
        answered: str | None = None,
        locations: Table | File | None = None,
    ) -> Samples:
        """Validate a table of predictions.

        Parameters
        ----------
        data : DataFrame of pandas or Dask, GeoDataFrame of either, or Arrow stream
            One row per prediction; polars and pyarrow tables speak the Arrow stream interface.
            Of Dask a few partitions are computed at once, and only the columns that are needed.
        correct : str, rule, or sequence of these, optional
            Correctness columns, one per model: True/False, 0/1 or -1/1, or what `threshold` or
            `levels` say; or rules of `geobias.rules`, which judge predictions. A column is
            detected by name when there is one candidate.
        lat, lon : str, optional
            Coordinate columns in degrees. Without them the geometry of a GeoDataFrame counts,
            else columns named lat or latitude and lon, lng, long or longitude, else y and x.
        threshold : float, optional
            The correctness columns are scores, and a score of at least this is correct.
        levels : sequence of float, optional
            The correctness columns are binned marks: these values, of which none may be 0.
        degrees : bool
            Accept coordinates that look like radians or encoded features.
        site_tolerance_km : float
            Samples within this distance are one site; 0 asks for equal coordinates.
        within : str, optional
            Column of groups inside which a permutation test may shuffle marks.
        by : str, optional
            Column of groups to compare, in place of `within`.
        id : str, optional
            Column that identifies samples, to join tables of several models.
        answered : str, optional
            Column of True and False that says which samples were answered. By default one of
            this name.
        locations : DataFrame, str or path-like, optional
            Another table with the same rows in the same order, which the coordinates come from.

        Returns
        -------
        Samples

        Raises
        ------
        InputError
            If the table cannot be understood, with what was found, where, and what to do.

        Examples
        --------
        >>> import pandas as pd
        >>> table = pd.DataFrame({"y": [60.2, -1.3], "x": [24.9, 36.8], "p": [0.9, 0.4]})
        >>> Samples.from_table(table, correct="p", threshold=0.5).marks
        array([[ 1., -1.]])
        """
        return cls.from_source(
            open_table(data), correct=correct, lat=lat, lon=lon, threshold=threshold,
            levels=levels, degrees=degrees, site_tolerance_km=site_tolerance_km, within=within,
            by=by, id=id, answered=answered, locations=locations,
        )  # fmt: skip

    @classmethod
    def read(
        cls,
        path: File,
        *,
        correct: Correct = None,
        lat: str | None = None,
        lon: str | None = None,
        threshold: float | None = None,
        levels: Sequence[float] | None = None,
        degrees: bool = False,
        site_tolerance_km: float = 0.0,
        within: str | None = None,
        by: str | None = None,
        id: str | None = None,
        answered: str | None = None,
        locations: Table | File | None = None,
    ) -> Samples:
        """Validate a file of predictions, reading only the columns that are needed.

        Parameters
        ----------
        path : str, path-like, or list of them
            A file of Parquet, GeoParquet, CSV, TSV, JSON lines, JSON, GeoJSON, GeoPackage or Arrow;
            a folder of such files, or a pattern such as ``preds/*.csv``.
        correct, lat, lon, threshold, levels, degrees, site_tolerance_km
            As for `from_table`.
        within, by, id, answered, locations
            As for `from_table`.

        Returns
        -------
        Samples

        Raises
        ------
        InputError
            If the file cannot be read or understood.
        """
        return cls.from_source(
            open_file(path), correct=correct, lat=lat, lon=lon, threshold=threshold,
            levels=levels, degrees=degrees, site_tolerance_km=site_tolerance_km, within=within,
            by=by, id=id, answered=answered, locations=locations,
        )  # fmt: skip

    @classmethod
    def from_source(
        cls,
        source: Source,
        *,
        correct: Correct = None,
        lat: str | None = None,
        lon: str | None = None,
        threshold: float | None = None,
        levels: Sequence[float] | None = None,
        degrees: bool = False,
        site_tolerance_km: float = 0.0,
        within: str | None = None,
        by: str | None = None,
        id: str | None = None,
        answered: str | None = None,
        locations: Table | File | None = None,
    ) -> Samples:
        """Validate predictions that are open already; the choices are those of `from_table`."""
        coding = Coding.of(threshold, levels)
        located = located_rows(source, locations, lat=lat, lon=lon, degrees=degrees)
        columns = find_columns(
            source, coding, correct=correct, taken=located.columns, within=within, by=by, id=id,
            answered=answered,
        )  # fmt: skip
        intake = take_in(source, located, columns, degrees=degrees)
        sites = site_ids(intake.lat, intake.lon, site_tolerance_km)
        return cls(**vars(intake), sites=sites, grouped_by=within or by)

    def merged(self) -> Samples:
        """One sample per site, carrying the mean mark of the samples there.

        Returns
        -------
        Samples
            In the order of the first row of each site; `rows` are those first rows, coordinates
            the ones a site's samples share, or their mean direction where they differ.

        Examples
        --------
        >>> import pandas as pd
        >>> table = pd.DataFrame({"lat": [5, 5, 9], "lon": [3, 3, 3], "hit": [1, 0, 1]})
        >>> Samples.from_table(table).merged().marks
        array([[0., 1.]])
        """
        if self.averaged:
            return self
        first = first_rows_of_sites(self.sites)
        order = np.argsort(first)
        note = f"{counted(self.n, 'sample')} merged into {counted(self.n_sites, 'site')}."
        lat, lon = site_coordinates(self.lat, self.lon, self.sites)
        return replace(
            self,
            lat=lat[order],
            lon=lon[order],
            rows=self.rows[first[order]],
            marks=site_marks(self.marks, self.levels, self.sites)[:, order],
            sites=order,
            notes=(*self.notes, note),
            averaged=True,
            groups=None if self.groups is None else site_groups(self.groups, self.sites)[order],
            ids=None,
            merged_from=np.bincount(self.sites)[order],
        )

    def taken(self, positions: IntArray) -> Samples:
        """Some of the samples, in this order.

        Parameters
        ----------
        positions : int64 array
            Which ones, counted from 0.

        Returns
        -------
        Samples
            Their sites are numbered anew. What is said of the input as a whole stays: `ledger`,
            `notes`, `asked`.

        Examples
        --------
        >>> import pandas as pd
        >>> table = pd.DataFrame({"lat": [5, 7, 9], "lon": [3, 3, 3], "hit": [1, 0, 1]})
        >>> Samples.from_table(table).taken(np.array([2, 1])).rows
        array([2, 1])
        """
        return replace(
            self,
            lat=self.lat[positions],
            lon=self.lon[positions],
            rows=self.rows[positions],
            marks=self.marks[:, positions],
            sites=np.unique(self.sites[positions], return_inverse=True)[1],
            groups=None if self.groups is None else self.groups[positions],
            ids=None if self.ids is None else self.ids[positions],
            merged_from=None if self.merged_from is None else self.merged_from[positions],
        )

    @property
    def n(self) -> int:
        """Number of samples."""
        return len(self.lat)

    @cached_property
    def n_sites(self) -> int:
        """Number of different places."""
        return int(self.sites.max()) + 1

    @property
    def shared(self) -> float:
        """Fraction of samples that share their site with another sample."""
        sizes = np.bincount(self.sites)
        return float(sizes[sizes > 1].sum() / self.n)

    @property
    def repeated(self) -> bool:
        """Whether so many samples share their sites that this is worth a warning."""
        return not self.averaged and self.shared > MUCH_SHARING

    @cached_property
    def correct(self) -> npt.NDArray[np.bool_] | FloatArray:
        """Whether each mark is above 0; of merged samples, the share of marks above 0.

        The mean of more than two levels does not tell that share: then it is NaN.
        """
        return shares_correct(self.marks, self.levels) if self.averaged else self.marks > 0.0

    @cached_property
    def accuracy(self) -> FloatArray:
        """Share of marks above 0, per model; of merged samples every site counts once."""
        # Sorted, because a sum of fractions depends on the order of rows in its last bit.
        return np.asarray(np.sort(self.correct, axis=1).mean(axis=1), dtype=np.float64)

    @property
    def constant(self) -> tuple[str, ...]:
        """Models whose marks are all equal."""
        return tuple(compress(self.models, are_constant(self.marks)))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of coordinates, marks and model names, in hexadecimal."""
        digest = sha256(repr(self.models).encode())
        for values in (self.lat, self.lon, self.marks):
            digest.update(np.ascontiguousarray(values, dtype="<f8").data)
        return digest.hexdigest()

    def _repr_html_(self) -> str:
        from geobias.samples.card import card_of

        return card_of(self)

    def __repr__(self) -> str:
        models, sites = counted(len(self.models), "model"), counted(self.n_sites, "site")
        return f"Samples({counted(self.n, 'sample')}, {models}, {sites})"
