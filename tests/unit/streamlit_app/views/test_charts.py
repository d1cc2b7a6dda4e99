import datetime as dt

import pandas as pd
import pytest

from streamlit_app.views import charts, components, palette
from warehouse.retailer import Retailer
from warehouse.wording import Wording, speaking

WEEK = dt.date(2012, 10, 26)


def weeks(number: int) -> list[dt.date]:
    return [WEEK + dt.timedelta(weeks=offset) for offset in range(1 - number, 1)]


@pytest.fixture
def history() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "week_date": weeks(3),
            "sales_quantity": [100.0, 120.0, 110.0],
            "sales_last_year_quantity": [90.0, 95.0, 99.0],
            "is_holiday": [False, True, False],
        }
    )


@pytest.fixture
def forecast() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "week_date": [WEEK + dt.timedelta(weeks=number) for number in (1, 2)],
            "forecast_quantity": [115.0, 118.0],
            "lower_80_quantity": [105.0, 106.0],
            "upper_80_quantity": [125.0, 130.0],
            "lower_95_quantity": [95.0, 94.0],
            "upper_95_quantity": [135.0, 142.0],
            "model_name": "blend",
            "is_champion": True,
        }
    )


def traces(figure: object) -> dict[str, object]:
    return {trace.name: trace for trace in figure.data}  # type: ignore[attr-defined]


def test_the_chain_chart_holds_history_forecast_and_range_as_given(
    history: pd.DataFrame, forecast: pd.DataFrame
) -> None:
    drawn = traces(charts.chain(history, forecast))
    assert list(drawn["Sales"].y) == [100.0, 120.0, 110.0]
    assert list(drawn["Forecast"].y) == [115.0, 118.0]
    assert list(drawn["80% range"].y) == [105.0, 106.0]
    assert list(drawn["80% range, upper"].y) == [125.0, 130.0]


def test_the_stores_are_drawn_largest_first_beside_last_year() -> None:
    rows = pd.DataFrame(
        {"store_label": ["4", "20"], "forecast_quantity": [8.0, 17.0], "sales_last_year_quantity": [9.0, None]}
    )
    drawn = traces(charts.stores(rows))
    assert list(drawn["Forecast"].x) == ["20", "4"]
    assert list(drawn["Forecast"].y) == [17.0, 8.0]
    assert list(drawn["A year before"].y)[1] == 9.0


def test_the_chain_chart_leaves_out_a_range_that_no_backtest_supports(
    history: pd.DataFrame, forecast: pd.DataFrame
) -> None:
    drawn = traces(charts.chain(history, forecast.assign(lower_80_quantity=None, upper_80_quantity=None)))
    assert "80% range" not in drawn
    assert "Forecast" in drawn


def test_the_chain_chart_is_drawn_without_a_forecast(history: pd.DataFrame) -> None:
    drawn = traces(charts.chain(history, pd.DataFrame()))
    assert "Forecast" not in drawn
    assert list(drawn["Holiday week"].x) == [history["week_date"][1]]


def test_the_pair_chart_nests_the_80_interval_in_the_95_interval(history: pd.DataFrame, forecast: pd.DataFrame) -> None:
    drawn = traces(charts.pair(history, forecast, pd.DataFrame()))
    assert all(drawn["95% interval"].y < drawn["80% interval"].y)
    assert all(drawn["95% interval, upper"].y > drawn["80% interval, upper"].y)


def test_the_pair_chart_marks_unusual_weeks_where_they_happened(history: pd.DataFrame, forecast: pd.DataFrame) -> None:
    anomalies = pd.DataFrame({"week_date": [WEEK], "actual_quantity": [110.0]})
    drawn = traces(charts.pair(history, forecast, anomalies))
    assert (list(drawn["Unusual week"].x), list(drawn["Unusual week"].y)) == ([WEEK], [110.0])


def test_a_long_history_opens_on_its_last_year_and_a_half() -> None:
    long = pd.DataFrame(
        {"week_date": weeks(143), "sales_quantity": 1.0, "sales_last_year_quantity": 1.0, "is_holiday": False}
    )
    figure = charts.chain(long, pd.DataFrame())
    assert figure.layout.xaxis.range[0] == long["week_date"].iloc[-charts.RECENT_WEEKS]
    assert len(figure.data[1].x) == 143


def test_the_model_chart_draws_the_champion_strongest(history: pd.DataFrame, forecast: pd.DataFrame) -> None:
    other = forecast.assign(model_name="seasonal_naive", is_champion=False)
    third = forecast.assign(model_name="ridge", is_champion=False)
    drawn = traces(charts.models(history, pd.concat([forecast, other, third]), ["blend", "seasonal_naive"]))
    assert drawn["Blend (champion)"].line.width > drawn["Seasonal naive"].line.width > drawn["Ridge"].line.width
    assert (drawn["Ridge"].line.color, drawn["Ridge"].showlegend) == (palette.LAST_YEAR, False)
    assert "1 other model" in drawn


def test_accuracy_is_drawn_as_lines_over_horizons_and_bars_over_store_types() -> None:
    rows = pd.DataFrame(
        {"model_name": ["blend", "naive"] * 2, "horizon_weeks": [1, 1, 2, 2], "wmae_amount": [1.0, 2.0, 1.5, 2.5]}
    )
    drawn = traces(charts.accuracy(rows, "horizon_weeks", "naive"))
    assert list(drawn) == ["Blend", "Naive (champion)"]
    assert list(drawn["Blend"].y) == [1.0, 1.5]
    by_type = rows.rename(columns={"horizon_weeks": "store_type"})
    assert {trace.type for trace in charts.accuracy(by_type, "store_type", "blend").data} == {"bar"}


def test_contributions_start_from_totals_and_move_by_the_rest() -> None:
    rows = pd.DataFrame({"label": ["a", "b", "c"], "amount": [10.0, -3.0, 7.0], "is_total": [True, False, True]})
    drawn = charts.contributions(rows).data[0]
    assert list(drawn.measure) == ["absolute", "relative", "absolute"]
    assert list(drawn.text) == ["$10", "-$3", "$7"]


def test_statuses_keep_their_order_and_colour_whatever_the_order_of_the_rows() -> None:
    board = pd.DataFrame({"status": ["adequate", "critical"], "pair_count": [5, 2]})
    drawn = charts.statuses(board).data
    assert [(bar.name, bar.x[0]) for bar in drawn] == [("Critical", 2), ("Adequate", 5)]
    assert drawn[0].marker.color == palette.STATUS_COLORS["critical"]


def test_the_stock_chart_sets_stock_beside_the_reorder_point() -> None:
    rows = pd.DataFrame(
        {
            "store_label": ["1"],
            "product_label": ["38"],
            "status": ["critical"],
            "current_stock_amount": [10.0],
            "on_order_amount": [5.0],
            "reorder_point_amount": [40.0],
            "order_up_to_level_amount": [60.0],
        }
    )
    drawn = traces(charts.stock(rows))
    assert list(drawn["On hand"].y) == ["1 / 38"]
    assert (drawn["On hand"].x[0], drawn["On order"].x[0], drawn["Reorder point"].x[0]) == (10.0, 5.0, 40.0)


def test_stages_lie_on_the_time_axis_by_status_and_in_their_order() -> None:
    began = pd.Timestamp("2026-11-20 09:30", tz="UTC")
    rows = pd.DataFrame(
        {
            "stage_name": ["ingest", "train"],
            "status": ["succeeded", "failed"],
            "started_at": [began, began + pd.Timedelta(seconds=20)],
            "shown_seconds": [20.0, 61.0],
        }
    )
    figure = charts.stages(rows)
    assert [(bar.name, bar.x[0], bar.text[0]) for bar in figure.data] == [
        ("Succeeded", 20_000, "20 s"),
        ("Failed", 61_000, "1 min 01 s"),
    ]
    assert list(figure.layout.yaxis.categoryarray) == ["Train", "Ingest"]


def test_the_reliability_chart_sets_what_holds_beside_what_is_promised() -> None:
    rows = pd.DataFrame({"horizon_weeks": [1, 2], "coverage_80_rate": [0.81, 0.5], "coverage_95_rate": [0.95, 0.94]})
    figure = charts.reliability(rows)
    assert list(traces(figure)["80% interval"].y) == [0.81, 0.5]
    assert [line.y0 for line in figure.layout.shapes] == [0.8, 0.95]
    assert figure.layout.yaxis.range[0] < 0.5


def test_departments_are_drawn_by_value_added_with_the_chosen_one_marked() -> None:
    rows = pd.DataFrame(
        {"dept_id": [1, 2, 3, 4], "product_label": ["1", "2", "3", "4"], "value_added_rate": [-0.1, 0.3, None, 0.2]}
    )
    bars = charts.value_added(rows, 4).data[0]
    assert list(bars.x) == ["2", "4", "1"]
    assert list(bars.marker.color) == [palette.GOOD, palette.ACCENT, palette.BAD]


def test_the_drift_chart_marks_weeks_outside_and_draws_no_range_that_nobody_expects() -> None:
    rows = pd.DataFrame(
        {
            "week_date": weeks(2),
            "bias_rate": [0.0, 0.2],
            "expected_bias_lower_rate": [-0.1, -0.1],
            "expected_bias_upper_rate": [0.1, 0.1],
            "is_outside": [False, True],
        }
    )
    drawn = traces(charts.drift(rows, "bias"))
    assert list(drawn["Bias"].marker.color) == [palette.HISTORY, palette.BAD]
    assert list(drawn["Expected in 95 of 100 weeks"].y) == [-0.1, -0.1]
    assert set(traces(charts.drift(rows.assign(expected_bias_upper_rate=None), "bias"))) == {"Bias"}


def test_dollars_below_zero_have_their_sign_before_the_dollar(history: pd.DataFrame, forecast: pd.DataFrame) -> None:
    figure = charts.chain(history, forecast)
    assert figure.layout.yaxis.tickformat == "$~s"
    assert figure.layout.yaxis.tickprefix is None
    assert {trace.hovertemplate for trace in figure.data if trace.hovertemplate} == {"%{y:$,.0f}"}


HOUSES = [
    (Retailer(currency="USD"), ["$", ""], ".,"),
    (Retailer(currency="EUR", number_format="1.234,5"), ["€", ""], ",."),
    (Retailer(currency="CHF", number_format="1'234.5"), ["CHF\xa0", ""], ".'"),
    (Retailer(number_format="1 234,5"), ["", ""], ",\xa0"),
    (Retailer(currency="EUR", forecast_unit="units"), ["", "\xa0pcs"], ".,"),
]


@pytest.mark.parametrize(("retailer", "currency", "separators"), HOUSES)
def test_the_browser_writes_the_figures_of_a_chart_as_the_house_does(
    retailer: Retailer, currency: list[str], separators: str, history: pd.DataFrame
) -> None:
    figure = charts.chain(history, pd.DataFrame())
    with speaking(Wording(retailer)):
        config = components.spelling(figure)
    form = config["locales"][config["locale"]]["format"]
    assert (form["currency"], figure.layout.separators) == (currency, separators)


SIZES = [(0.4, "$,~f", "$,.1~f"), (40.0, "$~s", "$,.1~f"), (400.0, "$~s", "$,.0f")]


@pytest.mark.parametrize(("size", "axis", "hover"), SIZES)
def test_small_figures_have_decimals_and_no_m_for_thousandths(history, size: float, axis: str, hover: str) -> None:
    amounts = [name for name in history if name.endswith("_quantity")]
    small = history.assign(**{name: history[name] / history[amounts].abs().max().max() * size for name in amounts})
    with speaking(Wording(Retailer(forecast_unit="units"))):
        figure = charts.at_its_size(charts.chain(small, pd.DataFrame()))
    assert figure.layout.yaxis.tickformat == axis
    assert {trace.hovertemplate for trace in figure.data if trace.hovertemplate} == {f"%{{y:{hover}}}"}


def test_stock_is_money_also_where_pieces_are_forecast() -> None:
    points = pd.DataFrame({"service_level_rate": [0.9], "stock_amount": [10.0], "fill_rate": [0.9]})
    with speaking(Wording(Retailer(currency="EUR", forecast_unit="units"))):
        config = components.spelling(charts.exchange(points, None, (10.0, 0.9), None))
    assert config["locales"]["house"]["format"]["currency"] == ["€", ""]


def test_weeks_are_called_as_the_house_calls_them(history: pd.DataFrame, forecast: pd.DataFrame) -> None:
    with speaking(Wording(Retailer(week_ends_on="Friday", week_label="first"))):
        drawn = traces(charts.chain(history, forecast))
    assert list(drawn["Sales"].x)[-1] == WEEK - dt.timedelta(days=6)
    assert next(iter(drawn["Forecast"].x)) == WEEK + dt.timedelta(days=1)


HOSTILE = ["<a href='http://evil.example'>x</a>", "<b>bold", "Молоко 3,5 % ☕", "=1+1", "0042", "ü" * 128]


def test_names_from_files_are_text_in_a_chart() -> None:
    rows = pd.DataFrame({"store_label": HOSTILE, "forecast_quantity": 1.0, "sales_last_year_quantity": 1.0})
    shown = list(traces(charts.stores(rows))["Forecast"].x)
    assert not any("<" in label for label in shown)
    assert {"=1+1", "0042", "Молоко 3,5 % ☕", "&lt;b&gt;bold"} <= set(shown)
    assert max(map(len, shown)) < 128
    alike = pd.DataFrame({"store_label": ["ü" * 99 + end for end in "ab"], "forecast_quantity": 1.0})
    assert len(set(traces(charts.stores(alike.assign(sales_last_year_quantity=1.0)))["Forecast"].x)) == 2
