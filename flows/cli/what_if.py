"""The verb what-if: one table of what a change of policy or demand would do."""

from typing import TYPE_CHECKING

from rich.table import Table

from flows.cli.console import Display, console
from flows.pipeline.context import open_context
from flows.reports.labels import plain, product_cell, store_cell
from warehouse.codes import known
from warehouse.errors import UsageError
from warehouse.wording import capital, house

if TYPE_CHECKING:
    import pandas as pd

    from ml.inventory.scenarios.what_if import Promotion, Scenario, ScenarioKpis, WhatIf

SHOWN_CHANGES = 8
_FIGURES = (
    ("orders now", "order_amount", "money"),
    ("stockout risk before delivery", "risk_rate", "percent"),
    ("margin at risk before delivery", "risk_amount", "money"),
    ("demand of the weeks ahead", "sales_ahead_amount", "money"),
    ("its margin", "margin_ahead_amount", "money"),
    ("average stock", "stock_amount", "money"),
    ("review cycles with a stockout", "stockout_rate", "percent"),
    ("demand met", "fill_rate", "percent"),
    ("demand a year", "demand_amount", "money"),
    ("margin lost a year", "lost_margin_amount", "money"),
    ("holding cost a year", "holding_cost_amount", "money"),
    ("ordering cost a year", "ordering_cost_amount", "money"),
    ("profit a year", "profit_amount", "money"),
)


def what_if(store: str | None, product: str | None, scenario: "Scenario") -> None:
    """Prints what a scenario does to a pair, a store, a product or the chain.

    Args:
        store: code or name of the store; all stores without it.
        product: code or name of the product; all products without it.
        scenario: what is tried.

    Raises:
        UsageError: a code is not known.
    """
    from ml.inventory.orders.inputs import load_decision_inputs
    from ml.inventory.scenarios.what_if import compared, rows_of
    from ml.inventory.scenarios.what_if import what_if as evaluate
    from warehouse.retailer import read_retailer

    display = Display()
    with display.shown():
        context = open_context(progress=display)
        scenario.check(read_retailer(context.database).horizon_weeks)
        display.begin("what-if")
        store_id = None if store is None else known().store(store)
        dept_id = None if product is None else known().product(product)
        inputs = load_decision_inputs(context.settings, context.database, "reader")
        found = evaluate(inputs, scenario, rows_of(inputs, store_id, dept_id))
    console.print(figures_table(found, f"{selection(store_id, dept_id)}: {words(scenario)}"))
    pairs = compared(found.before, found.after)
    changes = pairs[pairs["order_change_amount"] != 0]
    if len(changes):
        console.print(changes_table(changes))
    is_simulated = found.before.recommendations["stock_source"] == "simulated"
    if is_simulated.any():
        console.print(f"{capital(house().stock_sources(int(is_simulated.sum()), len(is_simulated)))}.")
    console.print("Nothing was written. To keep a change: the seed inventory_policies, then `shelfcast transform`.")


def promotions_of(uplifts: list[str], prices: list[str]) -> "tuple[Promotion, ...]":
    """Returns promotions written as WEEK:PERCENT, such as 2:30 for 30 % more in the second week ahead.

    Args:
        uplifts: what is added to the demand of weeks.
        prices: what is added to the prices of weeks; a week may have both.

    Raises:
        UsageError: one is not written so.
    """
    from ml.inventory.scenarios.what_if import Promotion

    added = [_week_and_rate(text, "a promotion", "uplift", "2:30 for 30 % more") for text in uplifts]
    changes = [_week_and_rate(text, "a change of price", "change", "2:-25 for a quarter less") for text in prices]
    by_week = dict(changes)
    if len(by_week) < len(changes):
        raise UsageError("A week has two changes of its price.", "Give each week one.")
    promoted = tuple(Promotion(week, rate, by_week.pop(week, 0.0)) for week, rate in added)
    return promoted + tuple(Promotion(week, price_change_rate=rate) for week, rate in by_week.items())


def _week_and_rate(text: str, what: str, value: str, example: str) -> tuple[int, float]:
    week, _, percent = text.partition(":")
    try:
        return int(week), float(percent.removesuffix("%")) / 100
    except ValueError:
        raise UsageError(
            f"{text!r} is not {what}.",
            f"Write the week ahead and its {value} in percent, for instance {example} in the second week.",
        ) from None


def figures_table(found: "WhatIf", title: str) -> Table:
    """Returns the expected figures before and after, for the terminal."""
    pairs = found.before.kpis.pairs
    table = Table(
        title=f"{plain(title)} ({house().number(pairs)} pair{'s' if pairs > 1 else ''})",
        title_justify="left",
        caption="The first five: this decision, with the stock of today. The others: what the policy leads to in a "
        "year like the weeks ahead, without promotions.",
        caption_justify="left",
    )
    for name in ("", "before", "after", "change"):
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    for label, name, unit in _FIGURES:
        table.add_row(
            house().money_head(label) if unit == "money" else label,
            *_before_and_after(found.before.kpis, found.after.kpis, name, unit),
        )
    return table


def changes_table(changes: "pd.DataFrame") -> Table:
    """Returns the largest changes of orders, for the terminal."""
    more = len(changes) - SHOWN_CHANGES
    table = Table(
        title=f"Orders that change: {house().number(len(changes))}, the largest first",
        title_justify="left",
        caption=f"{house().number(more)} more change." if more > 0 else None,
        caption_justify="left",
    )
    named = (house().retailer.words.store, house().retailer.words.product)
    amounts = (house().money_head("before"), house().money_head("after"))
    for name in (*named, *amounts, "status before", "status after"):
        table.add_column(plain(name), justify="right" if name in amounts else "left")
    for row in changes.head(SHOWN_CHANGES).to_dict("records"):
        table.add_row(
            store_cell(row["store_id"]),
            product_cell(row["dept_id"]),
            house().number(row["order_before_amount"]),
            house().number(row["order_after_amount"]),
            str(row["status_before"]),
            str(row["status_after"]),
        )
    return table


def selection(store_id: int | None, dept_id: int | None) -> str:
    """Returns what was asked for, in words."""
    if store_id is not None and dept_id is not None:
        return known().pair(store_id, dept_id)
    if store_id is not None:
        return known().store_title(store_id)
    return "Chain" if dept_id is None else known().product_title(dept_id)


def words(scenario: "Scenario") -> str:
    """Returns a scenario in words."""
    given = [
        ("service level", scenario.service_level_rate, 100, " %"),
        ("lead time", scenario.lead_time_weeks, 1, " weeks"),
        ("lead time deviation", scenario.lead_time_deviation_weeks, 1, " weeks"),
        ("review period", scenario.review_period_weeks, 1, " weeks"),
    ]
    parts = [f"{name} {factor * value:g}{unit}" for name, value, factor, unit in given if value is not None]
    if scenario.demand_shift_rate:
        parts.append(f"demand {100 * scenario.demand_shift_rate:+g} %")
    for one in scenario.promotions:
        if one.uplift_rate or not one.price_change_rate:
            parts.append(f"week {one.week_ahead} {100 * one.uplift_rate:+g} %")
        if one.price_change_rate:
            parts.append(f"week {one.week_ahead} price {100 * one.price_change_rate:+g} %")
    return ", ".join(parts) or "nothing changed"


def _before_and_after(before: "ScenarioKpis", after: "ScenarioKpis", name: str, unit: str) -> tuple[str, str, str]:
    old, new, number = float(getattr(before, name)), float(getattr(after, name)), house().number
    if unit == "percent":
        points = 100 * (new - old)
        return f"{number(100 * old, 2)} %", f"{number(100 * new, 2)} %", f"{_plus(points, 2)}{number(points, 2)} points"
    return number(old), number(new), f"{_plus(new - old)}{number(new - old)}"


def _plus(value: float, digits: int = 0) -> str:
    return "+" if round(value, digits) >= 0 else ""
