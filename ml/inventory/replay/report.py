"""What is asked of a comparison of policies by replay, and what it answers."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.inventory.policy import FloatArray
from ml.inventory.replay.kpis import Kpis
from ml.inventory.replay.lead_times import LeadTimes
from warehouse.conventions import YEAR_WEEKS
from warehouse.errors import UsageError
from warehouse.wording import house

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OURS, BY_SIZE, COVER, NAIVE, MIN_MAX = "shelfcast", "shelfcast_by_size", "cover", "naive", "minmax"
BASELINES = (COVER, NAIVE, MIN_MAX)
TITLES = {
    OURS: "Shelfcast",
    BY_SIZE: "Shelfcast, service by size",
    COVER: "weeks of cover, 4-week mean",
    NAIVE: "seasonal naive, textbook safety stock",
    MIN_MAX: "min/max, 13-week mean",
}
_COLORS = {OURS: "#1F5A85", BY_SIZE: "#63A0CB", NAIVE: "#C9781E", COVER: "#3C8C62", MIN_MAX: "#6B7885"}
_MOST_STOCK_WEEKS = 3.0
_MARGIN_WEEKS = 0.2
_LEAST_TOP = 0.01
LEAD_TIMES = LeadTimes((1, 2, 3), (1 / 8, 3 / 4, 1 / 8))
FIXED_LEAD_TIME = LeadTimes((2,))
LEAD_TIMES_BY_NAME = {"random": LEAD_TIMES, "fixed": FIXED_LEAD_TIME}
STOCK_WEEKS, FIXED_STOCK_WEEKS = (1.46, 1.67, 1.87, 2.08), (0.8, 1.0, 1.25, 1.67)
"""Average stock, in weeks of sales, at which policies are compared, with random and with a fixed lead time."""

MAIN_STOCK_WEEKS, MAIN_FIXED_STOCK_WEEKS = 1.67, 1.0
"""The one of them at which savings are told."""

FILL_RATE = 0.985
"""Share of demand sold at which stock and excess are compared."""

BASE, CHAMPION = "base", "champion"
FORECASTS = (BASE, CHAMPION)
"""What our policy may forecast with: the seasonal base, or the model that serves, fitted every eight weeks."""

WEEKS_LIMITS, SEEDS_LIMITS, CENSORED_SEEDS_LIMITS = (8, 260), (1, 64), (1, 4)


@dataclass(frozen=True)
class ReplaySettings:
    """What is replayed.

    Attributes:
        weeks: last weeks of the data that are replayed.
        seeds: draws of lead times.
        baselines: names of `BASELINES` to compare with.
        lead_times: of every order.
        resamples: bootstrap samples of stores.
        forecasts: what our policy forecasts with, one of `FORECASTS`.
        champion: name of the model that serves, where its forecasts are replayed.
        is_censored: whether policies learn only from what they sold themselves, not from demand.

    Raises:
        UsageError: weeks or seeds are out of range, or a baseline or kind of forecasts is not known.
    """

    weeks: int = YEAR_WEEKS
    seeds: int = 8
    baselines: tuple[str, ...] = BASELINES
    lead_times: LeadTimes = LEAD_TIMES
    resamples: int = 300
    forecasts: str = BASE
    champion: str = ""
    is_censored: bool = False

    def __post_init__(self) -> None:
        seeds = CENSORED_SEEDS_LIMITS if self.is_censored else SEEDS_LIMITS
        for what, value, (least, most) in (("weeks", self.weeks, WEEKS_LIMITS), ("seeds", self.seeds, seeds)):
            if not least <= value <= most:
                raise UsageError(f"A replay can't have {value} {what}.", f"Choose --{what} from {least} to {most}.")
        unknown = [name for name in self.baselines if name not in BASELINES]
        if unknown or not self.baselines:
            what = f"There is no baseline {unknown[0]!r}." if unknown else "--baselines names no baseline."
            raise UsageError(what, f"Choose from {', '.join(BASELINES)}, separated by commas.")
        if self.forecasts not in FORECASTS:
            raise UsageError(f"There are no forecasts {self.forecasts!r}.", f"Choose from {', '.join(FORECASTS)}.")
        if self.is_censored and self.forecasts != BASE:
            raise UsageError("Censored sales are forecast with the seasonal base only.", "Leave out --forecasts.")

    @property
    def own_policies(self) -> tuple[str, ...]:
        """Names of our policies; where each service level is learned anew, one will do."""
        return (OURS,) if self.is_censored else (OURS, BY_SIZE)

    @property
    def policies(self) -> tuple[str, ...]:
        """Names of all policies, ours first, each once."""
        return (*self.own_policies, *dict.fromkeys(self.baselines))

    @property
    def is_fixed(self) -> bool:
        """Whether every order takes the same time."""
        return len(self.lead_times.weeks) == 1

    @property
    def stock_levels(self) -> tuple[float, ...]:
        """Average stock, in weeks of sales, at which policies are compared."""
        return FIXED_STOCK_WEEKS if self.is_fixed else STOCK_WEEKS

    @property
    def main_stock_weeks(self) -> float:
        """The stock at which savings are told."""
        return MAIN_FIXED_STOCK_WEEKS if self.is_fixed else MAIN_STOCK_WEEKS


def lead_times_named(name: str) -> LeadTimes:
    """Returns the lead times of a name.

    Raises:
        UsageError: it is neither random nor fixed.
    """
    if name not in LEAD_TIMES_BY_NAME:
        raise UsageError(f"There is no lead time {name!r}.", f"Choose from {', '.join(LEAD_TIMES_BY_NAME)}.")
    return LEAD_TIMES_BY_NAME[name]


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
    """A policy at the setting that gives the chain an average stock; of the chain, a store type or a department.

    Figures are missing (NaN) where the policy's curve does not reach the stock; intervals (95 %) are only given for the
    chain, and only where every bootstrap sample, or every draw of lead times, reaches it.

    Attributes:
        policy: name in `TITLES`.
        stock_level_weeks: average stock of the chain, in weeks of sales.
        store_type: group, empty for the chain and for departments.
        pairs: replayed pairs of the group.
        knob: setting of the policy.
        kpis: key figures, one number each.
        profit_amount: margin less holding and ordering cost, in the replayed weeks.
        intervals: low and high of stockout_rate, fill_rate and lost_amount, over stores.
        dept_id: group, None for the chain and for store types.
        seed_intervals: the same as intervals, over draws of lead times.
    """

    policy: str
    stock_level_weeks: float
    store_type: str
    pairs: int
    knob: float
    kpis: Kpis
    profit_amount: float
    intervals: Mapping[str, tuple[float, float]]
    dept_id: int | None = None
    seed_intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def is_chain(self) -> bool:
        """Whether all pairs are in it."""
        return not self.store_type and self.dept_id is None


@dataclass(frozen=True)
class Saving:
    """How much less of something a policy of ours has than a baseline, both at the same stock or the same fill.

    Attributes:
        baseline: name in `TITLES`.
        measure: field of `Kpis`.
        at: stock_weeks or fill_rate, what both have in common.
        level: of it.
        ours: figure of our policy.
        theirs: figure of the baseline.
        cut_rate: share of theirs that is gone, a fraction.
        interval: 95 % interval of it over stores.
        policy: our policy, name in `TITLES`.
        seed_interval: 95 % interval of it over draws of lead times.
    """

    baseline: str
    measure: str
    at: str
    level: float
    ours: float
    theirs: float
    cut_rate: float
    interval: tuple[float, float]
    policy: str = OURS
    seed_interval: tuple[float, float] = (float("nan"), float("nan"))


@dataclass(frozen=True)
class Calibration:
    """How often demand over the protection period stayed at or below the order-up-to level.

    Attributes:
        policy: name in `TITLES`.
        lead_time: random or fixed.
        target: share that was asked for.
        covered_rate: share that was found.
        by_type: the same by store type.
        by_fifth: the same by fifth of the pairs, those that sold least in the year before the first.
        beside_holidays_rate: the same of the periods that touch a holiday week or one beside it.
        pairs_within_rate: share of the pairs found within five points of the target.
        by_group: the same as `covered_rate` by group of demand before the first period, as far as there are any.
    """

    policy: str
    lead_time: str
    target: float
    covered_rate: float
    by_type: Mapping[str, float]
    by_fifth: tuple[float, ...]
    beside_holidays_rate: float
    pairs_within_rate: float
    by_group: Mapping[str, float]


@dataclass(frozen=True)
class Reviewed:
    """Some pair-reviews of a replay.

    Attributes:
        share_rate: share of all reviews.
        covered_rate: share whose demand until the next delivery stayed at or below the level; NaN where there is none.
        error_rate: mean absolute error of the forecast of that demand over mean weekly sales; NaN where there is none.
    """

    share_rate: float
    covered_rate: float
    error_rate: float


@dataclass(frozen=True)
class GuardrailFigures:
    """What the guardrails would have done in the replayed weeks.

    Attributes:
        target: service level that was asked for, mean over the pairs.
        reviews: pair-reviews, of one draw of lead times.
        automatic: reviews without a reason.
        flagged: reviews with one.
        by_reason: reviews with each reason.
        automatic_rate_with_tiny: share without a reason if tiny pairs were asked about too.
        worst_week: week with the largest share flagged.
        worst_week_rate: that share.
    """

    target: float
    reviews: int
    automatic: Reviewed
    flagged: Reviewed
    by_reason: dict[str, Reviewed]
    automatic_rate_with_tiny: float
    worst_week: dt.date
    worst_week_rate: float


@dataclass(frozen=True)
class PolicyOutcome:
    """Our forecasts under the policies of a table, replayed as they are.

    Attributes:
        source: where the policies are from.
        store_type: group, empty for the chain.
        pairs: replayed pairs of the group.
        kpis: key figures, one number each.
        orders: orders placed in the replayed weeks, mean over draws of lead times.
        profit_amount: margin less holding and ordering cost, in the replayed weeks.
    """

    source: str
    store_type: str
    pairs: int
    kpis: Kpis
    orders: float
    profit_amount: float


@dataclass(frozen=True)
class Comparison:
    """What a replay found.

    Attributes:
        settings: what was asked.
        first_week: first replayed week, its last day.
        last_week: last replayed week, its last day.
        series: series of the panel.
        pairs: pairs that were replayed.
        stores: stores of the pairs.
        curves: one a policy, ours first.
        figures: by stock level and policy; the chain, then its store types, then its departments.
        savings: of our policies against each baseline.
        calibration: of the policies whose knob is a service level, by target.
        guardrails: what they would have done; None where policies learn from censored sales.
        asked_policies: policies of the seed, and of a file, replayed as they are; empty where no file was given.
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
    guardrails: GuardrailFigures | None = None
    asked_policies: tuple[PolicyOutcome, ...] = ()


def draw_curves(comparison: Comparison) -> "Figure":
    """Returns the picture: stockout weeks on the left, lost sales on the right, over average stock.

    Both are shown because whole-week lead times can rank policies differently by weeks and by money.
    """
    # No pyplot: it keeps every figure it makes.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.8), layout="constrained")
    by_weeks, by_money = figure.subplots(1, 2, sharex=True)
    figure.suptitle(
        f"Stock against service, {house().number(comparison.pairs)} pairs replayed from {comparison.first_week} to "
        f"{comparison.last_week} (stock simulated)"
    )
    for axes, measure in ((by_weeks, "stockout_rate"), (by_money, "lost_rate")):
        _draw(axes, comparison, measure)
    by_weeks.set_ylabel("share of pair-weeks with lost sales, %")
    by_money.set_ylabel("lost sales, % of demand")
    by_weeks.legend(frameon=False, fontsize=9)
    return figure


def _draw(axes: "Axes", comparison: Comparison, measure: str) -> None:
    """Draws one measure of every policy over the range of stock that is compared."""
    top, levels = _LEAST_TOP, comparison.settings.stock_levels
    for curve in comparison.curves:
        kpis = curve.kpis
        share = kpis.stockout_rate if measure == "stockout_rate" else 1.0 - kpis.fill_rate
        is_shown = (kpis.stock_weeks >= min(levels) - _MARGIN_WEEKS) & (kpis.stock_weeks <= _MOST_STOCK_WEEKS)
        top = max(top, float(share[is_shown].max(initial=0.0)))
        axes.plot(
            kpis.stock_weeks,
            100 * share,
            color=_COLORS[curve.policy],
            label=TITLES[curve.policy],
            marker="o",
            markersize=3,
            linewidth=2.5 if curve.policy == OURS else 1.4,
            zorder=3 if curve.policy == OURS else 2,
        )
    for level in levels:
        axes.axvline(level, color="#D5DADF", linewidth=1, zorder=1)
    axes.set_xlabel("average stock, weeks of sales (lines: compared levels)")
    axes.set_xlim(min(levels) - _MARGIN_WEEKS, _MOST_STOCK_WEEKS)
    axes.set_ylim(0, 105 * top)
