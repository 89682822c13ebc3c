"""Peak memory and wall time of an audit, each measured in a fresh process.

    python benchmarks/memory.py
    python benchmarks/memory.py predictions.parquet --correct hit@1 --scale 100km
    python benchmarks/memory.py --scale 100km --permutations 999

Without a file the simulated locations are used. The parent process stays small, because a
child starts from its parent's peak; so nothing but the standard library is imported here.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from statistics import median

SCALES = ["100@0.05rad", "400@0.1rad", "100km", "1000km", "knn:100"]
MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024


def peak_mb() -> float:
    """Largest resident set of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS_BYTES / 1e6


def measure(
    path: str | None, correct: str, scale: str, permutations: int | None
) -> dict[str, float]:
    """Audit once, in this process; memory before it and after it, and its time."""
    import locations

    import geobias

    table = locations.read(path, correct) if path else locations.simulate()
    models = locations.models_of(table)
    geobias.score(table[:1000], correct=models, scales="knn:10")  # load what is loaded once
    before = peak_mb()
    start = time.perf_counter()
    geobias.score(table, correct=models, scales=scale, permutations=permutations)
    return {"before": before, "peak": peak_mb(), "audit": time.perf_counter() - start}


def measure_apart(
    path: str | None, correct: str, scale: str, permutations: int | None
) -> dict[str, float]:
    """Do the same in a fresh process, and add the time from its start to its end."""
    arguments = [*([path] if path else []), "--correct", correct, "--scale", scale, "--here"]
    if permutations is not None:
        arguments += ["--permutations", str(permutations)]
    start = time.perf_counter()
    child = subprocess.run(
        [sys.executable, __file__, *arguments], check=True, capture_output=True, text=True
    )
    return {**json.loads(child.stdout), "process": time.perf_counter() - start}


def main() -> None:
    """Print a table: a row per scale, the median of several processes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", nargs="?", help="Parquet file with columns lat and lon")
    parser.add_argument("--correct", default="hit@1", help="correctness column of the file")
    parser.add_argument("--scale", action="append", help="may be repeated")
    parser.add_argument("--permutations", type=int, help="of the marks, to test the means")
    parser.add_argument("--repeat", type=int, default=3, help="processes per scale")
    parser.add_argument("--here", action="store_true", help="measure one scale in this process")
    options = parser.parse_args()
    scales = options.scale or SCALES
    if options.here:
        what = options.path, options.correct, scales[0], options.permutations
        print(json.dumps(measure(*what)))
        return
    measure_apart(options.path, options.correct, scales[0], 1)  # fills the cache of compiled code
    print("scale         before MB   peak MB   audit s   process s")
    for scale in scales:
        what = options.path, options.correct, scale, options.permutations
        runs = [measure_apart(*what) for _ in range(options.repeat)]
        row = {key: median(run[key] for run in runs) for key in runs[0]}
        print(
            f"{scale:12} {row['before']:10.0f} {row['peak']:9.0f} "
            f"{row['audit']:9.2f} {row['process']:11.2f}"
        )


if __name__ == "__main__":
    main()
