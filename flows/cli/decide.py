"""The verbs of `shelfcast decide`; free of heavy imports, as the command line is."""

from typing import Annotated, Any

import typer

app = typer.Typer(no_args_is_help=True, help="Approve, override or snooze a recommendation; list what was decided.")

Store = Annotated[str, typer.Argument(help="Code or name of the store.")]
Product = Annotated[str, typer.Argument(help="Code or name of the product, or of the department.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, in your own words.")]
By = Annotated[
    str | None, typer.Option("--by", help="Who decides; the user of the operating system without it.", metavar="NAME")
]


@app.command()
def approve(store: Store, product: Product, reason: Reason = "", by: By = None) -> None:
    """Let the recommended order of a store and product go out as it is."""
    _decide("approve", store, product, by, reason=reason)


@app.command()
def override(
    store: Store,
    product: Product,
    quantity: Annotated[
        float | None,
        typer.Option(
            "--quantity",
            help="Order instead, in pieces where pieces are forecast, else in money at retail value; 0 orders nothing.",
            metavar="QUANTITY",
        ),
    ] = None,
    reason: Reason = "",
    by: By = None,
) -> None:
    """Order something else than was recommended, and say why."""
    _decide("override", store, product, by, quantity=quantity, reason=reason)


@app.command()
def snooze(
    store: Store,
    product: Product,
    until: Annotated[
        str | None,
        typer.Option(
            "--until", help="First day on which the pair is heard again, after the decision week.", metavar="YYYY-MM-DD"
        ),
    ] = None,
    reason: Reason = "",
    by: By = None,
) -> None:
    """Order nothing for a store and product until a date, the weeks in between included."""
    from flows.exports.forecasts import day_of

    _decide("snooze", store, product, by, until=None if until is None else day_of(until), reason=reason)


@app.command("list")
def list_decisions(
    waiting: Annotated[bool, typer.Option("--waiting", help="List the pairs that wait for a person instead.")] = False,
) -> None:
    """Show what was decided on the latest recommendations, and how many wait for a person."""
    from flows.cli.console import console
    from flows.pipeline.context import open_context
    from flows.reports.decisions import current_decisions, waiting_pairs

    for part in (waiting_pairs if waiting else current_decisions)(open_context().database):
        console.print(part, soft_wrap=True)


def _decide(kind: Any, store: str, product: str, by: str | None, **given: Any) -> None:
    import getpass

    from flows.cli.console import console
    from flows.pipeline.context import open_context
    from flows.reports.decisions import recorded_sentence
    from ml.inventory.decisions import Decision, record
    from warehouse.codes import known

    name = getpass.getuser() if by is None else by
    # Before anything starts: what is wrong in itself should not cost a wait.
    Decision(kind, 0, 0, name, **given).checked()
    database = open_context().database
    decision = Decision(kind, known().store(store), known().product(product), name, **given).checked()
    console.print(recorded_sentence(record(database, decision)), soft_wrap=True, markup=False)
    console.print("Next: [bold]shelfcast export orders[/] writes the purchase orders")
