"""Position encodings as a scikit-learn transformer, for pipelines without a training loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from geobias.encoders.codes import codes_of, fitted_position
from geobias.encoders.coordinates import from_arrays
from geobias.encoders.encoder import FloatArray
from geobias.encoders.registry import entry_of
from geobias.errors import InputError
from geobias.samples.columns import coordinate_columns
from geobias.wording import counted

OPTIONS = (
    "anchors", "n_anchors", "cell_size", "frequency_num", "kernel_size", "legendre_polys",
    "loc_encode", "map_range", "max_radius", "min_radius", "sigmas", "tile_dim",
)  # fmt: skip
"""What encoders can be told; each of them takes a few."""


class LocationEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turn places into position encodings, in a scikit-learn pipeline.

    The encodings are fixed functions of the place, so that a linear model on top of them is fast to
    fit. Only ``rbf`` learns from the places it is fitted to: it draws anchors from them.

    ``X`` is a DataFrame with the two columns of latitude and longitude, in any order, which are
    recognised by their names; or an array of shape (n, 2), which holds **longitude first, latitude
    second**, as the torch modules take it. Both are degrees. Codes are float32 where ``X`` is, and
    float64 otherwise; float32 knows a place to about a metre only.

    Parameters
    ----------
    name : str
        One of `list_encoders`, or another name it goes by.
    lat, lon : str, optional
        Columns of a DataFrame, where their names do not say so.
    compat : {None, "torchspatial"}
        Compute what is published, or what the reference code computes.
    seed : int
        Random directions and anchors are drawn from it, and the vectors of ``tile``.
    anchors : array, (M, 2), optional
        For ``rbf``: longitude and latitude of the anchors, which are drawn otherwise.
    n_anchors : int, optional
        For ``rbf``: how many different places are drawn as anchors when it is fitted; 200 by
        default, and never more than there are.
    cell_size, frequency_num, kernel_size, legendre_polys, loc_encode, map_range : optional
        Options of encoders, which `list_encoders` names with their defaults. None stands for the
        default; an option that the encoder does not take is an error.
    max_radius, min_radius, sigmas, tile_dim : optional
        More of them.

    Attributes
    ----------
    encoder_ : str
        The encoder, as `list_encoders` calls it.
    position_ : torch.nn.Module
        The position encoding, as `position` builds it.
    n_features_in_ : int
        2.
    feature_names_in_ : array of str
        Columns of ``X``, where they have names.

    Examples
    --------
    >>> import pandas as pd
    >>> from geobias.encoders import LocationEncoder
    >>> places = pd.DataFrame({"lat": [0.0, 90.0], "lon": [0.0, 0.0]})
    >>> LocationEncoder("xyz").set_output(transform="pandas").fit_transform(places).round(3)
       xyz_0  xyz_1  xyz_2
    0    1.0    0.0    0.0
    1    0.0    0.0    1.0
    """

    def __init__(
        self,
        name: str = "sphere2vec-spherec+",
        *,
        lat: str | None = None,
        lon: str | None = None,
        compat: str | None = None,
        seed: int = 0,
        anchors: ArrayLike | None = None,
        n_anchors: int | None = None,
        cell_size: float | None = None,
        frequency_num: int | None = None,
        kernel_size: float | None = None,
        legendre_polys: int | None = None,
        loc_encode: str | None = None,
        map_range: Sequence[float] | None = None,
        max_radius: float | None = None,
        min_radius: float | None = None,
        sigmas: Sequence[float] | None = None,
        tile_dim: int | None = None,
    ) -> None:
        self.name = name
        self.lat = lat
        self.lon = lon
        self.compat = compat
        self.seed = seed
        self.anchors = anchors
        self.n_anchors = n_anchors
        self.cell_size = cell_size
        self.frequency_num = frequency_num
        self.kernel_size = kernel_size
        self.legendre_polys = legendre_polys
        self.loc_encode = loc_encode
        self.map_range = map_range
        self.max_radius = max_radius
        self.min_radius = min_radius
        self.sigmas = sigmas
        self.tile_dim = tile_dim

    def fit(self, X: Any, y: object = None) -> Self:  # noqa: N803
        """Check the places, and build the position encoding.

        Parameters
        ----------
        X : DataFrame or array, (n, 2)
            Places.
        y : object
            Not looked at.

        Returns
        -------
        LocationEncoder
            This one.

        Raises
        ------
        InputError
            If an option does not fit the encoder, or a value is no place.
        """
        lat, lon = self._places(X, first=True)
        self.encoder_ = entry_of(self.name).name
        chosen = {name: getattr(self, name) for name in OPTIONS}
        self.position_ = fitted_position(
            self.name,
            lat=lat,
            lon=lon,
            compat=self.compat,
            seed=self.seed,
            options={name: value for name, value in chosen.items() if value is not None},
        )
        return self

    def transform(self, X: Any) -> FloatArray:  # noqa: N803
        """Encode places.

        Parameters
        ----------
        X : DataFrame or array, (n, 2)
            Places.

        Returns
        -------
        array, (n, dim)

        Raises
        ------
        InputError
            If a value is no place.
        """
        check_is_fitted(self)
        lat, lon = self._places(X, first=False)
        return codes_of(self.position_, lat=lat, lon=lon)

    def get_feature_names_out(
        self, input_features: Sequence[str] | None = None
    ) -> npt.NDArray[np.object_]:
        """Return the names of the numbers of a code: the encoder's, and which one it is.

        Parameters
        ----------
        input_features : sequence of str, optional
            Columns of the input; they are checked and do not matter otherwise.
        """
        check_is_fitted(self)
        known = getattr(self, "feature_names_in_", None)
        if input_features is not None:
            if len(input_features) != self.n_features_in_:
                raise InputError(
                    "input_features should have length equal to number of features "
                    f"({self.n_features_in_}), got {len(input_features)}."
                )
            if known is not None and [*input_features] != [*known]:
                raise InputError("input_features is not equal to feature_names_in_.")
        names = [f"{self.encoder_}_{each}" for each in range(self.position_.dim)]
        return np.array(names, dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _places(self, X: Any, *, first: bool) -> tuple[FloatArray, FloatArray]:  # noqa: N803
        """Latitude and longitude, checked, in the precision they have."""
        values = validate_data(
            self,
            X,
            reset=first,
            dtype=[np.float64, np.float32],
            ensure_all_finite=False,
            ensure_min_features=2,
        )
        lat_at, lon_at = self._order(X, values.shape[1])
        lat, lon = from_arrays(values[:, lat_at], values[:, lon_at])
        return lat.numpy(), lon.numpy()

    def _order(self, X: Any, width: int) -> tuple[int, int]:  # noqa: N803
        """Which columns hold latitude and longitude."""
        # Arrow tables have arrays as their columns.
        names = [*getattr(X, "column_names", getattr(X, "columns", ()))]
        if not names or not all(isinstance(name, str) for name in names):
            if self.lat is not None or self.lon is not None:
                raise InputError(
                    f"lat={self.lat!r} and lon={self.lon!r} name columns, but X has no names: pass "
                    "a DataFrame, or leave them out for an array of longitude and latitude."
                )
            if width != 2:
                raise InputError(
                    f"X has {counted(width, 'column')}, not two: longitude and latitude, in that "
                    "order."
                )
            return 1, 0
        found = coordinate_columns(names, {"lat": self.lat, "lon": self.lon})
        if width != 2:
            raise InputError(
                f"X has {counted(width, 'column')}, but only {found['lat']!r} and {found['lon']!r} "
                "say where: select these two, as in ColumnTransformer([('place', "
                f"LocationEncoder(), [{found['lat']!r}, {found['lon']!r}])])."
            )
        return names.index(found["lat"]), names.index(found["lon"])
