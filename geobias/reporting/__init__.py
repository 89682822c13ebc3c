"""Reports: pages, model cards and JSON that say what an audit found."""

from geobias.reporting.compiling import report
from geobias.reporting.document import Report

__all__ = ["Report", "report"]
