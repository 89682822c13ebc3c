"""The names people import, and what importing them costs."""

import inspect
import json
import re
import subprocess
import sys

import pytest

import geobias
import geobias.encoders.locbench
from geobias.plots import accessors

NAMES = [
    "Answers", "Audit", "Comparison", "GeoBiasError", "Groups", "HotSpots", "InputError",
    "Inspection", "Plan", "Report", "Samples", "Scale", "ScaleError", "WeakPlaces", "answers",
    "baselines", "compare", "groups", "hot_spots", "inspect", "metrics", "plan", "plots",
    "regions", "report", "rules", "score", "simulate", "where",
]  # fmt: skip

SCORE = (
    "(data: 'Table | File | Samples', *,"
    " correct: 'Correct' = None,"
    " lat: 'str | None' = None, lon: 'str | None' = None,"
    " threshold: 'float | None' = None, levels: 'Sequence[float] | None' = None,"
    " degrees: 'bool' = False,"
    " locations: 'Table | File | None' = None,"
    " scales: 'str | Scale | Sequence[str | Scale]' = ('100km', '1000km', 'knn:100'),"
    " preset: 'str' = 'geobias', marks: 'str' = 'pm', k: 'int' = 4,"
    " background: 'str' = 'everywhere', sites: 'str' = 'keep', site_tolerance_km: 'float' = 0.0,"
    " centres: 'int | None' = None, permutations: 'int | None' = None,"
    " within: 'str | None' = None, bootstrap: 'int | None' = None,"
    " block_km: 'float | None' = None, fdr: 'float | None' = None,"
    " centre_permutations: 'int | None' = None,"
    " scores: 'str | Sequence[str]' = ('ssi',),"
    " cell: 'str | None' = None, lag: 'str | None' = None, sectors: 'int' = 8,"
    " seed: 'int' = 0, index: 'str' = 'bands',"
    " threads: 'int | None' = None, memory: 'str | int | None' = None,"
    " output: 'str | os.PathLike[str] | None' = None, dask: 'Any' = None,"
    " progress: 'bool' = False) -> 'Audit'"
)

REPORT = (
    "(data: 'Table | File | Samples', *,"
    " correct: 'Correct' = None,"
    " lat: 'str | None' = None, lon: 'str | None' = None,"
    " threshold: 'float | None' = None, levels: 'Sequence[float] | None' = None,"
    " degrees: 'bool' = False,"
    " locations: 'Table | File | None' = None,"
    " scales: 'str | Scale | Sequence[str | Scale]' = ('100km', '1000km', 'knn:100'),"
    " by: 'str' = 'continent', permutations: 'int' = 999, bootstrap: 'int' = 999,"
    " fdr: 'float' = 0.05, centres: 'int | None' = None,"
    " seed: 'int' = 0, progress: 'bool' = False) -> 'Report'"
)

HOT_SPOTS = (
    "(data: 'Table | File | Samples', *,"
    " correct: 'Correct' = None,"
    " lat: 'str | None' = None, lon: 'str | None' = None,"
    " threshold: 'float | None' = None, levels: 'Sequence[float] | None' = None,"
    " degrees: 'bool' = False,"
    " locations: 'Table | File | None' = None,"
    " scale: 'str | Scale' = '100km',"
    " statistics: 'str | Sequence[str]' = ('getis_ord', 'moran', 'join_counts'),"
    " sites: 'str' = 'one', site_tolerance_km: 'float' = 0.0, fdr: 'float' = 0.05,"
    " seed: 'int' = 0,"
    " threads: 'int | None' = None, progress: 'bool' = False) -> 'HotSpots'"
)

WORLD = (
    "(name: 'str', *, n: 'int | None' = None, locations: 'str | pd.DataFrame' = 'cities',"
    " accuracy: 'float' = 0.8, gap: 'float' = 0.3, seed: 'int' = 0,"
    " lat: 'float | None' = None, lon: 'float | None' = None,"
    " radius_km: 'float | None' = None,"
    " azimuth: 'float | None' = None, width_km: 'float | None' = None,"
    " images: 'int | None' = None, agreement: 'float | None' = None) -> 'pd.DataFrame'"
)

METRICS = [
    "clustering_ssi_score", "crowding_ssi_score", "isolation_ssi_score", "marked_ssi_score",
    "relative_ssi_score", "ssi_scores", "unmarked_ssi_score",
]  # fmt: skip

ENCODERS = [
    "MLP", "ConcatenationFusion", "Encoder", "FusedProbabilities", "LocationClassifier",
    "LocationEncoder", "LocationRegressor", "ProductFusion", "anchor_rows", "build", "encode",
    "fuse_probabilities", "list_encoders", "load", "load_torchspatial", "position",
    "presence_only_loss", "presence_only_user_loss", "random_places", "save",
]  # fmt: skip

LOCBENCH = [
    "Benchmark", "Dataset", "Evaluation", "Found", "RegressionModel", "Split", "Trained",
    "Training", "add", "evaluate", "field", "fit_prior", "list_datasets", "list_priors",
    "load_dataset", "published_results", "published_settings", "ranks", "report", "run",
    "search", "synthetic", "train", "true_prior",
]  # fmt: skip

METRIC = (
    "(y_true: 'ArrayLike', y_pred: 'ArrayLike', *, lat: 'ArrayLike', lon: 'ArrayLike',"
    " scale: 'str | Scale' = '1000km', degrees: 'bool' = False)"
)

HEAVY = [
    "numba", "numpy", "pandas", "pyarrow", "geopandas", "scipy", "sklearn", "torch", "esda",
    "libpysal",
]  # fmt: skip


def loaded_by(statement):
    """Which heavy packages a statement imports in a fresh interpreter."""
    look = f"import json, sys; print(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"{statement}\n{look}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def documented_parameters(function):
    """Names in the numpydoc section of parameters, in their order."""
    section = inspect.getdoc(function).split("Parameters\n----------\n")[1]
    section = re.split(r"\n\w+\n-+\n", section)[0]
    headings = re.findall(r"^([a-z_]+(?:, [a-z_]+)*)(?: :.*)?$", section, re.MULTILINE)
    return [name for heading in headings for name in heading.split(", ")]


def test_the_public_names_are_frozen():
    assert geobias.__all__ == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_there_and_documented(name):
    assert name in dir(geobias)
    assert inspect.getdoc(getattr(geobias, name))


def test_a_star_import_brings_the_public_names():
    space = {}
    exec("from geobias import *", space)
    assert sorted(set(space) - {"__builtins__"}) == NAMES


def test_other_names_are_missing_as_anywhere():
    with pytest.raises(AttributeError, match="module 'geobias' has no attribute 'scores'"):
        _ = geobias.scores


def test_the_signature_of_score_is_frozen():
    assert str(inspect.signature(geobias.score)) == SCORE


def test_a_plan_is_asked_what_a_score_is():
    score, plan = (inspect.signature(each).parameters for each in (geobias.score, geobias.plan))
    assert set(score) - set(plan) <= {"output", "dask"}
    assert set(plan) - set(score) <= {"memory", "standard_error"}
    for name in set(plan) & set(score):
        assert str(plan[name]) == str(score[name])


def test_the_signature_of_report_is_frozen():
    assert str(inspect.signature(geobias.report)) == REPORT


def test_the_signature_of_hot_spots_is_frozen():
    assert str(inspect.signature(geobias.hot_spots)) == HOT_SPOTS


def test_the_names_of_baselines_are_frozen():
    assert geobias.baselines.__all__ == ["Baseline", "moran", "spad"]


def test_the_names_of_simulate_are_frozen():
    assert geobias.simulate.__all__ == ["CITIES", "KINDS", "WORLDS", "locations", "world"]
    assert str(inspect.signature(geobias.simulate.world)) == WORLD


def test_the_names_and_signatures_of_metrics_are_frozen():
    assert geobias.metrics.__all__ == METRICS
    for name in METRICS:
        returned = "'dict[str, float]'" if name == "ssi_scores" else "'float'"
        assert str(inspect.signature(getattr(geobias.metrics, name))) == f"{METRIC} -> {returned}"


def test_the_names_of_locbench_are_frozen():
    locbench = geobias.encoders.locbench
    assert locbench.__all__ == LOCBENCH
    for name in LOCBENCH:
        assert name in dir(locbench)
        assert inspect.getdoc(getattr(locbench, name))


def test_the_names_of_encoders_are_frozen():
    assert geobias.encoders.__all__ == ENCODERS
    for name in ENCODERS:
        assert name in dir(geobias.encoders)
        assert inspect.getdoc(getattr(geobias.encoders, name))


def test_the_members_of_an_audit_are_frozen():
    public = [name for name in dir(geobias.Audit) if not name.startswith("_")]
    fields = list(geobias.Audit.__dataclass_fields__)
    assert fields == [
        "summary", "aggregates", "notes", "provenance", "chance", "scored", "rows",
    ]  # fmt: skip
    assert sorted({*public, *fields}) == [
        "aggregates", "chance", "explore", "facts", "findings", "headlines", "legend", "notes",
        "plot", "profile", "provenance", "rows", "samples", "scored", "sentences", "summary",
        "table", "to_json", "to_parquet",
    ]  # fmt: skip


def test_the_figures_of_results_are_frozen():
    offered = {
        name: [each for each in dir(getattr(accessors, name)) if not each.startswith("_")]
        for name in ("AuditPlots", "ComparisonPlots", "GroupsPlots", "WeakPlacesPlots")
    }
    assert offered == {
        "AuditPlots": ["chance", "difference", "map", "neighbourhood", "profile", "regions"],
        "ComparisonPlots": ["forest", "map"],
        "GroupsPlots": ["forest"],
        "WeakPlacesPlots": ["map"],
    }


def test_errors_are_value_errors_of_one_family():
    for error in (geobias.InputError, geobias.ScaleError):
        assert issubclass(error, geobias.GeoBiasError)
    assert issubclass(geobias.GeoBiasError, ValueError)


@pytest.mark.parametrize(
    "function",
    [
        geobias.answers,
        geobias.score,
        geobias.compare,
        geobias.inspect,
        geobias.groups,
        geobias.report,
        geobias.hot_spots,
        geobias.plan,
        geobias.baselines.moran,
        geobias.baselines.spad,
        geobias.regions.locate,
        geobias.regions.read_polygons,
        geobias.Samples.from_table,
        geobias.Samples.read,
        geobias.rules.distance,
        geobias.rules.error,
        geobias.rules.match,
        geobias.simulate.locations,
        geobias.simulate.world,
        accessors.AuditPlots.chance,
        accessors.AuditPlots.difference,
        accessors.AuditPlots.map,
        accessors.AuditPlots.neighbourhood,
        accessors.AuditPlots.profile,
        accessors.AuditPlots.regions,
        accessors.ComparisonPlots.forest,
        accessors.ComparisonPlots.map,
        accessors.GroupsPlots.forest,
        *(getattr(geobias.metrics, name) for name in METRICS),
        geobias.encoders.LocationClassifier,
        geobias.encoders.LocationRegressor,
        geobias.encoders.anchor_rows,
        geobias.encoders.encode,
        geobias.encoders.fuse_probabilities,
        geobias.encoders.load,
        geobias.encoders.load_torchspatial,
        geobias.encoders.presence_only_loss,
        geobias.encoders.presence_only_user_loss,
        geobias.encoders.random_places,
        geobias.encoders.save,
    ],
)
def test_every_parameter_is_documented_in_the_order_of_the_signature(function):
    assert documented_parameters(function) == [
        name for name in inspect.signature(function).parameters if name not in ("cls", "self")
    ]


def test_importing_geobias_imports_nothing_heavy():
    assert loaded_by("import geobias") == []


def test_errors_and_scales_import_nothing_heavy():
    assert loaded_by("from geobias import GeoBiasError, Scale; Scale.parse('100km')") == []


def test_simulating_does_not_import_the_engine():
    assert loaded_by("import geobias; geobias.simulate.world('stripes', n=100)") == [
        "numpy", "pandas", "pyarrow",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["score", "metrics", "hot_spots", "baselines"])
def test_scoring_does_not_import_torch_or_the_index_it_does_not_use(name):
    loaded = loaded_by(f"from geobias import {name}")
    assert not {"torch", "sklearn", "esda", "libpysal"} & set(loaded)
