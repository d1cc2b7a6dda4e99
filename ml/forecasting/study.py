"""A study: what can be known of the candidates from one panel, without writing anything."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ml.forecasting.evaluation.backtest import Backtest, origins_of, run_backtest
from ml.forecasting.evaluation.metrics import Score
from ml.forecasting.intervals.error_scale import ErrorScale
from ml.forecasting.models.by_group import ByGroup, FittedByGroup
from ml.forecasting.models.candidates import Candidate, forecasters
from ml.forecasting.models.protocol import FittedModel
from ml.forecasting.models.training_rows import row_store
from ml.forecasting.panel import Panel
from ml.forecasting.served_model import ServedModel
from warehouse.progress import Progress, silent

logger = logging.getLogger(__name__)

LEAK_ALARM = 0.45
"""Value added over seasonal naive beyond which the input, not the model, is the first suspect."""


@dataclass(frozen=True)
class Study:
    """A backtest, its pooled figures, and the candidates fitted on everything with their intervals, by name."""

    backtest: Backtest
    scores: Mapping[str, Score]
    models: Mapping[str, ServedModel]


def study(panel: Panel, tried: Sequence[Candidate], origin_count: int, progress: Progress = silent) -> Study:
    """Returns the study of some candidates, the baseline among them.

    Raises:
        ShelfcastError: the weeks are too few for a single origin.
    """
    backtest = run_backtest(panel, tried, origins_of(panel, origin_count), progress)
    scores = {name: backtest.score(name) for name in backtest.names}
    warn_of_leaks(scores)
    fitted: dict[str, FittedModel] = {}
    error_scale = ErrorScale(row_store(forecasters(tried))).fit(panel)
    for number, model in enumerate(tried):
        progress(number, len(tried), f"fit on all weeks: {model.name}")
        if isinstance(model, ByGroup):
            members = {name: fitted[name] for name in sorted(set(backtest.choice.values()))}
            fitted[model.name] = FittedByGroup(backtest.choice, members)
        else:
            fitted[model.name] = model.fit(panel)
    models = {
        name: ServedModel(name, model, backtest.calibrations[name], error_scale, panel.retailer)
        for name, model in fitted.items()
    }
    return Study(backtest, scores, models)


def warn_of_leaks(scores: Mapping[str, Score]) -> list[str]:
    """Returns the candidates that are too good to be true, after a warning about each."""
    gains = {name: score["value_added_rate"] for name, score in scores.items()}
    suspects = [name for name, gain in gains.items() if gain > LEAK_ALARM]
    for name in suspects:
        logger.warning(
            "%s errs %.0f%% less than seasonal naive: check that no input knows the future before trusting it",
            name,
            100 * gains[name],
        )
    return suspects
