"""The verb what-if: one table of what a change of policy or demand would do."""

from typing import TYPE_CHECKING

from rich.table import Table

from flows.cli.console import Display, console
from flows.pipeline.context import open_context
from warehouse.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from ml.inventory.scenarios.what_if import Promotion, Scenario, ScenarioKpis, WhatIf

SHOWN_CHANGES = 8
_FIGURES = (
    ("orders now ($)", "order_amount", "dollars"),
    ("stockout risk before delivery", "risk_rate", "percent"),
    ("margin at risk before delivery ($)", "risk_amount", "dollars"),
    ("average stock ($)", "stock_amount", "dollars"),
    ("review cycles with a stockout", "stockout_rate", "percent"),
    ("demand met", "fill_rate", "percent"),
    ("demand a year ($)", "demand_amount", "dollars"),
    ("margin lost a year ($)", "lost_margin_amount", "dollars"),
    ("holding cost a year ($)", "holding_cost_amount", "dollars"),
    ("ordering cost a year ($)", "ordering_cost_amount", "dollars"),
    ("profit a year ($)", "profit_amount", "dollars"),
)


def what_if(store: int | None, department: int | None, scenario: "Scenario") -> None:
    """Prints what a scenario does to a pair, a store, a department or the chain."""
    from ml.inventory.orders.inputs import load_decision_inputs
    from ml.inventory.scenarios.what_if import compared, rows_of
    from ml.inventory.scenarios.what_if import what_if as evaluate
    from warehouse.conventions import HORIZON

    scenario.check(HORIZON)
    display = Display()
    with display.shown():
        context = open_context(progress=display)
        display.begin("what-if")
        inputs = load_decision_inputs(context.settings, context.database, "reader")
        found = evaluate(inputs, scenario, rows_of(inputs, store, department))
    console.print(figures_table(found, f"{selection(store, department)}: {words(scenario)}"))
    pairs = compared(found.before, found.after)
    changes = pairs[pairs["order_change_amount"] != 0]
    if len(changes):
        console.print(changes_table(changes))
    if (found.before.recommendations["stock_source"] == "simulated").any():
        console.print("Stock positions are simulated where inventory.csv counts no stock of these pairs.")
    console.print("Nothing was written. To keep a change: the seed inventory_policies, then `shelfcast transform`.")


def promotions_of(texts: list[str]) -> "tuple[Promotion, ...]":
    """Returns promotions written as WEEK:PERCENT, such as 2:30 for 30 % more in the second week ahead.

    Raises:
        UsageError: one is not written so.
    """
    from ml.inventory.scenarios.what_if import Promotion

    planned = []
    for text in texts:
        week, _, percent = text.partition(":")
        try:
            planned.append(Promotion(int(week), float(percent.removesuffix("%")) / 100))
        except ValueError:
            raise UsageError(
                f"{text!r} is not a promotion.",
                "Write the week ahead and its uplift in percent, for instance 2:30 for 30 % more in the second week.",
            ) from None
    return tuple(planned)


def figures_table(found: "WhatIf", title: str) -> Table:
    """Returns the expected figures before and after, for the terminal."""
    pairs = found.before.kpis.pairs
    table = Table(
        title=f"{title} ({pairs:,} pair{'s' if pairs > 1 else ''})",
        title_justify="left",
        caption="The first three: this decision, with the stock of today. The others: what the policy leads to in a "
        "year like the weeks ahead, without promotions.",
        caption_justify="left",
    )
    for name in ("", "before", "after", "change"):
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    for label, name, unit in _FIGURES:
        table.add_row(label, *_before_and_after(found.before.kpis, found.after.kpis, name, unit))
    return table


def changes_table(changes: "pd.DataFrame") -> Table:
    """Returns the largest changes of orders, for the terminal."""
    more = len(changes) - SHOWN_CHANGES
    table = Table(
        title=f"Orders that change: {len(changes):,}, the largest first",
        title_justify="left",
        caption=f"{more:,} more change." if more > 0 else None,
        caption_justify="left",
    )
    for name in ("store", "department", "before ($)", "after ($)", "status before", "status after"):
        table.add_column(name, justify="left" if "status" in name else "right")
    for row in changes.head(SHOWN_CHANGES).itertuples():
        table.add_row(
            f"{row.store_id}",
            f"{row.dept_id}",
            f"{row.order_before_amount:,.0f}",
            f"{row.order_after_amount:,.0f}",
            str(row.status_before),
            str(row.status_after),
        )
    return table


def selection(store: int | None, department: int | None) -> str:
    """Returns what was asked for, in words."""
    parts = [("Store", store), ("department", department)]
    named = ", ".join(f"{word} {number}" for word, number in parts if number is not None)
    return named or "Chain"


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
    parts += [f"week {one.week_ahead} {100 * one.uplift_rate:+g} %" for one in scenario.promotions]
    return ", ".join(parts) or "nothing changed"


def _before_and_after(before: "ScenarioKpis", after: "ScenarioKpis", name: str, unit: str) -> tuple[str, str, str]:
    old, new = float(getattr(before, name)), float(getattr(after, name))
    if unit == "percent":
        return f"{100 * old:.2f} %", f"{100 * new:.2f} %", f"{round(100 * (new - old), 2) + 0.0:+.2f} points"
    return f"{old:,.0f}", f"{new:,.0f}", f"{round(new - old):+,d}"
