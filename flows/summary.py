"""What a run ends with: rows, the scorecard, the decisions, and where the pages are."""

from typing import Any

from rich.table import Table

from warehouse.database import Database

_SCORES = (
    "select model_name, is_champion, wmae_amount, wape_rate, coverage_80_rate, value_added_rate, forecast_count, "
    "origin_count from marts.fct_model_scores order by wmae_amount"
)
_STATUSES = (
    "select status, count(*) as pair_count, sum(order_quantity_amount) as order_amount, "
    "sum(value_at_risk_amount) as risk_amount, bool_or(stock_source = 'simulated') as has_simulated "
    "from marts.fct_inventory_recommendations where is_latest group by status "
    "order by array_position(array['critical', 'reorder', 'monitor', 'adequate'], status)"
)
_LOADS = (
    "select file_name, rows_read, rows_accepted, rows_rejected, rows_duplicate, status from ops.loads "
    "where load_id = (select load_id from ops.loads where status = 'published' order by published_at desc limit 1) "
    "order by table_name"
)


def scorecard_markdown(database: Database) -> str:
    """Returns the scorecard of the backtest as a Markdown table."""
    lines = [
        "| model | WMAE ($) | against seasonal naive | WAPE | 80 % interval covers |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in database.read_frame(_SCORES).itertuples():
        lines.append(
            f"| {row.model_name}{' (champion)' if row.is_champion else ''} | {row.wmae_amount:,.0f} "
            f"| {_percent(row.value_added_rate, '+')} | {_percent(row.wape_rate)} | {_percent(row.coverage_80_rate)} |"
        )
    return "\n".join(lines)


def scorecard_table(database: Database) -> Table:
    """Returns the scorecard for the terminal."""
    frame = database.read_frame(_SCORES)
    origins = int(frame["origin_count"].max()) if len(frame) else 0
    table = Table(title=f"Scorecard: 8 weeks ahead, {origins} origins; holiday weeks weigh 5", title_justify="left")
    for name in ("model", "WMAE ($)", "less error than seasonal naive", "WAPE", "80 % interval covers"):
        table.add_column(name, justify="left" if name == "model" else "right")
    for row in frame.itertuples():
        table.add_row(
            f"{row.model_name}{' (champion)' if row.is_champion else ''}", f"{row.wmae_amount:,.0f}",
            _percent(row.value_added_rate, "+"), _percent(row.wape_rate), _percent(row.coverage_80_rate),
        )  # fmt: skip
    return table


def decisions_table(database: Database) -> Table:
    """Returns the recommendations of the latest decision week by status, for the terminal."""
    frame = database.read_frame(_STATUSES)
    simulated = " (stock positions are simulated: no inventory.csv was given)" if frame["has_simulated"].any() else ""
    table = Table(title=f"Recommendations{simulated}", title_justify="left")
    for name in ("status", "pairs", "orders ($)", "money at risk ($)"):
        table.add_column(name, justify="left" if name == "status" else "right")
    for row in frame.itertuples():
        table.add_row(row.status, f"{row.pair_count:,}", f"{row.order_amount:,.0f}", f"{row.risk_amount:,.0f}")
    return table


def loads_table(database: Database) -> Table:
    """Returns the accounting of the published load, for the terminal."""
    table = Table(title="Rows: read = published + rejected + exact duplicates", title_justify="left")
    for name in ("file", "read", "published", "rejected", "duplicates"):
        table.add_column(name, justify="left" if name == "file" else "right")
    for row in database.read_frame(_LOADS).itertuples():
        counts = (row.rows_read, row.rows_accepted, row.rows_rejected, row.rows_duplicate)
        table.add_row(row.file_name, *(f"{count:,}" for count in counts))
    return table


def _percent(rate: Any, sign: str = "") -> str:
    """Returns a fraction as a percentage; a dash where there is none."""
    if rate is None or rate != rate:
        return "-"
    return f"{100 * float(rate):{sign}.1f} %"
