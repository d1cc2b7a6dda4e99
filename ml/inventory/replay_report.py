"""What is asked of a comparison of policies by replay, and what it answers."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.inventory.kpis import Kpis
from ml.inventory.lead_times import LeadTimes
from ml.inventory.policy import FloatArray
from warehouse.errors import UsageError

OURS, COVER, NAIVE, MIN_MAX = "shelfcast", "cover", "naive", "minmax"
BASELINES = (COVER, NAIVE, MIN_MAX)
TITLES = {
    OURS: "Shelfcast",
    COVER: "weeks of cover, 4-week mean",
    NAIVE: "seasonal naive, textbook safety stock",
    MIN_MAX: "min/max, 13-week mean",
}
LEAD_TIMES = LeadTimes((1, 2, 3), (1 / 8, 3 / 4, 1 / 8))
STOCK_WEEKS = (1.46, 1.67, 1.87, 2.08)
"""Average stock, in weeks of sales, at which policies are compared."""

WEEKS_LIMITS, SEEDS_LIMITS = (8, 260), (1, 64)


@dataclass(frozen=True)
class ReplaySettings:
    """What is replayed.

    Attributes:
        weeks: last weeks of the data that are replayed.
        seeds: draws of lead times.
        baselines: names of `BASELINES` to compare with.
        lead_times: of every order.
        resamples: bootstrap samples of stores.

    Raises:
        UsageError: weeks or seeds are out of range, or a baseline is not known.
    """

    weeks: int = 52
    seeds: int = 8
    baselines: tuple[str, ...] = BASELINES
    lead_times: LeadTimes = LEAD_TIMES
    resamples: int = 300

    def __post_init__(self) -> None:
        for what, value, (least, most) in (("weeks", self.weeks, WEEKS_LIMITS), ("seeds", self.seeds, SEEDS_LIMITS)):
            if not least <= value <= most:
                raise UsageError(f"A replay can't have {value} {what}.", f"Choose --{what} from {least} to {most}.")
        unknown = [name for name in self.baselines if name not in BASELINES]
        if unknown or not self.baselines:
            what = f"There is no baseline {unknown[0]!r}." if unknown else "--baselines names no baseline."
            raise UsageError(what, f"Choose from {', '.join(BASELINES)}, separated by commas.")

    @property
    def policies(self) -> tuple[str, ...]:
        """Names of all policies, ours first, each once."""
        return (OURS, *dict.fromkeys(self.baselines))


@dataclass(frozen=True)
class Costs:
    """What stock earns and costs, one figure for all series of the panel or one each, as `kpis.profit` takes them."""

    margin_rate: npt.ArrayLike = 0.30
    holding_cost_rate: npt.ArrayLike = 0.25
    ordering_cost_amount: npt.ArrayLike = 25.0

    def of(self, rows: npt.NDArray[np.intp], series: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Returns margin, holding and ordering cost of some series."""
        values = (self.margin_rate, self.holding_cost_rate, self.ordering_cost_amount)
        margin, holding, ordering = (np.broadcast_to(np.asarray(value, float), series)[rows] for value in values)
        return margin, holding, ordering


@dataclass(frozen=True)
class PolicyCurve:
    """The exchange curve of a policy over all pairs.

    Attributes:
        policy: name in `TITLES`.
        knobs: (knobs,) service level, weeks of cover, deviations or weeks of the minimum.
        kpis: key figures, (knobs,) each.
        profit_amount: (knobs,) margin less holding and ordering cost, in the replayed weeks.
    """

    policy: str
    knobs: FloatArray
    kpis: Kpis
    profit_amount: FloatArray


@dataclass(frozen=True)
class Figures:
    """A policy at the setting that gives the chain an average stock; of the chain, or of a store type.

    Figures are missing (NaN) where the policy's curve does not reach the stock; intervals (95 %, over stores) are only
    given for the chain, and only where every bootstrap sample reaches it.

    Attributes:
        policy: name in `TITLES`.
        stock_level_weeks: average stock of the chain, in weeks of sales.
        store_type: group, empty for the chain.
        pairs: replayed pairs of the group.
        knob: setting of the policy.
        kpis: key figures, one number each.
        profit_amount: margin less holding and ordering cost, in the replayed weeks.
        intervals: low and high of stockout_rate, fill_rate and lost_amount.
    """

    policy: str
    stock_level_weeks: float
    store_type: str
    pairs: int
    knob: float
    kpis: Kpis
    profit_amount: float
    intervals: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Saving:
    """How much less of something our policy has than a baseline, both at the same stock or the same fill.

    Attributes:
        baseline: name in `TITLES`.
        measure: field of `Kpis`.
        at: stock_weeks or fill_rate, what both have in common.
        level: of it.
        ours: figure of our policy.
        theirs: figure of the baseline.
        cut_rate: share of theirs that is gone, a fraction.
        interval: 95 % interval of it over stores.
    """

    baseline: str
    measure: str
    at: str
    level: float
    ours: float
    theirs: float
    cut_rate: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Calibration:
    """How often demand over the protection period stayed at or below the order-up-to level.

    Attributes:
        policy: name in `TITLES`.
        target: share that was asked for.
        covered_rate: share that was found.
        by_type: the same by store type.
        pairs_within_rate: share of the pairs found within five points of the target.
    """

    policy: str
    target: float
    covered_rate: float
    by_type: Mapping[str, float]
    pairs_within_rate: float


@dataclass(frozen=True)
class Comparison:
    """What a replay found.

    Attributes:
        settings: what was asked.
        first_week: first replayed week, its Friday.
        last_week: last replayed week, its Friday.
        series: series of the panel.
        pairs: pairs that were replayed.
        stores: stores of the pairs.
        curves: one a policy, ours first.
        figures: by stock level and policy; the chain, then its store types.
        savings: of our policy against each baseline.
        calibration: of the policies whose knob is a service level, by target.
    """

    settings: ReplaySettings
    first_week: dt.date
    last_week: dt.date
    series: int
    pairs: int
    stores: int
    curves: tuple[PolicyCurve, ...]
    figures: tuple[Figures, ...]
    savings: tuple[Saving, ...]
    calibration: tuple[Calibration, ...]
