"""The numbers that stand for codes of stores and products: given once, kept in `raw.keys`, never reused."""

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from warehouse.database import Database

if TYPE_CHECKING:
    from typing import Any

    import psycopg

Kind = Literal["store", "product"]
_LARGEST = 2**31 - 1
_PLAIN = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)
_KNOWN = "select code, key_id from raw.keys where key_kind = %s"
_GIVE = "insert into raw.keys (key_kind, code, key_id) values (%s, %s, %s)"


def give_keys(database: Database, kind: Kind, codes: Iterable[str]) -> dict[str, int]:
    """Returns the number of every code; codes that are new get theirs now.

    A code that is a plain number keeps itself where no other has it; the others get the smallest that are free.
    """
    wanted = set(codes)
    with database.connect("pipeline") as connection:
        connection.execute("lock table raw.keys in share row exclusive mode")
        known: dict[str, int] = dict(connection.execute(_KNOWN, [kind]).fetchall())
        given = dict(_given(sorted(wanted - known.keys(), key=_in_order), set(known.values())))
        _keep(connection, kind, given)
    return {code: number for code, number in (known | given).items() if code in wanted}


def known_keys(database: Database, kind: Kind) -> dict[str, int]:
    """Returns the number of every code that ever got one."""
    with database.connect("pipeline") as connection:
        return dict(connection.execute(_KNOWN, [kind]).fetchall())


def _keep(connection: "psycopg.Connection[Any]", kind: Kind, given: dict[str, int]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(_GIVE, [(kind, code, number) for code, number in given.items()])


def _in_order(code: str) -> tuple[bool, int, str]:
    """Returns a key that sorts numbers first, by their size, and texts after them."""
    number = _number(code)
    return number is None, number or 0, code


def _given(codes: list[str], taken: set[int]) -> Iterator[tuple[str, int]]:
    free = itertools.count(1)
    for code in codes:
        number = _number(code)
        if number is None or number in taken:
            number = next(one for one in free if one not in taken)
        taken.add(number)
        yield code, number


def _number(code: str) -> int | None:
    """Returns the number that a code is written as; nothing where it is none that a key can be."""
    return int(code) if _PLAIN.fullmatch(code) and int(code) <= _LARGEST else None


def with_keys(rows: DataFrame, keys: dict[str, int], code: str, name: str) -> DataFrame:
    """Returns the rows with the number of the code in the column `code` as the column `name`, in its place."""
    import pyarrow as pa

    spark = SparkSession.getActiveSession()
    assert spark is not None, "rows come from a session"
    table = pa.table({code: pa.array(keys, pa.string()), name: pa.array(keys.values(), pa.int32())})
    found = rows.join(F.broadcast(spark.createDataFrame(table)), on=code, how="inner")
    return found.drop(code)
