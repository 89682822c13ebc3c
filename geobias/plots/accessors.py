"""What ``audit.plot`` and the ``plot`` of other results offer: a method per figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from geobias.plots.audit_maps import plot_accuracies, plot_difference, plot_map
from geobias.plots.chance import plot_chance
from geobias.plots.forest import plot_differences, plot_groups
from geobias.plots.neighbourhood import plot_neighbourhood
from geobias.plots.profile import plot_profile
from geobias.plots.regions import plot_regions
from geobias.plots.weak_places import plot_weak_places
from geobias.scales import Scale

if TYPE_CHECKING:
    from geobias.results import Audit, Comparison, Groups, WeakPlaces


class AuditPlots:
    """Figures of an audit.

    Every method returns a matplotlib figure. A notebook shows it, ``figure.savefig("f.pdf")``
    writes it; nothing is registered with pyplot, and no setting of matplotlib is changed.
    """

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    def map(
        self,
        column: str = "correct",
        *,
        model: str | Sequence[str] | None = None,
        scale: str | Scale | None = None,
        ax: Axes | None = None,
    ) -> Figure:
        """Draw the mean of any column on a map, in hexagons of equal area.

        Where samples keep to a region, that region is shown, else the world. Hexagons are as small
        as the number of samples allows; those that hold few are drawn smaller.

        Parameters
        ----------
        column
            ``correct``, whose mean is the accuracy, of all samples; or a column of
            `Audit.samples`, of the centres. Of ``clustering_label`` and its kind the map shows
            the share of centres found clustered, or isolated.
        model
            The models to draw, a panel each; by default all.
        scale
            What a neighbourhood is; by default the first scale of the audit.
        ax
            Axes to draw one model in, instead of a new figure.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        GeoBiasError
            If there is no such column, model or scale, or the column is undefined everywhere.
        """
        return plot_map(self._audit, column, model=model, scale=scale, ax=ax)

    def difference(
        self,
        first: str | None = None,
        second: str | None = None,
        column: str = "correct",
        *,
        scale: str | Scale | None = None,
        ax: Axes | None = None,
    ) -> Figure:
        """Draw a map of how much higher a column of the second model is than that of the first.

        Parameters
        ----------
        first, second
            Two models; by default the only two.
        column
            As for `map`.
        scale
            What a neighbourhood is; by default the first scale of the audit.
        ax
            Axes to draw in, instead of a new figure.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        GeoBiasError
            If there is no such column, model or scale.
        """
        return plot_difference(self._audit, first, second, column, scale=scale, ax=ax)

    def neighbourhood(
        self,
        sample: int,
        *,
        model: str | Sequence[str] | None = None,
        scale: str | Scale | None = None,
        ax: Axes | None = None,
    ) -> Figure:
        """Draw the neighbourhood of one sample, as the scores see it.

        Samples by right and wrong, the lattice of background points, the radius, and the edges of
        the graph from sample to sample and between samples and background; below, the scores of
        this centre. The view is azimuthal: directions and distances from the centre are true.

        Parameters
        ----------
        sample
            Row number of the centre in the input, as in the column ``sample`` of `Audit.samples`.
        model
            The models to draw, a panel each; by default all.
        scale
            What a neighbourhood is; by default the first scale of the audit.
        ax
            Axes to draw one model in, instead of a new figure.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        GeoBiasError
            If there is no such sample, model or scale, or there are too many models.
        """
        return plot_neighbourhood(self._audit, sample, model=model, scale=scale, ax=ax)

    def profile(
        self,
        score: str = "clustering",
        *,
        model: str | Sequence[str] | None = None,
        ax: Axes | None = None,
    ) -> Figure:
        """Draw the mean score against the radius of the neighbourhoods, a line per model.

        Scales of nearest samples stand at the median radius of their neighbourhoods, with a marker
        of their own. With a bootstrap in the audit every mean has its 95 % interval.

        Parameters
        ----------
        score
            ``clustering``, ``isolation``, ``relative``, ``marked``, ``unmarked``, ``crowding``, or
            a kind of SRI such as ``sri_grid_relative``. `Audit.profile` has the numbers.
        model
            The models to draw; by default all.
        ax
            Axes to draw in, instead of a new figure.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        GeoBiasError
            If the audit has one scale only, or there is no such score or model.
        """
        return plot_profile(self._audit, score, model=model, ax=ax)

    def chance(
        self,
        score: str = "clustering",
        *,
        model: str | Sequence[str] | None = None,
        scale: str | Scale | None = None,
    ) -> Figure:
        """Draw what chance made of the mean score, and the mean that was observed.

        A histogram of the permutations for each model (rows) and scale (columns), with the middle
        95 % of them and the two-sided p value.

        Parameters
        ----------
        score
            ``clustering``, ``isolation``, ``relative`` or ``marked``.
        model
            The models to draw; by default all.
        scale
            The scale to draw; by default all.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        GeoBiasError
            If the audit was made without permutations, or there is no such score, model or scale.
        """
        return plot_chance(self._audit, score, model=model, scale=scale)

    def regions(
        self,
        by: str = "continent",
        *,
        score: str = "clustering",
        model: str | Sequence[str] | None = None,
        scale: str | Scale | None = None,
    ) -> Figure:
        """Draw the mean score of the centres in each region against the accuracy there.

        Parameters
        ----------
        by
            ``country``, ``continent``, ``un_region``, ``un_subregion`` or ``income``, which follow
            from the coordinates, or the column that ``within`` named when the audit was made.
        score
            ``clustering``, ``isolation``, ``relative``, ``marked``, ``unmarked``, ``crowding``, or
            a kind of SRI such as ``sri_grid_relative``.
        model
            The models to draw, a panel each; by default all.
        scale
            What a neighbourhood is; by default the first scale of the audit.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        GeoBiasError
            If no region has enough centres, or there is no such grouping, score, model or scale.
        """
        return plot_regions(self._audit, by, score=score, model=model, scale=scale)


class ComparisonPlots:
    """Figures of a comparison; as those of `AuditPlots`, they do without pyplot."""

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison

    def forest(self, score: str = "clustering") -> Figure:
        """Draw the difference of each pair of models at each scale, with its 95 % interval.

        Parameters
        ----------
        score
            ``clustering``, ``isolation``, ``relative`` or ``marked``.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        GeoBiasError
            If there is no such score, or there are too many pairs.
        """
        return plot_differences(self._comparison, score)

    def map(
        self, first: str | None = None, second: str | None = None, *, ax: Axes | None = None
    ) -> Figure:
        """Draw a map of how much more accurate the second model is than the first.

        Parameters
        ----------
        first, second
            Two models; by default the only two.
        ax
            Axes to draw in, instead of a new figure.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        GeoBiasError
            If there is no such model, or two have to be named.
        """
        return plot_accuracies(self._comparison, first, second, ax=ax)


class GroupsPlots:
    """Figures of groups; as those of `AuditPlots`, they do without pyplot."""

    def __init__(self, groups: Groups) -> None:
        self._groups = groups

    def forest(self, *, model: str | Sequence[str] | None = None) -> Figure:
        """Draw the accuracy in each group with its 95 % interval, the lowest first.

        Parameters
        ----------
        model
            The models to draw, a panel each; by default all.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        GeoBiasError
            If there is no such model, or there are too many models.
        """
        return plot_groups(self._groups, model=model)


class WeakPlacesPlots:
    """Figures of weak places; as those of `AuditPlots`, they do without pyplot."""

    def __init__(self, places: WeakPlaces) -> None:
        self._places = places

    def map(self, *, model: str | Sequence[str] | None = None, ax: Axes | None = None) -> Figure:
        """Draw the places as circles on a map of the accuracy in hexagons of equal area.

        Parameters
        ----------
        model
            The models to draw, a panel each; by default all.
        ax
            Axes to draw one model in, instead of a new figure.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        GeoBiasError
            If there is no such model, or there are too many models.
        """
        return plot_weak_places(self._places, model=model, ax=ax)
