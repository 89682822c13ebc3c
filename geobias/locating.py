"""From a table of predictions to the places where a model fails."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geobias.crews import WorkError
from geobias.crews.choosing import crew_of
from geobias.errors import GeoBiasError
from geobias.geometry.neighbours import index_of
from geobias.geometry.places import Ints, Places
from geobias.inference.exchange import Exchange
from geobias.inference.shuffles import exchange_notes
from geobias.progress import progress_bar
from geobias.provenance import provenance_of
from geobias.results.notes import sharing_note
from geobias.results.place_tables import MOST_PLACES, PlaceTables
from geobias.results.weak_places import WeakPlaces
from geobias.samples import Samples
from geobias.samples.wrong import shares_wrong
from geobias.scales import EARTH_RADIUS_KM, length_km
from geobias.scan import Scan
from geobias.scoring import read_samples, thread_count
from geobias.settings import LARGEST_SEED, SITE_RULES, chosen_from, number_between, whole_number
from geobias.wording import counted

if TYPE_CHECKING:
    from distributed import Client

    from geobias.readers import File, Table
    from geobias.samples.columns import Correct

LARGEST = "10%"
"""The largest circle by default: wider ones tell nobody where to look."""

PARTS = 15
"""The share of errors at a merged site is rounded to so many parts in the search."""

_PERCENT = re.compile(r"\s*(\d+\.?\d*|\.\d+)\s*%\s*")


@dataclass(frozen=True)
class Choices:
    """The choices behind `where`."""

    largest: str
    centres: int
    sites: str
    site_tolerance_km: float
    permutations: int
    alpha: float
    seed: int

    def record(self) -> dict[str, Any]:
        """Return the choices as plain values."""
        return asdict(self)


def where(
    data: Table | File | Samples,
    *,
    correct: Correct = None,
    lat: str | None = None,
    lon: str | None = None,
    threshold: float | None = None,
    levels: Sequence[float] | None = None,
    degrees: bool = False,
    locations: Table | File | None = None,
    largest: str = LARGEST,
    centres: int = 10_000,
    sites: str = "keep",
    site_tolerance_km: float = 0.0,
    permutations: int = 999,
    alpha: float = 0.05,
    seed: int = 0,
    threads: int | None = None,
    dask: str | Client | None = None,
    progress: bool = False,
) -> WeakPlaces:
    """Find the places where one or more models fail more often than chance would make them fail.

    Circles of all sizes are laid around the samples, and the one whose errors are the least likely
    to be as many by chance is the first place (the spatial scan statistic for right and wrong,
    Kulldorff 1997, *A spatial scan statistic*). The next is the most unlikely that does not touch
    those before. How unlikely a circle has to be is learned from permutations of the errors: their
    most unlikely circles, wherever these are. So all circles are allowed for.

    Parameters
    ----------
    data
        Predictions, as for `score`.
    correct, lat, lon, threshold, levels, degrees, locations
        As for `score`; of several levels, those below 0 are errors.
    largest
        The largest circle: its radius, as in ``1000km``, or the share of the samples in it, as in
        ``10%``. ``50%`` is the most, and the custom of epidemiology.
    centres
        At most so many places of samples are centres of circles, drawn at random if there are
        more.
    sites, site_tolerance_km
        As for `score`. Permutations move whole sites in any case.
    permutations
        Permutations of the errors; p is at least 1/(permutations + 1).
    alpha
        Places are those whose p is at most this. Where errors fall at random, a model has any such
        place in so large a share of cases.
    seed, threads, progress
        As for `score`.
    dask
        Work on a Dask cluster instead of threads: the address of its scheduler, as in
        ``tcp://host:8786``, ``local:4`` for four processes here, or a `distributed.Client`. Never
        changes a result.

    Returns
    -------
    WeakPlaces

    Raises
    ------
    GeoBiasError
        If the input or a choice makes no sense, with what was found and what to do.

    Examples
    --------
    >>> from geobias import simulate
    >>> world = simulate.world("weak-region", n=800, lat=48.9, lon=2.4, radius_km=600.0, gap=0.6)
    >>> found = where(world, permutations=99)
    >>> found.table[["place", "errors", "n", "p"]].to_dict("records")
    [{'place': 1, 'errors': 16.0, 'n': 16, 'p': 0.01}]
    """
    share, radius_km = _limits(largest)
    choices = Choices(
        largest=largest,
        centres=whole_number("centres", centres, 1),
        sites=chosen_from("sites", sites, SITE_RULES),
        site_tolerance_km=float(site_tolerance_km or 0.0),
        permutations=whole_number("permutations", permutations, 1),
        alpha=number_between("alpha", alpha, 0.0, 1.0),
        seed=whole_number("seed", seed, 0, LARGEST_SEED),
    )
    if 1.0 / (choices.permutations + 1) > choices.alpha:
        raise GeoBiasError(
            f"With {counted(choices.permutations, 'permutation')} no p value is below "
            f"{1.0 / (choices.permutations + 1):.3g}, so that no place can reach alpha "
            f"{choices.alpha:g}: ask for more, 999 for example."
        )
    samples = read_samples(
        data, correct=correct, lat=lat, lon=lon, threshold=threshold, levels=levels,
        degrees=degrees, site_tolerance_km=site_tolerance_km, locations=locations,
    )  # fmt: skip
    scanned = samples.merged() if choices.sites == "merge" else samples
    threads = thread_count(threads)
    places = Places.of(scanned.lat, scanned.lon)
    points = _centres(places, choices)
    if radius_km is not None:
        _refuse_beyond_half(places, points, radius_km, largest, threads)
    exchange = Exchange.of(places, scanned.sites, None, scanned.merged_from)
    notes = [*scanned.notes, *exchange_notes(exchange, scanned, choices.permutations)]
    with crew_of(dask, threads) as crew, _workers_heard(), progress_bar(progress) as advance:
        scan = Scan.of(
            places, _errors(scanned, places), points,
            highest=PARTS if scanned.averaged else 1,
            share=share,
            radius_rad=None if radius_km is None else radius_km / EARTH_RADIUS_KM,
            crew=crew,
            advance=lambda done, total: advance("circles", done, total),
        )  # fmt: skip
        maxima = scan.maxima(
            exchange, choices.permutations, choices.seed,
            lambda done, total: advance("chance", done, total),
        )  # fmt: skip
        found = PlaceTables.of(scan, scanned, places, maxima, choices.alpha)
    return WeakPlaces(
        table=found.table,
        summary=found.summary,
        overlaps=found.overlaps,
        samples=found.samples,
        notes=(*notes, *_notes(scanned, places, scan, largest, found.summary["places"].to_list())),
        provenance=provenance_of(scanned, choices),
        scanned=scanned,
    )


@contextmanager
def _workers_heard() -> Iterator[None]:
    """Say it in words when the workers of a cluster cannot do their share."""
    try:
        yield
    except WorkError as error:
        raise GeoBiasError(f"The workers could not do the scan: {error.reason}") from error


def _limits(largest: Any) -> tuple[float, float | None]:
    """Return the largest share of the samples and the largest radius in kilometres, if any."""
    percent = _PERCENT.fullmatch(largest) if isinstance(largest, str) else None
    if percent:
        share = float(percent[1]) / 100.0
        if not 0.0 < share <= 0.5:
            raise GeoBiasError(
                f"largest={largest!r}: a circle can hold more than 0% and at most 50% of the "
                "samples; a larger one says as much about what is outside."
            )
        return share, None
    radius_km = length_km(largest if isinstance(largest, str) else None)
    if radius_km is None:
        raise GeoBiasError(
            f"largest={largest!r} is neither a radius, as in 1000km, nor a share of the samples, "
            "as in 10%."
        )
    return 0.5, radius_km


def _centres(places: Places, choices: Choices) -> Ints:
    """Draw centres among the distinct places, in an order that does not depend on their rows."""
    if choices.centres >= places.points:
        return np.arange(places.points)
    draw = np.random.default_rng([choices.seed, 4])
    drawn: Ints = np.sort(draw.choice(places.points, choices.centres, replace=False))
    return drawn


def _refuse_beyond_half(
    places: Places, points: Ints, radius_km: float, largest: str, threads: int
) -> None:
    """Refuse circles that may hold more than half of the samples."""
    radius = np.full(points.size, radius_km / EARTH_RADIUS_KM)
    counts = index_of("bands", places, threads).count(points, radius)
    beyond = int((2 * counts > places.seats).sum())
    if beyond:
        raise GeoBiasError(
            f"largest={largest!r}: around {beyond:,} of {counted(points.size, 'centre')} so wide a "
            f"circle holds more than half of the {places.seats:,} samples, up to "
            f"{100.0 * counts.max() / places.seats:.0f} %, and says as much about what is outside. "
            "Choose a smaller radius, or a share of the samples, as in 50%."
        )


def _errors(samples: Samples, places: Places) -> NDArray[np.uint8]:
    """Return what is wrong at each seat: 0 or 1, or how many of `PARTS` at a merged site."""
    parts = PARTS if samples.averaged else 1
    seated = [places.seated(np.rint(parts * model)) for model in shares_wrong(samples)]
    return np.array(seated).astype(np.uint8)


def _notes(
    samples: Samples, places: Places, scan: Scan, largest: str, found: list[int]
) -> list[str]:
    """Say what a reader of the places has to know."""
    notes = []
    centres = scan.circles.centres.size
    if centres < places.points:
        notes.append(
            f"Circles are centred on {counted(centres, 'random place')} of {places.points:,}; all "
            "samples count in them."
        )
    if scan.circles.bare:
        notes.append(
            f"Around {scan.circles.bare:,} of {counted(centres, 'centre')} nothing is looked at: "
            f"even the smallest circle there holds more than {largest.strip()} of the samples."
        )
    if samples.repeated:
        notes.append(sharing_note(samples))
    if samples.averaged:
        notes.append(
            f"In the search the share of errors at a site is rounded to {PARTS} parts; figures of "
            "places are exact."
        )
    if max(found) >= MOST_PLACES:
        notes.append(f"At most {MOST_PLACES} places are listed for each model.")
    return notes
