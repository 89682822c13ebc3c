"""Inspection: what a table holds, and what to run next."""

from geobias.inspection.inspecting import inspect
from geobias.inspection.inspection import Inspection

__all__ = ["Inspection", "inspect"]
