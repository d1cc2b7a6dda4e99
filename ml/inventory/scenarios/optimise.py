"""Which service levels pay best: a proposal for every row of the inventory policies, to be reviewed by a person.

The newsvendor's critical ratio says in what share of review cycles it pays to have stock left: a lost sale costs
its margin, what is left over costs its holding, at cost value, until the next review (Arrow, Harris and
Marschak, 1951; for a shop reviewed periodically Hadley and Whitin, Analysis of Inventory Systems, 1963, section 5.2).
The service level of a policy is the target of the reorder point, and orders that come rarely, in packs or at a
minimum keep the stock above it most of the time. So the level proposed is the one whose expected profit, over the
simulated demand of the pairs that the row rules, is greatest; it is the one that brings the share of cycles to the
ratio.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.inventory.formulas import newsvendor_ratio
from ml.inventory.orders.inputs import DecisionInputs
from ml.inventory.policy import CONTINUOUS_REVIEW_WEEKS, FloatArray, ruling_rows
from ml.inventory.scenarios.what_if import service_profile
from warehouse.conventions import YEAR_WEEKS

if TYPE_CHECKING:
    import pandas as pd

GREATEST_LEVEL = 0.995
"""No level above it is proposed: of the simulated paths no more than three speak of what lies beyond."""

LEVELS = (
    0.5,
    0.55,
    0.6,
    0.65,
    0.7,
    0.75,
    0.8,
    0.85,
    0.88,
    0.9,
    0.91,
    0.92,
    0.93,
    0.94,
    0.95,
    0.96,
    0.97,
    0.98,
    0.985,
    0.99,
    GREATEST_LEVEL,
)
"""Service levels among which the best is sought."""


@dataclass(frozen=True)
class Proposal:
    """What is proposed for one row of the policies; money at retail value, rates as fractions.

    Attributes:
        policy_id: name of the row.
        pairs: how many pairs it rules; where none, nothing is proposed.
        critical_rate: newsvendor ratio: share of review cycles without a stockout that pays best.
        service_level_before: its service level.
        service_level_after: what is proposed.
        cycle_service_before: expected share of review cycles without a stockout, as it is.
        cycle_service_after: the same as proposed.
        profit_before: expected profit a year of the pairs it rules.
        profit_after: the same as proposed.
        stock_before: average stock on hand that it leads to.
        stock_after: the same as proposed.
    """

    policy_id: str
    pairs: int
    critical_rate: float
    service_level_before: float
    service_level_after: float
    cycle_service_before: float = float("nan")
    cycle_service_after: float = float("nan")
    profit_before: float = 0.0
    profit_after: float = 0.0
    stock_before: float = 0.0
    stock_after: float = 0.0


def optimise(inputs: DecisionInputs, policies: "pd.DataFrame", levels: tuple[float, ...] = LEVELS) -> list[Proposal]:
    """Returns a proposal for each row of the policies, in their order.

    Args:
        inputs: of all pairs, resolved from these policies.
        policies: rows of `marts.dim_inventory_policies`.
        levels: service levels that may be proposed, beside what each row has.
    """
    tried = tuple(sorted({*levels, *policies["service_level_rate"].astype(float)}))
    rules, found = ruling_rows(policies, inputs.pairs), service_profile(inputs, tried)
    names = ("stockout_rate", "yearly_profit_amount", "average_stock_amount")
    return [
        _proposal(row, np.array(tried), {name: found[name][rules == number] for name in names}, levels)
        for number, (_, row) in enumerate(policies.iterrows())
    ]


def critical_rate(margin_rate: float, holding_cost_rate: float, review_period_weeks: float) -> float:
    """Returns the newsvendor ratio of a policy: what a sale earns against what holding it costs a review.

    Without a margin and without a cost of holding nothing is at stake: any service level is as good, and it is one.
    """
    holding = holding_cost_rate * (1 - margin_rate) * review_period_weeks / YEAR_WEEKS
    return newsvendor_ratio(margin_rate, holding) if margin_rate + holding > 0 else 1.0


def _proposal(
    row: "pd.Series[Any]", tried: FloatArray, found: dict[str, FloatArray], levels: tuple[float, ...]
) -> Proposal:
    """Returns the proposal for a row from the figures of its pairs at the service levels tried, (pairs, levels)."""
    now = float(row["service_level_rate"])
    # (s,Q) is reviewed every week, whatever the row says.
    review = CONTINUOUS_REVIEW_WEEKS if row["policy_kind"] == "(s,Q)" else float(row["review_period_weeks"])
    ratio = critical_rate(float(row["margin_rate"]), float(row["holding_cost_rate"]), review)
    pairs = len(found["yearly_profit_amount"])
    if not pairs:
        return Proposal(str(row["policy_id"]), 0, ratio, now, now)
    profit, stock = found["yearly_profit_amount"].sum(axis=0), found["average_stock_amount"].sum(axis=0)
    service = 1 - found["stockout_rate"].mean(axis=0)
    old = int(np.flatnonzero(tried == now)[0])
    allowed = np.isin(tried, [*levels, now])
    new = int(np.argmax(np.where(allowed, profit, -np.inf)))
    new = new if profit[new] > profit[old] else old
    return Proposal(
        policy_id=str(row["policy_id"]),
        pairs=pairs,
        critical_rate=ratio,
        service_level_before=now,
        service_level_after=float(tried[new]),
        cycle_service_before=float(service[old]),
        cycle_service_after=float(service[new]),
        profit_before=float(profit[old]),
        profit_after=float(profit[new]),
        stock_before=float(stock[old]),
        stock_after=float(stock[new]),
    )
