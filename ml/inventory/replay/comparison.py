"""Policies compared on one replay of history: at equal stock, at equal fill, along their curves, and by target.

All policies meet the same demand and the same random lead times. A comparison at equal stock or fill interpolates each
policy's exchange curve; its interval comes from bootstrap samples of whole stores, the same ones for all policies.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from ml.forecasting.panel import Panel, as_date
from ml.inventory.policy import Policies
from ml.inventory.replay.baselines import (
    Family,
    demand_of,
    history_of_sales,
    live_weeks,
    min_max,
    seasonal_safety_stock,
    weeks_of_cover,
)
from ml.inventory.replay.calibration import TARGETS, calibrations, periods_of
from ml.inventory.replay.censored import Learner, OwnLearner, censored_tally, family_learner
from ml.inventory.replay.engine import History, Tally
from ml.inventory.replay.exchange import Curve, curve_of_tallies, exchange_curve
from ml.inventory.replay.figures import Grid, Groups, curve_of, figures_at, grid_of, groups_of, savings_of
from ml.inventory.replay.forecasts import WeeklyForecasts, base_forecasts
from ml.inventory.replay.guardrails import measure_guardrails
from ml.inventory.replay.lead_times import LeadArray, LeadTimes
from ml.inventory.replay.policy_tables import PolicyTable, replay_policies, replayed_orders
from ml.inventory.replay.report import (
    BY_SIZE,
    COVER,
    LEAD_TIMES_BY_NAME,
    MIN_MAX,
    NAIVE,
    OURS,
    TITLES,
    WEEKS_LIMITS,
    Calibration,
    Comparison,
    Costs,
    GuardrailFigures,
    PolicyOutcome,
    ReplaySettings,
    Saving,
)
from ml.inventory.replay.reviews import FIRST_ORIGIN, LEARNED_WEEKS, Reviews, known_reviews, level_rule
from warehouse.errors import ShelfcastError
from warehouse.progress import Progress, silent
from warehouse.wording import counted

REVIEW_WEEKS = 1
FEWEST_WEEKS_SOLD = 50
"""A pair is replayed where it sold in so many weeks before the first replayed one, and lately."""

CENSORED_SERVICE = (0.4, 0.6, 0.75, 0.84, 0.9, 0.935, 0.96, 0.98, 0.995)
CENSORED_STEP = 2
"""Service levels of our curve where each is learned anew, and how many knobs of the others one stands for."""

_SERVICE = (0.4, 0.5, 0.6, 0.7, 0.78, 0.84, 0.88, 0.91, 0.935, 0.95, 0.965, 0.975, 0.985, 0.992, 0.997, 0.999)
KNOBS: Mapping[str, Sequence[float]] = {
    OURS: _SERVICE,
    BY_SIZE: _SERVICE,
    COVER: tuple(np.arange(2.75, 6.6, 0.25).tolist()),
    NAIVE: tuple(np.arange(-0.75, 4.6, 0.25).tolist()),
    MIN_MAX: tuple(np.arange(2.0, 6.1, 0.25).tolist()),
}


def compare_policies(
    panel: Panel,
    settings: ReplaySettings,
    costs: Costs | None = None,
    progress: Progress = silent,
    forecasts: WeeklyForecasts | None = None,
    tables: Sequence[PolicyTable] = (),
) -> Comparison:
    """Returns how the policies would have fared in the last weeks of the panel.

    Args:
        panel: sales to the end of the replay.
        settings: what is asked.
        costs: what stock earns and costs.
        progress: told what is being replayed.
        forecasts: of our policy, made week by week from origin `FIRST_ORIGIN` on; the seasonal base without them.
        tables: policies that are replayed as they are, beside the comparison; guardrails watch the orders of the first.

    Raises:
        ShelfcastError: the panel has too few weeks, or no pair with enough of them.
    """
    field = _field(panel, settings)
    start, rows = field.start, field.rows
    groups = groups_of(panel.store_ids[rows], panel.dept_ids[rows], panel.store_types[rows], settings.resamples)
    money, steps = (costs or Costs()).of(rows, panel.series_count), len(settings.policies) + 2
    made = forecasts or base_forecasts(panel, range(FIRST_ORIGIN, panel.week_count))
    progress(0, steps, "what was known at each review")
    reviews = None if settings.is_censored else known_reviews(panel, start, made)
    grids, calibration = {}, []
    for number, name in enumerate(settings.policies):
        progress(number + 1, steps, TITLES[name])
        if reviews is None:
            curve = _censored_curve(name, field, made)
        else:
            rule = policy_family(name, panel, rows, start, settings.lead_times, reviews)
            curve = exchange_curve(rule, KNOBS[name], field.history, field.lead)
            calibration += _calibration(name, rule, field)
        grids[name] = grid_of(curve, groups, money)
    progress(steps - 1, steps, "guardrails and policies as they are")
    guardrails, asked = (None, []) if reviews is None else _as_they_are(field, reviews, tables, made)
    return Comparison(
        settings=settings,
        first_week=as_date(panel.weeks[start]),
        last_week=panel.origin,
        series=panel.series_count,
        pairs=len(rows),
        stores=len(np.unique(panel.store_ids[rows])),
        curves=tuple(curve_of(name, grid) for name, grid in grids.items()),
        figures=tuple(
            found
            for level in settings.stock_levels
            for name, grid in grids.items()
            for found in figures_at(name, grid, groups, level)
        ),
        savings=tuple(_savings(settings, grids, groups)),
        calibration=tuple(sorted(calibration, key=lambda one: (one.policy != OURS, one.target))),
        guardrails=guardrails,
        asked_policies=tuple(asked),
    )


def _as_they_are(
    field: "_Field", reviews: Reviews, tables: Sequence[PolicyTable], forecasts: WeeklyForecasts
) -> tuple[GuardrailFigures, list[PolicyOutcome]]:
    """Returns what the guardrails would have done with the orders of the first table, and how each table fared."""
    settings, panel = field.settings, field.panel
    every, draws, kinds = np.arange(panel.series_count), range(settings.seeds), panel.store_types[field.rows]
    outcomes = [
        outcome
        for table in tables
        for outcome in replay_policies(table, reviews, field.rows, field.history, kinds, draws, settings.is_fixed)
    ]
    policies = tables[0].policies if tables else plain_policies(panel.series_count, settings.lead_times)
    orders = replayed_orders(policies, reviews, every, settings.is_fixed)
    return measure_guardrails(panel, field.start, orders, forecasts), outcomes


def plain_policies(pairs: int, lead_times: LeadTimes) -> Policies:
    """Returns one policy for all: up to the level of 95 % at each review, whatever it takes."""
    amounts = {"minimum_order_amount": 0.0, "pack_size_amount": 0.01, "ordering_cost_amount": 0.0}
    rates = {"service_level_rate": 0.95, "holding_cost_rate": 0.25, "margin_rate": 0.3}
    weeks = {
        "lead_time_weeks": float(lead_times.mean),
        "lead_time_deviation_weeks": float(lead_times.deviation),
        "review_period_weeks": float(REVIEW_WEEKS),
        "maximum_stock_weeks": 1e6,
    }
    numbers = {name: np.full(pairs, value) for name, value in (amounts | rates | weeks).items()}
    return Policies(policy_kind=np.full(pairs, "(R,S)"), target_kind=np.full(pairs, "cycle_service"), **numbers)


def _savings(settings: ReplaySettings, grids: Mapping[str, Grid], groups: Groups) -> Iterator[Saving]:
    for own in settings.own_policies:
        for baseline in settings.policies[len(settings.own_policies) :]:
            yield from savings_of(own, baseline, grids, groups, settings.main_stock_weeks)


@dataclass(frozen=True)
class _Field:
    """What all policies of a comparison meet."""

    panel: Panel
    settings: ReplaySettings
    start: int
    rows: npt.NDArray[np.intp]
    history: History
    lead: LeadArray


def _field(panel: Panel, settings: ReplaySettings, fewest_sold: int = FEWEST_WEEKS_SOLD) -> _Field:
    start = first_replayed_week(panel, settings)
    rows = replayed_rows(panel, start, fewest_sold)
    lead = settings.lead_times.draw(range(settings.seeds), settings.weeks, len(rows))
    return _Field(panel, settings, start, rows, history_of_sales(panel.demand[rows], start), lead)


def _censored_curve(name: str, field: _Field, forecasts: WeeklyForecasts) -> Curve:
    """Returns the curve of a policy that learns only from its own sales."""
    lead_times, past = field.settings.lead_times, field.panel.sales[field.rows, : field.start]
    if name == OURS:
        knobs: Sequence[float] = CENSORED_SERVICE
        before = WeeklyForecasts(FIRST_ORIGIN, forecasts.at(range(FIRST_ORIGIN, field.start)))

        def learner(knob: float) -> Learner:
            return OwnLearner(field.panel, field.rows, lead_times, knob, before, REVIEW_WEEKS)
    else:
        knobs = KNOBS[name][::CENSORED_STEP]
        makes = {COVER: weeks_of_cover, MIN_MAX: min_max}
        make = makes.get(name) or partial(seasonal_safety_stock, lead_times=lead_times, review_weeks=REVIEW_WEEKS)

        def learner(knob: float) -> Learner:
            return family_learner(make, knob)

    def walk(knob: float) -> Tally:
        return censored_tally(field.history, past, partial(learner, knob), field.lead)

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return curve_of_tallies(knobs, list(pool.map(walk, knobs)), field.settings.weeks)


def first_replayed_week(panel: Panel, settings: ReplaySettings) -> int:
    """Returns the number of weeks before the first replayed one.

    Raises:
        ShelfcastError: they are too few to learn from.
    """
    needed = FIRST_ORIGIN + 1 + LEARNED_WEEKS
    possible = panel.week_count - needed
    if settings.weeks > possible:
        raise ShelfcastError(
            f"The sales have {panel.week_count} weeks, and a replay of {settings.weeks} needs "
            f"{settings.weeks + needed}: the first {needed} are learned from.",
            f"Choose --weeks {possible} or fewer." if possible >= WEEKS_LIMITS[0] else "Load a longer history.",
        )
    return panel.week_count - settings.weeks


def replayed_rows(panel: Panel, start: int, fewest_sold: int = FEWEST_WEEKS_SOLD) -> npt.NDArray[np.intp]:
    """Returns the series that sold in so many weeks before the replay, and in the 13 weeks before it.

    Raises:
        ShelfcastError: there is none.
    """
    sold = (demand_of(panel.sales[:, :start]) > 0).sum(axis=1)
    rows = np.flatnonzero((sold >= fewest_sold) & live_weeks(panel.sales, start)[:, 0])
    if not len(rows):
        raise ShelfcastError(
            f"No store and department sold in {counted(fewest_sold, 'week')} before {as_date(panel.weeks[start])} and "
            "was still on sale.",
            "Choose fewer --weeks, or load a longer history.",
        )
    return rows


def policy_family(
    name: str, panel: Panel, rows: npt.NDArray[np.intp], start: int, lead_times: LeadTimes, reviews: Reviews
) -> Family:
    """Returns the rules of a policy for some series of the panel; no level reads its own week or a later one.

    What our policies learned is pooled over all series, also those that are not replayed.
    """
    sales = panel.sales[rows]
    if name == COVER:
        return weeks_of_cover(sales, start)
    if name == MIN_MAX:
        return min_max(sales, start)
    if name == NAIVE:
        return seasonal_safety_stock(sales, start, lead_times, REVIEW_WEEKS)
    return level_rule(reviews, rows, lead_times, REVIEW_WEEKS, sorted({*KNOBS[name], *TARGETS}), name == BY_SIZE)


def _calibration(name: str, rule: Family, field: _Field) -> list[Calibration]:
    """Returns how often the levels of a policy whose knob is a service level covered demand; else nothing."""
    from scipy.stats import norm

    if name not in (OURS, NAIVE):
        return []
    times = field.settings.lead_times
    periods = periods_of(field.panel, field.rows, field.start, field.history, times, REVIEW_WEEKS)
    kind = "fixed" if field.settings.is_fixed else "random"
    knob = norm.ppf if name == NAIVE else float
    return list(calibrations(name, kind, lambda target: rule(float(knob(target))).order_up_to, periods))


def calibrate_levels(
    panel: Panel, settings: ReplaySettings, progress: Progress = silent, forecasts: WeeklyForecasts | None = None
) -> list[Calibration]:
    """Returns how often the levels of our policy covered demand in the last weeks, by kind of lead time and target.

    Args:
        panel: sales to the end of the replay.
        settings: weeks that are replayed; lead times are random, then fixed, whatever is asked.
        progress: told what is being done.
        forecasts: made week by week; the seasonal base without them.

    Raises:
        ShelfcastError: the panel has too few weeks, or no pair with enough of them.
    """
    found, reviews = [], None
    for number, lead_times in enumerate(LEAD_TIMES_BY_NAME.values()):
        progress(number, len(LEAD_TIMES_BY_NAME), "calibration")
        # Every pair on sale is judged here, also one that sells now and then.
        field = _field(panel, replace(settings, lead_times=lead_times), fewest_sold=1)
        reviews = reviews or known_reviews(panel, field.start, forecasts)
        rule = level_rule(reviews, field.rows, lead_times, REVIEW_WEEKS, TARGETS)
        found += _calibration(OURS, rule, field)
    return found
