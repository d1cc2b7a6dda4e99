"""`shelfcast init` writes what it guessed once, whole, where it may, and says what to do next."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from exports import dates
from typer.testing import CliRunner, Result

from flows.cli.main import app
from spark_jobs.ingest.mapping import read_mapping
from spark_jobs.ingest.mapping_check import check_mapping
from warehouse.errors import ShelfcastError, UsageError

SALES = ["date,store,sku,quantity,revenue"]
SALES += [f"{day},01,[red]{n}[/red],1,5.50" for day in dates("2024-01-01", 28) for n in range(3)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "my files"
    place.mkdir()
    (place / "sales.csv").write_text("\n".join(SALES) + "\n")
    return place


def init(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["init", *map(str, arguments)], catch_exceptions=True)


def error_of(result: Result) -> str:
    assert isinstance(result.exception, ShelfcastError), result.output
    return str(result.exception)


def test_help_names_every_option():
    shown = CliRunner().invoke(app, ["init", "--help"], env={"COLUMNS": "200"}).output
    assert all(option in shown for option in ("--to", "--force", "--date-label", "--date-format", "--level", "--unit"))


def test_a_mapping_is_written_that_fits_the_files(folder: Path):
    result = init(folder)
    assert result.exit_code == 0, result.output
    check_mapping(read_mapping(folder / "shelfcast.toml"), folder)
    assert f"Written: {folder / 'shelfcast.toml'}" in result.output
    assert f"shelfcast run --data '{folder}'" in result.output
    assert f"make run DATA='{folder}'" in result.output


def test_the_preview_counts_exactly_and_lists_what_is_doubtful(folder: Path):
    shown = init(folder).output
    assert "sales.csv: 84 rows of days" in shown
    assert "Columns    store store, product sku, date date, units quantity, amount revenue" in shown
    assert "4 whole ones, from 2024-01-01..2024-01-07 to 2024-01-22..2024-01-28" in shown
    assert "462.00" in shown
    assert "no file lists the stores" in shown
    assert "the country is not known" in shown


def test_the_preview_has_a_line_for_every_other_table_that_is_read(folder: Path):
    (folder / "stores.csv").write_text("store,name\n01,Main Street\n02,Station\n")
    assert "Also read  stores.csv: 2 rows of stores, store store" in init(folder).output


def test_a_mapping_is_written_over_only_with_force(folder: Path):
    (folder / "shelfcast.toml").write_text("mine")
    assert "--force" in error_of(init(folder))
    assert (folder / "shelfcast.toml").read_text() == "mine"
    assert init(folder, "--force").exit_code == 0
    assert (folder / "shelfcast.toml").read_text() != "mine"


def test_a_mapping_elsewhere_is_named_to_the_next_command(folder: Path, tmp_path: Path):
    target = tmp_path / "own.toml"
    shown = init(folder, "--to", target).output
    assert not (folder / "shelfcast.toml").exists()
    check_mapping(read_mapping(target), folder)
    assert f"shelfcast run --data '{folder}' --mapping {target}" in shown


@pytest.mark.parametrize("place", ["", "absent/own.toml"])
def test_a_mapping_goes_into_a_file_of_a_folder_that_is_there(folder: Path, tmp_path: Path, place: str):
    assert isinstance(init(folder, "--to", tmp_path / place).exception, UsageError)


@pytest.fixture
def closed_folder(folder: Path) -> Iterator[Path]:
    """A folder that may be read and not written; root may do both, so it becomes somebody else for a while."""
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        Path(place).chmod(0o755)
        files = Path(place) / "files"
        files.mkdir()
        (files / "sales.csv").write_bytes((folder / "sales.csv").read_bytes())
        files.chmod(0o555)
        if os.geteuid() == 0:
            os.seteuid(65534)
        yield files
        if os.geteuid() == 65534:
            os.seteuid(0)
        files.chmod(0o755)


def test_a_folder_that_may_not_be_written_is_told_with_the_way_out(closed_folder: Path):
    assert "--to FILE" in error_of(init(closed_folder))


@pytest.mark.parametrize(
    ("option", "value"),
    [("--date-label", "middle"), ("--date-format", "yy"), ("--decimal-mark", ";"), ("--unit", "kilos")],
)
def test_an_option_with_an_impossible_value_is_wrong_use(folder: Path, option: str, value: str):
    assert isinstance(init(folder, option, value).exception, UsageError)


def test_two_readings_are_refused_without_a_terminal(folder: Path):
    rows = [f"{day},01,A{n},1,5.50" for day in dates("2024-01-03", 9, 7) for n in range(3)]
    (folder / "sales.csv").write_text("\n".join([SALES[0], *rows]) + "\n")
    told = error_of(init(folder))
    assert "--date-label first" in told
    assert "--date-label last" in told
    assert not (folder / "shelfcast.toml").exists()
    assert init(folder, "--date-label", "last").exit_code == 0


def test_two_readings_are_asked_for_on_a_terminal(folder: Path, monkeypatch):
    rows = [f"{day},01,A{n},1,5.50" for day in dates("2024-01-03", 9, 7) for n in range(3)]
    (folder / "sales.csv").write_text("\n".join([SALES[0], *rows]) + "\n")
    asked = []
    monkeypatch.setattr("flows.cli.init._is_terminal", lambda: True)
    monkeypatch.setattr("typer.prompt", lambda text, type: asked.append(text) or "first")
    assert init(folder).exit_code == 0
    assert asked == ["Which (--date-label)"]
    assert read_mapping(folder / "shelfcast.toml").retailer.week_ends_on == "Tuesday"


def test_the_command_of_a_run_carries_a_mapping(monkeypatch, tmp_path: Path):
    carried = []
    monkeypatch.setattr("flows.cli.commands.run_pipeline", lambda options, start: carried.append(options))
    assert CliRunner().invoke(app, ["run", "--data", "files", "--mapping", "own.toml"]).exit_code == 0
    assert (carried[0].data, carried[0].mapping) == ("files", "own.toml")
