from pathlib import Path

import numpy as np
import pytest

from ml.forecasting.evaluation.backtest import Backtest, origins_of, run_backtest
from ml.forecasting.evaluation.plots import draw, save, scored_rows
from ml.forecasting.models.naive import AlignedSeasonal, SeasonalNaive
from ml.forecasting.panel import Panel

SHOWN = "aligned_seasonal"


@pytest.fixture(scope="module")
def tested(panel: Panel) -> Backtest:
    return run_backtest(panel, (SeasonalNaive(), AlignedSeasonal()), origins_of(panel, 3))


@pytest.fixture(scope="module")
def pictures(tested: Backtest):
    return draw(tested, SHOWN)


def test_the_error_lines_are_the_scorecard_s_figures_by_horizon(tested: Backtest, pictures) -> None:
    lines = {line.get_label(): line for line in pictures["error_by_horizon.png"].axes[0].lines}
    assert set(lines) == {"seasonal_naive", SHOWN}
    assert list(lines[SHOWN].get_ydata()) == [tested.score(SHOWN, step)["wmae_amount"] for step in range(8)]
    assert lines[SHOWN].get_linewidth() > lines["seasonal_naive"].get_linewidth()


def test_the_reliability_lines_are_the_scorecard_s_coverage_by_horizon(tested: Backtest, pictures) -> None:
    lines = {line.get_label(): line for line in pictures["interval_reliability.png"].axes[0].lines}
    for label, figure in (("80% interval", "coverage_80_rate"), ("95% interval", "coverage_95_rate")):
        expected = [tested.score(SHOWN, step)[figure] for step in range(8)]
        assert list(lines[label].get_ydata()) == pytest.approx(expected)


def test_the_bars_are_value_added_by_department_the_best_first(tested: Backtest, pictures) -> None:
    axes = pictures["value_added_by_department.png"].axes[0]
    heights = [bar.get_height() for bar in axes.patches]
    assert heights == sorted(heights, reverse=True)
    best = int(axes.get_xticklabels()[0].get_text())
    ours, naive = (scored_rows(tested, name) for name in (SHOWN, "seasonal_naive"))

    def weighted_error(rows) -> float:
        mine = rows.dept_ids == best
        return float((np.where(rows.is_holiday, 5, 1) * np.abs(rows.point - rows.actual))[mine].sum())

    assert heights[0] == pytest.approx(1 - weighted_error(ours) / weighted_error(naive))


def test_a_single_origin_whose_intervals_nothing_calibrates_is_drawn_too(panel: Panel, tmp_path: Path) -> None:
    alone = run_backtest(panel, (SeasonalNaive(),), origins_of(panel, 1))
    paths = save(draw(alone, "seasonal_naive"), tmp_path / "reports")
    assert sorted(path.name for path in paths) == [
        "error_by_horizon.png",
        "interval_reliability.png",
        "value_added_by_department.png",
    ]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)
