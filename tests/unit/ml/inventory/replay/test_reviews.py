"""What was known at each review: calibrated where nothing changes, learned anew, and blind to what comes after."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from ml.forecasting.panel import panel_from_frame
from ml.inventory import protection
from ml.inventory.replay.forecasts import WeeklyForecasts, base_forecasts
from ml.inventory.replay.lead_times import LeadTimes
from ml.inventory.replay.reviews import FIRST_ORIGIN, known_reviews, level_rule
from retailers import WALMART

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
    return panel_from_frame(
        pd.DataFrame(
            {
                "store_id": np.repeat(np.arange(PAIRS) // 4, WEEKS),
                "dept_id": np.repeat(np.arange(PAIRS) % 4, WEEKS),
                "feature_date": np.tile(weeks, PAIRS),
                "store_type": "A",
                "weekly_sales": sales.ravel(),
                "is_holiday": False,
            }
        ),
        WALMART,
    )


def levels_of(panel, service=0.95, **options):
    reviews = known_reviews(panel, START, **options)
    return level_rule(reviews, np.arange(PAIRS), LEAD_TIMES, 1, (service,))(service).order_up_to


def test_a_higher_target_never_lowers_a_level(panel):
    targets = (0.6, 0.8, 0.9, 0.95, 0.98, 0.995)
    rule = level_rule(known_reviews(panel, START), np.arange(PAIRS), LEAD_TIMES, 1, targets)
    for less, more in pairwise(rule(target).order_up_to for target in targets):
        assert (more >= less).all()
    assert rule(0.6).order_up_to.shape == (PAIRS, WEEKS - START)


def test_the_level_of_a_random_lead_time_lies_between_those_of_the_least_and_the_greatest(panel):
    reviews, rows = known_reviews(panel, START), np.arange(PAIRS)
    least, random, greatest = (
        level_rule(reviews, rows, times, 1, (0.95,))(0.95).order_up_to
        for times in (LeadTimes((1,)), LEAD_TIMES, LeadTimes((3,)))
    )
    assert (least < random).all()
    assert (random < greatest).all()


@pytest.mark.parametrize(("relearn_weeks", "ahead"), [(None, 5), (3, 5), (4, 4), (4, 8)])
def test_nothing_after_the_review_moves_a_level(panel, relearn_weeks, ahead):
    # Also not where errors are learned anew in that very week: of periods that had not ended none is known.
    week = START + ahead
    sales = panel.sales.copy()
    sales[:, week:] = np.random.default_rng(5).normal(0, 1e5, sales[:, week:].shape)
    before, after = (levels_of(one, relearn_weeks=relearn_weeks) for one in (panel, replace(panel, sales=sales)))
    known = week - START + 1
    assert (before[:, :known] == after[:, :known]).all()
    assert (before[:, known:] != after[:, known:]).any()


def test_errors_learned_anew_use_what_came_meanwhile_every_four_weeks_unless_asked_otherwise(panel):
    frozen, renewed, usual = levels_of(panel, relearn_weeks=None), levels_of(panel, relearn_weeks=4), levels_of(panel)
    assert (frozen[:, :4] == renewed[:, :4]).all()
    assert (frozen[:, 4:] != renewed[:, 4:]).any()
    assert (usual == renewed).all()


def test_settings_are_frozen_whatever_the_replayed_weeks_hold(panel):
    def settings():
        return {name: repr(value) for name, value in vars(protection).items() if name.isupper()}

    before, sales = settings(), panel.sales.copy()
    assert {"ANCHORS", "ERROR_LIMIT", "SHRINKAGE_PERIODS", "FORECAST_WEIGHT", "REGULAR_RATE"} <= before.keys()
    sales[:, START:] = np.random.default_rng(6).gamma(1.0, 1e5, sales[:, START:].shape)
    levels_of(replace(panel, sales=sales))
    assert settings() == before


def test_forecasts_that_are_given_stand_in_for_the_base(panel):
    made = base_forecasts(panel, range(FIRST_ORIGIN, WEEKS))
    base = levels_of(panel)
    assert levels_of(panel, forecasts=made) == pytest.approx(base, rel=1e-9)
    assert (levels_of(panel, forecasts=WeeklyForecasts(made.first_origin, made.point * 3)) != base).any()
    with pytest.raises(ValueError, match="not all forecast"):
        made.at(range(50, 60))


def test_a_history_too_short_to_learn_from_is_refused(panel):
    with pytest.raises(ValueError, match="too few to learn from"):
        known_reviews(panel, 60)
