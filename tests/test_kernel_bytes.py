"""The memory that graphs take to build is what is allocated for them."""

import numpy as np
import pytest

from geobias.geometry.lattice import most_rings, ring_table
from geobias.geometry.linking import kernel_bytes, room_to_link
from geobias.geometry.shores import EVERYWHERE


def arrays_of(room):
    """Its arrays by where they are in memory: two may be views of the same."""
    found = {}
    for part in room:
        found |= {part.ctypes.data: part} if isinstance(part, np.ndarray) else arrays_of(part)
    return found


def bytes_of(room):
    return sum(array.nbytes for array in arrays_of(room).values())


@pytest.mark.parametrize("k", [1, 4, 16])
@pytest.mark.parametrize("radius", [1e-6, 0.3, 3.0])
@pytest.mark.parametrize("members", [1, 100, 20_000])
def test_work_space_takes_as_much_as_is_said(members, radius, k):
    rings = ring_table(most_rings(members, radius), k)
    allocated = room_to_link(members, k, rings, EVERYWHERE), rings
    assert kernel_bytes(members, radius, k) == sum(map(bytes_of, allocated))


def test_a_member_of_a_large_neighbourhood_takes_about_1_255_bytes():
    assert 1_250 < kernel_bytes(1_000_000, 0.1, 4) / 1_000_000 < 1_260
