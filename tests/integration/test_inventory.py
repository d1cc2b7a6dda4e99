"""The inventory stage against a database of its own: what it reads, writes, keeps and refuses."""

import datetime as dt
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ml.inventory.orders.inputs import load_decision_inputs
from ml.inventory.orders.recommend import STATUSES, recommend, recommendations
from ml.prices import read_prices
from warehouse import embedded
from warehouse.environment import library_environment
from warehouse.errors import ShelfcastError
from warehouse.incoming import publish_frame
from warehouse.opening import open_database
from warehouse.retailer import Retailer
from warehouse.settings import load_settings

LAST_WEEK = dt.date(2012, 8, 31)
STORES, DEPTS, WEEKS, HORIZONS = 4, 15, 70, 8
POLICY = """
create table marts.dim_inventory_policies (
    policy_id text, store_type text, store_code text, product_code text, policy_kind text, target_kind text,
    service_level_rate double precision,
    lead_time_weeks double precision, lead_time_deviation_weeks double precision,
    review_period_weeks double precision, minimum_order_amount double precision, pack_size_amount double precision,
    holding_cost_rate double precision, ordering_cost_amount double precision, margin_rate double precision,
    maximum_stock_weeks double precision
)
"""


@pytest.fixture(scope="module")
def place():
    """Settings and database in a home of this module's own: other suites publish whole tables too."""
    home = Path(tempfile.mkdtemp(prefix="shelfcast-inventory-"))
    settings = load_settings(home=home)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in library_environment(settings).items():
            patch.setenv(name, value)
        (home / "tmp").mkdir()
        database = open_database(settings)
        _publish_history(database)
        yield settings, database
        embedded.stop(settings)
    shutil.rmtree(home, ignore_errors=True)


def _publish_history(database):
    rng = np.random.default_rng(12)
    stores = pd.DataFrame(
        {"store_id": range(1, STORES + 1), "store_type": list("ABCA"), "size_sqft": 90_000, "load_id": "l"}
    )
    stores["store_code"] = [f"{store:03}" for store in stores["store_id"]]
    publish_frame(database, stores, "raw.store_attributes", ["store_id"], "replace")
    products = pd.DataFrame({"dept_id": range(1, DEPTS + 1), "load_id": "l"})
    products["product_code"] = [f"P{product}" for product in products["dept_id"]]
    publish_frame(database, products, "raw.products", ["dept_id"], "replace")
    pairs = pd.MultiIndex.from_product([range(1, STORES + 1), range(1, DEPTS + 1)], names=["store_id", "dept_id"])
    pairs = pairs.to_frame(index=False).assign(mean=lambda frame: 400.0 * frame["dept_id"])
    sales = pairs.merge(pd.DataFrame({"ago": range(WEEKS)}), how="cross")
    sales["sale_date"] = [LAST_WEEK - dt.timedelta(weeks=ago) for ago in sales["ago"]]
    sales["weekly_sales"] = sales["mean"] * np.exp(0.2 * rng.standard_normal(len(sales)))
    sales = sales.assign(is_holiday=False, load_id="l").drop(columns=["mean", "ago"])
    publish_frame(database, sales, "raw.raw_sales", ["store_id", "dept_id", "sale_date"], "replace")
    ahead = pairs.merge(pd.DataFrame({"horizon_weeks": range(1, HORIZONS + 1)}), how="cross")
    ahead = ahead.assign(predicted_sales=ahead["mean"], model_name="lightgbm", fallback="", run_id="r")
    errors = pd.concat([ahead.assign(origin_date=LAST_WEEK - dt.timedelta(weeks=8 * step)) for step in range(1, 6)])
    errors["forecast_date"] = _dates(errors)
    errors["actual_sales"] = errors["mean"] * np.exp(0.2 * rng.standard_normal(len(errors)))
    errors = errors.assign(scale_amount=errors["mean"], is_holiday=False).drop(columns="mean")
    keys = ["model_name", "origin_date", "store_id", "dept_id", "forecast_date"]
    publish_frame(database, errors, "ml.backtest_errors", keys, "replace")


def _publish_forecasts(database):
    errors = database.read_frame(
        "pipeline", "select distinct store_id, dept_id, horizon_weeks, predicted_sales from ml.backtest_errors"
    )
    frame = errors.assign(origin_date=LAST_WEEK, model_name="lightgbm", model_version="3", is_champion=True, run_id="r")
    frame["forecast_date"] = _dates(frame)
    for name in ("prediction_lower", "prediction_upper", "prediction_lower_95", "prediction_upper_95"):
        frame[name] = frame["predicted_sales"]
    frame["forecast_id"] = [f"{row.store_id}-{row.dept_id}-{row.horizon_weeks}" for row in frame.itertuples()]
    frame = frame.assign(fallback="", uses_plan=False, plan_effect=0.0, unit_name="amount", price_source="")
    publish_frame(database, frame, "ml.forecasts", ["forecast_id"], "replace")


def _dates(frame):
    return [
        origin + dt.timedelta(weeks=int(horizon))
        for origin, horizon in frame[["origin_date", "horizon_weeks"]].itertuples(index=False)
    ]


def _publish_policies(database, rows):
    with database.connect("pipeline") as connection:
        connection.execute("drop table if exists marts.dim_inventory_policies")
        connection.execute(POLICY)
        connection.cursor().executemany(
            "insert into marts.dim_inventory_policies values "
            "(%s, %s, %s, %s, '(R,s,S)', 'cycle_service', %s, 2, 0.5, 1, 100, 25, 0.2, 20, 0.3, 12)",
            rows,
        )


def _publish_stock(database, *rows):
    names = [
        "store_id",
        "dept_id",
        "stock_date",
        "on_hand",
        "on_order",
        "expected_date",
        "unit_price",
        "lead_time_days",
    ]
    frame = pd.DataFrame(rows, columns=names).assign(load_id="l")
    publish_frame(database, frame, "raw.stock_positions", names[:3], "replace")


def _publish_unusual(database, store, dept, *weeks, detector="robust_seasonal"):
    found = {"detector": detector, "score": 6.0, "expected_sales": 1.0, "actual_sales": 9.0, "reason": "High."}
    frame = pd.DataFrame([{"store_id": store, "dept_id": dept, "sale_date": week, **found} for week in weeks])
    keys = ["store_id", "dept_id", "sale_date", "detector"]
    publish_frame(database, frame.assign(run_id="r"), "ml.sales_anomalies", keys, "replace")


def _move_recommendations(database, date, changes):
    """Makes what was recommended the recommendation of another week, with some values changed."""
    with database.connect("pipeline") as connection:
        connection.execute("delete from ml.inventory_recommendations where recommendation_date <> %s", [LAST_WEEK])
        connection.execute(
            "update ml.inventory_recommendations set recommendation_id = 'past-' || recommendation_id, "
            f"recommendation_date = %s, {changes}",
            [date],
        )


@pytest.fixture
def ready(place):
    """The place with forecasts, policies, no counted stock, no unusual week and no recommendation."""
    settings, database = place
    _publish_forecasts(database)
    _publish_policies(database, [("default", None, None, None, 0.95), ("type_a", "A", None, None, 0.98)])
    with database.connect("pipeline") as connection:
        connection.execute("truncate raw.stock_positions, ml.sales_anomalies, ml.inventory_recommendations")
    return settings, database


def read(database):
    return database.read_frame("pipeline", "select * from ml.inventory_recommendations order by store_id, dept_id")


def test_without_forecasts_or_policies_the_sentence_says_what_to_run(place):
    settings, database = place
    with database.connect("pipeline") as connection:
        connection.execute("truncate ml.forecasts")
        connection.execute("drop table if exists marts.dim_inventory_policies")
    with pytest.raises(ShelfcastError, match=r"no champion forecasts yet.*Run `shelfcast forecast` first"):
        recommend(settings, database, "r1")
    _publish_forecasts(database)
    with pytest.raises(ShelfcastError, match=r"policies are not in the database yet.*Run `shelfcast transform` first"):
        recommend(settings, database, "r1")


def test_every_forecast_pair_gets_a_recommendation_and_a_second_run_changes_nothing(ready):
    settings, database = ready
    report = recommend(settings, database, "r1")
    assert report.rows == STORES * DEPTS == len(read(database))
    assert sum(report.by_status.values()) == report.rows
    assert tuple(report.by_status) == STATUSES
    assert report.simulated_share == 1
    assert str(report).startswith("60 recommendations (")
    assert recommend(settings, database, "r2").change.total == 0


def test_the_policy_of_the_store_type_reaches_its_pairs(ready):
    settings, database = ready
    recommend(settings, database, "r1")
    frame = read(database).set_index(["store_id", "dept_id"])
    assert frame.loc[1, "service_level"].tolist() == [0.98] * DEPTS
    assert frame.loc[2, "service_level"].tolist() == [0.95] * DEPTS


def test_counted_stock_is_taken_in_dollars_with_its_own_lead_time(ready):
    settings, database = ready
    _publish_stock(
        database,
        (1, 10, LAST_WEEK - dt.timedelta(weeks=1), 1.0, 0.0, None, None, None),
        (1, 10, LAST_WEEK, 100.0, 20.0, LAST_WEEK + dt.timedelta(weeks=1), 7.5, 21.0),
        (2, 5, LAST_WEEK, 0.0, 0.0, None, None, None),
    )
    report = recommend(settings, database, "r3")
    frame = read(database).set_index(["store_id", "dept_id"])
    counted = frame.loc[(1, 10)]
    assert (counted["current_stock"], counted["on_order"], counted["lead_time_weeks"]) == (750, 150, 3)
    assert counted["stock_source"] == "counted"
    assert frame.loc[(2, 5), "status"] == "critical"
    assert frame.loc[(2, 5), "days_until_stockout"] == 0
    assert report.simulated_share == pytest.approx(1 - 2 / report.rows)


def test_stock_on_order_counts_where_it_comes_in_time_and_a_person_hears_of_what_is_overdue(ready):
    settings, database = ready
    in_weeks = {1: 1, 2: 3, 3: -1}
    days = {store: LAST_WEEK + dt.timedelta(weeks=weeks) for store, weeks in in_weeks.items()}
    _publish_stock(database, *((store, 10, LAST_WEEK, 100.0, 9e5, day, None, None) for store, day in days.items()))
    recommend(settings, database, "r7")
    frame = read(database).set_index(["store_id", "dept_id"])
    # Two weeks of lead time and one of review: what comes in three weeks protects nothing.
    assert [frame.loc[(store, 10), "stock_position"] for store in in_weeks] == [900_100, 100, 900_100]
    assert [frame.loc[(store, 10), "order_quantity"] > 0 for store in in_weeks] == [False, True, False]
    assert frame.loc[(3, 10), "review_reason"] == "overdue_delivery"
    assert "overdue_delivery" not in set(frame.drop((3, 10))["review_reason"])


def test_what_an_agent_said_stays_until_the_decision_changes(ready):
    settings, database = ready
    recommend(settings, database, "r4")
    with database.connect("pipeline") as connection:
        connection.execute("update ml.inventory_recommendations set agent_reasoning = 'said' where store_id = 2")
    recommend(settings, database, "r5")
    assert (read(database).query("store_id == 2")["agent_reasoning"] == "said").all()
    _publish_stock(database, (2, 5, LAST_WEEK, 0.0, 0.0, None, None, None))
    recommend(settings, database, "r6")
    reasoning = read(database).query("store_id == 2").set_index("dept_id")["agent_reasoning"]
    assert reasoning[5] == ""
    assert (reasoning.drop(5) == "said").all()


def test_an_older_open_recommendation_is_closed_by_the_newer_one(ready):
    settings, database = ready
    recommend(settings, database, "r10")
    earlier = LAST_WEEK - dt.timedelta(weeks=1)
    _move_recommendations(database, earlier, "is_open = true, review_reason = 'large_order'")
    _publish_unusual(database, 3, 7, LAST_WEEK)
    report = recommend(settings, database, "r11")
    frame = read(database)
    assert not frame[frame["recommendation_date"] == earlier]["is_open"].any()
    latest = frame[frame["recommendation_date"] == LAST_WEEK].set_index(["store_id", "dept_id"])
    assert latest.loc[(3, 7), ["review_reason", "is_open"]].tolist() == ["unusual_sales", True]
    assert (latest["is_open"] == (latest["review_reason"] != "")).all()
    assert report.automatic_share == (latest["review_reason"] == "").mean()
    assert f"{report.automatic_share:.1%} need no person" in str(report)
    assert recommend(settings, database, "r12").change.total == 0


def test_an_anomaly_after_the_decision_or_long_before_it_is_not_looked_at(ready):
    settings, database = ready
    recommend(settings, database, "r13")
    calm = read(database)["review_reason"].tolist()
    _publish_unusual(database, 3, 7, LAST_WEEK + dt.timedelta(weeks=1), LAST_WEEK - dt.timedelta(weeks=5))
    assert recommend(settings, database, "r14").change.total == 0
    assert read(database)["review_reason"].tolist() == calm


def test_an_empty_shelf_asks_no_person(ready):
    settings, database = ready
    recommend(settings, database, "e1")
    calm = read(database)["review_reason"].tolist()
    _publish_unusual(database, 3, 7, LAST_WEEK, detector="empty_shelf")
    recommend(settings, database, "e2")
    assert read(database)["review_reason"].tolist() == calm


def test_a_week_that_cannot_be_right_is_watched_as_what_stands_in_for_it(ready):
    settings, database = ready
    place = {"store_id": 3, "dept_id": 4}
    where = "store_id = %(store_id)s and dept_id = %(dept_id)s and sale_date = %(week)s"
    given = {**place, "week": LAST_WEEK - dt.timedelta(weeks=1)}

    def watched() -> np.ndarray:
        inputs = load_decision_inputs(settings, database, "reader")
        return inputs.watch.sales[np.flatnonzero((inputs.pairs[list(place)] == pd.Series(place)).all(axis=1))[0]]

    before = watched()
    with database.connect("pipeline") as connection:
        connection.execute(f"update raw.raw_sales set weekly_sales = 100 * weekly_sales where {where}", given)
    try:
        assert watched()[-2] == np.median(before[-15:-2])
        assert np.array_equal(np.delete(watched(), -2), np.delete(before, -2), equal_nan=True)
    finally:
        with database.connect("pipeline") as connection:
            connection.execute(f"update raw.raw_sales set weekly_sales = weekly_sales / 100 where {where}", given)


def test_a_week_in_which_the_shelf_was_counted_empty_is_watched_as_what_would_have_sold(ready):
    settings, database = ready

    def watched() -> np.ndarray:
        inputs = load_decision_inputs(settings, database, "reader")
        place = np.flatnonzero((inputs.pairs["store_id"] == 2) & (inputs.pairs["dept_id"] == 5))[0]
        return inputs.watch.sales[place]

    before = watched()
    week = "store_id = 2 and dept_id = 5 and sale_date = %s"
    with database.connect("pipeline") as connection:
        connection.execute(f"update raw.raw_sales set weekly_sales = 0 where {week}", [LAST_WEEK])
    try:
        assert watched()[-1] == 0
        _publish_stock(database, (2, 5, LAST_WEEK, 0.0, 0.0, None, None, None))
        assert watched()[-1] == np.median(before[-14:-1])
    finally:
        with database.connect("pipeline") as connection:
            connection.execute(f"update raw.raw_sales set weekly_sales = %s where {week}", [before[-1], LAST_WEEK])


def test_statuses_follow_the_week_before_and_never_their_own(ready):
    settings, database = ready
    recommend(settings, database, "r15")
    point = read(database).set_index(["store_id", "dept_id"]).loc[(2, 5), "reorder_point"]
    _publish_stock(database, (2, 5, LAST_WEEK, point + 50, 0.0, None, None, None))
    recommend(settings, database, "r16")
    assert read(database).set_index(["store_id", "dept_id"]).loc[(2, 5), "status"] == "monitor"
    _move_recommendations(database, LAST_WEEK - dt.timedelta(weeks=1), "status = 'reorder', order_quantity = 1")
    for run in ("r17", "r18"):
        recommend(settings, database, run)
        held = read(database).query("recommendation_date == @LAST_WEEK and store_id == 2 and dept_id == 5").iloc[0]
        assert (held["status"], held["order_quantity"] > 0) == ("reorder", True)


def test_stock_in_pieces_is_ordered_in_pieces_and_an_old_count_asks_for_a_person(ready):
    settings, database = ready
    _publish_stock(
        database,
        (1, 10, LAST_WEEK, 1.0, 0.0, None, 7.5, None),
        (2, 5, LAST_WEEK - dt.timedelta(weeks=3), 10.0, 0.0, None, 7.5, None),
    )
    recommend(settings, database, "r19")
    frame = read(database).set_index(["store_id", "dept_id"])
    ordered = frame.loc[(1, 10)]
    assert ordered["order_quantity_pieces"] * 7.5 == ordered["order_quantity"] > 0
    assert ordered[["policy_id", "unit_price", "margin_rate"]].tolist() == ["type_a", 7.5, 0.3]
    assert frame.loc[(2, 5), "review_reason"] == "stale_data"
    assert frame["order_quantity_pieces"].notna().sum() == 2


def test_one_pair_alone_gives_the_figures_of_the_whole_table(ready):
    settings, database = ready
    every = recommendations(load_decision_inputs(settings, database, "reader")).set_index(["store_id", "dept_id"])
    (alone,) = recommendations(load_decision_inputs(settings, database, "reader", (3, 7))).to_dict("records")
    for name in ("reorder_point", "current_stock", "status", "order_quantity"):
        assert alone[name] == every.loc[(3, 7), name]


def test_stock_that_cannot_be_used_is_refused_and_nothing_is_written(ready):
    settings, database = ready
    recommend(settings, database, "r7")
    before = read(database)
    _publish_stock(database, (1, 10, LAST_WEEK + dt.timedelta(weeks=2), 5.0, 0.0, None, None, None))
    with pytest.raises(ShelfcastError, match="Store 1, product 10 is dated 2012-09-14, after the last week of sales"):
        recommend(settings, database, "r8")
    _publish_stock(database, (1, 10, LAST_WEEK, 5.0, 0.0, None, None, 420.0))
    with pytest.raises(ShelfcastError, match="lead time of 420 days"):
        recommend(settings, database, "r8")
    pd.testing.assert_frame_equal(before, read(database))


def test_forecasts_older_than_the_sales_and_an_unknown_pair_are_refused(ready):
    settings, database = ready
    with pytest.raises(ShelfcastError, match="Store 9, product 1 has no champion forecast"):
        load_decision_inputs(settings, database, "reader", (9, 1))
    with database.connect("pipeline") as connection:
        connection.execute("update ml.forecasts set origin_date = origin_date - 7")
    with pytest.raises(
        ShelfcastError, match="latest champion forecasts are from 2012-08-24, but sales run to 2012-08-31"
    ):
        recommend(settings, database, "r9")


def test_a_champion_without_backtest_errors_is_refused(ready):
    settings, database = ready
    with database.connect("pipeline") as connection:
        connection.execute("update ml.forecasts set model_name = 'prophet'")
    with pytest.raises(ShelfcastError, match="champion prophet has no backtest errors"):
        recommend(settings, database, "r9")


PRICE = 2.5


@pytest.fixture
def in_pieces(ready):
    """The place with sales and forecasts of whole pieces at 2.50 each; the money of its weeks is as before."""
    settings, database = ready
    with database.connect("pipeline") as connection:
        connection.execute(
            "insert into raw.retailer values (1, %s, 'l')", [Retailer(forecast_unit="units").model_dump_json()]
        )
        connection.execute(
            "update raw.raw_sales set weekly_sales = round(weekly_sales / %s), "
            "weekly_amount = %s * round(weekly_sales / %s)",
            [PRICE] * 3,
        )
        connection.execute(
            "update ml.forecasts set unit_name = 'units', predicted_sales = predicted_sales / %s", [PRICE]
        )
        scaled = ", ".join(f"{name} = {name} / {PRICE}" for name in ("predicted_sales", "actual_sales", "scale_amount"))
        connection.execute(f"update ml.backtest_errors set {scaled}")
    yield settings, database
    with database.connect("pipeline") as connection:
        connection.execute("delete from raw.retailer")
        connection.execute("update raw.raw_sales set weekly_sales = weekly_amount, weekly_amount = null")
        connection.execute(f"update ml.backtest_errors set {scaled.replace('/', '*')}")


def test_where_pieces_are_forecast_counts_are_pieces_and_orders_are_pieces_times_their_price(in_pieces):
    settings, database = in_pieces
    _publish_stock(
        database,
        (1, 10, LAST_WEEK, 36.0, 4.0, LAST_WEEK + dt.timedelta(weeks=1), None, None),
        (2, 10, LAST_WEEK, 36.0, 0.0, None, 4.0, None),
    )
    recommend(settings, database, "u1")
    frame = read(database).set_index(["store_id", "dept_id"])
    counted = frame.loc[(1, 10)]
    assert counted[["current_stock", "current_stock_units", "on_order_units"]].tolist() == [90.0, 36.0, 4.0]
    assert counted[["unit_name", "unit_price", "price_source"]].tolist() == ["units", PRICE, "sales"]
    assert frame.loc[(2, 10), ["current_stock", "unit_price", "price_source"]].tolist() == [144.0, 4.0, "stock"]
    assert (frame["order_quantity"] == frame["order_quantity_pieces"] * frame["unit_price"]).all()
    assert (frame["order_quantity_pieces"] % frame["pack_size_units"] == 0).all()
    assert (frame["order_quantity"] > 0).any()
    # Simulated stock is whole pieces too.
    assert (frame["current_stock_units"] % 1 == 0).all()
    assert recommend(settings, database, "u2").change.total == 0


def test_pieces_at_one_price_lead_to_the_levels_of_their_money(in_pieces):
    settings, database = in_pieces
    recommend(settings, database, "u3")
    pieces = read(database)
    with database.connect("pipeline") as connection:
        connection.execute("update raw.retailer set settings = %s", [Retailer().model_dump_json()])
        connection.execute("update raw.raw_sales set weekly_sales = weekly_amount")
        connection.execute(
            "update ml.forecasts set unit_name = 'amount', predicted_sales = predicted_sales * %s", [PRICE]
        )
        for name in ("predicted_sales", "actual_sales", "scale_amount"):
            connection.execute(f"update ml.backtest_errors set {name} = {name} * {PRICE}")
    recommend(settings, database, "u4")
    money = read(database)
    with database.connect("pipeline") as connection:
        for name in ("predicted_sales", "actual_sales", "scale_amount"):
            connection.execute(f"update ml.backtest_errors set {name} = {name} / {PRICE}")
    for name in ("reorder_point", "order_up_to_level", "avg_daily_demand", "demand_volatility"):
        # Pieces are whole, money is not: a level may differ by less than what one piece is worth.
        assert pieces[name].to_numpy() == pytest.approx(money[name].to_numpy(), abs=PRICE)
    reorder_pieces = pieces["reorder_point"].to_numpy() / PRICE
    assert reorder_pieces == pytest.approx(np.round(reorder_pieces), abs=0.01)
    assert set(money["unit_name"]) == {"amount"}
    assert money["order_quantity_pieces"].isna().all()


def test_prices_are_the_middle_of_thirteen_weeks_and_know_nothing_later(in_pieces):
    _, database = in_pieces
    week = LAST_WEEK - dt.timedelta(weeks=20)
    pairs = pd.DataFrame({"store_id": [1, 1, 2], "dept_id": [1, 2, 1]})
    with database.connect("pipeline") as connection:
        # One faulty week, one without money, and another price in all that is later.
        connection.execute("update raw.raw_sales set weekly_amount = 1e9 where dept_id = 1 and sale_date = %s", [week])
        connection.execute("update raw.raw_sales set weekly_amount = 0 where dept_id = 2 and sale_date <= %s", [week])
        connection.execute("update raw.raw_sales set weekly_amount = 9 * weekly_sales where sale_date > %s", [week])
    try:
        with database.snapshot("reader") as snapshot:
            then, now = (read_prices(snapshot, day, is_in_units=True).of(pairs) for day in (week, LAST_WEEK))
    finally:
        with database.connect("pipeline") as connection:
            connection.execute("update raw.raw_sales set weekly_amount = %s * weekly_sales", [PRICE])
    assert (then.unit_price.tolist(), then.source.tolist()) == ([2.5, 1.0, 2.5], ["sales", "assumed", "sales"])
    assert now.unit_price.tolist() == [9.0, 9.0, 9.0]


def test_forecasts_in_another_unit_than_the_sales_are_to_be_made_again(in_pieces):
    settings, database = in_pieces
    with database.connect("pipeline") as connection:
        connection.execute("update ml.forecasts set unit_name = 'amount'")
    with pytest.raises(ShelfcastError, match=r"forecasts are in another unit.*Run `shelfcast forecast` first"):
        recommend(settings, database, "u5")


def test_policies_name_codes_and_a_code_that_is_not_known_is_told(ready):
    settings, database = ready
    rows = [("default", None, None, None, 0.95), ("milk", None, "002", "P5", 0.9), ("slip", None, None, "P155", 0.9)]
    _publish_policies(database, rows)
    report = recommend(settings, database, "u6")
    frame = read(database).set_index(["store_id", "dept_id"])
    assert (frame["policy_id"] == "milk").sum() == 1
    assert frame.loc[(2, 5), ["policy_id", "service_level"]].tolist() == ["milk", 0.9]
    assert "Policy slip names product_code P155, which the data do not have. Did you mean P15?" in str(report)
