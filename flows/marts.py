"""Reading of the marts, with one sentence where they are not built yet."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, LiteralString

from warehouse.database import Database
from warehouse.errors import ShelfcastError

if TYPE_CHECKING:
    import pandas as pd


def read_marts(database: Database, query: LiteralString, parameters: Mapping[str, Any] | None = None) -> "pd.DataFrame":
    """Returns the rows of a query over the marts, read as the role reader; parameters are written `%(name)s` in it.

    Raises:
        ShelfcastError: the marts are not built yet.
    """
    import psycopg

    try:
        return database.read_frame(query, parameters, role="reader")
    except psycopg.errors.UndefinedTable:
        raise ShelfcastError("The marts are not built yet.", "Run `shelfcast run` first.") from None
