"""What-if: other targets, lead times, promotions or demand, and what they would do to orders, stock, service, profit.

Pure and quick. A scenario changes the decision inputs; the recommendations follow from the changed ones by the code
that makes the published ones, on the same simulated draws, so that before and after differ by the scenario alone.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ml.inventory.orders.inputs import DecisionInputs
from ml.inventory.orders.levels import decide, gathered, protection_blocks, stock_levels
from ml.inventory.orders.recommend import named, recommendations
from ml.inventory.policy import GREATEST_SERVICE, LEAST_SERVICE, MAXIMUM_WEEKS, FloatArray, Policies
from ml.inventory.protection import ProtectionDemand
from ml.inventory.scenarios.steady_state import steady_state
from warehouse.codes import known
from warehouse.errors import ShelfcastError, UsageError

if TYPE_CHECKING:
    import pandas as pd

SERVICE_LIMITS = (100 * LEAST_SERVICE, 100 * GREATEST_SERVICE)
"""Least and greatest service level in percent, as the tests of the seed inventory_policies allow it."""
GREATEST_SHIFT = 9.0
"""Demand and promotions may grow tenfold; what a plan beyond that means, the past cannot tell."""
PRICE_LIMITS = (-90, 100)
"""Least and greatest change of a price in percent; what a product nearly given away sells, the past cannot tell."""
CURVE_LEVELS = (0.7, 0.8, 0.87, 0.92, 0.95, 0.98, 0.995)
"""Service levels at which the exchange between service and stock is drawn."""

_SUMMED = (
    "average_stock_amount",
    "yearly_demand_amount",
    "yearly_lost_amount",
    "yearly_order_count",
    "yearly_lost_margin_amount",
    "yearly_holding_cost_amount",
    "yearly_ordering_cost_amount",
    "yearly_profit_amount",
)
_EXPECTED = ("stockout_rate", "fill_rate", *_SUMMED)


@dataclass(frozen=True)
class Promotion:
    """A planned promotion.

    Attributes:
        week_ahead: 1 is the first week after the decision.
        uplift_rate: what it adds to the forecast of that week, a fraction of it.
        price_change_rate: by what fraction the price of that week changes; the forecast follows by the product's price
            elasticity, beside the uplift.
    """

    week_ahead: int
    uplift_rate: float = 0.0
    price_change_rate: float = 0.0


@dataclass(frozen=True)
class Scenario:
    """What is changed; None and no promotion leave things as they are.

    Attributes:
        service_level_rate: target of every pair, a fraction.
        lead_time_weeks: mean weeks from order to delivery.
        lead_time_deviation_weeks: standard deviation of it; without it a shorter lead time deviates in proportion less.
        review_period_weeks: weeks between two reviews.
        demand_shift_rate: change of all demand ahead, a fraction; forecast errors grow along.
        promotions: what is planned, at most one a week; errors stay as they are.
    """

    service_level_rate: float | None = None
    lead_time_weeks: float | None = None
    lead_time_deviation_weeks: float | None = None
    review_period_weeks: float | None = None
    demand_shift_rate: float = 0.0
    promotions: tuple[Promotion, ...] = ()

    def check(self, horizon: int) -> None:
        """Refuses a scenario that makes no sense for forecasts of so many weeks.

        Raises:
            UsageError: a value is out of its range, or a week has two promotions.
        """
        _check("service level", _percent(self.service_level_rate), *SERVICE_LIMITS, " %")
        _check("lead time", self.lead_time_weeks, 0, MAXIMUM_WEEKS, " weeks", is_open=True)
        _check("lead time deviation", self.lead_time_deviation_weeks, 0, MAXIMUM_WEEKS, " weeks")
        _check("review period", self.review_period_weeks, 0, MAXIMUM_WEEKS, " weeks", is_open=True)
        _check("demand shift", _percent(self.demand_shift_rate), -100, 100 * GREATEST_SHIFT, " %")
        for planned in self.promotions:
            _check("week of the promotion", planned.week_ahead, 1, horizon)
            _check("uplift of the promotion", _percent(planned.uplift_rate), -100, 100 * GREATEST_SHIFT, " %")
            _check("price change of the promotion", _percent(planned.price_change_rate), *PRICE_LIMITS, " %")
        weeks = [planned.week_ahead for planned in self.promotions]
        twice = [week for week in weeks if weeks.count(week) > 1]
        if twice:
            raise UsageError(f"Week {twice[0]} has two promotions.", "Give each week one, with the uplift of both.")


@dataclass(frozen=True)
class ScenarioKpis:
    """Expected figures of some pairs together; money at retail value, rates as fractions.

    The first five are of the decision now and of the weeks ahead; the others are what the policy leads to in a year of
    demand like that ahead. A promotion passes, so only the first five know of it.

    Attributes:
        pairs: how many.
        order_amount: what is to be ordered now.
        risk_rate: probability that stock runs out before an order placed now is delivered, every pair weighed alike.
        risk_amount: margin expected to be lost until then.
        sales_ahead_amount: demand of the weeks ahead in money, at the prices of the scenario.
        margin_ahead_amount: margin of it.
        stockout_rate: share of review cycles in which stock runs out, every pair weighed alike.
        fill_rate: share of demand in money that is met.
        stock_amount: average stock on hand that the policy leads to.
        demand_amount: demand of a year.
        lost_margin_amount: margin lost a year for want of stock.
        holding_cost_amount: cost of holding stock a year.
        ordering_cost_amount: cost of orders a year.
        profit_amount: margin of a year's sales less holding and ordering cost.
    """

    pairs: int
    order_amount: float
    risk_rate: float
    risk_amount: float
    sales_ahead_amount: float
    margin_ahead_amount: float
    stockout_rate: float
    fill_rate: float
    stock_amount: float
    demand_amount: float
    lost_margin_amount: float
    holding_cost_amount: float
    ordering_cost_amount: float
    profit_amount: float


@dataclass(frozen=True)
class Evaluation:
    """What is recommended from decision inputs, and what that leads to.

    Attributes:
        recommendations: one row a pair, the columns of `ml.inventory_recommendations`.
        expected: store_id, dept_id and the columns of `ml.inventory.scenarios.steady_state.steady_state`, in the same
            order.
        kpis: of all pairs together.
    """

    recommendations: "pd.DataFrame"
    expected: "pd.DataFrame"
    kpis: ScenarioKpis


@dataclass(frozen=True)
class WhatIf:
    """A scenario and what it changes: the pairs before and after."""

    scenario: Scenario
    before: Evaluation
    after: Evaluation


def what_if(inputs: DecisionInputs, scenario: Scenario, rows: npt.NDArray[np.intp] | None = None) -> WhatIf:
    """Returns recommendations and expected figures of some pairs as they are and under a scenario.

    Args:
        inputs: of all pairs, or of any.
        scenario: what is changed.
        rows: pairs of the decision inputs, as `rows_of` returns them; all of them without it.

    Raises:
        UsageError: the scenario is out of range.
    """
    scenario.check(inputs.demand.forecast.shape[1])
    chosen = inputs if rows is None else inputs.take(rows)
    before = evaluate(chosen)
    return WhatIf(scenario, before, before if scenario == Scenario() else evaluate_under(chosen, scenario))


def rows_of(inputs: DecisionInputs, store_id: int | None = None, dept_id: int | None = None) -> npt.NDArray[np.intp]:
    """Returns the rows of a pair, of a store, of a department in all stores, or of the chain.

    Raises:
        ShelfcastError: the decision inputs have no such pair.
    """
    if store_id is not None and dept_id is not None:
        return np.array([inputs.row_of(store_id, dept_id)], dtype=np.intp)
    asked = [("store_id", store_id, known().store_title), ("dept_id", dept_id, known().product_title)]
    for column, number, title in asked:
        if number is not None:
            found = np.flatnonzero((inputs.pairs[column] == number).to_numpy())
            if not len(found):
                raise ShelfcastError(
                    f"{title(number)} has no champion forecast from {inputs.decision_date}.",
                    "Choose one with recent sales.",
                )
            return found
    return np.arange(len(inputs))


def changed(inputs: DecisionInputs, scenario: Scenario) -> DecisionInputs:
    """Returns the decision inputs under a scenario; stock and the draws of demand stay as they are.

    A shift moves forecast and errors alike, so demand in every draw is that much more or less. A promotion adds to the
    forecast of its week what it would be without a return week: a negative forecast is left alone. What the other
    price makes of it follows from the elasticity of each product, as often as it is known.

    Raises:
        UsageError: the scenario is out of range, or changes prices whose effect is not known of any pair.
    """
    scenario.check(inputs.demand.forecast.shape[1])
    policies = inputs.policies
    if scenario.lead_time_weeks is not None and scenario.lead_time_deviation_weeks is None:
        policies = policies.with_lead_times(np.full(len(policies), scenario.lead_time_weeks))
    policies = policies.changed(
        service_level_rate=scenario.service_level_rate,
        lead_time_weeks=scenario.lead_time_weeks,
        lead_time_deviation_weeks=scenario.lead_time_deviation_weeks,
        review_period_weeks=scenario.review_period_weeks,
    )
    uplift = np.zeros(inputs.demand.forecast.shape)
    for planned in scenario.promotions:
        by_price = _answer_to_price(inputs, planned.price_change_rate)
        uplift[:, planned.week_ahead - 1] = np.minimum((1 + planned.uplift_rate) * by_price - 1, GREATEST_SHIFT)
    growth = 1 + scenario.demand_shift_rate
    forecast = growth * (inputs.demand.forecast + uplift * np.maximum(inputs.demand.forecast, 0.0))
    demand = replace(inputs.demand, forecast=forecast, error_scale=growth * inputs.demand.error_scale)
    return replace(inputs, demand=demand, policies=policies)


def is_answer_known(inputs: DecisionInputs, rows: npt.NDArray[np.intp] | None = None) -> bool:
    """Returns whether it is known of any of some pairs, or of all, how its demand answers to a price."""
    elasticity = inputs.price_elasticity
    return elasticity is not None and not np.isnan(elasticity if rows is None else elasticity[rows]).all()


def _answer_to_price(inputs: DecisionInputs, change_rate: float) -> FloatArray:
    """Returns by what factor demand of each pair answers a change of its price, 1 where that is not known, (pairs,).

    Raises:
        UsageError: it is not known of any of them.
    """
    if not change_rate:
        return np.ones(len(inputs))
    if not is_answer_known(inputs) or inputs.price_elasticity is None:
        raise UsageError(
            "What a change of price does is not known: the sales have no prices, or none ever changed.",
            "Give the uplift itself.",
        )
    return np.asarray((1 + change_rate) ** np.nan_to_num(inputs.price_elasticity))


def evaluate_under(inputs: DecisionInputs, scenario: Scenario) -> Evaluation:
    """Returns what is recommended under a scenario, and what that leads to once its promotions have passed.

    Raises:
        UsageError: the scenario is out of range.
    """
    lasting = evaluate(changed(inputs, replace(scenario, promotions=())))
    if not scenario.promotions:
        return lasting
    promoted = changed(inputs, scenario)
    recommended = recommendations(promoted)
    return Evaluation(recommended, lasting.expected, _together(promoted, recommended, lasting.expected, scenario))


def evaluate(inputs: DecisionInputs) -> Evaluation:
    """Returns what is recommended from the inputs, and what that leads to."""
    import pandas as pd

    figures = decide(inputs.demand, inputs.policies, inputs.positions, inputs.before, _steady)
    recommended = named(inputs, {name: column for name, column in figures.items() if name not in _EXPECTED})
    keys = inputs.pairs[["store_id", "dept_id"]].reset_index(drop=True)
    expected = pd.concat([keys, pd.DataFrame({name: figures[name] for name in _EXPECTED})], axis=1)
    return Evaluation(recommended, expected, _together(inputs, recommended, expected, Scenario()))


def compared(before: Evaluation, after: Evaluation) -> "pd.DataFrame":
    """Returns one row a pair with what changes, the largest change of an order first; money at retail value.

    store_id, dept_id, status_before, status_after, order_change_amount, and _before_amount and _after_amount of order,
    reorder_point, order_up_to_level, average_stock and yearly_profit.
    """
    import pandas as pd

    names = {"order": "order_quantity", "reorder_point": "reorder_point", "order_up_to_level": "order_up_to_level"}
    yearly = {"average_stock": "average_stock_amount", "yearly_profit": "yearly_profit_amount"}
    columns: dict[str, Any] = {name: before.recommendations[name] for name in ("store_id", "dept_id")}
    sides = (("before", before), ("after", after))
    columns |= {f"status_{side}": found.recommendations["status"] for side, found in sides}
    for name, column in names.items():
        columns |= {f"{name}_{side}_amount": found.recommendations[column] for side, found in sides}
    for name, column in yearly.items():
        columns |= {f"{name}_{side}_amount": found.expected[column].round(2) for side, found in sides}
    columns["order_change_amount"] = columns["order_after_amount"] - columns["order_before_amount"]
    return pd.DataFrame(columns).sort_values(
        "order_change_amount", key=lambda values: values.abs(), ascending=False, kind="stable", ignore_index=True
    )


def exchange(inputs: DecisionInputs, service_levels: tuple[float, ...] = CURVE_LEVELS) -> "pd.DataFrame":
    """Returns one row a service level: what the pairs together would stock, sell and earn if it were their target."""
    import pandas as pd

    found = service_profile(inputs, service_levels)
    demand = found["yearly_demand_amount"].sum(axis=0)
    lost = found["yearly_lost_amount"].sum(axis=0)
    return pd.DataFrame(
        {
            "service_level_rate": service_levels,
            "stockout_rate": found["stockout_rate"].mean(axis=0),
            "fill_rate": _fill(demand, lost),
            "stock_amount": found["average_stock_amount"].sum(axis=0),
            "profit_amount": found["yearly_profit_amount"].sum(axis=0),
        }
    )


def service_profile(inputs: DecisionInputs, service_levels: tuple[float, ...]) -> dict[str, FloatArray]:
    """Returns the columns of `steady_state` at each of some service levels, (pairs, levels)."""

    def profile(seen: ProtectionDemand, policies: Policies) -> dict[str, npt.NDArray[Any]]:
        found = [
            _steady(seen, replace(policies, service_level_rate=np.full(len(policies), level)))
            for level in service_levels
        ]
        return {name: np.stack([one[name] for one in found], axis=1) for name in _EXPECTED}

    blocks = protection_blocks(inputs.demand, inputs.policies, inputs.demand.forecast.shape[1])
    return gathered((rows, profile(seen, policies)) for rows, seen, policies in blocks)


def _steady(seen: ProtectionDemand, policies: Policies) -> dict[str, npt.NDArray[Any]]:
    return dict(steady_state(seen, stock_levels(seen, policies), policies))


def _together(
    inputs: DecisionInputs, recommended: "pd.DataFrame", expected: "pd.DataFrame", scenario: Scenario
) -> ScenarioKpis:
    sales, margin = _ahead(inputs, scenario)
    total = expected[list(_SUMMED)].sum()
    demand, lost = np.array([total["yearly_demand_amount"]]), np.array([total["yearly_lost_amount"]])
    return ScenarioKpis(
        pairs=len(expected),
        order_amount=float(recommended["order_quantity"].sum()),
        risk_rate=float(recommended["stockout_probability"].mean()),
        risk_amount=float(recommended["expected_lost_margin"].sum()),
        sales_ahead_amount=sales,
        margin_ahead_amount=margin,
        stockout_rate=float(expected["stockout_rate"].mean()),
        fill_rate=float(_fill(demand, lost)[0]),
        stock_amount=float(total["average_stock_amount"]),
        demand_amount=float(total["yearly_demand_amount"]),
        lost_margin_amount=float(total["yearly_lost_margin_amount"]),
        holding_cost_amount=float(total["yearly_holding_cost_amount"]),
        ordering_cost_amount=float(total["yearly_ordering_cost_amount"]),
        profit_amount=float(total["yearly_profit_amount"]),
    )


def _ahead(inputs: DecisionInputs, scenario: Scenario) -> tuple[float, float]:
    """Returns demand of the weeks ahead in money at the prices of a scenario, and the margin of it.

    A piece costs what it does, whatever it is sold for.
    """
    price = np.ones(inputs.demand.forecast.shape[1])
    for planned in scenario.promotions:
        price[planned.week_ahead - 1] += planned.price_change_rate
    demand = np.maximum(inputs.demand.forecast, 0.0)
    cost = 1 - inputs.policies.margin_rate
    return float((demand * price).sum()), float((demand * (price - cost[:, None])).sum())


def _fill(demand: FloatArray, lost: FloatArray) -> FloatArray:
    return 1 - np.divide(lost, demand, out=np.zeros_like(lost), where=demand > 0)


def _percent(rate: float | None) -> float | None:
    return None if rate is None else round(100 * rate, 9)


def _check(
    name: str, value: float | None, least: float, greatest: float, unit: str = "", is_open: bool = False
) -> None:
    """Refuses a value outside its range; an open range leaves out its least value."""
    if value is None or (least < value <= greatest) or (value == least and not is_open):
        return
    raise UsageError(
        f"The {name} is {value:g}{unit}; it must be {'above' if is_open else 'at least'} {least:g}{unit} and at most "
        f"{greatest:g}{unit}."
    )
