"""Time and peak memory of audits from ten thousand samples to ten million, as CSV.

    python benchmarks/scale.py docs/scale.csv
    python benchmarks/scale.py table.csv --samples 10000 100000

Each audit runs in a fresh process, from a Parquet file to a Parquet file, with a bounded memory.
Samples are the simulated locations of `locations.py`. Around all of them at ``knn:100``, around
20,000 at ``100km``. The parent process stays small, because a child starts from its parent's
peak; so nothing but the standard library is imported here.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from memory import peak_mb

SAMPLES = (10_000, 100_000, 1_000_000, 10_000_000)
SCALES = {"knn:100": None, "100km": 20_000}
"""Scales, and the centres at each if not all."""

MEMORY = "2GB"
COLUMNS = ("samples", "scale", "centres", "seconds", "peak_mb")


def simulate(samples: int, path: str) -> None:
    """Write a table of simulated samples."""
    import locations

    locations.simulate(samples).to_parquet(path)


def measure(path: str, scale: str, centres: int | None) -> dict[str, float]:
    """Audit a file once, in this process; its time and the peak of the process."""
    import geobias

    begun = time.perf_counter()
    output = f"{path}-scores.parquet"
    audit = geobias.score(
        path, correct="model 0", scales=scale, centres=centres, memory=MEMORY, output=output
    )
    seconds = time.perf_counter() - begun
    Path(output).unlink()
    return {
        "centres": int(audit.summary["centres"].iloc[0]),
        "seconds": round(seconds, 2),
        "peak_mb": round(peak_mb()),
    }


def apart(*words: object) -> str:
    """Run this script in a fresh process, and return what it prints."""
    command = [sys.executable, __file__, *map(str, words)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main() -> None:
    """Write a row per number of samples and scale."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", help="CSV file to write")
    parser.add_argument("--samples", type=int, nargs="+", default=SAMPLES)
    parser.add_argument("--simulate", type=int, help="write so many samples to the path instead")
    parser.add_argument("--audit", metavar="SCALE", help="audit the file of the path instead")
    options = parser.parse_args()
    if options.simulate:
        simulate(options.simulate, options.path)
        return
    if options.audit:
        print(json.dumps(measure(options.path, options.audit, SCALES[options.audit])))
        return
    with TemporaryDirectory() as folder, Path(options.path).open("w", newline="") as opened:
        table = f"{folder}/samples.parquet"
        writer = csv.DictWriter(opened, COLUMNS)
        writer.writeheader()
        # What the first audits ever have to compile is no part of the table.
        apart(table, "--simulate", 1000)
        for scale in SCALES:
            apart(table, "--audit", scale)
        for samples in options.samples:
            apart(table, "--simulate", samples)
            for scale in SCALES:
                found = json.loads(apart(table, "--audit", scale))
                writer.writerow({"samples": samples, "scale": scale, **found})
                opened.flush()


if __name__ == "__main__":
    main()
