"""From what a user asks for to a crew."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from geobias.crews.crew import Crew
from geobias.crews.threads import Threads
from geobias.errors import GeoBiasError

_LOCAL = re.compile(r"local:([0-9]{1,9})")
_ADDRESS = re.compile(r"(tcp|tls)://[^/\s]+:[0-9]{1,5}")
_MOST_LOCAL = 256


@contextmanager
def crew_of(dask: Any, threads: int) -> Iterator[Crew]:
    """Return a context with those who do the work.

    Parameters
    ----------
    dask
        None for threads of this process; ``"local:4"`` for so many processes of this machine,
        which end with the context; the address of a scheduler, as in ``"tcp://10.0.0.1:8786"``,
        or a ``distributed.Client`` or a cluster object, to connect to those.
    threads
        How many threads, where these do the work.

    Raises
    ------
    GeoBiasError
        If there is no such crew.
    """
    if dask is None:
        yield Threads(threads)
        return
    local = _local_workers(dask)
    try:
        from geobias.crews.dask import local_cluster, remote_cluster
    except ModuleNotFoundError as error:
        raise GeoBiasError(
            f"Work on a Dask cluster needs the package {error.name}: install the extra with "
            "pip install 'geobias[dask]'."
        ) from None
    with local_cluster(local) if local else remote_cluster(dask) as cluster:
        yield cluster


def _local_workers(dask: Any) -> int | None:
    """Return how many local processes are asked for, None if others are to do the work."""
    known = 'It is "local:4", for so many processes of this machine, the address of a scheduler '
    known += 'as in "tcp://10.0.0.1:8786", a distributed.Client or a cluster object.'
    if not isinstance(dask, str):
        if not hasattr(dask, "scheduler") and not hasattr(dask, "scheduler_address"):
            raise GeoBiasError(f"dask={dask!r} is no cluster. {known}")
        return None
    if _ADDRESS.fullmatch(dask):
        return None
    local = _LOCAL.fullmatch(dask)
    if local is None:
        raise GeoBiasError(f"dask={dask!r} is not understood. {known}")
    workers = int(local[1])
    if not 1 <= workers <= _MOST_LOCAL:
        raise GeoBiasError(f"dask={dask!r} has to name 1 to {_MOST_LOCAL} processes.")
    return workers
