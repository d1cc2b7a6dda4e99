"""Places that stand in tables: they begin with the home folder or the lake, and move with them."""

import logging
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import psycopg
from psycopg import sql

from warehouse.settings import Settings

logger = logging.getLogger(__name__)

IN_LAKE = {"ops.published_artifacts": ("uri",)}
IN_HOME = {
    "mlflow.experiments": ("artifact_location",),
    "mlflow.runs": ("artifact_uri",),
    "mlflow.model_versions": ("source", "storage_location"),
    "mlflow.logged_models": ("artifact_location",),
}
"""Columns that hold such places, by table."""
_NOTED = "ops.home"
_MOVE = """
update {0} set {1} = moved.now || substr({1}, length(moved.was) + 1)
from (values {2}) as moved (was, now)
where starts_with({1} || '/', moved.was || '/');
"""


def moves(old: tuple[str, str], new: tuple[str, str], tables: Collection[str]) -> Iterator[sql.Composed]:
    """Gives the statements that write new places of home and lake where the old ones stand, and note them.

    Args:
        old: home and lake as they were.
        new: home and lake as they are.
        tables: those that are there.
    """
    for places, was, now in ((IN_HOME, old[0], new[0]), (IN_LAKE, old[1], new[1])):
        spellings = sql.SQL(", ").join(sql.SQL("({}, {})").format(*pair) for pair in _spellings(was, now))
        for table, columns in places.items():
            for column in columns if table in tables and was != now else ():
                yield sql.SQL(_MOVE).format(sql.Identifier(*table.split(".")), sql.Identifier(column), spellings)
    if _NOTED in tables:
        # Else the next opening would move them once more, which shows where a new place begins with the old one.
        yield sql.SQL("update {} set home = {}, lake = {};").format(sql.Identifier(*_NOTED.split(".")), *new)


def _spellings(was: str, now: str) -> Collection[tuple[str, str]]:
    """Returns how the beginning of a place may be spelled, and what stands there after a move."""
    if not was.startswith("/") or not now.startswith("/"):
        return [(was, now)]
    uri = Path(now).as_uri()
    return {was: now, f"file://{was}": uri, Path(was).as_uri(): uri}.items()


def path_under(home: Path, place: str) -> Path | None:
    """Returns the path of a place that lies under the home, however it is spelled; None where it lies elsewhere."""
    plain = place.removeprefix("file://")
    paths = map(Path, (plain,) if plain == place else (unquote(plain), plain))
    return next((path for path in paths if path.is_relative_to(home)), None)


def settle(settings: Settings, connection: "psycopg.Connection[Any]") -> None:
    """Moves the places of a home whose folder was moved or copied since its database was last opened."""
    now = str(settings.home), settings.lake
    was = connection.execute("select home, lake from ops.home").fetchone()
    if was is None:
        connection.execute("insert into ops.home (home, lake) values (%s, %s)", now)
    elif tuple(was) != now:
        names = [*IN_LAKE, *IN_HOME, _NOTED]
        found = connection.execute(
            "select name from unnest(%s::text[]) as name where to_regclass(name) is not null", [names]
        )
        for statement in moves(tuple(was), now, [row[0] for row in found.fetchall()]):
            connection.execute(statement)
        logger.info("the home was moved from %s to %s: places in the tables follow", was[0], now[0])
