"""Demand over the protection period: by hand, against the textbook, calibrated where nothing changes, and no leak."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from ml.inventory import formulas, protection
from ml.inventory.protection import (
    DRAWS,
    DemandAhead,
    ErrorModel,
    ErrorPool,
    PastForecasts,
    demand_until,
    lead_times,
    learn,
    normal_demand,
)

WEEKS, PAIRS, ORIGINS = 6, 400, 20
TARGETS = (0.8, 0.9, 0.95, 0.98)


def past(seed=3, pairs=PAIRS, origins=ORIGINS, noise=0.2, skew=False):
    """Forecasts of pairs of very unlike size, whose errors stay for weeks; every third pair is twice as noisy."""
    rng = np.random.default_rng(seed)
    size = np.geomspace(50, 50_000, pairs)
    pair, origin = np.divmod(np.arange(pairs * origins), origins)
    lasting = rng.standard_normal((len(pair), 1))
    errors = 0.7 * lasting + rng.standard_normal((len(pair), WEEKS))
    errors = np.exp(errors / 2) - 1 if skew else errors
    forecast = np.repeat(size[pair, None], WEEKS, axis=1) * rng.uniform(0.8, 1.2, (len(pair), 1))
    own = noise * np.where(pair % 3 == 0, 2.0, 1.0)[:, None]
    actual = np.maximum(forecast * (1 + own * errors), 0.0)
    return PastForecasts(pair, 50 + origin, size[pair], np.ones(len(pair), bool), forecast, actual)


def ahead_of(model, rows):
    """Demand that the model expects in the situations of some past rows."""
    return model.demand(rows.forecast, rows.volume, rows.is_regular, model.noise[rows.pair])


def covered(demand, rows, weeks, target):
    """Share of the rows whose demand over so many weeks stayed at or below the level of a target, row by row."""
    lead = np.full((len(demand), DRAWS), float(weeks) - 1)
    level = demand.over(lead, np.ones(len(demand))).quantile(np.full(len(demand), target))
    return rows.actual[:, :weeks].sum(axis=1) <= level


def flat(forecast, scale, shapes, lead_time_ranks=None):
    """Demand of one pair from shapes by hand, (lengths, draws) cumulated."""
    shapes = np.asarray(shapes, float)
    full = np.repeat(shapes, DRAWS // shapes.shape[1], axis=1)
    pool = ErrorPool(np.zeros(1), np.ones((1, len(full))), full[None])
    ranks = (np.arange(DRAWS) + 0.5) / DRAWS if lead_time_ranks is None else lead_time_ranks
    model = ErrorModel(pool, pool, np.ones(1), ranks)
    return DemandAhead(np.atleast_2d(forecast), np.full((1, len(full)), scale), np.ones(1), np.ones(1, bool), model)


def test_demand_is_the_forecast_plus_the_error_of_the_sum_never_below_zero_and_never_falling():
    demand = flat([10.0, 20.0, 30.0], 5.0, [[0.0, 2.0, -3.0, 0.0], [0.0, 3.0, -9.0, 0.0], [0.0, 3.0, 1.0, -9.0]])
    found = demand.cumulative(3)[0, :, :: DRAWS // 4]
    assert found.T.tolist() == [[0, 10, 30, 60], [0, 20, 45, 75], [0, 0, 0, 65], [0, 10, 30, 30]]


def test_beyond_the_forecast_its_last_four_weeks_repeat_with_what_the_error_grew_by():
    demand = flat(np.arange(1.0, 7.0), 1.0, np.cumsum(np.arange(6.0))[:, None])
    steps = np.diff(demand.cumulative(11)[0, :, 0])
    assert steps.tolist() == [1, 3, 5, 7, 9, 11, 5, 7, 9, 11, 5]


def test_demand_until_a_point_in_time_is_even_within_a_week():
    total = flat([10.0, 20.0, 40.0], 0.0, np.zeros((3, 1))).cumulative(3)
    at = [demand_until(total, np.array([[weeks]]))[0, 0] for weeks in (0.0, 0.5, 1.0, 2.25, 3.0)]
    assert at == [0.0, 5.0, 10.0, 40.0, 70.0]


def test_lead_times_have_the_mean_and_deviation_of_the_policy_and_a_day_at_least():
    model = learn(past(), PAIRS)
    lead = lead_times(np.array([3.0, 0.2]), np.array([0.5, 2.0]), model.lead_time_ranks)
    assert lead[0].mean() == pytest.approx(3.0, abs=0.01)
    assert lead[0].std() == pytest.approx(0.5, abs=0.02)
    assert lead[1].min() == protection.SHORTEST_LEAD_TIME_WEEKS


@pytest.mark.parametrize("deviation", [0.0, 0.4])
@pytest.mark.parametrize("service", [0.8, 0.95, 0.98])
def test_for_normal_independent_weeks_the_level_is_the_reorder_point_of_the_textbook(deviation, service):
    demand = normal_demand(np.array([1000.0]), np.array([150.0]))
    lead = lead_times(np.array([3.0]), np.array([deviation]), demand.model.lead_time_ranks)
    level = demand.over(lead, np.ones(1)).quantile(np.array([service]))[0]
    expected = formulas.demand_deviation_over_lead_time(1000, 150, 4, deviation)
    assert level == pytest.approx(formulas.normal_reorder_point(service, 4000, expected), rel=0.01)


def test_for_normal_weeks_shortage_and_probability_are_those_of_the_closed_form():
    seen = normal_demand(np.array([1000.0]), np.array([150.0])).over(np.full((1, DRAWS), 3.0), np.ones(1))
    for level in (4000.0, 4300.0, 4600.0):
        at = np.array([level])
        assert seen.expected_shortage(at)[0] == pytest.approx(
            formulas.normal_expected_shortage(level, 4000, 300), abs=1.0
        )
        assert seen.stockout_probability(at)[0] == pytest.approx(1 - formulas.norm.cdf((level - 4000) / 300), abs=2e-3)


@pytest.mark.parametrize("skew", [False, True])
@pytest.mark.parametrize("weeks", [1, 3, 5])
def test_levels_learned_from_the_past_cover_the_sum_as_often_as_the_target_says(weeks, skew):
    # Other weeks of the same pairs, whose errors are alike but were never seen.
    model, later = learn(past(seed=3, skew=skew), PAIRS), past(seed=4, skew=skew).take(slice(0, None, 3))
    demand = ahead_of(model, later)
    for target in TARGETS:
        is_covered = covered(demand, later, weeks, target)
        assert is_covered.mean() == pytest.approx(target, abs=0.015)
        fifth = later.pair * 5 // PAIRS
        assert [is_covered[fifth == part].mean() for part in range(5)] == pytest.approx([target] * 5, abs=0.03)


def test_a_noisy_pair_has_a_larger_error_scale_and_a_pair_never_seen_that_of_its_pool():
    model = learn(past(), PAIRS + 1)
    assert model.noise[:PAIRS:3].mean() > 1.3 * model.noise[1:PAIRS:3].mean()
    assert model.noise[PAIRS] == 1.0


def test_errors_that_stay_for_weeks_need_more_stock_than_independent_ones():
    rows = past()
    rng = np.random.default_rng(1)
    mixed = rows.actual - rows.forecast
    for column in range(WEEKS):
        order = rng.permutation(ORIGINS)
        mixed[:, column] = mixed[:, column].reshape(PAIRS, ORIGINS)[:, order].ravel()
    independent = replace(rows, actual=np.maximum(rows.forecast + mixed, 0.0))
    points, some = [], rows.take(slice(0, None, 19))
    for one in (rows, independent):
        seen = ahead_of(learn(one, PAIRS), some).over(np.full((len(some.pair), DRAWS), 4.0), np.ones(len(some.pair)))
        points.append(seen.quantile(np.full(len(some.pair), 0.95)) - seen.protection.mean(axis=1))
    assert points[0].sum() > 1.15 * points[1].sum()


@pytest.mark.parametrize(("pairs", "origins"), [(PAIRS, ORIGINS), (10, 5)])
def test_pairs_that_hardly_sell_do_not_touch_the_levels_of_those_that_sell_every_week(pairs, origins):
    rows = past(pairs=pairs, origins=origins)
    others = past(seed=9, noise=0.9)
    both = PastForecasts(
        *(np.concatenate([a, b]) for a, b in zip(vars(rows).values(), vars(others).values(), strict=True))
    )
    both = replace(both, is_regular=np.arange(len(both.pair)) < len(rows.pair))
    both.pair[len(rows.pair) :] += pairs
    assert (learn(both, pairs + PAIRS).regular.size == learn(rows, pairs).regular.size).all()


def test_the_model_does_not_depend_on_the_order_of_its_rows():
    rows = past()
    shuffled = rows.take(np.random.default_rng(2).permutation(len(rows.pair)))
    one, other = learn(rows, PAIRS), learn(shuffled, PAIRS)
    assert (one.regular.shapes == other.regular.shapes).all()
    assert one.noise == pytest.approx(other.noise, rel=1e-12)


def test_weeks_that_are_not_known_teach_nothing():
    rows = past()
    unknown = np.arange(WEEKS)[None] + rows.origin[:, None] >= 62
    whole = learn(replace(rows, actual=np.where(unknown, np.nan, rows.actual)), PAIRS)
    # What is known of the longest period are the rows without a gap.
    known = learn(rows.take(~unknown.any(axis=1)), PAIRS)
    assert whole.regular.size[:, -1] == pytest.approx(known.regular.size[:, -1], rel=0.1)


def test_one_wild_error_moves_no_other_pair_by_more_than_a_little():
    rows = past()
    some, models = rows.take(slice(0, None, 19)), [learn(rows, PAIRS)]
    rows.actual[5] = 1e12
    models.append(learn(rows, PAIRS))
    lead, one = np.full((len(some.pair), DRAWS), 2.0), np.ones(len(some.pair))
    before, after = (ahead_of(model, some).over(lead, one).quantile(0.95 * one) for model in models)
    others = some.pair != rows.pair[5]
    assert np.abs(after[others] / before[others] - 1).max() < 0.03


def test_a_higher_target_or_a_longer_wait_never_lowers_a_level():
    rows = past().take(np.arange(0, PAIRS * ORIGINS, 97))
    demand = ahead_of(learn(past(), PAIRS), rows)
    one = np.ones(len(demand))
    levels = [
        [
            demand.over(lead_times(one * mean, one * 0.5, demand.model.lead_time_ranks), one).quantile(one * target)
            for target in (0.5, *TARGETS, 0.995)
        ]
        for mean in (0.5, 1.0, 1.7, 2.0, 3.4, 9.0)
    ]
    for row in levels:
        for less, more in pairwise(row):
            assert (more >= less).all()
    for shorter, longer in pairwise(levels):
        for less, more in zip(shorter, longer, strict=True):
            assert (more >= less - 1e-9).all()


def test_a_few_rows_are_served_by_one_pool_and_none_are_refused():
    few = past(pairs=4, origins=3)
    model = learn(few, 4)
    assert len(model.regular.volume) == 1
    with pytest.raises(ValueError, match="no past forecast"):
        learn(few.take(slice(0, 0)), 4)
    with pytest.raises(ValueError, match="no past forecast"):
        learn(replace(few, volume=np.zeros(len(few.pair))), 4)


def test_a_pair_without_sales_and_forecast_has_no_demand():
    model = learn(past(), PAIRS)
    demand = model.demand(np.zeros((1, WEEKS)), np.zeros(1), np.zeros(1, bool), np.ones(1))
    assert not demand.cumulative(9).any()


def test_the_first_weeks_are_the_same_to_the_bit_however_far_the_paths_go():
    demand = ahead_of(learn(past(), PAIRS), past().take(np.arange(0, PAIRS * ORIGINS, 97)))
    far = demand.cumulative(29)
    for weeks in (1, WEEKS, WEEKS + 1, WEEKS + 7):
        assert (demand.cumulative(weeks) == far[:, : weeks + 1]).all()


def test_amounts_times_a_thousand_are_levels_times_a_thousand():
    rows = past(pairs=60)
    large = replace(rows, volume=1e3 * rows.volume, forecast=1e3 * rows.forecast, actual=1e3 * rows.actual)
    lead, one = np.full((60, DRAWS), 2.4), np.ones(60)
    levels = [
        ahead_of(learn(some, 60), some.take(slice(0, None, ORIGINS))).over(lead, one).quantile(0.95 * one)
        for some in (rows, large)
    ]
    assert levels[1] == pytest.approx(1e3 * levels[0], rel=1e-12)


@pytest.mark.parametrize("name", ["volume", "forecast", "actual"])
def test_a_row_that_holds_no_number_teaches_nothing(name):
    rows = past()
    broken = {"volume": rows.volume.copy(), "forecast": rows.forecast.copy(), "actual": rows.actual.copy()}
    broken[name][7] = np.nan
    one, other = learn(replace(rows, **broken), PAIRS), learn(rows.take(np.arange(len(rows.pair)) != 7), PAIRS)
    assert (one.regular.shapes == other.regular.shapes).all()
    assert (one.noise == other.noise).all()


@pytest.mark.parametrize("pairs", [5, PAIRS])
def test_an_absurd_error_counts_as_one_of_three_units_a_week_and_no_more(pairs):
    models = []
    for size in (10.0, 1e12):
        rows = past(pairs=pairs)
        rows.actual[5] = size * rows.volume[5]
        models.append(learn(rows, pairs))
    assert (models[0].regular.shapes == models[1].regular.shapes).all()
    assert (models[0].regular.size == models[1].regular.size).all()
    assert (models[0].noise == models[1].noise).all()


@pytest.mark.parametrize("is_regular", [False, True])
@pytest.mark.parametrize("weeks_known", [1, WEEKS])
def test_a_single_origin_of_one_kind_of_pairs_gives_every_pair_a_level(is_regular, weeks_known):
    rows = past(origins=1)
    actual = np.where(np.arange(WEEKS) < weeks_known, rows.actual, np.nan)
    model = learn(replace(rows, actual=actual, is_regular=np.full(PAIRS, is_regular)), PAIRS)
    demand = model.demand(rows.forecast, rows.volume, np.arange(PAIRS) % 2 > 0, model.noise[rows.pair])
    level = demand.over(np.full((PAIRS, DRAWS), 2.0), np.ones(PAIRS)).quantile(np.full(PAIRS, 0.95))
    assert (level > rows.forecast[:, 0] * 3).all()
    assert (level < rows.forecast[:, 0] * 15).all()


PIECE = np.array([2.5])


def whole(weekly, deviation=0.0, piece=PIECE):
    """Demand of three weeks in money of a pair that sells so many whole pieces a week on average."""
    demand = normal_demand(np.array([weekly]) * piece, np.array([deviation]) * piece)
    return replace(demand, piece=piece).over(np.full((1, DRAWS), 2.0), np.ones(1))


@pytest.mark.parametrize("weekly", [0.003, 0.1, 0.5, 1.7, 12.0])
def test_demand_in_whole_pieces_has_the_mean_of_demand_in_parts_of_them(weekly):
    seen = whole(weekly)
    pieces = seen.protection / PIECE
    assert np.unique(pieces).tolist() == np.unique(np.round(pieces)).tolist()
    assert pieces.mean() == pytest.approx(3 * weekly, abs=2 / DRAWS)
    assert (seen.until_delivery <= seen.protection).all()


def test_a_pair_that_hardly_ever_sells_a_piece_needs_none_until_the_target_says_so():
    # 0.01 a week are three pieces in a hundred periods of three weeks.
    seen = whole(0.01)
    assert seen.quantile(np.array([0.95]))[0] == 0.0
    assert seen.quantile(np.array([0.99]))[0] == PIECE[0]
    assert seen.stockout_probability(np.zeros(1))[0] == pytest.approx(0.03, abs=2 / DRAWS)


def test_whole_pieces_change_nothing_where_parts_of_them_are_sold_and_little_where_many_are():
    demand = normal_demand(np.array([12.0]), np.array([5.0]))
    lead, review = np.full((1, DRAWS), 2.0), np.ones(1)
    plain, parts, whole_ones = (
        replace(demand, piece=piece).over(lead, review) for piece in (None, np.array([np.nan]), np.ones(1))
    )
    assert parts.protection.tobytes() == plain.protection.tobytes()
    target = np.array([0.95])
    assert whole_ones.quantile(target)[0] == pytest.approx(plain.quantile(target)[0], abs=1.0)
