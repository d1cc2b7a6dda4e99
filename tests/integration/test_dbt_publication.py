"""dbt builds beside what people read and publishes at once; analysts build in a schema of their own."""

import os
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg
import pytest

from flows.dbt.runner import build_core, build_marts, build_part, dev_schema, run_command
from flows.dbt.shell import shell_lines
from warehouse.database import Database
from warehouse.errors import ShelfcastError, UsageError
from warehouse.settings import PROJECT_ROOT, Settings

ROWS = PROJECT_ROOT / "tests" / "dbt" / "rows"
TOTALS = """
select (select sum(sales_amount) from marts.fct_weekly_sales)::float8,
    (select sum(total_sales_amount) from marts.dim_departments)::float8,
    (select sum(total_sales) from marts.sales_summary)::float8
"""


@dataclass
class Readings:
    """What readers saw, statement by statement, and what failed."""

    seen: set[tuple[float, ...]] = field(default_factory=set)
    failures: list[psycopg.Error] = field(default_factory=list)


@pytest.fixture(scope="module")
def home(settings: Settings, tmp_path_factory) -> Settings:
    """Settings whose folder is their own: the manifest belongs to one database."""
    return settings.model_copy(update={"home": tmp_path_factory.mktemp("dbt_publication")})


@pytest.fixture(scope="module")
def warehouse(new_database, home) -> Database:
    """A database in which the first run has published the core, and then everything."""
    database = new_database("dbt_publication_tests")
    execute(database, (ROWS / "inputs.sql").read_text())
    build_core(home, database, "first")
    return database


@pytest.fixture(scope="module")
def published(warehouse, home) -> Database:
    execute(warehouse, (ROWS / "outputs.sql").read_text())
    build_marts(home, warehouse, "first")
    execute(warehouse, "insert into ops.pipeline_runs (run_id, stage, status) values ('first', 'marts', 'succeeded')")
    return warehouse


def execute(database: Database, script: str) -> None:
    with database.connect("pipeline") as connection:
        connection.execute(script)


def relations(database: Database, schema: str) -> dict[str, int]:
    query = "select relname, oid::int8 from pg_class where relnamespace = to_regnamespace(%s) and relkind in ('r', 'v')"
    with database.connect("pipeline") as connection:
        return dict(connection.execute(query, [schema]).fetchall())


def totals(database: Database) -> tuple[float, ...]:
    with database.connect("reader") as connection:
        return connection.execute(TOTALS).fetchone()


@pytest.fixture
def readings(published) -> Iterator[Readings]:
    """What a reader sees from the beginning to the end of a test, in a loop."""
    is_over, readings = threading.Event(), Readings()

    def read() -> None:
        with published.connect("reader", autocommit=True) as connection:
            # In between dbt must have its turn: both are threads of one process.
            while not is_over.wait(0.02):
                try:
                    readings.seen.add(connection.execute(TOTALS).fetchone())
                except psycopg.Error as error:
                    readings.failures.append(error)
                    return

    reader = threading.Thread(target=read)
    reader.start()
    yield readings
    is_over.set()
    reader.join()


def test_the_first_run_publishes_the_core_at_once_and_the_rest_when_it_is_there(warehouse, request):
    assert {"fct_loads", "fct_pipeline_runs", "fct_weekly_sales"} <= set(relations(warehouse, "marts"))
    assert "fct_forecasts" not in relations(warehouse, "marts")
    request.getfixturevalue("published")
    assert {"fct_forecasts", "fct_orders"} <= set(relations(warehouse, "marts"))
    assert not relations(warehouse, "marts_next")


def test_readers_see_whole_states_alone_while_everything_is_built_again(published, home, readings):
    before = totals(published)
    execute(published, "update raw.raw_sales set weekly_sales = weekly_sales + 1000 where store_id = 2 and dept_id = 1")
    build_core(home, published, "second")
    assert readings.seen == {before}
    build_marts(home, published, "second")
    after = totals(published)
    assert readings.failures == []
    assert before[0] < after[0]
    assert {before} <= readings.seen <= {before, after}
    assert len({round(total, 6) for total in after}) == 1


def test_a_red_test_leaves_what_people_read_as_it_was(published, home):
    before = totals(published), relations(published, "marts")
    restate = "update raw.raw_sales set weekly_sales = weekly_sales {} 1 where dept_id = 3"
    execute(published, restate.format("+"))
    with pytest.raises(ShelfcastError, match="the first is assert_anomalies_agree_with_weekly_sales"):
        build_part(home, published, ["build", "--select", "fct_weekly_sales", "fct_sales_anomalies"])
    assert (totals(published), relations(published, "marts")) == before
    execute(published, restate.format("-"))


def test_a_part_is_built_on_what_is_published_and_replaces_nothing_else(published, home):
    before = relations(published, "marts")
    run_command(home, published, ["run", "--select", "fct_forecasts"])
    after = relations(published, "marts")
    changed = {name for name, oid in after.items() if before[name] != oid}
    # The view on it was made again as it was.
    assert changed == {"fct_forecasts", "latest_forecasts"}


@pytest.mark.parametrize("command", ["clone", "retry"])
def test_what_would_change_marts_without_a_test_is_refused(published, home, command):
    with pytest.raises(UsageError, match="would change what people read without a test"):
        run_command(home, published, [command])


def test_an_analyst_builds_in_a_schema_of_her_own_with_plain_dbt(published, home, tmp_path):
    before = relations(published, "marts")
    dbt = "dbt --no-use-colors build --select fct_forecasts latest_forecasts"
    done = subprocess.run(
        ["bash", "-c", "\n".join([*shell_lines(home, published, "analyst"), dbt])],
        cwd=tmp_path,
        env=os.environ | {"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert set(relations(published, dev_schema())) == {"fct_forecasts", "latest_forecasts"}
    assert relations(published, "marts") == before
    owner = f"select distinct tableowner from pg_tables where schemaname = '{dev_schema()}'"
    assert list(published.read_frame("pipeline", owner)["tableowner"]) == ["analyst"]
