"""What it takes to repeat an audit."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Protocol

from geobias import __version__
from geobias.samples import Samples


class Choices(Protocol):
    """The choices behind a result."""

    def record(self) -> dict[str, Any]:
        """Return them as plain values."""


_PACKAGES = ("numpy", "scipy", "numba", "pandas")


def provenance_of(samples: Samples, settings: Choices) -> dict[str, Any]:
    """Record settings, versions, and what was read and dropped."""
    return {
        "settings": settings.record(),
        "versions": versions(_PACKAGES),
        "input": {
            "sha256": samples.digest,
            **samples.ledger.record(),
            "samples": samples.n,
            "sites": samples.n_sites,
            "merged": samples.averaged,
            "levels": list(samples.levels),
        },
    }


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the versions of geobias, of Python, and of those packages that are installed."""
    found = {"geobias": __version__, "python": platform.python_version()}
    for package in packages:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found
