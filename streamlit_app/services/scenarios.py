"""What the What-if page tries: the inputs of the recommendations, read once, and what follows from a scenario.

As on the Forecasts page, the model code reads its own tables; the page sees what it returns.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from ml.inventory.orders.inputs import DecisionInputs, load_decision_inputs
from ml.inventory.scenarios.what_if import Evaluation, Scenario, changed, evaluate, evaluate_under, exchange, rows_of
from streamlit_app.queries.marts import recommended_at
from streamlit_app.queries.session import open_session

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class PairChoice:
    """The pairs that a person looks at; None takes all stores, or all departments."""

    store_id: int | None = None
    dept_id: int | None = None


def inputs() -> DecisionInputs:
    """Returns the inputs of the recommendations.

    Raises:
        ShelfcastError: they are not whole, as in the middle of a run.
    """
    return _decision_inputs(recommended_at())


def today(choice: PairChoice) -> Evaluation:
    """Returns what is recommended for some pairs, and what that leads to."""
    return _evaluated(choice, Scenario(), recommended_at())


def under(choice: PairChoice, scenario: Scenario) -> Evaluation:
    """Returns the same under a scenario.

    Raises:
        UsageError: the scenario is out of range.
    """
    return _evaluated(choice, scenario, recommended_at())


def curve(choice: PairChoice, scenario: Scenario) -> "pd.DataFrame":
    """Returns what each service level would cost in stock, with all else as in the scenario."""
    return _curve(choice, replace(scenario, service_level_rate=None, promotions=()), recommended_at())


@st.cache_resource(max_entries=1, show_spinner="Reading forecasts, stock and policies …")
def _decision_inputs(version: str) -> DecisionInputs:
    session = open_session()
    return load_decision_inputs(session.settings, session.database, "reader")


@st.cache_resource(max_entries=60, show_spinner="Working it out …")
def _evaluated(choice: PairChoice, scenario: Scenario, version: str) -> Evaluation:
    chosen = _chosen(choice, version)
    return evaluate(chosen) if scenario == Scenario() else evaluate_under(chosen, scenario)


@st.cache_resource(max_entries=60, show_spinner="Drawing service against stock …")
def _curve(choice: PairChoice, scenario: Scenario, version: str) -> "pd.DataFrame":
    chosen = changed(_chosen(choice, version), scenario)
    return exchange(chosen)


def _chosen(choice: PairChoice, version: str) -> DecisionInputs:
    every = _decision_inputs(version)
    return every.take(rows_of(every, choice.store_id, choice.dept_id))
