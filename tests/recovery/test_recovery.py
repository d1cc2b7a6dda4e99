"""Kill what can be killed; the next run completes by itself and ends with the same rows."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from warehouse import embedded
from warehouse.database import open_database
from warehouse.settings import PROJECT_ROOT, Settings, load_settings

COMPARED = {
    "raw.raw_sales": "store_id, dept_id, sale_date, weekly_sales, is_holiday",
    "features.engineered_features": "store_id, dept_id, feature_date, sales_lag_1, rolling_mean_13, cpi_change",
    "marts.latest_forecasts": "store_id, dept_id, forecast_date, predicted_sales, prediction_lower, prediction_upper",
    "ml.inventory_recommendations": "recommendation_id, current_stock, order_quantity, status, value_at_risk",
    # A sum of floating-point numbers depends on their order in its last digits.
    "marts.fct_model_scores": "model_name, round(wmae_amount::numeric, 6), coverage_80_rate, is_champion",
}


def contents(settings: Settings) -> dict[str, tuple[int, str]]:
    database = open_database(settings)
    query = "select count(*), md5(string_agg(t::text, '|' order by t::text)) from (select {} from {}) t"
    return {
        table: tuple(database.read_frame(query.format(columns, table)).iloc[0]) for table, columns in COMPARED.items()
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    settings = load_settings(home=tmp_path_factory.mktemp("recovery") / "home")
    settings.home.mkdir()
    yield settings
    embedded.stop(settings)


def start_run(settings: Settings, sample_folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "flows.cli", "run", "--data", str(sample_folder)],
        env={**os.environ, "SHELFCAST_HOME": str(settings.home)}, cwd=PROJECT_ROOT,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def wait_until_running(settings: Settings, stage: str, run: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        assert run.poll() is None, f"the run ended before {stage}"
        if (settings.home / "postgres" / "shelfcast_ready").exists():
            running = open_database(settings).read_frame(
                "select 1 from ops.pipeline_runs where stage = %(stage)s and status = 'running'", {"stage": stage}
            )
            if len(running):
                return
        time.sleep(0.1)
    pytest.fail(f"stage {stage} never began")


def kill_all(run: subprocess.Popen[bytes]) -> None:
    """Kills the run and its children, as the machine would; the database server is not among them."""
    children = psutil.Process(run.pid).children(recursive=True)
    for process in [psutil.Process(run.pid), *children]:
        if process.name() != "postgres":
            process.kill()
    run.wait()


def test_runs_killed_half_way_are_completed_by_the_next_one(home, finished_run, sample_folder, shelfcast):
    for stage in ("features", "train"):
        run = start_run(home, sample_folder)
        wait_until_running(home, stage, run)
        time.sleep(1)
        kill_all(run)
    completed = shelfcast(home, "run", "--data", str(sample_folder))
    assert completed.returncode == 0, completed.stdout + completed.stderr
    assert "same ingest" in completed.stdout
    assert contents(home) == contents(finished_run)


def test_the_server_recovers_from_a_kill_with_everything_that_was_published(home):
    before = contents(home)
    postmaster = int((home.home / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(postmaster, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(postmaster)] if psutil.pid_exists(postmaster) else [], timeout=10)
    assert contents(home) == before


def test_a_second_run_at_the_same_time_leaves_with_a_sentence(home, sample_folder, shelfcast):
    database = open_database(home)
    from warehouse.runs import exclusive

    with exclusive(database):
        ended = shelfcast(home, "run", "--data", str(sample_folder))
    assert ended.returncode == 1
    assert "Another run is working on this database." in ended.stderr
    assert "Traceback" not in ended.stderr
