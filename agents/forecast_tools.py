"""Tools of the forecasting agent: the forecast, its record, the model behind it, and the facts it starts from."""

import datetime as dt
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from agents.marts import about, change, day_text, mean_of, percent, rounded_amount, select, week_text
from agents.quoting import quote_data, safe_name
from agents.records import Facts
from ml.forecasting.evaluation.drift import RULE_MISSES, RULE_WEEKS
from warehouse.conventions import BASELINE, YEAR_WEEKS
from warehouse.database import Database
from warehouse.wording import house


def query_forecast(database: Database, store_id: int, dept_id: int) -> Facts:
    """Returns the champion's newest forecast by week with its intervals, beside the same weeks of last year."""
    rows = select(
        database,
        """
        select forecasts.*, weeks.holiday_name
        from marts.fct_forecasts as forecasts
        left join marts.dim_weeks as weeks on forecasts.week_date = weeks.week_date
        where forecasts.store_id = %(store_id)s and forecasts.dept_id = %(dept_id)s
            and forecasts.is_latest and forecasts.is_champion
        order by forecasts.week_date
        limit %(limit)s
        """,
        {"store_id": store_id, "dept_id": dept_id, "limit": house().retailer.horizon_weeks},
    )
    facts = about(store_id, dept_id, bool(rows))
    return {**facts, **_forecast(rows)} if rows else facts


def _forecast(rows: Sequence[Mapping[str, Any]]) -> Facts:
    first = rows[0]
    compared = [row for row in rows if row["sales_last_year_quantity"] is not None]
    peak, low = (choose(rows, key=lambda row: float(row["forecast_quantity"])) for choose in (max, min))
    return {
        "origin_date": week_text(first["origin_date"]),
        "horizon_weeks": len(rows),
        "first_week_date": week_text(first["week_date"]),
        "final_week_date": week_text(rows[-1]["week_date"]),
        "model_name": safe_name(first["model_name"]),
        "model_version": safe_name(str(first["model_version"])),
        "fallback_name": safe_name(first["fallback_name"]),
        "interval_levels_percent": [80, 95],
        "total_forecast_quantity": rounded_amount(sum(float(row["forecast_quantity"]) for row in rows)),
        "mean_forecast_quantity": rounded_amount(mean_of(rows, "forecast_quantity")),
        "change_on_last_year_percent": change(
            mean_of(compared, "forecast_quantity"), mean_of(compared, "sales_last_year_quantity")
        ),
        "peak_week_date": week_text(peak["week_date"]),
        "peak_forecast_quantity": rounded_amount(peak["forecast_quantity"]),
        "low_week_date": week_text(low["week_date"]),
        "low_forecast_quantity": rounded_amount(low["forecast_quantity"]),
        "planned_week_count": sum(1 for row in rows if row["uses_plan"]),
        "weeks": [_forecast_week(row) for row in rows],
    }


def _forecast_week(row: Mapping[str, Any]) -> Facts:
    bounds = ("lower_80", "upper_80", "lower_95", "upper_95")
    return {
        "week_date": week_text(row["week_date"]),
        "forecast_quantity": rounded_amount(row["forecast_quantity"]),
        **{f"{bound}_quantity": rounded_amount(row[f"{bound}_quantity"]) for bound in bounds},
        "last_year_sales_quantity": rounded_amount(row["sales_last_year_quantity"]),
        "holiday_name": safe_name(row["holiday_name"]),
        "uses_planned_promotion": bool(row["uses_plan"]),
    }


def query_forecast_accuracy(database: Database, store_id: int, dept_id: int) -> Facts:
    """Returns the champion's backtest record over all pairs, beside seasonal naive, and for this pair.

    Where too few weeks of the pair were scored, the record of its store type stands beside it. With it comes what the
    last weeks were against that record: drift, where there is any.
    """
    rows = select(
        database,
        """
        select accuracy.*,
            (select count(distinct others.store_type) from marts.dim_stores as others) as type_count
        from marts.fct_forecast_accuracy as accuracy
        left join marts.dim_stores as stores on stores.store_id = %(store_id)s
        where accuracy.is_champion and accuracy.slice_name = 'all'
            and (accuracy.level_name = 'chain'
                or accuracy.level_name = 'store_type' and accuracy.store_type = stores.store_type
                or accuracy.level_name = 'pair' and accuracy.store_id = %(store_id)s
                    and accuracy.dept_id = %(dept_id)s)
        """,
        {"store_id": store_id, "dept_id": dept_id},
    )
    records = {row["level_name"]: row for row in rows}
    facts = about(store_id, dept_id, "chain" in records)
    if "chain" not in records:
        return facts
    own, same_type = records.get("pair"), records.get("store_type")
    return {
        **facts,
        **_accuracy(records["chain"]),
        "pair_record": _record(own) if own is not None and own["has_enough_weeks"] else {},
        "pair_scored_weeks": own["forecast_count"] if own is not None else 0,
        "same_store_type": _record(same_type) if same_type is not None else {},
        "drift": _drift(database),
    }


def _drift(database: Database) -> Facts:
    """Returns the newest judged week of the champion against its backtest, and whether it drifts."""
    rows = select(
        database,
        "select * from marts.fct_forecast_drift where is_champion and is_latest order by week_date limit 1",
        {},
    )
    if not rows:
        return {"is_found": False}
    return {
        "is_found": True,
        "week_date": week_text(rows[0]["week_date"]),
        "judged_weeks": RULE_WEEKS,
        "missed_weeks": RULE_MISSES,
        "is_drifting": bool(rows[0]["is_drifting"]),
        "drift_text": quote_data(rows[0]["drift_text"] or ""),
    }


def _accuracy(row: Mapping[str, Any]) -> Facts:
    return {
        "model_name": safe_name(row["model_name"]),
        "baseline_name": BASELINE,
        "origin_count": row["origin_count"],
        "wmae_quantity": rounded_amount(row["wmae_amount"]),
        "mae_quantity": rounded_amount(row["mae_amount"]),
        "wape_percent": percent(row["wape_rate"]),
        "bias_percent": percent(row["bias_rate"]),
        "interval_levels_percent": [80, 95],
        "coverage_80_percent": percent(row["coverage_80_rate"]),
        "coverage_95_percent": percent(row["coverage_95_rate"]),
        "better_than_baseline_percent": percent(row["value_added_rate"]),
    }


def _record(row: Mapping[str, Any]) -> Facts:
    return {
        "store_type": safe_name(row["store_type"]) if row["type_count"] > 1 else "",
        "wmae_quantity": rounded_amount(row["wmae_amount"]),
        "wape_percent": percent(row["wape_rate"]),
        "coverage_80_percent": percent(row["coverage_80_rate"]),
    }


def load_model_from_mlflow(database: Database, store_id: int, dept_id: int) -> Facts:
    """Returns which model the registry calls champion, its version, and the figures that made it so.

    The log of promotions is read, not the registry itself: it holds the same names and versions, and the role of the
    agents reaches nothing else.
    """
    rows = select(
        database,
        """
        select promotions.*
        from marts.fct_model_promotions as promotions
        where promotions.alias_name = 'champion'
        order by promotions.promoted_at desc, promotions.promotion_id desc
        limit 1
        """,
        {},
    )
    facts = about(store_id, dept_id, bool(rows))
    return {**facts, **_promotion(rows[0])} if rows else facts


def _promotion(row: Mapping[str, Any]) -> Facts:
    wmae, baseline = float(row["wmae_amount"]), float(row["baseline_wmae_amount"])
    return {
        "alias_name": "champion",
        "model_name": safe_name(row["model_name"]),
        "model_version": safe_name(str(row["model_version"])),
        "wmae_quantity": rounded_amount(wmae),
        "baseline_wmae_quantity": rounded_amount(baseline),
        "better_than_baseline_percent": percent(1 - wmae / baseline) if baseline > 0 else None,
        "origin_count": row["origin_count"],
        "promoted_date": day_text(row["promoted_at"].date()),
        "reason_text": quote_data(row["reason"] or ""),
    }


def prepare_features(database: Database, store_id: int, dept_id: int) -> Facts:
    """Returns the facts a forecast starts from: the store, the level and spread of sales, the next holiday."""
    rows = select(
        database,
        """
        select sales.week_date, sales.sales_quantity, sales.is_return_week, sales.markdown_amount
        from marts.fct_weekly_sales as sales
        where sales.store_id = %(store_id)s and sales.dept_id = %(dept_id)s
            and sales.sales_quantity is not null
        order by sales.week_date desc
        limit %(limit)s
        """,
        {"store_id": store_id, "dept_id": dept_id, "limit": YEAR_WEEKS},
    )
    facts = about(store_id, dept_id, bool(rows))
    if not rows:
        return facts
    stores = select(database, "select * from marts.dim_stores where store_id = %(store_id)s", {"store_id": store_id})
    holiday = select(
        database,
        """
        select weeks.week_date, weeks.holiday_name
        from marts.dim_weeks as weeks
        where weeks.is_holiday and weeks.week_date > %(week_date)s
        order by weeks.week_date
        limit 1
        """,
        {"week_date": rows[0]["week_date"]},
    )
    return {**facts, **_levels(rows), **_store(stores), **_next_holiday(holiday, rows[0]["week_date"])}


def _levels(rows: Sequence[Mapping[str, Any]]) -> Facts:
    return {
        "last_week_date": week_text(rows[0]["week_date"]),
        "known_weeks": len(rows),
        "window_weeks": [4, 13, YEAR_WEEKS],
        "sales_lag_1_quantity": rounded_amount(rows[0]["sales_quantity"]),
        "mean_of_4_weeks_quantity": rounded_amount(mean_of(rows[:4], "sales_quantity")),
        "mean_of_13_weeks_quantity": rounded_amount(mean_of(rows[:13], "sales_quantity")),
        "mean_of_52_weeks_quantity": rounded_amount(mean_of(rows, "sales_quantity")),
        "deviation_of_13_weeks_quantity": rounded_amount(_deviation(rows[:13])),
        "return_week_count": sum(1 for row in rows if row["is_return_week"]),
    }


def _store(rows: Sequence[Mapping[str, Any]]) -> Facts:
    if not rows:
        return {}
    return {"store_type": safe_name(rows[0]["store_type"]), "size_sqft": rows[0]["size_sqft"]}


def _next_holiday(rows: Sequence[Mapping[str, Any]], last_week: dt.date) -> Facts:
    if not rows:
        return {}
    day = rows[0]["week_date"]
    return {
        "next_holiday_name": safe_name(rows[0]["holiday_name"]),
        "next_holiday_week_date": week_text(day),
        "next_holiday_in_weeks": (day - last_week).days // 7,
    }


def _deviation(rows: Sequence[Mapping[str, Any]]) -> float | None:
    values = [float(row["sales_quantity"]) for row in rows]
    return statistics.stdev(values) if len(values) > 1 else None
