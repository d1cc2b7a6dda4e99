"""The command on the public Walmart files, where they are present."""

import pytest

from warehouse import embedded
from warehouse.opening import open_database
from warehouse.settings import load_settings

pytestmark = [pytest.mark.real_data, pytest.mark.exhaustive]

LEAK_ALARM_WMAE = 700
"""Dollars; a lower error at store and department level, eight weeks ahead, is a leak on this data."""


@pytest.fixture(scope="module")
def warehouse(real_data, shelfcast, tmp_path_factory):
    settings = load_settings(home=tmp_path_factory.mktemp("real") / "home")
    ended = shelfcast(settings, "run", "--data", str(real_data))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    yield open_database(settings)
    embedded.stop(settings)


def test_every_row_of_the_public_files_is_accounted_for_and_kept(warehouse):
    loads = warehouse.read_frame("pipeline", "select * from marts.fct_loads where status = 'published'").set_index(
        "file_name"
    )
    assert dict(loads["read_count"]) == {"train.csv": 397_841, "features.csv": 8_190, "stores.csv": 45}
    assert (loads["read_count"] == loads["accepted_count"] + loads["rejected_count"] + loads["duplicate_count"]).all()
    counts = warehouse.read_frame(
        "pipeline",
        "select (select count(*) from raw.raw_sales) as sales, (select count(*) from raw.external_features) as weeks, "
        "(select count(*) from raw.raw_sales where weekly_sales < 0) as negative",
    ).loc[0]
    assert (counts.sales, counts.weeks) == (397_841, 8_190)
    assert counts.negative > 1_000


def test_the_champion_beats_seasonal_naive_by_a_quarter_without_a_leak(warehouse):
    scores = warehouse.read_frame("pipeline", "select * from marts.fct_model_scores").set_index("model_name")
    champion = scores[scores["is_champion"]].iloc[0]
    assert champion.value_added_rate > 0.25
    assert champion.wmae_amount > LEAK_ALARM_WMAE
    assert 0.77 < champion.coverage_80_rate < 0.83


def test_the_origins_are_those_of_the_published_comparison(warehouse):
    origins = warehouse.read_frame(
        "pipeline", "select distinct origin_date::text as day from ml.backtest_errors order by 1"
    )
    assert list(origins["day"]) == ["2011-11-18", "2012-01-20", "2012-03-16", "2012-05-11", "2012-07-06"]


def test_every_series_sold_in_the_last_quarter_has_a_forecast(warehouse):
    missing = warehouse.read_frame(
        "pipeline",
        "select store_id, dept_id from raw.raw_sales group by 1, 2 "
        "having max(sale_date) filter (where weekly_sales <> 0) > date '2012-08-31' - 13 * 7 "
        "except select store_id, dept_id from marts.latest_forecasts",
    )
    assert missing.empty
