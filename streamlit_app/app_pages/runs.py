"""The runs of the pipeline, live, and the button that starts one."""

import pandas as pd
import streamlit as st

from streamlit_app.queries import marts
from streamlit_app.queries.session import open_session
from streamlit_app.services import pipeline_runs
from streamlit_app.views import charts, components, formats, tables
from warehouse.stages import STAGE_NAMES

EVERYTHING = "everything that has changed"
RUN_COLUMNS = ("run_id", "status", "started_at", "took", "stages_done")
STAGE_COLUMNS = ("stage_name", "status", "took", "message")


def main() -> None:
    """Draws the page."""
    components.header("Runs", "What the pipeline did, stage by stage, and what it is doing now.")
    start_controls()
    live()


def start_controls() -> None:
    """Shows the button that starts a run, and from which stage."""
    with st.container(border=True), st.container(horizontal=True, vertical_alignment="bottom"):
        stage = st.selectbox(
            "Run",
            (EVERYTHING, *STAGE_NAMES),
            key="from_stage",
            width=320,
            format_func=lambda name: name.capitalize() if name == EVERYTHING else f"From {name} on",
        )
        is_asked = st.button("Start a run", type="primary", icon=":material/play_arrow:", key="start_run")
        st.caption("Reads the files of the last run, or those in data/raw. Closing this page does not stop the run.")
    if is_asked:
        with components.errors_as_sentences():
            session = open_session()
            pipeline_runs.start_run(session.settings, session.database, None if stage == EVERYTHING else stage)
            st.toast("The run has been started.", icon=":material/play_arrow:")


@st.fragment(run_every=3)
def live() -> None:
    """Shows the state of the runs, anew every three seconds."""
    with components.errors_as_sentences():
        session = open_session()
        is_running = pipeline_runs.is_running(session.settings, session.database)
        runs = pipeline_runs.settled(marts.runs(), is_running)
        if is_running:
            hint = " Its stages show here once the first run has built the marts." if runs.empty else ""
            st.info(f"A run is going on. This page follows it.{hint}", icon=":material/autorenew:")
        if runs.empty:
            log(is_running)
            if not is_running:
                nothing_published(pipeline_runs.settled(marts.first_attempt(), is_running))
            return
        one_run(chosen_run(runs), is_running)
        log(is_running)


def chosen_run(runs: pd.DataFrame) -> pd.Series:
    """Shows the table of runs and returns the chosen one, the latest by default."""
    done = [
        formats.stages_done(done, of, is_running=status == "running")
        for done, of, status in zip(runs["done_count"], runs["stage_count"], runs["status"], strict=True)
    ]
    rows = runs.assign(stages_done=done, took=runs["duration_seconds"].map(formats.duration))
    chosen = tables.chosen_row(rows, RUN_COLUMNS, key="runs", by="run_id", height=215 if len(runs) > 5 else None)
    return rows.iloc[chosen or 0]


def nothing_published(attempt: pd.DataFrame) -> None:
    """Says that nothing has run yet, or how the first run ended before it had built any mart."""
    if attempt.empty or attempt["status"].iloc[0] != "failed":
        components.empty_state("No run yet", "The pipeline has not run on this database.")
        return
    stage = attempt.iloc[0]
    sentence = f"The first run ended in its stage {formats.words(stage['stage_name'])}: {stage['message']}"
    st.error(formats.plain_markdown(sentence), icon=":material/error:")
    st.caption("Nothing was published yet. Fix what is named, then start a run.")


def one_run(run: pd.Series, is_running: bool) -> None:
    """Shows the stages of a run on a time axis and as a table, and why it failed if it did."""
    stages = pipeline_runs.settled(marts.stages(str(run["run_id"])), is_running)
    st.subheader(f"Run {run['run_id']}", anchor=False)
    for _, stage in stages[stages["status"] == "failed"].iterrows():
        sentence = f"{formats.words(stage['stage_name'])}: {stage['message']}"
        st.error(formats.plain_markdown(sentence), icon=":material/error:")
    components.chart(charts.stages(stages), key="stages")
    took, names = stages["shown_seconds"].map(formats.duration), stages["stage_name"].map(formats.words)
    tables.show(stages.assign(took=took, stage_name=names), STAGE_COLUMNS)


def log(is_running: bool) -> None:
    """Shows the end of the log of the run that was started here."""
    settings = open_session().settings
    text = formats.plain_log(pipeline_runs.log_text(settings))
    if text:
        with st.expander("Output of the run started here", expanded=is_running):
            st.code(text, language=None)
            st.caption(f"File: `{pipeline_runs.log_path(settings)}`")


main()
