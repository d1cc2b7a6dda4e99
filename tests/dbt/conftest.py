"""A database of its own with rows worked by hand, and the dbt project built on it."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from psycopg import sql

from warehouse.database import Database
from warehouse.settings import PROJECT_ROOT

PROJECT = PROJECT_ROOT / "dbt_project"
ROWS = Path(__file__).parent / "rows"


@dataclass(frozen=True)
class Outcome:
    """What a dbt command did: the status of each node by its name."""

    success: bool
    error: str
    statuses: dict[str, str]

    def with_status(self, *wanted: str) -> set[str]:
        return {name for name, status in self.statuses.items() if status in wanted}


Dbt = Callable[..., Outcome]


@pytest.fixture(scope="session")
def dbt_database(new_database: Callable[[str], Database]) -> Database:
    """A database beside the shared one, so that these rows and those of other suites never meet."""
    return new_database("dbt_project_tests")


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that dbt writes into."""
    return tmp_path_factory.mktemp("dbt")


@pytest.fixture(scope="session")
def dbt(dbt_database: Database, target: Path) -> Dbt:
    """Runs a dbt command on the database of these tests."""
    from dbt.cli.main import dbtRunner

    places = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(target)]
    flags = ["--quiet", "--no-version-check", "--log-path", str(target / "logs")]

    def run(*arguments: str, strict: bool = False) -> Outcome:
        warnings = ["--warn-error-options", "{error: all}"] if strict else []
        with mock.patch.dict(os.environ, dbt_database.dbt_environment("pipeline")):
            result = dbtRunner().invoke([*flags, *warnings, *arguments, *places])
        nodes = getattr(result.result, "results", None) or []
        failed = [f"{node.node.name}: {node.message}" for node in nodes if str(node.status) in ("error", "fail")]
        error = str(result.exception or "\n".join(failed))
        return Outcome(result.success, error, {node.node.name: str(node.status) for node in nodes})

    return run


@pytest.fixture(scope="session")
def parsed(dbt: Dbt) -> Outcome:
    """The parse with every warning an error."""
    return dbt("parse", strict=True)


@pytest.fixture(scope="session")
def manifest(parsed: Outcome, target: Path) -> dict[str, Any]:
    """The manifest that the parse wrote."""
    assert parsed.success, parsed.error
    return dict(json.loads((target / "manifest.json").read_text()))


def execute(database: Database, file: str) -> None:
    """Runs a file of statements from the folder `rows`."""
    with database.connect("pipeline") as connection:
        connection.execute((ROWS / file).read_text())  # type: ignore[arg-type]


@dataclass(frozen=True)
class Build:
    """The four builds of the session, in order, and what stood in the marts after the last two."""

    core_on_inputs_alone: Outcome
    downstream_without_models: Outcome
    whole: Outcome
    again: Outcome
    marts: dict[str, list[tuple[Any, ...]]]
    marts_again: dict[str, list[tuple[Any, ...]]]
    views: dict[str, int]
    views_again: dict[str, int]


@pytest.fixture(scope="session")
def build(dbt: Dbt, parsed: Outcome, dbt_database: Database) -> Build:
    """The project built on inputs alone, then with models, then once more."""
    execute(dbt_database, "inputs.sql")
    core = dbt("build", "--select", "tag:core")
    downstream = dbt("build", "--exclude", "tag:core")
    execute(dbt_database, "outputs.sql")
    whole = dbt("build")
    marts, views = _contents(dbt_database), _views(dbt_database)
    again = dbt("run")
    return Build(core, downstream, whole, again, marts, _contents(dbt_database), views, _views(dbt_database))


_RELATIONS = "select relname, oid::int8 from pg_class where relnamespace = 'marts'::regnamespace and relkind = any(%s)"


def _contents(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    with database.connect("pipeline") as connection:
        names = [name for name, _ in connection.execute(_RELATIONS, [["r", "v"]]).fetchall()]
        select = sql.SQL("select * from marts.{}")
        return {
            name: sorted(connection.execute(select.format(sql.Identifier(name))).fetchall(), key=str) for name in names
        }


def _views(database: Database) -> dict[str, int]:
    with database.connect("pipeline") as connection:
        return dict(connection.execute(_RELATIONS, [["v"]]).fetchall())


@pytest.fixture(scope="session")
def rows(build: Build, dbt_database: Database) -> Callable[[str], list[dict[str, Any]]]:
    """Returns the rows of a query on the marts as dictionaries, read as the dashboard reads them."""
    assert build.again.success, build.again.with_status("fail", "error")

    def read(query: str) -> list[dict[str, Any]]:
        from psycopg.rows import dict_row

        with dbt_database.connect("reader") as connection, connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query).fetchall()  # type: ignore[arg-type]

    return read
