"""Where errors are more frequent than chance makes them anywhere: circles of all sizes.

The spatial scan statistic for right and wrong (Kulldorff 1997, *A spatial scan statistic*).
"""

from geobias.scan.scan import Cluster, Scan

__all__ = ["Cluster", "Scan"]
