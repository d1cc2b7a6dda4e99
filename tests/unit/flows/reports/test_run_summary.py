"""What the terminal shows of an explanation."""

import io

import pandas as pd
from rich.console import Console

from flows.reports.run_summary import contributions_table

ROWS = pd.DataFrame(
    {
        "store_id": 1,
        "dept_id": 38,
        "origin_date": pd.Timestamp("2012-11-09"),
        "forecast_date": pd.to_datetime(["2012-11-16", "2012-11-23"]),
        "horizon_weeks": [1, 2],
        "model_name": "blend",
        "model_version": "3",
        "forecast_amount": [1010.0, 2030.0],
        "last_year_amount": [1000.0, 1000.0],
        "holiday_amount": [0.0, 1020.4],
        "promotion_amount": [0.0, 0.0],
        "coherence_amount": [10.0, 9.6],
    }
)


def printed(rows: pd.DataFrame) -> str:
    console = Console(file=io.StringIO(), width=80)
    console.print(contributions_table(rows))
    return console.file.getvalue()


def test_the_parts_of_every_week_stand_beside_its_forecast_and_holidays_are_named():
    text = printed(ROWS)
    assert "Store 1, department 38: what moves the forecast of blend ($)" in text
    line = next(line for line in text.splitlines() if line.strip().startswith("Nov 23"))
    assert line.split() == ["Nov", "23", "1,000", "1,020", "10", "2,030"]
    assert "Flagged weeks ahead: Thanksgiving Day Nov 23." in text


def test_parts_that_move_nothing_and_absent_holidays_are_left_out():
    text = printed(ROWS.head(1))
    assert "plan" not in text
    assert "holiday" not in text
    assert "Flagged" not in text
