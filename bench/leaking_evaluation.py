"""The evaluation that the original specification asked for, which leaks, beside the same model without the leak.

    make bench-leak DATA=path/to/csvs

The same rows, the same LightGBM and the same features are judged four ways, one change at a time:

1. As specified: rolling windows include the week that is predicted, rows are sorted by store and department, the first
   80 % of the rows train and the last 20 % test. The mean of the last four weeks, the predicted one among them, gives
   away a quarter of the answer, and minimum and maximum often give away all of it.
2. Windows that end the week before, the same split. The answer is gone from the inputs, but the test rows are other
   stores in the same weeks: the model has seen how every Thanksgiving and every Christmas to come turned out.
3. Windows as specified, the split by time: the last fifth of the weeks test.
4. Both put right: windows that end the week before, and the last fifth of the weeks test. This is a forecast one week
   ahead, the easiest there is; the product is judged one to eight weeks ahead, on the origins of bench_forecasts.py.
"""

import argparse
import os
import sys
from pathlib import Path

if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import numpy.typing as npt
import pandas as pd
from forecast_figures import markdown_table, write_section
from lightgbm import LGBMRegressor

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "walmart"
TRAIN_SHARE = 0.8
HOLIDAY_WEIGHT = 5.0
LAGS = (1, 2, 4, 8, 52)
WINDOWS = (("mean", 4), ("mean", 13), ("mean", 52), ("std", 4), ("std", 13), ("min", 4), ("max", 4))
MARKDOWNS = [f"MarkDown{number}" for number in range(1, 6)]
KEYS = ["Store", "Dept"]
PARAMETERS = {
    "n_estimators": 1000,
    "learning_rate": 0.1,
    "num_leaves": 127,
    "n_jobs": 1,
    "random_state": 7,
    "verbose": -1,
}
Split = npt.NDArray[np.bool_]
VERDICTS = {
    (True, True): "**leaks twice**; the evaluation as specified",
    (True, False): "leaks: other stores of the same weeks were trained on",
    (False, True): "leaks: the answer is in the inputs",
    (False, False): "honest, one week ahead",
}
"""What is said of each way, by whether rows are split (weeks otherwise) and whether windows hold the predicted week."""
EXPLANATION = """## The original specification's own evaluation, which leaks

The original specification asks for rolling means, deviations, minima and maxima whose windows end with the week
that is predicted, sorts the rows by store and department, trains on the first 80 % of them and tests on the last
20 %. A mean of four weeks with the predicted one among them holds a quarter of the answer, and is known only when
nothing is left to predict. Below, the same LightGBM (1,000 trees of 127 leaves, rate 0.1) with the same inputs
(lags, windows, calendar, weather, fuel price, markdowns and economy of the predicted week, store) is judged four
ways: with the windows as specified or ended the week before, and tested on the last fifth of the rows (other
stores; the training rows of the first stores cover the same weeks) or on the last fifth of the weeks. Only the last
line is a forecast, one week ahead, granted that week's weather and markdowns. The first line is the figure that the
specification would call its WMAE: it says nothing about a forecast, and none of the four can be set beside the
errors one to eight weeks ahead in the table above. WMAE in dollars, holiday weeks weigh 5; measured with
`make bench-leak`."""


def read_rows(folder: Path) -> pd.DataFrame:
    """Returns the rows of train.csv sorted by store, department and week, with store and weather columns."""
    sales = pd.read_csv(folder / "train.csv", parse_dates=["Date"])
    features = pd.read_csv(folder / "features.csv", parse_dates=["Date"]).drop(columns="IsHoliday")
    stores = pd.read_csv(folder / "stores.csv")
    rows = sales.merge(features, on=["Store", "Date"], how="left").merge(stores, on="Store", how="left")
    return rows.sort_values([*KEYS, "Date"], ignore_index=True)


def inputs(rows: pd.DataFrame, is_leaking: bool) -> pd.DataFrame:
    """Returns the specification's features; its windows end at the predicted week, or at the week before."""
    day, by_series = rows["Date"].dt, rows.groupby(KEYS)["Weekly_Sales"]
    frame = pd.DataFrame(
        {
            "week_of_year": day.isocalendar().week.astype(np.int64),
            "month": day.month,
            "quarter": day.quarter,
            "is_holiday": rows["IsHoliday"],
            "size": rows["Size"],
            "type": rows["Type"].astype("category"),
            "temperature": rows["Temperature"],
            "fuel_price": rows["Fuel_Price"],
            "cpi": rows["CPI"],
            "unemployment": rows["Unemployment"],
            "markdown": rows[MARKDOWNS].sum(axis=1),
            "markdown_count": rows[MARKDOWNS].notna().sum(axis=1),
        }
    )
    for lag in LAGS:
        frame[f"sales_lag_{lag}"] = by_series.shift(lag)
    last = rows["Weekly_Sales"] if is_leaking else by_series.shift(1)
    windows = last.groupby([rows[name] for name in KEYS])
    for name, weeks in WINDOWS:
        rolled = windows.rolling(weeks, min_periods=min(weeks, 2)).agg(name)
        frame[f"rolling_{name}_{weeks}"] = rolled.droplevel([0, 1]).sort_index()
    return frame


def split_by_rows(rows: pd.DataFrame) -> Split:
    """Returns which rows test: the last fifth of the rows, which are the last stores."""
    return np.arange(len(rows)) >= int(TRAIN_SHARE * len(rows))


def split_by_time(rows: pd.DataFrame) -> Split:
    """Returns which rows test: those of the last fifth of the weeks."""
    weeks = np.sort(rows["Date"].unique())
    return np.asarray(rows["Date"] >= weeks[int(TRAIN_SHARE * len(weeks))])


def wmae(rows: pd.DataFrame, features: pd.DataFrame, is_test: Split) -> float:
    """Returns the weighted mean absolute error of LightGBM on the test rows in dollars; holiday weeks weigh 5."""
    sales = rows["Weekly_Sales"].to_numpy()
    model = LGBMRegressor(**PARAMETERS)
    model.fit(features[~is_test], sales[~is_test])
    error = np.abs(model.predict(features[is_test]) - sales[is_test])
    return float(np.average(error, weights=np.where(rows["IsHoliday"][is_test], HOLIDAY_WEIGHT, 1.0)))


def evaluate(rows: pd.DataFrame) -> list[list[str]]:
    """Returns a row of the table for each of the four ways, and says on the terminal how far it is."""
    features = {is_leaking: inputs(rows, is_leaking) for is_leaking in (True, False)}
    splits = {
        "other stores: last 20 % of the rows": split_by_rows,
        "later weeks: last 20 % of the weeks": split_by_time,
    }
    table = []
    for words, split in splits.items():
        is_test = split(rows)
        for is_leaking in (True, False):
            label = "end with the predicted week" if is_leaking else "end the week before"
            error = wmae(rows, features[is_leaking], is_test)
            print(f"windows {label}, {words}: WMAE {error:,.0f}", file=sys.stderr, flush=True)
            verdict = VERDICTS[split is split_by_rows, is_leaking]
            table.append([label, words, f"{is_test.sum():,}", f"{error:,.0f}", verdict])
    return table


def report(table: list[list[str]]) -> str:
    """Returns the Markdown section: what is compared, and the four figures."""
    head = ["windows of the inputs", "tested on", "test rows", "WMAE", ""]
    return f"{EXPLANATION}\n\n{markdown_table(head, table)}"


def main() -> None:
    """Prints the table and writes it into the document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder with train.csv, features.csv, stores.csv")
    text = report(evaluate(read_rows(parser.parse_args().data)))
    print(text)
    write_section("leaking evaluation", text)


if __name__ == "__main__":
    main()
