"""The options that say what is read and what counts as correct, which several commands share."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from geobias.cli.options import Degrees, Lat, Locations, Lon, numbers, ranks

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


OPTIONS: dict[str, Any] = {
    "correct": Correct,
    "prediction": Prediction,
    "label": Label,
    "top": Top,
    "error": ErrorFormula,
    "bins": Bins,
    "predicted_lat": PredictedLat,
    "predicted_lon": PredictedLon,
    "threshold": Threshold,
    "levels": Levels,
    "lat": Lat,
    "lon": Lon,
    "degrees": Degrees,
    "locations": Locations,
}
"""Options by their names, in the order in which they are helped with."""


def reads_predictions(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say what is read.

    The command has a parameter ``reading`` in their place, and passes it on to the library.
    """
    hints = get_type_hints(command, include_extras=True)
    parameters = []
    for name, parameter in inspect.signature(command).parameters.items():
        if name != "reading":
            parameters.append(parameter.replace(annotation=hints[name]))
            continue
        for option, annotation in OPTIONS.items():
            default = False if option == "degrees" else None
            parameters.append(
                inspect.Parameter(option, parameter.kind, default=default, annotation=annotation)
            )

    @wraps(command)
    def with_options(**given: Any) -> None:
        chosen = {option: given.pop(option) for option in OPTIONS}
        command(**given, reading=declared(**chosen))

    with_options.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    with_options.__annotations__ = {each.name: each.annotation for each in parameters}
    return with_options


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
    **places: Any,
) -> dict[str, Any]:
    """Return what the library is to be told; ``places`` says where the coordinates are."""
    from geobias import rules

    _refuse_alone("--top", top, "--prediction and --label", prediction)
    _refuse_alone("--label", label, "--prediction", prediction)
    _refuse_alone("--prediction", prediction, "--label", label)
    _refuse_alone("--bins", bins, "--error", error)
    _refuse_alone("--predicted-lat", predicted_lat, "--predicted-lon", predicted_lon)
    _refuse_alone("--predicted-lon", predicted_lon, "--predicted-lat", predicted_lat)
    found: list[str | Rule] = [*(correct or ())]
    if prediction is not None and label is not None:
        first = None if top is None else ranks(top)
        found += [rules.match(column, label, top=first) for column in prediction]
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
        **places,
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
