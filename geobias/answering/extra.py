"""The packages that reading names needs, imported late."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from geobias.errors import GeoBiasError

P = ParamSpec("P")
R = TypeVar("R")


def needs_answers_extra(function: Callable[P, R]) -> Callable[P, R]:
    """Turn a missing package into an error that names the extra."""

    @wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except ModuleNotFoundError as error:
            raise GeoBiasError(
                f"Reading names of countries and places needs the package {error.name}: install "
                "the extra with pip install 'geobias[answers]'."
            ) from None

    return called
