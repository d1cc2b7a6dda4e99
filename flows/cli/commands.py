"""What the verbs of the command do; the command line itself stays free of heavy imports."""

import os
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flows.cli.console import Display, console
from flows.exports.marts import read_marts
from flows.pipeline.context import Context, Options, open_context
from flows.pipeline.stages import Outcome, carry_out, is_all_current, stage_named
from warehouse.codes import known
from warehouse.errors import ShelfcastError, UsageError
from warehouse.runs import exclusive, published_fingerprint
from warehouse.settings import load_settings
from warehouse.stages import STAGE_NAMES, StageName
from warehouse.wording import house, read_wording, speak

if TYPE_CHECKING:
    from flows.exports.forecasts import ForecastOptions


def run_pipeline(options: Options, start: str | None) -> None:
    """Runs the Prefect flow and prints the summary."""
    began = time.monotonic()
    if start is not None:
        stage_named(start)
    display = Display()
    with display.shown():
        display.begin("starting")
        context = open_context(options, progress=display)
        if start is None and not options.force and is_all_current(context):
            # Nothing to chain, so no flow: Prefect's own start would be most of the time.
            with exclusive(context.database):
                outcomes = {name: _show(display, context, name) for name in STAGE_NAMES}
        else:
            from flows.pipeline.flow import run_in_process

            outcomes = run_in_process(context, start, display)
    _summarise(context, outcomes, time.monotonic() - began)


def run_stages(names: tuple[StageName, ...], options: Options | None = None, following: str = "") -> Context:
    """Carries out stages by name, whatever has changed, after those they need and which never succeeded."""
    display = Display()
    with display.shown():
        context = open_context(options, progress=display)
        with exclusive(context.database):
            for name in STAGE_NAMES[: STAGE_NAMES.index(names[0])]:
                if published_fingerprint(context.database, name) is None:
                    _show(display, context, name)
            for name in names:
                _show(display, context, name, is_forced=True)
    if following:
        console.print(f"Next: [bold]{following}[/]")
    return context


def transform() -> None:
    """Builds the core models, and the marts on top of them once the models have written."""
    context = run_stages(("transform",))
    if published_fingerprint(context.database, "recommend") is None:
        console.print("Next: [bold]shelfcast train[/]")
        return
    run_stages(("marts",), following="shelfcast dashboard")


def forecast(as_of: str | None, planned_markdowns: bool | None = None) -> None:
    """Forecasts from the latest week, or as was possible at a date."""
    options = Options(planned_markdowns=planned_markdowns)
    if as_of is None:
        run_stages(("forecast",), options, following="shelfcast recommend")
        return
    from flows.exports.forecasts import day_of
    from ml.forecasting.forecast_job import forecast as write_forecasts

    day = day_of(as_of)
    display = Display()
    with display.shown():
        context = open_context(options, progress=display)
        display.begin(f"forecast as of {day}")
        with exclusive(context.database):
            report = write_forecasts(
                context.settings, context.database, context.run_id, day, display, context.open_spark
            )
    console.print(f"{report}\nNext: [bold]shelfcast transform[/] to see it in the marts")


def explain(store: str | None, product: str | None) -> None:
    """Prints what moved a forecast, in its unit, and what the four agents say of the pair.

    Raises:
        UsageError: a code is not known.
    """
    from rich.markdown import Markdown

    from agents.crew import explain_pair
    from agents.store import report_markdown
    from flows.reports.run_summary import contributions_table
    from ml.forecasting.explain import explain_forecast

    display = Display()
    with display.shown():
        context = open_context(progress=display)
        display.begin("explain")
        if store is None or product is None:
            numbers = _top_exception(context)
        else:
            numbers = known().store(store), known().product(product)
        contributions = explain_forecast(context.settings, context.database, *numbers)
        pair = explain_pair(context.settings, context.database, context.run_id, *numbers, progress=display)
    console.print(contributions_table(contributions))
    console.print(Markdown(report_markdown(pair)))


def _top_exception(context: Context) -> tuple[int, int]:
    frame = read_marts(
        context.database,
        "select store_id, dept_id from marts.fct_inventory_recommendations where is_latest "
        "order by exception_rank limit 1",
    )
    if frame.empty:
        raise ShelfcastError("There is no recommendation to explain.", "Run `shelfcast run` first.")
    first = frame.iloc[0]
    return int(first["store_id"]), int(first["dept_id"])


def report() -> None:
    """Writes the report of the latest run as Markdown and prints it."""
    from rich.markdown import Markdown

    from flows.reports.managers import write_report

    context = open_context()
    path, text = write_report(context.settings, context.database)
    console.print(Markdown(text))
    console.print(f"Written to {path}. Next: [bold]shelfcast dashboard[/]")


def export(what: str, to: Path | None, asked: "ForecastOptions", week: str | None = None) -> None:
    """Writes forecasts or a mart to a file, or purchase orders to a folder."""
    from flows.exports.forecasts import ForecastOptions, forecast_rows
    from flows.exports.marts import FORECASTS, ORDERS, REJECTED, check_target, mart_rows, whole_file, write_frame

    if what == ORDERS:
        if asked != ForecastOptions():
            raise UsageError("The export 'orders' takes --to and --week alone.", "The rest is for `export forecasts`.")
        _export_orders(to or load_settings().home / "exports" / ORDERS, week)
        return
    if week is not None:
        raise UsageError("Only `export orders` takes --week.", "Leave it out.")
    if what == REJECTED and (to is None or to.suffix != ".parquet") and asked == ForecastOptions():
        _export_rejected(to or load_settings().home / "exports" / REJECTED)
        return
    path = to or load_settings().home / "exports" / f"{what}.csv"
    check_target(what, path)
    request = asked.checked() if what == FORECASTS else None
    if request is None and asked != ForecastOptions():
        raise UsageError(f"The export {what!r} takes --to alone.", "The other options belong to `export forecasts`.")
    display = Display()
    with display.shown(), whole_file(path) as draft:
        display.begin(f"export {what}")
        context = open_context(progress=display)
        if request is None:
            frame = mart_rows(context.database, what)
        else:
            # Money to the cent, pieces to a hundredth.
            frame = forecast_rows(context.settings, context.database, request, display).round(2)
        write_frame(frame, draft, path)
    console.print(f"{house().number(len(frame))} rows written to {path}", soft_wrap=True)


def _export_rejected(to: Path) -> None:
    from flows.exports.rejected_rows import export_rejected

    for lines in export_rejected(open_context().database, to):
        console.print(str(lines), soft_wrap=True, markup=False)


def _export_orders(folder: Path, week: str | None) -> None:
    from flows.exports.forecasts import day_of
    from flows.exports.orders import export_orders, summary

    day = None if week is None else day_of(week)
    context = open_context()
    report = export_orders(context.database, folder, day, context.run_id)
    for line in summary(report, folder / str(report.week)):
        console.print(line, soft_wrap=True, markup=False)


def dashboard(port: int, address: str, hosts: Sequence[str] = ()) -> None:
    """Becomes the server of the dashboard, so that whoever stops this process stops the server.

    Raises:
        ShelfcastError: the port is in use, or may not be used.
    """
    from streamlit_app.serve import command

    settings = load_settings()
    _check_port(port, address)
    console.print(f"Dashboard: http://127.0.0.1:{port}  (Ctrl-C ends it)")
    sys.stdout.flush()
    served = command(settings, port, address, hosts)
    os.execv(served[0], served)


def _check_port(port: int, address: str) -> None:
    try:
        family = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind((address, port))
    except OSError as error:
        raise ShelfcastError(
            f"The dashboard cannot listen on {address}:{port}: {error.strerror or error}.",
            "Choose another port with --port, or another --address.",
        ) from None


def docs() -> None:
    """Builds the dbt docs site."""
    from flows.dbt.runner import build_docs

    context = open_context()
    console.print(f"dbt docs: {build_docs(context.settings, context.database)}", soft_wrap=True)
    console.print(f"Data docs: {context.settings.home / 'data_docs'}", soft_wrap=True)


def doctor() -> None:
    """Prints each check with its fix; exits 1 where one fails."""
    from flows.cli.doctor import examine
    from warehouse.environment import prepare_environment
    from warehouse.settings import load_settings

    settings = load_settings()
    prepare_environment(settings)
    checks = examine(settings)
    for check in checks:
        console.print(
            f"{'[green]ok  [/]' if check.is_well else '[red]fix[/]'} {check.name:<15} {check.found}", soft_wrap=True
        )
        if not check.is_well:
            console.print(f"     {'':<15} {check.fix}", soft_wrap=True)
    if not all(check.is_well for check in checks):
        sys.exit(1)


def schedule(cron: str, options: Options) -> None:
    """Runs everything on a schedule, until it is stopped."""
    from flows.pipeline.schedule import serve
    from warehouse.environment import prepare_environment
    from warehouse.journal import configure_logging
    from warehouse.settings import load_settings

    settings = load_settings()
    prepare_environment(settings)
    configure_logging(settings)
    console.print(f"Running everything at {cron!r} (UTC). Ctrl-C ends it.")
    given = {"--data": options.data, "--mapping": options.mapping}
    places = [(name, str(Path(place).expanduser().absolute())) for name, place in given.items() if place]
    serve(settings, cron, [word for pair in places for word in pair])


def dbt(arguments: list[str]) -> None:
    """Runs dbt with the analyst's own arguments, its output on the terminal."""
    from flows.dbt.runner import run_command

    if not arguments:
        raise UsageError("dbt needs a command.", "Write for instance `shelfcast dbt -- build -s +fct_forecasts`.")
    context = open_context()
    run_command(context.settings, context.database, arguments)


def env(role: str) -> None:
    """Prints the lines that make plain dbt work in a shell, and nothing else."""
    from flows.dbt.shell import shell_lines

    context = open_context()
    for line in shell_lines(context.settings, context.database, role):
        console.print(line, soft_wrap=True, markup=False)


def mf(arguments: list[str]) -> None:
    """Runs MetricFlow with the analyst's own arguments, its output on the terminal."""
    from flows.dbt.metricflow import run_mf

    if not arguments:
        raise UsageError("mf needs a command.", "Write for instance `shelfcast mf -- query --metrics total_sales`.")
    context = open_context()
    run_mf(context.settings, context.database, arguments)


def stop() -> None:
    """Stops the embedded server, where one is running."""
    from warehouse import embedded
    from warehouse.settings import load_settings

    was_running = embedded.stop(load_settings())
    console.print("The embedded Postgres was stopped." if was_running else "The embedded Postgres was not running.")


def _show(display: Display, context: Context, name: str, is_forced: bool = False) -> Outcome:
    display.begin(name)
    outcome = carry_out(stage_named(name), context, is_forced)
    display.end(name, outcome)
    return outcome


def _summarise(context: Context, outcomes: dict[StageName, Outcome], seconds: float) -> None:
    from flows.reports.run_summary import decisions_table, loads_table, scorecard_table

    # What was loaded may be another retailer's.
    speak(read_wording(context.database))
    console.print()
    for table in (loads_table, scorecard_table, decisions_table):
        console.print(table(context.database))
    if all(outcome.status == "skipped" for outcome in outcomes.values()):
        console.print("Nothing has changed since the last run: no published row was touched.")
    home = context.settings.home
    console.print(f"Run {context.run_id} took {seconds:.0f} s.")
    console.print(f"Data quality: {home / 'data_docs'}\nReports:      shelfcast report", soft_wrap=True)
    console.print("Dashboard:    [bold]make dashboard[/]")
