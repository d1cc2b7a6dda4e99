"""The verb replay: policies compared on the last weeks of the published data, on the terminal and in three files."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from flows.console import Display, console
from flows.context import Context, open_context
from flows.export import whole_file, writing
from flows.marts import read_marts
from flows.replay_words import comparison_markdown, comparison_rows, comparison_table, headline, sentences
from flows.stages import Outcome, recorded
from warehouse.runs import exclusive

if TYPE_CHECKING:
    from ml.forecasting.panel import Panel
    from ml.inventory.replay_report import Comparison, Costs, ReplaySettings

_MEND = "Make room for it in the home, SHELFCAST_HOME."


def replay(weeks: int, baselines: str, seeds: int) -> None:
    """Replays history with every policy, prints how they fared and writes table, picture and report."""
    from ml.inventory.replay_report import ReplaySettings

    settings = ReplaySettings(weeks, seeds, tuple(name.strip() for name in baselines.split(",") if name.strip()))
    display = Display()
    with display.shown():
        context = open_context(progress=display)
        display.begin("replay")
        with exclusive(context.database):
            recorded(context, "replay", "", lambda: _compare(context, settings))
    console.print("Next: [bold]shelfcast recommend[/]")


def _compare(context: Context, settings: "ReplaySettings") -> Outcome:
    """Compares the policies, writes the files and prints what was found."""
    from ml.forecasting.panel import read_panel
    from ml.inventory.comparison import compare_policies

    panel = read_panel(context.database)
    comparison = compare_policies(panel, settings, costs_of(context, panel), context.progress)
    folder = context.settings.home / "reports"
    rows = write_files(comparison, folder)
    console.print(comparison_table(comparison))
    for sentence in sentences(comparison):
        console.print(sentence, soft_wrap=True)
    console.print(f"Written: {folder}/replay.csv, replay.png and replay.md", soft_wrap=True)
    return Outcome(rows, headline(comparison))


def costs_of(context: Context, panel: "Panel") -> "Costs":
    """Returns margin, holding and ordering cost of each series from the inventory policies.

    Raises:
        ShelfcastError: the policies are not in the database yet, or not valid.
    """
    import pandas as pd

    from ml.inventory.policy import resolve_policies
    from ml.inventory.replay_report import Costs

    pairs = pd.DataFrame({"store_id": panel.store_ids, "dept_id": panel.dept_ids, "store_type": panel.store_types})
    policies = resolve_policies(read_marts(context.database, "select * from marts.dim_inventory_policies"), pairs)
    return Costs(policies.margin_rate, policies.holding_cost_rate, policies.ordering_cost_amount)


def write_files(comparison: "Comparison", folder: Path) -> int:
    """Returns the rows of replay.csv after it, replay.png and replay.md were written, each whole or not at all."""
    from ml.inventory.exchange_picture import draw_curves

    frame, picture = comparison_rows(comparison), draw_curves(comparison)
    ways: dict[str, Callable[[Path], object]] = {
        "replay.csv": lambda draft: frame.to_csv(draft, index=False),
        "replay.png": lambda draft: picture.savefig(draft, dpi=110, format="png"),
        "replay.md": lambda draft: draft.write_text(comparison_markdown(comparison)),
    }
    for name, write in ways.items():
        path = folder / name
        with whole_file(path, _MEND) as draft, writing(path, _MEND):
            write(draft)
    return len(frame)
