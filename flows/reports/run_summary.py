"""What a run ends with: rows, the scorecard, the decisions, and where the pages are."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table

from flows.reports.labels import plain
from ml.forecasting.evaluation.metrics import METRICS, SCORECARD
from warehouse.calendar import Calendar
from warehouse.codes import known
from warehouse.database import Database, Snapshot
from warehouse.wording import house

if TYPE_CHECKING:
    import pandas as pd

_SCORES = "select * from marts.fct_model_scores order by is_comparable desc, wmae_amount"
_DRIFT = (
    "select model_name, week_date, drift_text from marts.fct_forecast_drift "
    "where is_champion and is_latest and is_drifting"
)
_METRICS = [METRICS[name] for name in SCORECARD]
_STATUSES = (
    "select status, count(*) as pair_count, sum(order_quantity_amount) as order_amount, "
    "sum(value_at_risk_amount) as risk_amount, count(*) filter (where stock_source = 'simulated') as simulated_count "
    "from marts.fct_inventory_recommendations where is_latest group by status "
    "order by array_position(array['critical', 'reorder', 'monitor', 'adequate'], status)"
)
_LOADS = (
    "select file_name, table_name, rows_read, rows_accepted, rows_rejected, rows_duplicate, status from ops.loads "
    "where load_id = (select load_id from ops.loads where status = 'published' order by published_at desc limit 1) "
    "order by table_name"
)

_PARTS = {"promotion_amount": "plan", "coherence_amount": "store total"}
"""Parts whose column says less than a short name would; eight weeks with all parts fit into 80 columns."""


def scorecard_markdown(snapshot: Snapshot) -> str:
    """Returns the scorecard of the backtest as a Markdown table."""
    heads = _heads()
    lines = [f"| {' | '.join(heads)} |", "|" + " --- |" * len(heads)]
    lines += [f"| {' | '.join(_cells(row))} |" for row in snapshot.read_rows(_SCORES)]
    return "\n\n".join(["\n".join(lines), *_notes(snapshot)])


def scorecard_table(database: Database) -> Table:
    """Returns the scorecard for the terminal."""
    with database.snapshot("reader") as snapshot:
        frame, notes = snapshot.read_frame(_SCORES), _notes(snapshot)
    weeks = house().retailer.horizon_weeks
    compared = frame[frame["is_comparable"].astype(bool)]
    origins = int(compared["origin_count"].max()) if len(compared) else 0
    table = Table(
        title=house().weighted(f"Scorecard: {weeks} weeks ahead, {origins} origins"),
        title_justify="left",
        caption="\n".join(notes) or None,
        caption_justify="left",
        caption_style="bold red",
        # Without lines between the columns no figure is cut or broken where the terminal has 80 of them.
        box=None,
        padding=(0, 1, 0, 0),
    )
    rows = [_cells(row) for row in frame.itertuples()]
    heads = _heads()
    for name, cells in zip(heads, zip(*rows, strict=True) if rows else [()] * len(heads), strict=True):
        is_model = name == "model"
        width = None if is_model else max(map(len, [*name.split(), *cells]))
        table.add_column(name, justify="left" if is_model else "right", width=width)
    for row in rows:
        table.add_row(*row)
    return table


def _heads() -> tuple[str, ...]:
    return ("model", *(metric.head for metric in _METRICS))


def _notes(snapshot: Snapshot) -> list[str]:
    """Returns what a reader of the scorecard must know: models that are not comparable, and a champion that drifts."""
    notes = []
    if not snapshot.read_frame(_SCORES)["is_comparable"].all():
        notes.append("* scored on other origins than the champion: not comparable.")
    for row in snapshot.read_rows(_DRIFT):
        notes.append(
            f"Warning: the forecasts of {row.model_name} drift in the weeks to {row.week_date}. {row.drift_text}"
        )
    return notes


def _cells(row: Any) -> tuple[str, ...]:
    """Returns one line of the scorecard: a model that was not scored on the champion's rows is marked."""
    mark = " (champion)" if row.is_champion else "" if row.is_comparable else " *"
    return (f"{row.model_name}{mark}", *(metric.text(getattr(row, metric.name)) for metric in _METRICS))


def decisions_table(database: Database) -> Table:
    """Returns the recommendations of the latest decision week by status, for the terminal."""
    frame = database.read_frame("reader", _STATUSES)
    simulated, pairs, number = int(frame["simulated_count"].sum()), int(frame["pair_count"].sum()), house().number
    said = f"; {house().stock_sources(simulated, pairs)}" if pairs else ""
    table = Table(title=f"Recommendations{said}", title_justify="left")
    for name in ("status", "pairs", house().money_head("orders"), house().money_head("money at risk")):
        table.add_column(name, justify="left" if name == "status" else "right")
    for row in frame.to_dict("records"):
        figures = (row["pair_count"], row["order_amount"], row["risk_amount"])
        table.add_row(str(row["status"]), *map(number, figures))
    return table


def contributions_table(rows: "pd.DataFrame") -> Table:
    """Returns what moves the forecast of a pair, in its unit, for the terminal; parts that move nothing are left out.

    Args:
        rows: as `ml.forecasting.explain.explain_forecast` returns them.
    """
    first = rows.iloc[0]
    pair = known().pair(first.store_id, first.dept_id)
    parts = [name for name in rows.columns if name.endswith("_amount") and name != "forecast_amount"]
    shown = [name for name in parts if rows[name].abs().max() >= 0.5]
    weeks = [week.date() for week in rows["forecast_date"]]
    calendar = Calendar.of(house().retailer)
    holidays = [f"{plain(name)} {week:%b %d}" for week in weeks if (name := calendar.holiday_of(week))]
    table = Table(
        title=plain(house().quantity_head(f"{pair}: what moves the forecast of {first.model_name}")),
        title_justify="left",
        caption=f"Flagged weeks ahead: {', '.join(holidays)}." if holidays else None,
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        min_width=76,
    )
    table.add_column("week", no_wrap=True)
    for name in [*shown, "forecast_amount"]:
        table.add_column(_PARTS.get(name, name).removesuffix("_amount").replace("_", " "), justify="right")
    for week, amounts in zip(weeks, rows[[*shown, "forecast_amount"]].to_numpy(), strict=True):
        table.add_row(f"{house().called(week):%b %d}", *map(house().bare_quantity, amounts))
    return table


def loads_table(database: Database) -> Table:
    """Returns the accounting of the published load, for the terminal."""
    table = Table(title="Rows: read = published + rejected + exact duplicates", title_justify="left")
    for name in ("file", "read", "published", "rejected", "duplicates"):
        table.add_column(name, justify="left" if name == "file" else "right")
    rows = list(database.read_rows("pipeline", _LOADS))
    files = Counter(row.file_name for row in rows)
    for row in rows:
        name = f"{row.file_name}, {row.table_name}" if files[row.file_name] > 1 else row.file_name
        counts = (row.rows_read, row.rows_accepted, row.rows_rejected, row.rows_duplicate)
        table.add_row(name, *map(house().number, counts))
    return table
