"""Ridge: a robust linear model per department on what the seasonal base leaves over.

Ridge regression (Hoerl and Kennard, Technometrics 12, 1970) for the absolute error, by iteratively reweighted least
squares (Huber, Robust Statistics, 1981, section 7.8): a department learns from all its stores how far it follows the
calendar and its own growth. It sees nothing of the last weeks, which trees use better.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ml.forecasting.models.model_inputs import LEVEL_PREFIXES, Rows, part_of, rows_at_origin
from ml.forecasting.models.protocol import PointForecast
from ml.forecasting.models.seasonal_base import plausible
from ml.forecasting.models.training_rows import RowStore, TrainingTable
from ml.forecasting.panel import FloatArray, IntArray, Panel

logger = logging.getLogger(__name__)

PENALTY = 0.15
"""Penalty on each standardised weight, as a fraction of the total weight of the rows."""
STEPS = 3
LEAST_ROWS = 200
LARGEST_INPUT = 4.0
"""Standard deviations beyond which an input counts no further."""


@dataclass(frozen=True)
class Ridge:
    """The candidate."""

    name: str = "ridge"
    store: RowStore = field(default_factory=RowStore, repr=False, compare=False)

    @property
    def parameters(self) -> Mapping[str, object]:
        """Penalty, steps of the reweighting, and the cut of the inputs."""
        return {"penalty": PENALTY, "steps": STEPS, "largest_input": LARGEST_INPUT, "one_model_per": "department"}

    def fit(self, history: Panel) -> "FittedRidge":
        """Returns a linear model for each department with enough rows."""
        return self.store.fit(self.name, history, lambda table: _fitted_departments(table, history.dept_ids))


def _fitted_departments(table: TrainingTable | None, dept_ids: IntArray) -> "FittedRidge":
    if table is None:
        return FittedRidge({}, (), ())
    columns = tuple(at for at, name in enumerate(table.names) if not name.startswith(LEVEL_PREFIXES))
    department = dept_ids[table.series]
    order = np.argsort(department, kind="stable")
    found, first = np.unique(department[order], return_index=True)
    members = dict(zip(found.tolist(), np.split(order, first[1:]), strict=True))
    models = {number: _fitted(table, rows, columns) for number, rows in members.items() if len(rows) >= LEAST_ROWS}
    logger.info("ridge fitted for %d departments", len(models))
    return FittedRidge(models, columns, tuple(table.names[at] for at in columns))


@dataclass(frozen=True)
class LinearModel:
    """Weights of standardised inputs.

    Attributes:
        centre: mean of each input, (F,).
        spread: standard deviation of each input, (F,).
        weights: of each standardised input, in scales per standard deviation, (F,).
        intercept: in scales.
    """

    centre: FloatArray
    spread: FloatArray
    weights: FloatArray
    intercept: float

    def contributions(self, inputs: FloatArray) -> FloatArray:
        """Returns what each input adds, in scales, (..., F)."""
        return np.asarray(_standardised(inputs, self.centre, self.spread) * self.weights)


@dataclass(frozen=True)
class FittedRidge:
    """A linear model by department; a department without one keeps the base."""

    models: Mapping[int, LinearModel]
    columns: tuple[int, ...]
    names: tuple[str, ...]

    def predict(self, history: Panel, horizon: int) -> PointForecast:
        """Returns base plus residual."""
        return self.predict_rows(history, rows_at_origin(history, horizon))

    def predict_rows(self, history: Panel, rows: Rows) -> PointForecast:
        """Returns the forecasts from rows that are at hand."""
        point = rows.base.point.copy()
        for department, model in self.models.items():
            members = np.flatnonzero(history.dept_ids == department)
            residual = model.contributions(self._inputs(rows, members)).sum(axis=2) + model.intercept
            point[members] += residual * rows.scale[members, None]
        missing = ~np.isin(history.dept_ids, list(self.models)) & (rows.base.fallback == "")
        fallback = np.where(missing, "seasonal base", rows.base.fallback)
        return PointForecast(plausible(point, history.sales), fallback)

    def _inputs(self, rows: Rows, members: IntArray) -> FloatArray:
        return np.asarray(rows.values[members][:, :, list(self.columns)], dtype=np.float64)

    def explain(self, history: Panel, horizon: int, series: int) -> Mapping[str, FloatArray]:
        """Returns the base's parts and each input's term by group of inputs."""
        rows = rows_at_origin(history, horizon)
        parts = rows.base.parts(series)
        model = self.models.get(int(history.dept_ids[series]))
        if model is not None:
            terms = model.contributions(self._inputs(rows, np.array([series])))[0] * rows.scale[series]
            for position, name in enumerate(self.names):
                part = part_of(name)
                parts[part] = parts.get(part, np.zeros(horizon)) + terms[:, position]
        point = self.predict_rows(history, rows).point[series]
        parts["other"] = parts.get("other", np.zeros(horizon)) + point - sum(parts.values())
        return parts

    def importance(self) -> Mapping[str, float]:
        """Returns the share of each input in the absolute weights of all departments."""
        if not self.models:
            return {}
        size = np.sum([np.abs(model.weights) for model in self.models.values()], axis=0)
        return dict(zip(self.names, (size / max(size.sum(), 1e-9)).tolist(), strict=True))


def _standardised(inputs: FloatArray, centre: FloatArray, spread: FloatArray) -> FloatArray:
    """Returns the inputs in standard deviations, 0 where not known."""
    scaled = (inputs - centre) / spread
    return np.asarray(np.where(np.isnan(scaled), 0.0, np.clip(scaled, -LARGEST_INPUT, LARGEST_INPUT)))


def _fitted(table: TrainingTable, rows: IntArray, columns: tuple[int, ...]) -> LinearModel:
    inputs = table.inputs[rows][:, list(columns)].astype(np.float64)
    weights = table.weights[rows] / table.weights[rows].sum()
    known = ~np.isnan(inputs)
    share = np.maximum(weights @ known, 1e-9)
    centre = weights @ np.where(known, inputs, 0.0) / share
    spread = np.sqrt(weights @ np.where(known, (inputs - centre) ** 2, 0.0) / share) + 1e-6
    design = np.column_stack([_standardised(inputs, centre, spread), np.ones(len(rows))])
    beta = _robust_solution(design, table.labels[rows], weights)
    return LinearModel(centre, spread, beta[:-1], float(beta[-1]))


def _robust_solution(design: FloatArray, labels: FloatArray, weights: FloatArray) -> FloatArray:
    """Returns the weights that minimise the penalised absolute error; the last column is the intercept."""
    penalty = np.full(design.shape[1], PENALTY)
    penalty[-1] /= 10
    current = weights
    for _ in range(STEPS):
        gram = design.T @ (design * current[:, None]) + np.diag(penalty * current.sum())
        beta = np.linalg.solve(gram, design.T @ (current * labels))
        error = np.abs(labels - design @ beta)
        least = 0.5 * float(weights @ error) + 1e-9
        current = weights * least / np.maximum(error, least)
    return np.asarray(beta)
