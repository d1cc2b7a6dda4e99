"""Tables: every mart column has one label, one format and one explanation, on every page."""

import zlib
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st
from streamlit import column_config as columns

from streamlit_app.views import formats, palette
from warehouse.cells import text_cells

_LABELS = {
    "store_id": "Store",
    "dept_id": "Dept",
    "store_type": "Type",
    "exception_rank": "Rank",
    "model_name": "Model",
    "horizon_weeks": "Weeks ahead",
    "file_name": "File",
    "source_kind": "Source",
    "load_id": "Load",
    "file_sha256": "SHA-256",
    "table_name": "Table",
    "column_name": "Column",
    "observed_value": "Seen",
    "suite_name": "Suite",
    "run_id": "Run",
    "stage_name": "Stage",
    "took": "Took",
    "stages_done": "Stages done",
    "days_until_stockout": "Days left",
    "decided_by": "Who",
}
_TEXTS = {"reason_text": "Why it stands out", "description": "Rule", "reason": "Reason", "message": "What it did"}
_TEXTS |= {"old_value": "Until then", "new_value": "From then on", "change_kind": "Change"}
_TEXTS |= {"raw_text": "The line as it stands", "dialect": "Written as", "why": "Why"}
_AMOUNTS = {
    "value_at_risk_amount": "At risk",
    "order_quantity_amount": "Order now",
    "recommended_order_amount": "Recommended",
    "effective_order_amount": "Goes out",
    "value_added_amount": "Saved",
    "expected_lost_margin_amount": "Lost margin",
    "current_stock_amount": "On hand",
    "on_order_amount": "On order",
    "reorder_point_amount": "Reorder point",
    "actual_amount": "Sales",
    "expected_amount": "Expected",
    "forecast_amount": "Forecast",
    "sales_last_year_amount": "A year before",
    "lower_80_amount": "80% from",
    "upper_80_amount": "80% to",
    "lower_95_amount": "95% from",
    "upper_95_amount": "95% to",
    "wmae_amount": "WMAE",
    "mae_amount": "MAE",
    "rmse_amount": "RMSE",
    "mean_width_80_amount": "Width 80%",
}
_RATES = {
    "stockout_probability_rate": "Stockout risk",
    "value_added_rate": "Better than naive",
    "wape_rate": "WAPE",
    "store_total_wape_rate": "WAPE of stores",
    "total_wape_rate": "WAPE",
    "growth_rate": "Change",
    "naive_wape_rate": "WAPE of naive",
    "bias_rate": "Bias",
    "coverage_80_rate": "In 80%",
    "coverage_95_rate": "In 95%",
    "interval_score_80_rate": "Score 80%",
    "score_rate": "Rules that hold",
}
_SIGNED = {"deviation_amount": "Difference, $"}
_COUNTS = {
    "pair_count": "Pairs",
    "forecast_count": "Forecasts scored",
    "total_count": "Totals scored",
    "unexpected_count": "Rows that break it",
    "element_count": "Rows looked at",
    "read_count": "Read",
    "accepted_count": "Accepted",
    "rejected_count": "Rejected",
    "duplicate_count": "Duplicates",
    "row_count": "Rows",
    "line_number": "Line",
}
_DOLLARS = "$%,.0f"
_PLAIN = "%,.0f"
_NUMBERS = ((_RATES, "%.1f%%"), (_COUNTS, "localized"), (_SIGNED, "%+,.0f"))
_MOMENTS = {
    "checked_at": "Checked",
    "loaded_at": "Loaded",
    "rejected_at": "Set aside",
    "restated_at": "Restated",
    "started_at": "Started",
}
_MOMENTS |= {"decided_at": "Decided"}
_PILLS = {
    "status": ("Status", palette.STATUS_PILLS | palette.STAGE_PILLS | palette.LOAD_PILLS),
    "order_state": ("Decision", palette.ORDER_PILLS),
    "decision_name": ("Decision", palette.DECISION_PILLS),
    "severity": ("Severity", palette.SEVERITY_PILLS),
    "is_success": ("Result", palette.RESULT_PILLS),
}
HELP = {
    "expected_lost_margin_amount": "The part of it that a stockout would cost; the rest is excess stock.",
    "value_added_amount": "Cost under the recommended order less cost under the person's, once it is known.",
    "order_state": "Waiting: the order goes out only once a person approves or overrides it.",
    "value_at_risk_amount": "Margin expected to be lost if nothing is ordered now, plus the cost of excess stock.",
    "days_until_stockout": "Days until stock runs out; empty where it lasts beyond the forecast.",
    "stockout_probability_rate": "Probability that stock runs out before the earliest delivery.",
    "wmae_amount": "Weighted mean absolute error a week; holiday weeks weigh 5.",
    "value_added_rate": "Share by which WMAE is below that of seasonal naive on the same rows.",
    "wape_rate": "Sum of absolute errors over the sum of sales.",
    "store_total_wape_rate": "The same for the weekly totals of stores: errors of departments partly cancel.",
    "growth_rate": "Forecast against the same weeks a year before.",
    "bias_rate": "Above zero: forecasts too much.",
    "coverage_80_rate": "Share of weeks inside the 80% interval; should be near 80%.",
    "coverage_95_rate": "Share of weeks inside the 95% interval; should be near 95%.",
    "interval_score_80_rate": "Width of the 80% interval, plus 10 dollars for each dollar outside it, over sales. "
    "Less is better.",
    "mean_width_80_amount": "Mean width of the 80% interval.",
    "stages_done": "Stages that succeeded or had nothing to do.",
}
_WIDTHS = {
    "store_id": 62,
    "dept_id": 62,
    "store_type": 62,
    "exception_rank": 62,
    "file_sha256": 90,
    "days_until_stockout": 84,
    "order_state": 104,
    "status": 104,
}
_ROW_HEIGHT = 35
_CENTERED = ("store_id", "dept_id", "store_type", "exception_rank", "horizon_weeks")


def show(
    frame: pd.DataFrame,
    order: Sequence[str],
    *,
    height: int | None = None,
    labels: dict[str, str] | None = None,
    amounts: Sequence[str] = (),
) -> None:
    """Shows some columns of a frame.

    Args:
        frame: with the marts' own column names.
        order: the columns to show.
        height: pixels above which the table scrolls; as high as its rows without it.
        labels: labels of columns that no mart has, by column.
        amounts: those of them that hold dollars.
    """
    options = _options(frame, order, height)
    for name, label in (labels or {}).items():
        options["column_config"][name] = _amounts(label, frame[name]) if name in amounts else label
    st.dataframe(_ready(frame, order), **options)


def chosen_row(
    frame: pd.DataFrame, order: Sequence[str], *, key: str, by: str, height: int | None = None
) -> int | None:
    """Shows a table in which a row can be chosen and returns the place of that row, None where none is chosen.

    Streamlit knows a chosen row by its place alone: where a table holds other rows than before, as after a filter, it
    is another table, in which nothing is chosen yet.

    Args:
        frame: with the marts' own column names.
        order: the columns to show.
        key: of the table, on its page.
        by: column that tells rows apart.
        height: pixels above which the table scrolls; as high as its rows without it.
    """
    rows_key = zlib.crc32("\n".join(map(str, frame[by])).encode())
    event = st.dataframe(
        _ready(frame, order),
        key=f"{key}_{rows_key}",
        on_select="rerun",
        selection_mode="single-row",
        **_options(frame, order, height),
    )
    rows = event["selection"]["rows"]
    return int(rows[0]) if rows else None


def download(label: str, read: Callable[[], pd.DataFrame], file_name: str, key: str) -> None:
    """Shows a button that saves a frame as CSV, under the marts' own column names; it is read when it is pressed."""

    def csv() -> bytes:
        return text_cells(read()).to_csv(index=False).encode()

    st.download_button(label, csv, file_name, "text/csv", key=key, icon=":material/download:", on_click="ignore")


def _ready(frame: pd.DataFrame, order: Sequence[str]) -> pd.DataFrame:
    """Returns the shown columns with statuses as pills, model names as people say them, and no text a formula.

    What is shown can be copied, and saved by the table's own button.
    """
    changes: dict[str, Any] = {
        name: frame[name].map(lambda value: [_pill_text(value)]) for name in _PILLS if name in order
    }
    # Rates are fractions in the marts; a column's format can't multiply.
    changes |= {name: (frame[name].astype(float) * 100).round(1) + 0.0 for name in _RATES if name in order}
    if "model_name" in order:
        changes["model_name"] = frame["model_name"].map(formats.model)
    return text_cells(frame.assign(**changes)[list(order)])


def _pill_text(value: Any) -> str:
    return {True: "held", False: "failed"}[bool(value)] if not isinstance(value, str) else value


def _options(frame: pd.DataFrame, order: Sequence[str], height: int | None) -> dict[str, Any]:
    return {
        "hide_index": True,
        "height": height if height and len(frame) * _ROW_HEIGHT > height else "content",
        "placeholder": formats.MISSING,
        "column_config": {
            name: _amounts(_AMOUNTS[name], frame[name], HELP.get(name)) if name in _AMOUNTS else column(name)
            for name in order
        },
    }


def _amounts(label: str, values: pd.Series, hint: str | None = None) -> Any:
    """Returns how a column of dollars is shown; a column's format would write minus one as $-1."""
    if (values < 0).any():
        return columns.NumberColumn(f"{label}, $", format=_PLAIN, help=hint)
    return columns.NumberColumn(label, format=_DOLLARS, help=hint)


def column(name: str) -> Any:
    """Returns how a column is shown: its label, format and explanation."""
    hint, width = HELP.get(name), _WIDTHS.get(name)
    if name in _PILLS:
        usual, colors = _PILLS[name]
        return columns.MultiselectColumn(
            usual, options=list(colors), color=list(colors.values()), width=width or "small", help=hint
        )
    if name == "week_date":
        return columns.DateColumn("Week", format="MMM D, YYYY")
    if name in _TEXTS:
        return columns.TextColumn(_TEXTS[name], width="large", help=hint)
    if name in _MOMENTS:
        return columns.DatetimeColumn(f"{_MOMENTS[name]} (UTC)", format="MMM D, YYYY, HH:mm", timezone="UTC")
    for known, pattern in _NUMBERS:
        if name in known:
            return columns.NumberColumn(known[name], format=pattern, help=hint)
    if name == "days_until_stockout":
        return columns.NumberColumn(_LABELS[name], format="%.0f", help=hint, width=width)
    return columns.Column(
        _LABELS.get(name, formats.words(name)),
        width=width,
        help=hint,
        alignment="center" if name in _CENTERED else None,
    )
