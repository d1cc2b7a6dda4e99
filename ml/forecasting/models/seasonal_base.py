"""The seasonal base: level plus season, and last year times growth, without machine learning.

Every part is linear in the calendar alignment and in the seasonal profile, so the averages over three views
of the calendar and over several profiles are taken once, before anything is forecast.
"""

from dataclasses import dataclass

import numpy as np

from ml.forecasting.models.calendar_alignment import aligned, alignment_matrix, ordinary_weeks, weight_matrix
from ml.forecasting.panel import DateArray, FloatArray, IntArray, Panel, TextArray, as_date, known_mean, known_sums
from warehouse.calendar import Calendar
from warehouse.conventions import YEAR_WEEKS

LEVEL_WEEKS = 45
LEVEL_SMOOTHING = (0.1, 0.3, 0.6)
GROWTH_WEEKS = 39
GROWTH_BOUNDS = (0.5, 2.0)
OWN_GROWTH_WEIGHT = 0.8
"""Weight of the series' own growth in the geometric mean; its department's has the rest."""
LARGEST_IN_GROUP = 10.0
"""Middle series of a group beyond which a series counts no further in what the group shares."""
STEADY_WEEKS, STEADY_TIMES = 8, 3.0
"""Last weeks, and how many times apart their mean and that of the year may be, for a series to tell of others."""
SEASON_RANKS = (10, 5, 2)
LARGEST_MULTIPLE = 2.0
"""How far a forecast may leave what its series ever sold, as a multiple of the largest week."""
LAST_YEAR_WEIGHT = 0.6
"""Weight of last year in the multiplicative form; the year before it has the rest."""


@dataclass(frozen=True)
class SeasonalBase:
    """Forecasts of the base and what they are made of, in the unit of the sales.

    Attributes:
        point: the forecast, never NaN, (series, horizon).
        additive: level plus season, (series, horizon).
        level: sales without season at the origin, (series, 1).
        season: season of each target week, (series, horizon).
        last_year: aligned sales of last year, NaN where not known, (series, horizon).
        ordinary: sales of 52 weeks before, holidays bridged, NaN where not known, (series, horizon).
        multiplicative: last years' sales times growth, NaN where not known, (series, horizon).
        growth: growth against last year, 1 where not known, (series, 1).
        shocks: what the last weeks sold beyond level and season, newest last, NaN where not known, (series, 45).
        fallback: name of the simpler method used, or the empty string, (series,).
    """

    point: FloatArray
    additive: FloatArray
    level: FloatArray
    season: FloatArray
    last_year: FloatArray
    ordinary: FloatArray
    multiplicative: FloatArray
    growth: FloatArray
    shocks: FloatArray
    fallback: TextArray

    def parts(self, series: int) -> dict[str, FloatArray]:
        """Returns what one series' forecast is made of, in its unit, (horizon,) each; the parts add up to it.

        Sales of last year without holidays, what holidays and pay days brought in the aligned weeks, what growth makes
        of both, and what the recent level adds.
        """
        like = np.where(np.isnan(self.last_year[series]), 0.0, self.last_year[series])
        last_year = np.where(np.isnan(self.last_year[series] - self.ordinary[series]), like, self.ordinary[series])
        growth = like * (self.growth[series] - 1)
        level = self.point[series] - like - growth
        return {"last_year": last_year, "holiday": like - last_year, "growth": growth, "recent_level": level}


def seasonal_base(history: Panel, horizon: int) -> SeasonalBase:
    """Returns the base forecast of every series for the weeks after the last week of the history."""
    sales, groups = history.sales, SeriesGroups.of(history)
    trend = centred_mean(sales)
    profile = seasonal_profile(sales - trend, trend, groups, size_weights(history, groups.department_type))
    recent = min(LEVEL_WEEKS, history.week_count)
    targets = np.concatenate([history.weeks[-recent:], history.future_weeks(horizon)])
    likes = [alignment_matrix(history.calendar, history.weeks, targets, years) for years in (1, 2)]
    season = _season(profile, likes)
    level, shocks = _smoothed_level(sales[:, -recent:] - season[:, :recent])
    additive = level + season[:, recent:]
    counted = group_weights(history, groups.department)
    last_year, multiplicative, growth = _multiplicative(sales, trend + profile, likes, recent, groups, counted)
    point = np.where(np.isnan(multiplicative), additive, (additive + multiplicative) / 2)
    return SeasonalBase(
        point=plausible(point, sales),
        additive=additive,
        level=level,
        season=season[:, recent:],
        last_year=last_year,
        ordinary=_ordinary(history, horizon),
        multiplicative=multiplicative,
        growth=growth,
        shocks=shocks,
        fallback=_fallback(history, last_year),
    )


def additive_forecast(sales: FloatArray, calendar: Calendar, weeks: DateArray, targets: DateArray) -> FloatArray:
    """Returns level plus season of series that borrow nothing from others, in the unit of the sales, (S, targets).

    Args:
        sales: weekly sales, NaN where not known, (S, weeks).
        calendar: of the retailer.
        weeks: weeks of the sales.
        targets: weeks to come.
    """
    recent = min(LEVEL_WEEKS, len(weeks))
    around = np.concatenate([weeks[-recent:], targets])
    profile = sales - centred_mean(sales)
    season = _season(profile, [alignment_matrix(calendar, weeks, around, years) for years in (1, 2)])
    level, _ = _smoothed_level(sales[:, -recent:] - season[:, :recent])
    return np.asarray(level + season[:, recent:])


@dataclass(frozen=True)
class SeriesGroups:
    """Positions of the series in their department, their store, and department x store type.

    Attributes:
        department: (S,)
        store: (S,)
        department_type: (S,)
    """

    department: IntArray
    store: IntArray
    department_type: IntArray

    @classmethod
    def of(cls, panel: Panel) -> "SeriesGroups":
        """Returns the groups of a panel's series."""
        department = _positions(panel.dept_ids)
        kind = _positions(panel.store_types)
        return cls(department, _positions(panel.store_ids), _positions(department * (kind.max() + 1) + kind))


def group_weights(history: Panel, group: IntArray) -> FloatArray:
    """Returns how much each series counts in what its group shares, (S,).

    What breaks, begins or ends tells of no other, and counts nothing; what is far larger than the rest counts no more
    than a multiple of the middle one.
    """
    lately, usual = (known_mean(np.abs(history.sales[:, -weeks:])) for weeks in (STEADY_WEEKS, YEAR_WEEKS))
    is_steady = (lately <= STEADY_TIMES * usual) & (usual <= STEADY_TIMES * lately)
    return np.where(is_steady, size_weights(history, group), 0.0)


def size_weights(history: Panel, group: IntArray) -> FloatArray:
    """Returns the share of each series by which it is as large as its group bears, 1 for nearly all, (S,)."""
    weights, scale, active = np.ones(history.series_count), history.scale, np.flatnonzero(history.active)
    # By size within each group: the middle one stands halfway between its first and its last.
    rows = active[np.lexsort((scale[active], group[active]))]
    _, first, counts = np.unique(group[rows], return_index=True, return_counts=True)
    middle = (scale[rows][first + (counts - 1) // 2] + scale[rows][first + counts // 2]) / 2
    weights[rows] = np.minimum(1.0, LARGEST_IN_GROUP * np.repeat(middle, counts) / scale[rows])
    return weights


def centred_mean(sales: FloatArray) -> FloatArray:
    """Returns the mean of the known sales in the 52 weeks around each week; at the edges in the nearest 52, (S, T).

    Before a series begins the mean around its first week stands, so that it has the season of its likes.
    """
    weeks = sales.shape[1]
    width = min(YEAR_WEEKS, weeks)
    start = np.clip(np.arange(weeks) - width // 2, 0, weeks - width)
    totals, counts = known_sums(sales)
    count = counts[:, start + width] - counts[:, start]
    mean = (totals[:, start + width] - totals[:, start]) / np.maximum(count, 1)
    rows, first = np.arange(len(sales)), (~np.isnan(sales)).argmax(axis=1)
    return np.where(np.arange(weeks) < first[:, None], mean[rows, first][:, None], mean)


def seasonal_profile(season: FloatArray, trend: FloatArray, groups: SeriesGroups, weights: FloatArray) -> FloatArray:
    """Returns the seasonal profile of every series, denoised with the help of the other stores, (S, T).

    The mean of these views: as observed; the best approximations of low ranks to the stores x weeks matrix of
    the department; and the relative profile of the department in stores of the type, times the trend of the
    series. Where the series was not sold, the last one stands alone. `weights` are those of series in the group, (S,).
    """
    known = ~np.isnan(season)
    shared = trend * _shared_profile(season, trend, groups.department_type, weights)
    observed = np.where(known, season, shared)
    denoised = _low_rank(observed, groups.department)
    return np.asarray(np.where(known, (observed + shared + sum(denoised)) / (2 + len(denoised)), shared))


def sum_by(values: FloatArray, group: IntArray) -> FloatArray:
    """Returns the sum of the known values of each group, at the place of every series of it, (S, ...)."""
    member = np.zeros((group.max() + 1, len(group)))
    member[group, np.arange(len(group))] = 1.0
    return np.asarray((member @ np.where(np.isnan(values), 0.0, values))[group])


def plausible(point: FloatArray, sales: FloatArray) -> FloatArray:
    """Returns forecasts of at most twice what a series ever sold.

    Only those of series that take back more than they sell, in the year and in most of its weeks, are negative, and
    never below their lowest week.
    """
    year, known = sales[:, -YEAR_WEEKS:], np.where(np.isnan(sales), 0.0, sales)
    is_returned = (known_mean(year) < 0) & ((year < 0).sum(axis=1) > (year > 0).sum(axis=1))
    least = np.where(is_returned[:, None], np.minimum(known.min(axis=1, keepdims=True), 0.0), 0.0)
    return np.asarray(np.clip(point, least, LARGEST_MULTIPLE * np.maximum(known.max(axis=1, keepdims=True), 0.0)))


def _ordinary(history: Panel, horizon: int) -> FloatArray:
    """Returns sales of 52 weeks before the weeks to come, holidays bridged by the weeks beside them, (S, horizon)."""
    targets = history.future_weeks(horizon)
    likes = [ordinary_weeks(history.calendar, as_date(week)) for week in targets]
    return aligned(history.sales, weight_matrix(history.weeks, targets, likes))


def _season(profile: FloatArray, likes: list[FloatArray]) -> FloatArray:
    """Returns the mean season of the years that are known, 0 where none is, (S, targets)."""
    season = _mean_of_known([aligned(profile, like) for like in likes])
    return np.where(np.isnan(season), 0.0, season)


def _shared_profile(season: FloatArray, trend: FloatArray, group: IntArray, weights: FloatArray) -> FloatArray:
    base = np.where(np.isnan(season), np.nan, np.maximum(trend, 0.0))
    total = sum_by(weights[:, None] * base, group)
    return np.asarray(
        np.where(total > 0, sum_by(weights[:, None] * season, group) / np.where(total > 0, total, 1.0), 0.0)
    )


def _low_rank(season: FloatArray, department: IntArray) -> list[FloatArray]:
    """Returns the truncated singular value decompositions per department, one array (S, T) a rank."""
    results = [np.empty_like(season) for _ in SEASON_RANKS]
    for number in range(department.max() + 1):
        rows = np.flatnonzero(department == number)
        block = season[rows]
        # The stores are fewer than the weeks, so their Gram matrix gives the same subspace for less work.
        _, vectors = np.linalg.eigh(block @ block.T)
        for rank, result in zip(SEASON_RANKS, results, strict=True):
            kept = vectors[:, -rank:]
            result[rows] = kept @ (kept.T @ block)
    return results


def _smoothed_level(unseasonal: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Returns the level (S, 1) by exponential smoothing, averaged over the speeds, and what is left over (S, weeks)."""
    known = ~np.isnan(unseasonal)
    age = np.arange(unseasonal.shape[1])[::-1]
    values = np.where(known, unseasonal, 0.0)
    level = np.zeros((len(values), 1))
    for smoothing in LEVEL_SMOOTHING:
        weights = (1 - smoothing) ** age
        level[:, 0] += (values @ weights) / np.maximum(known @ weights, 1e-9) / len(LEVEL_SMOOTHING)
    return level, unseasonal - level


def _multiplicative(
    sales: FloatArray,
    smooth: FloatArray,
    likes: list[FloatArray],
    recent: int,
    groups: SeriesGroups,
    weights: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Returns last year's sales, the multiplicative forecast and the growth against last year."""
    past = slice(max(recent - GROWTH_WEEKS, 0), recent)
    source = np.where(np.isnan(sales), np.nan, (sales + smooth) / 2)
    forms, growths = [], []
    for like in likes:
        growth = _growth(sales[:, -recent:][:, past], aligned(sales, like[past]), groups, weights)
        growths.append(growth)
        forms.append(aligned(source, like[recent:]) * growth)
    mixed = LAST_YEAR_WEIGHT * forms[0] + (1 - LAST_YEAR_WEIGHT) * forms[1]
    return aligned(sales, likes[0][recent:]), np.where(np.isnan(mixed), forms[0], mixed), growths[0]


def _growth(now: FloatArray, then: FloatArray, groups: SeriesGroups, weights: FloatArray) -> FloatArray:
    """Returns the weighted geometric mean of the growth of the series and of its department, (S, 1)."""
    both = ~np.isnan(now) & ~np.isnan(then)
    own = np.stack([np.where(both, now, 0.0).sum(axis=1), np.where(both, then, 0.0).sum(axis=1)], axis=1)
    shared = sum_by(weights[:, None] * own, groups.department)
    ratios = [_bounded_ratio(totals) for totals in (own, shared)]
    return np.asarray((ratios[0] ** OWN_GROWTH_WEIGHT * ratios[1] ** (1 - OWN_GROWTH_WEIGHT))[:, None])


def _bounded_ratio(totals: FloatArray) -> FloatArray:
    now, then = totals[:, 0], totals[:, 1]
    usable = (now > 0) & (then > 0)
    return np.clip(np.where(usable, now, 1.0) / np.where(usable, then, 1.0), *GROWTH_BOUNDS)


def _mean_of_known(parts: list[FloatArray]) -> FloatArray:
    known = sum((~np.isnan(part)).astype(np.float64) for part in parts)
    total = sum(np.where(np.isnan(part), 0.0, part) for part in parts)
    return np.asarray(np.where(known > 0, total / np.maximum(known, 1), np.nan))


def _fallback(history: Panel, last_year: FloatArray) -> TextArray:
    is_unknown = np.isnan(last_year).all(axis=1)
    return np.where(is_unknown, "season of the department", "")


def _positions(values: IntArray | TextArray) -> IntArray:
    return np.asarray(np.unique(values, return_inverse=True)[1], dtype=np.int64)
