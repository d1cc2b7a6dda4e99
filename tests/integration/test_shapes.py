"""The samples of other retailers come to the weeks that another way of adding up gives; every row is accounted for."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from flows.pipeline.context import Context, Options
from flows.pipeline.stages import ingest
from spark_jobs.sample.till_lines import write_till_lines
from spark_jobs.sample.weekly_products import write_weekly_products
from warehouse.database import Database
from warehouse.settings import Settings

SERIES = """
    select store_code, product_code, sale_date, weekly_sales, weekly_units, weekly_amount
    from raw_incoming.raw_sales
    join raw_incoming.store_attributes using (store_id)
    join raw_incoming.products using (dept_id)
"""
ACCOUNT = "select * from ops.loads where table_name = 'raw_sales' order by load_id desc limit 1"


def ingested(settings: Settings, database: Database, folder: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The series that a folder comes to, by their codes and week, and the account of its sales."""
    with database.connect("pipeline") as connection:
        connection.execute("truncate raw.keys")
    ingest(Context(settings, database, Options(data=str(folder))))
    series = database.read_frame("pipeline", SERIES)
    account = dict(database.read_frame("pipeline", ACCOUNT).iloc[0])
    with database.connect("pipeline") as connection:
        connection.execute("truncate raw.keys")
    return series.set_index(["store_code", "product_code", "sale_date"]).sort_index(), account


def test_till_lines_come_to_the_weeks_of_their_categories(
    quick_spark, spark, settings: Settings, database: Database, tmp_path: Path
):
    write_till_lines(tmp_path, stores=5, products=24, weeks=12, lines_per_week=60)
    found, account = ingested(settings, database, tmp_path)
    texts = dict.fromkeys(("Filiale", "Bon", "Artikel", "Menge"), str)
    lines = pd.read_csv(tmp_path / "kassenzeilen.csv", sep=";", decimal=",", dtype=texts)
    groups = pd.read_csv(tmp_path / "artikel.csv", sep=";", dtype=str).set_index("Artikel")["Warengruppe"]
    kept = lines.drop_duplicates()
    day = pd.to_datetime(kept["Zeitpunkt"], format="%d.%m.%Y %H:%M:%S").dt.normalize()
    kept = kept.assign(
        units=kept["Menge"].str.replace(",", ".").astype(float),
        week=(day + pd.to_timedelta(6 - day.dt.weekday, "D")).dt.date,
        group=groups[kept["Artikel"]].to_numpy(),
    )
    weeks = kept.groupby(["Filiale", "group", "week"])[["Betrag", "units"]].sum()
    whole = weeks.iloc[~weeks.index.get_level_values("week").isin([kept["week"].min(), kept["week"].max()])]
    sold = found.loc[whole.index]
    assert sold["weekly_sales"].to_numpy() == pytest.approx(whole["Betrag"].to_numpy(), abs=0.001)
    assert sold["weekly_units"].to_numpy() == pytest.approx(whole["units"].to_numpy(), abs=0.0001)
    assert (found.drop(whole.index)["weekly_sales"] == 0).all()
    assert account["rows_read"] == len(lines)
    assert account["rows_duplicate"] == len(lines) - len(kept)
    assert account["return_rows"] == (kept["units"] < 0).sum()
    assert account["read_amount"] == pytest.approx(kept["Betrag"].sum(), abs=0.001)
    assert account["week_amount"] + account["left_out_amount"] == pytest.approx(account["read_amount"], abs=0.001)


def test_weekly_products_come_to_their_units_with_zeros_where_their_outlet_reported(
    quick_spark, spark, settings: Settings, database: Database, tmp_path: Path
):
    write_weekly_products(tmp_path, stores=6, products=8, weeks=40)
    found, account = ingested(settings, database, tmp_path)
    rows = pd.read_csv(tmp_path / "weekly_sales.csv", parse_dates=["Week starting"])
    rows["week"] = (rows["Week starting"] + pd.Timedelta(days=6)).dt.date
    rows = rows.set_index(["Outlet", "SKU", "week"]).sort_index()
    sold = found.loc[rows.index]
    assert (sold["weekly_sales"] == rows["Units"]).all()
    assert sold["weekly_amount"].to_numpy() == pytest.approx((rows["Units"] * rows["Price"]).to_numpy(), abs=1e-6)
    zeros = found.drop(rows.index)
    assert (zeros[["weekly_sales", "weekly_amount"]] == 0).all(axis=None)
    assert account["zero_rows"] == len(zeros) > 0
    reported = set(zip(rows.index.get_level_values(0), rows.index.get_level_values(2), strict=True))
    assert {(outlet, week) for outlet, _, week in zeros.index} <= reported
    assert account["week_units"] == account["read_units"] == rows["Units"].sum()
