import os
from pathlib import Path

import locations
import pandas as pd
import pytest


@pytest.fixture(scope="session", params=["simulated", "inat2018"])
def table(request: pytest.FixtureRequest) -> pd.DataFrame:
    """Predictions at simulated locations, and at those of the published tables."""
    if request.param == "simulated":
        return locations.simulate()
    folder = os.environ.get("GEOBIAS_REFERENCE")
    if not folder:
        pytest.skip("GEOBIAS_REFERENCE is not set: it names the folder of published tables")
    return locations.read(Path(folder) / "scores" / "inat2018_nerf.parquet", "hit@1")
