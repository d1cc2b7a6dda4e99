"""`docs/how-to-add-a-mart.md`, followed to the letter in a copy of the project, on the warehouse of a finished run."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from psycopg import sql

from warehouse.database import Database
from warehouse.opening import open_database
from warehouse.settings import PROJECT_ROOT, Settings

DOCUMENT = PROJECT_ROOT / "docs" / "how-to-add-a-mart.md"
STEP = re.compile(r"(?:^(Write|Add to) `(\S+)`:\n\n)?^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
COPIED = (
    "warehouse",
    "flows",
    "dbt_project",
    "tests/dbt",
    "tests/support",
    "tests/conftest.py",
    "docs",
    "pyproject.toml",
)
MART = "fct_store_weeks"


@dataclass
class Shell:
    """A shell in the copy that remembers its variables from command to command."""

    folder: Path
    variables: dict[str, str]
    said: dict[str, str] = field(default_factory=dict)

    def run(self, command: str) -> None:
        after = self.folder / ".variables"
        script = f"{command}\nended=$?\nenv -0 > {after}\nexit $ended"
        done = subprocess.run(
            ["bash", "-c", script], cwd=self.folder, env=self.variables, capture_output=True, text=True, check=False
        )
        self.said[command] = done.stdout + done.stderr
        assert (done.returncode != 0) == command.endswith("# red"), f"{command}\n{self.said[command]}"
        self.variables = dict(pair.split("=", 1) for pair in after.read_text().split("\0") if pair)


@dataclass(frozen=True)
class Walk:
    """What was seen on the way: what the commands said, and the marts before the last step."""

    shell: Shell
    marts_before_publication: dict[str, int]


@pytest.fixture(scope="module")
def warehouse(finished_run: Settings) -> Iterator[Database]:
    """The warehouse, which afterwards is again as it was."""
    database = open_database(finished_run)
    kept = finished_run.home / "dbt_published"
    saved = kept.with_name("dbt_published.saved")
    if kept.exists():
        shutil.copytree(kept, saved)
    yield database
    with database.connect("pipeline") as connection:
        connection.execute(sql.SQL("drop table if exists marts.{}").format(sql.Identifier(MART)))
        connection.execute("drop schema if exists dev_walker cascade")
    shutil.rmtree(kept, ignore_errors=True)
    if saved.exists():
        saved.rename(kept)


@pytest.fixture(scope="module")
def shell(finished_run: Settings, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A shell in a copy of the project whose commands are the copy's own."""
    copy = tmp_path_factory.mktemp("project")
    unwanted = shutil.ignore_patterns("__pycache__", "target", "logs")
    for name in COPIED:
        source, place = PROJECT_ROOT / name, copy / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, place, ignore=unwanted)
        else:
            shutil.copyfile(source, place)
    (copy / ".venv").symlink_to(sys.prefix)
    ours = {"SHELFCAST_HOME": str(finished_run.home), "PYTHONPATH": str(copy), "LOGNAME": "walker"}
    return Shell(copy, os.environ | ours)


@pytest.fixture(scope="module")
def walk(shell: Shell, warehouse: Database) -> Walk:
    """The document, step by step; a command marked red must fail, every other must not."""
    before: dict[str, int] = {}
    for verb, name, kind, body in STEP.findall(DOCUMENT.read_text()):
        if verb:
            file = shell.folder / name
            assert file.exists() == (verb == "Add to"), name
            file.write_text((file.read_text() + "\n" if file.exists() else "") + body)
        elif kind == "sh":
            for command in body.splitlines():
                if command.startswith(".venv/bin/shelfcast dbt"):
                    before = marts(warehouse)
                shell.run(command)
    return Walk(shell, before)


def marts(database: Database) -> dict[str, int]:
    frame = database.read_frame(
        "pipeline",
        "select relname, oid::int8 as oid from pg_class where relnamespace = 'marts'::regnamespace "
        "and relkind in ('r', 'v')",
    )
    return dict(zip(frame["relname"], frame["oid"], strict=True))


def test_a_slim_build_makes_the_new_mart_alone_in_the_analyst_s_own_schema(walk, warehouse):
    said = walk.shell.said[".venv/bin/dbt build --select state:modified+"]
    assert re.search(r"Finished running 1 table model, \d+ data tests, 1 unit test", said), said
    assert f"dev_walker.{MART}" in said
    assert MART not in walk.marts_before_publication
    frame = warehouse.read_frame("analyst", "select count(*) as n from dev_walker.fct_store_weeks")
    assert frame.loc[0, "n"] == 3 * 130


def test_the_broken_mart_is_red_with_the_numbers_that_differ(walk):
    (said,) = [text for command, text in walk.shell.said.items() if command.endswith("# red")]
    assert "Failure in unit_test growth_of_a_store" in said
    assert f"SKIP relation dev_walker.{MART}" in said


def test_the_published_mart_is_read_by_the_reader_and_agrees_with_the_sales(walk, warehouse):
    found = warehouse.read_frame("reader", "select sum(sales_amount) as total from marts.fct_store_weeks")
    sales = warehouse.read_frame("reader", "select sum(sales_amount) as total from marts.fct_weekly_sales")
    assert found.loc[0, "total"] == pytest.approx(sales.loc[0, "total"])


def test_publishing_one_mart_leaves_the_others_where_they_are(walk, warehouse):
    after = marts(warehouse)
    assert set(after) - set(walk.marts_before_publication) == {MART}
    assert {name: after[name] for name in walk.marts_before_publication} == walk.marts_before_publication


def test_a_changed_model_is_selected_with_all_that_hangs_on_it(walk):
    model = walk.shell.folder / "dbt_project" / "models" / "marts" / "forecasting" / "fct_forecast_totals.sql"
    model.write_text(model.read_text() + "\n-- Changed.\n")
    command = ".venv/bin/dbt --quiet ls --select state:modified+ --resource-type model --output name"
    walk.shell.run(command)
    assert set(walk.shell.said[command].split()) == {"fct_forecast_totals", "fct_horizon_totals"}


def test_without_the_new_files_the_house_builds_as_before(walk, finished_run, shelfcast):
    ended = shelfcast(finished_run, "dbt", "--", "build", "--select", "dim_stores")
    assert ended.returncode == 0, ended.stdout + ended.stderr
