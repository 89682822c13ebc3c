"""Threads of this process."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Made = TypeVar("Made")

_AHEAD = 2
"""So many pieces of work are under way or waiting for each thread."""


@dataclass(frozen=True)
class Threads:
    """A crew of threads; what goes wrong in one of them is raised as it is."""

    size: int

    def map(
        self, work: Callable[[Shared, Item], Made], shared: Shared, items: Iterable[Item]
    ) -> Iterator[Made]:
        """Yield what becomes of each item, in their order; see `Crew`."""
        waiting: deque[Future[Made]] = deque()
        with ThreadPoolExecutor(self.size) as pool:
            for item in items:
                waiting.append(pool.submit(work, shared, item))
                if len(waiting) > _AHEAD * self.size:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
