"""The exchange curve: what service a policy gives for what stock, and how sure a comparison at equal stock is."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from ml.inventory.policy import FloatArray
from ml.inventory.replay.baselines import Family
from ml.inventory.replay.engine import History, Tally, replay
from ml.inventory.replay.kpis import Kpis, Sums, kpis_of, sums_by_seed, sums_of
from ml.inventory.replay.lead_times import LeadArray

RESAMPLES = 500
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Curve:
    """One policy over a grid of its knob.

    Attributes:
        knobs: (knobs,) values of the knob.
        sums: (knobs, pairs) sums of each replay; weeks, decisions and demand are the same in all of them.
        replayed_weeks: counted weeks of a pair that is always live.
        by_seed: (knobs, seeds) sums over all pairs of each draw of lead times.
    """

    knobs: FloatArray
    sums: Sums
    replayed_weeks: int
    by_seed: Sums

    def kpis(self, weight: npt.ArrayLike | None = None) -> Kpis:
        """Returns the key figures by knob, (knobs,), of a weighted group of pairs, of all where none is given."""
        pairs = self.sums.demand.shape[-1]
        return kpis_of(self.sums.total(np.ones(pairs) if weight is None else weight), self.replayed_weeks)

    def kpis_by_seed(self) -> Kpis:
        """Returns the key figures of all pairs by knob and draw of lead times, (knobs, seeds)."""
        return kpis_of(self.by_seed, self.replayed_weeks)


def exchange_curve(
    family: Family, knobs: Sequence[float] | FloatArray, history: History, lead: LeadArray, warm_up_weeks: int = 0
) -> Curve:
    """Returns the figures of a policy over its knob, all replayed with the same lead times.

    Args:
        family: from the knob to an order rule over the weeks of the history.
        knobs: values to try.
        history: what is replayed.
        lead: lead times of `LeadTimes.draw`.
        warm_up_weeks: first weeks that are not counted.
    """
    tallies = [replay(history, family(float(knob)), lead, warm_up_weeks) for knob in knobs]
    return curve_of_tallies(knobs, tallies, history.demand.shape[1] - warm_up_weeks)


def curve_of_tallies(knobs: Sequence[float] | FloatArray, tallies: Sequence[Tally], replayed_weeks: int) -> Curve:
    """Returns the curve of replays, one a knob."""
    means, by_seed = _stacked([sums_of(tally) for tally in tallies]), _stacked([sums_by_seed(one) for one in tallies])
    return Curve(np.asarray(knobs, float), means, replayed_weeks, by_seed)


def at_stock(figures: Kpis, stock_weeks: float) -> Kpis:
    """Returns the figures at an average stock in weeks of demand, NaN outside the curve."""
    return _at(figures, figures.stock_weeks, stock_weeks)


def at_fill(figures: Kpis, fill_rate: float) -> Kpis:
    """Returns the figures at a fill rate, NaN outside the curve."""
    return _at(figures, figures.fill_rate, fill_rate)


def store_resamples(store_ids: npt.NDArray[np.int64], seed: int, count: int = RESAMPLES) -> FloatArray:
    """Returns how often each pair is in each bootstrap sample of whole stores, (count, pairs).

    Pairs of a store share weather, prices and customers, so stores are drawn, not pairs.

    Source: Davison and Hinkley, Bootstrap Methods and their Application, section 3.8, resampling of clusters.
    """
    stores, member = np.unique(store_ids, return_inverse=True)
    chances = np.full(len(stores), 1 / len(stores))
    drawn = np.random.default_rng([seed, len(stores)]).multinomial(len(stores), chances, size=count)
    return np.asarray(drawn[:, member], float)


def interval(values: npt.ArrayLike) -> tuple[float, float]:
    """Returns the 95 % percentile interval of bootstrap values."""
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(np.asarray(values, float), [tail, 1 - tail])
    return float(low), float(high)


def _at(figures: Kpis, along: FloatArray, value: float) -> Kpis:
    """Returns the figures interpolated between the two knobs around the value."""
    order = np.argsort(along, kind="stable")
    return Kpis(
        **{
            name: np.interp(value, along[order], getattr(figures, name)[order], left=np.nan, right=np.nan)
            for name in _names(Kpis)
        }
    )


def _stacked(sums: Sequence[Sums]) -> Sums:
    return Sums(**{name: np.stack([getattr(one, name) for one in sums]) for name in _names(Sums)})


def _names(record: type[Kpis] | type[Sums]) -> list[str]:
    return [column.name for column in fields(record)]
