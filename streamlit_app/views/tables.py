"""Tables: every mart column has one label, one format and one explanation, on every page."""

import zlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
import streamlit as st
from streamlit import column_config as columns

from streamlit_app.queries import names
from streamlit_app.views import formats, palette
from warehouse.cells import text_cells
from warehouse.wording import PIECES, house

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

_LABELS = {
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
_MONEY = {
    "value_at_risk_amount": "At risk",
    "order_quantity_amount": "Order now",
    "recommended_order_amount": "Recommended",
    "effective_order_amount": "Goes out",
    "value_added_amount": "Saved",
    "expected_lost_margin_amount": "Lost margin",
    "current_stock_amount": "On hand",
    "on_order_amount": "On order",
    "reorder_point_amount": "Reorder point",
}
_PIECES = {
    "order_quantity_pieces": "Order now",
    "effective_order_units": "Goes out",
    "current_stock_units": "On hand",
    "on_order_units": "On order",
    "reorder_point_units": "Reorder point",
}
_QUANTITIES = {
    "actual_quantity": "Sales",
    "expected_quantity": "Expected",
    "forecast_quantity": "Forecast",
    "sales_last_year_quantity": "A year before",
    "lower_80_quantity": "80% from",
    "upper_80_quantity": "80% to",
    "lower_95_quantity": "95% from",
    "upper_95_quantity": "95% to",
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
_SIGNED = {"deviation_quantity": "Difference"}
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
_NUMBERS = ((_RATES, "%.1f%%"), (_COUNTS, "localized"))
_MOST_WRITTEN = 6000
"""Cells of a table whose figures are written one by one: half a second."""
_FEW = 100.0
"""Pieces below which a column shows a decimal."""
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
    "wmae_amount": "Mean absolute error a week; holiday weeks by their weight.",
    "value_added_rate": "Share by which WMAE is below that of seasonal naive on the same rows.",
    "wape_rate": "Sum of absolute errors over the sum of sales.",
    "store_total_wape_rate": "The same for weekly totals, one a store: errors partly cancel in them.",
    "growth_rate": "Forecast against the same weeks a year before.",
    "bias_rate": "Above zero: forecasts too much.",
    "coverage_80_rate": "Share of weeks inside the 80% interval; should be near 80%.",
    "coverage_95_rate": "Share of weeks inside the 95% interval; should be near 95%.",
    "interval_score_80_rate": "Width of the 80% interval plus 10 times what lies outside, over sales: less is better.",
    "mean_width_80_amount": "Mean width of the 80% interval.",
    "stages_done": "Stages that succeeded or had nothing to do.",
}
_WIDTHS = {"exception_rank": 62, "file_sha256": 90, "days_until_stockout": 84, "order_state": 104, "status": 104}
_ROW_HEIGHT = 35
_NUMBER_WIDTH = 62
_LETTER, _WIDEST = 7, 170
"""Pixels of a letter, and of the widest column of names."""
_KEYS = ("store_id", "dept_id")
_CENTERED = ("store_type", "exception_rank", "horizon_weeks")


def show(
    frame: pd.DataFrame,
    order: Sequence[str],
    *,
    height: int | None = None,
    heads: dict[str, str] | None = None,
    money: Sequence[str] = (),
    quantities: Sequence[str] = (),
) -> None:
    """Shows some columns of a frame.

    Args:
        frame: with the marts' own column names.
        order: the columns to show.
        height: pixels above which the table scrolls; as high as its rows without it.
        heads: heads of columns that no mart has, by column.
        money: those of them that hold money.
        quantities: those of them that hold what is forecast, pieces or money.
    """
    order = _wanted(order)
    ready = _ready(frame, order)
    options = _options(frame, ready, height)
    for name, label in (heads or {}).items():
        shown = money_column if name in money else quantity_column if name in quantities else None
        options["column_config"][name] = label if shown is None else shown(label, frame[name])
    st.dataframe(_written(ready, (*_MONEY, *money), (*_QUANTITIES, *quantities)), **options)


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
    ready = _ready(frame, _wanted(order))
    event = st.dataframe(
        _written(ready, tuple(_MONEY), tuple(_QUANTITIES)),
        key=f"{key}_{rows_key}",
        on_select="rerun",
        selection_mode="single-row",
        **_options(frame, ready, height),
    )
    rows = event["selection"]["rows"]
    return int(rows[0]) if rows else None


def download(label: str, read: Callable[[], pd.DataFrame], file_name: str, key: str) -> None:
    """Shows a button that saves a frame as CSV, which is read when it is pressed.

    Columns are called as in the marts; codes and names stand in place of the numbers of stores and products.
    """
    known = names.codes()

    def csv() -> bytes:
        return text_cells(known.with_codes(read())).to_csv(index=False).encode()

    st.download_button(label, csv, file_name, "text/csv", key=key, icon=":material/download:", on_click="ignore")


def _ready(frame: pd.DataFrame, order: Sequence[str]) -> pd.DataFrame:
    """Returns the shown columns with labels, statuses as pills, models as people call them, and no text a formula.

    What is shown can be copied, and saved by the table's own button.
    """
    changes: dict[str, Any] = {
        name: frame[name].map(lambda value: [_pill_text(value)]) for name in _PILLS if name in order
    }
    # Rates are fractions in the marts; a column's format can't multiply.
    changes |= {name: (frame[name].astype(float) * 100).round(1) + 0.0 for name in _RATES if name in order}
    if "model_name" in order:
        changes["model_name"] = frame["model_name"].map(formats.model)
    if "week_date" in order:
        changes["week_date"] = [
            week if formats.is_missing(week) else house().called(week) for week in frame["week_date"]
        ]
    changes |= {name: labels(frame[name]) for name in _KEYS if name in order}
    return text_cells(frame.assign(**changes)[list(order)])


def _written(ready: pd.DataFrame, money: Sequence[str], quantities: Sequence[str]) -> "pd.DataFrame | Styler":
    """Returns a table whose figures are written as the house writes them, where the browser can't do it by a format.

    Writing many cells takes seconds: the browser shows those of a long table as its own language has it.
    """
    if _is_english():
        return ready
    ways: dict[str, Callable[[Any], str]] = {name: lambda value: house().number(value) for name in (*money, *_COUNTS)}
    ways |= {name: lambda value: house().bare_quantity(value) for name in (*quantities, *_PIECES)}
    ways |= {name: lambda value: f"{house().number(value, 1)}%" for name in _RATES}
    ways |= {name: lambda value: f"{'' if value < 0 else '+'}{house().bare_quantity(value)}" for name in _SIGNED}
    shown: dict[Any, Any] = {name: ways[name] for name in ready.columns if name in ways}
    if ready.size > _MOST_WRITTEN:
        return ready.round(dict.fromkeys(shown, 1))
    return ready.style.format(shown, na_rep=formats.MISSING)


def labels(numbers: pd.Series) -> pd.Series:
    """Returns what people see of stores or products; whole numbers where all labels are such, to be sorted by value.

    Args:
        numbers: store_id or dept_id, by its name.
    """
    known = names.codes()
    label = known.store_label if numbers.name == "store_id" else known.product_label
    shown = numbers.map(lambda number: None if formats.is_missing(number) else label(int(number)))
    plain = shown.dropna().map(lambda text: text.isascii() and text.isdecimal() and str(int(text)) == text)
    return shown.astype("Int64") if len(plain) and plain.all() else shown


def _wanted(order: Sequence[str]) -> list[str]:
    """Returns the columns without the type of a store where there is only one."""
    return [name for name in order if name != "store_type" or names.has_store_types()]


def _pill_text(value: Any) -> str:
    return {True: "held", False: "failed"}[bool(value)] if not isinstance(value, str) else value


def _options(frame: pd.DataFrame, ready: pd.DataFrame, height: int | None) -> dict[str, Any]:
    return {
        "hide_index": True,
        "height": height if height and len(frame) * _ROW_HEIGHT > height else "content",
        "placeholder": formats.MISSING,
        "column_config": {name: _config(name, frame, ready) for name in ready.columns},
    }


def _config(name: str, frame: pd.DataFrame, ready: pd.DataFrame) -> Any:
    if name in _MONEY:
        return money_column(_MONEY[name], frame[name], HELP.get(name))
    if name in _QUANTITIES:
        return quantity_column(_QUANTITIES[name], frame[name], HELP.get(name))
    if name in _PIECES:
        return pieces_column(_PIECES[name], frame[name])
    if name in _SIGNED:
        return columns.NumberColumn(f"{_SIGNED[name]}, {house().unit}", format=_figures("%+", 0), help=HELP.get(name))
    if name in _KEYS:
        word = house().store_word if name == "store_id" else house().product_word
        is_number = ready[name].dtype == "Int64"
        alignment: Literal["center", "left"] = "center" if is_number else "left"
        return columns.Column(word, width=_NUMBER_WIDTH if is_number else _width(ready[name]), alignment=alignment)
    if name == "store_type":
        return columns.Column(_LABELS[name], width=_width(ready[name]), alignment="center")
    return column(name)


def _width(texts: pd.Series) -> int:
    """Returns the pixels that a column of names needs, within bounds."""
    longest = max((len(str(text)) for text in texts), default=0)
    return min(max(_LETTER * longest + 20, _NUMBER_WIDTH), _WIDEST)


def money_column(label: str, values: pd.Series, hint: str | None = None) -> Any:
    """Returns how a column of money is shown, with its currency before the figures or in its head."""
    sign = house().sign
    # A column's format would write minus one as $-1.
    if not sign or not _is_english() or (values < 0).any():
        head = f"{label}, {house().currency}" if sign else label
        return columns.NumberColumn(head, format=_figures("%", 0), help=hint)
    return columns.NumberColumn(label, format=f"{sign.replace('%', '%%')}{_figures('%', 0)}", help=hint)


def quantity_column(label: str, values: pd.Series, hint: str | None = None) -> Any:
    """Returns how a column of what is forecast is shown: money, or pieces."""
    if not house().retailer.is_in_units:
        return money_column(label, values, hint)
    return pieces_column(label, values, hint)


def pieces_column(label: str, values: pd.Series, hint: str | None = None) -> Any:
    """Returns how a column of pieces is shown: few ones with a decimal."""
    is_whole = values.abs().max() >= _FEW or bool((values.dropna() % 1 == 0).all())
    return columns.NumberColumn(f"{label}, {PIECES}", format=_figures("%", 0 if is_whole else 1), help=hint)


def _is_english() -> bool:
    return house().marks == (",", ".")


def _figures(beginning: str, digits: int) -> str | None:
    """Returns a column's format of English figures; none for others, which `_written` writes."""
    return f"{beginning},.{digits}f" if _is_english() else None


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
            return columns.NumberColumn(known[name], format=pattern if _is_english() else None, help=hint)
    if name == "days_until_stockout":
        return columns.NumberColumn(_LABELS[name], format="%.0f", help=hint, width=width)
    return columns.Column(
        _LABELS.get(name, formats.words(name)),
        width=width,
        help=hint,
        alignment="center" if name in _CENTERED else None,
    )
