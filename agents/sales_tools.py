"""Tools of the anomaly agent: recent sales and unusual weeks."""

from collections.abc import Mapping, Sequence
from typing import Any

from agents.marts import about, change, mean_of, rounded_amount, select, week_text
from agents.quoting import quote_data, safe_name
from agents.records import Facts
from warehouse.conventions import RECENT_WEEKS, YEAR_WEEKS
from warehouse.database import Database

MAXIMUM_WEEKS = 26
MAXIMUM_ANOMALIES = 5


def query_recent_sales(database: Database, store_id: int, dept_id: int, weeks: int = 8) -> Facts:
    """Returns the last weeks of sales beside the weeks before them and the same weeks of last year."""
    weeks = min(max(int(weeks), 1), MAXIMUM_WEEKS)
    rows = select(
        database,
        """
        select sales.week_date, sales.sales_quantity, sales.sales_last_year_quantity, sales.is_return_week,
            sales.markdown_amount, weeks.holiday_name
        from marts.fct_weekly_sales as sales
        left join marts.dim_weeks as weeks on sales.week_date = weeks.week_date
        where sales.store_id = %(store_id)s and sales.dept_id = %(dept_id)s
            and sales.sales_quantity is not null
        order by sales.week_date desc
        limit %(limit)s
        """,
        {"store_id": store_id, "dept_id": dept_id, "limit": 2 * weeks},
    )
    facts = about(store_id, dept_id, bool(rows))
    return {**facts, **_recent_sales(rows[:weeks], rows[weeks:], weeks)} if rows else facts


def _recent_sales(rows: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]], weeks: int) -> Facts:
    last = rows[0]
    mean, mean_before = mean_of(rows, "sales_quantity"), mean_of(before, "sales_quantity")
    compared = [row for row in rows if row["sales_last_year_quantity"] is not None]
    return {
        "window_weeks": weeks,
        "last_week_date": week_text(last["week_date"]),
        "last_week_sales_quantity": rounded_amount(last["sales_quantity"]),
        "last_week_last_year_sales_quantity": rounded_amount(last["sales_last_year_quantity"]),
        "last_week_change_on_last_year_percent": change(last["sales_quantity"], last["sales_last_year_quantity"]),
        "mean_sales_quantity": rounded_amount(mean),
        "mean_sales_of_weeks_before_quantity": rounded_amount(mean_before),
        "change_on_weeks_before_percent": change(mean, mean_before),
        "change_on_last_year_percent": change(
            mean_of(compared, "sales_quantity"), mean_of(compared, "sales_last_year_quantity")
        ),
        "return_week_count": sum(1 for row in rows if row["is_return_week"]),
        "markdown_total_amount": rounded_amount(sum(row["markdown_amount"] or 0.0 for row in rows)),
        "weeks": [
            {
                "week_date": week_text(row["week_date"]),
                "sales_quantity": rounded_amount(row["sales_quantity"]),
                "last_year_sales_quantity": rounded_amount(row["sales_last_year_quantity"]),
                "holiday_name": safe_name(row["holiday_name"]),
            }
            for row in reversed(rows)
        ],
    }


def query_anomalies(database: Database, store_id: int, dept_id: int) -> Facts:
    """Returns the unusual weeks of the last year, recent ones first, then the largest; five at most."""
    rows = select(
        database,
        """
        select anomalies.week_date, anomalies.detector_name, anomalies.anomaly_score, anomalies.expected_quantity,
            anomalies.actual_quantity, anomalies.deviation_quantity, anomalies.reason_text, anomalies.is_recent
        from marts.fct_sales_anomalies as anomalies
        where anomalies.store_id = %(store_id)s and anomalies.dept_id = %(dept_id)s
            and anomalies.week_date > (
                select max(weeks.year_ago_date)
                from marts.fct_weekly_sales as sales
                inner join marts.dim_weeks as weeks on sales.week_date = weeks.week_date
                where sales.store_id = %(store_id)s and sales.dept_id = %(dept_id)s
            )
        order by anomalies.is_recent desc, abs(anomalies.deviation_quantity) desc, anomalies.week_date desc,
            anomalies.detector_name
        """,
        {"store_id": store_id, "dept_id": dept_id},
    )
    return {
        **about(store_id, dept_id, True),
        "recent_window_weeks": RECENT_WEEKS,
        "recent_week_count": len({row["week_date"] for row in rows if row["is_recent"]}),
        "year_window_weeks": YEAR_WEEKS,
        "year_week_count": len({row["week_date"] for row in rows}),
        "anomalies": [_anomaly(row) for row in rows[:MAXIMUM_ANOMALIES]],
    }


def _anomaly(row: Mapping[str, Any]) -> Facts:
    return {
        "week_date": week_text(row["week_date"]),
        "is_recent": row["is_recent"],
        "detector_name": safe_name(row["detector_name"]),
        "score_robust_deviations": round(row["anomaly_score"], 1),
        "expected_quantity": rounded_amount(row["expected_quantity"]),
        "actual_quantity": rounded_amount(row["actual_quantity"]),
        "deviation_quantity": rounded_amount(row["deviation_quantity"]),
        "deviation_percent": change(row["actual_quantity"], row["expected_quantity"]),
        "reason_text": quote_data(row["reason_text"] or ""),
    }
