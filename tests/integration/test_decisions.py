"""Decisions of people in the database: written once, complete, by a role that may do nothing else."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pandas as pd
import psycopg
import pytest

from flows.exports.orders import export_orders
from ml.inventory.decisions import Decision, Seen, record
from warehouse import embedded
from warehouse.database import Database
from warehouse.errors import ShelfcastError, UsageError
from warehouse.opening import open_database

WEEK = dt.date(2012, 10, 26)
STORE = 7001
KEY = f"{STORE}-1-20121026"
OVERRIDE = Decision("override", STORE, 1, "Ana", 1250.0, reason="strike")
_RECOMMENDATIONS = """
insert into ml.inventory_recommendations
(recommendation_id, store_id, dept_id, recommendation_date, current_stock, stock_source, on_order, stock_position,
 avg_daily_demand, demand_volatility, lead_time_weeks, review_period_weeks, service_level, reorder_point, safety_stock,
 order_up_to_level, order_quantity, stockout_probability, status, expected_lost_margin, holding_cost, value_at_risk,
 review_reason, pack_size, minimum_order, unit_price, order_quantity_pieces, run_id)
select
    concat(store, '-', dept, '-20121026'), store, dept, date '2012-10-26', 100, 'simulated', 0, 100, 20, 5, 2, 1, 0.95,
    500, 80, 700, 600, 0.9, 'critical', 30, 1, 40, reason, 50, 120, 2.5, 240, 'r'
from (values (7001, 1, 'large_order'), (7001, 2, '')) as pairs (store, dept, reason)
"""


@pytest.fixture
def shop(database: Database):
    """The shared database with two recommendations; decisions on them stay, as they must."""
    with database.connect("pipeline") as connection:
        connection.execute("delete from raw.store_attributes where store_id = %s", [STORE])
        connection.execute(
            "insert into raw.store_attributes (store_id, store_code, store_type, size_sqft, load_id) "
            "values (%s, 'Nord', 'A', 1, 'x')",
            [STORE],
        )
        connection.execute(_RECOMMENDATIONS)
    yield database
    with database.connect("pipeline") as connection:
        connection.execute("delete from raw.store_attributes where store_id = %s", [STORE])


def rows(database: Database, dept: int):
    return database.read_frame(
        "pipeline",
        "select * from ops.decisions where store_id = %(store)s and dept_id = %(dept)s order by decision_id",
        {"store": STORE, "dept": dept},
    )


def test_a_decision_is_written_with_what_was_recommended_at_that_moment(shop) -> None:
    made = record(shop, OVERRIDE)
    recommended = made.recommended
    assert (made.is_new, recommended.recommendation_id, recommended.decision_date) == (
        True,
        f"{STORE}-1-20121026",
        WEEK,
    )
    row = rows(shop, 1).iloc[-1]
    assert (row["order_quantity"], row["reason"], row["decided_by"]) == (1250.0, "strike", "Ana")
    seen = row[["recommended_quantity", "recommended_status", "review_reason", "recommendation_date"]]
    assert seen.tolist() == [600.0, "critical", "large_order", WEEK]


def test_the_order_that_goes_out_is_kept_in_whole_packs_and_pieces(shop) -> None:
    for decision in (replace(OVERRIDE, quantity=1010.0), Decision("approve", STORE, 1, "Ana")):
        record(shop, decision)
    snoozed = Decision("snooze", STORE, 1, "Ana", until=dt.date(2012, 11, 2))
    assert record(shop, snoozed).effective_amount == 0
    kept = rows(shop, 1)[["order_quantity", "effective_quantity", "effective_pieces"]].tail(3)
    assert kept.fillna(-1).to_numpy().tolist() == [[1010, 1050, 420], [-1, 600, 240], [-1, 0, 0]]


def test_the_same_decision_twice_in_a_row_adds_nothing(shop) -> None:
    pair = replace(OVERRIDE, dept_id=2, reason="twice")
    approve = Decision("approve", STORE, 2, "Ana")
    made = [record(shop, decision).is_new for decision in (pair, pair, approve, approve, pair)]
    assert made == [True, False, True, False, True]
    with shop.connect("pipeline") as connection:
        connection.execute(
            "update ml.inventory_recommendations set order_quantity = 650 where store_id = %s and dept_id = 2", [STORE]
        )
    assert record(shop, pair).is_new, "another order was recommended in between"
    assert rows(shop, 2)["recommended_quantity"].tolist()[-1] == 650


def test_a_decision_on_what_was_replaced_meanwhile_is_refused_with_who_what_and_when(shop) -> None:
    ana = Decision("approve", STORE, 1, "Ana", reason="first")
    first = record(shop, ana)
    moment = rows(shop, 1)["created_at"].iloc[-1].to_pydatetime()
    looked = Seen(first.recommended.recommendation_id, first.recommended.order_amount, moment)
    ben = record(shop, replace(OVERRIDE, decided_by="Ben", reason="a fair"), looked)
    assert (ben.is_new, ben.replaced.decided_by, ben.replaced.kind) == (True, "Ana", "approve")
    count = len(rows(shop, 1))
    with pytest.raises(ShelfcastError, match=r"Since you looked, Ben overrode it at .* UTC: 1,250(\.00)? goes out"):
        record(shop, replace(ana, reason="second"), looked)
    with pytest.raises(ShelfcastError, match="Since you looked, Ben"):
        record(shop, replace(ana, reason="second"), replace(looked, decided_at=None))
    assert len(rows(shop, 1)) == count
    again = record(shop, replace(OVERRIDE, decided_by="Ben", reason="a fair"), looked)
    assert not again.is_new, "a second click"
    assert record(shop, replace(ana, reason="blind")).replaced.decided_by == "Ben"


def test_of_two_decisions_in_the_same_moment_the_second_sees_the_first(shop) -> None:
    first = Decision("approve", STORE, 1, "Ana", reason="in the same moment")
    key = record(shop, first).recommended.recommendation_id
    looked = Seen(key, 600.0, rows(shop, 1)["created_at"].iloc[-1].to_pydatetime())
    with ThreadPoolExecutor() as pool, shop.connect("planner") as connection:
        connection.execute("select is_only from ops.decision_turn for update")
        second = pool.submit(record, shop, replace(first, decided_by="Cleo"), looked)
        with pytest.raises(TimeoutError):
            second.result(timeout=0.5)
        insert = (
            "insert into ops.decisions (recommendation_id, decision, decided_by, effective_quantity) "
            "values (%s, 'approve', 'Ben', 600)"
        )
        connection.execute(insert, [key])
        connection.commit()
        with pytest.raises(ShelfcastError, match="Since you looked, Ben approved it"):
            second.result(timeout=60)


def test_a_decision_that_waits_for_its_turn_is_on_what_a_run_has_published_meanwhile(shop) -> None:
    approve = Decision("approve", STORE, 1, "Ana", reason="after a run")
    with ThreadPoolExecutor() as pool, shop.connect("planner") as connection:
        connection.execute("select is_only from ops.decision_turn for update")
        looked = Seen(KEY, 600.0, dt.datetime.now(dt.UTC))
        seeing, blind = (
            pool.submit(record, shop, approve, looked),
            pool.submit(record, shop, replace(approve, dept_id=2)),
        )
        with pytest.raises(TimeoutError):
            blind.result(timeout=0.5)
        with shop.connect("pipeline") as run:
            run.execute("update ml.inventory_recommendations set order_quantity = 650 where store_id = %s", [STORE])
        connection.commit()
        with pytest.raises(ShelfcastError, match=r"a run has recommended 650\.00 instead of 600\.00"):
            seeing.result(timeout=60)
        assert blind.result(timeout=60).effective_amount == rows(shop, 2)["effective_quantity"].iloc[-1] == 650


@pytest.mark.parametrize("role", ["reader", "agent", "analyst"])
def test_no_other_role_keeps_people_from_deciding(shop, role) -> None:
    with shop.connect(role) as connection:
        with pytest.raises(psycopg.Error, match=r"permission denied|read-only"):
            connection.execute("select is_only from ops.decision_turn for update")
        connection.rollback()
        connection.execute("set default_transaction_read_only = off")
        for mode in ("row share", "exclusive"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"lock table ops.decision_turn in {mode} mode")
            connection.rollback()


def test_a_decision_on_an_order_that_a_run_has_replaced_is_refused(shop) -> None:
    with pytest.raises(ShelfcastError, match=r"a run has recommended 600\.00 instead of 640\.00"):
        record(shop, Decision("approve", STORE, 1, "Ana", reason="old"), Seen(KEY, 640.0, dt.datetime.now(dt.UTC)))
    with pytest.raises(ShelfcastError, match="has recommended an order for the week of 2012-10-26"):
        record(shop, Decision("approve", STORE, 1, "Ana", reason="old"), Seen(f"{STORE}-1-20121019", 600.0, None))


@pytest.mark.parametrize(
    ("decision", "kind", "sentence"),
    [
        (replace(OVERRIDE, dept_id=9), ShelfcastError, "product 9 has no recommendation for the week of 2012-10-26"),
        (Decision("snooze", STORE, 1, "Ana", until=WEEK), UsageError, "the decision week is that of 2012-10-26"),
        (Decision("snooze", STORE, 1, "Ana", until=dt.date(2030, 1, 1)), UsageError, "2013-10-25 at the latest"),
        (replace(OVERRIDE, quantity=-1.0), UsageError, "cannot be placed"),
    ],
)
def test_what_cannot_be_decided_is_refused_and_nothing_is_written(shop, decision, kind, sentence) -> None:
    before = len(rows(shop, 1))
    with pytest.raises(kind, match=sentence):
        record(shop, decision)
    assert len(rows(shop, 1)) == before


@pytest.mark.parametrize(
    "statement", ["update ops.decisions set reason = 'other'", "delete from ops.decisions", "truncate ops.decisions"]
)
def test_nobody_changes_a_decision_not_even_the_owner(shop, statement) -> None:
    record(shop, OVERRIDE)
    with (
        shop.connect("pipeline") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"),
    ):
        connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "update ops.decisions set reason = 'other'",
        "delete from ops.decisions",
        "insert into ops.decisions (recommendation_id, decision, decided_by, created_at) "
        "values ('7001-1-20121026', 'approve', 'Ana', '2001-01-01')",
        "insert into ops.decisions (recommendation_id, decision, decided_by, recommended_quantity) "
        "values ('7001-1-20121026', 'approve', 'Ana', 0)",
        "update ml.inventory_recommendations set order_quantity = 0",
        "select * from raw.raw_sales",
        "select * from ml.forecasts",
        "select * from ops.pipeline_runs",
        "select * from ops.purchase_orders",
        "delete from ops.purchase_orders",
        "create table ops.mine (a int)",
        "create table public.mine (a int)",
        "alter table ops.decisions disable trigger all",
    ],
)
def test_the_planner_can_do_nothing_but_add_decisions(shop, statement) -> None:
    with shop.connect("planner") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


def test_a_decision_on_nothing_is_refused_by_the_database_itself(shop) -> None:
    insert = "insert into ops.decisions (recommendation_id, decision, decided_by) values ('none', 'approve', 'Ana')"
    with shop.connect("planner") as connection, pytest.raises(psycopg.errors.ForeignKeyViolation):
        connection.execute(insert)


def test_a_home_from_before_the_planner_gets_the_role_when_it_is_opened(database, settings) -> None:
    with database.connect("pipeline") as connection:
        connection.execute("revoke all on ops.decisions from planner")
    (settings.home / "postgres" / "shelfcast_ready").write_text("")
    embedded.start(settings)
    opened = open_database(settings)
    assert "planner" in (settings.home / "postgres" / "shelfcast_ready").read_text().split()
    may = "select has_column_privilege('ops.decisions', 'reason', 'insert') as may"
    assert opened.read_frame("planner", may)["may"].item()


def test_orders_go_out_as_people_decided_and_a_second_export_changes_nothing(finished_run, shelfcast, tmp_path) -> None:
    warehouse = open_database(finished_run)
    first = "select * from marts.fct_orders where is_latest order by effective_order_amount desc, recommendation_id"
    pair = warehouse.read_frame("pipeline", first).iloc[0]
    store, dept = int(pair["store_id"]), int(pair["dept_id"])
    words = ("decide", "override", str(store), str(dept), "--quantity", "1", "--reason", "a test", "--by", "Ana")
    ended = shelfcast(finished_run, *words)
    assert ended.returncode == 0, ended.stderr
    assert f"Store {store}, department {dept}" in ended.stdout
    report = export_orders(warehouse, tmp_path, None, "one")
    week = tmp_path / str(pair["decision_date"])
    file = week / f"orders-{store}-{pair['decision_date']}.csv"
    row = pd.read_csv(file).set_index("product_code").loc[dept]
    assert (row["order_amount"], row["decision"], row["decided_by"]) == (100.0, "overridden", "Ana")
    before = {path.name: path.read_bytes() for path in week.iterdir()}
    again = export_orders(warehouse, tmp_path, None, "two")
    assert {path.name: path.read_bytes() for path in week.iterdir()} == before
    assert (report.new, again.new, again.changed, again.withdrawn) == (report.orders, 0, 0, 0)
    assert (report.files_changed, again.files_changed) == (report.stores, 0)
    record(warehouse, Decision("override", store, dept, "Ben", 1.0, reason="the same amount"))
    assert export_orders(warehouse, tmp_path, None, "two").files_changed == 1
    record(warehouse, Decision("snooze", store, dept, "Ana", until=pair["decision_date"] + dt.timedelta(weeks=1)))
    last = export_orders(warehouse, tmp_path, None, "three")
    assert (last.orders, last.withdrawn, last.snoozed) == (report.orders - 1, 1, 1)
    assert dept not in pd.read_csv(file)["product_code"].tolist()
    known = warehouse.read_frame(
        "pipeline",
        "select order_quantity, run_id from ops.purchase_orders where order_id = %(id)s",
        {"id": pair["recommendation_id"]},
    )
    assert known.to_numpy().tolist() == [[0.0, "three"]]


def test_a_week_without_recommendations_has_no_orders(finished_run, tmp_path) -> None:
    with pytest.raises(ShelfcastError, match=r"for the week of 2001-01-05. Decision weeks end on a Friday"):
        export_orders(open_database(finished_run), tmp_path, dt.date(2001, 1, 5), "r")
    assert list(tmp_path.iterdir()) == []
