"""The till lines of the sample are those of a grocer: its calendar, its prices, its returns, the faults of exports."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spark_jobs.sample.catalogue import CATEGORIES
from spark_jobs.sample.grocer import make_articles, make_branch, make_days, prices
from spark_jobs.sample.till_lines import draw_lines, write_till_lines
from warehouse.errors import UsageError

WEEKS = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("till")
    write_till_lines(folder, stores=5, weeks=WEEKS, lines_per_week=300)
    return folder


@pytest.fixture(scope="module")
def lines(folder: Path) -> pd.DataFrame:
    codes = dict.fromkeys(("Filiale", "Bon", "Artikel", "Menge"), str)
    frame = pd.read_csv(folder / "kassenzeilen.csv", sep=";", decimal=",", dtype=codes)
    frame["day"] = pd.to_datetime(frame["Zeitpunkt"], format="%d.%m.%Y %H:%M:%S").dt.normalize()
    return frame.assign(quantity=frame["Menge"].str.replace(",", ".").astype(float))


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others(folder: Path, tmp_path: Path):
    again, other = tmp_path / "again", tmp_path / "other"
    write_till_lines(again, stores=5, weeks=WEEKS, lines_per_week=300)
    write_till_lines(other, stores=5, weeks=WEEKS, lines_per_week=300, seed=1)
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["artikel.csv", "filialen.csv", "kassenzeilen.csv", "shelfcast.toml"]
    assert all((again / name).read_bytes() == (folder / name).read_bytes() for name in names)
    assert (other / "kassenzeilen.csv").read_bytes() != (folder / "kassenzeilen.csv").read_bytes()


def test_a_larger_sample_begins_with_the_branches_of_the_smaller(folder: Path, tmp_path: Path):
    rows = write_till_lines(tmp_path, stores=2, weeks=WEEKS, lines_per_week=300)
    small = (tmp_path / "kassenzeilen.csv").read_text()
    assert (folder / "kassenzeilen.csv").read_text().startswith(small)
    assert rows == {"kassenzeilen.csv": small.count("\n") - 1, "artikel.csv": 60, "filialen.csv": 2}


def test_the_codes_are_text_with_leading_zeros(lines: pd.DataFrame, folder: Path):
    assert sorted(lines["Filiale"].unique()) == ["0003", "0010", "0017", "0024", "0031"]
    assert {len(code) for code in lines["Artikel"]} == {6, 13}
    articles = pd.read_csv(folder / "artikel.csv", sep=";", dtype=str)
    assert set(lines["Artikel"]) <= set(articles["Artikel"])
    assert articles["Artikel"].is_unique
    assert articles["Bezeichnung"].is_unique
    assert {'Käse "Alter Gaul"; gereift', "Пельмени", "Eis am Stiel 🍦"} <= set(articles["Bezeichnung"])
    assert list(articles["Warengruppe"].unique()) == [category.name for category in CATEGORIES]


def test_the_first_and_the_last_week_are_cut_short(lines: pd.DataFrame):
    first_monday = pd.Timestamp("2023-07-03")
    assert lines["day"].min() == first_monday - pd.Timedelta(days=2)
    assert lines["day"].max() == first_monday + pd.Timedelta(weeks=WEEKS, days=2)


def test_nothing_is_sold_on_sundays_and_holidays(lines: pd.DataFrame):
    days = set(lines["day"].dt.date)
    assert {day.weekday() for day in days} == set(range(6))
    assert not days & {dt.date(2023, 10, 3), dt.date(2023, 12, 25), dt.date(2024, 1, 6), dt.date(2024, 5, 20)}


def test_an_average_branch_has_as_many_lines_a_week_as_asked_for(lines: pd.DataFrame):
    # The branches of a town sell 0.7, 1.6 and 1.0 times what an average one does, in turn.
    by_branch = lines[lines["Filiale"].isin(["0003", "0010"])].groupby("Filiale").size() / WEEKS
    assert by_branch["0003"] == pytest.approx(0.7 * 300, rel=0.25)
    assert by_branch["0010"] == pytest.approx(1.6 * 300, rel=0.25)


def test_a_branch_opens_late_and_another_is_rebuilt_for_five_weeks(lines: pd.DataFrame):
    days = {code: np.sort(found.unique()) for code, found in lines.groupby("Filiale")["day"]}
    assert days["0017"][0] == np.datetime64("2023-07-03") + np.timedelta64(7 * (WEEKS // 3), "D")
    gaps = np.diff(days["0031"]) / np.timedelta64(1, "D")
    assert gaps.max() >= 36
    assert (gaps > 5).sum() == 1


def test_money_is_quantity_times_price_and_promotions_are_a_fifth_off(lines: pd.DataFrame):
    whole = lines[~lines["Menge"].str.contains(",")]
    price = (whole["Betrag"] / whole["quantity"]).round(2)
    of_a_day = price.groupby([whole["Artikel"], whole["day"]]).nunique()
    assert of_a_day.max() == 1
    usual = price.groupby(whole["Artikel"]).transform("max")
    assert ((price / usual) < 0.85).mean() == pytest.approx(0.12 * 1.8 / (0.88 + 0.12 * 1.8), abs=0.08)


def test_what_is_weighed_has_fractions_and_all_else_whole_pieces(lines: pd.DataFrame, folder: Path):
    groups = pd.read_csv(folder / "artikel.csv", sep=";", dtype=str).set_index("Artikel")["Warengruppe"]
    weighed = {category.name for category in CATEGORIES if category.is_weighed}
    has_fraction = lines["Menge"].str.contains(",")
    assert set(groups[lines.loc[has_fraction, "Artikel"]]) == weighed
    assert not set(groups[lines.loc[~has_fraction, "Artikel"]]) & weighed


def test_there_are_returns_and_lines_written_twice(lines: pd.DataFrame):
    returned = lines["quantity"] < 0
    assert returned.mean() == pytest.approx(0.004, rel=0.3)
    assert (lines.loc[returned, "Betrag"] <= 0).all()
    twice = lines.duplicated(["Filiale", "Bon", "Position"])
    assert 0 < twice.mean() < 0.001
    assert (twice == lines.duplicated()).all()


def test_a_receipt_is_of_one_moment_and_its_lines_are_counted_from_1(lines: pd.DataFrame):
    receipts = lines.drop_duplicates().groupby("Bon")
    assert receipts["Zeitpunkt"].nunique().max() == 1
    assert (receipts["Position"].max() == receipts.size()).all()
    assert receipts.size().mean() == pytest.approx(4, abs=0.4)


def test_the_lines_of_a_known_mean_are_worked_out_by_hand():
    mean, cents = np.array([[0.0, 10_000.0], [0.0, 0.0]]), np.array([[100, 250], [1, 1]])
    drawn = draw_lines(np.random.default_rng(1), mean, cents, np.array([False, True]), 7, 41)
    assert set(drawn.day) == {8}
    assert set(drawn.article) == {0}
    assert (drawn.cents == drawn.thousandths // 1_000 * 250).all()
    assert drawn.basket[0] == 41
    assert len(drawn.day) == pytest.approx(10_000, rel=0.05)


def test_prices_rise_by_three_percent_a_year_outside_promotions():
    articles, days = make_articles(5, 3), make_days(53)
    never = np.zeros((len(CATEGORIES), 55), dtype=bool)
    found = prices(articles, days, never)
    assert (found[:, 0] == articles.cents).all()
    year = 365
    assert found[:, year] / found[:, 0] == pytest.approx(np.full(3, 1.03), abs=0.01)


def test_a_branch_of_the_second_round_has_a_name_of_its_own():
    days = make_days(2)
    assert [make_branch(number, 1.0, days).name for number in (1, 9)] == ["München Ost", "München Ost 2"]


@pytest.mark.parametrize("counts", [{"stores": 0}, {"products": 10_001}, {"weeks": -3}])
def test_an_impossible_size_is_a_usage_error(tmp_path: Path, counts: dict[str, int]):
    with pytest.raises(UsageError, match="A sample cannot have"):
        write_till_lines(tmp_path / "none", **counts)
    assert not (tmp_path / "none").exists()


def test_a_tiny_sample_is_whole(tmp_path: Path):
    rows = write_till_lines(tmp_path, stores=1, products=1, weeks=1, lines_per_week=1)
    assert rows["artikel.csv"] == rows["filialen.csv"] == 1
    assert not list(tmp_path.glob("*.partial")) + list(tmp_path.glob(".*"))
