"""MetricFlow's `mf`, run inside the process on the published marts, as the role that may only select."""

import os
import shutil
from pathlib import Path

from flows.transform import PROJECT, run_dbt
from warehouse.database import Database
from warehouse.settings import Settings


def run_mf(settings: Settings, database: Database, arguments: list[str]) -> None:
    """Runs an `mf` command, its output on the terminal.

    Raises:
        ShelfcastError: the project does not parse.
        SystemExit: `mf` has ended, with its exit code.
    """
    project = _semantic_project(settings, database)
    import click
    from dbt_metricflow.cli.main import cli

    places = {
        "DBT_PROJECT_DIR": str(project),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_LOG_PATH": str(settings.home / "logs" / "dbt"),
    }
    # The group's own start asks a package index whether there is a newer version; its commands do not need that.
    commands = click.Group(name="mf", commands=cli.commands, help=cli.help)
    os.environ.update(database.dbt_environment("reader") | places)
    commands(args=arguments, prog_name="mf")


def _semantic_project(settings: Settings, database: Database) -> Path:
    """Returns a folder with what `mf` reads, which it looks for beside dbt_project.yml: the metrics, freshly parsed."""
    run_dbt(settings, database, ["parse"])
    folder = settings.home / "metrics"
    (folder / "target").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(PROJECT / "dbt_project.yml", folder / "dbt_project.yml")
    shutil.copyfile(settings.home / "dbt" / "semantic_manifest.json", folder / "target" / "semantic_manifest.json")
    return folder
