"""Files of exports: whole or not at all, in the shape that was asked for."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from flows.cli.main import app
from flows.exports.forecasts import ForecastOptions, Wanted, submission
from flows.exports.marts import check_target, whole_file, write_frame
from warehouse.errors import ShelfcastError, UsageError

FRAME = pd.DataFrame(
    {"store_code": ["1", "45"], "product_code": ["98", "2"], "date": [dt.date(2012, 11, 2)] * 2, "yhat": [12.5, -3.0]}
)


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet"])
def test_a_file_holds_the_rows_and_leaves_no_draft(tmp_path, name: str) -> None:
    path = tmp_path / "new folder" / name
    with whole_file(path) as draft:
        write_frame(FRAME, draft, path)
        assert not path.exists()
    read = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    assert read["yhat"].tolist() == [12.5, -3.0]
    assert read["date"].astype(str).tolist() == ["2012-11-02"] * 2
    assert [file.name for file in path.parent.iterdir()] == [name]


def test_a_text_that_begins_like_a_formula_is_text_in_a_csv_and_as_it_is_in_parquet(tmp_path) -> None:
    words = ["=1+1", "@x", "-5", "+1 x", "\tx", "plain", None]
    frame = pd.DataFrame({"reason": words, "amount": [-1.0] * 7})
    for name in ("rows.csv", "rows.parquet"):
        write_frame(frame, tmp_path / name, tmp_path / name)
    read = pd.read_csv(tmp_path / "rows.csv", keep_default_na=False)
    assert read["reason"].tolist() == ["'=1+1", "'@x", "-5", "'+1 x", "'\tx", "plain", ""]
    assert read["amount"].tolist() == [-1.0] * 7
    assert pd.read_parquet(tmp_path / "rows.parquet")["reason"].tolist() == words


def test_a_number_in_a_csv_has_no_digits_that_mean_nothing(tmp_path) -> None:
    path = tmp_path / "rows.csv"
    write_frame(pd.DataFrame({"rate": [0.1 + 0.2], "amount": [99_999_999.99]}), path, path)
    assert path.read_text().splitlines()[1] == "0.3,99999999.99"


def test_a_failure_leaves_the_file_of_before_and_no_draft(tmp_path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("before")
    with pytest.raises(ShelfcastError, match="lost"):
        _lose_half_way(path)
    assert path.read_text() == "before"
    assert [file.name for file in tmp_path.iterdir()] == ["rows.csv"]


def _lose_half_way(path: Path) -> None:
    with whole_file(path) as draft:
        draft.write_text("half")
        raise ShelfcastError("The server is lost.")


def test_a_place_that_cannot_be_written_is_refused_before_the_work(tmp_path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ShelfcastError, match=r"cannot be written: .* Choose another place"):
        _lose_half_way(tmp_path / "file" / "rows.csv")


@pytest.mark.parametrize(
    ("name", "file", "sentence"),
    [
        ("nothing", "a.csv", "nothing named 'nothing' to export. Choose one of forecasts, recommendations, "),
        ("sales", "a.xlsx", "a.xlsx ends neither in .csv nor in .parquet"),
        ("forecasts", "a", "a ends neither"),
    ],
)
def test_an_unknown_name_or_ending_is_wrong_use(name: str, file: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        check_target(name, Path(file))


def test_the_competition_s_form_is_an_id_and_an_amount() -> None:
    made = submission(FRAME)
    assert made.columns.tolist() == ["Id", "Weekly_Sales"]
    assert made["Id"].tolist() == ["1_98_2012-11-02", "45_2_2012-11-02"]
    assert made["Weekly_Sales"].tolist() == [12.5, -3.0]


def test_without_options_the_latest_weeks_are_wanted_as_many_as_the_retailer_says() -> None:
    assert ForecastOptions().checked() == Wanted(as_of=None, horizon=None)


def test_options_are_read_as_they_are_meant() -> None:
    asked = ForecastOptions(as_of="2012-03-20", horizon=39, model="blend", is_submission=True).checked()
    assert asked == Wanted(dt.date(2012, 3, 20), 39, None, "blend", True)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (ForecastOptions(horizon=0), "A horizon of 0 weeks cannot be forecast"),
        (ForecastOptions(horizon=100), "A horizon of 100 weeks cannot be forecast"),
        (ForecastOptions(as_of="2012-02-30"), "'2012-02-30' is not a date"),
        (ForecastOptions(as_of="20.3.2012"), "is not a date"),
        (ForecastOptions(horizon=8, pairs=Path("test.csv")), "The file of --pairs decides how many weeks"),
    ],
)
def test_options_that_make_no_sense_are_wrong_use(options: ForecastOptions, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as error:
        options.checked()
    assert error.value.exit_code == 2


@pytest.mark.parametrize("arguments", [["--horizon", "3"], ["--submission"], ["--as-of", "2012-03-16"]])
def test_other_exports_take_no_options_of_forecasts(tmp_path, arguments: list[str]) -> None:
    ended = CliRunner().invoke(app, ["export", "sales", "--to", str(tmp_path / "sales.csv"), *arguments])
    assert isinstance(ended.exception, UsageError)
    assert "takes --to alone" in str(ended.exception)
    assert not list(tmp_path.iterdir())


def test_the_help_says_what_every_column_is() -> None:
    shown = CliRunner().invoke(app, ["export", "--help"], env={"COLUMNS": "200"}).output
    for word in ("cutoff", "yhat", "lo80", "hi95", "product_code", "--as-of", "--pairs", "--submission", "1 to 39"):
        assert word in shown
