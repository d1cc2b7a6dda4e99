"""Demand over the coming weeks as a distribution: the forecast plus whole residual paths of the backtest.

A path holds the errors of one pair at one origin over all horizons, so errors stay correlated over weeks. Paths are
scaled by the size of the pair, pooled over pairs of similar volume (a pair's own few paths have no tail), and
stretched by how noisy the pair has been. All pairs of a volume band share the same draws: results do not depend on
which other pairs are asked for, and more stock can be compared with less on equal terms.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from ml.inventory.policy import FloatArray

if TYPE_CHECKING:
    import pandas as pd

DRAWS = 2000
"""Simulated paths a pair: the standard error of a 95 % service quantile is half a point."""

BANDS = 5
PATHS_PER_BAND = 100
"""Volume bands, and the paths below which a band is not worth having."""

RESIDUAL_LIMITS = (-3.0, 3.0)
"""Errors beyond three times the pair's mean weekly sales are clipped: they are data faults or opening weeks."""

SHRINKAGE_WEEKS = 16.0
"""Weeks of a pair's own errors that weigh as much as its band's."""

DISPERSION_LIMITS = (0.3, 4.0)
"""How far a pair's noise may stand from its band's."""

HELD_WEEKS = 4
"""Beyond the forecast its last weeks are repeated, so that one odd last week does not stand for all that follow."""

SHORTEST_LEAD_TIME_WEEKS = 1 / 7


@dataclass(frozen=True)
class ResidualPaths:
    """Scaled errors of the backtest, one row a pair and origin: (actual - forecast) / scale, by horizon.

    Attributes:
        store_id: store of the row.
        dept_id: department of the row.
        scale: mean absolute weekly sales known at the origin, in dollars.
        values: (rows, horizons), no gaps.
    """

    store_id: npt.NDArray[np.int64]
    dept_id: npt.NDArray[np.int64]
    scale: FloatArray
    values: FloatArray


@dataclass(frozen=True)
class ResidualPool:
    """What is drawn from: unit shapes per volume band, and how noisy each pair is.

    Attributes:
        edges: dollars of mean weekly sales between neighbouring bands, ascending.
        shapes: (bands, draws, weeks) error paths of mean absolute size 1.
        band_dispersion: mean absolute scaled error per band.
        pair_dispersion: the same per (store, department), shrunk towards the band's.
        lead_time_draws: standard normal draws that go with the paths, independent of them.
    """

    edges: FloatArray
    shapes: FloatArray
    band_dispersion: FloatArray
    pair_dispersion: dict[tuple[int, int], float]
    lead_time_draws: FloatArray

    def band_of(self, scale: FloatArray) -> npt.NDArray[np.intp]:
        """Returns the band of pairs by their mean absolute weekly sales in dollars."""
        return np.searchsorted(self.edges, scale, side="right")

    def noise_of(self, store_id: npt.ArrayLike, dept_id: npt.ArrayLike, scale: FloatArray) -> FloatArray:
        """Returns the mean absolute error per week in dollars that the pairs are expected to show."""
        band = self.band_dispersion[self.band_of(scale)]
        keys = zip(np.asarray(store_id).tolist(), np.asarray(dept_id).tolist(), band, strict=True)
        dispersion = np.array([self.pair_dispersion.get((store, dept), common) for store, dept, common in keys])
        noise: FloatArray = scale * dispersion
        return noise


def scaled_paths(errors: "pd.DataFrame") -> ResidualPaths:
    """Returns the residual paths of backtest errors.

    Args:
        errors: store_id, dept_id, origin (any sortable), horizon_weeks from 1, actual_sales, predicted_sales and
            scale_amount in dollars; one row per pair, origin and horizon.

    Rows without a positive scale say nothing and are left out; so are paths that know under half of their weeks. A
    missing week takes the error of the week before, else of the week after.
    """
    known = errors[errors["scale_amount"] > 0].sort_values(["store_id", "dept_id", "origin", "horizon_weeks"])
    residual = (known["actual_sales"] - known["predicted_sales"]) / known["scale_amount"]
    groups = known.groupby(["store_id", "dept_id", "origin"], sort=True)
    heads = groups[["scale_amount"]].first().reset_index()
    values = np.full((len(heads), int(known["horizon_weeks"].max()) if len(known) else 1), np.nan)
    values[groups.ngroup().to_numpy(np.intp), known["horizon_weeks"].to_numpy(np.intp) - 1] = residual.to_numpy(float)
    kept = np.isfinite(values).sum(axis=1) * 2 >= values.shape[1]
    filled = _filled(np.clip(values[kept], *RESIDUAL_LIMITS))
    heads = heads[kept]
    return ResidualPaths(
        heads["store_id"].to_numpy(np.int64),
        heads["dept_id"].to_numpy(np.int64),
        heads["scale_amount"].to_numpy(float),
        filled,
    )


def build_pool(paths: ResidualPaths, seed: int, draws: int = DRAWS) -> ResidualPool:
    """Returns the pool to draw from: the same for the same paths and seed, whatever is asked of it.

    Raises:
        ValueError: there is no path.
    """
    if not len(paths.scale):
        raise ValueError("no residual path to draw from")
    edges = _band_edges(paths.scale)
    band = np.searchsorted(edges, paths.scale, side="right")
    size = np.abs(paths.values).mean(axis=1)
    common = np.array([max(size[band == number].mean(), 1e-6) for number in range(len(edges) + 1)])
    own = _pair_dispersion(paths, size, common[band])
    unit = paths.values / np.array([own[key] for key in _keys(paths)])[:, None]
    shapes = np.stack([_drawn(unit[band == number], seed, number, draws) for number in range(len(common))])
    quantiles = norm.ppf((np.arange(draws) + 0.5) / draws)
    return ResidualPool(edges, shapes, common, own, np.random.default_rng([seed, 1 << 20]).permutation(quantiles))


def simulate_weeks(forecast: FloatArray, noise: FloatArray, shapes: FloatArray, weeks: int) -> FloatArray:
    """Returns simulated weekly demand, (pairs, draws, weeks), never below zero, in the unit of the forecast.

    Args:
        forecast: (pairs, horizons) point forecasts.
        noise: mean absolute error per pair.
        shapes: (draws, horizons) unit error paths of the pairs' band.
        weeks: weeks to simulate; beyond the horizons the last four weeks are repeated.
    """
    ahead = forecast[:, _held(weeks, forecast.shape[1])]
    errors = shapes[:, _held(weeks, shapes.shape[1])]
    paths: FloatArray = noise[:, None, None] * errors[None, :, :]
    paths += ahead[:, None, :]
    return np.maximum(paths, 0.0, out=paths)


def cumulative(paths: FloatArray) -> FloatArray:
    """Returns demand from now to the end of each week, (pairs, draws, weeks + 1), starting with zero."""
    total = np.zeros((*paths.shape[:2], paths.shape[2] + 1))
    np.cumsum(paths, axis=2, out=total[:, :, 1:])
    return total


def demand_until(total: FloatArray, weeks: FloatArray) -> FloatArray:
    """Returns cumulative demand at a point in time, (pairs, draws); within a week demand is even.

    Args:
        total: result of `cumulative`.
        weeks: (pairs, draws) or (pairs, 1) weeks from now, fractions allowed, at most the weeks simulated.
    """
    time = np.broadcast_to(weeks, total.shape[:2])
    whole = np.minimum(time.astype(np.intp), total.shape[2] - 2)[:, :, None]
    before = np.take_along_axis(total, whole, axis=2)[:, :, 0]
    after = np.take_along_axis(total, whole + 1, axis=2)[:, :, 0]
    demand: FloatArray = before + (time - whole[:, :, 0]) * (after - before)
    return demand


def lead_times(mean: FloatArray, deviation: FloatArray, draws: FloatArray) -> FloatArray:
    """Returns random lead times in weeks, (pairs, draws): normal, cut at 2.5 deviations and at one day.

    The same draw gives a longer lead time wherever the mean is longer.
    """
    bounded = np.clip(draws, -2.5, 2.5)
    return np.maximum(mean[:, None] + deviation[:, None] * bounded[None, :], SHORTEST_LEAD_TIME_WEEKS)


def _held(weeks: int, horizons: int) -> npt.NDArray[np.intp]:
    ahead = np.arange(weeks)
    cycle = min(HELD_WEEKS, horizons)
    return np.where(ahead < horizons, ahead, horizons - cycle + (ahead - horizons) % cycle)


def _filled(values: FloatArray) -> FloatArray:
    import pandas as pd

    return pd.DataFrame(values).ffill(axis=1).bfill(axis=1).to_numpy(dtype=float)


def _band_edges(scale: FloatArray) -> FloatArray:
    bands = int(np.clip(len(scale) // PATHS_PER_BAND, 1, BANDS))
    edges: FloatArray = np.unique(np.quantile(scale, np.arange(1, bands) / bands, method="higher"))
    above: FloatArray = edges[edges > scale.min()]
    return above


def _keys(paths: ResidualPaths) -> list[tuple[int, int]]:
    return list(zip(paths.store_id.tolist(), paths.dept_id.tolist(), strict=True))


def _pair_dispersion(paths: ResidualPaths, size: FloatArray, common: FloatArray) -> dict[tuple[int, int], float]:
    """Returns each pair's mean absolute scaled error, its own weeks weighed against its band's figure."""
    import pandas as pd

    frame = pd.DataFrame({"store": paths.store_id, "dept": paths.dept_id, "size": size, "common": common})
    pairs = frame.groupby(["store", "dept"]).agg(
        size=("size", "mean"), common=("common", "mean"), paths=("size", "size")
    )
    weeks = pairs["paths"] * paths.values.shape[1]
    shrunk = (weeks * pairs["size"] + SHRINKAGE_WEEKS * pairs["common"]) / (weeks + SHRINKAGE_WEEKS)
    low, high = DISPERSION_LIMITS
    bounded = shrunk.clip(low * pairs["common"], high * pairs["common"])
    return {(int(store), int(dept)): float(value) for (store, dept), value in bounded.items()}


def _drawn(shapes: FloatArray, seed: int, band: int, draws: int) -> FloatArray:
    """Returns `draws` paths of a band in random order: each at most once, or all equally often where they are few."""
    order = np.random.default_rng([seed, band]).permutation(len(shapes))
    return shapes[np.resize(order, draws)]
