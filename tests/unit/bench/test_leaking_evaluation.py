"""The honest inputs do not know the week they predict, the specification's do; both splits test a fifth."""

import numpy as np
import pandas as pd
import pytest
from leaking_evaluation import inputs, split_by_rows, split_by_time


def _rows() -> pd.DataFrame:
    weeks = pd.date_range("2010-02-05", periods=60, freq="7D")
    frames = [
        pd.DataFrame({"Store": store, "Dept": 1, "Date": weeks, "Weekly_Sales": store * np.arange(1.0, 61.0)})
        for store in range(1, 6)
    ]
    rows = pd.concat(frames, ignore_index=True).assign(IsHoliday=False, Type="A", Size=1)
    columns = ["Temperature", "Fuel_Price", "CPI", "Unemployment", *(f"MarkDown{number}" for number in range(1, 6))]
    return rows.assign(**dict.fromkeys(columns, 1.0))


def test_the_windows_of_the_first_series_are_those_worked_by_hand():
    leaking, honest = (inputs(_rows(), is_leaking).iloc[9] for is_leaking in (True, False))
    assert (leaking["rolling_mean_4"], honest["rolling_mean_4"]) == (8.5, 7.5)
    assert (leaking["rolling_max_4"], honest["rolling_max_4"]) == (10.0, 9.0)
    assert leaking["sales_lag_1"] == honest["sales_lag_1"] == 9.0


@pytest.mark.parametrize("is_leaking", [True, False])
def test_only_the_leaking_inputs_move_with_the_sales_they_should_predict(is_leaking: bool):
    rows, changed = _rows(), _rows()
    changed.loc[9, "Weekly_Sales"] = 1e6
    moved = not inputs(rows, is_leaking).iloc[9].equals(inputs(changed, is_leaking).iloc[9])
    assert moved is is_leaking


def test_windows_do_not_reach_into_the_series_before():
    assert np.isnan(inputs(_rows(), is_leaking=False)["rolling_mean_4"].iloc[60])


def test_one_split_tests_the_last_stores_and_the_other_the_last_weeks():
    rows = _rows()
    assert set(rows["Store"][split_by_rows(rows)]) == {5}
    by_time = split_by_time(rows)
    assert by_time.sum() == 5 * 12
    assert rows["Date"][~by_time].max() < rows["Date"][by_time].min()
