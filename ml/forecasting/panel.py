"""The panel: all series on one calendar of weeks, as arrays, with what was known before each week."""

import datetime as dt
import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np
import numpy.typing as npt

from ml.forecasting.damping import implausible_weeks
from ml.forecasting.empty_shelves import EMPTY_COUNTS, empty_weeks, wanted
from warehouse.calendar import Calendar
from warehouse.conventions import ACTIVE_WEEKS, LONGEST_HORIZON, YEAR_WEEKS
from warehouse.errors import ShelfcastError
from warehouse.retailer import Retailer, retailer_of_sales

if TYPE_CHECKING:
    import pandas as pd

    from warehouse.database import Database

logger = logging.getLogger(__name__)

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
DateArray = npt.NDArray[np.datetime64]
TextArray = npt.NDArray[np.str_]

Made = TypeVar("Made")

WEEK = np.timedelta64(7, "D")
_LEAST_SCALE_POWER = -4
_LARGEST_SCALE_QUANTILE = 0.95

FEATURE_COLUMNS = (
    "rolling_mean_4",
    "rolling_mean_13",
    "rolling_mean_52",
    "weeks_observed",
    "size_normalized",
    "total_markdown",
    "price_lag_1",
)
"""Columns of `features.engineered_features` that the models read; all known before their week began."""

_OF_SALES = {"rolling_mean_4": 4, "rolling_mean_13": 13, "rolling_mean_52": 52}
"""Features that are means of the sales of so many weeks before."""

# A week without a single markdown has no plan: planning none is written as 0.
_MARKDOWNS = """
select store_id, feature_date,
    case when num_nonnulls(markdown_1, markdown_2, markdown_3, markdown_4, markdown_5) > 0
        then coalesce(markdown_1, 0) + coalesce(markdown_2, 0) + coalesce(markdown_3, 0) + coalesce(markdown_4, 0)
            + coalesce(markdown_5, 0)
    end as markdown_amount
from raw.external_features
"""


_PROMOTIONS = "select store_id, dept_id, week_date, planned_price, is_promoted from raw.promotions"


@dataclass(frozen=True)
class Plan:
    """Prices and promotions that the user has planned, of T past weeks and of the 39 weeks after them.

    Attributes:
        price: money apiece, NaN where the plan names none, (S, T + 39).
        is_promoted: 1 where a promotion is planned, 0 where none is, NaN where nothing is said, (S, T + 39).
    """

    price: FloatArray
    is_promoted: FloatArray

    def until(self, week_count: int) -> "Plan":
        """Returns the plan as it stands after so many weeks: whoever plans knows what is to come."""
        end = week_count + LONGEST_HORIZON
        return Plan(self.price[:, :end], self.is_promoted[:, :end])

    def come(self, week_count: int) -> "Plan":
        """Returns the plan of the first so many weeks alone."""
        is_come = np.arange(self.price.shape[1]) < week_count
        return Plan(*(np.where(is_come, values, np.nan) for values in (self.price, self.is_promoted)))


@dataclass(frozen=True)
class Panel:
    """Weekly sales of S series over T weeks, and the features of T + 1 weeks.

    Attributes:
        store_ids: store of each series, (S,).
        dept_ids: department of each series, (S,).
        store_types: type of the store of each series, (S,).
        weeks: last days of the weeks, which date them, 7 days apart, (T,).
        sales: in the unit that is forecast, pieces or money, NaN where not known, (S, T); in weeks that are damped,
            or in which stock was wanting, what stands in for them, which is all that models may learn from.
        is_holiday: whether the data flags the week, (T,).
        retailer: whose sales they are, with its calendar, its horizon and the weight of its holiday weeks.
        features: by column, (S, T + 1); position t holds what was known before week t began.
        planned_markdown: markdown of the store in money where the user says that markdowns ahead are a plan, NaN
            where nothing is planned, (S, T + 39). The plan of a past week is the markdown that it had.
        reported: sales as they were reported, where any week has a stand-in, (S, T); NaN where stock was wanting, as
            nobody knows what would have sold.
        prices: money that a piece cost in each week, NaN before the first known one, (S, T); see `shown_prices`. None
            where no price is known.
        plan: planned prices and promotions, where the user gave any.
        piece: money of a piece where only whole ones are sold, NaN elsewhere, (S,), of a panel in money.
    """

    store_ids: IntArray
    dept_ids: IntArray
    store_types: TextArray
    weeks: DateArray
    sales: FloatArray
    is_holiday: BoolArray
    retailer: Retailer
    features: Mapping[str, FloatArray]
    planned_markdown: FloatArray | None = None
    reported: FloatArray | None = None
    prices: FloatArray | None = None
    plan: Plan | None = None
    piece: FloatArray | None = None

    @property
    def actual(self) -> FloatArray:
        """Sales as they were reported, by which forecasts are judged, (S, T)."""
        return self.sales if self.reported is None else self.reported

    @property
    def demand(self) -> FloatArray:
        """What was wanted, by which orders are judged: reported sales, or what stands in where stock lacked, (S, T)."""
        return np.asarray(np.where(np.isnan(self.actual), self.sales, self.actual))

    @property
    def calendar(self) -> Calendar:
        """Weeks, holidays and events of the retailer."""
        return Calendar.of(self.retailer)

    @property
    def horizon(self) -> int:
        """Weeks that every candidate forecasts."""
        return self.retailer.horizon_weeks

    @property
    def series_count(self) -> int:
        """Number of series."""
        return len(self.store_ids)

    @property
    def week_count(self) -> int:
        """Number of weeks with sales."""
        return len(self.weeks)

    @property
    def origin(self) -> dt.date:
        """The last week whose sales are known."""
        return as_date(self.weeks[-1])

    def until(self, week_count: int) -> "Panel":
        """Returns the panel as it was known after `week_count` weeks: of what came later only a plan is left in it."""
        plan = self.planned_markdown
        return replace(
            self,
            weeks=self.weeks[:week_count],
            sales=self.sales[:, :week_count],
            is_holiday=self.is_holiday[:week_count],
            features={name: values[:, : week_count + 1] for name, values in self.features.items()},
            planned_markdown=None if plan is None else plan[:, : week_count + LONGEST_HORIZON],
            reported=None if self.reported is None else self.reported[:, :week_count],
            prices=None if self.prices is None else self.prices[:, :week_count],
            plan=None if self.plan is None else self.plan.until(week_count),
        )

    def valued(self, worth: FloatArray, piece: FloatArray | None = None) -> "Panel":
        """Returns the panel in money: sales and what was made of them, each series times what one of it is worth.

        Args:
            worth: money of one of what is forecast, (S,).
            piece: money of a piece where only whole ones are sold, NaN elsewhere, (S,).
        """
        features = {
            name: values * worth[:, None] if name in _OF_SALES else values for name, values in self.features.items()
        }
        reported = None if self.reported is None else self.reported * worth[:, None]
        return replace(self, sales=self.sales * worth[:, None], features=features, reported=reported, piece=piece)

    def future_weeks(self, horizon: int) -> DateArray:
        """Returns the weeks after the origin."""
        return np.asarray(self.weeks[-1] + WEEK * np.arange(1, horizon + 1))

    def once(self, key: str, make: Callable[[], Made]) -> Made:
        """Returns what was made of this panel under the key; it is made the first time that it is asked for."""
        if key not in self.memory:
            self.memory[key] = make()
        return cast("Made", self.memory[key])

    @cached_property
    def memory(self) -> dict[str, object]:
        """What was made of this panel and is used again; a cut of it starts with nothing."""
        return {}

    def came_after(self, week_count: int, horizon: int) -> tuple[FloatArray, BoolArray]:
        """Returns what was reported of the weeks after so many, and which the data flags as holidays.

        Sales are in their unit, NaN where not known, (S, horizon); the flags are false where no week came, (horizon,).
        """
        later = np.arange(week_count, week_count + horizon)
        has_come, come = later < self.week_count, np.minimum(later, self.week_count - 1)
        return np.where(has_come, self.actual[:, come], np.nan), self.is_holiday[come] & has_come

    @cached_property
    def active(self) -> BoolArray:
        """Whether each series sold anything in the last 13 weeks, as reported or by what stands in for it, (S,)."""
        sold = [(sales != 0) & ~np.isnan(sales) for sales in (self.sales, self.actual)]
        return np.asarray((sold[0] | sold[1])[:, -ACTIVE_WEEKS:].any(axis=1))

    @cached_property
    def scale(self) -> FloatArray:
        """Mean absolute sales of the last 52 weeks, the least scale at the least, (S,)."""
        return np.maximum(self._mean_sales, self.least_scale)

    @cached_property
    def least_scale(self) -> float:
        """Mean sales that every series is taken to have at the least, see `least_scale`."""
        return least_scale(self._mean_sales[self.active])

    @cached_property
    def _mean_sales(self) -> FloatArray:
        return known_mean(np.abs(self.sales[:, -YEAR_WEEKS:]))

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the series, the weeks, the retailer, the sales and the features."""
        digest = hashlib.sha256(self.retailer.model_dump_json().encode())
        arrays = [self.store_ids, self.dept_ids, self.weeks.astype(np.int64), self.sales, self.actual, self.is_holiday]
        # What is planned of weeks ahead changes forecasts, and nothing that is learned.
        plan = [] if self.plan is None else [self.plan.price, self.plan.is_promoted]
        arrays += [values[:, : self.week_count] for values in plan]
        for values in [*arrays, *(self.features[name] for name in sorted(self.features))]:
            digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()[:32]


def as_date(week: np.datetime64) -> dt.date:
    """Returns a NumPy day as a date."""
    return dt.date.fromisoformat(str(week.astype("datetime64[D]")))


def known_mean(values: FloatArray) -> FloatArray:
    """Returns the mean of the known values of each row, 0 where none is known."""
    known = ~np.isnan(values)
    return np.asarray(np.where(known, values, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1))


def known_sums(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Returns sum and count of the known values before each week and after the last, (S, T + 1) each."""
    known = ~np.isnan(values)
    parts = (np.where(known, values, 0.0), known.astype(np.float64))
    sums, counts = (np.pad(part.cumsum(axis=1), ((0, 0), (1, 0))) for part in parts)
    return sums, counts


def largest_scale(scales: FloatArray) -> float:
    """Returns the scale beyond which a series weighs no more among others of these scales, (n,); 0 where none is.

    What a single series can move in a choice, in a fit or in its groups is bounded by it.
    """
    return float(np.quantile(scales, _LARGEST_SCALE_QUANTILE)) if len(scales) else 0.0


def least_scale(mean_sales: FloatArray) -> float:
    """Returns the mean sales below which a series counts as no smaller: errors are divided by it.

    A ten-thousandth of the middle series, as a power of ten, so that it stays where it is while the middle moves; one
    where nothing was sold. It is one dollar on the public data, whose middle series sells 7,500 a week.

    Args:
        mean_sales: of the series that count, (S,).
    """
    sold = mean_sales[mean_sales > 0]
    return float(10.0 ** np.rint(np.log10(np.median(sold)) + _LEAST_SCALE_POWER)) if len(sold) else 1.0


def weeks_back(sales: FloatArray, count: int, horizon: int) -> FloatArray:
    """Returns the sales so many weeks before each of the weeks to come, NaN before the first week, (S, horizon)."""
    position = sales.shape[1] + np.arange(horizon) - count
    return np.asarray(np.where(position >= 0, sales[:, np.maximum(position, 0)], np.nan))


def read_panel(database: "Database", with_plan: bool = False) -> Panel:
    """Returns the panel of the published features.

    Args:
        database: where the features were published.
        with_plan: whether the markdowns of weeks ahead are a plan that forecasts may use. Planned prices and promotions
            always are.

    Raises:
        ShelfcastError: no features were published, or none of their weeks has sales.
    """
    import pyarrow.dataset as ds

    found = database.read_frame("reader", "select uri from ops.published_artifacts where artifact_name = 'features'")
    if found.empty:
        raise ShelfcastError("There are no features to train on.", "Run `shelfcast features` first.")
    keys = ["store_id", "dept_id", "feature_date", "store_type", "weekly_sales", "is_holiday"]
    features = ds.dataset(found["uri"].iloc[0], format="parquet")
    # Features made by an earlier version lack what it did not know.
    table = features.to_table(columns=[name for name in (*keys, *FEATURE_COLUMNS) if name in features.schema.names])
    with database.snapshot("reader") as snapshot:
        retailer = retailer_of_sales(snapshot)
    panel = panel_from_frame(table.to_pandas(), retailer)
    panel = with_empty_shelves(panel, database.read_frame("reader", EMPTY_COUNTS))
    panel = with_plan_of(panel, database.read_frame("reader", _PROMOTIONS))
    logger.info("panel of %d series and %d weeks to %s", panel.series_count, panel.week_count, panel.origin)
    return with_planned_markdown(panel, database.read_frame("reader", _MARKDOWNS)) if with_plan else panel


def with_empty_shelves(panel: Panel, counts: "pd.DataFrame") -> Panel:
    """Returns the panel with what would have sold in weeks with too little stock; as it is where there is none.

    Args:
        panel: what is known.
        counts: `store_id, dept_id, stock_date` of counts that found nothing.
    """
    sales, is_short = wanted(panel.sales, empty_weeks(counts, panel.store_ids, panel.dept_ids, panel.weeks))
    if not is_short.any():
        return panel
    features = _of_stand_ins(panel.features, sales, is_short)
    return replace(panel, sales=sales, reported=np.where(is_short, np.nan, panel.actual), features=features)


def with_planned_markdown(panel: Panel, markdowns: "pd.DataFrame") -> Panel:
    """Returns the panel with the markdowns of its weeks and of those ahead as the plan.

    Args:
        panel: what is known.
        markdowns: one row per store and week with store_id, feature_date and markdown_amount, NaN where
            nothing is planned.
    """
    weeks = np.concatenate([panel.weeks, panel.future_weeks(LONGEST_HORIZON)])
    stores, store = np.unique(panel.store_ids, return_inverse=True)
    days = markdowns["feature_date"].to_numpy().astype("datetime64[D]")
    row, column = np.searchsorted(stores, markdowns["store_id"].to_numpy()), (days - weeks[0]) // WEEK
    kept = (column >= 0) & (column < len(weeks)) & markdowns["store_id"].isin(stores).to_numpy()
    plan = np.full((len(stores), len(weeks)), np.nan)
    plan[row[kept], column[kept]] = markdowns["markdown_amount"].to_numpy(dtype=np.float64, na_value=np.nan)[kept]
    return replace(panel, planned_markdown=plan[store])


def with_plan_of(panel: Panel, promotions: "pd.DataFrame") -> Panel:
    """Returns the panel with planned prices and promotions; as it is where none of its series has any.

    Args:
        panel: what is known.
        promotions: one row per series and week with store_id, dept_id, week_date, planned_price and is_promoted.
    """
    import pandas as pd

    series = pd.MultiIndex.from_arrays([panel.store_ids, panel.dept_ids])
    row = series.get_indexer(pd.MultiIndex.from_frame(promotions[["store_id", "dept_id"]]))
    weeks = panel.week_count + LONGEST_HORIZON
    column = (promotions["week_date"].to_numpy().astype("datetime64[D]") - panel.weeks[0]) // WEEK
    kept = (row >= 0) & (column >= 0) & (column < weeks)
    if not kept.any():
        return panel
    price, is_promoted = (np.full((panel.series_count, weeks), np.nan) for _ in range(2))
    for values, name in ((price, "planned_price"), (is_promoted, "is_promoted")):
        values[row[kept], column[kept]] = promotions[name].to_numpy(dtype=np.float64, na_value=np.nan)[kept]
    return replace(panel, plan=Plan(price, is_promoted))


def panel_from_frame(frame: "pd.DataFrame", retailer: Retailer) -> Panel:
    """Returns the panel of rows of `features.engineered_features`; columns that are missing count as unknown.

    Args:
        frame: the rows.
        retailer: whose sales they are.

    Raises:
        ShelfcastError: no row has known sales, or the weeks are not whole weeks apart.
    """
    sold = frame["weekly_sales"].notna().to_numpy()
    if not sold.any():
        raise ShelfcastError(
            "No week of the features has known sales.", "Check the file of sales and run `shelfcast features` again."
        )
    days = frame["feature_date"].to_numpy().astype("datetime64[D]")
    first, last = days.min(), days[sold].max()
    if ((days - first).astype(np.int64) % 7).any():
        raise ShelfcastError("The weeks of the features are not 7 days apart.", "Run `shelfcast features` again.")
    position = (days - first) // WEEK
    week_count = int((last - first) // WEEK) + 1
    kept = position <= week_count
    return _filled_panel(frame[kept], position[kept], first + WEEK * np.arange(week_count), retailer)


def _filled_panel(frame: "pd.DataFrame", position: IntArray, weeks: DateArray, retailer: Retailer) -> Panel:
    stores, store = np.unique(frame["store_id"].to_numpy(np.int64), return_inverse=True)
    depts, dept = np.unique(frame["dept_id"].to_numpy(np.int64), return_inverse=True)
    series, first_row, row = np.unique(store * len(depts) + dept, return_index=True, return_inverse=True)
    shape = (len(series), len(weeks) + 1)

    def spread(name: str) -> FloatArray:
        values = np.full(shape, np.nan)
        if name in frame:
            values[row, position] = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
        return values

    is_holiday = np.zeros(shape[1], dtype=bool)
    np.logical_or.at(is_holiday, position, frame["is_holiday"].to_numpy(dtype=bool))
    store_ids, dept_ids = stores[series // len(depts)], depts[series % len(depts)]
    reported = spread("weekly_sales")[:, :-1]
    sales, is_damped = implausible_weeks(reported, store_ids, dept_ids)
    features = {name: spread(name) for name in FEATURE_COLUMNS}
    return Panel(
        store_ids=store_ids,
        dept_ids=dept_ids,
        store_types=frame["store_type"].to_numpy().astype(str)[first_row],
        weeks=weeks,
        sales=sales,
        is_holiday=is_holiday[:-1],
        retailer=retailer,
        features=_of_stand_ins(features, sales, is_damped),
        reported=reported if is_damped.any() else None,
        # A feature row holds the price of the week before it.
        prices=shown_prices(features["price_lag_1"][:, 1:], dept_ids),
    )


def shown_prices(prices: FloatArray, dept_ids: IntArray) -> FloatArray | None:
    """Returns the price that each week showed, NaN before the first known one, (S, T); None where none is known.

    A week without a sale has no price of its own: that of the product's other stores stands in, their middle one, else
    the one before. Nothing that came later is read.

    Args:
        prices: money apiece of weeks with a sale, NaN in others, (S, T).
        dept_ids: product of each series, (S,).
    """
    if np.isnan(prices).all():
        return None
    shown = prices.copy()
    order = np.argsort(dept_ids, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(dept_ids[order])) + 1):
        known = np.sort(prices[members], axis=0)
        count = (~np.isnan(known)).sum(axis=0)
        middle = known[np.maximum((count - 1) // 2, 0), np.arange(known.shape[1])]
        shown[members] = np.where(np.isnan(prices[members]), middle, prices[members])
    last = np.maximum.accumulate(np.where(np.isnan(shown), 0, np.arange(shown.shape[1])), axis=1)
    return np.take_along_axis(shown, last, axis=1)


def _of_stand_ins(
    features: Mapping[str, FloatArray], sales: FloatArray, has_stand_in: BoolArray
) -> Mapping[str, FloatArray]:
    """Returns the features in which means after a week with a stand-in are made of that; others stay."""
    is_changed = has_stand_in.any(axis=1)
    if not is_changed.any():
        return features
    made = dict(features)
    is_later = np.pad(np.maximum.accumulate(has_stand_in[is_changed], axis=1), ((0, 0), (1, 0)))
    sums, counts = known_sums(sales[is_changed])
    for name, width in _OF_SALES.items():
        start = np.maximum(np.arange(sums.shape[1]) - width, 0)
        count = counts - counts[:, start]
        values = made[name].copy()
        mean = np.where(count > 0, (sums - sums[:, start]) / np.maximum(count, 1), np.nan)
        values[is_changed] = np.where(is_later, mean, values[is_changed])
        made[name] = values
    return made
