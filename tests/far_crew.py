"""A crew that treats its work as badly as workers of a cluster may."""

import pickle
from dataclasses import dataclass


def sent(thing):
    """What arrives of a thing that is sent: a copy, whose arrays cannot be written to."""
    buffers = []
    data = pickle.dumps(thing, protocol=5, buffer_callback=buffers.append)
    return pickle.loads(data, buffers=[bytes(buffer.raw()) for buffer in buffers])


@dataclass(frozen=True)
class FarCrew:
    """Takes all items at once, and does each twice, the last one first.

    What it works on are copies. A closure does not arrive, nor does what changes meanwhile.
    """

    size: int = 3

    def map(self, work, shared, items):
        arrived = [sent((work, shared, item)) for item in items]
        made = []
        for work, shared, item in reversed(arrived):
            work(shared, item)
            made.append(sent(work(shared, item)))
        yield from reversed(made)
