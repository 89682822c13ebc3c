"""Where the scores of single centres are kept: in memory, or in files as they come."""

from geobias.keeping.held import Held
from geobias.keeping.keeping import Columns, Keeping, Rows
from geobias.keeping.stored import Stored

__all__ = ["Columns", "Held", "Keeping", "Rows", "Stored"]
