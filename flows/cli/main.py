"""The `shelfcast` command. Heavy libraries are imported where they are used, so that --help answers at once."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.backup import app as backup_app
from flows.cli.decide import app as decide_app
from flows.cli.failures import tell
from warehouse.errors import ShelfcastError, UsageError
from warehouse.home import for_owner_alone
from warehouse.signs import one_line

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Weekly sales files in, calibrated eight-week forecasts and inventory decisions out.",
)

app.add_typer(decide_app, name="decide")
app.add_typer(backup_app)

INTERRUPTED = 130
_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}

Data = Annotated[str | None, typer.Option("--data", help="Folder with the files of your sales.", metavar="FOLDER")]
MappingFile = Annotated[
    str | None,
    typer.Option("--mapping", help="What the files mean; shelfcast.toml in their folder without it.", metavar="FILE"),
]
DateFormat = Annotated[
    str | None,
    typer.Option("--date-format", help="Date format of an ambiguous file, such as dd/MM/yyyy or MM/dd/yyyy."),
]
DecimalMark = Annotated[
    str | None, typer.Option("--decimal-mark", help="Point or comma, for files whose numbers can be read both ways.")
]
RejectRate = Annotated[
    float | None,
    typer.Option("--reject-rate-max", help="Share of rows that may be set aside, a fraction.", min=0, max=1),
]
Replace = Annotated[bool, typer.Option("--replace", help="Let weeks vanish that were published from your own files.")]
Append = Annotated[
    bool, typer.Option("--append", help="Add the rows of --data, new or corrected ones alone, to what is published.")
]

Planned = Annotated[
    bool | None,
    typer.Option(
        "--planned-markdowns/--no-planned-markdowns",
        show_default=False,
        help="Whether the markdowns that features.csv has for weeks ahead are a plan that forecasts may use; "
        "PLANNED_MARKDOWNS without it.",
    ),
]


def main() -> None:
    """Runs the command; a user's mistake or a failure of the machine ends in one sentence and exit code 1, 2 or 3."""
    for_owner_alone()
    try:
        app()
    except ShelfcastError as error:
        _complain(str(error))
        sys.exit(error.exit_code)
    except SystemExit as ended:
        # What Typer makes of Ctrl-C.
        if ended.code != INTERRUPTED:
            raise
        _complain("Stopped. What was published before stays as it is; `shelfcast run` goes on from there.")
        sys.exit(1)
    finally:
        # Typer sets a hook of its own.
        sys.excepthook = tell


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Folder with the files of your sales, and what else you have.")],
    to: Annotated[
        Path | None,
        typer.Option("--to", help="File for the mapping; shelfcast.toml in the folder without it.", metavar="FILE"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a mapping that is there.")] = False,
    date_label: Annotated[
        str | None, typer.Option("--date-label", help="Whether the date of a week is its first or its last day.")
    ] = None,
    date_format: DateFormat = None,
    decimal_mark: DecimalMark = None,
    level: Annotated[
        str | None,
        typer.Option("--level", help="Column of the level to forecast; product for the products.", metavar="COLUMN"),
    ] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="Whether units or the amount are forecast.")] = None,
) -> None:
    """Read the files of a folder, guess what they mean, and write it as a mapping, with a preview."""
    from flows.cli.init import choices_of
    from flows.cli.init import init as work

    work(folder, to, force, choices_of(date_label, date_format, decimal_mark, level, unit))


@app.command()
def run(
    data: Data = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Stage to begin with; all after it are done again.")
    ] = None,
    date_format: DateFormat = None,
    decimal_mark: DecimalMark = None,
    reject_rate_max: RejectRate = None,
    replace: Replace = False,
    force: Annotated[bool, typer.Option("--force", help="Do every stage again, changed or not.")] = False,
    planned_markdowns: Planned = None,
    append: Append = False,
    mapping: MappingFile = None,
) -> None:
    """Run everything, from files to decisions. What has not changed is not done again."""
    from flows.cli.commands import run_pipeline
    from flows.pipeline.context import Options

    options = Options(
        data, date_format, reject_rate_max, replace, force, planned_markdowns, append, decimal_mark, mapping
    )
    run_pipeline(options, start)


@app.command()
def sample(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder for the files, new or empty; samples/SHAPE of the home without it.")
    ] = None,
    shape: Annotated[
        str, typer.Option("--shape", help="What the files look like: walmart, till-lines or weekly-products.")
    ] = "walmart",
    stores: Annotated[int | None, typer.Option("--stores", help="How many stores.")] = None,
    products: Annotated[
        int | None, typer.Option("--products", help="How many products; departments where the shape is walmart.")
    ] = None,
    weeks: Annotated[int | None, typer.Option("--weeks", help="How many weeks.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Another number gives other files.", min=0)] = None,
) -> None:
    """Write invented files to try: weekly departments, a grocer's till lines, or a brand's weekly products."""
    from flows.cli.sample import write

    write(shape, folder, {"stores": stores, "products": products, "weeks": weeks, "seed": seed})


@app.command()
def ingest(
    data: Data = None,
    date_format: DateFormat = None,
    decimal_mark: DecimalMark = None,
    reject_rate_max: RejectRate = None,
    replace: Replace = False,
    append: Append = False,
    mapping: MappingFile = None,
) -> None:
    """Read, audit and publish the input files."""
    from flows.cli.commands import run_stages
    from flows.pipeline.context import Options

    options = Options(
        data, date_format, reject_rate_max, replace, is_append=append, decimal_mark=decimal_mark, mapping=mapping
    )
    run_stages(("ingest", "audit"), options, "shelfcast features")


@app.command()
def features() -> None:
    """Compute the leak-free window features with Spark."""
    from flows.cli.commands import run_stages

    run_stages(("features",), following="shelfcast transform")


@app.command()
def transform() -> None:
    """Build and test the dbt models: all of them once the models have run, the core before."""
    from flows.cli.commands import transform as work

    work()


@app.command()
def train() -> None:
    """Backtest the candidates, fit them and choose the champion."""
    from flows.cli.commands import run_stages

    run_stages(("train",), following="shelfcast forecast")


@app.command()
def forecast(
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Forecast that was possible at this date (yyyy-mm-dd).")
    ] = None,
    planned_markdowns: Planned = None,
) -> None:
    """Forecast eight weeks for every active series."""
    from flows.cli.commands import forecast as work

    work(as_of, planned_markdowns)


@app.command()
def recommend() -> None:
    """Recommend what to reorder, and mark unusual sales."""
    from flows.cli.commands import run_stages

    run_stages(("recommend",), following="shelfcast transform")


@app.command()
def explain(
    store: Annotated[
        str | None, typer.Argument(help="Code or name of the store; without it, the pair with the most money at risk.")
    ] = None,
    product: Annotated[str | None, typer.Argument(help="Code or name of the product, or of the department.")] = None,
) -> None:
    """Explain the forecast and the recommendation of one store and product."""
    from flows.cli.commands import explain as work

    if (store is None) != (product is None):
        raise UsageError(
            "A store needs a product, or a department, with it.",
            "Write `shelfcast explain STORE PRODUCT` with their codes; where the files name no store, its code is all.",
        )
    work(store, product)


@app.command()
def report() -> None:
    """Write the managers' report of the latest run, and show it."""
    from flows.cli.commands import report as work

    work()


@app.command()
def backtest(
    origins: Annotated[
        str | None,
        typer.Option("--origins", help="Number of rolling origins, or their dates (yyyy-mm-dd), separated by commas."),
    ] = None,
    models: Annotated[
        str | None, typer.Option("--models", help="Candidates, separated by commas; two baselines always take part.")
    ] = None,
) -> None:
    """Score the candidates over rolling origins, beside seasonal naive and the simple baseline."""
    from flows.cli.scorecard import backtest as work

    work(origins, models)


@app.command()
def replay(
    weeks: Annotated[int, typer.Option("--weeks", help="Last weeks of the data to replay, 8 to 260.")] = 52,
    baselines: Annotated[
        str, typer.Option("--baselines", help="Policies to compare with, separated by commas: cover, naive, minmax.")
    ] = "cover,naive,minmax",
    seeds: Annotated[
        int | None, typer.Option("--seeds", help="Draws of random lead times, 1 to 64; 8, or 2 where --censored.")
    ] = None,
    lead_time: Annotated[str, typer.Option("--lead-time", help="random (1 to 3 weeks) or fixed (2 weeks).")] = "random",
    policy: Annotated[
        Path | None,
        typer.Option("--policy", help="CSV like the seed inventory_policies, replayed beside it.", metavar="FILE"),
    ] = None,
    forecasts: Annotated[
        str | None,
        typer.Option(
            "--forecasts", help="champion (fitted every 8 weeks: minutes, once) or base (seasonal base, quick)."
        ),
    ] = None,
    is_censored: Annotated[
        bool, typer.Option("--censored", help="Policies learn only from what they sold, not from demand.")
    ] = False,
    is_calibration: Annotated[
        bool, typer.Option("--calibration", help="Only how often our levels covered demand.")
    ] = False,
) -> None:
    """Replay history with our ordering policy and with simple ones: service against stock, in weeks and money."""
    from flows.cli.replay import replay as work
    from flows.cli.replay import replay_settings

    work(replay_settings(weeks, seeds, baselines, lead_time, forecasts, is_censored), policy, is_calibration)


@app.command(name="what-if")
def what_if(
    store: Annotated[str | None, typer.Argument(help="Code or name of the store; the chain without it.")] = None,
    product: Annotated[
        str | None,
        typer.Argument(help="Code or name of the product, or of the department; the whole store without it."),
    ] = None,
    service_level: Annotated[
        float | None, typer.Option("--service-level", help="Target of every pair in percent, 50 to 99.9.")
    ] = None,
    lead_time: Annotated[
        float | None, typer.Option("--lead-time", help="Weeks from order to delivery, above 0 to 26.")
    ] = None,
    lead_time_deviation: Annotated[
        float | None,
        typer.Option(
            "--lead-time-deviation",
            help="Standard deviation of it in weeks, 0 to 26; without it a shorter lead time deviates less.",
        ),
    ] = None,
    review_period: Annotated[
        float | None, typer.Option("--review-period", help="Weeks between two reviews, above 0 to 26.")
    ] = None,
    demand_shift: Annotated[
        float, typer.Option("--demand-shift", help="Change of all demand ahead in percent, -100 to 900.")
    ] = 0.0,
    promotion: Annotated[
        list[str] | None,
        typer.Option(
            "--promotion",
            metavar="WEEK:PERCENT",
            help="Planned uplift of a week ahead, such as 2:30 for 30 % more in the second; may be repeated.",
        ),
    ] = None,
    price: Annotated[
        list[str] | None,
        typer.Option(
            "--price",
            metavar="WEEK:PERCENT",
            help="Planned change of a week's prices, such as 2:-25: demand answers as it did before; may be repeated.",
        ),
    ] = None,
) -> None:
    """Try another service level, lead time, review period, promotion or demand: orders, stock, service and profit."""
    from flows.cli.what_if import promotions_of
    from flows.cli.what_if import what_if as work
    from ml.inventory.scenarios.what_if import Scenario

    service = None if service_level is None else service_level / 100
    shift, planned = demand_shift / 100, promotions_of(promotion or [], price or [])
    work(store, product, Scenario(service, lead_time, lead_time_deviation, review_period, shift, planned))


policy = typer.Typer(no_args_is_help=True, help="Show the inventory policies, or propose service levels that pay.")
app.add_typer(policy, name="policy")


@policy.command()
def show() -> None:
    """Show the inventory policies in force."""
    from flows.cli.policy import show as work

    work()


@policy.command()
def optimise(
    to: Annotated[
        Path | None, typer.Option("--to", help="File for the proposal, ending in .csv.", metavar="FILE")
    ] = None,
) -> None:
    """Propose service levels that maximise expected profit, as a changed copy of the seed to review."""
    from flows.cli.policy import optimise as work

    work(to)


@app.command()
def rollback(
    version: Annotated[str | None, typer.Argument(help="Version of the model; the champion before without it.")] = None,
) -> None:
    """Make an earlier version champion again; it stays until the data change."""
    from flows.cli.scorecard import rollback as work

    work(version)


@app.command()
def export(
    what: Annotated[
        str,
        typer.Argument(
            help="forecasts, recommendations, critical, accuracy, totals, anomalies, sales, rejected or orders."
        ),
    ] = "forecasts",
    to: Annotated[
        Path | None,
        typer.Option("--to", help="File that ends in .csv or .parquet; a folder for orders.", metavar="FILE"),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", help="Forecast that was possible on this date; the latest week without it.", metavar="YYYY-MM-DD"
        ),
    ] = None,
    horizon: Annotated[int | None, typer.Option("--horizon", help="Weeks to forecast, 1 to 39; 8 without it.")] = None,
    pairs: Annotated[
        Path | None,
        typer.Option(
            "--pairs",
            help="Forecast the rows of this file: codes as Store and Dept, and Date, like Kaggle's test.csv.",
            metavar="FILE",
        ),
    ] = None,
    submission: Annotated[
        bool, typer.Option("--submission", help="Write Id (store_dept_date) and Weekly_Sales instead.")
    ] = False,
    model: Annotated[
        str | None, typer.Option("--model", help="Candidate that forecasts; the champion without it.", metavar="NAME")
    ] = None,
    week: Annotated[
        str | None,
        typer.Option("--week", help="Decision week of the orders; the latest without it.", metavar="YYYY-MM-DD"),
    ] = None,
) -> None:
    """Write forecasts, or a mart, to a CSV or Parquet file, whole or not at all; orders to one file a store.

    Forecasts have the columns store_code, store_name, product_code, product_name, date and cutoff (last days of weeks;
    the cutoff is the last week whose sales were known), then, for a week and in the unit that is forecast, yhat, lo80,
    hi80, lo95 and hi95 (bounds of the 80 % and 95 % intervals), and model. Only forecasts take the other options.
    """
    from flows.cli.commands import export as work
    from flows.exports.forecasts import ForecastOptions

    work(what, to, ForecastOptions(as_of, horizon, pairs, model, submission), week)


@app.command()
def dashboard(
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8501,
    address: Annotated[
        str, typer.Option(help="Address to listen on; it has no password, so keep it local.")
    ] = "127.0.0.1",
    host: Annotated[
        list[str] | None,
        typer.Option(help="Name by which people open it, beside localhost and the address; may be repeated."),
    ] = None,
) -> None:
    """Open the dashboard."""
    from flows.cli.commands import dashboard as work

    work(port, address, host or [])


@app.command()
def docs() -> None:
    """Build the dbt docs site."""
    from flows.cli.commands import docs as work

    work()


@app.command()
def doctor() -> None:
    """Check Java, Postgres, dbt, MLflow, the language-model key, disk and memory."""
    from flows.cli.commands import doctor as work

    work()


@app.command()
def schedule(
    cron: Annotated[str, typer.Option(help="When to run, as a cron expression in UTC.")] = "0 6 * * 6",
    data: Data = None,
    mapping: MappingFile = None,
) -> None:
    """Stay and run everything on a schedule."""
    from flows.cli.commands import schedule as work
    from flows.pipeline.context import Options

    work(cron, Options(data, mapping=mapping))


@app.command()
def stop() -> None:
    """Stop the embedded Postgres."""
    from flows.cli.commands import stop as work

    work()


@app.command(context_settings=_PASSED_ON)
def dbt(context: typer.Context) -> None:
    """Run dbt against the warehouse, for instance `shelfcast dbt -- build -s +fct_forecasts`.

    What it builds is tested beside what people read and published at once; with --target dev it goes to a schema of
    your own, on what is published.
    """
    from flows.cli.commands import dbt as work

    work(context.args)


@app.command()
def env(
    role: Annotated[
        str, typer.Option("--role", help="analyst: dbt writes to a schema of your own; reader: dbt and mf only read.")
    ] = "analyst",
) -> None:
    """Print what a shell needs for plain dbt: eval "$(shelfcast env)"."""
    from flows.cli.commands import env as work

    work(role)


@app.command(context_settings=_PASSED_ON)
def mf(context: typer.Context) -> None:
    """Ask for metrics, for instance `shelfcast mf -- query --metrics total_sales --group-by store__store_type`."""
    from flows.cli.commands import mf as work

    work(context.args)


def _complain(sentence: str) -> None:
    from flows.cli.console import errors

    # What a sentence quotes from a file may hold signs that move a terminal.
    lines = "\n".join(map(one_line, sentence.splitlines()))
    errors.print(lines, style="red", soft_wrap=True, markup=False)
