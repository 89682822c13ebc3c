"""Who does the work: threads of this process, or the workers of a Dask cluster."""

from geobias.crews.crew import Crew, WorkError
from geobias.crews.threads import Threads

__all__ = ["Crew", "Threads", "WorkError"]
