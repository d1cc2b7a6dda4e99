"""Charts: a frame in, a Plotly figure out; nothing is read and nothing is computed that a page states as a figure."""

import datetime as dt
import html
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from streamlit_app.views import formats, palette
from streamlit_app.views.highlighted_models import Look, leaders, looks
from warehouse.wording import house

_FIGURE = "%{y:$,.0f}"
_CROSS_FIGURE = "%{x:$,.0f}"
_AXIS = "$~s"
"""d3's formats, whose $ stands for the currency, or the pieces, of the chart's locale: see `components.spelling`."""
_SMALL_AXIS = "$,~f"
"""Below a few units d3's s writes thousandths, with an m that people read as millions."""
_SMALL_UNTIL, _DECIMALS_UNTIL = 10.0, 100.0
RECENT_WEEKS = 78
LONGEST_LABEL = 32
"""Characters of a label that a chart has room for."""
Point = tuple[float, float]
"""Average stock in money, and the share of demand met."""
_EXCHANGE_HOVER = f"Target %{{customdata:.1%}}: %{{y:.2%}} of demand met, stock {_CROSS_FIGURE}<extra></extra>"


def chain(history: pd.DataFrame, forecast: pd.DataFrame) -> go.Figure:
    """Returns chain sales by week, last year's as context, and the forecast with its range."""
    history, forecast = _called(history), _called(forecast)
    figure = go.Figure(layout=palette.layout(340))
    _add_history(figure, history, has_year_before=True)
    if not forecast.empty:
        if forecast["lower_80_quantity"].notna().all():
            _add_band(figure, forecast, "lower_80_quantity", "upper_80_quantity", "80% range", palette.BAND_80)
        _add_forecast(figure, history, forecast)
    _mark_holidays(figure, history)
    return _figure_axis(_begin_recent(figure, history, forecast))


def pair(history: pd.DataFrame, forecast: pd.DataFrame, anomalies: pd.DataFrame) -> go.Figure:
    """Returns a pair's history, its champion forecast with 80 and 95 % intervals, and its unusual weeks."""
    history, forecast, anomalies = _called(history), _called(forecast), _called(anomalies)
    figure = go.Figure(layout=palette.layout(380))
    _add_history(figure, history, has_year_before=True)
    if not forecast.empty:
        _add_band(figure, forecast, "lower_95_quantity", "upper_95_quantity", "95% interval", palette.BAND_95)
        _add_band(figure, forecast, "lower_80_quantity", "upper_80_quantity", "80% interval", palette.BAND_80)
        _add_forecast(figure, history, forecast)
    if not anomalies.empty:
        figure.add_scatter(
            x=anomalies["week_date"],
            y=anomalies["actual_quantity"],
            name="Unusual week",
            mode="markers",
            marker={"color": palette.ACCENT, "size": 9, "symbol": "circle-open", "line": {"width": 2}},
            hovertemplate=_FIGURE,
        )
    _mark_holidays(figure, history)
    return _figure_axis(_begin_recent(figure, history, forecast))


def stores(rows: pd.DataFrame) -> go.Figure:
    """Returns the forecast total of every store as a bar, the largest first, and its sales of a year before as a mark.

    Args:
        rows: store_label, forecast_quantity and sales_last_year_quantity.
    """
    ordered = rows.sort_values("forecast_quantity", ascending=False)
    names = _shown(ordered["store_label"])
    figure = go.Figure(layout=palette.layout(300))
    figure.add_bar(
        x=names,
        y=ordered["forecast_quantity"],
        name="Forecast",
        marker={"color": palette.FORECAST},
        hovertemplate=_FIGURE,
    )
    figure.add_scatter(
        x=names,
        y=ordered["sales_last_year_quantity"],
        name="A year before",
        mode="markers",
        hovertemplate=_FIGURE,
        marker={
            "symbol": "line-ew",
            "size": 11,
            "color": palette.ACCENT,
            "line": {"color": palette.ACCENT, "width": 2.5},
        },
    )
    figure.update_xaxes(title_text=plain(house().store_word), type="category")
    return _figure_axis(figure)


def models(history: pd.DataFrame, forecasts: pd.DataFrame, named: Sequence[str]) -> go.Figure:
    """Returns the last weeks of a pair and the forecast line of every model, the champion drawn strongest.

    Args:
        history: weeks of the pair.
        forecasts: rows of every model.
        named: models that stand out and in the legend, the champion among them; the others are thin and grey.
    """
    history, forecasts = _called(history), _called(forecasts)
    figure = go.Figure(layout=palette.layout(320))
    _add_history(figure, history)
    champion = str(forecasts.loc[forecasts["is_champion"], "model_name"].max())
    by_name = {str(name): rows for name, rows in forecasts.groupby("model_name", sort=False)}
    drawn = looks(list(by_name), named, champion)
    _add_models(figure, {name: by_name[name] for name in drawn}, drawn, "week_date", "forecast_quantity")
    return _figure_axis(figure)


def accuracy(rows: pd.DataFrame, by: str, champion: str) -> go.Figure:
    """Returns the weighted error of every model over horizons (lines), or of the best ones over store types (bars)."""
    figure = go.Figure(layout=palette.layout(300))
    named = leaders(rows, champion)
    drawn = looks([str(name) for name in rows["model_name"]], named, champion)
    parts = {name: rows[rows["model_name"] == name] for name in drawn}
    if by == "horizon_weeks":
        _add_models(figure, parts, drawn, by, "wmae_amount")
    else:
        for name in named:
            figure.add_bar(
                x=_shown(parts[name][by]),
                y=parts[name]["wmae_amount"],
                name=drawn[name].label,
                hovertemplate=_FIGURE,
                marker={"color": drawn[name].color},
            )
    titles = {"horizon_weeks": "Weeks ahead", "store_type": plain(f"Type of {house().retailer.words.store}")}
    figure.update_xaxes(title_text=titles[by], dtick=1)
    figure.update_yaxes(rangemode="tozero")
    return _figure_axis(figure)


def reliability(rows: pd.DataFrame) -> go.Figure:
    """Returns how often the intervals held over the weeks ahead, beside what they promise.

    Args:
        rows: horizon_weeks, coverage_80_rate and coverage_95_rate of one model, fractions.
    """
    figure = go.Figure(layout=palette.layout(270))
    shown = ((0.8, "coverage_80_rate", palette.FORECAST), (0.95, "coverage_95_rate", palette.ACCENT))
    for promised, column, color in shown:
        figure.add_scatter(
            x=rows["horizon_weeks"],
            y=rows[column],
            name=f"{promised:.0%} interval",
            mode="lines+markers",
            line={"color": color, "width": 2.4},
            hovertemplate="%{y:.1%}",
        )
        figure.add_hline(y=promised, line={"color": color, "width": 1, "dash": "dot"})
    figure.update_xaxes(title_text="Weeks ahead", dtick=1)
    figure.update_yaxes(tickformat=".0%", range=[min(0.6, rows["coverage_80_rate"].min() - 0.05), 1.0])
    return figure


def value_added(rows: pd.DataFrame, dept_id: int) -> go.Figure:
    """Returns how much less a model errs than seasonal naive by product, the best first, one of them marked.

    Args:
        rows: dept_id, product_label and value_added_rate of one model, a fraction.
        dept_id: the product that is marked.
    """
    ordered = rows.dropna(subset="value_added_rate").sort_values("value_added_rate", ascending=False)
    colors = [
        palette.ACCENT if dept == dept_id else palette.GOOD if rate >= 0 else palette.BAD
        for dept, rate in zip(ordered["dept_id"], ordered["value_added_rate"], strict=True)
    ]
    word = plain(house().product_word)
    figure = go.Figure(layout=palette.layout(270, hovermode="closest", showlegend=False))
    figure.add_bar(
        x=_shown(ordered["product_label"]),
        y=ordered["value_added_rate"],
        name="Better than naive",
        marker={"color": colors},
        hovertemplate=f"{word} %{{x}}: %{{y:+.1%}}<extra></extra>",
    )
    figure.update_xaxes(title_text=word, type="category", showticklabels=len(ordered) <= 24)
    figure.update_yaxes(tickformat=".0%")
    return figure


def drift(rows: pd.DataFrame, figure_name: str) -> go.Figure:
    """Returns the last weeks' WAPE or bias with the range that the backtest led to expect.

    Args:
        rows: week_date, is_outside, and of the figure its rate and the ends of its range, fractions.
        figure_name: wape or bias.
    """
    rows = _called(rows)
    figure = go.Figure(layout=palette.layout(230))
    lower, upper = f"expected_{figure_name}_lower_rate", f"expected_{figure_name}_upper_rate"
    if rows[upper].notna().all():
        _add_band(figure, rows, lower, upper, "Expected in 95 of 100 weeks", palette.BAND_80, "%{y:.1%}")
    colors = [palette.BAD if is_outside else palette.HISTORY for is_outside in rows["is_outside"]]
    figure.add_scatter(
        x=rows["week_date"],
        y=rows[f"{figure_name}_rate"],
        name={"wape": "WAPE", "bias": "Bias"}[figure_name],
        mode="lines+markers",
        line={"color": palette.HISTORY, "width": 2},
        marker={"color": colors, "size": 8},
        hovertemplate="%{y:.1%}",
    )
    figure.update_yaxes(tickformat=".0%")
    return figure


def contributions(rows: pd.DataFrame) -> go.Figure:
    """Returns a waterfall of what moved a forecast.

    Args:
        rows: in the order to draw, with label, amount and is_total (whether the bar starts at zero).
    """
    figure = go.Figure(layout=palette.layout(max(240, 70 + 30 * len(rows)), hovermode="closest", showlegend=False))
    figure.add_waterfall(
        orientation="h",
        y=rows["label"],
        x=rows["amount"],
        measure=["absolute" if is_total else "relative" for is_total in rows["is_total"]],
        text=[formats.quantity(amount) for amount in rows["amount"]],
        textposition="outside",
        cliponaxis=False,
        increasing={"marker": {"color": palette.GOOD}},
        decreasing={"marker": {"color": palette.BAD}},
        totals={"marker": {"color": palette.FORECAST}},
        connector={"line": {"color": palette.GRID}},
        hovertemplate="%{y}: %{text}<extra></extra>",
    )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(showgrid=True, tickformat=_AXIS)
    figure.update_layout(margin={"l": 8, "r": 70, "t": 10, "b": 8})
    return figure


def statuses(board: pd.DataFrame) -> go.Figure:
    """Returns one stacked bar: how the pairs split over the four statuses."""
    figure = go.Figure(layout=palette.layout(110, barmode="stack", hovermode="closest"))
    by_status = board.set_index("status")["pair_count"]
    for status in [name for name in palette.STATUSES if name in by_status.index]:
        number = int(by_status[status])
        figure.add_bar(
            y=["pairs"],
            x=[number],
            name=status.capitalize(),
            orientation="h",
            text=[formats.count(number)],
            textposition="inside",
            insidetextanchor="middle",
            textfont={"color": "white"},
            marker={"color": palette.STATUS_COLORS[status], "line": {"color": "white", "width": 2}},
            hovertemplate=f"{status.capitalize()}: %{{x:,}} pairs<extra></extra>",
        )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.update_layout(margin={"l": 0, "r": 0, "t": 30, "b": 0}, legend={"traceorder": "normal"})
    return figure


def stock(rows: pd.DataFrame) -> go.Figure:
    """Returns, per pair, stock on hand and on order as bars and the reorder point as a mark, in money.

    Args:
        rows: store_label, product_label, status and amounts.
    """
    labels = [
        f"{store} / {product}"
        for store, product in zip(_shown(rows["store_label"]), _shown(rows["product_label"]), strict=True)
    ]
    figure = go.Figure(layout=palette.layout(90 + 24 * max(len(rows), 3), barmode="stack", hovermode="y unified"))
    colors = [palette.STATUS_COLORS[status] for status in rows["status"]]
    bars = (("current_stock_amount", "On hand", 0.9), ("on_order_amount", "On order", 0.35))
    for column, name, opacity in bars:
        figure.add_bar(
            y=labels,
            x=rows[column],
            name=name,
            orientation="h",
            opacity=opacity,
            showlegend=False,
            marker={"color": colors},
            hovertemplate=f"{name}: {_CROSS_FIGURE}<extra></extra>",
        )
    marks = (
        ("reorder_point_amount", "Reorder point", palette.INK, 3),
        ("order_up_to_level_amount", "Order up to", palette.LAST_YEAR, 2),
    )
    for column, name, color, width in marks:
        figure.add_scatter(
            y=labels,
            x=rows[column],
            name=name,
            mode="markers",
            marker={"symbol": "line-ns", "size": 13, "color": color, "line": {"color": color, "width": width}},
            hovertemplate=f"{name}: {_CROSS_FIGURE}<extra></extra>",
        )
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    figure.update_xaxes(tickformat=_AXIS, showgrid=True, rangemode="tozero")
    return _of_money(figure)


def exchange(today: pd.DataFrame, after: pd.DataFrame | None, here: Point, there: Point | None) -> go.Figure:
    """Returns the share of demand met over average stock, one line as things are and one under a scenario.

    Args:
        today: service_level_rate, stock_amount and fill_rate, one row a service level.
        after: the same under a scenario, where more than the service level changes.
        here: where the policy in force stands.
        there: where the scenario stands.
    """
    figure = go.Figure(layout=palette.layout(330, hovermode="closest"))
    lines = [("As it is", today, palette.LAST_YEAR), ("What if", after, palette.FORECAST)]
    for name, rows, color in lines:
        if rows is not None:
            figure.add_scatter(
                x=rows["stock_amount"],
                y=rows["fill_rate"],
                customdata=rows["service_level_rate"],
                name=name,
                mode="lines+markers",
                line={"color": color, "width": 2.2, "shape": "spline", "smoothing": 0.6},
                marker={"size": 5},
                hovertemplate=_EXCHANGE_HOVER,
            )
    marks = [("Policy in force", here, palette.HISTORY, "circle"), ("Your scenario", there, palette.ACCENT, "diamond")]
    for name, point, color, symbol in marks:
        if point is not None:
            figure.add_scatter(
                x=[point[0]],
                y=[point[1]],
                name=name,
                mode="markers",
                marker={"color": color, "size": 13, "symbol": symbol, "line": {"color": "white", "width": 1.5}},
                hovertemplate=f"{name}: %{{y:.2%}} of demand met, stock {_CROSS_FIGURE}<extra></extra>",
            )
    figure.update_xaxes(title_text="Average stock", tickformat=_AXIS, showgrid=True)
    figure.update_yaxes(title_text="Demand met", tickformat=".1%")
    return _of_money(figure)


def stages(rows: pd.DataFrame) -> go.Figure:
    """Returns the stages of a run on a time axis, coloured by status."""
    figure = go.Figure(layout=palette.layout(80 + 30 * max(len(rows), 2), barmode="overlay", hovermode="closest"))
    for status, color in palette.STAGE_COLORS.items():
        part = rows[rows["status"] == status]
        if part.empty:
            continue
        figure.add_bar(
            y=[formats.words(name) for name in part["stage_name"]],
            base=part["started_at"],
            x=part["shown_seconds"].clip(lower=0.3) * 1000,
            orientation="h",
            name=status.capitalize(),
            marker={"color": color},
            width=0.6,
            cliponaxis=False,
            text=[formats.duration(seconds) for seconds in part["shown_seconds"]],
            textposition="auto",
            textfont={"size": 12},
            constraintext="none",
            hovertemplate="%{y}: %{text}<extra>" + status + "</extra>",
        )
    order = [formats.words(name) for name in rows["stage_name"]]
    figure.update_yaxes(categoryorder="array", categoryarray=order[::-1], showgrid=False)
    figure.update_xaxes(type="date", showgrid=True)
    figure.update_layout(showlegend=True)
    return figure


def _add_history(figure: go.Figure, history: pd.DataFrame, has_year_before: bool = False) -> None:
    lines = [("sales_quantity", "Sales", palette.HISTORY, 2.0)]
    if has_year_before:
        lines.insert(0, ("sales_last_year_quantity", "A year before", palette.LAST_YEAR, 1.4))
    for column, name, color, width in lines:
        figure.add_scatter(
            x=history["week_date"],
            y=history[column],
            name=name,
            line={"color": color, "width": width},
            hovertemplate=_FIGURE,
        )


def _add_forecast(figure: go.Figure, history: pd.DataFrame, forecast: pd.DataFrame) -> None:
    """Adds the forecast line and, without a hover of its own, the stroke that joins it to the history."""
    color = {"color": palette.FORECAST, "width": 2.6}
    if not history.empty:
        figure.add_scatter(
            x=[history["week_date"].iloc[-1], forecast["week_date"].iloc[0]],
            y=[history["sales_quantity"].iloc[-1], forecast["forecast_quantity"].iloc[0]],
            line={**color, "dash": "dot", "width": 1.4},
            mode="lines",
            showlegend=False,
            hoverinfo="skip",
            name="join",
        )
    figure.add_scatter(
        x=forecast["week_date"],
        y=forecast["forecast_quantity"],
        name="Forecast",
        mode="lines+markers",
        line=color,
        marker={"size": 5},
        hovertemplate=_FIGURE,
    )


def _add_models(
    figure: go.Figure, parts: Mapping[str, pd.DataFrame], drawn: Mapping[str, Look], x: str, y: str
) -> None:
    """Adds the line of each model; those without a name of their own share one entry of the legend."""
    grey = [name for name, look in drawn.items() if not look.is_named]
    for rank, (name, look) in enumerate(drawn.items()):
        figure.add_scatter(
            x=parts[name][x],
            y=parts[name][y],
            name=look.label,
            mode="lines+markers" if look.is_named else "lines",
            hovertemplate=_FIGURE,
            marker={"size": 5},
            showlegend=look.is_named,
            legendrank=1100 - rank,
            line={"color": look.color, "width": look.width, "dash": look.dash},
            legendgroup="" if look.is_named else "grey",
        )
    if grey:
        name = f"{len(grey)} other model{'s' if len(grey) > 1 else ''}"
        figure.add_scatter(
            x=[None],
            y=[None],
            name=name,
            mode="lines",
            legendgroup="grey",
            legendrank=1200,
            line={"color": palette.LAST_YEAR, "width": 1.2},
            hoverinfo="skip",
        )


def _add_band(
    figure: go.Figure, rows: pd.DataFrame, lower: str, upper: str, name: str, color: str, hover: str = _FIGURE
) -> None:
    figure.add_scatter(
        x=rows["week_date"],
        y=rows[upper],
        mode="lines",
        line={"width": 0},
        showlegend=False,
        hovertemplate=hover,
        name=f"{name}, upper",
    )
    figure.add_scatter(
        x=rows["week_date"],
        y=rows[lower],
        mode="lines",
        line={"width": 0},
        fill="tonexty",
        fillcolor=color,
        hovertemplate=hover,
        name=name,
    )


def _mark_holidays(figure: go.Figure, history: pd.DataFrame) -> None:
    """Adds a small mark under every holiday week of the history."""
    holidays = history[history["is_holiday"].astype(bool)]
    if holidays.empty:
        return
    figure.add_scatter(
        x=holidays["week_date"],
        y=holidays["sales_quantity"],
        name="Holiday week",
        mode="markers",
        marker={"color": palette.HISTORY, "size": 7, "symbol": "diamond"},
        hoverinfo="skip",
    )


def _begin_recent(figure: go.Figure, history: pd.DataFrame, forecast: pd.DataFrame) -> go.Figure:
    """Shows the last year and a half first; a button shows all."""
    days = [*history["week_date"], *(() if forecast.empty else forecast["week_date"])]
    if len(history) <= RECENT_WEEKS:
        return figure
    buttons = [
        {"count": 18, "label": "18 months", "step": "month", "stepmode": "backward"},
        {"label": "All", "step": "all"},
    ]
    selector = {
        "buttons": buttons,
        "x": 1,
        "xanchor": "right",
        "y": 1.02,
        "yanchor": "bottom",
        "font": {"size": 12},
        "bgcolor": palette.GRID,
        "activecolor": palette.LAST_YEAR,
    }
    first = history["week_date"].iloc[-RECENT_WEEKS]
    figure.update_xaxes(rangeselector=selector, range=[first, max(days) + dt.timedelta(days=5)])
    return figure


def at_its_size(figure: go.Figure) -> go.Figure:
    """Returns a figure whose small amounts are written with decimals, as tables write them."""
    shown = [pd.to_numeric(pd.Series(list(side)), errors="coerce").abs().max() for side in _amounts(figure)]
    largest = max((size for size in shown if size == size), default=0.0)
    if largest < _SMALL_UNTIL:
        for axis in (*figure.select_xaxes(), *figure.select_yaxes()):
            if axis.tickformat == _AXIS:
                axis.tickformat = _SMALL_AXIS
    if largest < _DECIMALS_UNTIL:
        small = f"$,.{house().minor_digits}f" if is_of_money(figure) else "$,.1~f"
        for trace in figure.data:
            if isinstance(getattr(trace, "hovertemplate", None), str):
                trace.hovertemplate = trace.hovertemplate.replace("$,.0f", small)
    return figure


def _amounts(figure: go.Figure) -> Iterator[Sequence[object]]:
    """Gives the values of a figure along the axes of amounts."""
    for name, axis in (("x", figure.layout.xaxis), ("y", figure.layout.yaxis)):
        if axis.tickformat == _AXIS:
            yield from (side for trace in figure.data if (side := getattr(trace, name, None)) is not None)


def is_of_money(figure: go.Figure) -> bool:
    """Returns whether the figures of a chart are money whatever is forecast."""
    return bool(figure.layout.meta == "money") or not house().retailer.is_in_units


def plain(text: str) -> str:
    """Returns text from data as a chart shows it: Plotly takes tags for mark-up and links."""
    return html.escape(text, quote=False)


def _shown(labels: pd.Series) -> list[str]:
    """Returns labels as a chart shows them: cut where they are long and still differ."""
    whole = [str(label) for label in labels]
    short = [label if len(label) <= LONGEST_LABEL else f"{label[:LONGEST_LABEL]}…" for label in whole]
    return [plain(label) for label in (short if len(set(short)) == len(set(whole)) else whole)]


def _called(rows: pd.DataFrame) -> pd.DataFrame:
    """Returns rows whose weeks are dated by the day by which the house calls them."""
    if rows.empty:
        return rows
    return rows.assign(week_date=[house().called(week) for week in rows["week_date"]])


def _of_money(figure: go.Figure) -> go.Figure:
    figure.update_layout(meta="money")
    return figure


def _figure_axis(figure: go.Figure) -> go.Figure:
    figure.update_yaxes(tickformat=_AXIS)
    return figure
