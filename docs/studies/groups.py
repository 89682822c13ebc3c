"""How often `geobias.groups` finds a difference, in simulated worlds.

Prints, for each world and region scheme, the share of 200 datasets of 3,000 samples in which a p
value is at most 0.05. Takes about a minute. Run it from the top of the repository:

    python docs/studies/groups.py
"""

import numpy as np

import geobias

WORLDS = ("unbiased", "repeats", "patches-500km")
SCHEMES = ("continent", "country")
DATASETS = 200
SAMPLES = 3000
ALPHA = 0.05


def p_values(world: str, by: str, seed: int) -> tuple[float, float, float]:
    """Return p of the chi-square by exchanges, the smallest adjusted p, and p of chi-square."""
    table = geobias.simulate.world(world, n=SAMPLES, seed=seed)
    found = geobias.groups(table, by=by, correct="correct", permutations=99, seed=seed)
    (row,) = found.summary.to_dict("records")
    return row["p"], float(found.table["p_adjusted"].min()), row["p_chi_square"]


def main() -> None:
    """Simulate, test, print."""
    for world in WORLDS:
        for by in SCHEMES:
            p = np.array([p_values(world, by, seed) for seed in range(DATASETS)])
            print(
                f"{world:>14} {by:>10}", " ".join(f"{share:.3f}" for share in (p <= ALPHA).mean(0))
            )


if __name__ == "__main__":
    main()
