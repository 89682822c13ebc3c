"""Orders of many rows by several keys."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geobias.ordering import order_by

few = st.integers(0, 3)


@given(st.lists(st.tuples(few, few, few), max_size=40))
def test_order_is_that_of_rows_compared_key_by_key(rows):
    group, first, second = np.array(rows, np.float64).reshape(-1, 3).T
    expected = sorted(range(len(rows)), key=lambda row: rows[row])
    assert order_by(group.astype(np.int16), first, second).tolist() == expected
