"""Kill the run at every boundary of a stage and in the middle of every write; the next run goes on from there.

The cases of a chain follow each other: what one has left is what the next begins with. The last run of a chain is
left alone and must end with the tables of runs that nothing ever disturbed.
"""

from typing import Any

import psutil
import pytest

from fault_points import at
from warehouse.stages import STAGE_NAMES


def unrecorded(stage: str) -> dict[str, Any]:
    return at("stage ends", of_stage=stage, of_status="succeeded")


FIRST = {
    "passwords made but not in their place": at("file is put in its place"),
    "half of the server's files made": at(
        "server is looked for", "kill_all", where="during", path="postgres*/**/base/1/*"
    ),
    "server's files made but not closed by a password": at("program of the server runs", of_program="postgres"),
    "server started without roles": at("roles are made"),
    "roles made but not limited": at("roles are limited"),
    "roles made but not noted": at("roles are made", where="after"),
    "migrations in their transaction": at("migrations are applied", where="after"),
    "half of the grants given": at("tables are granted", call=2),
    "first load before its publication": at("inputs are published"),
    "first dbt build between two models": at("dbt builds a model", call=6),
    "first training before its aliases": at("champion is chosen"),
    "first marts between two models": at("dbt builds a model", of_model="fct_forecasts"),
}

UPDATE = {
    "ingest": {
        "ingest has begun": at("stage begins", where="after", of_stage="ingest"),
        "ingest in the middle of a Parquet file": at(
            "accepted rows are written", "kill_all", where="during", path="lake/inputs/*/*/_temporary/**/*.parquet"
        ),
        "ingest in the middle of a copy": at("rows are copied", where="batches", of_table="raw_incoming.raw_sales"),
        "ingest before its account": at("load is recorded"),
        "ingest before its record": unrecorded("ingest"),
    },
    "audit": {
        "between ingest and audit": at("stage begins", of_stage="audit"),
        "audit while its pages are built": at("pages of the audit are built", "kill_all"),
        "audit before publication": at("inputs are published"),
        "publication of inputs between two tables": at("restated rows are written", where="after", call=2),
        "publication of inputs before commit": at("publication of inputs is recorded", where="after"),
        "inputs published but not recorded": unrecorded("audit"),
    },
    "features": {
        "between audit and features": at("stage begins", of_stage="features"),
        "features in the middle of a Parquet file": at(
            "features are built", "kill_all", where="during", path="lake/features/*/_temporary/**/*.parquet"
        ),
        "publication of features before commit": at(
            "table is merged", where="after", of_target="features.engineered_features"
        ),
        "features published but not recorded": unrecorded("features"),
    },
    "transform": {
        "between features and transform": at("stage begins", of_stage="transform"),
        "transform between two models": at("dbt builds a model", call=9),
        "transform between two tests": at("dbt runs a test", call=40),
        "transform done but not noted": at("next marts are noted"),
        "transform done but not recorded": unrecorded("transform"),
    },
    "train": {
        "between transform and train": at("stage begins", of_stage="train"),
        "train in the middle of a copy": at("rows are copied", where="batches", of_table="backtest_errors"),
        "train between two registered models": at("model is registered", where="after", call=4),
        "train between two records of aliases": at("alias is recorded", where="after"),
        "train done but not recorded": unrecorded("train"),
    },
    "forecast": {
        "publication of forecasts before commit": at("table is merged", where="after", of_target="ml.forecasts"),
        "forecasts published but not recorded": unrecorded("forecast"),
    },
    "recommend": {
        "between forecast and recommend": at("stage begins", of_stage="recommend"),
        "between anomalies and recommendations": at("recommendations are made"),
        "publication of recommendations before commit": at(
            "table is merged", where="after", of_target="ml.inventory_recommendations"
        ),
        "recommendations published but not recorded": unrecorded("recommend"),
    },
    "marts": {
        "marts after their audit": at("models are audited", where="after"),
        "marts between two models": at("dbt builds a model", of_model="fct_forecasts"),
        "marts built and tested but not published": at("marts are published"),
        "publication of the marts in its transaction": at("mart moves", where="after", call=10),
        "marts published but their manifest not kept": at("manifest of the marts is kept"),
        "marts done but not recorded": unrecorded("marts"),
    },
    "explain": {
        "explain before its answers are kept": at("answers are kept"),
        "explain before its mart is built": at("answers are kept", where="after"),
        "explain done but not recorded": unrecorded("explain"),
        "run over but its summary in Prefect": at("summary is left in Prefect", "interrupt"),
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
    assert tuple(UPDATE) == STAGE_NAMES
    assert [len(QUICK & set(cases)) for cases in UPDATE.values()] == [1] * len(STAGE_NAMES)
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
    assert ended.returncode == 0, ended.output
    assert lab.state() == references.first
    assert prefect_servers(lab.home) == []


@pytest.mark.parametrize("case", tiered(UPDATES))
def test_an_update_that_is_killed_shows_readers_a_whole_state(case, home_of_version_one, lab, references, versions):
    check_killed(lab.run("run", "--data", str(versions[1]), fault=UPDATES[case]))
    assert lab.seen() in references.since_first


def test_the_update_after_all_kills_ends_like_an_undisturbed_one(home_of_version_one, lab, references, versions):
    ended = lab.run("run", "--data", str(versions[1]))
    assert ended.returncode == 0, ended.output
    assert lab.state() == references.second


def check_killed(ended):
    assert ended.was_struck, ended.output
    assert ended.returncode in (-9, 1), ended.output
    assert "Traceback" not in ended.output


def prefect_servers(home):
    """Returns the temporary Prefect servers that run for a home."""
    lines = [(process.info["cmdline"], process) for process in psutil.process_iter(["cmdline"])]
    found = [process for words, process in lines if any("prefect.server.api" in word for word in words or ())]
    return [process for process in found if process.environ().get("PREFECT_HOME") == str(home / "prefect")]
