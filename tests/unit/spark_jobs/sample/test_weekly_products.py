"""The weekly products of the sample are those of a brand: intermittent, with price cuts, stock and a plan."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spark_jobs.sample.brand import ELASTICITY, chain_cuts, make_products
from spark_jobs.sample.weekly_products import write_weekly_products
from warehouse.errors import UsageError

WEEKS = 130
LAST_LABEL = pd.Timestamp("2024-06-23")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weekly")
    write_weekly_products(folder)
    return folder


@pytest.fixture(scope="module")
def sales(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "weekly_sales.csv", parse_dates=["Week starting"])


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others(folder: Path, tmp_path: Path):
    again, other = tmp_path / "again", tmp_path / "other"
    write_weekly_products(again)
    write_weekly_products(other, seed=1)
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["outlets.csv", "products.csv", "promotions.csv", "shelfcast.toml", "stock.csv", "weekly_sales.csv"]
    assert all((again / name).read_bytes() == (folder / name).read_bytes() for name in names)
    assert (other / "weekly_sales.csv").read_bytes() != (folder / "weekly_sales.csv").read_bytes()


def test_a_larger_sample_begins_with_the_outlets_of_the_smaller(folder: Path, tmp_path: Path):
    rows = write_weekly_products(tmp_path, stores=2)
    small = (tmp_path / "weekly_sales.csv").read_text()
    assert (folder / "weekly_sales.csv").read_text().startswith(small)
    assert rows["weekly_sales.csv"] == small.count("\n") - 1


def test_weeks_are_called_by_their_first_day_a_sunday(sales: pd.DataFrame):
    assert set(sales["Week starting"].dt.day_name()) == {"Sunday"}
    assert sales["Week starting"].min() == pd.Timestamp("2022-01-02")
    assert sales["Week starting"].max() == LAST_LABEL


def test_a_product_has_one_row_a_week_where_it_sold_and_none_where_it_did_not(sales: pd.DataFrame):
    assert not sales.duplicated(["Outlet", "SKU", "Week starting"]).any()
    assert (sales["Units"] != 0).all()
    filled = sales.groupby(["Outlet", "SKU"]).size() / WEEKS
    assert (filled < 0.5).mean() > 0.3
    assert (filled > 0.9).any()
    assert 0 < (sales["Units"] < 0).mean() < 0.01


def test_one_week_is_missing_of_all_outlets_and_an_outlet_closes_and_opens_again(sales: pd.DataFrame):
    weeks = pd.DatetimeIndex(np.sort(sales["Week starting"].unique()))
    everything = pd.date_range("2022-01-02", LAST_LABEL, freq="7D")
    assert list(everything.difference(weeks)) == [everything[2 * WEEKS // 3]]
    reopened = np.sort(sales.loc[sales["Outlet"] == "UK-0006", "Week starting"].unique())
    assert np.diff(reopened).max() >= np.timedelta64(7 * (WEEKS // 2 - WEEKS // 3), "D")
    assert sales.loc[sales["Outlet"] == "UK-0004", "Week starting"].min() >= everything[WEEKS // 3]


def test_a_price_cut_multiplies_the_mean_by_the_elasticity():
    products = make_products(3, 12, WEEKS)
    cut, listed = products.cut, products.is_listed
    weeks = np.arange(WEEKS)
    kinds = ("core", "slow", "sun", "regular", "gift", "slow")
    swing = np.array([{"core": 0.1, "slow": 0.1, "sun": 1.4, "regular": 0.2, "gift": 1.6}[kind] for kind in kinds * 2])
    peak = np.array([28, 28, 27, 50, 50, 10] * 2)
    season = np.exp(swing[:, None] * np.cos(2 * np.pi * (weeks - peak[:, None]) / 52))
    level = np.where(listed, products.mean / season / np.power(cut, -ELASTICITY), np.nan)
    assert np.nanstd(level, axis=1) == pytest.approx(np.zeros(12), abs=1e-9)
    assert {0.6, 0.7, 0.75, 0.8, 1.0} == set(np.round(np.unique(cut), 2))


def test_more_is_sold_where_the_whole_chain_cuts_its_prices(sales: pd.DataFrame):
    cuts = chain_cuts(20220102, WEEKS)[:WEEKS] > 0
    totals = sales.groupby("Week starting")["Units"].sum()
    is_cut = pd.Series(cuts, index=pd.date_range("2022-01-02", LAST_LABEL, freq="7D"))[totals.index]
    assert totals[is_cut].mean() / totals[~is_cut].mean() == pytest.approx(0.75**-ELASTICITY, rel=0.25)


def test_the_price_of_a_row_is_the_usual_one_or_a_cut_one(sales: pd.DataFrame):
    usual = sales.groupby("SKU")["Price"].transform("max")
    assert set((sales["Price"] / usual).round(2)) <= {1.0, 0.8, 0.75, 0.7, 0.6}


def test_stock_is_counted_in_pieces_on_the_last_day_of_the_last_week(folder: Path):
    stock = pd.read_csv(folder / "stock.csv", parse_dates=["Counted on", "Due"])
    assert set(stock["Counted on"]) == {LAST_LABEL + pd.Timedelta(days=6)}
    assert (stock["On hand"] >= 0).all()
    assert (stock["On order"] % 6 == 0).all()
    assert ((stock["On order"] > 0) == stock["Due"].notna()).all()
    assert (stock["Due"].dropna() > LAST_LABEL).all()
    assert set(stock["Lead time days"]) == {7, 14, 21}
    assert (stock["On hand"] == 0).any()


def test_promotions_of_the_chain_are_planned_for_weeks_after_the_last(folder: Path):
    plan = pd.read_csv(folder / "promotions.csv", parse_dates=["Week starting"])
    products = make_products(20220102, 30, WEEKS)
    assert plan["Week starting"].min() == LAST_LABEL + pd.Timedelta(weeks=4)
    assert set(plan["SKU"]) == {
        code for code, listed in zip(products.codes, products.is_listed, strict=True) if listed[-1]
    }
    usual = pd.Series(products.cents / 100, index=products.codes)
    assert (plan["Price"] / usual[plan["SKU"]].to_numpy()).round(2).unique().tolist() == [0.75]


@pytest.mark.parametrize("counts", [{"stores": 10_000}, {"products": 0}, {"weeks": 1_001}])
def test_an_impossible_size_is_a_usage_error(tmp_path: Path, counts: dict[str, int]):
    with pytest.raises(UsageError, match="A sample cannot have"):
        write_weekly_products(tmp_path / "none", **counts)
    assert not (tmp_path / "none").exists()


def test_a_tiny_sample_is_whole(tmp_path: Path):
    rows = write_weekly_products(tmp_path, stores=1, products=1, weeks=1)
    assert rows["weekly_sales.csv"] <= 1
