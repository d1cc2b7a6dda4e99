"""dbt, run inside the process; a red test is an error with one sentence."""

import contextlib
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.settings import PROJECT_ROOT, Settings

logger = logging.getLogger(__name__)

PROJECT = PROJECT_ROOT / "dbt_project"


def run_dbt(settings: Settings, database: Database, arguments: list[str], quiet: bool = True) -> int:
    """Returns the number of nodes that dbt ran.

    Raises:
        ShelfcastError: dbt could not run, a model failed or a test is red; the sentence names the first.
    """
    from dbt.cli.main import dbtRunner

    with _credentials(database):
        result = dbtRunner().invoke([*_global_flags(settings, quiet), *arguments, *_places(settings)])
    if result.exception is not None:
        raise ShelfcastError(f"dbt {arguments[0]} could not run: {_first_line(result.exception)}", _LOG_HINT)
    nodes = list(getattr(result.result, "results", None) or [])
    if not result.success:
        raise ShelfcastError(_failure(nodes), _LOG_HINT)
    return len(nodes)


_LOG_HINT = "The log is logs/dbt/dbt.log under .shelfcast; mend what it names, then run again."


def build_docs(settings: Settings, database: Database) -> Path:
    """Returns the path of the dbt docs site, one self-contained HTML file."""
    run_dbt(settings, database, ["docs", "generate", "--static"])
    folder = settings.home / "dbt_docs"
    folder.mkdir(exist_ok=True)
    shutil.copyfile(settings.home / "dbt" / "static_index.html", folder / "index.html")
    return folder / "index.html"


@contextlib.contextmanager
def _credentials(database: Database) -> Iterator[None]:
    """Sets the DB_* variables for dbt alone: left in place, they would name an outside database to later settings."""
    ours = database.dbt_environment()
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _global_flags(settings: Settings, quiet: bool) -> list[str]:
    flags = [
        "--no-send-anonymous-usage-stats",
        "--no-version-check",
        "--log-path",
        str(settings.home / "logs" / "dbt"),
    ]
    return [*flags, "--quiet", "--log-level", "none", "--log-level-file", "info"] if quiet else flags


def _places(settings: Settings) -> list[str]:
    return [
        "--project-dir",
        str(PROJECT),
        "--profiles-dir",
        str(PROJECT),
        "--target-path",
        str(settings.home / "dbt"),
    ]


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[:2]) or type(error).__name__


def _failure(nodes: list[Any]) -> str:
    red = [node for node in nodes if str(node.status) in ("error", "fail", "runtime error")]
    if not red:
        return "dbt ended without success."
    message = " ".join(str(red[0].message or "").split())[:300]
    return f"dbt: {len(red)} of {len(nodes)} models and tests are red; the first is {red[0].node.name}: {message}."
