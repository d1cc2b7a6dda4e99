"""Figures of policies at equal stock and equal fill, for groups of pairs, with intervals over stores and over seeds.

A figure at a stock or fill interpolates the policy's exchange curve. Its interval over stores comes from bootstrap
samples of whole stores, the same for all policies; that over seeds is Student's for the mean of as many draws of lead
times, each interpolated on its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from ml.inventory.policy import FloatArray
from ml.inventory.replay.exchange import CONFIDENCE, Curve, interval, store_resamples
from ml.inventory.replay.kpis import Kpis, profit
from ml.inventory.replay.report import FILL_RATE, Figures, PolicyCurve, Saving

UNKNOWN = (float("nan"), float("nan"))
SURE_OF = ("stockout_rate", "fill_rate", "lost_amount")
"""Measures that get intervals."""


@dataclass(frozen=True)
class Groups:
    """Groups of pairs as weights: the chain, then bootstrap samples of stores, then store types, then departments.

    Attributes:
        weights: (pairs, groups) how often a group has a pair.
        resamples: number of bootstrap samples.
        kinds: store types.
        depts: departments.
    """

    weights: FloatArray
    resamples: int
    kinds: tuple[str, ...]
    depts: tuple[int, ...]

    @property
    def samples(self) -> range:
        """Places of the bootstrap samples."""
        return range(1, 1 + self.resamples)

    def named(self) -> list[tuple[int, str, int | None]]:
        """Returns place, store type and department of the groups to report; the chain has neither."""
        first = 1 + self.resamples
        types = [(first + number, kind, None) for number, kind in enumerate(self.kinds)]
        first += len(self.kinds)
        return [(0, "", None), *types, *((first + number, "", dept) for number, dept in enumerate(self.depts))]


@dataclass(frozen=True)
class Grid:
    """A policy's curve for every group.

    Attributes:
        knobs: (knobs,)
        kpis: key figures, (knobs, groups).
        profit_amount: (knobs, groups)
        by_seed: key figures of the chain, (knobs, seeds).
    """

    knobs: FloatArray
    kpis: Kpis
    profit_amount: FloatArray
    by_seed: Kpis


def groups_of(
    store_ids: npt.NDArray[np.int64], dept_ids: npt.NDArray[np.int64], store_types: npt.NDArray[np.str_], resamples: int
) -> Groups:
    """Returns the groups to report; one store alone says nothing of others, so it has no bootstrap samples."""
    kinds = tuple(str(kind) for kind in np.unique(store_types))
    depts = tuple(int(dept) for dept in np.unique(dept_ids))
    drawn = store_resamples(store_ids, seed=1, count=resamples if len(np.unique(store_ids)) > 1 else 0)
    masks = [store_types == kind for kind in kinds] + [dept_ids == dept for dept in depts]
    weights = np.vstack([np.ones((1, len(store_ids))), drawn, np.array(masks, float)])
    return Groups(weights.T, len(drawn), kinds, depts)


def grid_of(curve: Curve, groups: Groups, money: tuple[FloatArray, FloatArray, FloatArray]) -> Grid:
    """Returns the curve's figures by group; money is margin, holding and ordering cost of the pairs."""
    earned = profit(curve.sums, *money) @ groups.weights
    return Grid(curve.knobs, curve.kpis(groups.weights), earned, curve.kpis_by_seed())


def curve_of(name: str, grid: Grid) -> PolicyCurve:
    """Returns the exchange curve of the chain."""
    kpis = Kpis(**{column: getattr(grid.kpis, column)[:, 0] for column in _columns()})
    return PolicyCurve(name, grid.knobs, kpis, grid.profit_amount[:, 0])


def figures_at(name: str, grid: Grid, groups: Groups, level: float) -> list[Figures]:
    """Returns the figures of the chain at a stock, and those of its groups at the knob that gives the chain that."""
    knob = float(_crossing(grid.kpis.stock_weeks[:, 0], grid.knobs, level))
    over_stores = {
        measure: sure([_at(grid.kpis, measure, "stock_weeks", level, sample) for sample in groups.samples])
        for measure in SURE_OF
    }
    over_seeds = {measure: sure_mean(_by_seed(grid, measure, "stock_weeks", level)) for measure in SURE_OF}
    found = []
    for group, kind, dept in groups.named():
        kpis = Kpis(
            **{column: _crossing(grid.knobs, getattr(grid.kpis, column)[:, group], knob) for column in _columns()}
        )
        earned = float(_crossing(grid.knobs, grid.profit_amount[:, group], knob))
        pairs = int(groups.weights[:, group].sum())
        certain = ({}, {}) if group else (over_stores, over_seeds)
        found.append(Figures(name, level, kind, pairs, knob, kpis, earned, certain[0], dept, certain[1]))
    return found


def savings_of(own: str, baseline: str, grids: Mapping[str, Grid], groups: Groups, stock_weeks: float) -> list[Saving]:
    """Returns how much less a policy of ours has than a baseline, at equal stock and at equal fill."""
    asked = (
        ("stockout_rate", "stock_weeks", stock_weeks),
        ("lost_amount", "stock_weeks", stock_weeks),
        ("excess_amount", "fill_rate", FILL_RATE),
        ("stock_amount", "fill_rate", FILL_RATE),
    )
    found = []
    for measure, at, level in asked:
        ours, theirs = (
            [_at(grids[name].kpis, measure, at, level, group) for group in (0, *groups.samples)]
            for name in (own, baseline)
        )
        cuts = _cuts(ours, theirs)
        by_seed = _cuts(*(_by_seed(grids[name], measure, at, level) for name in (own, baseline)))
        found.append(
            Saving(baseline, measure, at, level, ours[0], theirs[0], cuts[0], sure(cuts[1:]), own, sure_mean(by_seed))
        )
    return found


def sure(values: Sequence[float]) -> tuple[float, float]:
    """Returns the percentile interval of bootstrap values, NaN where one of them is missing."""
    return interval(values) if len(values) and np.isfinite(values).all() else UNKNOWN


def sure_mean(values: Sequence[float]) -> tuple[float, float]:
    """Returns Student's 95 % interval for the mean of independent values; NaN for fewer than two, or a missing one.

    Source: Law, Simulation Modeling and Analysis, 5th ed., equation (4.12).
    """
    from scipy.stats import t

    if len(values) < 2 or not np.isfinite(values).all():
        return UNKNOWN
    half = float(t.ppf((1 + CONFIDENCE) / 2, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))
    return float(np.mean(values)) - half, float(np.mean(values)) + half


def _cuts(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    return [1 - own / other if other > 0 else float("nan") for own, other in zip(ours, theirs, strict=True)]


def _by_seed(grid: Grid, measure: str, at: str, level: float) -> list[float]:
    seeds = grid.by_seed.stock_weeks.shape[1]
    return [_at(grid.by_seed, measure, at, level, seed) for seed in range(seeds)]


def _at(kpis: Kpis, measure: str, at: str, level: float, group: int) -> float:
    return float(_crossing(getattr(kpis, at)[:, group], getattr(kpis, measure)[:, group], level))


def _crossing(along: FloatArray, values: FloatArray, level: float) -> FloatArray:
    """Returns the value where a curve crosses a level, interpolated between two knobs, NaN outside of it."""
    order = np.argsort(along, kind="stable")
    return np.asarray(np.interp(level, along[order], values[order], left=np.nan, right=np.nan))


def _columns() -> list[str]:
    return [column.name for column in fields(Kpis)]
