from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli.main import app
from flows.cli.sample import write
from warehouse.errors import ShelfcastError, UsageError

SMALL = {"stores": 1, "products": 12, "weeks": 3, "seed": None}


def test_a_sample_is_written_and_the_next_command_is_named(tmp_path: Path):
    folder = tmp_path / "a folder"
    options = ["--shape", "till-lines", "--stores", "2", "--weeks", "3", "--products", "12"]
    shown = CliRunner().invoke(app, ["sample", str(folder), *options])
    assert shown.exit_code == 0
    rows = (folder / "kassenzeilen.csv").read_text().count("\n") - 1
    assert f"kassenzeilen.csv: {rows:,} rows" in shown.output
    assert f"Next: shelfcast run --data '{folder}'" in shown.output


def test_without_a_folder_it_goes_below_the_home_and_is_replaced(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setenv("SHELFCAST_HOME", str(tmp_path))
    for seed in (1, 2):
        write("weekly-products", None, {**SMALL, "seed": seed})
    assert str(tmp_path / "samples" / "weekly-products") in capsys.readouterr().out


def test_nothing_is_written_over_what_a_folder_holds(tmp_path: Path):
    (tmp_path / "sales.csv").write_text("mine")
    with pytest.raises(UsageError, match="is not empty"):
        write("till-lines", tmp_path, SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["sales.csv"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ShelfcastError, match=r"cannot be written to .*file/below: Not a directory"):
        write("walmart", tmp_path / "file" / "below", SMALL)
