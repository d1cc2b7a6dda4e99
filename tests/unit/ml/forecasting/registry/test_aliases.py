import numpy as np
import pytest

from ml.forecasting.evaluation.metrics import Score, ScoredForecasts, evaluate
from ml.forecasting.registry.aliases import choose

ACTUAL = np.full(4, 5000.0)


def figures(error: float, actual: np.ndarray = ACTUAL) -> Score:
    return evaluate(ScoredForecasts(actual, actual + error, np.zeros(len(actual), dtype=bool)))


SCORES = {"seasonal_naive": figures(2000.0), "lightgbm": figures(1400.0), "blend": figures(1405.0)}


def test_without_an_incumbent_the_least_error_is_champion() -> None:
    choice = choose(SCORES, None)
    assert (choice.champion, choice.challenger) == ("lightgbm", "blend")


def test_an_incumbent_within_the_margin_stays() -> None:
    choice = choose(SCORES, "blend")
    assert (choice.champion, choice.challenger) == ("blend", "lightgbm")
    assert "less than the margin" in choice.reason


def test_an_incumbent_beaten_by_more_than_the_margin_is_replaced() -> None:
    choice = choose(SCORES, "seasonal_naive")
    assert (choice.champion, choice.challenger) == ("lightgbm", "blend")
    assert "30.0% below that of seasonal_naive" in choice.reason


def test_a_champion_that_is_still_best_stays() -> None:
    assert choose(SCORES, "lightgbm").champion == "lightgbm"


def test_an_incumbent_that_no_longer_competes_is_replaced() -> None:
    assert choose(SCORES, "retired").champion == "lightgbm"


def test_an_incumbent_that_a_roll_back_pinned_stays_whatever_the_figures() -> None:
    choice = choose(SCORES, "seasonal_naive", is_pinned=True)
    assert (choice.champion, choice.challenger) == ("seasonal_naive", "lightgbm")
    assert "roll-back" in choice.reason


@pytest.mark.parametrize("other", [ACTUAL[:3], ACTUAL + 1])
def test_nothing_is_concluded_from_figures_over_different_rows(other: np.ndarray) -> None:
    with pytest.raises(ValueError, match="not scored on the same rows"):
        choose(SCORES | {"blend": figures(1.0, other)}, None)
