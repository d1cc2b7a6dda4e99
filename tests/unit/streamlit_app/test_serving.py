import ast
import os
from pathlib import Path

import psutil
import pytest

from streamlit_app import serve
from streamlit_app.services import documents, pipeline_runs
from warehouse.errors import ShelfcastError
from warehouse.settings import PROJECT_ROOT, Settings, load_settings

SOURCES = sorted((PROJECT_ROOT / "streamlit_app").rglob("*.py"))
MAY_IMPORT = {"warehouse", "ml", "agents", "streamlit_app"}
PACKAGES = {"warehouse", "spark_jobs", "expectations", "ml", "agents", "flows", "streamlit_app", "tests", "bench"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path)


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_the_dashboard_imports_warehouse_ml_and_agents_alone(path: Path) -> None:
    assert imported(path) & PACKAGES <= MAY_IMPORT


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_only_queries_hold_sql_and_only_over_marts(path: Path) -> None:
    text = path.read_text()
    if path.parent.name == "queries":
        # The record of runs is there before any mart is.
        text = text.replace("from ops.pipeline_runs", "")
        assert not [schema for schema in ("raw.", "ml.", "ops.", "staging.", "features.") if f"from {schema}" in text]
    else:
        assert "from marts." not in text


def test_the_command_serves_on_loopback_and_names_the_home_folder(settings: Settings) -> None:
    command = serve.command(settings, 8600)
    assert command[1:3] == ["-m", "streamlit_app.serve"]
    assert command[command.index("--address") + 1] == "127.0.0.1"
    assert command[command.index("--home") + 1] == str(settings.home)


def test_the_server_calls_nobody_and_watches_no_files() -> None:
    options = serve.server_options(8600, "127.0.0.1")
    assert (options["browser.gatherUsageStats"], options["server.fileWatcherType"]) == (False, "none")


def test_a_site_that_was_not_written_is_no_document(settings: Settings) -> None:
    assert documents.data_docs(settings) is None
    assert documents.dbt_docs(settings) is None


def test_the_start_page_of_the_data_docs_is_the_index_nearest_to_the_root(settings: Settings) -> None:
    for name in ("site/validations/index.html", "site/index.html"):
        path = settings.home / "data_docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("<html></html>")
    found = documents.data_docs(settings)
    assert found is not None
    assert found.address == "/documents/data_docs/site/index.html"


def test_a_run_from_a_stage_is_the_same_command_that_a_person_writes() -> None:
    assert pipeline_runs.run_command("train")[1:] == ["-m", "flows.cli", "run", "--from", "train"]
    assert pipeline_runs.run_command()[1:] == ["-m", "flows.cli", "run"]
    with pytest.raises(ValueError, match="no stage"):
        pipeline_runs.run_command("train; rm -rf")


def test_a_run_is_refused_while_one_is_going_on(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline_runs, "is_busy", lambda database: True)
    with pytest.raises(ShelfcastError, match="going on already"):
        pipeline_runs.start_run(settings, database=None)  # type: ignore[arg-type]


def test_a_process_number_that_another_program_has_now_is_not_our_run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline_runs, "is_busy", lambda database: False)
    pid = settings.home / "logs" / "dashboard_run.pid"
    pid.parent.mkdir()
    own = psutil.Process(os.getpid())
    pid.write_text(f"{own.pid} {own.create_time()}")
    assert pipeline_runs.is_running(settings, database=None)  # type: ignore[arg-type]
    pid.write_text(f"{own.pid} {own.create_time() - 60}")
    assert not pipeline_runs.is_running(settings, database=None)  # type: ignore[arg-type]
