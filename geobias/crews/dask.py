"""The workers of a Dask cluster. Needs the extra ``dask``; imported by `geobias.crews.choosing`."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import dask
from distributed import Client, Future, LocalCluster, Security, get_worker
from distributed.comm import connect
from distributed.scheduler import KilledWorker
from distributed.utils import silence_logging_cmgr

from geobias.crews.crew import WorkError
from geobias.errors import GeoBiasError
from geobias.wording import counted

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Made = TypeVar("Made")

_LOCAL = {
    "distributed.worker.multiprocessing-method": "spawn",
    # A worker that dies is started again, however long that takes on a busy machine.
    "distributed.deploy.lost-worker-timeout": "1 hour",
}

MUST_AGREE = ("geobias", "numba", "numpy", "scipy")
"""Packages that decide the last bits of a score."""

_AHEAD = 2
"""So many pieces of work are under way or waiting for each thread of a worker."""

_TRIES = 3
"""A piece is given up when it has failed or killed a worker so often."""

_CONNECTING = 5
_PATIENCE = 60
"""Seconds to wait for a scheduler, and for workers to come or to come back."""

_LOST = (KilledWorker, CancelledError, OSError, KeyError)
"""What becomes of work whose worker died; the last where the scheduler looks for that worker."""


@dataclass(frozen=True)
class Cluster:
    """A crew of Dask workers."""

    client: Client

    @property
    def size(self) -> int:
        """How many pieces are worked on at once, by those workers that are there now."""
        threads: dict[str, int] = self.client.nthreads()
        return max(1, sum(threads.values()))

    def map(
        self, work: Callable[[Shared, Item], Made], shared: Shared, items: Iterable[Item]
    ) -> Iterator[Made]:
        """Yield what becomes of each item, in their order; see `Crew`."""
        waiting: deque[_Piece] = deque()
        job = _Job(self.client, work, shared)
        try:
            for item in items:
                waiting.append(job.begin(_Piece(item)))
                if len(waiting) > _AHEAD * self.size:
                    yield job.finish(waiting.popleft())
            while waiting:
                yield job.finish(waiting.popleft())
        finally:
            for piece in waiting:
                piece.forget()


@dataclass
class _Piece:
    """One piece of work, its data and its outcome on the cluster, and where it failed."""

    item: Any
    data: Any = None
    outcome: Any = None
    shunned: set[str] = field(default_factory=set)

    def forget(self) -> None:
        """Have nobody work on it any more."""
        if self.outcome is not None:
            self.outcome.cancel()


@dataclass(frozen=True)
class _Outcome:
    """What a worker made of a piece, or why it could not."""

    made: Any = None
    failure: str | None = None
    worker: str = ""


class _Job:
    """Work to be done with many items.

    A worker that dies takes with it the data it held. So each piece is sent again then; it is
    when its turn has come to be handed out, so what kills workers does not meet others twice.
    """

    def __init__(self, client: Client, work: Callable[..., Any], shared: Any) -> None:
        self._client = client
        self._work = work
        self._shared = shared
        self._sent: Any = None

    def begin(self, piece: _Piece) -> _Piece:
        """Have a piece worked on."""
        with suppress(*_LOST):
            self._send(piece)
        return piece

    def finish(self, piece: _Piece) -> Any:
        """Return what was made of a piece, which is tried again if need be."""
        reason = ""
        for _ in range(_TRIES):
            try:
                if piece.outcome is None:
                    self._send(piece)
                outcome = self._outcome(piece)
            except WorkError:
                raise
            except _LOST:
                self._sent = None
                reason = "each worker that tried died, as one does that runs out of memory"
            except Exception as error:  # what was sent cannot be read there
                reason = f"{type(error).__name__}: {error}"
            else:
                if outcome.failure is None:
                    return outcome.made
                piece.shunned.add(outcome.worker)
                reason = outcome.failure
            piece.outcome = None
            if self._client.status != "running":
                raise WorkError(piece.item, "the connection to the scheduler is lost")
        raise WorkError(piece.item, f"{reason} (tried {_TRIES} times)")

    def _send(self, piece: _Piece) -> None:
        """Send a piece to a worker, rather to one where it has not failed."""
        with _patience(piece):
            if self._sent is None:
                self._sent = self._scattered(self._shared)
            piece.data = self._scattered(piece.item)
        others = self._client.nthreads().keys() - piece.shunned if piece.shunned else None
        piece.outcome = self._client.submit(
            _attempt, self._work, self._sent, piece.data, pure=False,
            workers=list(others) if others else None, allow_other_workers=bool(others),
        )  # fmt: skip

    def _scattered(self, data: Any) -> Future:
        """Put data on a worker, from which others fetch them once; a list is one thing, too."""
        (future,) = self._client.scatter([data], hash=False, timeout=_PATIENCE)
        return future

    def _outcome(self, piece: _Piece) -> _Outcome:
        """Wait for a piece as long as there are workers."""
        while True:
            with _patience(piece):
                try:
                    outcome: _Outcome = piece.outcome.result(timeout=_PATIENCE)
                except TimeoutError:
                    if not self._client.nthreads():
                        raise
                else:
                    return outcome


@contextmanager
def _patience(piece: _Piece) -> Iterator[None]:
    """Say that nobody is there if a wait comes to its end."""
    try:
        yield
    except TimeoutError:
        reason = f"there has been no worker for {_PATIENCE} seconds"
        raise WorkError(piece.item, reason) from None


def _attempt(work: Callable[[Shared, Item], Made], shared: Shared, item: Item) -> _Outcome:
    """Do a piece of work on a worker."""
    try:
        return _Outcome(made=work(shared, item))
    except Exception as error:
        kind = "" if isinstance(error, GeoBiasError) else f"{type(error).__name__}: "
        return _Outcome(failure=f"{kind}{error}", worker=get_worker().address)


@contextmanager
def local_cluster(workers: int) -> Iterator[Cluster]:
    """Start so many processes on this machine, and end them at last."""
    with ExitStack() as ending:
        ending.enter_context(dask.config.set(_LOCAL))
        try:
            started = LocalCluster(
                n_workers=workers, threads_per_worker=1, processes=True, memory_limit=0,
                dashboard_address=None, scheduler_kwargs={"dashboard_address": ":0"},
                silence_logs=logging.CRITICAL,
            )  # fmt: skip
        except (OSError, RuntimeError) as error:
            raise GeoBiasError(
                f"{counted(workers, 'local worker')} could not be started ({error}): a script that "
                'asks for them has to keep its work under if __name__ == "__main__".'
            ) from None
        ending.enter_context(started)
        yield Cluster(ending.enter_context(Client(started, set_as_default=False)))


@contextmanager
def remote_cluster(cluster: Any) -> Iterator[Cluster]:
    """Connect to a scheduler by its address, or by a cluster or a client that is open."""
    with ExitStack() as closing:
        closing.enter_context(silence_logging_cmgr(logging.CRITICAL))
        client = cluster if isinstance(cluster, Client) else closing.enter_context(_client(cluster))
        if client.asynchronous or client.status != "running":
            raise GeoBiasError(
                "dask needs a Client that is open and not asynchronous: Client(address)."
            )
        _check_workers(client)
        yield Cluster(client)


def _client(cluster: Any) -> Client:
    """Connect, or say what to look at."""
    address = cluster if isinstance(cluster, str) else cluster.scheduler_address
    try:
        if isinstance(cluster, str):
            # A client that fails to connect takes long to give up, and is noisy about it.
            with ThreadPoolExecutor(1) as pool:
                pool.submit(asyncio.run, _knock(address)).result()
        return Client(cluster, timeout=_CONNECTING, set_as_default=False)
    except (OSError, TypeError, ValueError) as error:
        reason = str(error) or "what listens there is none"
        raise GeoBiasError(
            f"No Dask scheduler answers at {address} ({reason}): check that it runs, that its port "
            "can be reached from here, and that host and port are spelled as it printed them."
        ) from None


async def _knock(address: str) -> None:
    """Reach a scheduler, or raise what keeps one from it."""
    secured = Security().get_connection_args("client")
    async with asyncio.timeout(_CONNECTING + 1):
        await (await connect(address, timeout=_CONNECTING, **secured)).close()


def _check_workers(client: Client) -> None:
    """Make sure that there are workers, and that they have what is installed here."""
    address = client.scheduler.address
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
    except TimeoutError:
        raise GeoBiasError(
            f"The Dask scheduler at {address} has no workers after {_PATIENCE} seconds: start "
            f"some, as in dask worker {address}."
        ) from None

    def versions(names: tuple[str, ...]) -> dict[str, str]:
        """Sent by value: a worker without geobias cannot look it up."""
        from importlib import import_module

        found = {}
        for name in names:
            try:
                found[name] = import_module(name).__version__
            except ImportError:
                found[name] = "not installed"
        return found

    here = versions(MUST_AGREE)
    for worker, there in client.run(versions, MUST_AGREE, on_error="ignore").items():
        for name in MUST_AGREE:
            if there[name] != here[name]:
                raise GeoBiasError(
                    f"The Dask worker at {worker} has {name} {there[name]}, and here it is "
                    f"{here[name]}: the same scores in every bit need the same "
                    f"{', '.join(MUST_AGREE)} everywhere."
                )
