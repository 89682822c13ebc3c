"""What others measure of geographic bias, to compare the scores with.

`moran` is the global Moran's I of errors, `spad` how much accuracy differs between the parts of
random partitionings. Both grow by chance alone, `spad` a great deal; so each comes with what
permutations of the marks give.

>>> from geobias import simulate
>>> table = simulate.world("patches-500km", n=500, gap=0.38)
>>> found = moran(table, scales="knn:10", permutations=199)
>>> found.summary[["value", "p"]].round(3).to_dict("records")
[{'value': 0.092, 'p': 0.005}]
"""

from geobias.baselines.autocorrelation import moran
from geobias.baselines.partitions import spad
from geobias.results.baseline import Baseline

__all__ = ["Baseline", "moran", "spad"]
