"""Maps without a drawing library: equal-area views of the globe, land, and cells of samples."""

from geobias.maps.cells import Cells
from geobias.maps.land import Land
from geobias.maps.view import View

__all__ = ["Cells", "Land", "View"]
