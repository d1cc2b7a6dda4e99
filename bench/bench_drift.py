"""Measures how far honest loads drift, so that the limits of the audit stand on data: loads cut from the public files.

    make bench-drift DATA=path/to/csvs

The files are published up to a week, and the load brings one, four or thirteen weeks more, from the 60th week on. No
row is wrong, so whatever a measure shows is how retail moves. Then single faults are put into the new weeks of the
last load, and the table says how many subjects a rule finds. The table goes to the terminal and to docs/benchmarks.md.
"""

import argparse
import datetime as dt
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from forecast_figures import markdown_table, write_section
from psycopg import sql

from expectations.baseline import Published
from expectations.drift import LIMITS, NEW, Shift, measure_drift
from warehouse.database import Database
from warehouse.environment import prepare_environment
from warehouse.opening import open_database
from warehouse.settings import load_settings

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "walmart"
_CUT = (
    "delete from {} where sale_date > %(limit)s",
    "insert into {0} select * from ops.all_sales where sale_date <= %(limit)s "
    "and sale_date > coalesce((select max(sale_date) from {0}), date '1900-01-01')",
)
FIRST_CUT = 60
SPANS = (1, 4, 13)
WORDS = (
    "Every load is cut from the public files: published up to a week, with one, four or thirteen weeks more, from the "
    "60th week on (`make bench-drift`). No row is wrong, so a shift is how retail moves. A limit leaves room for three "
    "rows where a store or a type has few. Below, one fault at a time in the newest week of the last load."
)
FAULTS = {
    "amounts in cents": "update raw_incoming.raw_sales set weekly_sales = weekly_sales * 100 where {new}",
    "amounts ten times too large": "update raw_incoming.raw_sales set weekly_sales = weekly_sales * 10 where {new}",
    "amounts doubled": "update raw_incoming.raw_sales set weekly_sales = weekly_sales * 2 where {new}",
    "amounts up by half": "update raw_incoming.raw_sales set weekly_sales = weekly_sales * 1.5 where {new}",
    "one row in twenty turned to zero": "update raw_incoming.raw_sales set weekly_sales = 0 "
    "where {new} and (store_id * 31 + dept_id) % 20 = 0",
    "one row in twenty with a turned sign": "update raw_incoming.raw_sales set weekly_sales = -abs(weekly_sales) "
    "where {new} and (store_id * 31 + dept_id) % 20 = 0",
    "a third of the departments of store 7 lost": "delete from raw_incoming.raw_sales "
    "where {new} and store_id = 7 and dept_id % 3 = 0",
    "departments of store 7 numbered anew": "update raw_incoming.raw_sales set dept_id = dept_id + 100 "
    "where {new} and store_id = 7",
    "no fuel price for the new weeks": "update raw_incoming.external_features set fuel_price = null where {covariates}",
    "two thirds of the file lost": "delete from raw_incoming.raw_sales where {new} and store_id > 15",
}


def main() -> None:
    """Measures and writes the section."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, default=DATA)
    folder = parser.parse_args().data
    settings = load_settings(home=Path(tempfile.mkdtemp(prefix="shelfcast-drift-")))
    prepare_environment(settings)
    try:
        database = open_database(settings)
        weeks = fill(database, folder)
        honest = {span: honest_loads(database, weeks, span) for span in SPANS}
        found = faults(database, weeks)
    finally:
        from warehouse import embedded

        embedded.stop(settings)
        shutil.rmtree(settings.home, ignore_errors=True)
    text = f"## Drift of honest loads\n\n{WORDS}\n\n{limits_table(honest)}\n\n{faults_table(found)}"
    print(text)
    write_section("drift", text)


def fill(database: Database, folder: Path) -> list[dt.date]:
    """Returns the weeks of the files, whose rows then stand in tables of their own."""
    sales = pd.read_csv(folder / "train.csv", parse_dates=["Date"])
    covariates = pd.read_csv(folder / "features.csv", parse_dates=["Date"])
    stores = pd.read_csv(folder / "stores.csv")
    with database.connect("pipeline") as connection:
        connection.execute("create table ops.all_sales (like raw_incoming.raw_sales)")
        connection.execute("create table ops.all_features (like raw_incoming.external_features)")
        copy(connection, "ops.all_sales (store_id, dept_id, sale_date, weekly_sales, is_holiday)", sales)
        copy(
            connection,
            "ops.all_features (store_id, feature_date, temperature, fuel_price, markdown_1, markdown_2, markdown_3, "
            "markdown_4, markdown_5, cpi, unemployment, is_holiday)",
            covariates,
        )
        for schema in ("raw", "raw_incoming"):
            table = f"{schema}.store_attributes"
            copy(connection, f"{table} (store_id, store_type, size_sqft, load_id)", stores.assign(load="x"))
        for statement in ("update ops.all_sales set load_id = 'x'", "update ops.all_features set load_id = 'x'"):
            connection.execute(statement)
        connection.execute("insert into raw.external_features select * from ops.all_features")
        connection.execute("insert into raw_incoming.external_features select * from ops.all_features")
        connection.execute("create index on raw_incoming.raw_sales (sale_date)")
    return sorted(day.date() for day in sales["Date"].unique())


def copy(connection: Any, target: str, frame: pd.DataFrame) -> None:
    """Copies a frame into the named columns of a table."""
    with connection.cursor().copy(f"copy {target} from stdin with (format csv, null '')") as stream:
        stream.write(frame.to_csv(index=False, header=False))


def cut(database: Database, newest: dt.date, last: dt.date) -> Published:
    """Returns the figures of a state that is published up to a week, with a load that reaches to a later one."""
    with database.connect("pipeline") as connection:
        for table, limit in (("raw.raw_sales", newest), ("raw_incoming.raw_sales", last)):
            for statement in _CUT:
                connection.execute(sql.SQL(statement).format(sql.Identifier(*table.split("."))), {"limit": limit})
    with database.connect("pipeline", autocommit=True) as connection:
        connection.execute("analyze raw.raw_sales, raw_incoming.raw_sales")
    return Published({"raw_sales": 1}, (), newest)


def honest_loads(database: Database, weeks: Sequence[dt.date], span: int) -> list[Shift]:
    """Returns the shifts of all loads that bring this many weeks more than is published."""
    shifts: list[Shift] = []
    for index in range(FIRST_CUT - 1, len(weeks) - span):
        shifts += measure_drift(database, cut(database, weeks[index], weeks[index + span]))
    return shifts


def faults(database: Database, weeks: Sequence[dt.date]) -> dict[str, list[Shift]]:
    """Returns the shifts of the last load of one week, with one fault at a time in its new week."""
    found = {}
    for name, statement in FAULTS.items():
        published = cut(database, weeks[-2], weeks[-1])
        new = {"new": f"sale_date > date '{weeks[-2]}'", "covariates": f"feature_date > date '{weeks[-2]}'"}
        with database.connect("pipeline") as connection:
            connection.execute(statement.format(**new))
        found[name] = measure_drift(database, published)
        with database.connect("pipeline") as connection:
            connection.execute("delete from raw_incoming.raw_sales where sale_date > %s", [weeks[-2]])
            connection.execute("truncate raw_incoming.external_features")
            connection.execute("insert into raw_incoming.external_features select * from ops.all_features")
    return found


def limits_table(honest: dict[int, list[Shift]]) -> str:
    """Returns the largest shifts of honest loads beside the limits of the audit."""
    head = ["measure", "limit", "stops at"]
    head += [f"{span} weeks: median / 99 % / largest / beyond the limit" for span in honest]
    rows = []
    for (measure, part), limit in LIMITS.items():
        if part == NEW:
            stop = f"{limit.critical:g}" if limit.critical else "never"
            rows.append([measure, f"{limit.warning:g}", stop, *(_figures(honest[s], measure) for s in honest)])
    return markdown_table(head, rows)


def _figures(shifts: list[Shift], measure: str) -> str:
    chosen = [shift for shift in shifts if (shift.measure_name, shift.part_name) == (measure, NEW)]
    values = pd.Series([shift.shift_value for shift in chosen])
    beyond = sum(shift.shift_value > shift.warning_limit for shift in chosen)
    figures = " / ".join(f"{values.quantile(share):.3f}" for share in (0.5, 0.99, 1.0))
    return f"{figures} / {beyond} of {len(chosen):,}"


def faults_table(found: dict[str, list[Shift]]) -> str:
    """Returns what each fault breaks, and its largest shift."""
    rows = []
    for name, shifts in found.items():
        broken = [shift for shift in shifts if shift.shift_value > shift.warning_limit]
        stops = {s.measure_name for s in broken if s.critical_limit and s.shift_value > s.critical_limit}
        largest = {
            measure: max(shift.shift_value for shift in broken if shift.measure_name == measure)
            for measure in sorted({shift.measure_name for shift in broken})
        }
        seen = ", ".join(f"{measure} ({value:.2f})" for measure, value in largest.items())
        rows.append([name, seen or "nothing", ", ".join(sorted(stops)) or "nothing"])
    return markdown_table(["fault in the new week", "warned by (largest shift)", "stopped by"], rows)


if __name__ == "__main__":
    main()
