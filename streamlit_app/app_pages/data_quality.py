"""Whether the data can be trusted: rules, loads, and every line that was set aside."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from streamlit_app.queries import marts, quality
from streamlit_app.queries.session import open_session
from streamlit_app.services import documents
from streamlit_app.views import components, formats, quality_tabs, tables

RULE_COLUMNS = (
    "is_success",
    "severity",
    "description",
    "unexpected_count",
    "table_name",
    "column_name",
    "element_count",
    "observed_value",
    "suite_name",
    "checked_at",
)
LOAD_COLUMNS = (
    "file_name",
    "status",
    "read_count",
    "accepted_count",
    "rejected_count",
    "duplicate_count",
    "source_kind",
    "dialect",
    "loaded_at",
    "load_id",
    "file_sha256",
)
RESTATED_COLUMNS = (
    "store_id",
    "dept_id",
    "week_date",
    "column_name",
    "old_value",
    "new_value",
    "change_kind",
    "restated_at",
    "load_id",
)
PAGE_ROWS = 50
DOWNLOAD_ROWS = 100_000


def main() -> None:
    """Draws the page."""
    components.header("Data quality", "What was checked, what failed, and which lines were set aside and why.")
    with st.spinner("Reading the audit …"):
        rules, loads, reasons = quality.quality_rules(), marts.loads(), marts.rejection_reasons()
    if rules.empty and loads.empty:
        components.empty_state("Nothing has been checked yet", "No file has been loaded and audited.")
        return
    headline(rules, loads, reasons)
    parts: dict[str, Callable[[], None]] = {
        "Rules": lambda: rule_table(rules),
        "History": quality_tabs.history,
        "Loads": lambda: load_table(loads),
        "Drift": quality_tabs.drift,
        "Profiles": quality_tabs.profile,
        "Rejected rows": lambda: rejected(reasons),
        "Data docs": data_docs,
        "dbt docs": dbt_docs,
    }
    for place, show in zip(st.tabs(list(parts)), parts.values(), strict=True):
        with place:
            show()


def headline(rules: pd.DataFrame, loads: pd.DataFrame, reasons: pd.DataFrame) -> None:
    """Shows the score, the critical failures, the rows read and the lines set aside."""
    score, critical, read, aside = st.columns(4)
    if rules.empty:
        score.metric("Rules that hold", formats.MISSING, border=True)
    else:
        first = rules.iloc[0]
        score.metric(
            "Rules that hold",
            formats.percent(first["score_rate"]),
            f"{formats.count(first['held_count'])} of {formats.count(first['rule_count'])}, latest audits",
            delta_color="off",
            delta_arrow="off",
            border=True,
            help=f"Last checked {formats.moment(first['latest_at'])}.",
        )
        failures = int(first["critical_count"])
        critical.metric(
            "Critical rules broken",
            formats.count(failures),
            "publication was stopped" if failures else "the data could be published",
            delta_color="red" if failures else "green",
            delta_arrow="off",
            border=True,
        )
    if not loads.empty:
        latest = loads.iloc[0]
        source = "from the sample" if latest["source_kind"] == "sample" else "your files"
        read.metric(
            "Rows read, latest load",
            formats.count(latest["load_read_count"]),
            f"{formats.count(latest['load_accepted_count'])} accepted, {source}",
            delta_color="off",
            delta_arrow="off",
            border=True,
        )
    aside.metric(
        "Lines set aside",
        formats.count(0 if reasons.empty else reasons["all_count"].iloc[0]),
        "every line could be used" if reasons.empty else "each with its reason",
        delta_color="off",
        delta_arrow="off",
        border=True,
    )


def rule_table(rules: pd.DataFrame) -> None:
    """Shows every rule of the latest audits, failed ones first."""
    if rules.empty:
        components.not_yet("No audit has run yet.")
        return
    only_failed = st.toggle("Failed rules only", key="failed_only")
    shown = rules[~rules["is_success"]] if only_failed else rules
    if shown.empty:
        st.success("Every rule holds.", icon=":material/check:")
        return
    tables.show(shown, RULE_COLUMNS, height=430)


def load_table(loads: pd.DataFrame) -> None:
    """Shows what became of every row of every file."""
    if loads.empty:
        components.not_yet("No file has been loaded yet.")
        return
    unbalanced = int((~loads["is_balanced"]).sum())
    if unbalanced:
        st.error(f"The accounting of {unbalanced} loads does not add up.", icon=":material/error:")
    else:
        st.caption(":material/check: For every file: rows read = accepted + rejected + exact duplicates.")
    tables.show(loads, LOAD_COLUMNS, height=430)
    restated(marts.restatements())


def restated(values: pd.DataFrame) -> None:
    """Shows the published values that later loads changed or removed."""
    st.subheader("Restated history", anchor=False)
    if values.empty:
        st.success("No published value was ever changed or removed.", icon=":material/check:")
        return
    total = int(values["all_count"].iloc[0])
    latest = "" if total == len(values) else f", the latest {len(values)} of them here"
    st.caption(f"{formats.count(total)} published values were changed or removed by later loads{latest}.")
    tables.show(values, RESTATED_COLUMNS, height=330)


def rejected(reasons: pd.DataFrame) -> None:
    """Shows the lines that were set aside, by reason and line by line."""
    if reasons.empty:
        st.success("No line was set aside.", icon=":material/check:")
        return
    total = int(reasons["all_count"].iloc[0])
    tables.show(reasons, ("file_name", "reason", "row_count"), height=215 if len(reasons) > 5 else None)
    pages = (total + PAGE_ROWS - 1) // PAGE_ROWS
    with st.container(horizontal=True, vertical_alignment="bottom"):
        page = st.number_input(f"Page (of {pages})", 1, pages, key="rejected_page", width=140) if pages > 1 else 1
        tables.download(
            "Download all of them", lambda: marts.rejected_rows(DOWNLOAD_ROWS), "rejected_rows.csv", key="rejected"
        )
    shown = marts.rejected_rows(PAGE_ROWS, (int(page) - 1) * PAGE_ROWS)
    tables.show(shown, ("file_name", "line_number", "reason", "raw_text", "rejected_at", "load_id"), height=330)


def data_docs() -> None:
    """Embeds the Great Expectations site."""
    site = documents.data_docs(open_session().settings)
    if site is None:
        components.not_yet("The audit has not written its site yet.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.link_button("Open in a new tab", site.address, icon=":material/open_in_new:")
        st.caption(f"File: `{site.path}`")
    st.iframe(site.address, height=640)


def dbt_docs() -> None:
    """Links the dbt docs site."""
    site = documents.dbt_docs(open_session().settings)
    if site is None:
        components.not_yet("The dbt docs site has not been built yet.", "shelfcast docs")
        return
    st.markdown("Every model, column and test of the warehouse, with its lineage.")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.link_button("Open the dbt docs", site.address, icon=":material/open_in_new:")
        st.caption(f"File: `{site.path}`")


main()
