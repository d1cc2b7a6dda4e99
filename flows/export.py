"""Marts as files for other programs."""

from pathlib import Path
from typing import LiteralString

from flows.marts import read_marts
from warehouse.database import Database
from warehouse.errors import ShelfcastError, UsageError

_QUERIES: dict[str, LiteralString] = {
    "forecasts": "select * from marts.latest_forecasts order by store_id, dept_id, forecast_date",
    "recommendations": "select * from marts.fct_inventory_recommendations where is_latest order by exception_rank",
    "critical": "select * from marts.critical_inventory order by value_at_risk desc",
    "accuracy": "select * from marts.fct_forecast_accuracy order by model_name, origin_date, horizon_weeks",
    "anomalies": "select * from marts.fct_sales_anomalies order by week_date desc, store_id, dept_id",
    "sales": "select * from marts.sales_summary order by store_id, dept_id",
    "rejected": "select * from marts.fct_rejected_rows order by rejected_at desc, file_name, line_number",
}
NAMES = tuple(_QUERIES)


def export(database: Database, name: str, path: Path) -> int:
    """Returns the rows written to a CSV or Parquet file, chosen by its ending; the file appears whole or not at all.

    Raises:
        UsageError: the name or the ending is not known.
        ShelfcastError: the marts are not built yet, or the file cannot be written.
    """
    if name not in _QUERIES:
        raise UsageError(f"There is nothing named {name!r} to export.", f"Choose one of {', '.join(NAMES)}.")
    if path.suffix not in (".csv", ".parquet"):
        raise UsageError(
            f"{path.name} ends neither in .csv nor in .parquet.", "Name the file with one of these endings."
        )
    frame = read_marts(database, _QUERIES[name])
    draft = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".csv":
            frame.to_csv(draft, index=False)
        else:
            frame.to_parquet(draft, index=False)
        draft.replace(path)
    except OSError as error:
        raise ShelfcastError(
            f"{path} cannot be written: {error.strerror}.", "Choose another place with --to."
        ) from None
    return len(frame)
