"""Weeks that cannot be right, or that nothing like will follow: what stands in for them before anything learns.

A week is damped where it lies far beyond all that its series sold in the year before, and neither the same product in
other stores nor the other products of its store did anything of the kind; or where more came back than ever before, and
a good part of the largest week. What stands in for it is the median of the weeks before. Only what was known by then
decides, so a cut of the history is damped as the whole is: the first weeks of a series are taken as they are. Where
sales stay that high or low they are no fault but the new scale, and are taken as they are from there on: after three
weeks, or, where they are beyond belief, after as many as make a series inactive. What came before is no fault when it
comes again: in the same season a year later, or after a quarter of a year where it is not beyond belief.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from warehouse.conventions import ACTIVE_WEEKS, YEAR_WEEKS

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

LIMIT = 5.0
"""Largest weeks of the year before beyond which a week is damped, and largest returns likewise."""
BEYOND_BELIEF = 25.0
"""The same from which a new scale takes `ACTIVE_WEEKS` weeks to be believed, and not `RUN_WEEKS`."""
RUN_WEEKS = 3
LEAST_WEEKS = 13
"""Weeks with sales in the year before a week that it takes to damp it."""
FIRST_WEEKS = 4
IMPOSSIBLE = 100.0
"""With fewer of them, known weeks that it takes, and the largest weeks beyond which it is damped: what has just begun
may grow much."""
LEAST_RETURN = 0.5
"""Largest weeks of the year before that a return must reach to be damped."""
LEAST_PEERS = 3
"""Other series whose median says what a product, or a store, did in a week."""
STAND_IN_WEEKS = 13
SEASON_WEEKS = slice(YEAR_WEEKS - 3, YEAR_WEEKS + 3)
"""Weeks back in the same season of the year before."""


def implausible_weeks(sales: FloatArray, store_ids: IntArray, dept_ids: IntArray) -> tuple[FloatArray, BoolArray]:
    """Returns the sales with what stands in for weeks that are damped, and which those are, both (S, T).

    Args:
        sales: in the unit that is forecast, NaN where not known, (S, T).
        store_ids: store of each series, (S,).
        dept_ids: product of each series, (S,).
    """
    damped, is_damped = sales.copy(), np.zeros(sales.shape, dtype=bool)
    # A series without a week beyond the largest before as reported has none beyond the largest as damped.
    most, least = _bounds_before(sales)
    suspects = np.flatnonzero(_is_beyond(sales, most, least).any(axis=1))
    if not len(suspects):
        return damped, is_damped
    for series in suspects.tolist():

        def peers(week: int, series: int = series) -> float:
            return max(_peer_ratio(sales, most, group, series, week) for group in (store_ids, dept_ids))

        _damp(damped[series], is_damped[series], peers)
    return damped, is_damped


def _damp(values: FloatArray, is_damped: BoolArray, peers: Callable[[int], float]) -> None:
    """Damps the weeks of one series in place.

    Args:
        values: sales, (T,).
        is_damped: marks to set, (T,).
        peers: gives by how much the like of a series rose in a week, see `_peer_ratio`.
    """
    run, reported = 0, values.copy()
    for week in range(FIRST_WEEKS, len(values)):
        before = values[max(week - YEAR_WEEKS, 0) : week]
        known = before[~np.isnan(before)]
        if np.isnan(values[week]) or len(known) < FIRST_WEEKS:
            continue
        is_known = np.count_nonzero(known) >= LEAST_WEEKS
        if not is_known and values[week] < 0:
            continue
        limit = LIMIT if is_known else IMPOSSIBLE
        most, least = max(known.max(), 0.0), min(known.min(), 0.0)
        factor = _times_beyond(values[week], most, most, least)
        if factor > limit:
            factor = _times_beyond(values[week], most * max(1.0, peers(week)), most, least)
        longest = ACTIVE_WEEKS if is_known and factor > BEYOND_BELIEF else RUN_WEEKS
        if factor > limit and run < longest and not _came_before(reported[: week + 1], factor):
            recent = before[-STAND_IN_WEEKS:]
            values[week] = np.median(recent[~np.isnan(recent)]) if (~np.isnan(recent)).any() else 0.0
            is_damped[week] = True
            run += 1
        else:
            run = 0


def _came_before(reported: FloatArray, factor: float) -> bool:
    """Returns whether the last week of a series had its like before: of its sign, and a fifth of it at least.

    Weeks beside it do not count: they may be of the same fault.
    """
    back = np.abs(np.where(reported * reported[-1] > 0, reported, 0.0))[::-1]
    like = back[SEASON_WEEKS] if factor > BEYOND_BELIEF else back[ACTIVE_WEEKS + 1 : SEASON_WEEKS.stop]
    return bool(len(like) and LIMIT * like.max() >= back[0])


def _times_beyond(value: float, expected_most: float, most: float, least: float) -> float:
    """Returns how many times what may be expected a week lies beyond it; 0 where it does not."""
    if value >= 0:
        return value / expected_most if expected_most > 0 else 0.0
    if value > -LEAST_RETURN * most:
        return 0.0
    return value / least if least < 0 else np.inf


def _bounds_before(sales: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Returns the most and the least sold in the year before each week, 0 where nothing is known, (S, T) each."""
    before = _later(np.where(np.isnan(sales), 0.0, sales), 1)
    return _over_a_year(before, np.maximum), _over_a_year(before, np.minimum)


def _over_a_year(values: FloatArray, pick: np.ufunc) -> FloatArray:
    """Returns what is picked from each week and the 51 before it, by windows that double, (S, T)."""
    span = 1
    while 2 * span <= YEAR_WEEKS:
        values = pick(values, _later(values, span))
        span *= 2
    return np.asarray(pick(values, _later(values, YEAR_WEEKS - span)))


def _later(values: FloatArray, weeks: int) -> FloatArray:
    """Returns the values moved to so many weeks later, zeros before them."""
    moved = np.zeros_like(values)
    moved[:, weeks:] = values[:, :-weeks]
    return moved


def _is_beyond(sales: FloatArray, most: FloatArray, least: FloatArray) -> BoolArray:
    known = np.where(np.isnan(sales), 0.0, sales)
    return ((most > 0) & (known > LIMIT * most)) | ((known < LIMIT * least) & (known <= -LEAST_RETURN * most))


def _peer_ratio(sales: FloatArray, most: FloatArray, group: IntArray, series: int, week: int) -> float:
    """Returns the median of what others of a group sold in a week over their most of before; 0 where they are few."""
    is_other = (group == group[series]) & (most[:, week] > 0) & ~np.isnan(sales[:, week])
    is_other[series] = False
    if is_other.sum() < LEAST_PEERS:
        return 0.0
    return float(np.median(sales[is_other, week] / most[is_other, week]))
