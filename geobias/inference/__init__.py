"""Is it bias or chance: permutation tests, intervals, comparisons."""
