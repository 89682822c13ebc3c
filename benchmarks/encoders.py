"""Time and peak memory of encoding many places, each encoder in a fresh process.

    python benchmarks/encoders.py
    python benchmarks/encoders.py --places 100000 satclip xyz

Codes are those of the position encoding, batch by batch and given up again; embeddings are those
of the usual network with fresh weights, 256 numbers per place, all kept. The parent process stays
small, because a child starts from its parent's peak.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from memory import peak_mb

ANCHORS = 200


def measure(name: str, places: int) -> dict[str, float | str]:
    """Encode and embed places all over the world, in this process."""
    import numpy as np
    import torch

    from geobias.encoders import build
    from geobias.encoders.encoder import BATCH

    rng = np.random.default_rng(0)
    lat = np.degrees(np.arcsin(rng.uniform(-1, 1, places)))
    lon = rng.uniform(-180, 180, places)
    anchors = np.stack([lon, lat], axis=1)[:ANCHORS]
    encoder = build(name, **({"anchors": anchors} if name == "rbf" else {}))
    encoder.embed(lat=lat[:BATCH], lon=lon[:BATCH])  # load what is loaded once
    before = peak_mb()

    start = time.perf_counter()
    with torch.no_grad():
        for rows in torch.arange(places).split(BATCH):
            encoder.position(lat=torch.from_numpy(lat[rows]), lon=torch.from_numpy(lon[rows]))
    codes = time.perf_counter() - start

    start = time.perf_counter()
    encoder.embed(lat=lat, lon=lon)
    embedded = time.perf_counter() - start
    return {
        "name": name,
        "length": encoder.position.dim,
        "codes": codes,
        "embedded": embedded,
        "before": before,
        "peak": peak_mb(),
    }


def measure_apart(name: str, places: int) -> dict[str, float | str]:
    """Do the same in a fresh process."""
    child = subprocess.run(
        [sys.executable, __file__, name, "--places", str(places), "--here"],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent,
    )
    return dict(json.loads(child.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="encoders; all of them by default")
    parser.add_argument("--places", type=int, default=1_000_000)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        print(json.dumps(measure(options.names[0], options.places)))
        return
    print(f"{options.places:,} places, seconds and MB")
    print("| encoder | numbers per code | codes, s | embeddings, s | peak, MB | before, MB |")
    print("|---|---|---|---|---|---|")
    for name in options.names or every_name():
        found = measure_apart(name, options.places)
        print(
            f"| {name} | {found['length']:,} | {found['codes']:.1f} | {found['embedded']:.1f} | "
            f"{found['peak']:,.0f} | {found['before']:,.0f} |",
            flush=True,
        )


def every_name() -> list[str]:
    """The encoders of the registry, asked for in a process of their own."""
    ask = "from geobias.encoders import list_encoders; print('\\n'.join(list_encoders()['name']))"
    here = Path(__file__).parent
    child = subprocess.run(
        [sys.executable, "-c", ask], check=True, capture_output=True, text=True, cwd=here
    )
    return child.stdout.split()


if __name__ == "__main__":
    main()
