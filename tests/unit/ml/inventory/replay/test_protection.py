"""Our first policy to replay: quantiles of mixtures, calibration, and blindness to what comes after."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from ml.forecasting.panel import panel_from_frame
from ml.inventory.replay import protection
from ml.inventory.replay.forecasts import WeeklyForecasts, base_forecasts
from ml.inventory.replay.lead_times import LeadTimes
from ml.inventory.replay.protection import (
    PROBABILITIES,
    ProtectionPool,
    ReplayOutlook,
    build_protection_pool,
    empirical_protection,
    look_out,
    mixture_quantile,
)

START, WEEKS, PAIRS = 84, 96, 40
LEAD_TIMES = LeadTimes((1, 2, 3), (1 / 8, 3 / 4, 1 / 8))


@pytest.fixture(scope="module")
def panel():
    """Steady sales with a season and noise; what can be learned before the replay holds in it."""
    generator = np.random.default_rng(2)
    season = 1 + 0.2 * np.sin(2 * np.pi * np.arange(WEEKS) / 52)
    size = np.geomspace(100, 20_000, PAIRS)[:, None]
    sales = size * season * (1 + 0.15 * generator.standard_normal((PAIRS, WEEKS)))
    weeks = pd.Timestamp("2010-02-05") + pd.to_timedelta(7 * np.arange(WEEKS), unit="D")
    frame = pd.DataFrame(
        {
            "store_id": np.repeat(np.arange(PAIRS) // 4, WEEKS),
            "dept_id": np.repeat(np.arange(PAIRS) % 4, WEEKS),
            "feature_date": np.tile(weeks, PAIRS),
            "store_type": "A",
            "weekly_sales": sales.ravel(),
            "is_holiday": False,
        }
    )
    return panel_from_frame(frame)


@pytest.fixture(scope="module")
def family(panel):
    return empirical_protection(panel, START, LEAD_TIMES)


def test_the_quantile_of_a_mixture_has_the_probability_of_the_mixture():
    # Two normal parts with known quantiles; one situation, unit 10, dispersion 2.
    inner = norm.ppf(np.clip(PROBABILITIES, 1e-4, 1 - 1e-4))
    pool = ProtectionPool(np.empty(0), np.stack([inner, 1.5 * inner])[:, None, :], np.array([2.0]))
    outlook = ReplayOutlook(0, np.array([100.0, 180.0]).reshape(2, 1, 1), np.full((1, 1), 10.0), np.full((1, 1), 50.0))
    shares = np.array([0.25, 0.75])
    for target in (0.5, 0.9, 0.95, 0.98):
        level = mixture_quantile(pool, outlook, shares, target)[0, 0]
        assert 0.25 * norm.cdf((level - 100) / 20) + 0.75 * norm.cdf((level - 180) / 30) == pytest.approx(
            target, abs=0.002
        )
    for wrong in (0.0, 1.0, np.nan):
        with pytest.raises(ValueError, match="service level"):
            mixture_quantile(pool, outlook, shares, wrong)


def test_a_higher_target_never_lowers_a_level(family):
    levels = [family(target).order_up_to for target in (0.6, 0.8, 0.9, 0.95, 0.98, 0.995)]
    for less, more in pairwise(levels):
        assert (more >= less).all()
    assert levels[0].shape == (PAIRS, WEEKS - START)


def test_learned_periods_are_covered_as_often_as_the_target_says(panel):
    periods, shares = [2, 3, 4], np.array([1 / 8, 3 / 4, 1 / 8])
    outlook = look_out(panel, range(60, WEEKS - 4), periods)
    pool = build_protection_pool(panel, outlook, periods)
    actual = np.stack(
        [
            np.stack([panel.sales[:, week : week + weeks].sum(axis=1) for week in range(60, WEEKS - 4)], axis=1)
            for weeks in periods
        ]
    )
    for target in (0.8, 0.9, 0.95, 0.98):
        level = mixture_quantile(pool, outlook, shares, target)
        assert shares @ (actual <= level).mean(axis=(1, 2)) == pytest.approx(target, abs=0.015)


@pytest.mark.parametrize(("relearn_weeks", "ahead"), [(None, 5), (3, 5), (4, 4), (4, 8)])
def test_nothing_after_the_review_moves_a_level(panel, relearn_weeks, ahead):
    # Also not where errors are pooled anew in that very week: of periods that had not ended none is known.
    week = START + ahead
    sales = panel.sales.copy()
    sales[:, week:] = np.random.default_rng(5).normal(0, 1e5, sales[:, week:].shape)
    before, after = (
        empirical_protection(one, START, LEAD_TIMES, relearn_weeks=relearn_weeks)(0.95).order_up_to
        for one in (panel, replace(panel, sales=sales))
    )
    known = week - START + 1
    assert (before[:, :known] == after[:, :known]).all()
    assert (before[:, known:] != after[:, known:]).any()


def test_errors_are_learned_before_the_replay_only(panel):
    # The last origin learned from ends its longest protection period with the last week before the replay.
    outlook = look_out(panel.until(START), range(60, START - 4 + 1), [2, 3, 4])
    sales = panel.sales.copy()
    sales[:, START:] = 1e6
    changed = replace(panel, sales=sales)
    for one, other in zip(
        vars(build_protection_pool(panel, outlook, [2, 3, 4])).values(),
        vars(build_protection_pool(changed, outlook, [2, 3, 4])).values(),
        strict=True,
    ):
        assert (one == other).all()


def test_errors_pooled_anew_use_what_was_learned_meanwhile(panel):
    frozen, renewed = (
        empirical_protection(panel, START, LEAD_TIMES, relearn_weeks=weeks)(0.95).order_up_to for weeks in (None, 6)
    )
    assert (frozen[:, :6] == renewed[:, :6]).all()
    assert (frozen[:, 6:] != renewed[:, 6:]).any()


def test_errors_are_pooled_anew_every_four_weeks_unless_asked_otherwise(panel, family):
    renewed = empirical_protection(panel, START, LEAD_TIMES, relearn_weeks=4)(0.95).order_up_to
    assert (family(0.95).order_up_to == renewed).all()


def test_settings_are_frozen_whatever_the_replayed_weeks_hold(panel):
    # Pooling anew learns errors, never settings: they are constants, and the first weeks of a replay, before errors are
    # pooled anew, are ruled by what came before it alone.
    def settings():
        return {name: repr(value) for name, value in vars(protection).items() if name.isupper()}

    before, sales = settings(), panel.sales.copy()
    assert {"BANDS", "ERROR_LIMITS", "SHRINKAGE_ORIGINS", "FORECAST_WEIGHT", "RELEARN_WEEKS"} <= before.keys()
    sales[:, START:] = np.random.default_rng(6).gamma(1.0, 1e5, sales[:, START:].shape)
    outlook = look_out(panel, range(START, WEEKS), [2, 3, 4])
    learned = [
        build_protection_pool(one, look_out(one, range(60, START - 4 + 1), [2, 3, 4]), [2, 3, 4])
        for one in (panel, replace(panel, sales=sales))
    ]
    shares = np.asarray(LEAD_TIMES.probabilities)
    levels = [mixture_quantile(pool, outlook, shares, 0.95) for pool in learned]
    assert (levels[0] == levels[1]).all()
    assert settings() == before


def test_forecasts_that_are_given_stand_in_for_the_base(panel):
    made = base_forecasts(panel, range(56, WEEKS))
    given, base = (
        empirical_protection(panel, START, LEAD_TIMES, forecasts=one)(0.95).order_up_to for one in (made, None)
    )
    assert given == pytest.approx(base, rel=1e-9)
    larger = WeeklyForecasts(made.first_origin, made.point * 3)
    assert (empirical_protection(panel, START, LEAD_TIMES, forecasts=larger)(0.95).order_up_to != base).any()
    with pytest.raises(ValueError, match="not all forecast"):
        made.at(range(50, 60))


def test_a_level_never_exceeds_what_the_largest_weeks_would_need(panel, monkeypatch):
    monkeypatch.setattr(protection, "LARGEST_MULTIPLE", 0.01)
    level = empirical_protection(panel, START, LEAD_TIMES)(0.99).order_up_to
    outlook = look_out(panel, range(START, WEEKS), [2, 3, 4])
    assert (level <= outlook.total[-1] + 1e-9).all()


def test_a_history_too_short_to_learn_from_is_refused(panel):
    with pytest.raises(ValueError, match="too few to learn from"):
        empirical_protection(panel, 60, LEAD_TIMES)
