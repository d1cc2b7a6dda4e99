"""The verbs of analysts: dbt and MetricFlow with the warehouse's credentials, and the lines that a shell needs."""

from typing import Annotated

import typer

app = typer.Typer()

_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


@app.command(context_settings=_PASSED_ON)
def dbt(context: typer.Context) -> None:
    """Run dbt against the warehouse, for instance `shelfcast dbt -- build -s +fct_forecasts`.

    What it builds is tested beside what people read and published at once; with --target dev it goes to a schema of
    your own, on what is published.
    """
    from flows.commands import dbt as work

    work(context.args)


@app.command()
def env(
    role: Annotated[
        str, typer.Option("--role", help="analyst: dbt writes to a schema of your own; reader: dbt and mf only read.")
    ] = "analyst",
) -> None:
    """Print what a shell needs for plain dbt: eval "$(shelfcast env)"."""
    from flows.commands import env as work

    work(role)


@app.command(context_settings=_PASSED_ON)
def mf(context: typer.Context) -> None:
    """Ask for metrics, for instance `shelfcast mf -- query --metrics total_sales --group-by store__store_type`."""
    from flows.commands import mf as work

    work(context.args)
