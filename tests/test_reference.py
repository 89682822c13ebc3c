"""Agreement with tables that other people published, and what random marks give on real places.

The README of the reference folder says how far agreement goes: wherever the published graph is
the one defined here, scores agree to 1e-6; the rest are ties between lattice points at equal
distance, and graphs that count a coincident sample as well as the sample itself.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

import geobias
from geobias.geometry.neighbours import BandIndex, neighbourhoods, reach_of
from geobias.geometry.places import Places

pytestmark = pytest.mark.reference


class Compared(NamedTuple):
    """A published table beside our scores, and which neighbourhoods hold coincident samples."""

    published: pd.DataFrame
    audit: geobias.Audit
    coincident: np.ndarray

    @property
    def ours(self):
        return self.audit.samples

    def agreeing(self, score, coincident):
        """Share of neighbourhoods of one kind whose scores agree to 1e-6 or are both undefined."""
        ours, published = self.ours[score], self.published[score]
        same = np.isclose(ours, published, rtol=0, atol=1e-6, equal_nan=True)
        return same[self.coincident == coincident].mean()


def with_coincident(lat, lon, scale):
    """Whether samples coincide somewhere in the neighbourhood of each sample."""
    places = Places.of(lat, lon)
    index = BandIndex(places, 1)
    reach = reach_of(index, geobias.Scale.parse(scale), np.arange(places.points))
    found = neighbourhoods(index, places, reach, slice(None))
    shared = np.diff(places.seat_start) > 1
    within = np.logical_or.reduceat(shared[places.point_of_seat[found.members]], found.start[:-1])
    return within[places.point_of_sample]


def compared(path, scale, marks):
    published = pd.read_parquet(path)
    audit = geobias.score(
        published, correct="hit@1", scales=scale, preset="published", marks=marks, threads=1
    )
    assert audit.samples["sample"].tolist() == list(range(len(published)))
    lat, lon = published["lat"].to_numpy(), published["lon"].to_numpy()
    return Compared(published, audit, with_coincident(lat, lon, scale))


@pytest.fixture(scope="module")
def inat(reference):
    return compared(reference / "scores" / "inat2018_nerf.parquet", "100@0.05rad", "01")


@pytest.fixture(scope="module")
def eurosat(reference):
    return compared(reference / "scores" / "eurosat_croma_linear.parquet", "100@0.1rad", "pm")


# --- Published scores ----------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["inat", "eurosat"])
def test_every_neighbourhood_has_the_published_size(table, request):
    found = request.getfixturevalue(table)
    assert found.ours["neighbours"].tolist() == found.published["neighbours"].tolist()


@pytest.mark.parametrize("score", ["unmarked", "marked"])
@pytest.mark.parametrize("table", ["inat", "eurosat"])
def test_scores_are_undefined_where_the_published_ones_are(table, score, request):
    found = request.getfixturevalue(table)
    assert found.ours[score].isna().tolist() == found.published[score].isna().tolist()


@pytest.mark.parametrize(
    ("table", "score", "coincident", "share"),
    [
        ("inat", "unmarked", False, 0.93),
        ("inat", "marked", False, 0.94),
        ("inat", "unmarked", True, 0.86),
        ("inat", "marked", True, 0.49),
        ("eurosat", "unmarked", False, 0.97),
        ("eurosat", "marked", False, 0.97),
    ],
)
def test_scores_agree_with_the_published_ones(table, score, coincident, share, request):
    found = request.getfixturevalue(table)
    assert (found.coincident == coincident).sum() > 3000
    assert found.agreeing(score, coincident) >= share


@pytest.mark.parametrize("score", ["unmarked", "marked"])
@pytest.mark.parametrize("table", ["inat", "eurosat"])
def test_what_ties_between_lattice_points_change_is_little(table, score, request):
    """Without coincident samples the published graph differs in ties alone."""
    found = request.getfixturevalue(table)
    apart = (found.ours[score] - found.published[score]).abs()[~found.coincident]
    assert apart[apart > 1e-6].median() < 1


def test_published_scores_saturate_as_ours_do(inat):
    for scores in (inat.published, inat.ours):
        assert scores["unmarked"].max() == pytest.approx(589.461784, abs=1e-5)


def test_the_published_marked_score_took_wrong_answers_for_empty_land(inat):
    audit = geobias.score(
        inat.published, correct="hit@1", scales="100@0.05rad", preset="published", threads=1
    )
    ours, published = audit.samples["marked"], inat.published["marked"]
    told_apart = published < 589
    assert np.isclose(ours, published, rtol=0, atol=1e-6)[told_apart].mean() < 0.01


# --- Sites ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "percent"), [("fmow", 90), ("nabirds_ebird", 52)])
def test_datasets_of_repeated_samples_are_warned_of(reference, name, percent):
    audit = geobias.score(
        reference / "published_predictions" / f"{name}.parquet",
        correct=["no_prior", "wrap"], scales="100@100km", centres=500, threads=1,
    )  # fmt: skip
    (said,) = [note for note in audit.notes if "share one of" in note]
    assert said.startswith(f"{percent} % of the ")
    assert audit.summary["relative_merged"].notna().all()


def test_repetition_is_most_of_what_looks_like_geography_on_fmow(reference):
    """Published: 34 nats as it is, 4.2 with one sample per site, at 100 km without a cap."""
    audit = geobias.score(
        reference / "published_predictions" / "fmow.parquet",
        correct="no_prior", scales="100km", centres=500, threads=1,
    )  # fmt: skip
    row = audit.summary.loc[0]
    assert row["relative"] > 20
    assert 3 < row["relative_merged"] < 7


def test_a_dataset_of_single_samples_is_not(eurosat):
    assert not [note for note in eurosat.audit.notes if "share one of" in note]
    assert "relative_merged" not in eurosat.audit.summary


# --- Random marks on real places -----------------------------------------------------------------

DRAWS = 10


@pytest.fixture(scope="module")
def random_marks(reference):
    """Means at 100 km over ten models each that err at random, by accuracy.

    Neighbouring centres see the same errors: the mean over all centres of one model has a
    standard deviation of about 0.1 nats (clustering at 99 %: 0.25) and of 0.13 in z. Ten
    models cut that to a third.
    """
    places = pd.read_parquet(
        reference / "published_predictions" / "inat2018.parquet", columns=["lat", "lon"]
    )
    draw = np.random.default_rng(0)
    names = [f"{share} {i}" for share in (0.5, 0.9, 0.99) for i in range(DRAWS)]
    marks = {name: draw.random(len(places)) < float(name.split()[0]) for name in names}
    audit = geobias.score(places.assign(**marks), correct=names, scales="100km", threads=1)
    share = audit.summary["model"].str.split().str[0].astype(float)
    return audit.summary.drop(columns=["model", "scale"]).groupby(share).mean()


def test_the_marked_score_grows_with_accuracy_alone(random_marks):
    marked = random_marks["marked"]
    assert marked[0.9] > 20 * marked[0.5]
    assert marked[0.99] > 1.5 * marked[0.9]


@pytest.mark.parametrize("score", ["relative", "clustering", "isolation"])
@pytest.mark.parametrize("accuracy", [0.5, 0.9, 0.99])
def test_calibrated_scores_do_not(random_marks, accuracy, score):
    """Chance gives 1 nat and z 0.

    At 99 % most neighbourhoods hold one error or two, and errors cannot sit beside errors:
    clustering then has a long thin tail, and most of its values lie below 1.
    """
    few_errors = accuracy == 0.99 and score == "clustering"
    assert (0.6 if few_errors else 0.75) < random_marks.loc[accuracy, score] < 1.3
    assert abs(random_marks.loc[accuracy, f"{score}_z"]) < 0.2


def test_the_unmarked_score_knows_no_marks(random_marks):
    assert random_marks["unmarked"].nunique() == 1
