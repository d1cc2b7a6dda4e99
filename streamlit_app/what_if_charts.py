"""The chart of the What-if page: what service costs in stock."""

import pandas as pd
import plotly.graph_objects as go

from streamlit_app import palette

_HOVER = "Target %{customdata:.1%}: %{y:.2%} of demand met, stock $%{x:,.0f}<extra></extra>"
Point = tuple[float, float]
"""Average stock in dollars, and the share of demand met."""


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
                x=rows["stock_amount"], y=rows["fill_rate"], customdata=rows["service_level_rate"], name=name,
                mode="lines+markers", line={"color": color, "width": 2.2, "shape": "spline", "smoothing": 0.6},
                marker={"size": 5}, hovertemplate=_HOVER,
            )  # fmt: skip
    marks = [("Policy in force", here, palette.HISTORY, "circle"), ("Your scenario", there, palette.ACCENT, "diamond")]
    for name, point, color, symbol in marks:
        if point is not None:
            figure.add_scatter(
                x=[point[0]], y=[point[1]], name=name, mode="markers",
                marker={"color": color, "size": 13, "symbol": symbol, "line": {"color": "white", "width": 1.5}},
                hovertemplate=f"{name}: %{{y:.2%}} of demand met, stock $%{{x:,.0f}}<extra></extra>",
            )  # fmt: skip
    figure.update_xaxes(title_text="Average stock", tickprefix="$", tickformat="~s", showgrid=True)
    figure.update_yaxes(title_text="Demand met", tickformat=".1%")
    return figure
