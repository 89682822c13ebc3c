"""What reading takes: the arrays that are kept, half as much again, and a batch."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geobias.growing import Growing
from geobias.samples import Samples
from predictions import GOOD

ROWS = 2_000_000
BYTES_A_ROW = 60
A_BATCH = 64 * 2**20

_MEASURED = """
import sys, re
from pathlib import Path
from geobias.samples import Samples

def taken(what):
    return int(re.search(rf"{what}:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) << 10

small, large = sys.argv[1:]
Samples.read(small)
Path("/proc/self/clear_refs").write_text("5")
before = taken("VmRSS")
kept = Samples.read(large)
print(taken("VmHWM") - before)
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux tells the peak")
def test_the_peak_of_reading(tmp_path):
    small, large = tmp_path / "small.parquet", tmp_path / "large.parquet"
    GOOD.to_parquet(small)
    rng = np.random.default_rng(3)
    table = {
        "lat": np.round(rng.uniform(-90, 90, ROWS), 3),
        "lon": np.round(rng.uniform(-180, 180, ROWS), 3),
        "hit": rng.integers(0, 2, ROWS).astype(np.int8),
    }
    pq.write_table(pa.table(table), large)
    command = [sys.executable, "-c", _MEASURED, str(small), str(large)]
    peak = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert peak < BYTES_A_ROW * ROWS + A_BATCH


def test_arrays_that_grow():
    rng = np.random.default_rng(4)
    batches = [rng.random(size) for size in (0, 1, 7, 1000, 3, 0, 50_000)]
    column = Growing(np.float64)
    for batch in batches:
        column.append(batch)
    whole = column.handed_over()
    assert whole.tobytes() == np.concatenate(batches).tobytes()
    assert len(column.handed_over()) == 0
    column.append(batches[1])
    assert column.handed_over().tolist() == batches[1].tolist()
    assert whole.tobytes() == np.concatenate(batches).tobytes()


def test_arrays_of_the_table_stay_as_they_are():
    table = GOOD.astype({"hit": float}).assign(lon=[371.6, -0.0, 36.8])
    before = table.copy()
    Samples.from_table(table)
    assert table.equals(before)
    assert np.signbit(table["lon"].to_numpy()).tolist() == [False, True, False]
