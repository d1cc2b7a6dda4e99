"""Plans that are added to what is published: of products that did not sell in the added rows, alone, or of nothing."""

from pathlib import Path

import pytest

from flows.pipeline.context import Context, Options
from flows.pipeline.input_source import base_folder
from spark_jobs.ingest.input_files import find_inputs
from spark_jobs.ingest.job import ingest
from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.inputs import publish_inputs
from warehouse.settings import Settings

MAPPING = """
[retailer]
forecast_unit = "units"

[sales]
files = "sales.csv"
grain = "weeks"
date_label = "last"
columns = { product = "item", date = "week", units = "pieces", amount = "money" }

[promotions]
files = "plan.csv"
columns = { product = "item", date = "day", price = "price" }
"""
SALES = "item,week,pieces,money\ntea,2024-01-07,3,6\njam,2024-01-07,2,8\ntea,2024-01-14,4,8\n"
CLEARED = "raw.store_attributes, raw.products, raw.retailer, raw.keys, ops.loads, ops.published_artifacts"
PLANS = """
select product_code, week_date::text, planned_price
from raw.promotions join raw.products using (dept_id) order by week_date, product_code
"""


@pytest.fixture
def load(spark, settings: Settings, database: Database, tmp_path: Path):
    """Publishes texts of files, as all there is or as added rows; returns the plans and what was said."""
    home = settings.model_copy(update={"lake_uri": str(tmp_path / "lake"), "home": tmp_path})

    def clear() -> None:
        with database.connect("pipeline") as connection:
            connection.execute(f"truncate {CLEARED} cascade")

    def of(is_append: bool = False, **texts: str) -> tuple[list[list[object]], str]:
        folder = tmp_path / f"files-{len(list(tmp_path.glob('files-*')))}"
        folder.mkdir()
        (folder / "shelfcast.toml").write_text(MAPPING)
        for name, text in texts.items():
            (folder / f"{name}.csv").write_text(text)
        context = Context(home, database, Options(data=str(folder), is_append=is_append))
        base = base_folder(context) if is_append else None
        report = ingest(home, database, find_inputs(folder, is_append), "run", "files", None, published_uri=base)
        publish_inputs(database, report.load_id, "run", report.uri)
        return database.read_frame("pipeline", PLANS).to_numpy().tolist(), str(report)

    clear()
    yield of
    clear()


def test_an_added_plan_may_be_of_what_did_not_sell_in_the_added_rows_or_come_alone(load) -> None:
    assert load(sales=SALES, plan="item,day,price\ntea,2024-01-17,1.50\n")[0] == [["tea", "2024-01-21", 1.5]]
    added, _ = load(
        is_append=True,
        sales="item,week,pieces,money\ntea,2024-01-21,9,13.5\n",
        plan="item,day,price\njam,2024-01-30,3\n",
    )
    assert added == [["tea", "2024-01-21", 1.5], ["jam", "2024-02-04", 3.0]]
    alone, said = load(is_append=True, plan="item,day,price\njam,2024-02-01,3.5\nsalt,2024-02-01,1\n")
    assert alone == [["tea", "2024-01-21", 1.5], ["jam", "2024-02-04", 3.5]]
    assert "1 plans of prices and promotions are of what has no sales" in said


def test_a_file_of_plans_with_a_header_alone_plans_nothing(load) -> None:
    assert load(sales=SALES, plan="item,day,price\n")[0] == []


def test_a_plan_of_nothing_that_was_ever_sold_is_refused_in_one_sentence(load) -> None:
    with pytest.raises(ShelfcastError, match=r"No plan of plan\.csv is of what has sales\. Write its codes"):
        load(sales=SALES, plan="item,day,price\nsalt,2024-01-17,1.50\n")
