"""The sample has the shape of the public files and the traits that a forecaster must cope with."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from retailers import WALMART
from spark_jobs.sample.writer import FEATURES_HEADER, SALES_HEADER, STORES_HEADER, write_sample
from warehouse.calendar import Calendar
from warehouse.errors import UsageError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder)
    return folder


@pytest.fixture(scope="module")
def sales(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "train.csv", parse_dates=["Date"])


@pytest.fixture(scope="module")
def features(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "features.csv", parse_dates=["Date"])


def test_the_same_arguments_give_the_same_bytes(folder: Path, tmp_path: Path):
    write_sample(tmp_path)
    for name in ("train.csv", "features.csv", "stores.csv"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_another_seed_gives_other_sales(folder: Path, tmp_path: Path):
    write_sample(tmp_path, seed=1)
    assert (tmp_path / "train.csv").read_bytes() != (folder / "train.csv").read_bytes()


def test_a_larger_sample_begins_with_the_stores_of_the_smaller(folder: Path, tmp_path: Path):
    write_sample(tmp_path, stores=2)
    small = (tmp_path / "train.csv").read_text()
    assert (folder / "train.csv").read_text().startswith(small)


def test_headers_and_missing_values_are_written_as_in_the_public_files(folder: Path):
    for name, header in (("train", SALES_HEADER), ("features", FEATURES_HEADER), ("stores", STORES_HEADER)):
        assert (folder / f"{name}.csv").read_text().partition("\n")[0] == ",".join(header)
    first = (folder / "features.csv").read_text().splitlines()[1].split(",")
    assert first[4:9] == ["NA"] * 5
    assert first[-1] == "FALSE"


def test_the_counts_are_those_of_the_files(tmp_path: Path):
    size = write_sample(tmp_path, stores=3, departments=6, weeks=60)
    assert size.sales_rows == len((tmp_path / "train.csv").read_text().splitlines()) - 1
    assert size.feature_rows == 3 * (60 + 39) == len((tmp_path / "features.csv").read_text().splitlines()) - 1


def test_weeks_are_fridays_from_the_first_of_the_public_data(sales: pd.DataFrame, features: pd.DataFrame):
    assert sales["Date"].min() == pd.Timestamp("2010-02-05")
    assert set(features["Date"].dt.weekday) == {4}
    assert (features["Date"].max() - sales["Date"].max()).days == 39 * 7


def test_the_holiday_flag_is_that_of_the_calendar_in_both_files(sales: pd.DataFrame, features: pd.DataFrame):
    for frame in (sales, features):
        flags = frame.groupby("Date")["IsHoliday"].first()
        expected = [Calendar.of(WALMART).holiday_of(day.date()) is not None for day in flags.index]
        assert flags.tolist() == expected
    assert sales.groupby("Date")["IsHoliday"].first().sum() == 10


def test_the_peak_is_the_week_before_the_flagged_christmas_week(sales: pd.DataFrame):
    totals = sales.groupby("Date")["Weekly_Sales"].sum()
    for flagged in ("2010-12-31", "2011-12-30"):
        before = pd.Timestamp(flagged) - pd.Timedelta(weeks=1)
        assert totals[before] > 1.3 * totals.median()
        assert totals[flagged] < totals.median()
    assert totals["2010-11-26"] > 1.15 * totals.median()


def test_there_are_gaps_late_starters_and_early_stoppers(sales: pd.DataFrame):
    weeks = sales.groupby(["Store", "Dept"])["Date"].agg(["min", "max", "count"])
    span = (weeks["max"] - weeks["min"]).dt.days // 7 + 1
    assert (weeks["count"] < span).mean() > 0.2
    assert (weeks["min"] > sales["Date"].min() + pd.Timedelta(weeks=10)).sum() >= 10
    assert (weeks["max"] < sales["Date"].max() - pd.Timedelta(weeks=8)).sum() >= 5


def test_there_are_returns_and_weeks_without_sales(sales: pd.DataFrame):
    share = (sales["Weekly_Sales"] < 0).mean()
    assert 0.001 < share < 0.02
    assert (sales["Weekly_Sales"] == 0).any()


def test_markdowns_exist_only_from_november_2011(features: pd.DataFrame):
    markdowns = features[[f"MarkDown{n}" for n in range(1, 6)]]
    early = features["Date"] < "2011-11-01"
    assert markdowns[early].isna().all(axis=None)
    assert markdowns[~early].notna().mean().min() > 0.5
    assert markdowns[features["Date"] > "2011-12-01"].isna().any(axis=None)


def test_prices_and_unemployment_are_missing_only_in_the_last_future_weeks(features: pd.DataFrame):
    late = features["Date"] > features["Date"].max() - pd.Timedelta(weeks=13)
    for name in ("CPI", "Unemployment"):
        assert features.loc[late, name].isna().all()
        assert features.loc[~late, name].notna().all()


def test_departments_have_seasons_of_their_own(sales: pd.DataFrame):
    monthly = sales.assign(month=sales["Date"].dt.month).pivot_table(
        index="month", columns="Dept", values="Weekly_Sales", aggfunc="mean"
    )
    busiest = monthly.drop(index=[11, 12]).idxmax()
    assert busiest.nunique() >= 5


def test_season_and_recent_level_beat_the_seasonal_naive_by_10_to_30_percent(sales: pd.DataFrame):
    table = sales.pivot_table(index=["Store", "Dept"], columns="Date", values="Weekly_Sales").to_numpy()
    table = table[~np.isnan(table).any(axis=1)]
    naive, better = [], []
    for origin in range(table.shape[1] - 40, table.shape[1] - 7, 8):
        target = slice(origin, origin + 8)
        last_year = table[:, origin - 52 : origin - 44]
        level = table[:, origin - 13 : origin].mean(axis=1) / table[:, origin - 65 : origin - 52].mean(axis=1)
        naive.append(np.abs(table[:, target] - last_year).mean())
        better.append(np.abs(table[:, target] - last_year * level[:, None]).mean())
    assert 0.10 < 1 - np.mean(better) / np.mean(naive) < 0.30


def test_store_attributes_are_of_the_three_types(folder: Path):
    stores = pd.read_csv(folder / "stores.csv")
    assert set(stores["Type"]) == {"A", "B", "C"}
    assert (stores["Size"] > 0).all()
    assert stores["Store"].tolist() == list(range(1, 11))


def test_a_tiny_sample_is_whole(tmp_path: Path):
    size = write_sample(tmp_path, stores=1, departments=1, weeks=1)
    assert size.sales_rows <= 1
    assert size.feature_rows == 40
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".partial")]


@pytest.mark.parametrize("counts", [{"stores": 0}, {"departments": -1}, {"weeks": 100_000}])
def test_an_impossible_size_is_a_usage_error(tmp_path: Path, counts: dict[str, int]):
    with pytest.raises(UsageError, match="A sample cannot have"):
        write_sample(tmp_path, **counts)


def test_weeks_of_the_sample_end_where_the_count_says(sales: pd.DataFrame):
    assert sales["Date"].max().date() == dt.date(2010, 2, 5) + dt.timedelta(weeks=142)
