"""Kill the run at every boundary of a stage and in the middle of every write; the next run goes on from there.

The cases of a chain follow each other: what one has left is what the next begins with. The last run of a chain is
left alone and must end with the tables of runs that nothing ever disturbed.
"""

from typing import Any

import psutil
import pytest

from flows.pipeline.stages import NAMES


def at(target: str, where: str = "before", action: str = "kill", **rest: Any) -> dict[str, Any]:
    match = {name.removeprefix("of_"): value for name, value in rest.items() if name.startswith("of_")}
    others = {name: value for name, value in rest.items() if not name.startswith("of_")}
    return {"target": target, "where": where, "action": action, "match": match, **others}


def unrecorded(stage: str) -> dict[str, Any]:
    return at("warehouse.runs:end_stage", of_stage=stage, of_status="succeeded")


MERGE, COPY, BEGIN = "warehouse.publish:merge", "warehouse.load:_ingest", "warehouse.runs:begin_stage"
MODEL, TEST = "dbt.task.run:ModelRunner.execute", "dbt.task.test:TestRunner.execute"

FIRST = {
    "passwords made but not in their place": at("pathlib:Path.rename"),
    "half of the server's files made": at(
        "warehouse.embedded:_server", "during", "kill_all", path="postgres*/**/base/1/*"
    ),
    "server's files made but not closed by a password": at("warehouse.embedded:_execute", of_program="postgres"),
    "server started without roles": at("warehouse.embedded:_create_roles"),
    "half of the roles made": at("warehouse.role_limits:limit_role", call=2),
    "roles made but not noted": at("warehouse.embedded:_create_roles", "after"),
    "migrations in their transaction": at("warehouse.migrate:apply_migrations", "after"),
    "half of the grants given": at("warehouse.roles:_grant_tables", call=2),
    "first load before its publication": at("warehouse.inputs:publish_inputs"),
    "first dbt build between two models": at(MODEL, call=6),
    "first training before its aliases": at("ml.forecasting.registry.aliases:promote"),
    "first marts between two models": at(MODEL, of_model="fct_forecasts"),
}

UPDATE = {
    "ingest": {
        "ingest has begun": at(BEGIN, "after", of_stage="ingest"),
        "ingest in the middle of a Parquet file": at(
            "spark_jobs.ingest.job:_write_accepted",
            "during",
            "kill_all",
            path="lake/inputs/*/*/_temporary/**/*.parquet",
        ),
        "ingest in the middle of a copy": at(COPY, "batches", of_table="raw_incoming.raw_sales"),
        "ingest before its account": at("spark_jobs.ingest.row_accounts:record_load"),
        "ingest before its record": unrecorded("ingest"),
    },
    "audit": {
        "between ingest and audit": at(BEGIN, of_stage="audit"),
        "audit while its pages are built": at("expectations.validation:_build_pages", action="kill_all"),
        "audit before publication": at("warehouse.inputs:publish_inputs"),
        "publication of inputs between two tables": at("warehouse.restate:write_rows", "after", call=2),
        "publication of inputs before commit": at("warehouse.inputs:_record", "after"),
        "inputs published but not recorded": unrecorded("audit"),
    },
    "features": {
        "between audit and features": at(BEGIN, of_stage="features"),
        "features in the middle of a Parquet file": at(
            "spark_jobs.features.job:build_features",
            "during",
            "kill_all",
            path="lake/features/*/_temporary/**/*.parquet",
        ),
        "publication of features before commit": at(MERGE, "after", of_target="features.engineered_features"),
        "features published but not recorded": unrecorded("features"),
    },
    "transform": {
        "between features and transform": at(BEGIN, of_stage="transform"),
        "transform between two models": at(MODEL, call=9),
        "transform between two tests": at(TEST, call=40),
        "transform done but not noted": at("warehouse.marts:mark_next"),
        "transform done but not recorded": unrecorded("transform"),
    },
    "train": {
        "between transform and train": at(BEGIN, of_stage="train"),
        "train in the middle of a copy": at(COPY, "batches", of_table="backtest_errors"),
        "train between two registered models": at("ml.forecasting.registry.tracking:_register", "after", call=4),
        "train between two records of aliases": at("ml.forecasting.registry.aliases:record_alias", "after"),
        "train done but not recorded": unrecorded("train"),
    },
    "forecast": {
        "publication of forecasts before commit": at(MERGE, "after", of_target="ml.forecasts"),
        "forecasts published but not recorded": unrecorded("forecast"),
    },
    "recommend": {
        "between forecast and recommend": at(BEGIN, of_stage="recommend"),
        "between anomalies and recommendations": at("ml.inventory.orders.recommend:recommend"),
        "publication of recommendations before commit": at(MERGE, "after", of_target="ml.inventory_recommendations"),
        "recommendations published but not recorded": unrecorded("recommend"),
    },
    "marts": {
        "marts after their audit": at("expectations.audit:audit_models", "after"),
        "marts between two models": at(MODEL, of_model="fct_forecasts"),
        "marts built and tested but not published": at("warehouse.marts:publish_next"),
        "publication of the marts in its transaction": at("warehouse.marts:_move", "after", call=10),
        "marts published but their manifest not kept": at("flows.dbt.runner:_keep"),
        "marts done but not recorded": unrecorded("marts"),
    },
    "explain": {
        "explain before its answers are kept": at("agents.store:save_report"),
        "explain before its mart is built": at("agents.store:save_report", "after"),
        "explain done but not recorded": unrecorded("explain"),
        "run over but its summary in Prefect": at("flows.pipeline.flow:_leave_artifacts", action="interrupt"),
    },
}

QUICK = {
    "server's files made but not closed by a password",
    "migrations in their transaction",
    "first load before its publication",
    "ingest in the middle of a copy",
    "publication of inputs before commit",
    "publication of features before commit",
    "transform between two models",
    "train between two records of aliases",
    "publication of forecasts before commit",
    "publication of recommendations before commit",
    "publication of the marts in its transaction",
    "explain before its mart is built",
}
"""The cases of `make test`: the first start, and one of every stage. `make test-all` runs all."""

UPDATES = {case: fault for cases in UPDATE.values() for case, fault in cases.items()}


def tiered(cases: dict[str, Any]) -> list[Any]:
    """Returns the cases as parameters, those that `make test` leaves out marked."""
    return [pytest.param(case, marks=() if case in QUICK else pytest.mark.exhaustive) for case in cases]


def test_every_stage_is_killed_once_in_the_quick_tier():
    assert tuple(UPDATE) == NAMES
    assert [len(QUICK & set(cases)) for cases in UPDATE.values()] == [1] * len(NAMES)
    assert QUICK - set(FIRST) - set(UPDATES) == set()


@pytest.fixture(scope="module")
def empty_home(lab, references):
    """The home with nothing in it, where the first chain begins."""
    lab.put_back(None)


@pytest.fixture(scope="module")
def home_of_version_one(lab, references):
    """The home as an undisturbed run of version 1 left it, where the second chain begins."""
    lab.put_back(lab.folder / "first")


@pytest.mark.parametrize("case", tiered(FIRST))
def test_a_first_run_that_is_killed_shows_readers_a_whole_state(case, empty_home, lab, references, versions):
    ended = lab.run("run", "--data", str(versions[0]), fault=FIRST[case], own_prefect=case.startswith("first load"))
    check_killed(ended)
    # Looking starts and fixes the server; where there is no whole one yet, that is left to the next run.
    if (lab.home / "postgres" / "shelfcast_ready").exists():
        assert lab.seen() in references.seen


def test_the_first_run_after_all_kills_ends_like_an_undisturbed_one(empty_home, lab, references, versions):
    ended = lab.run("run", "--data", str(versions[0]))
    assert ended.code == 0, ended.output
    assert lab.state() == references.first
    assert prefect_servers(lab.home) == []


@pytest.mark.parametrize("case", tiered(UPDATES))
def test_an_update_that_is_killed_shows_readers_a_whole_state(case, home_of_version_one, lab, references, versions):
    check_killed(lab.run("run", "--data", str(versions[1]), fault=UPDATES[case]))
    assert lab.seen() in references.seen[3:]


def test_the_update_after_all_kills_ends_like_an_undisturbed_one(home_of_version_one, lab, references, versions):
    ended = lab.run("run", "--data", str(versions[1]))
    assert ended.code == 0, ended.output
    assert lab.state() == references.second


def check_killed(ended):
    assert ended.was_struck, ended.output
    assert ended.code in (-9, 1), ended.output
    assert "Traceback" not in ended.output


def prefect_servers(home):
    """Returns the temporary Prefect servers that run for a home."""
    lines = [(process.info["cmdline"], process) for process in psutil.process_iter(["cmdline"])]
    found = [process for words, process in lines if any("prefect.server.api" in word for word in words or ())]
    return [process for process in found if process.environ().get("PREFECT_HOME") == str(home / "prefect")]
