"""The verb replay: policies compared on the last weeks of the published data, on the terminal and in three files."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from flows.cli.console import Display, console
from flows.cli.replay_inputs import Valued, fitted_forecasts, policy_tables, read_policies, serving_model, valued
from flows.exports.marts import whole_file, writing
from flows.pipeline.context import Context, open_context
from flows.pipeline.stages import Outcome, recorded
from flows.reports.replay import (
    calibration_rows,
    calibration_table,
    comparison_markdown,
    comparison_rows,
    comparison_table,
    headline,
    policies_table,
    sentences,
)
from warehouse.cells import text_cells
from warehouse.errors import UsageError
from warehouse.runs import exclusive

if TYPE_CHECKING:
    import pandas as pd

    from ml.forecasting.panel import Panel
    from ml.inventory.replay.forecasts import WeeklyForecasts
    from ml.inventory.replay.policy_tables import PolicyTable
    from ml.inventory.replay.report import Comparison, Costs, ReplaySettings

_FIX = "Make room for it in the home, SHELFCAST_HOME."


def replay_settings(
    weeks: int, seeds: int | None, baselines: str, lead_time: str, forecasts: str | None, is_censored: bool
) -> "ReplaySettings":
    """Returns what is asked of a replay on the command line; on censored sales fewer draws, and the seasonal base.

    Otherwise what is replayed is the model that serves.

    Raises:
        UsageError: a number is out of range, or a name is not known.
    """
    from ml.inventory.replay.report import BASE, CHAMPION, ReplaySettings, lead_times_named

    names = tuple(name.strip() for name in baselines.split(",") if name.strip())
    return ReplaySettings(
        weeks=weeks,
        seeds=seeds if seeds is not None else 2 if is_censored else 8,
        baselines=names,
        lead_times=lead_times_named(lead_time),
        forecasts=forecasts or (BASE if is_censored else CHAMPION),
        is_censored=is_censored,
    )


def replay(settings: "ReplaySettings", policy: Path | None = None, is_calibration: bool = False) -> None:
    """Replays history with every policy, prints how they fared and writes table, picture and report.

    Args:
        settings: what is asked.
        policy: file of policies to replay beside the published ones.
        is_calibration: whether only the calibration of the levels is asked for.
    """
    display = Display()
    with display.shown():
        if policy is not None and settings.is_censored:
            raise UsageError("A file of policies is not replayed on censored sales.", "Leave out one of the two.")
        if is_calibration and (policy is not None or settings.is_censored):
            raise UsageError("--calibration measures our levels alone.", "Leave out --policy and --censored.")
        # Before anything starts: a file that is not right should not cost a wait.
        rows = None if policy is None else read_policies(policy)
        context = open_context(progress=display)
        display.begin("replay")
        with exclusive(context.database):
            recorded(
                context,
                "replay",
                "",
                lambda: _calibrate(context, settings) if is_calibration else _compare(context, settings, policy, rows),
            )
    console.print("Next: [bold]shelfcast recommend[/]")


def _compare(
    context: Context, settings: "ReplaySettings", policy: Path | None, policies: "pd.DataFrame | None"
) -> Outcome:
    """Compares the policies, writes the files and prints what was found."""
    from ml.forecasting.panel import read_panel
    from ml.inventory.replay.comparison import compare_policies, first_replayed_week

    panel = read_panel(context.database)
    made = valued(context, panel, first_replayed_week(panel, settings))
    tables = policy_tables(context, made, policies, policy)
    settings, forecasts = _with_forecasts(context, panel, settings, made)
    comparison = compare_policies(made.panel, settings, costs_of(tables[0]), context.progress, forecasts, tables)
    folder = context.settings.home / "reports"
    rows = write_files(comparison, folder)
    _print(comparison, folder)
    return Outcome(rows, headline(comparison))


def _calibrate(context: Context, settings: "ReplaySettings") -> Outcome:
    """Measures how often the levels covered demand, writes the table and prints it."""
    from ml.forecasting.panel import read_panel
    from ml.inventory.replay.comparison import calibrate_levels, first_replayed_week

    panel = read_panel(context.database)
    made = valued(context, panel, first_replayed_week(panel, settings))
    settings, forecasts = _with_forecasts(context, panel, settings, made)
    found = calibrate_levels(made.panel, settings, context.progress, forecasts)
    frame, path = calibration_rows(found), context.settings.home / "reports" / "calibration.csv"
    with whole_file(path, _FIX) as draft, writing(path, _FIX):
        frame.to_csv(draft, index=False)
    console.print(calibration_table(found))
    console.print(f"Written: {path}", soft_wrap=True)
    return Outcome(len(frame), f"Calibration of the levels over {settings.weeks} weeks to {panel.origin}")


def _with_forecasts(
    context: Context, panel: "Panel", settings: "ReplaySettings", made: Valued
) -> "tuple[ReplaySettings, WeeklyForecasts | None]":
    """Returns the champion's name and its forecasts in money where they are asked for.

    Models forecast in the panel's own unit.
    """
    from ml.inventory.replay.report import CHAMPION
    from ml.inventory.replay.reviews import FIRST_ORIGIN

    if settings.forecasts != CHAMPION:
        return settings, None
    serving = serving_model(context)
    forecasts = fitted_forecasts(context, panel, serving, FIRST_ORIGIN).valued(made.worth)
    return replace(settings, champion=serving.name), forecasts


def _print(comparison: "Comparison", folder: Path) -> None:
    console.print(comparison_table(comparison))
    if comparison.asked_policies:
        console.print(policies_table(comparison))
    for sentence in sentences(comparison):
        console.print(sentence, soft_wrap=True)
    console.print(f"Written: {folder}/replay.csv, replay.png and replay.md", soft_wrap=True)


def costs_of(table: "PolicyTable") -> "Costs":
    """Returns margin, holding and ordering cost of each series from its policy."""
    from ml.inventory.replay.report import Costs

    policies = table.policies
    return Costs(policies.margin_rate, policies.holding_cost_rate, policies.ordering_cost_amount)


def write_files(comparison: "Comparison", folder: Path) -> int:
    """Returns the rows of replay.csv after it, replay.png and replay.md were written, each whole or not at all."""
    from ml.inventory.replay.report import draw_curves

    frame, picture = comparison_rows(comparison), draw_curves(comparison)
    ways: dict[str, Callable[[Path], object]] = {
        "replay.csv": lambda draft: text_cells(frame).to_csv(draft, index=False),
        "replay.png": lambda draft: picture.savefig(draft, dpi=110, format="png"),
        "replay.md": lambda draft: draft.write_text(comparison_markdown(comparison)),
    }
    for name, write in ways.items():
        path = folder / name
        with whole_file(path, _FIX) as draft, writing(path, _FIX):
            write(draft)
    return len(frame)
