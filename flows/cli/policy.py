"""The verb policy: what the inventory policies are, and which service levels would pay better."""

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from flows.cli.console import Display, console
from flows.exports.marts import read_marts, whole_file, writing
from flows.pipeline.context import open_context
from warehouse.errors import ShelfcastError, UsageError
from warehouse.settings import PROJECT_ROOT
from warehouse.wording import house

if TYPE_CHECKING:
    import pandas as pd

    from ml.inventory.scenarios.optimise import Proposal

SEED = PROJECT_ROOT / "dbt_project" / "seeds" / "inventory_policies.csv"
_POLICIES = "select * from marts.dim_inventory_policies order by policy_id"
_STORES = "select store_type, store_code from marts.dim_stores"
_PRODUCTS = "select product_code, level_1, level_2, level_3 from marts.dim_departments"
_LEVEL = "service_level_rate"


def show() -> None:
    """Prints the published policies."""
    import pandas as pd

    from ml.inventory.policy import unknown_codes

    context = open_context()
    policies = read_marts(context.database, _POLICIES)
    console.print(policies_table(policies))
    known = pd.concat([read_marts(context.database, query) for query in (_STORES, _PRODUCTS)])
    for sentence in unknown_codes(policies, known):
        console.print(sentence, soft_wrap=True, markup=False)
    console.print(f"Edit them in {SEED}, then run [bold]shelfcast transform[/].", soft_wrap=True)


def optimise(to: Path | None) -> None:
    """Proposes service levels that maximise expected profit, as a changed copy of the seed; the seed stays as it is."""
    from ml.inventory.orders.inputs import load_decision_inputs
    from ml.inventory.scenarios.optimise import optimise as propose

    display = Display()
    with display.shown():
        context = open_context(progress=display)
        path = to or context.settings.home / "reports" / "inventory_policies_proposed.csv"
        check_target(path)
        display.begin("policy optimise")
        policies = read_marts(context.database, _POLICIES)
        text = seed_text(policies)
        with whole_file(path) as draft, writing(path):
            proposals = propose(load_decision_inputs(context.settings, context.database, "reader"), policies)
            draft.write_text(proposed_text(text, proposals), newline="")
    console.print(proposals_table(proposals))
    for sentence in sentences(proposals):
        console.print(sentence, soft_wrap=True)
    console.print(f"Proposed to {path}; nothing is applied.", soft_wrap=True)
    console.print(
        f"To take it over, review `diff {SEED} {path}`, copy it over the seed, and run "
        "[bold]shelfcast transform[/], then [bold]shelfcast recommend[/].",
        soft_wrap=True,
    )


def check_target(path: Path, seed: Path = SEED) -> None:
    """Refuses to write the proposal over the seed, or to a file that is no CSV.

    Raises:
        UsageError: the path is such.
    """
    if path.resolve() == seed.resolve():
        raise UsageError(
            "The proposal is not written over the seed: it is to be reviewed first.", "Choose another file with --to."
        )
    if path.suffix != ".csv":
        raise UsageError(f"{path.name} does not end in .csv.", "The proposal is a CSV file like the seed.")


def seed_text(policies: "pd.DataFrame", seed: Path = SEED) -> str:
    """Returns the seed as it stands, once it is certain that it is what was published.

    Raises:
        ShelfcastError: the seed cannot be read, or differs from the published policies.
    """
    try:
        text = seed.read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        raise ShelfcastError(f"The seed {seed} cannot be read.", "Bring it back from the project's history.") from None
    written = {row["policy_id"]: row.get(_LEVEL) for row in csv.DictReader(io.StringIO(text))}
    published = dict(zip(policies["policy_id"], policies[_LEVEL].astype(float), strict=True))
    if written.keys() != published.keys() or any(_number(written[name]) != level for name, level in published.items()):
        raise ShelfcastError(
            "The seed inventory_policies has changed since the policies were published.",
            "Run `shelfcast transform` first.",
        )
    return text


def proposed_text(text: str, proposals: "list[Proposal]") -> str:
    """Returns the text of the seed with the proposed service levels in place of its own; all else stays as it is."""
    rows = list(csv.reader(io.StringIO(text)))
    name, level = rows[0].index("policy_id"), rows[0].index(_LEVEL)
    levels = {one.policy_id: one for one in proposals}
    for row in rows[1:]:
        one = levels[row[name]]
        if one.service_level_after != one.service_level_before:
            row[level] = f"{one.service_level_after:g}"
    made = io.StringIO(newline="")
    csv.writer(made, lineterminator="\r\n" if "\r\n" in text else "\n").writerows(rows)
    return made.getvalue()


def proposals_table(proposals: "list[Proposal]") -> Table:
    """Returns old and new service levels with what they earn and stock, for the terminal."""
    table = Table(
        title="Service levels that maximise expected profit",
        title_justify="left",
        caption_justify="left",
        caption="A year like the weeks ahead; stock is the average on hand that the policy leads to. Newsvendor: the "
        "share\nof review cycles without a stockout that pays best; cycles served: that share as it is to be expected.",
    )
    heads = (
        "policy",
        "pairs",
        "newsvendor",
        "service level",
        "cycles served",
        house().money_head("profit"),
        house().money_head("stock"),
    )
    for name in heads:
        table.add_column(name, justify="left" if name == "policy" else "right")
    for one in proposals:
        table.add_row(
            one.policy_id,
            house().number(one.pairs),
            _percent(one.critical_rate),
            _arrow(_percent(one.service_level_before), _percent(one.service_level_after)),
            _arrow(_percent(one.cycle_service_before), _percent(one.cycle_service_after)),
            _arrow(house().number(one.profit_before), house().number(one.profit_after)),
            _arrow(house().number(one.stock_before), house().number(one.stock_after)),
        )
    return table


def sentences(proposals: "list[Proposal]") -> list[str]:
    """Returns what the proposal amounts to, and what it leaves alone."""
    changes = [one for one in proposals if one.service_level_after != one.service_level_before]
    idle = [one.policy_id for one in proposals if not one.pairs]
    profit = sum(one.profit_after - one.profit_before for one in changes)
    stock = sum(one.stock_after - one.stock_before for one in changes)
    said = [
        f"{len(changes)} of {len(proposals)} service levels would change: expected profit a year {_changed(profit)}, "
        f"average stock {_changed(stock)}."
        if changes
        else "Every service level is already the best of those tried."
    ]
    if idle:
        said.append(f"Left alone, because no pair goes by it: {', '.join(idle)}.")
    said.append("A lost sale costs its margin here. Where it also costs customers, keep service higher.")
    return said


def policies_table(policies: "pd.DataFrame") -> Table:
    """Returns the policies, one column a row of the seed, for the terminal; what a row leaves to the data is a dash."""
    from ml.inventory.policy import SELECTORS

    table = Table(title="Inventory policies; the most specific one rules a pair", title_justify="left")
    table.add_column("")
    for name in policies["policy_id"]:
        table.add_column(escape(str(name)), justify="right")
    for column in policies.columns.drop("policy_id"):
        empty = "any" if column in SELECTORS else "-"
        table.add_row(column.replace("_", " "), *(_cell(value, empty) for value in policies[column]))
    return table


def _changed(amount: float) -> str:
    return f"{'' if round(amount) < 0 else '+'}{house().money(amount)}"


def _arrow(old: str, new: str) -> str:
    return old if old == new else f"{old} → {new}"


def _percent(value: float) -> str:
    return "-" if value != value else f"{house().number(100 * value, 1)} %"


def _cell(value: Any, empty: str) -> str:
    if value is None or value != value:
        return empty
    return f"{value:g}" if isinstance(value, float | int) else escape(str(value))


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return float("nan")
