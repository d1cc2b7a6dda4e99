"""The command end to end on a small sample, as a user runs it."""

import contextlib
import datetime as dt
import json
import os
import re
from pathlib import Path

import pandas as pd
import pytest

from ml.forecasting.evaluation.metrics import ScoredForecasts, store_total_wape_rate
from warehouse.database import Database
from warehouse.opening import open_database
from warehouse.settings import Settings
from warehouse.stages import STAGE_NAMES

PUBLISHED = [
    "raw.raw_sales",
    "raw.store_attributes",
    "raw.external_features",
    "features.engineered_features",
    "ml.forecasts",
    "ml.backtest_errors",
    "ml.promotions",
    "ml.inventory_recommendations",
    "ml.sales_anomalies",
    "agents.agent_outputs",
]


@pytest.fixture(scope="module")
def warehouse(finished_run: Settings) -> Database:
    return open_database(finished_run)


def contents(database: Database) -> dict[str, tuple[int, str]]:
    """Returns rows and a checksum of everything, bookkeeping included, in each published table."""
    return {
        table: tuple(
            database.read_frame(
                "pipeline",
                f"select count(*), coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {table} t",
            ).iloc[0]
        )
        for table in PUBLISHED
    }


def test_a_run_carries_out_every_stage_and_prints_what_it_decided(finished_run, warehouse):
    runs = warehouse.read_frame("pipeline", "select stage, status from ops.pipeline_runs order by started_at")
    assert tuple(runs["stage"])[:9] == STAGE_NAMES
    assert set(runs["status"][:9]) == {"succeeded"}
    printed = (finished_run.home / "first_run.txt").read_text()
    for words in ("train.csv", "Scorecard", "seasonal_naive", "Recommendations", "simulated", "make dashboard"):
        assert words in printed


def test_every_row_of_every_file_is_accounted_for(warehouse, sample_folder):
    loads = warehouse.read_frame("pipeline", "select * from marts.fct_loads where status = 'published'").set_index(
        "file_name"
    )
    for name in ("train.csv", "features.csv", "stores.csv"):
        lines = len((sample_folder / name).read_text().splitlines()) - 1
        row = loads.loc[name]
        assert row.read_count == lines == row.accepted_count + row.rejected_count + row.duplicate_count
    published = warehouse.read_frame(
        "pipeline", "select count(*) as n, min(weekly_sales) as least from raw.raw_sales"
    ).iloc[0]
    assert published.n == loads.loc["train.csv"].accepted_count
    assert published.least < 0


def test_every_active_series_has_eight_weeks_of_forecast_inside_its_bounds(warehouse):
    frame = warehouse.read_frame("pipeline", "select * from marts.latest_forecasts")
    assert set(frame.groupby(["store_id", "dept_id"]).size()) == {8}
    assert set(frame["unit_name"]) == {"amount"}
    assert frame["unit_price"].isna().all()
    assert not frame.drop(columns="unit_price").isna().any().any()
    bounds = ["prediction_lower_95", "prediction_lower", "predicted_sales", "prediction_upper", "prediction_upper_95"]
    assert (frame[bounds].diff(axis=1).iloc[:, 1:] >= 0).all().all()
    last = warehouse.read_frame("pipeline", "select max(sale_date) as week from raw.raw_sales").loc[0, "week"]
    assert set(frame["origin_date"]) == {last}
    assert sorted(set(frame["forecast_date"])) == [last + dt.timedelta(weeks=h) for h in range(1, 9)]


def test_every_forecast_pair_has_a_recommendation_and_stock_is_marked_as_simulated(warehouse):
    pairs = warehouse.read_frame("pipeline", "select distinct store_id, dept_id from marts.latest_forecasts")
    frame = warehouse.read_frame("pipeline", "select * from marts.fct_inventory_recommendations where is_latest")
    assert len(frame) == len(pairs)
    assert set(frame["stock_source"]) == {"simulated"}
    assert (frame["order_up_to_level_amount"] >= frame["reorder_point_amount"]).all()


def test_the_champion_is_scored_beside_seasonal_naive(warehouse):
    scores = warehouse.read_frame("pipeline", "select * from marts.fct_model_scores").set_index("model_name")
    champion = scores[scores["is_champion"]].iloc[0]
    assert champion.wmae_amount == scores["wmae_amount"].min()
    assert champion.wmae_amount < scores.loc["seasonal_naive", "wmae_amount"]


def test_code_and_marts_agree_on_the_error_of_the_totals_of_stores(warehouse):
    keys = ["store_id", "origin_date", "forecast_date"]
    errors = warehouse.read_frame("pipeline", "select * from ml.backtest_errors").groupby("model_name")
    scores = warehouse.read_frame("pipeline", "select * from marts.fct_model_scores").set_index("model_name")
    assert len(scores) > 1
    for name, rows in errors:
        total = rows.groupby(keys).ngroup().to_numpy()
        columns = (rows[name].to_numpy() for name in ("actual_sales", "predicted_sales", "is_holiday"))
        wape = store_total_wape_rate(ScoredForecasts(*columns, store_total=total))
        assert scores.loc[name, "store_total_wape_rate"] == pytest.approx(wape)


def test_the_agents_reports_are_saved_with_their_evidence(warehouse):
    reports = warehouse.read_frame("pipeline", "select * from marts.fct_agent_reports")
    assert set(reports["analysis_type"]) == {"anomaly_detection", "forecasting", "inventory_optimization", "report"}
    assert (reports["execution_seconds"] > 0).all()
    assert reports["is_clean"].all()


def test_a_second_run_changes_no_published_row_and_says_so(finished_run, warehouse, shelfcast, sample_folder):
    before = contents(warehouse)
    ended = shelfcast(finished_run, "run", "--data", str(sample_folder))
    assert ended.returncode == 0, ended.stderr
    assert "no published row was touched" in ended.stdout
    assert contents(warehouse) == before


@pytest.mark.exhaustive
def test_every_stage_done_again_leaves_the_same_rows(finished_run, warehouse, shelfcast, sample_folder):
    before = contents(warehouse)
    ended = shelfcast(finished_run, "run", "--data", str(sample_folder), "--force")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    after = contents(warehouse)
    assert {table for table in before if before[table] != after[table]} == set()


def test_no_secret_reaches_a_log_a_report_or_a_library_s_files(finished_run):
    secrets = set(json.loads((finished_run.home / "secrets.json").read_text()).values())
    found = (Path(top, name) for top, _, names in os.walk(finished_run.home) for name in names)
    kept_apart = (finished_run.home / "postgres", finished_run.home / "secrets.json")
    written = [path for path in found if path.is_file() and not any(map(path.is_relative_to, kept_apart))]
    assert len(written) > 50
    offenders = []
    for path in written:
        # The journal of a database comes and goes.
        with contextlib.suppress(FileNotFoundError):
            content = path.read_bytes()
            offenders += [str(path) for secret in secrets if secret.encode() in content]
    assert offenders == []


def test_a_red_dbt_test_makes_the_run_red_and_names_the_test(finished_run, warehouse, shelfcast):
    with warehouse.connect("pipeline") as connection:
        connection.execute(
            "insert into ml.sales_anomalies (store_id, dept_id, sale_date, detector, score, expected_sales, "
            "actual_sales, reason, run_id) select store_id, dept_id, sale_date, 'robust_seasonal', 9, 1, "
            "weekly_sales + 1000, 'x', 'spoiled' from raw.raw_sales order by sale_date desc limit 1"
        )
    try:
        ended = shelfcast(finished_run, "run", "--from", "marts")
        assert ended.returncode == 1
        assert re.search(r"dbt: \d+ of \d+ models and tests are red; the first is \S*anomalies", ended.stderr)
        assert "Traceback" not in ended.stderr + ended.stdout
        status = warehouse.read_frame(
            "pipeline", "select status from ops.pipeline_runs where stage = 'marts' order by started_at"
        )
        assert list(status["status"])[-1] == "failed"
    finally:
        with warehouse.connect("pipeline") as connection:
            connection.execute("delete from ml.sales_anomalies where run_id = 'spoiled'")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("doctor",), "Postgres"),
        (("report",), "Forecast accuracy"),
        (("explain", "1", "1"), "Store 1, department 1"),
        (("export", "forecasts"), "rows written to"),
        (("forecast", "--as-of", "2012-03-16"), "2012-03-16"),
        (("docs",), "dbt docs"),
    ],
)
def test_a_verb_works_alone_after_a_run(finished_run, shelfcast, arguments, words):
    ended = shelfcast(finished_run, *arguments)
    assert ended.returncode == 0, ended.stderr
    assert words in ended.stdout


def test_an_export_holds_the_rows_of_the_mart(finished_run, warehouse, shelfcast, tmp_path):
    path = tmp_path / "orders.parquet"
    assert shelfcast(finished_run, "export", "recommendations", "--to", str(path)).returncode == 0
    count = warehouse.read_frame(
        "pipeline", "select count(*) as n from marts.fct_inventory_recommendations where is_latest"
    )
    assert len(pd.read_parquet(path)) == count.loc[0, "n"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("run", "--from", "nowhere"), "There is no stage 'nowhere'"),
        (("export", "nothing"), "There is nothing named 'nothing' to export"),
        (("export", "sales", "--to", "sales.xlsx"), "ends neither in .csv nor in .parquet"),
        (("explain", "1"), "A store needs a product"),
        (("forecast", "--as-of", "yesterday"), "'yesterday' is not a date"),
    ],
)
def test_a_wrong_use_ends_in_one_sentence_and_exit_code_2(finished_run, shelfcast, arguments, sentence):
    ended = shelfcast(finished_run, *arguments)
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


def _without_column(folder: Path) -> None:
    path = folder / "train.csv"
    path.write_text("\n".join(",".join(line.split(",")[:3]) for line in path.read_text().splitlines()))


def _edit_line(name: str, old: str, new: str):
    def edit(folder: Path) -> None:
        lines = (folder / name).read_text().splitlines()
        lines[5] = re.sub(old, new, lines[5], count=1)
        (folder / name).write_text("\n".join(lines))

    return edit


def _ingest_spoiled(shelfcast, home: Settings, sample_folder: Path, folder: Path, spoil):
    for path in sample_folder.glob("*.csv"):
        (folder / path.name).write_bytes(path.read_bytes())
    spoil(folder)
    return shelfcast(home, "ingest", "--data", str(folder), "--reject-rate-max", "0")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [(_without_column, "Weekly_Sales"), (_edit_line("train.csv", r",(-?[\d.]+),(TRUE|FALSE)$", r",many,\2"), "line 6")],
    ids=["missing column", "text in a number"],
)
def test_bad_input_ends_in_one_sentence_with_nothing_published_and_nothing_lost(
    finished_run, warehouse, shelfcast, sample_folder, tmp_path, spoil, sentence
):
    before = contents(warehouse)
    ended = _ingest_spoiled(shelfcast, finished_run, sample_folder, tmp_path, spoil)
    assert ended.returncode == 1
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr + ended.stdout
    assert contents(warehouse) == before


def test_the_page_of_the_load_that_was_refused_for_its_rejected_rows_lists_them(finished_run, warehouse):
    load = warehouse.read_frame(
        "pipeline",
        "select load_id, status, dialect from ops.loads where file_name = 'train.csv' order by created_at desc limit 1",
    ).iloc[0]
    page = (finished_run.home / "data_docs" / "loads" / f"{load.load_id}.html").read_text()
    assert load.status == "refused"
    assert '<span class="badge critical">refused</span>' in page
    assert '<td class="number">6</td>' in page
    assert ",many," in page
    assert f"<td>{load.dialect}</td>" in page
