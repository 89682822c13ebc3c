"""Samples: the only door between a table and the scores."""

from geobias.samples.ledger import Drop, Ledger
from geobias.samples.samples import Samples

__all__ = ["Drop", "Ledger", "Samples"]
