"""Policies compared on one replay of history: at equal stock, at equal fill, along their curves, and by target.

All policies meet the same demand and the same random lead times. A comparison at equal stock or fill interpolates each
policy's exchange curve; its interval comes from bootstrap samples of whole stores, the same ones for all policies.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from ml.forecasting.panel import Panel, as_date
from ml.inventory.baselines import Family, min_max, seasonal_safety_stock, weeks_of_cover
from ml.inventory.exchange import Curve, exchange_curve, interval, store_resamples
from ml.inventory.known import demand_of, history_of_sales, live_weeks
from ml.inventory.kpis import Kpis, covered_share, profit, protection_demand
from ml.inventory.lead_times import LeadTimes
from ml.inventory.policy import FloatArray
from ml.inventory.replay import History, OrderRule
from ml.inventory.replay_policy import FIRST_ORIGIN, empirical_protection
from ml.inventory.replay_report import (
    COVER,
    MIN_MAX,
    NAIVE,
    OURS,
    STOCK_WEEKS,
    TITLES,
    WEEKS_LIMITS,
    Calibration,
    Comparison,
    Costs,
    Figures,
    PolicyCurve,
    ReplaySettings,
    Saving,
)
from warehouse.errors import ShelfcastError
from warehouse.progress import Progress, silent

MAIN_STOCK_WEEKS = 1.67
FILL_RATE = 0.985
TARGETS = (0.80, 0.90, 0.95, 0.98)
REVIEW_WEEKS = 1
FEWEST_WEEKS_SOLD = 50
"""A pair is replayed where it sold in so many weeks before the first replayed one, and lately."""

CALIBRATION_SEEDS = 4
PAIR_TOLERANCE = 0.05
_SERVICE = (0.4, 0.5, 0.6, 0.7, 0.78, 0.84, 0.88, 0.91, 0.935, 0.95, 0.965, 0.975, 0.985, 0.992, 0.997, 0.999)
_KNOBS: Mapping[str, Sequence[float]] = {
    OURS: _SERVICE,
    COVER: tuple(np.arange(2.75, 6.6, 0.25).tolist()),
    NAIVE: tuple(np.arange(-0.75, 4.6, 0.25).tolist()),
    MIN_MAX: tuple(np.arange(2.0, 6.1, 0.25).tolist()),
}
_UNKNOWN = (float("nan"), float("nan"))


@dataclass(frozen=True)
class _Grid:
    """Key figures by knob of the chain, of its bootstrap samples and of its store types, (knobs, groups) each."""

    knobs: FloatArray
    kpis: Kpis
    profit_amount: FloatArray


@dataclass(frozen=True)
class _Groups:
    """Groups of pairs as weights, (pairs, groups): the chain, then bootstrap samples, then store types."""

    weights: FloatArray
    resamples: int
    kinds: tuple[str, ...]


def compare_policies(
    panel: Panel, settings: ReplaySettings, costs: Costs | None = None, progress: Progress = silent
) -> Comparison:
    """Returns how the policies would have fared in the last weeks of the panel.

    Raises:
        ShelfcastError: the panel has too few weeks, or no pair with enough of them.
    """
    start = first_replayed_week(panel, settings)
    rows = replayed_rows(panel, start)
    history = history_of_sales(panel.sales[rows], start)
    lead = settings.lead_times.draw(range(settings.seeds), settings.weeks, len(rows))
    groups = _groups(panel.store_ids[rows], panel.store_types[rows], settings.resamples)
    money, steps = (costs or Costs()).of(rows, panel.series_count), len(settings.policies) + 1
    rules, grids = {}, {}
    for number, name in enumerate(settings.policies):
        progress(number, steps, TITLES[name])
        rules[name] = policy_family(name, panel, rows, start, settings.lead_times)
        grids[name] = _grid(exchange_curve(rules[name], _KNOBS[name], history, lead), groups, money)
    progress(steps - 1, steps, "calibration of the service targets")
    protection = protection_demand(history.demand, lead[:CALIBRATION_SEEDS], REVIEW_WEEKS)
    return Comparison(
        settings=settings,
        first_week=as_date(panel.weeks[start]),
        last_week=panel.origin,
        series=panel.series_count,
        pairs=len(rows),
        stores=len(np.unique(panel.store_ids[rows])),
        curves=tuple(_curve(name, grid) for name, grid in grids.items()),
        figures=tuple(
            found
            for level in STOCK_WEEKS
            for name, grid in grids.items()
            for found in _figures(name, grid, groups, level)
        ),
        savings=tuple(saving for name in settings.policies[1:] for saving in _savings(name, grids, groups)),
        calibration=tuple(_calibration(rules, history, protection, panel.store_types[rows])),
    )


def first_replayed_week(panel: Panel, settings: ReplaySettings) -> int:
    """Returns the number of weeks before the first replayed one.

    Raises:
        ShelfcastError: they are too few to learn from.
    """
    needed = FIRST_ORIGIN + 1 + max(settings.lead_times.weeks) + REVIEW_WEEKS
    possible = panel.week_count - needed
    if settings.weeks > possible:
        raise ShelfcastError(
            f"The sales have {panel.week_count} weeks, and a replay of {settings.weeks} needs "
            f"{settings.weeks + needed}: the first {needed} are learned from.",
            f"Choose --weeks {possible} or fewer." if possible >= WEEKS_LIMITS[0] else "Load a longer history.",
        )
    return panel.week_count - settings.weeks


def replayed_rows(panel: Panel, start: int) -> npt.NDArray[np.intp]:
    """Returns the series that sold in 50 weeks before the replay, and in the 13 weeks before it.

    Raises:
        ShelfcastError: there is none.
    """
    sold = (demand_of(panel.sales[:, :start]) > 0).sum(axis=1)
    rows = np.flatnonzero((sold >= FEWEST_WEEKS_SOLD) & live_weeks(panel.sales, start)[:, 0])
    if not len(rows):
        raise ShelfcastError(
            f"No store and department sold in {FEWEST_WEEKS_SOLD} weeks before {as_date(panel.weeks[start])} and was "
            "still on sale.",
            "Choose fewer --weeks, or load a longer history.",
        )
    return rows


def policy_family(name: str, panel: Panel, rows: npt.NDArray[np.intp], start: int, lead_times: LeadTimes) -> Family:
    """Returns the rules of a policy for some series of the panel; no level reads its own week or a later one."""
    sales = panel.sales[rows]
    if name == COVER:
        return weeks_of_cover(sales, start)
    if name == MIN_MAX:
        return min_max(sales, start)
    if name == NAIVE:
        return seasonal_safety_stock(sales, start, lead_times, REVIEW_WEEKS)
    # Errors are pooled over all series, also those that are not replayed.
    return _of_rows(empirical_protection(panel, start, lead_times, REVIEW_WEEKS), rows)


def _of_rows(family: Family, rows: npt.NDArray[np.intp]) -> Family:
    return lambda knob: OrderRule(order_up_to=_level(family(knob))[rows])


def _level(rule: OrderRule) -> FloatArray:
    if rule.order_up_to is None:
        raise ValueError("the policy has no order-up-to level")
    return rule.order_up_to


def _groups(store_ids: npt.NDArray[np.int64], store_types: npt.NDArray[np.str_], resamples: int) -> _Groups:
    """Returns the groups to report; one store alone says nothing of others, so it has no bootstrap samples."""
    kinds = tuple(str(kind) for kind in np.unique(store_types))
    drawn = store_resamples(store_ids, seed=1, count=resamples if len(np.unique(store_ids)) > 1 else 0)
    masks = np.array([store_types == kind for kind in kinds], float)
    return _Groups(np.vstack([np.ones((1, len(store_ids))), drawn, masks]).T, len(drawn), kinds)


def _grid(curve: Curve, groups: _Groups, money: tuple[FloatArray, FloatArray, FloatArray]) -> _Grid:
    return _Grid(curve.knobs, curve.kpis(groups.weights), profit(curve.sums, *money) @ groups.weights)


def _curve(name: str, grid: _Grid) -> PolicyCurve:
    return PolicyCurve(name, grid.knobs, _taken(grid.kpis, 0), grid.profit_amount[:, 0])


def _figures(name: str, grid: _Grid, groups: _Groups, level: float) -> list[Figures]:
    """Returns the figures of the chain at a stock, and those of its store types at the knob that gives it."""
    knob = float(_crossing(grid.kpis.stock_weeks[:, 0], grid.knobs, level))
    samples = range(1, 1 + groups.resamples)
    intervals = {
        measure: _sure([_at(grid.kpis, measure, "stock_weeks", level, sample) for sample in samples])
        for measure in ("stockout_rate", "fill_rate", "lost_amount")
    }
    found = []
    for group, kind in ((0, ""), *((1 + groups.resamples + number, kind) for number, kind in enumerate(groups.kinds))):
        kpis = Kpis(**{
            column: _crossing(grid.knobs, getattr(grid.kpis, column)[:, group], knob) for column in _columns()
        })  # fmt: skip
        earned = float(_crossing(grid.knobs, grid.profit_amount[:, group], knob))
        pairs = int(groups.weights[:, group].sum())
        found.append(Figures(name, level, kind, pairs, knob, kpis, earned, {} if kind else intervals))
    return found


def _savings(baseline: str, grids: Mapping[str, _Grid], groups: _Groups) -> list[Saving]:
    asked = (
        ("stockout_rate", "stock_weeks", MAIN_STOCK_WEEKS),
        ("lost_amount", "stock_weeks", MAIN_STOCK_WEEKS),
        ("excess_amount", "fill_rate", FILL_RATE),
        ("stock_amount", "fill_rate", FILL_RATE),
    )
    found = []
    for measure, at, level in asked:
        ours, theirs = (
            [_at(grids[name].kpis, measure, at, level, group) for group in range(1 + groups.resamples)]
            for name in (OURS, baseline)
        )
        cuts = [1 - own / other if other > 0 else float("nan") for own, other in zip(ours, theirs, strict=True)]
        found.append(Saving(baseline, measure, at, level, ours[0], theirs[0], cuts[0], _sure(cuts[1:])))
    return found


def _calibration(
    rules: Mapping[str, Family], history: History, protection: FloatArray, kinds: npt.NDArray[np.str_]
) -> list[Calibration]:
    from scipy.stats import norm

    found = []
    for target in TARGETS:
        knobs = {OURS: target, NAIVE: float(norm.ppf(target))}
        for name in knobs.keys() & rules.keys():
            level = _level(rules[name](knobs[name]))
            share, by_pair = covered_share(level, protection, history.is_live)
            members = {str(kind): kinds == kind for kind in np.unique(kinds)}
            by_type = {
                kind: covered_share(level[rows], protection[:, rows], history.is_live[rows])[0]
                for kind, rows in members.items()
            }
            within = float(np.mean(np.abs(by_pair[~np.isnan(by_pair)] - target) <= PAIR_TOLERANCE))
            found.append(Calibration(name, target, share, by_type, within))
    return sorted(found, key=lambda one: (one.policy != OURS, one.target))


def _at(kpis: Kpis, measure: str, at: str, level: float, group: int) -> float:
    return float(_crossing(getattr(kpis, at)[:, group], getattr(kpis, measure)[:, group], level))


def _crossing(along: FloatArray, values: FloatArray, level: float) -> FloatArray:
    """Returns the value where a curve crosses a level, interpolated between two knobs, NaN outside of it."""
    order = np.argsort(along, kind="stable")
    return np.asarray(np.interp(level, along[order], values[order], left=np.nan, right=np.nan))


def _sure(values: Sequence[float]) -> tuple[float, float]:
    return interval(values) if len(values) and np.isfinite(values).all() else _UNKNOWN


def _taken(kpis: Kpis, group: int) -> Kpis:
    return Kpis(**{name: getattr(kpis, name)[:, group] for name in _columns()})


def _columns() -> list[str]:
    return [column.name for column in fields(Kpis)]
