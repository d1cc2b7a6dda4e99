"""MetricFlow's `mf`, run inside the process on the published marts, as the role that may only select."""

import os
import shutil
from pathlib import Path

from flows.dbt.runner import PROJECT, run_dbt
from warehouse.database import Database
from warehouse.settings import Settings

_SOURCES = ("dbt_project.yml", "profiles.yml", "macros", "models", "seeds", "snapshots")


def run_mf(settings: Settings, database: Database, arguments: list[str]) -> None:
    """Runs an `mf` command, its output on the terminal.

    Raises:
        ShelfcastError: the project does not parse.
        SystemExit: `mf` has ended, with its exit code.
    """
    project = settings.home / "metrics"
    project.mkdir(exist_ok=True)
    shutil.copyfile(PROJECT / "dbt_project.yml", project / "dbt_project.yml")
    put_semantic_manifest(settings, database, project)
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


def put_semantic_manifest(settings: Settings, database: Database, project: Path = PROJECT) -> None:
    """Puts the metrics over the published marts where `mf` looks for them: in the folder `target` of a project.

    Raises:
        ShelfcastError: the project does not parse.
    """
    parsed = settings.home / "dbt" / "semantic_manifest.json"
    if not parsed.exists() or parsed.stat().st_mtime <= _last_change():
        run_dbt(settings, database, ["parse"])
    (project / "target").mkdir(exist_ok=True)
    shutil.copyfile(parsed, project / "target" / parsed.name)


def _last_change() -> float:
    """Returns when a file of the project was last changed, in seconds since the epoch; its folders count as files."""
    places = [PROJECT / name for name in _SOURCES]
    return max(place.stat().st_mtime for top in places for place in (top, *top.rglob("*")))
