"""One item, one order: the product's own levels for people who want to compute without a warehouse.

    >>> policy = Policy(service_level_rate=0.95, lead_time_weeks=2, review_period_weeks=1, pack_size=12)
    >>> order = order_for(policy, Stock(on_hand=120), Demand(weekly_mean=50, weekly_deviation=8))
    >>> order.quantity, order.status
    (60.0, 'reorder')

The order-up-to level is the base stock of the textbook, 3 x 50 + 1.645 x 8 x sqrt(3):

    >>> round(order.order_up_to_level)
    173

Quantities are in one unit of your choice, pieces or money; times are weeks; rates are fractions.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from ml.inventory.orders.levels import decide
from ml.inventory.orders.positions import Positions
from ml.inventory.policy import Policies
from ml.inventory.protection import CUT_DEVIATIONS, normal_demand
from warehouse.conventions import HORIZON
from warehouse.errors import ShelfcastError


@dataclass(frozen=True)
class Policy:
    """How the item is ordered.

    Attributes:
        service_level_rate: the target; of cycle_service the share of replenishment cycles without a stockout, of
            fill_rate the share of demand met from stock.
        lead_time_weeks: mean weeks from order to delivery.
        lead_time_deviation_weeks: its standard deviation.
        review_period_weeks: weeks between two reviews.
        policy_kind: (R,S) orders up to a level at each review, (R,s,S) only at or below the reorder point, (s,Q) a lot.
        target_kind: cycle_service or fill_rate.
        pack_size: orders are whole multiples of it.
        minimum_order: least order.
        ordering_cost_amount: money that an order costs; it sizes the lots of (R,s,S) and (s,Q).
        holding_cost_rate: cost of holding a unit of money in stock for a year.
        margin_rate: share of the retail value that is margin.
        maximum_stock_weeks: cap of the order-up-to level in weeks of mean demand.
    """

    service_level_rate: float = 0.95
    lead_time_weeks: float = 2.0
    lead_time_deviation_weeks: float = 0.0
    review_period_weeks: float = 1.0
    policy_kind: Literal["(R,S)", "(R,s,S)", "(s,Q)"] = "(R,S)"
    target_kind: Literal["cycle_service", "fill_rate"] = "cycle_service"
    pack_size: float = 1.0
    minimum_order: float = 0.0
    ordering_cost_amount: float = 0.0
    holding_cost_rate: float = 0.2
    margin_rate: float = 0.3
    maximum_stock_weeks: float = 52.0


@dataclass(frozen=True)
class Stock:
    """What is there: on the shelf, ordered and not yet received, and in how many weeks that arrives."""

    on_hand: float
    on_order: float = 0.0
    due_weeks: float = 0.0


@dataclass(frozen=True)
class Demand:
    """What a week sells: its mean and its standard deviation.

    Weeks are normal and independent of each other; within a week demand is even.
    """

    weekly_mean: float
    weekly_deviation: float


@dataclass(frozen=True)
class Order:
    """What to order, and the levels behind it."""

    quantity: float
    status: str
    reorder_point: float
    order_up_to_level: float
    safety_stock: float
    stockout_probability_rate: float
    expected_fill_rate: float


def order_for(policy: Policy, stock: Stock, demand: Demand) -> Order:
    """Returns what the item should order now, by the very code that recommends for every pair.

    Raises:
        ShelfcastError: a value of the policy, the stock or the demand is out of its range.
    """
    _check(stock, demand)
    rules = _policies(policy)
    positions = Positions(*(np.array([value]) for value in (stock.on_hand, stock.on_order, stock.due_weeks)))
    means, deviations = np.array([demand.weekly_mean]), np.array([demand.weekly_deviation])
    weekly = normal_demand(means, deviations, _longest_weeks(rules))
    found = {name: column[0] for name, column in decide(weekly, rules, positions).items()}
    return Order(
        quantity=float(found["order_quantity"]),
        status=str(found["status"]),
        reorder_point=float(found["reorder_point"]),
        order_up_to_level=float(found["order_up_to_level"]),
        safety_stock=float(found["safety_stock"]),
        stockout_probability_rate=float(found["stockout_probability"]),
        expected_fill_rate=float(found["expected_fill_rate"]),
    )


def _check(stock: Stock, demand: Demand) -> None:
    """Refuses what is no number, and what is negative where only stock on hand may be: owed to customers."""
    for name, value in {**asdict(stock), **asdict(demand)}.items():
        if not math.isfinite(value) or (value < 0 and name != "on_hand"):
            least = "" if name == "on_hand" else " of at least 0"
            raise ShelfcastError(f"{name} is {value:g}; it must be a number{least}.")


def _longest_weeks(rules: Policies) -> int:
    """Returns the weeks of the longest protection period: demand beyond them would not be independent."""
    longest = rules.lead_time_weeks + CUT_DEVIATIONS * rules.lead_time_deviation_weeks + rules.reviewed_weeks
    return max(math.ceil(float(longest.max())), HORIZON)


def _policies(policy: Policy) -> Policies:
    values = asdict(policy)
    values["pack_size_amount"], values["minimum_order_amount"] = values.pop("pack_size"), values.pop("minimum_order")
    columns: dict[str, Any] = {name: np.array([value]) for name, value in values.items()}
    return Policies(**columns).changed(**values)
