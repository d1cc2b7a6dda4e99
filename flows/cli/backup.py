"""The verbs `backup` and `restore`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()

File = Annotated[Path, typer.Argument(help="The backup, one file.", metavar="FILE")]


@app.command()
def backup(file: File) -> None:
    """Write the database, the published lake, models and reports to one file, without passwords."""
    from flows.cli.console import Display, console
    from flows.pipeline.context import open_context
    from warehouse.backup import write_backup
    from warehouse.runs import exclusive

    display = Display()
    with display.shown():
        display.begin("backup")
        context = open_context(progress=display)
        with exclusive(context.database):
            made = write_backup(context.settings, context.database, file.expanduser().absolute())
    console.print(
        f"{made.rows:,} rows of {made.tables} tables and {made.files:,} files in {made.path} "
        f"({made.size / 1e6:,.0f} MB).\nNext, should it ever be needed: [bold]shelfcast restore {file}[/]",
        soft_wrap=True,
    )


@app.command()
def restore(
    file: File,
    replace: Annotated[
        bool, typer.Option("--replace", help="Give up what the home holds now; it must be empty without this.")
    ] = False,
    trust: Annotated[
        bool,
        typer.Option(
            "--trust", help="Restore a backup that another home signed: its SQL and models run with your rights."
        ),
    ] = False,
) -> None:
    """Bring back a backup, after every part of it was checked."""
    from flows.cli.console import Display, console
    from warehouse.environment import prepare_environment
    from warehouse.journal import configure_logging
    from warehouse.opening import locate_database
    from warehouse.restore import proved_archive, restore_backup
    from warehouse.runs import exclusive
    from warehouse.settings import load_settings

    display = Display()
    with display.shown():
        display.begin("restore")
        settings = load_settings()
        with proved_archive(settings, file.expanduser().absolute(), trust, display) as (archive, manifest):
            prepare_environment(settings)
            configure_logging(settings)
            # Not opened as for a run: what is there may be broken, and is not set up only to be given up.
            database = locate_database(settings)
            with exclusive(database, has_record=False):
                restore_backup(settings, database, archive, manifest, replace, display)
    rows, files = sum(manifest.tables.values()), len(manifest.members) - 1
    console.print(
        f"{rows:,} rows of {len(manifest.tables)} tables and {files:,} files are back as of {manifest.made_at}.\n"
        "Next: [bold]shelfcast run[/]",
        soft_wrap=True,
    )
