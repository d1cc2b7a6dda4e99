"""The parts of the Data quality page that show the score over time, drift, and the profiles of loads."""

from collections.abc import Callable

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from streamlit_app.queries import quality
from streamlit_app.views import components, formats, palette, tables
from warehouse.wording import house

SCORE_COLUMNS = (
    "checked_at",
    "score_rate",
    "rule_count",
    "failed_critical_count",
    "failed_warning_count",
    "failed_info_count",
    "run_id",
)
SCORE_LABELS = {
    "rule_count": "Rules",
    "failed_critical_count": "Critical failed",
    "failed_warning_count": "Warnings failed",
    "failed_info_count": "Notes failed",
}
DRIFT_COLUMNS = ("is_success", "measure", "part_name", "subject_name", "before", "now", "shift", "limit", "detail")
DRIFT_LABELS = {
    "measure": "What",
    "part_name": "Where in the load",
    "subject_name": "Of",
    "before": "Published",
    "now": "Load",
    "shift": "Shift",
    "limit": "Limit",
    "detail": "Which",
}
MEASURES: dict[str, tuple[str, Callable[[float | None], str]]] = {
    "store_rows": ("Rows of a store", formats.count),
    "sales_distribution": ("Spread of sales, median", formats.quantity),
    "sales_level": ("Sales against the year before, median", formats.percent),
    "zero_weeks": ("Weeks that sell nothing", formats.percent),
    "negative_weeks": ("Weeks with more returns than sales", formats.percent),
    "vanished_pairs": ("Pairs that vanished", formats.count),
    "new_pairs": ("Pairs that are new", formats.count),
    "missing_covariates": ("Covariates that are missing", formats.percent),
}
INDEXED = ("sales_distribution",)
"""Measures whose shift is an index, not a share."""
PROFILE_COLUMNS = (
    "table_name",
    "column_name",
    "row_count",
    "missing",
    "missing_before",
    "distinct_count",
    "mean",
    "mean_before",
    "lowest",
    "p05_value",
    "median_value",
    "p95_value",
    "highest",
    "usual_text",
)
PROFILE_LABELS = {
    "missing": "Missing",
    "missing_before": "Missing before",
    "distinct_count": "Distinct values",
    "mean": "Mean",
    "mean_before": "Mean before",
    "lowest": "Smallest",
    "p05_value": "5% are below",
    "median_value": "Median",
    "p95_value": "95% are below",
    "highest": "Largest",
    "usual_text": "Most frequent",
}
DRIFT_HEIGHT, PROFILE_HEIGHT = 430, 820


def score_badge() -> None:
    """Shows the score of the latest audits as a badge, and the way to what stands behind it."""
    rows = quality.latest_score()
    if rows.empty:
        return
    score = rows.iloc[0]
    critical, warned, noted = (int(score[f"failed_{name}_count"]) for name in ("critical", "warning", "info"))
    color: palette.BadgeColor = "red" if critical else "orange" if warned else "green"
    broken = ((critical, "critical"), (warned, "warning"), (noted, "note"))
    words = next((_number(count, name) for count, name in broken if count), "none broken")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(
            f"Data quality: {formats.percent(score['score_rate'])} of {formats.count(score['rule_count'])} rules hold, "
            f"{words}",
            color=color,
            icon=":material/verified:",
        )
        st.page_link(components.page("data_quality"), label="What was checked", icon=":material/arrow_forward:")


def _number(count: int, name: str) -> str:
    return f"{formats.count(count)} {name}{'s' if count > 1 and name != 'critical' else ''}"


def history() -> None:
    """Shows the score of every audit, and what broke in the latest."""
    scores = quality.quality_scores()
    if scores.empty:
        components.not_yet("No audit has run yet.")
        return
    fresh = quality.new_failures()
    if fresh.empty:
        st.success("No rule is newly broken in the latest audits.", icon=":material/check:")
    else:
        rules = "rule" if len(fresh) == 1 else "rules"
        st.warning(
            f"{formats.count(len(fresh))} {rules} newly broken in the latest audits.", icon=":material/priority_high:"
        )
        tables.show(fresh, ("severity", "description", "table_name", "column_name", "observed_value"))
    components.chart(score_chart(scores), key="scores")
    st.caption(
        "After each run: the share of rules that held in its audits, or in the latest ones before where it had none."
    )
    tables.show(scores.iloc[::-1], SCORE_COLUMNS, height=330, heads=SCORE_LABELS)


def score_chart(scores: pd.DataFrame) -> go.Figure:
    """Returns the share of rules that held after each run, runs in which a critical one failed marked.

    Args:
        scores: checked_at, score_rate (a fraction), held_count, rule_count and failed_critical_count, oldest first.
    """
    figure = go.Figure(layout=palette.layout(240, hovermode="closest", showlegend=False))
    colors = [palette.BAD if count else palette.GOOD for count in scores["failed_critical_count"]]
    figure.add_scatter(
        x=scores["checked_at"],
        y=scores["score_rate"],
        mode="lines+markers",
        customdata=scores[["held_count", "rule_count"]],
        line={"color": palette.HISTORY, "width": 1.6},
        marker={"color": colors, "size": 9},
        hovertemplate="%{x|%b %d, %Y, %H:%M}: %{y:.1%}, %{customdata[0]} of %{customdata[1]} rules<extra></extra>",
    )
    lowest = min(0.9, float(scores["score_rate"].min()) - 0.02)
    figure.update_yaxes(tickformat=".0%", range=[lowest, 1.005])
    # Left to itself, the axis of a single run counts fractions of a second.
    if scores["checked_at"].nunique() == 1:
        at = scores["checked_at"].iloc[0]
        figure.update_xaxes(range=[at - pd.Timedelta(hours=12), at + pd.Timedelta(hours=12)])
    return figure


def drift() -> None:
    """Shows how far a load lies from what was published before it."""
    load_id = _choose_load("drift")
    if load_id is None:
        return
    rows = quality.load_drift(load_id)
    if rows.empty:
        st.info(
            "There is nothing to compare this load with: no load of the same kind was published before it.",
            icon=":material/info:",
        )
        return
    beyond = int((~rows["is_success"]).sum())
    if beyond:
        st.warning(
            f"{formats.count(beyond)} of {formats.count(len(rows))} figures lie beyond their limit.",
            icon=":material/priority_high:",
        )
    else:
        st.success(f"All {formats.count(len(rows))} figures lie inside their limits.", icon=":material/check:")
    tables.show(drift_table(rows), DRIFT_COLUMNS, height=DRIFT_HEIGHT, heads=DRIFT_LABELS)
    st.caption(
        "New weeks are compared with the weeks before (sales with the same weeks a year before), weeks published "
        "earlier with what they were. The shift of a spread is the population stability index. The limits were set on "
        "the public data; small stores are given room for three rows."
    )


def drift_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Returns the rows of drift with their figures in words: shares in percent, sales in the unit that is forecast."""
    written = [MEASURES.get(str(name), (formats.words(str(name)), formats.count)) for name in rows["measure_name"]]
    is_index = rows["measure_name"].isin(INDEXED)
    return rows.assign(
        measure=[label for label, _ in written],
        before=[words(value) for (_, words), value in zip(written, rows["baseline_value"], strict=True)],
        now=[words(value) for (_, words), value in zip(written, rows["incoming_value"], strict=True)],
        shift=_shifts(rows["shift_value"], is_index),
        limit=_shifts(rows["warning_limit_value"], is_index),
        detail=rows["drift_detail"],
    )


def _shifts(values: pd.Series, is_index: pd.Series) -> list[str]:
    return [
        house().number(value, 2) if index else formats.percent(value)
        for value, index in zip(values, is_index, strict=True)
    ]


def profile() -> None:
    """Shows what each column of a load held, beside the published load before it."""
    load_id = _choose_load("profile")
    if load_id is None:
        return
    rows = quality.load_profile(load_id)
    tables.show(profile_table(rows), PROFILE_COLUMNS, height=PROFILE_HEIGHT, heads=PROFILE_LABELS)
    before = rows["previous_load_id"].dropna()
    st.caption(
        f"Before: load {before.iloc[0]}, the published one before it."
        if len(before)
        else "No load was published before this one."
    )


def profile_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Returns the profile with figures rounded for reading, and dates and texts where a column has no figures."""
    return rows.assign(
        missing=[formats.percent(rate) for rate in rows["missing_rate"]],
        missing_before=[formats.percent(rate) for rate in rows["previous_missing_rate"]],
        mean=[_figure(value) for value in rows["mean_value"]],
        mean_before=[_figure(value) for value in rows["previous_mean_value"]],
        lowest=_ends(rows["minimum_value"], rows["first_text"]),
        highest=_ends(rows["maximum_value"], rows["last_text"]),
        **{name: [_figure(value) for value in rows[name]] for name in ("p05_value", "median_value", "p95_value")},
    )


def _ends(values: pd.Series, texts: pd.Series) -> list[str]:
    return [text if pd.isna(value) else _figure(value) for value, text in zip(values, texts, strict=True)]


def _figure(value: float | None) -> str:
    """Returns a figure of any unit: whole from a thousand on, else with as many digits as it needs."""
    if formats.is_missing(value):
        return formats.MISSING
    return house().number(value) if abs(value) >= 1000 else f"{value:.4g}".replace(".", house().marks[1])


def _choose_load(key: str) -> str | None:
    """Returns the chosen load, the newest by default; None, with a word about it, where there is none."""
    loads = quality.audited_loads()
    if loads.empty:
        components.not_yet("No load has been audited yet.")
        return None
    states = {
        str(row["load_id"]): f"{row['load_id']}, {row['status']}, {formats.moment(row['profiled_at'])}"
        for row in loads.to_dict("records")
    }
    return st.selectbox("Load", list(states), format_func=lambda load: states[load], key=f"{key}_load")
