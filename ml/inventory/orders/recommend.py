"""The inventory stage: what to reorder, how much, how sure, and what it is worth."""

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from psycopg import sql

from ml.inventory.orders.inputs import DecisionInputs, load_decision_inputs
from ml.inventory.orders.levels import decide
from ml.inventory.packs import pieces_of
from ml.prices import ASSUMED, UNKNOWN
from warehouse.database import Database
from warehouse.incoming import create_incoming, demand_rows
from warehouse.load import copy_frame
from warehouse.publish import Change, merge
from warehouse.settings import Settings
from warehouse.wording import house

if TYPE_CHECKING:
    import datetime as dt

    import numpy.typing as npt
    import pandas as pd

logger = logging.getLogger(__name__)

STATUSES = ("critical", "reorder", "monitor", "adequate")

_KEYS = ("store_id", "dept_id", "recommendation_date")
_AMOUNTS = (
    "current_stock",
    "on_order",
    "stock_position",
    "avg_daily_demand",
    "demand_volatility",
    "reorder_point",
    "safety_stock",
    "order_up_to_level",
    "order_quantity",
    "order_value_cost",
    "expected_lost_margin",
    "holding_cost",
    "value_at_risk",
)
_IN_PIECES = (
    *("current_stock", "on_order", "stock_position", "avg_daily_demand", "demand_volatility", "reorder_point"),
    *("safety_stock", "order_up_to_level", "minimum_order", "pack_size"),
)
"""Amounts that stand in pieces too, under their names with _units behind them."""

_DIGITS = {"days_until_stockout": 1, "stockout_probability": 4, "expected_fill_rate": 4}
_EXISTING = """
select recommendation_id, status, order_quantity, agent_reasoning
from ml.inventory_recommendations
where recommendation_date = %(decision_date)s
"""


@dataclass(frozen=True)
class RecommendReport:
    """What the stage wrote.

    Attributes:
        rows: recommendations, one a pair.
        by_status: rows of each status, the most urgent first.
        value_at_risk_amount: margin lost over the protection period without an order, plus cost of excess stock.
        automatic_share: share of the pairs that need no person, a fraction.
        simulated_share: share of the pairs whose stock is simulated, a fraction.
        change: what changed in the table.
        notes: what a planner should know: codes of policies that no pair has, prices that are assumed.
    """

    rows: int
    by_status: dict[str, int]
    value_at_risk_amount: float
    automatic_share: float
    simulated_share: float
    change: Change
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        counts = ", ".join(f"{count:,} {status}" for status, count in self.by_status.items())
        simulated = round(self.simulated_share * self.rows)
        return (
            f"{self.rows:,} recommendations ({counts}), {self.automatic_share:.1%} need no person, "
            f"{house().money(self.value_at_risk_amount)} at risk, {house().stock_sources(simulated, self.rows)}; "
            f"{self.change}" + "".join(f"; {note}" for note in self.notes)
        )


def recommend(settings: Settings, database: Database, run_id: str) -> RecommendReport:
    """Returns the report after one recommendation per forecast pair was written to `ml.inventory_recommendations`.

    Recommendations of other decision weeks stay as they are, but none of them is open any longer: what is on order
    counts in the new ones, so the same shortage is never ordered twice. Statuses follow those of the decision week
    before (see `ml.inventory.orders.levels`), never their own, so writing a week again gives the same rows. What an
    agent said of a pair is kept as long as status and order stay the same.

    Raises:
        ShelfcastError: forecasts, backtest errors, policies or stock positions are missing or not valid.
    """
    began = time.monotonic()
    inputs = load_decision_inputs(settings, database, "pipeline")
    frame = recommendations(inputs)
    reasoned = _with_reasoning(
        frame, database.read_frame("pipeline", _EXISTING, {"decision_date": inputs.decision_date})
    )
    change = _publish(database, reasoned.assign(run_id=run_id), inputs.decision_date)
    report = _report(frame, change, (*inputs.unknown_codes, *assumed_prices(frame)))
    logger.info("%s; %.1f s", report, time.monotonic() - began)
    return report


def recommendations(inputs: DecisionInputs) -> "pd.DataFrame":
    """Returns what follows from the inputs, named as in `ml.inventory_recommendations`; money in whole cents."""
    return named(inputs, decide(inputs.demand, inputs.policies, inputs.positions, inputs.before))


def named(inputs: DecisionInputs, figures: "dict[str, npt.NDArray[Any]]") -> "pd.DataFrame":
    """Returns the columns that `decide` found for the inputs as recommendations.

    Beside them stand the key, the source of the stock, the policy that ruled the pair, the guardrail that asks for a
    person, and in pieces what has a price: a pack is whole pieces then, and so is an order. The order is its pieces
    times their price.
    """
    import pandas as pd

    frame = pd.concat([inputs.pairs[["store_id", "dept_id"]].reset_index(drop=True), pd.DataFrame(figures)], axis=1)
    stamp = f"{inputs.decision_date:%Y%m%d}"
    frame["recommendation_id"] = [
        f"{store}-{dept}-{stamp}" for store, dept in inputs.pairs[["store_id", "dept_id"]].to_numpy()
    ]
    frame["recommendation_date"] = inputs.decision_date
    frame["stock_source"] = inputs.stock_source
    frame = _in_pieces(frame.assign(**_rules(inputs)), inputs)
    order, lot = frame["order_quantity"].to_numpy(), figures["order_up_to_level"] - figures["reorder_point"]
    stock, forecast = inputs.positions.total, inputs.demand.forecast
    if inputs.watch is None:
        frame["review_reason"] = ""
    else:
        frame["review_reason"] = inputs.watch.reasons(order, stock, forecast, lot, inputs.policies)
    frame["is_open"] = frame["review_reason"] != ""
    return frame.round({**dict.fromkeys(_AMOUNTS, 2), **_DIGITS})


def assumed_prices(frame: "pd.DataFrame") -> list[str]:
    """Returns a sentence where nothing says what some pieces cost."""
    count = int((frame["price_source"] == ASSUMED).sum())
    said = f"{count:,} pairs have neither amounts nor prices: their money counts every piece as 1"
    return [said] if count else []


def _in_pieces(frame: "pd.DataFrame", inputs: DecisionInputs) -> "pd.DataFrame":
    """Returns the rows with what has a price in pieces too, and orders that are their pieces times their price."""
    price, margin = frame["unit_price"].to_numpy(dtype=float), frame["margin_rate"].to_numpy()
    least = np.ones(len(frame)) if inputs.least_piece is None else inputs.least_piece
    pieces = pieces_of(frame["order_quantity"], price, least)
    order = np.where(np.isnan(price), frame["order_quantity"], pieces * price)
    units = {f"{name}_units": np.round(frame[name] / price, 3) for name in _IN_PIECES}
    return frame.assign(
        **units, order_quantity_pieces=pieces, order_quantity=order, order_value_cost=order * (1 - margin)
    )


def _rules(inputs: DecisionInputs) -> "dict[str, npt.NDArray[Any] | float | str | None]":
    """Returns what ruled each pair, by the names of `ml.inventory_recommendations`, beside what `decide` gives."""
    policies = inputs.policies
    return {
        "policy_id": inputs.policy_id,
        "lead_time_deviation_weeks": policies.lead_time_deviation_weeks,
        "minimum_order": policies.minimum_order_amount,
        "pack_size": policies.pack_size_amount,
        "unit_name": inputs.unit_name,
        "unit_price": np.nan if inputs.unit_price is None else inputs.unit_price,
        "price_source": UNKNOWN if inputs.price_source is None else inputs.price_source,
        "margin_rate": policies.margin_rate,
        "holding_cost_rate": policies.holding_cost_rate,
        "ordering_cost": policies.ordering_cost_amount,
        "maximum_stock_weeks": policies.maximum_stock_weeks,
    }


def _publish(database: Database, frame: "pd.DataFrame", date: "dt.date") -> Change:
    """Returns what changed after a week's recommendations took the place of all open ones, in one transaction."""
    table = "ml.inventory_recommendations"
    incoming = create_incoming(database, table)
    rows = copy_frame(database, frame, incoming)
    with database.connect("pipeline") as connection:
        demand_rows(connection, incoming, rows)
        connection.execute(
            "update ml.inventory_recommendations set is_open = false where is_open and recommendation_date <> %s",
            [date],
        )
        scope = sql.SQL("t.recommendation_date = {}").format(sql.Literal(date))
        change = merge(connection, incoming, table, _KEYS, "replace", scope)
        connection.execute(sql.SQL("drop table {}").format(sql.Identifier(*incoming.split("."))))
    return change


def _with_reasoning(frame: "pd.DataFrame", existing: "pd.DataFrame") -> "pd.DataFrame":
    """Returns the frame with the agents' reasoning carried over where it still speaks of the same decision."""
    same = ["recommendation_id", "status", "order_quantity"]
    merged = frame.merge(existing, on=same, how="left", validate="one_to_one")
    return merged.assign(agent_reasoning=merged["agent_reasoning"].fillna(""))


def _report(frame: "pd.DataFrame", change: Change, notes: tuple[str, ...]) -> RecommendReport:
    counts = frame["status"].value_counts()
    return RecommendReport(
        rows=len(frame),
        by_status={status: int(counts.get(status, 0)) for status in STATUSES},
        value_at_risk_amount=round(float(frame["value_at_risk"].sum()), 2),
        automatic_share=float((frame["review_reason"] == "").mean()),
        simulated_share=float((frame["stock_source"] == "simulated").mean()),
        change=change,
        notes=notes,
    )
