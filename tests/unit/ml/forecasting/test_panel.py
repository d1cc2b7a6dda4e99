import datetime as dt

import numpy as np
import pandas as pd
import pytest

from ml.forecasting.panel import FEATURE_COLUMNS, known_mean, least_scale, panel_from_frame, weeks_back
from retailers import WALMART
from warehouse.errors import ShelfcastError


def test_the_panel_holds_every_series_and_week_and_one_row_of_features_beyond(panel) -> None:
    assert (panel.series_count, panel.week_count) == (12, 130)
    assert panel.origin == dt.date(2012, 7, 27)
    assert panel.features["rolling_mean_4"].shape == (12, 131)
    assert panel.features["rolling_mean_4"][:, -1] == pytest.approx(panel.sales[:, -4:].mean(axis=1))


def test_the_markdowns_that_planned_promotions_learn_from_are_read(panel) -> None:
    assert "total_markdown" in FEATURE_COLUMNS
    assert set(panel.features) == set(FEATURE_COLUMNS)


def test_what_is_remembered_of_a_panel_is_not_remembered_of_a_cut_of_it(make_panel) -> None:
    panel = make_panel(stores=1, departments=1, weeks=60)
    panel.memory["made"] = 1
    assert panel.memory == {"made": 1}
    assert panel.until(60).memory == {}


@pytest.mark.parametrize("ids", [(1, 999_999, 1_000_000, 1_000_001), (7, 123_456_789, 999_999_998, 999_999_999)])
def test_sales_of_pairs_stay_apart_however_large_the_ids(make_frame, ids) -> None:
    plain = make_frame(stores=3, departments=4, weeks=60)
    depts = dict(zip((1, 2, 3, 4), ids, strict=True))
    stores = dict(zip((1, 2, 3), ids, strict=False))
    large = plain.assign(store_id=plain["store_id"].map(stores), dept_id=plain["dept_id"].map(depts))
    panel, expected = panel_from_frame(large, WALMART), panel_from_frame(plain, WALMART)
    assert panel.series_count == 12
    assert panel.store_ids.tolist() == [stores[store] for store in expected.store_ids.tolist()]
    assert panel.dept_ids.tolist() == [depts[dept] for dept in expected.dept_ids.tolist()]
    assert panel.sales.tobytes() == expected.sales.tobytes()


def test_a_missing_week_is_unknown_sales_and_not_a_shorter_series(make_frame) -> None:
    frame = make_frame(stores=1, departments=1, weeks=60)
    panel = panel_from_frame(frame.drop(index=30), WALMART)
    assert panel.week_count == 60
    assert np.flatnonzero(np.isnan(panel.sales[0])).tolist() == [30]


def test_nothing_after_the_origin_is_left_in_a_history(panel) -> None:
    history = panel.until(100)
    assert history.week_count == 100
    assert history.sales.shape == (12, 100)
    assert all(values.shape == (12, 101) for values in history.features.values())
    assert history.future_weeks(2).tolist() == panel.weeks[100:102].tolist()


def test_a_series_is_active_only_where_it_sold_in_the_last_13_weeks(make_frame) -> None:
    frame = make_frame(stores=1, departments=2, weeks=60)
    late = frame["feature_date"] > frame["feature_date"].max() - pd.Timedelta(weeks=14)
    frame.loc[late & (frame["dept_id"] == 2), "weekly_sales"] = np.nan
    assert panel_from_frame(frame, WALMART).active.tolist() == [True, False]


@pytest.mark.parametrize(
    ("middle", "least"), [(7500.0, 1.0), (3200.0, 1.0), (30_000.0, 1.0), (2.4, 1e-4), (4e6, 1000.0)]
)
def test_the_least_scale_follows_the_middle_series_as_a_power_of_ten(middle: float, least: float) -> None:
    assert least_scale(np.array([0.0, middle / 1000, middle, middle, 1e9 * middle])) == least
    assert least_scale(np.zeros(3)) == 1.0


def test_the_scale_is_the_mean_size_of_a_year_and_never_below_the_least(make_frame) -> None:
    frame = make_frame(stores=1, departments=2, weeks=60)
    frame["weekly_sales"] = np.where(frame["dept_id"] == 1, -200.0, 0.0)
    assert panel_from_frame(frame, WALMART).scale.tolist() == [200.0, 0.01]


def test_the_fingerprint_tells_a_changed_cent(make_frame) -> None:
    frame = make_frame(stores=1, departments=1, weeks=60)
    before = panel_from_frame(frame, WALMART).fingerprint
    assert panel_from_frame(frame.sample(frac=1, random_state=1), WALMART).fingerprint == before
    frame.loc[10, "weekly_sales"] += 0.01
    assert panel_from_frame(frame, WALMART).fingerprint != before


def test_features_without_any_sales_are_refused_in_one_sentence(make_frame) -> None:
    with pytest.raises(ShelfcastError, match="known sales"):
        panel_from_frame(make_frame(stores=1, departments=1, weeks=30).assign(weekly_sales=np.nan), WALMART)


def test_weeks_that_are_not_seven_days_apart_are_refused(make_frame) -> None:
    frame = make_frame(stores=1, departments=1, weeks=30)
    frame.loc[5, "feature_date"] += pd.Timedelta(days=1)
    with pytest.raises(ShelfcastError, match="7 days apart"):
        panel_from_frame(frame, WALMART)


def test_means_skip_unknown_weeks_and_are_zero_where_nothing_is_known() -> None:
    assert known_mean(np.array([[1.0, np.nan, 3.0], [np.nan] * 3])).tolist() == [2.0, 0.0]


def test_weeks_before_the_first_are_unknown() -> None:
    assert np.array_equal(weeks_back(np.array([[1.0, 2.0, 3.0]]), 4, 3), [[np.nan, 1.0, 2.0]], equal_nan=True)


def test_a_series_whose_only_sale_of_late_is_damped_is_active_all_the_same(make_frame) -> None:
    frame = make_frame(stores=1, departments=1, weeks=80)
    frame["weekly_sales"] = np.where(np.arange(len(frame)) % 20 == 3, 1.0, 0.0)
    frame.loc[frame.index[-5], "weekly_sales"] = 5000.0
    panel = panel_from_frame(frame, WALMART)
    assert not panel.sales[:, -13:].any()
    assert panel.active.all()
