"""Work for a crew: some of it fails, and some kills the worker. Workers import this module."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path


def times(shared, item):
    return [shared, item * len(shared)]


def fails(shared, item):
    if item == shared:
        raise ValueError(f"no way with {item}")
    return item


def fails_in(shared, item):
    """Fails in one process, whatever it is to do."""
    if os.getpid() == shared:
        raise OSError("no space left")
    return os.getpid()


def kills(shared, item):
    if item == shared:
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def kills_once(shared, item):
    """Kills the first worker that meets the third item."""
    trace = Path(shared)
    if item == 2 and not trace.exists():
        trace.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return item


class Poisoned:
    """A crew that spoils one partition."""

    def __init__(self, crew, spoil, number):
        self.crew, self.spoil, self.number, self.size = crew, spoil, number, crew.size

    def map(self, work, shared, items):
        return self.crew.map(spoiled, (work, shared, self.spoil, self.number), items)


def spoiled(shared, partition):
    work, task, spoil, number = shared
    spoil(number, partition.number)
    return work(task, partition)


def take_geobias_away():
    """Have a process think that it is not installed."""
    sys.modules["geobias_kept"] = sys.modules["geobias"]
    sys.modules["geobias"] = None


def give_geobias_back():
    sys.modules["geobias"] = sys.modules.pop("geobias_kept")
