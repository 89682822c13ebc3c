"""What counts as correct, from the options that declare it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from geobias.cli.options import numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geobias.rules import Rule

Correct = Annotated[
    list[str] | None,
    typer.Option(metavar="COL", help="Correctness column; repeat it for several models."),
]
Prediction = Annotated[
    list[str] | None,
    typer.Option(metavar="COL", help="Predicted classes: right if they equal --label."),
]
Label = Annotated[str | None, typer.Option(metavar="COL", help="True classes.")]
Top = Annotated[
    str | None,
    typer.Option(
        metavar="K,K,…", help="Predictions are rankings: right if the label is among the first K."
    ),
]
ErrorFormula = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FORMULA",
        help='What holds for a right number: "abs(pred-true) <= 0.5"; with --bins the error alone.',
    ),
]
Bins = Annotated[
    str | None,
    typer.Option(metavar="B,B,…", help="Bounds of bins of the error, which become levels."),
]
PredictedLat = Annotated[
    str | None, typer.Option(metavar="COL", help="Predicted latitude, in degrees.")
]
PredictedLon = Annotated[
    str | None, typer.Option(metavar="COL", help="Predicted longitude, in degrees.")
]
Threshold = Annotated[
    str | None,
    typer.Option(
        metavar="T",
        help="Correctness columns are scores: right from T on. With predicted coordinates: right "
        "within 25km,10mi,city. Default: street,city,region,country,continent.",
    ),
]
Levels = Annotated[
    str | None,
    typer.Option(
        metavar="L,L,…",
        help="Correctness columns are binned marks with these nonzero values; with --bins, the "
        "mark of each bin.",
    ),
]


def declared(
    *,
    correct: Sequence[str] | None,
    prediction: Sequence[str] | None,
    label: str | None,
    top: str | None,
    error: Sequence[str] | None,
    bins: str | None,
    predicted_lat: str | None,
    predicted_lon: str | None,
    threshold: str | None,
    levels: str | None,
) -> dict[str, Any]:
    """Return ``correct``, ``threshold`` and ``levels`` for the library."""
    from geobias import rules

    _refuse_alone("--top", top, "--prediction and --label", prediction)
    _refuse_alone("--label", label, "--prediction", prediction)
    _refuse_alone("--prediction", prediction, "--label", label)
    _refuse_alone("--bins", bins, "--error", error)
    _refuse_alone("--predicted-lat", predicted_lat, "--predicted-lon", predicted_lon)
    _refuse_alone("--predicted-lon", predicted_lon, "--predicted-lat", predicted_lat)
    found: list[str | Rule] = [*(correct or ())]
    if prediction is not None and label is not None:
        ranks = None if top is None else [int(rank) for rank in numbers("--top", top)]
        found += [rules.match(column, label, top=ranks) for column in prediction]
    bounds = None if bins is None else numbers("--bins", bins)
    given = None if levels is None else numbers("--levels", levels)
    for formula in error or ():
        found.append(rules.error(formula, bins=bounds, marks=None if bins is None else given))
    if predicted_lat is not None and predicted_lon is not None:
        distances = None if threshold is None else [part.strip() for part in threshold.split(",")]
        found.append(rules.distance(predicted_lat, predicted_lon, thresholds=distances))
        threshold = None
    return {
        "correct": found or None,
        "threshold": None if threshold is None else _number(threshold),
        "levels": None if bins is not None else given,
    }


def _refuse_alone(option: str, value: object, needs: str, given: object) -> None:
    if value is not None and given is None:
        raise typer.BadParameter(f"{option} goes with {needs}: add it.")


def _number(threshold: str) -> float:
    try:
        return float(threshold)
    except ValueError:
        raise typer.BadParameter(
            f"--threshold {threshold!r} is no number; a distance goes with --predicted-lat and "
            "--predicted-lon."
        ) from None
