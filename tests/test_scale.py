"""Large audits: within the memory that was allowed, and from end to end."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

BUDGET = 80_000_000
TOWNS = 5000

MEASURE = textwrap.dedent("""
    import json
    import os
    import sys
    import threading
    import time

    import geobias
    from geobias.geometry import walk
    from geobias.keeping import Stored

    path, output, bounded = sys.argv[1], sys.argv[2], sys.argv[3] == "bounded"
    if not bounded:
        walk.Walk._fitting = lambda self, *_: self.threads

    def resident():
        with open("/proc/self/statm") as pages:
            return int(pages.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    before, peak, done = [], [0], threading.Event()
    keep = Stored.keep

    def keep_and_watch(self, scale, advance):
        # What all samples take is there, and all code is loaded: the rest is work.
        self.survey.scorer.engine._nearest
        before.append(resident())
        watcher = threading.Thread(target=watch)
        watcher.start()
        keep(self, scale, advance)
        done.set()
        watcher.join()

    def watch():
        while not done.is_set():
            peak[0] = max(peak[0], resident())
            time.sleep(0.002)

    geobias.score(path, scales="knn:20", centres=9, memory="50MB")
    Stored.keep = keep_and_watch
    audit = geobias.score(
        path, scales="9900km", centres=16, memory=80_000_000, threads=8, output=output
    )
    largest = int(audit.samples["neighbours"].max())
    print(json.dumps({"work": peak[0] - before[0], "largest": largest}))
""")


def scattered(samples, north=64.0, east=180.0):
    """Predictions around many towns up to so many degrees north, south, east and west."""
    draw = np.random.default_rng(0)
    town_lat = draw.uniform(-north, north, TOWNS)
    town_lon = draw.uniform(-east, east, TOWNS)
    town = draw.integers(TOWNS, size=samples)
    lat = (town_lat[town] + draw.normal(0.0, 0.5, samples)).clip(-89.0, 89.0)
    lon = (town_lon[town] + draw.normal(0.0, 0.7, samples) + 180.0) % 360.0 - 180.0
    return pd.DataFrame({"lat": lat, "lon": lon, "correct": draw.random(samples) < 0.8})


def measured(path, folder, which):
    run = [sys.executable, "-P", "-c", MEASURE, str(path), str(folder / f"{which}.parquet"), which]
    child = subprocess.run(run, check=True, capture_output=True, text=True)
    return json.loads(child.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_work_keeps_to_the_memory_that_was_allowed(tmp_path):
    # Each neighbourhood holds all samples and takes most of the memory that is allowed, and
    # eight threads ask for one.
    path = tmp_path / "samples.parquet"
    scattered(40_000, north=27.0, east=27.0).to_parquet(path)
    within = measured(path, tmp_path, "bounded")
    assert within["largest"] == 40_000
    assert within["work"] <= BUDGET
    # In all threads at once the same work takes more: the measure can tell.
    assert measured(path, tmp_path, "open")["work"] > BUDGET


@pytest.mark.timeout(120)
def test_a_million_samples_from_end_to_end(tmp_path):
    source, target = tmp_path / "samples.parquet", tmp_path / "scores.parquet"
    scattered(1_000_000).to_parquet(source)
    command = [
        Path(sys.executable).with_name("geobias"), "score", str(source), "--scale", "knn:100",
        "--scale", "100km", "--centres", "20000", "--memory", "1GB", "-o", str(target),
    ]  # fmt: skip
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "correct: 1,000,000 samples" in said
    rows = pd.read_parquet(target)
    assert rows.groupby("scale", observed=True).size().to_dict() == {
        "knn:100": 20_000, "100km": 20_000,
    }  # fmt: skip
    facts = json.loads(pq.read_schema(target).metadata[b"geobias"])
    for row in facts["summary"]:
        own = rows[rows["scale"] == row["scale"]]
        assert row["clustering"] == pytest.approx(own["clustering"].mean(), rel=1e-12)
        assert abs(row["clustering_z"]) < 0.05
