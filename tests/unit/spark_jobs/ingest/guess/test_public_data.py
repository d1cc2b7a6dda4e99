"""What is guessed of public files of three retailers, where they are present."""

from decimal import Decimal
from pathlib import Path

import pytest

from spark_jobs.ingest.guess.preview import preview_of
from spark_jobs.ingest.guess.proposal import propose

pytestmark = [pytest.mark.real_data, pytest.mark.exhaustive]


@pytest.fixture
def files(real_data: Path, request: pytest.FixtureRequest) -> Path:
    """The folder of one of the data sets that lie beside Walmart's."""
    place = real_data.parent / request.param
    if not place.is_dir():
        pytest.skip(f"the public files are not in {place}")
    return place


@pytest.mark.parametrize("files", ["complete_journey"], indirect=True)
def test_till_lines_of_groceries_are_departments_in_money(files: Path, tmp_path: Path):
    proposal = propose(files, tmp_path)
    mapping, preview = proposal.mapping, preview_of(proposal)
    assert (mapping.sales.files, mapping.sales.grain) == ("transactions.csv.gz", "lines")
    assert mapping.sales.columns.line == ()
    assert (mapping.retailer.forecast_unit, mapping.retailer.currency) == ("amount", "USD")
    assert mapping.products is not None
    assert mapping.products.forecast_level in ("department", "product_category")
    assert (preview.rows, preview.unread, preview.stores, preview.products) == (1_469_307, 0, 457, 68_509)
    assert (preview.units, preview.amount) == (152_923_108, Decimal("4596039.58"))


@pytest.mark.parametrize("files", ["dominick_oatmeal"], indirect=True)
def test_weeks_of_cereals_are_products_in_pieces(files: Path, tmp_path: Path):
    proposal = propose(files, tmp_path)
    mapping, preview = proposal.mapping, preview_of(proposal)
    assert (mapping.sales.grain, mapping.retailer.forecast_unit) == ("weeks", "units")
    assert (mapping.sales.columns.units, mapping.sales.columns.price) == ("move", "price")
    assert "--date-label" in " ".join(proposal.doubts)
    assert (preview.rows, preview.stores, preview.series) == (974_069, 93, 7_260)
    assert (preview.weeks, preview.silent_weeks) == (305, 4)
    assert (preview.units, preview.amount) == (10_173_965, Decimal("23677457.24"))


@pytest.mark.parametrize("files", ["walmart"], indirect=True)
def test_files_of_a_shipped_mapping_are_known(files: Path, tmp_path: Path):
    proposal = propose(files, tmp_path)
    assert proposal.shipped == "walmart"
    assert preview_of(proposal).amount == Decimal("6372211762.22")
