"""The project built on a real Postgres: values worked by hand, repetition, rights, and red where something is wrong."""

import datetime as dt
from pathlib import Path

import pytest

WEEK = dt.date(2012, 8, 31)


def test_core_builds_before_any_model_ran(build):
    assert build.core_on_inputs_alone.success, build.core_on_inputs_alone.error
    assert "fct_weekly_sales" in build.core_on_inputs_alone.statuses
    assert "fct_forecasts" not in build.core_on_inputs_alone.statuses


def test_the_rest_builds_on_empty_model_tables(build):
    assert build.downstream_without_models.success, build.downstream_without_models.error
    assert "fct_model_scores" in build.downstream_without_models.statuses
    assert "dim_stores" not in build.downstream_without_models.statuses


def test_tests_between_the_halves_run_with_the_second(build):
    between = {n for n in build.downstream_without_models.statuses if n.startswith("relationships_fct_forecasts")}
    assert len(between) == 3


def test_the_whole_project_builds_green_without_a_warning(build):
    assert build.whole.success, build.whole.error
    assert build.whole.with_status("fail", "error", "warn", "skipped") == set()


def test_a_second_build_leaves_the_same_rows(build):
    assert build.again.success
    assert build.marts_again == build.marts


def test_no_mart_is_tied_to_another_by_a_key_that_would_deadlock_a_parallel_rebuild(rows):
    ties = rows(
        "select conrelid::regclass::text as child from pg_constraint "
        "where contype = 'f' and connamespace = 'marts'::regnamespace"
    )
    assert ties == []


def test_the_reader_may_select_from_every_mart_after_a_rebuild(build, dbt_database):
    allowed = dbt_database.read_frame(
        "pipeline",
        "select relname, has_table_privilege('reader', oid, 'select') as may from pg_class "
        "where relnamespace = 'marts'::regnamespace and relkind in ('r', 'v')",
    )
    assert set(allowed["relname"]) == set(build.marts)
    assert allowed["may"].all()
    with dbt_database.connect("reader") as connection:
        assert connection.execute("select count(*) from marts.fct_data_quality").fetchone() == (2,)


def test_stores_know_their_share_and_span(rows):
    assert rows("select store_id, size_rate, department_count, last_week_date from marts.dim_stores order by 1") == [
        {"store_id": 1, "size_rate": 1.0, "department_count": 2, "last_week_date": WEEK},
        {"store_id": 2, "size_rate": 0.5, "department_count": 2, "last_week_date": WEEK},
        {"store_id": 3, "size_rate": 0.25, "department_count": 0, "last_week_date": None},
    ]


def test_departments_are_active_while_they_sold_in_eight_weeks(rows):
    assert rows("select dept_id, store_count, total_sales_amount, is_active from marts.dim_departments order by 1") == [
        {"dept_id": 1, "store_count": 2, "total_sales_amount": 450.0, "is_active": True},
        {"dept_id": 2, "store_count": 1, "total_sales_amount": -20.0, "is_active": True},
        {"dept_id": 3, "store_count": 1, "total_sales_amount": 60.0, "is_active": False},
    ]


def test_the_calendar_ends_39_weeks_after_the_last_sale(rows):
    (row,) = rows("select min(week_date) as first, max(week_date) as last, count(*) as n from marts.dim_weeks")
    assert row == {"first": dt.date(2011, 9, 2), "last": WEEK + dt.timedelta(weeks=39), "n": 52 + 39 + 1}
    (labor_day,) = rows(
        "select is_holiday, holiday_name, is_future from marts.dim_weeks where week_date = '2012-09-07'"
    )
    assert labor_day == {"is_holiday": True, "holiday_name": "Labor Day", "is_future": True}


def test_weekly_sales_carry_last_year_returns_markdowns_and_weather(rows):
    query = (
        "select dept_id, sales_amount, sales_last_year_amount, is_return_week, markdown_amount, temperature_fahrenheit "
        "from marts.fct_weekly_sales where store_id = 1 and week_date = '2012-08-31' order by 1"
    )
    assert [tuple(row.values()) for row in rows(query)] == [
        (1, 150.0, 100.0, False, 15.0, 80.5),
        (2, -20.0, None, True, 15.0, 80.5),
    ]
    (before,) = rows("select markdown_amount from marts.fct_weekly_sales where week_date = '2011-09-02'")
    assert before["markdown_amount"] is None


def test_the_summary_has_the_names_of_the_specification(rows):
    (row,) = rows("select * from marts.sales_summary where store_id = 1 and dept_id = 1")
    assert row["average_weekly_sales"] == pytest.approx((100 + 120 + 150) / 3)
    assert row["sales_volatility"] == pytest.approx(25.166115)
    del row["average_weekly_sales"], row["sales_volatility"]
    assert row == {
        "store_id": 1,
        "dept_id": 1,
        "store_type": "A",
        "week_count": 3,
        "total_sales": 370.0,
        "last_week_sales": 150.0,
        "unit_name": "amount",
        "last_sale_date": WEEK,
    }


def test_forecasts_of_pairs_that_never_sold_are_left_out(rows):
    found = rows("select forecast_id, is_latest, store_type, actual_sales_amount from marts.fct_forecasts order by 1")
    assert [tuple(row.values()) for row in found] == [
        ("ahead", True, "A", None),
        ("past", False, "A", 150.0),
        ("rival", True, "A", None),
    ]


def test_latest_forecasts_are_the_champions(rows):
    found = rows(
        "select store_id, dept_id, forecast_date, predicted_sales, prediction_upper_95 from marts.latest_forecasts"
    )
    assert [tuple(row.values()) for row in found] == [(1, 1, dt.date(2012, 9, 7), 160.0, 230.0)]


def test_scores_are_those_worked_by_hand(rows):
    """LightGBM: errors 10 (weight 1) and 30 (weight 5); seasonal naive: 50 and 90."""
    scores = {row["model_name"]: row for row in rows("select * from marts.fct_model_scores")}
    best = scores["lightgbm"]
    assert best["wmae_amount"] == pytest.approx((10 + 5 * 30) / 6)
    assert best["mae_amount"] == pytest.approx(20)
    assert best["rmse_amount"] == pytest.approx(500**0.5)
    assert best["wape_rate"] == pytest.approx(40 / 250)
    assert best["bias_rate"] == pytest.approx((-10 + 30) / 250)
    assert best["coverage_80_rate"] == pytest.approx(0.5)
    assert best["coverage_95_rate"] == pytest.approx(1.0)
    assert best["mean_width_80_amount"] == pytest.approx(60)
    assert best["interval_score_80_rate"] == pytest.approx((80 + 40 + 10 * 10) / 250)
    assert best["value_added_rate"] == pytest.approx(1 - 160 / (50 + 5 * 90))
    assert (best["is_comparable"], scores["seasonal_naive"]["is_comparable"]) == (True, True)
    assert (best["is_champion"], best["origin_count"], best["forecast_count"]) == (True, 1, 2)
    naive = scores["seasonal_naive"]
    assert (naive["is_champion"], naive["value_added_rate"], naive["coverage_80_rate"]) == (False, 0.0, None)


def test_accuracy_is_kept_apart_by_department_holiday_and_horizon(rows):
    found = rows(
        "select slice_name, horizon_weeks, is_holiday, weight_count, wmae_amount, "
        "baseline_weighted_absolute_error_amount as baseline from marts.fct_forecast_accuracy "
        "where model_name = 'lightgbm' and level_name = 'department' and dept_id = 1 order by 1, 2, 3"
    )
    assert [tuple(row.values()) for row in found] == [
        ("all", None, None, 6, 160 / 6, 500.0),
        ("holiday", None, False, 1, 10.0, 50.0),
        ("holiday", None, True, 5, 30.0, 450.0),
        ("horizon", 1, None, 1, 10.0, 50.0),
        ("horizon", 2, None, 5, 30.0, 450.0),
        ("week", 1, False, 1, 10.0, 50.0),
        ("week", 2, True, 5, 30.0, 450.0),
    ]


def test_a_pair_has_its_own_error_and_says_when_too_few_weeks_were_scored(rows):
    found = rows(
        "select store_type, store_id, dept_id, forecast_count, wape_rate, total_wape_rate, has_enough_weeks "
        "from marts.fct_forecast_accuracy where model_name = 'lightgbm' and level_name = 'pair' and slice_name = 'all'"
    )
    assert [tuple(row.values()) for row in found] == [("A", 1, 1, 2, 40 / 250, 40 / 250, False)]


def test_totals_stand_at_four_levels_and_their_errors_cancel(rows):
    found = rows(
        "select level_name, store_type, store_id, dept_id, forecast_amount, actual_sales_amount "
        "from marts.fct_forecast_totals where is_champion and is_latest order by 1"
    )
    assert [tuple(row.values()) for row in found] == [
        ("chain", None, None, None, 160.0, None),
        ("department", None, None, 1, 160.0, None),
        ("store", None, 1, None, 160.0, None),
        ("store_type", "A", None, None, 160.0, None),
    ]
    (row,) = rows(
        "select total_count, total_wape_rate, bias_rate, is_comparable from marts.fct_forecast_accuracy "
        "where model_name = 'lightgbm' and level_name = 'store' and slice_name = 'level'"
    )
    assert row == {"total_count": 2, "total_wape_rate": 40 / 250, "bias_rate": 20 / 250, "is_comparable": True}
    (score,) = rows("select store_total_wape_rate from marts.fct_model_scores where model_name = 'lightgbm'")
    assert score["store_total_wape_rate"] == 40 / 250


def test_a_total_has_its_interval_and_the_whole_horizon_the_largest_miss(rows):
    """Misses of 10 / 150 and 30 / 100: 80 % of the way from one to the other; together 20 / 250."""
    (week,) = rows(
        "select miss_80_rate, lower_80_amount, upper_80_amount, sales_last_year_amount "
        "from marts.fct_forecast_totals where is_champion and is_latest and level_name = 'chain'"
    )
    miss = 10 / 150 + 0.8 * (30 / 100 - 10 / 150)
    assert list(week.values())[:3] == pytest.approx([miss, 160 * (1 - miss), 160 * (1 + miss)])
    assert week["sales_last_year_amount"] is None
    (ahead,) = rows(
        "select week_count, forecast_amount, largest_miss_rate, lower_amount, growth_rate "
        "from marts.fct_horizon_totals where is_champion and is_latest and level_name = 'chain'"
    )
    assert list(ahead.values())[:4] == pytest.approx([1, 160, 20 / 250, 160 * (1 - 20 / 250)])
    assert ahead["growth_rate"] is None


def test_the_drift_of_the_last_week_is_that_of_the_champion(rows):
    found = rows("select week_date, source_name, is_champion, is_latest, is_drifting from marts.fct_forecast_drift")
    assert sorted(tuple(row.values()) for row in found) == [
        (dt.date(2012, 8, 24), "backtest", True, False, False),
        (WEEK, "forecast", True, True, True),
    ]


def test_recommendations_rank_by_money_at_risk(rows):
    found = rows(
        "select recommendation_id, is_latest, exception_rank, store_type "
        "from marts.fct_inventory_recommendations order by 1"
    )
    assert [tuple(row.values()) for row in found] == [
        ("1-1", True, 2, "A"),
        ("1-1-before", False, 1, "A"),
        ("2-1", True, 1, "B"),
    ]
    assert [row["recommendation_id"] for row in rows("select recommendation_id from marts.critical_inventory")] == [
        "1-1"
    ]


def test_the_latest_decision_on_a_recommendation_is_current_and_rules_its_order(rows):
    found = rows(
        "select recommendation_id, decision_name, is_current, is_latest, recommended_order_amount, "
        "effective_order_amount from marts.fct_decisions order by decision_id"
    )
    assert [tuple(row.values()) for row in found] == [
        ("1-1-before", "override", True, False, 650.0, 250.0),
        ("1-1", "snooze", False, True, 600.0, 0.0),
        ("1-1", "approve", True, True, 600.0, 600.0),
    ]
    orders = rows(
        "select recommendation_id, order_state, effective_order_amount, expected_delivery_date, decided_by "
        "from marts.fct_orders order by 1"
    )
    assert [tuple(row.values()) for row in orders] == [
        ("1-1", "approved", 600.0, dt.date(2012, 9, 14), "Ana"),
        ("1-1-before", "overridden", 250.0, dt.date(2012, 8, 28), "Ben"),
        ("2-1", "automatic", 0.0, dt.date(2012, 9, 14), ""),
    ]


def test_an_override_is_scored_once_its_weeks_are_known(rows):
    """50 on hand, demand 150: 650 leave 550 too much, 250 leave 150; a week costs 0.25 x 0.7 / 52 a dollar."""
    (row,) = rows("select * from marts.fct_override_scores")
    assert (row["recommendation_id"], row["is_scored"], row["protection_weeks"]) == ("1-1-before", True, 1)
    assert (row["demand_amount"], row["recommended_excess_amount"], row["override_excess_amount"]) == (150, 550, 150)
    assert row["value_added_amount"] == pytest.approx(400 * 0.25 * 0.7 / 52)


def test_anomalies_know_their_deviation_and_whether_they_are_recent(rows):
    found = rows(
        "select week_date, deviation_quantity as deviation, is_recent from marts.fct_sales_anomalies order by 1"
    )
    assert [tuple(row.values()) for row in found] == [(dt.date(2012, 7, 6), -30.0, False), (WEEK, 40.0, True)]


def test_policies_come_from_the_seed_with_one_default(rows):
    found = rows(
        "select store_type, service_level_rate from marts.dim_inventory_policies "
        "where store_code is null order by 1 nulls first"
    )
    assert found[0]["store_type"] is None
    assert all(0.5 <= row["service_level_rate"] < 1 for row in found)


def test_live_views_show_what_code_wrote_since_the_build(rows, dbt_database):
    with dbt_database.connect("pipeline") as connection:
        connection.execute("insert into ops.pipeline_runs (run_id, stage, status) values ('r2', 'ingest', 'running')")
    assert {row["run_id"] for row in rows("select run_id from marts.fct_pipeline_runs")} == {"r1", "r2"}
    with dbt_database.connect("planner") as connection:
        connection.execute(
            "insert into ops.decisions (recommendation_id, decision, decided_by) values ('2-1', 'approve', 'Cleo')"
        )
    assert rows("select decided_by from marts.fct_orders where recommendation_id = '2-1'") == [{"decided_by": "Cleo"}]
    latest = rows("select run_id, is_success from marts.fct_data_quality where is_latest")
    assert latest == [{"run_id": "r1", "is_success": True}]


def test_columns_and_tables_carry_their_descriptions_into_the_database(rows):
    (row,) = rows(
        "select obj_description('marts.fct_weekly_sales'::regclass) as t, "
        "col_description('marts.fct_weekly_sales'::regclass, 4) as c"
    )
    assert row["t"].startswith("One row per store, department and week")
    assert "in the unit that is forecast" in row["c"]


def test_each_broken_value_turns_its_test_red(rows, dbt, dbt_database):
    script = (Path(__file__).parent / "rows" / "breaks.sql").read_text()
    with dbt_database.connect("pipeline") as connection:
        connection.execute(script)
    outcome = dbt("test")
    expected = {line.removeprefix("-- ") for line in script.splitlines() if line.startswith("-- ")}
    assert len(expected) == 20
    assert not outcome.success
    assert expected - outcome.with_status("fail") == set()
