"""What every crew can do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, TypeVar

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Made = TypeVar("Made")


class WorkError(Exception):
    """What a crew could not do, however often it tried.

    Attributes
    ----------
    item
        What it was working on.
    reason
        What went wrong, in words.
    """

    def __init__(self, item: Any, reason: str) -> None:
        super().__init__(reason)
        self.item = item
        self.reason = reason


class Crew(Protocol):
    """Does pieces of work, several at a time."""

    @property
    def size(self) -> int:
        """How many pieces are worked on at once."""

    def map(
        self, work: Callable[[Shared, Item], Made], shared: Shared, items: Iterable[Item]
    ) -> Iterator[Made]:
        """Yield ``work(shared, item)`` for each item, in their order.

        Parameters
        ----------
        work
            A function of a module, which has no effect but what it returns: a piece of work is
            done again where a worker died.
        shared
            What all pieces of work need; it travels to each worker once.
        items
            Taken as they are needed, a few ahead: they may be made on the way.

        Raises
        ------
        WorkError
            If workers cannot do a piece.
        """
