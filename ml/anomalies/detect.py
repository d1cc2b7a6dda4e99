"""The anomaly stage: weeks whose sales stand far from what was expected, with the reason."""

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.anomalies.expectation import (
    least_deviation,
    robust_scores,
    same_direction_share,
    seasonal_expectation,
    trailing_level,
    weeks_in_a_row,
)
from ml.anomalies.panel import AnomalyPanel, FloatArray, read_panel
from ml.anomalies.reasons import Circumstances, reason_for
from ml.forecasting.damping import implausible_weeks
from ml.forecasting.empty_shelves import wanted
from warehouse.conventions import EMPTY_SHELF
from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.incoming import publish_frame
from warehouse.publish import Change
from warehouse.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)

SCORE_THRESHOLD = 4.0
"""Robust standard deviations from which a week is unusual: about one pair-week in two hundred of the public data."""

COMPANION_SCORE = 2.0
"""Deviation from which other weeks, stores and departments count as moving the same way."""

FORECAST_RESIDUAL = "forecast_residual"
ROBUST_SEASONAL = "robust_seasonal"


@dataclass(frozen=True)
class AnomalyReport:
    """What the stage wrote: anomalies in the table, and what changed there."""

    rows: int
    change: Change

    def __str__(self) -> str:
        return f"{self.rows:,} unusual weeks; {self.change}"


@dataclass(frozen=True)
class AnomalyScores:
    """Expectation and score of every pair and week by one detector; NaN where it has nothing to say."""

    detector: str
    expected: FloatArray
    score: FloatArray


def detect_anomalies(settings: Settings, database: Database, run_id: str) -> AnomalyReport:
    """Returns the report after the unusual weeks were written to `ml.sales_anomalies`, old ones replaced.

    Weeks that the champion's backtest forecast are judged against that forecast, all others against the pair's
    level and the season of its department; weeks with an empty shelf are told as what they are.

    Raises:
        ShelfcastError: there are no sales yet.
    """
    began = time.monotonic()
    panel = read_panel(database)
    if panel is None:
        raise ShelfcastError("There are no sales yet, so there is nothing to look at.", "Run `shelfcast ingest` first.")
    frame = find_anomalies(panel).assign(run_id=run_id)
    keys = ["store_id", "dept_id", "sale_date", "detector"]
    change = publish_frame(database, frame, "ml.sales_anomalies", keys, "replace")
    known = int(np.isfinite(panel.sales).sum())
    logger.info("found %d anomalies in %d pair-weeks in %.1f s", len(frame), known, time.monotonic() - began)
    return AnomalyReport(len(frame), change)


def find_anomalies(panel: AnomalyPanel) -> "pd.DataFrame":
    """Returns the anomalies of a panel with the columns of `ml.sales_anomalies`, amounts in whole cents."""
    import pandas as pd

    floor = least_deviation(panel.sales)
    sales, is_damped = implausible_weeks(panel.sales, panel.store_id, panel.dept_id)
    sales, is_short = wanted(sales, panel.is_empty)
    stand_in = np.where(is_damped | is_short, sales, np.nan)
    found = score_panel(panel, stand_in, is_short)
    rows = [row for scores in found for row in _rows(panel, scores, floor, stand_in)]
    names = ["store_id", "dept_id", "sale_date", "detector", "score", "expected_sales", "actual_sales", "reason"]
    return pd.DataFrame(rows, columns=names)


def score_panel(panel: AnomalyPanel, stand_in: FloatArray, is_short: npt.NDArray[np.bool_]) -> list[AnomalyScores]:
    """Returns the scores of each detector; each week is judged by one of them.

    Where stock was wanting, that is why; else the forecast judges where one is known, and the season where none is.

    Args:
        panel: the sales and what was forecast.
        stand_in: what forecasts learn from in place of some weeks, NaN for all others, (pairs, weeks): the seasonal
            detector marks those that it could not tell otherwise.
        is_short: whether that is so for want of stock, (pairs, weeks).
    """
    # What is usual is not learned from empty shelves.
    filled = np.where(is_short, stand_in, panel.sales)
    level = trailing_level(filled)
    is_forecast = np.isfinite(panel.forecast)
    seasonal = np.where(is_forecast, np.nan, seasonal_expectation(filled, level, panel.dept_id))
    by_forecast = np.where(is_short, np.nan, robust_scores(panel.sales, panel.forecast, level))
    by_season = np.where(is_short, np.nan, robust_scores(panel.sales, seasonal, level))
    untold = np.isfinite(stand_in) & ~is_short & np.isnan(by_forecast) & np.isnan(by_season)
    mark = SCORE_THRESHOLD * np.sign(panel.sales - stand_in)
    return [
        AnomalyScores(FORECAST_RESIDUAL, panel.forecast, by_forecast),
        AnomalyScores(ROBUST_SEASONAL, np.where(untold, stand_in, seasonal), np.where(untold, mark, by_season)),
        AnomalyScores(EMPTY_SHELF, stand_in, np.where(is_short, -SCORE_THRESHOLD, np.nan)),
    ]


def is_anomalous(panel: AnomalyPanel, scores: AnomalyScores, floor: float) -> npt.NDArray[np.bool_]:
    """Returns where the score reaches the threshold and the deviation is worth at least `floor`."""
    return (np.abs(scores.score) >= SCORE_THRESHOLD) & (np.abs(panel.sales - scores.expected) >= floor)


def _rows(panel: AnomalyPanel, scores: AnomalyScores, floor: float, stand_in: FloatArray) -> list[tuple[object, ...]]:
    flagged = is_anomalous(panel, scores, floor) | (np.isfinite(stand_in) & np.isfinite(scores.score))
    circumstances = _circumstances(panel, scores, flagged, stand_in)
    return [
        (
            int(panel.store_id[pair]),
            int(panel.dept_id[pair]),
            seen.week,
            scores.detector,
            round(float(scores.score[pair, week]), 3),
            round(seen.expected, 2),
            round(seen.actual, 2),
            reason_for(seen),
        )
        for (pair, week), seen in circumstances.items()
    ]


def _circumstances(
    panel: AnomalyPanel, scores: AnomalyScores, flagged: npt.NDArray[np.bool_], stand_in: FloatArray
) -> dict[tuple[int, int], Circumstances]:
    """Returns what is known about each flagged pair and week; `stand_in` is NaN where a week is not damped."""
    gaps = _missing_before(panel.sales)
    ratio = _markdown_ratio(panel.markdown)
    found = {}
    for sign in (1, -1):
        runs = weeks_in_a_row(sign * scores.score >= COMPANION_SCORE)
        by_store = same_direction_share(scores.score, panel.store_id, sign, COMPANION_SCORE)
        by_dept = same_direction_share(scores.score, panel.dept_id, sign, COMPANION_SCORE)
        for pair, week in np.argwhere(flagged & (sign * scores.score > 0)).tolist():
            found[pair, week] = Circumstances(
                week=panel.week_date(week),
                actual=float(panel.sales[pair, week]),
                expected=float(scores.expected[pair, week]),
                horizon_weeks=int(panel.horizon[pair, week]) if scores.detector == FORECAST_RESIDUAL else None,
                weeks_in_a_row=int(runs[pair, week]),
                weeks_missing=int(gaps[pair, week]),
                store_share=float(by_store[pair, week]),
                department_share=float(by_dept[pair, week]),
                markdown=float(np.nan_to_num(panel.markdown[pair, week])),
                markdown_ratio=float(ratio[pair, week]),
                stand_in=None if np.isnan(stand_in[pair, week]) else float(stand_in[pair, week]),
                is_empty=scores.detector == EMPTY_SHELF,
            )
    return found


def _missing_before(sales: FloatArray) -> npt.NDArray[np.int64]:
    """Returns the weeks without sales just before each week, zero before a pair's first week."""
    known = np.isfinite(sales)
    gaps = weeks_in_a_row(~known)
    before = np.zeros(sales.shape, dtype=np.int64)
    before[:, 1:] = gaps[:, :-1]
    has_begun = np.maximum.accumulate(known, axis=1)
    before[:, 1:][~has_begun[:, :-1]] = 0
    return before


def _markdown_ratio(markdown: FloatArray) -> FloatArray:
    """Returns markdowns relative to the store's median week with markdowns; zero where there are none."""
    import pandas as pd

    positive = pd.DataFrame(np.where(markdown > 0, markdown, np.nan))
    usual = positive.median(axis=1).to_numpy(dtype=float)[:, None]
    ratio: FloatArray = np.nan_to_num(markdown / usual)
    return ratio
