"""How the agents read the marts: as a role that can only select, and figures rounded with care."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

from agents.records import Facts, Pair
from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.wording import house


def select(database: Database, query: LiteralString, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns the rows of a query run as `agent`, each as a mapping by column.

    Raises:
        ShelfcastError: a mart is missing, or the server refuses or gives up.
    """
    import psycopg
    from psycopg.rows import dict_row

    try:
        with database.connect("agent") as connection, connection.cursor(row_factory=dict_row) as cursor:
            return list(cursor.execute(query, parameters))
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        what = f"The agents can't read the marts: {str(error).splitlines()[0]}."
        raise ShelfcastError(what, "Run `shelfcast run` or `shelfcast transform` first.") from None
    except psycopg.Error as error:
        what = f"A question of the agents failed in Postgres: {str(error).splitlines()[0]}."
        raise ShelfcastError(what, "Run `shelfcast doctor`.") from None


def published_state(database: Database) -> str:
    """Returns what names the state of the marts: a publication puts other relations in their place."""
    query = (
        "select coalesce(md5(string_agg(oid::text, ' ' order by oid)), '') as state "
        "from pg_class where relnamespace = to_regnamespace('marts')"
    )
    return str(select(database, query, {})[0]["state"])


def find_pair(database: Database, store_id: int, dept_id: int) -> Pair:
    """Returns the pair with the week its newest figures stand on.

    Raises:
        ShelfcastError: the store and department have no sales, or the marts are missing.
    """
    rows = select(
        database,
        """
        select max(sales.week_date) as sales_date,
            (select max(forecasts.origin_date) from marts.fct_forecasts as forecasts
             where forecasts.store_id = %(store_id)s and forecasts.dept_id = %(dept_id)s) as origin_date
        from marts.fct_weekly_sales as sales
        where sales.store_id = %(store_id)s and sales.dept_id = %(dept_id)s
        """,
        {"store_id": store_id, "dept_id": dept_id},
    )
    origin = rows[0]["origin_date"] or rows[0]["sales_date"]
    labels = find_labels(database, store_id, dept_id)
    pair = Pair(store_id, dept_id, origin, *labels)
    if rows[0]["sales_date"] is None:
        words = house().retailer.words
        raise ShelfcastError(f"{pair} has no sales.", f"Name a {words.store} and a {words.product} of your files.")
    return pair


def find_labels(database: Database, store_id: int, dept_id: int) -> tuple[str, str]:
    """Returns what people see of a store and of a product; their numbers where the marts do not know them.

    Raises:
        ShelfcastError: a mart is missing.
    """
    rows = select(
        database,
        """
        select
            (select store_label from marts.dim_stores where store_id = %(store_id)s) as store_label,
            (select product_label from marts.dim_departments where dept_id = %(dept_id)s) as product_label
        """,
        {"store_id": store_id, "dept_id": dept_id},
    )
    return rows[0]["store_label"] or str(store_id), rows[0]["product_label"] or str(dept_id)


def rounded_amount(value: float | None) -> float | None:
    """Returns money or pieces rounded to what matters: whole from 100 on, two decimals below."""
    return None if value is None else round(value) if abs(value) >= 100 else round(value, 2)


def percent(rate: float | None) -> float | None:
    """Returns a fraction in percent, one decimal."""
    return None if rate is None else round(100 * rate, 1)


def change(new: float | None, old: float | None) -> float | None:
    """Returns by how many percent `new` differs from `old`; None where either is unknown or `old` is not positive."""
    return None if new is None or old is None or old <= 0 else percent(new / old - 1)


def about(store_id: int, dept_id: int, is_found: bool) -> Facts:
    """Returns what every answer begins with: the pair, and whether there is anything to tell."""
    return {"store_id": store_id, "dept_id": dept_id, "is_found": is_found}


def mean_of(rows: Sequence[Mapping[str, Any]], column: str) -> float | None:
    """Returns the mean of a column's known values; None where there are none."""
    values = [float(row[column]) for row in rows if row[column] is not None]
    return sum(values) / len(values) if values else None


def rounded(value: float | None, digits: int) -> float | None:
    """Returns a value with so many decimals; None stays None."""
    return None if value is None else round(float(value), digits)


def week_text(week: dt.date | None) -> str | None:
    """Returns the day by which people call a week, in ISO form; None stays None."""
    return None if week is None else house().called(week).isoformat()


def day_text(date: dt.date | None) -> str | None:
    """Returns a date in ISO form; None stays None."""
    return None if date is None else date.isoformat()
