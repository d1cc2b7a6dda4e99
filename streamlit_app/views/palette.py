"""One palette for every chart and badge."""

from typing import Any, Literal

BadgeColor = Literal["red", "orange", "blue", "green", "gray"]

INK = "#1E2A36"
MUTED = "#6B7885"
GRID = "#E8ECF0"
HISTORY = "#44586B"
LAST_YEAR = "#B5C0CA"
FORECAST = "#1F5A85"
BAND_80 = "rgba(31, 90, 133, 0.22)"
BAND_95 = "rgba(31, 90, 133, 0.10)"
ACCENT = "#C9781E"
GOOD = "#3C8C62"
BAD = "#B3362B"

STATUSES = ("critical", "reorder", "monitor", "adequate")
STATUS_COLORS = {"critical": BAD, "reorder": ACCENT, "monitor": "#3F7CAC", "adequate": GOOD}
STATUS_BADGES: dict[str, BadgeColor] = {"critical": "red", "reorder": "orange", "monitor": "blue", "adequate": "green"}
STAGE_COLORS = {"succeeded": GOOD, "running": "#3F7CAC", "failed": BAD, "skipped": "#A9B4BE"}
PILL_RED, PILL_ORANGE, PILL_BLUE, PILL_GREEN, PILL_GRAY = "#F5DBD7", "#F8E7D1", "#DBE8F3", "#DAECE2", "#E8ECEF"
STATUS_PILLS = {"critical": PILL_RED, "reorder": PILL_ORANGE, "monitor": PILL_BLUE, "adequate": PILL_GREEN}
STAGE_PILLS = {"succeeded": PILL_GREEN, "running": PILL_BLUE, "failed": PILL_RED, "skipped": PILL_GRAY}
LOAD_PILLS = {"published": PILL_GREEN, "incoming": PILL_ORANGE, "refused": PILL_RED}
ORDER_PILLS = {"waiting": PILL_RED, "approved": PILL_GREEN, "overridden": PILL_BLUE, "snoozed": PILL_ORANGE}
ORDER_PILLS |= {"automatic": PILL_GRAY}
DECISION_PILLS = {"approve": PILL_GREEN, "override": PILL_BLUE, "snooze": PILL_ORANGE}
ORDER_BADGES: dict[str, BadgeColor] = {
    "waiting": "red",
    "approved": "green",
    "overridden": "blue",
    "snoozed": "orange",
    "automatic": "gray",
}
SEVERITY_PILLS = {"critical": "#CFD7DE", "warning": "#E2E7EB", "info": "#F1F3F5"}
RESULT_PILLS = {"held": PILL_GREEN, "failed": PILL_RED}

FONT = {"family": '"Source Sans", "Source Sans Pro", sans-serif', "size": 13, "color": INK}


def layout(height: int, **changes: Any) -> dict[str, Any]:
    """Returns the layout that every chart starts from."""
    axis = {
        "gridcolor": GRID,
        "zeroline": False,
        "linecolor": GRID,
        "tickfont": {"color": MUTED},
        "title": {"font": {"size": 12, "color": MUTED}},
    }
    base = {
        "height": height,
        "font": FONT,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": 8, "t": 30, "b": 8},
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": "white", "bordercolor": GRID, "font": {"size": 12}},
        "legend": {
            "orientation": "h",
            "y": 1.02,
            "yanchor": "bottom",
            "x": 0,
            "font": {"size": 12},
            "traceorder": "normal",
        },
        "xaxis": {**axis, "automargin": True, "showgrid": False},
        "yaxis": {**axis, "automargin": True},
    }
    return {**base, **changes}
