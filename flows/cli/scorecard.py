"""The verbs of the scorecard: a backtest that is asked for, and the roll-back of the champion."""

import datetime as dt

from flows.cli.console import Display, console
from flows.pipeline.context import Context, open_context
from flows.pipeline.stages import Outcome, recorded
from warehouse.errors import UsageError
from warehouse.runs import exclusive, published_fingerprint

MOST_ORIGINS = 12
_MARTS = ("stg_ml__backtest_errors+", "stg_ml__forecast_drift+")


def backtest(origins: str | None, models: str | None) -> None:
    """Scores candidates over rolling origins, prints the scorecard and brings it into the marts."""
    wanted, names = parse_origins(origins), parse_names(models)
    display = Display()
    with display.shown():
        context = open_context(progress=display)
        display.begin("backtest")
        with exclusive(context.database):
            recorded(context, "backtest", "", lambda: _score(context, display, wanted, names))
    console.print(f"Pictures: {context.settings.home / 'reports'}", soft_wrap=True)
    following = "shelfcast run" if published_fingerprint(context.database, "marts") is None else "shelfcast dashboard"
    console.print(f"Next: [bold]{following}[/]")


def rollback(version: str | None) -> None:
    """Makes an earlier version champion again and prints what follows."""
    display = Display()
    with display.shown():
        context = open_context(progress=display)
        display.begin("rollback")
        with exclusive(context.database):
            outcome = recorded(context, "rollback", "", lambda: _roll_back(context, version))
    console.print(outcome.message, soft_wrap=True)
    console.print("Next: [bold]shelfcast run[/]: forecasts, recommendations and marts follow it")


def _score(
    context: Context, display: Display, origins: int | tuple[dt.date, ...] | None, names: tuple[str, ...] | None
) -> Outcome:
    """Backtests, prints the scorecard, and builds its marts anew where a run has built the marts before."""
    from ml.forecasting.backtest_job import backtest as run_backtest

    report = run_backtest(
        context.settings, context.database, context.run_id, origins, names, display, context.open_spark
    )
    console.print(f"{report}", soft_wrap=True)
    if published_fingerprint(context.database, "marts") is not None:
        from flows.dbt.runner import build_part

        display.begin("marts of the scorecard")
        build_part(context.settings, context.database, ["build", "--select", *_MARTS])
    dates = ", ".join(map(str, report.origin_dates))
    return Outcome(report.rows, f"{', '.join(report.scores)} at {dates}; {report.change}")


def _roll_back(context: Context, version: str | None) -> Outcome:
    from ml.forecasting.registry.rollback import roll_back

    return Outcome(1, str(roll_back(context.settings, context.database, context.run_id, version)))


def parse_origins(text: str | None) -> int | tuple[dt.date, ...] | None:
    """Returns a number of origins, or their dates; None without a text.

    Raises:
        UsageError: the text is neither.
    """
    if text is None:
        return None
    if text.strip().lstrip("-").isdecimal():
        return _origin_count(int(text))
    return tuple(_date(part.strip()) for part in text.split(","))


def parse_names(text: str | None) -> tuple[str, ...] | None:
    """Returns the names between commas; None without a text.

    Raises:
        UsageError: there is no name between the commas.
    """
    if text is None:
        return None
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise UsageError("--models names no model.", "Write for instance --models lightgbm,blend.")
    return names


def _origin_count(count: int) -> int:
    if not 1 <= count <= MOST_ORIGINS:
        raise UsageError(
            f"A backtest can't have {count} origins.", f"Choose from 1 to {MOST_ORIGINS}, or give their dates."
        )
    return count


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is neither a number of origins nor a date.",
            "Write for instance --origins 5 or --origins 2011-11-18,2012-01-20.",
        ) from None
