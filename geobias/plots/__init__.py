"""Figures of what an audit found: drawn with matplotlib, without touching its global state.

`Audit.plot`, `Comparison.plot` and `Groups.plot` offer them; `cell_map` maps any column of numbers.
"""

from geobias.plots.cell_map import cell_map

__all__ = ["cell_map"]
