"""The window features on Spark: worked by hand, against pandas, and against a changed future."""

import datetime as dt
import math
import random

import pandas as pd
import pyarrow as pa
import pytest

from retailers import WALMART
from spark_jobs.features.calendar import calendar_week, weeks_between
from spark_jobs.features.covariates import MARKDOWNS, known_covariates
from spark_jobs.features.job import FEATURE_TYPES, engineer_features
from warehouse.calendar import Calendar

CALENDAR = Calendar.of(WALMART)
WEEK = dt.timedelta(days=7)
FIRST = dt.date(2010, 2, 5)
SALES = pa.schema(
    {
        "store_id": pa.int32(),
        "dept_id": pa.int32(),
        "sale_date": pa.date32(),
        "weekly_sales": pa.float64(),
        "is_holiday": pa.bool_(),
    }
)
STORES = pa.schema({"store_id": pa.int32(), "store_type": pa.string(), "size_sqft": pa.int32()})
EXTERNAL = pa.schema(
    {
        "store_id": pa.int32(),
        "feature_date": pa.date32(),
        **dict.fromkeys(("temperature", "fuel_price", *MARKDOWNS, "cpi", "unemployment"), pa.float64()),
        "is_holiday": pa.bool_(),
    }
)


def week(number: int, first: dt.date = FIRST) -> dt.date:
    """Returns the Friday of a week of the test data, counted from 1."""
    return first + (number - 1) * WEEK


def series(values, store=1, dept=1, first=FIRST) -> list[dict]:
    """Returns rows of sales, one a week; None leaves the week out."""
    dated = ((week(number, first), value) for number, value in enumerate(values, start=1))
    return [
        {
            "store_id": store,
            "dept_id": dept,
            "sale_date": day,
            "weekly_sales": float(value),
            "is_holiday": CALENDAR.holiday_of(day) is not None,
        }
        for day, value in dated
        if value is not None
    ]


def weather(store=1, weeks=10, first=FIRST, **columns) -> list[dict]:
    """Returns rows of covariates, one a week; a column is given as a list of values or left unknown."""
    known = {name: dict(enumerate(values, start=1)) for name, values in columns.items()}
    return [
        {"store_id": store, "feature_date": week(number, first), "is_holiday": False}
        | {name: values.get(number) for name, values in known.items()}
        for number in range(1, weeks + 1)
    ]


@pytest.fixture(scope="module")
def engineer(spark):
    """Returns features by series and week, out of rows of the three inputs."""

    def run(sales, external=(), stores=({"store_id": 1, "store_type": "A", "size_sqft": 1000},)):
        tables = ((sales, SALES), (stores, STORES), (external, EXTERNAL))
        frames = [spark.createDataFrame(pa.Table.from_pylist(list(rows), schema=schema)) for rows, schema in tables]
        rows = engineer_features(*frames, CALENDAR).toArrow().to_pylist()
        return {(row["store_id"], row["dept_id"], row["feature_date"]): row for row in rows}

    return run


def test_a_series_of_eight_weeks_with_a_gap_gives_the_features_worked_by_hand(engineer):
    rows = engineer(series([10, 20, None, 40, 50, 60, 70, 80]))
    assert sorted(day for _, _, day in rows) == [week(number) for number in range(1, 10)]
    names = ("sales_lag_1", "sales_lag_2", "sales_lag_4", "sales_lag_8", "rolling_mean_4", "rolling_mean_13")
    names += ("rolling_std_4", "rolling_min_4", "rolling_max_4", "weeks_observed", "weekly_sales")
    by_hand = {
        1: (None, None, None, None, None, None, None, None, None, 0, 10.0),
        2: (10.0, None, None, None, 10.0, 10.0, None, 10.0, 10.0, 1, 20.0),
        3: (20.0, 10.0, None, None, 15.0, 15.0, math.sqrt(50), 10.0, 20.0, 2, None),
        4: (None, 20.0, None, None, 15.0, 15.0, math.sqrt(50), 10.0, 20.0, 2, 40.0),
        5: (40.0, None, 10.0, None, 70 / 3, 70 / 3, math.sqrt(700 / 3), 10.0, 40.0, 3, 50.0),
        6: (50.0, 40.0, 20.0, None, 110 / 3, 30.0, math.sqrt(700 / 3), 20.0, 50.0, 4, 60.0),
        7: (60.0, 50.0, None, None, 50.0, 36.0, 10.0, 40.0, 60.0, 5, 70.0),
        8: (70.0, 60.0, 40.0, None, 55.0, 250 / 6, math.sqrt(500 / 3), 40.0, 70.0, 6, 80.0),
        9: (80.0, 70.0, 50.0, 10.0, 65.0, 330 / 7, math.sqrt(500 / 3), 50.0, 80.0, 7, None),
    }
    for number, expected in by_hand.items():
        row = rows[1, 1, week(number)]
        assert [row[name] for name in names] == pytest.approx(list(expected)), f"week {number}"


def test_every_series_runs_from_its_own_first_week_to_one_week_beyond_the_last_of_all(engineer):
    stopped, late = series([1, 2, 3], dept=1), series([7, 8], dept=2, first=week(5))
    rows = engineer(stopped + late)
    assert [day for _, dept, day in sorted(rows) if dept == 1] == [week(number) for number in range(1, 8)]
    assert [day for _, dept, day in sorted(rows) if dept == 2] == [week(5), week(6), week(7)]
    assert [rows[1, 1, week(number)]["weekly_sales"] for number in range(4, 8)] == [None] * 4
    assert rows[1, 1, week(7)]["rolling_mean_4"] == 3.0
    assert rows[1, 1, week(7)]["sales_lag_4"] == 3.0


def test_a_calendar_missing_after_the_last_known_week_of_one_store_does_not_end_another(engineer):
    stores = [{"store_id": store, "store_type": "B", "size_sqft": 500 * store} for store in (1, 2)]
    rows = engineer(series([1], store=1) + series([1, 2, 3], store=2), stores=stores)
    assert len([key for key in rows if key[0] == 1]) == 4
    assert {row["size_normalized"] for key, row in rows.items() if key[0] == 1} == {0.5}
    assert {row["size_normalized"] for key, row in rows.items() if key[0] == 2} == {1.0}


def test_sales_of_last_year_come_from_the_same_holiday(engineer):
    aligned = {
        "2011-11-25": "2010-11-26",  # Thanksgiving
        "2011-12-30": "2010-12-31",  # Christmas
        "2013-11-29": "2012-11-23",  # Thanksgiving, 53 weeks later
        "2013-12-06": "2012-11-30",  # the week after it
        "2013-10-11": "2012-10-12",
    }
    days = list(weeks_between(FIRST, dt.date(2014, 1, 3)))
    rows = engineer(series(range(len(days))))
    found = {friday: rows[1, 1, dt.date.fromisoformat(friday)]["sales_last_year_aligned"] for friday in aligned}
    assert found == {friday: days.index(dt.date.fromisoformat(source)) for friday, source in aligned.items()}
    assert rows[1, 1, dt.date(2013, 11, 29)]["sales_lag_52"] == days.index(dt.date(2012, 11, 30))


def test_flags_of_a_week_without_sales_come_from_the_calendar(engineer):
    rows = engineer(series([5, None], first=dt.date(2011, 11, 18)) + series([5], dept=2, first=week(94)))
    thanksgiving = rows[1, 1, dt.date(2011, 11, 25)]
    expected = calendar_week(CALENDAR, dt.date(2011, 11, 25))
    assert thanksgiving["is_holiday"] is True
    for name in ("week_of_year", "month", "quarter", "is_month_start", "days_to_holiday", "holiday_name"):
        assert thanksgiving[name] == getattr(expected, name)


def test_covariates_are_those_of_the_week_before_and_change_against_the_week_before_that(engineer):
    covariates = weather(
        weeks=4, temperature=[40, 50, 60, 99], fuel_price=[2.0, 2.5, 2.25], cpi=[200, 201, 203], unemployment=[8, 8, 7]
    )
    rows = engineer(series([1, 1, 1]), covariates)
    second, fourth = rows[1, 1, week(2)], rows[1, 1, week(4)]
    assert rows[1, 1, week(1)]["temperature"] is None
    assert (second["temperature"], second["temperature_deviation"], second["fuel_price_change"]) == (40, None, None)
    assert (fourth["temperature"], fourth["temperature_deviation"]) == (60, 15)
    assert (fourth["fuel_price"], fourth["fuel_price_change"]) == (2.25, -0.25)
    assert (fourth["cpi"], fourth["cpi_change"]) == (203, 2)
    assert (fourth["unemployment"], fourth["unemployment_change"]) == (7, -1)


def test_a_week_that_the_covariates_skip_leaves_the_change_unknown(spark):
    rows = [row for row in weather(weeks=3, cpi=[1, 2, 3]) if row["feature_date"] != week(2)]
    known = known_covariates(spark.createDataFrame(pa.Table.from_pylist(rows, schema=EXTERNAL))).collect()
    assert {row["feature_date"]: (row["cpi"], row["cpi_change"]) for row in known} == {
        week(2): (1, None),
        week(4): (3, None),
    }


def test_markdowns_are_unknown_before_the_first_recorded_one_and_none_where_missing_from_then_on(engineer):
    first = dt.date(2011, 10, 21)
    covariates = weather(
        weeks=5, first=first, markdown_1=[None, 5, None, 100, -20], markdown_4=[None, None, None, 50, 20]
    )
    rows = engineer(series([1] * 5, first=first), covariates)
    names = ("total_markdown", "has_markdown", "markdown_count")
    found = {day: tuple(row[name] for name in names) for (_, _, day), row in rows.items()}
    assert found == {
        dt.date(2011, 10, 21): (None, None, None),
        dt.date(2011, 10, 28): (None, None, None),
        dt.date(2011, 11, 4): (5.0, True, 1),  # reads the week of 28 October
        dt.date(2011, 11, 11): (0.0, False, 0),  # reads the week of 4 November
        dt.date(2011, 11, 18): (150.0, True, 2),
        dt.date(2011, 11, 25): (0.0, True, 2),
    }


def history(seed: int, weeks: int = 118) -> tuple[list[dict], list[dict]]:
    """Returns sales of six series with gaps, late starts and an early end, and covariates of their stores."""
    noise = random.Random(seed)
    sales = []
    for store in (1, 2):
        for dept in (1, 2, 3):
            known = range(noise.randint(0, 30), weeks if dept < 3 else weeks - 25)
            values = [noise.gauss(1000, 300) if n in known and noise.random() > 0.1 else None for n in range(weeks)]
            sales += series(values, store, dept)
    columns = ("temperature", "fuel_price", "cpi", "unemployment", *MARKDOWNS)
    external = []
    for store in (1, 2):
        random_columns = {name: [noise.gauss(50, 9) for _ in range(weeks)] for name in columns}
        external += weather(store, weeks, **random_columns)
    return sales, external


TWO_STORES = [
    {"store_id": 1, "store_type": "A", "size_sqft": 1500},
    {"store_id": 2, "store_type": "C", "size_sqft": 500},
]


LABELS = ("weekly_sales", "is_holiday")
"""What the sales file says of a week itself: not known before it began."""


def knowledge(rows, origin) -> dict[tuple, str]:
    """Returns rows that are known at an origin, written out digit for digit; the next week's without its labels."""
    return {
        key: repr({name: value for name, value in row.items() if key[2] <= origin or name not in LABELS})
        for key, row in rows.items()
        if key[2] <= origin + WEEK
    }


def noise_after(origin, rows, date_name) -> list[dict]:
    """Returns rows of which nothing after an origin is left but keys and dates; some weeks are gone altogether."""
    noise = random.Random(7)

    def other(name, value):
        if name in (date_name, "store_id", "dept_id"):
            return value
        if isinstance(value, bool):
            return noise.random() < 0.5
        return noise.gauss(0, 1e9) if name == "weekly_sales" or noise.random() < 0.8 else None

    last = max(row[date_name] for row in rows)
    kept = [row for row in rows if row[date_name] <= origin or row[date_name] == last or noise.random() < 0.9]
    return [
        row if row[date_name] <= origin else {name: other(name, value) for name, value in row.items()} for row in kept
    ]


@pytest.fixture(scope="module")
def two_stores(engineer):
    """Sales and covariates of two stores, and their features."""
    sales, external = history(seed=1)
    return sales, external, engineer(sales, external, TWO_STORES)


@pytest.mark.parametrize("number", [96, 110])
def test_noise_after_the_origin_leaves_every_feature_known_at_it_identical_bit_for_bit(engineer, two_stores, number):
    sales, external, before = two_stores
    origin = week(number)
    noisy = noise_after(origin, sales, "sale_date"), noise_after(origin, external, "feature_date")
    after = engineer(*noisy, TWO_STORES)
    assert len([key for key in before if key[2] == origin + WEEK]) == 6
    assert all(set(row) == set(FEATURE_TYPES) for row in before.values())
    assert knowledge(after, origin) == knowledge(before, origin)
    assert knowledge(after, origin + WEEK) != knowledge(before, origin + WEEK)
    # The check can fail: a window that holds its own week is noticed.
    leaking = (
        {key: row | {"rolling_min_4": row["weekly_sales"]} for key, row in rows.items()} for rows in (before, after)
    )
    assert len({repr(sorted(knowledge(rows, origin).items())) for rows in leaking}) == 2


@pytest.mark.parametrize("weeks", [1, 2])
def test_covariates_after_the_origin_may_move_by_weeks_and_move_no_feature_known_at_it(engineer, two_stores, weeks):
    sales, external, before = two_stores
    origin = week(100)
    moved = [
        row if row["feature_date"] <= origin else row | {"feature_date": row["feature_date"] + weeks * WEEK}
        for row in external
    ]
    after = engineer(sales, moved, TWO_STORES)
    assert knowledge(after, origin) == knowledge(before, origin)
    assert knowledge(after, origin + WEEK) != knowledge(before, origin + WEEK)


def test_data_that_end_at_the_origin_give_the_same_features_as_data_that_go_on(engineer):
    sales, external = history(seed=2)
    origin = week(100)
    known = [row for row in sales if row["sale_date"] <= origin]
    reported = [row for row in external if row["feature_date"] <= origin]
    assert knowledge(engineer(known, reported, TWO_STORES), origin) == {
        key: text
        for key, text in knowledge(engineer(sales, external, TWO_STORES), origin).items()
        if any((row["store_id"], row["dept_id"]) == key[:2] for row in known)
    }


def test_lags_and_windows_agree_with_an_independent_computation(engineer):
    sales, external = history(seed=3)
    rows = engineer(sales, external, TWO_STORES)
    for key, known in pd.DataFrame(sales).groupby(["store_id", "dept_id"]):
        days = [day for store, dept, day in sorted(rows) if (store, dept) == key]
        label = known.set_index("sale_date")["weekly_sales"].reindex(days)
        past = label.shift(1)
        expected = {
            "sales_lag_52": label.shift(52),
            "rolling_mean_4": past.rolling(4, min_periods=1).mean(),
            "rolling_mean_13": past.rolling(13, min_periods=1).mean(),
            "rolling_mean_52": past.rolling(52, min_periods=1).mean(),
            "rolling_std_4": past.rolling(4, min_periods=2).std(),
            "rolling_std_13": past.rolling(13, min_periods=2).std(),
            "rolling_min_4": past.rolling(4, min_periods=1).min(),
            "rolling_max_4": past.rolling(4, min_periods=1).max(),
            "weeks_observed": past.expanding().count(),
        }
        for name, values in expected.items():
            found = pd.Series([rows[(*key, day)][name] for day in days], index=days, dtype=float)
            pd.testing.assert_series_equal(found, values.astype(float), check_names=False, rtol=1e-9)


def test_the_columns_are_those_of_the_table(database):
    columns = database.read_frame(
        "pipeline",
        "select column_name, data_type from information_schema.columns "
        "where table_schema = 'features' and table_name = 'engineered_features'",
    )
    sql_types = {"int": "integer", "double": "double precision", "string": "text"}
    expected = {name: sql_types.get(kind, kind) for name, kind in FEATURE_TYPES.items()}
    found = dict(columns.itertuples(index=False, name=None))
    assert found == expected | {"run_id": "text", "created_at": "timestamp with time zone"}
