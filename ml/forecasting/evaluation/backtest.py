"""The backtest: rolling origins, each candidate trained only on what was known at the origin."""

import datetime as dt
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass, field, fields, replace
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ml.forecasting.demand_groups import DEMAND_GROUPS, demand_groups
from ml.forecasting.evaluation.metrics import Score, ScoredForecasts, evaluate
from ml.forecasting.intervals.conformal import (
    IntervalCalibration,
    Scores,
    Situation,
    calibrate,
    join_scores,
    scores_of,
    situation_at,
)
from ml.forecasting.intervals.error_scale import ErrorScale
from ml.forecasting.models.by_group import ByGroup, Trial, best_on, pieced_together
from ml.forecasting.models.candidates import Candidate, forecasters
from ml.forecasting.models.price_inputs import at_usual_prices, planned_prices
from ml.forecasting.models.protocol import Forecaster, PointForecast, follows_plans
from ml.forecasting.models.training_rows import row_store
from ml.forecasting.panel import WEEK, BoolArray, FloatArray, IntArray, Panel, as_date
from warehouse.conventions import BASELINE, LEAST_WEEKS, SHORTEST_WEEKS
from warehouse.errors import ShelfcastError, UsageError
from warehouse.progress import Progress, silent

if TYPE_CHECKING:
    import pandas as pd

ORIGIN_STEP = 8
PARALLEL_ORIGINS = 4


@dataclass(frozen=True)
class OriginResult:
    """Forecasts of every candidate at one origin, beside what came.

    Attributes:
        history: the panel as it was known at the origin.
        actual: sales of the target weeks in the unit of the sales, NaN where not known, (series, horizon).
        is_holiday: whether the data flags the target weeks, (horizon,).
        situation: what the intervals need.
        forecasts: by candidate.
        bounds: by candidate, (4, series, horizon); NaN where no earlier origin could calibrate them.
        unplanned: what candidates that follow plans say of usual prices, where others were planned.
    """

    history: Panel
    actual: FloatArray
    is_holiday: BoolArray
    situation: Situation
    forecasts: dict[str, PointForecast]
    bounds: dict[str, FloatArray]
    unplanned: dict[str, PointForecast] = field(default_factory=dict)

    @property
    def scored(self) -> BoolArray:
        """Whether a series is active and its sales are known, (series, horizon)."""
        return np.asarray(self.history.active[:, None] & ~np.isnan(self.actual))


@dataclass(frozen=True)
class Backtest:
    """Results of all origins, oldest first, and what calibrates the forecasts to come.

    Attributes:
        origins: oldest first.
        calibrations: by candidate.
        choice: the candidate that erred least on each group of demand over all origins, by group.
    """

    origins: tuple[OriginResult, ...]
    calibrations: dict[str, IntervalCalibration]
    choice: dict[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the candidates."""
        return tuple(self.origins[0].forecasts)

    def score(
        self, name: str, step: int | None = None, metrics: Iterable[str] | None = None, group: str | None = None
    ) -> Score:
        """Returns the figures of a candidate over all origins, pooled.

        Args:
            name: of the candidate.
            step: horizon, 0 for the first week; all of them without it.
            metrics: names of the figures; all of them without it.
            group: of demand, as it was at each origin; all of them without it.
        """
        return score_origins(self.origins, name, step, metrics, group)

    def forecast_counts(self) -> dict[str, int]:
        """Returns how many scored forecasts each group of demand has; groups without any are left out."""
        counts = sum(
            np.bincount(demand_groups(origin.history), origin.scored.sum(axis=1), len(DEMAND_GROUPS))
            for origin in self.origins
        )
        found = zip(DEMAND_GROUPS, np.asarray(counts).astype(int).tolist(), strict=True)
        return {group: count for group, count in found if count}


@dataclass(frozen=True)
class PlanWorth:
    """What plans are worth to a candidate: its WAPE, a fraction, over weeks with a plan, told it or the usual price."""

    name: str
    forecasts: int
    with_plan_rate: float
    usual_rate: float

    def __str__(self) -> str:
        told, untold = (f"{100 * rate:.1f} %" for rate in (self.with_plan_rate, self.usual_rate))
        return f"Plans of {self.forecasts:,} scored weeks: {self.name} errs {told} with them, {untold} at usual prices."


def worth_of_plans(origins: Sequence[OriginResult]) -> list[PlanWorth]:
    """Returns what plans were worth to each candidate that follows them; nothing where no scored week had one."""
    found = []
    for name in {name: None for origin in origins for name in origin.unplanned}:
        sums = np.zeros(4)
        for origin in origins:
            if name not in origin.unplanned:
                continue
            is_planned = planned_prices(origin.history, origin.history.horizon).is_known & origin.scored
            actual = origin.actual[is_planned]
            points = (forecast[name].point[is_planned] for forecast in (origin.forecasts, origin.unplanned))
            sums += [len(actual), np.abs(actual).sum(), *(np.abs(point - actual).sum() for point in points)]
        if sums[1] > 0:
            found.append(PlanWorth(name, int(sums[0]), sums[2] / sums[1], sums[3] / sums[1]))
    return found


def score_origins(
    origins: Sequence[OriginResult],
    name: str,
    step: int | None = None,
    metrics: Iterable[str] | None = None,
    group: str | None = None,
) -> Score:
    """Returns the figures of a candidate over some origins, pooled; see `Backtest.score`."""
    steps = slice(None) if step is None else slice(step, step + 1)
    parts = zip(*(_scored_arrays(result, name, steps, group) for result in origins), strict=True)
    weight = origins[0].history.retailer.holiday_weight
    arrays = (np.concatenate(part, axis=-1) for part in parts)
    names = (column.name for column in fields(ScoredForecasts))
    return evaluate(ScoredForecasts(**dict(zip(names, arrays, strict=False)), holiday_weight=weight), metrics)


def origins_of(panel: Panel, wanted: int | Sequence[dt.date]) -> list[int]:
    """Returns the origins as numbers of weeks known, oldest first.

    Where the weeks are too few for a whole horizon after eight of them, the only origin is in their middle.

    Raises:
        UsageError: a date is not an origin that can be scored.
        ShelfcastError: the weeks are too few for a single origin.
    """
    last = panel.week_count - panel.horizon
    if panel.week_count < SHORTEST_WEEKS:
        raise ShelfcastError(
            f"The data has {panel.week_count} weeks, and forecasts need at least {SHORTEST_WEEKS}.",
            "Add earlier weeks to the sales.",
        )
    first = least_weeks(panel)
    if last < first:
        first = last = panel.week_count // 2
    if isinstance(wanted, int):
        return _rolling_origins(panel, first, last, wanted)
    return sorted({_origin_at(panel, day, first, last) for day in wanted})


def least_weeks(panel: Panel) -> int:
    """Returns the weeks of history that an origin of the panel needs."""
    return min(LEAST_WEEKS, max(panel.week_count - panel.horizon, SHORTEST_WEEKS))


def _rolling_origins(panel: Panel, first: int, last: int, count: int) -> list[int]:
    """Returns origins 8 weeks apart; one that falls on a holiday week moves a week back, so that the week is scored."""
    origins: list[int] = []
    week_count = last
    while week_count >= first and len(origins) < count:
        if origins and panel.is_holiday[week_count - 1]:
            week_count -= 1
        origins.append(week_count)
        week_count -= ORIGIN_STEP
    return [origin for origin in reversed(origins) if origin >= first]


def _origin_at(panel: Panel, day: dt.date, first: int, last: int) -> int:
    week_count = int((np.datetime64(day, "D") - panel.weeks[0]) // WEEK) + 1
    if not first <= week_count <= last:
        earliest, latest = as_date(panel.weeks[first - 1]), as_date(panel.weeks[last - 1])
        raise UsageError(f"The origin {day} cannot be scored.", f"Choose a date from {earliest} to {latest}.")
    return week_count


def run_backtest(
    panel: Panel, tried: Sequence[Candidate], week_counts: Sequence[int], progress: Progress = silent
) -> Backtest:
    """Returns the forecasts of every candidate at every origin, with intervals calibrated on earlier origins only.

    Raises:
        ShelfcastError: no origin has a series whose forecasts can be scored.
    """
    results: list[OriginResult] = []
    fitted = forecasters(tried)
    error_scale = ErrorScale(row_store(fitted))
    run = [*warm_up_origins(week_counts), *week_counts]
    is_over = Event()
    with ThreadPoolExecutor(max_workers=min(PARALLEL_ORIGINS, os.cpu_count() or 1)) as pool:
        try:
            for result in pool.map(lambda weeks: _run_origin(panel, fitted, error_scale, weeks, is_over), run):
                results.append(result)
                progress(len(results), len(run), f"origin {result.history.origin} of the backtest")
        finally:
            # Who stops the command should not wait for all the fits of the origins under way.
            is_over.set()
    if len(fitted) < len(tried):
        results = [_with_choice(result, results) for result in results]
    asked = [result for result in results if result.history.week_count in week_counts]
    if not any(result.scored.any() for result in asked):
        raise ShelfcastError(
            f"No series has known sales in the {panel.horizon} weeks after any of the {len(asked)} origins of the "
            "backtest and sold in the weeks before it.",
            "Add weeks of sales: no forecast can be scored on what is there.",
        )
    with_bounds = tuple(_with_bounds(result, results) for result in asked)
    calibrations = {model.name: _calibration(results, model.name) for model in tried}
    return Backtest(with_bounds, calibrations, _choice(results, [model.name for model in fitted]))


def warm_up_origins(week_counts: Sequence[int]) -> list[int]:
    """Returns the origin before the first that is asked for: it is not scored, but calibrates the first intervals."""
    before = min(week_counts) - ORIGIN_STEP
    return [before] if before >= LEAST_WEEKS else []


def _run_origin(
    panel: Panel, fitted: Sequence[Forecaster], error_scale: ErrorScale, week_count: int, is_over: Event
) -> OriginResult:
    history = panel.until(week_count)
    forecasts, unplanned = {}, {}
    is_planned = planned_prices(history, history.horizon).is_known.any()
    for model in fitted:
        if is_over.is_set():
            raise CancelledError
        own = model.fit(history)
        forecasts[model.name] = own.predict(history, history.horizon)
        if is_planned and follows_plans(own):
            unplanned[model.name] = own.predict(at_usual_prices(history, history.horizon), history.horizon)
    actual, is_holiday = panel.came_after(week_count, history.horizon)
    nothing = np.full((4, history.series_count, history.horizon), np.nan)
    return OriginResult(
        history=history,
        actual=actual,
        is_holiday=is_holiday,
        situation=situation_at(history, error_scale.fit(history)),
        forecasts=forecasts,
        bounds=dict.fromkeys(forecasts, nothing),
        unplanned=unplanned,
    )


def _with_choice(result: OriginResult, results: Sequence[OriginResult]) -> OriginResult:
    """Returns the result with the forecasts of `ByGroup`, chosen by what was known of earlier origins at its own."""
    known = result.history.week_count
    earlier = [other for other in results if other.history.week_count < known]
    choice = _choice(earlier, list(result.forecasts), known)
    name, nothing = ByGroup().name, next(iter(result.bounds.values()))
    made = pieced_together(choice, result.history, result.forecasts)
    return replace(result, forecasts=result.forecasts | {name: made}, bounds=result.bounds | {name: nothing})


def _choice(results: Sequence[OriginResult], names: Sequence[str], known_weeks: int | None = None) -> dict[str, str]:
    """Returns the best candidate of each group of demand at some origins, by what was known of them."""
    return best_on((_trial(result, known_weeks) for result in results), names)


def _trial(result: OriginResult, known_weeks: int | None) -> Trial:
    point = {name: forecast.point for name, forecast in result.forecasts.items()}
    return Trial(result.history, _known_actual(result, known_weeks), result.is_holiday, point)


def backtest_frame(result: Backtest, run_id: str) -> "pd.DataFrame":
    """Returns the rows of `ml.backtest_errors`."""
    import pandas as pd

    parts = [_origin_frame(origin, name) for origin in result.origins for name in result.names]
    return pd.concat(parts, ignore_index=True).assign(run_id=run_id)


def _with_bounds(result: OriginResult, results: Sequence[OriginResult]) -> OriginResult:
    """Returns the result with intervals from the origins whose target weeks were known at its own, if there are any."""
    earlier = [other for other in results if other.history.week_count < result.history.week_count]
    if not earlier:
        return result
    bounds = {}
    for name, forecast in result.forecasts.items():
        past = join_scores([_scores(other, name, result.history.week_count) for other in earlier])
        if not len(past.value):
            return result
        bounds[name] = calibrate(past).bounds(forecast.point, result.situation)
    return replace(result, bounds=bounds)


def _calibration(results: Sequence[OriginResult], name: str) -> IntervalCalibration:
    return calibrate(join_scores([_scores(result, name) for result in results]))


def _scores(result: OriginResult, name: str, known_weeks: int | None = None) -> Scores:
    """Returns the scores of an origin; with `known_weeks` only those of target weeks within so many weeks."""
    actual = _known_actual(result, known_weeks)
    return scores_of(actual, result.forecasts[name].point, result.situation, result.history.active)


def _known_actual(result: OriginResult, known_weeks: int | None) -> FloatArray:
    """Returns the sales of the target weeks; with `known_weeks` only of those within so many weeks."""
    horizon = result.history.horizon
    steps = horizon if known_weeks is None else known_weeks - result.history.week_count
    return np.where(np.arange(horizon) < steps, result.actual, np.nan)


def _scored_arrays(
    result: OriginResult, name: str, steps: slice, group: str | None = None
) -> tuple[npt.NDArray[Any], ...]:
    """Returns the arrays of `ScoredForecasts` at one origin, in its order."""
    mask = result.scored[:, steps]
    if group is not None:
        mask = mask & (demand_groups(result.history) == DEMAND_GROUPS.index(group))[:, None]
    # Without seasonal naive among the candidates there is nothing to compare with.
    baseline = result.forecasts[BASELINE].point if BASELINE in result.forecasts else np.full_like(result.actual, np.nan)
    return (
        result.actual[:, steps][mask],
        result.forecasts[name].point[:, steps][mask],
        np.broadcast_to(result.is_holiday[steps], mask.shape)[mask],
        result.bounds[name][:, :, steps][:, mask],
        np.broadcast_to(result.history.scale[:, None], mask.shape)[mask],
        baseline[:, steps][mask],
        _store_totals(result, steps)[mask],
    )


def _store_totals(result: OriginResult, steps: slice) -> IntArray:
    """Returns a label of the store, the origin and the week of each forecast, (series, steps)."""
    history = result.history
    store = np.unique(history.store_ids, return_inverse=True)[1]
    label = (history.week_count * history.series_count + store[:, None]) * history.horizon + np.arange(history.horizon)
    return np.asarray(label[:, steps])


def _origin_frame(result: OriginResult, name: str) -> "pd.DataFrame":
    import pandas as pd

    history, forecast = result.history, result.forecasts[name]
    series, step = np.nonzero(result.scored)
    bounds = result.bounds[name][:, series, step]
    return pd.DataFrame(
        {
            "store_id": history.store_ids[series],
            "dept_id": history.dept_ids[series],
            "origin_date": history.origin,
            "forecast_date": history.future_weeks(history.horizon)[step].astype("datetime64[s]"),
            "horizon_weeks": step + 1,
            "model_name": name,
            "is_holiday": result.is_holiday[step],
            "actual_sales": result.actual[series, step],
            "predicted_sales": forecast.point[series, step],
            "prediction_lower": bounds[0],
            "prediction_upper": bounds[1],
            "prediction_lower_95": bounds[2],
            "prediction_upper_95": bounds[3],
            "scale_amount": history.scale[series],
            "fallback": forecast.fallback[series],
        }
    )
