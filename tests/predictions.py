"""A small table of predictions, for tests that write it in some form and read it back."""

import geopandas
import pandas as pd
import pytest

from geobias.errors import InputError
from geobias.readers import open_file
from geobias.samples import Samples

CSV = "id,lat,lon,hit\n7,48.1,11.6,1\n8,59.9,10.8,0\n9,-1.3,36.8,1\n"
GOOD = pd.DataFrame({"lat": [48.1, 59.9, -1.3], "lon": [11.6, 10.8, 36.8], "hit": [1, 0, 1]})
DIGEST = Samples.from_table(GOOD).digest


def geo_table(shift=0.0):
    places = geopandas.points_from_xy(GOOD["lon"] + shift, GOOD["lat"])
    return geopandas.GeoDataFrame(GOOD, geometry=places, crs=4326)


def refused(path, **keywords):
    with pytest.raises(InputError) as caught:
        Samples.read(path, **keywords)
    return str(caught.value)


def unopened(path):
    with pytest.raises(InputError) as caught:
        open_file(path)
    return str(caught.value)


def column(source, name, text=()):
    """All values of a column, whose frames have to count the rows of the whole table."""
    values = []
    for rows in source.batches([name], text):
        assert rows.columns.tolist() == [name]
        assert rows.index.equals(pd.RangeIndex(len(values), len(values) + len(rows)))
        values += rows[name].tolist()
    return values
