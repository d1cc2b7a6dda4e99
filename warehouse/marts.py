"""Publication of the marts: what dbt built and tested beside them takes their place, all of it in one transaction."""

import logging
import time
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from warehouse.database import Database
from warehouse.dependents import Relation, capture_dependents, capture_grants, identifier, relations_in
from warehouse.errors import ShelfcastError
from warehouse.locks import take
from warehouse.roles import grant_all, known_names
from warehouse.views_of_others import make_noted, notes

logger = logging.getLogger(__name__)

LAYERS = ("staging", "intermediate", "marts")
NEXT = "_next"
"""What the schemas are called in which dbt builds: `marts_next` becomes `marts`."""

PATIENCE_SECONDS = 240.0
"""How long a publication tries to get its locks: longer than any statement of the roles that read."""

_TRY_MILLISECONDS = 500
"""How long one try may wait. Below Postgres' deadlock_timeout (1 s): a reader is never chosen as the victim."""

_PAUSE_SECONDS = 0.5


def clear_next(database: Database) -> None:
    """Empties the schemas in which dbt builds the next state; core models that waited there count as lost."""
    with database.connect("pipeline") as connection:
        for layer in LAYERS:
            schema = sql.Identifier(layer + NEXT)
            note = f"The next state of {layer} while dbt builds and tests it. Nobody reads here."
            connection.execute(sql.SQL("drop schema if exists {} cascade").format(schema))
            connection.execute(sql.SQL("create schema {}").format(schema))
            connection.execute(sql.SQL("comment on schema {} is {}").format(schema, sql.Literal(note)))
        connection.execute("update ops.core_builds set run_id = '' where place = 'next'")


def mark_next(database: Database, run_id: str) -> None:
    """Records that the next state holds the core models of a run, built and tested."""
    with database.connect("pipeline") as connection:
        _mark(connection, "next", run_id)


def core_build(database: Database, place: str) -> str | None:
    """Returns the run whose core models stand in `next` or `published`, '' where they were lost, None without any."""
    frame = database.read_frame(
        "pipeline", "select run_id from ops.core_builds where place = %(place)s", {"place": place}
    )
    return None if frame.empty else str(frame.loc[0, "run_id"])


def are_published(database: Database) -> bool:
    """Returns whether the stage marts has ever published: readers then hold a whole state."""
    query = "select 1 from ops.pipeline_runs where stage = 'marts' and status = 'succeeded' limit 1"
    return not database.read_frame("pipeline", query).empty


def publish_next(
    database: Database, core: str | None = None, patience: float = PATIENCE_SECONDS
) -> tuple[Relation, ...]:
    """Returns the relations that took the place of the published ones, all of them or none.

    Readers wait for half a second at most; a statement that reads while this is tried goes on undisturbed.

    Args:
        database: the warehouse.
        core: run whose core models are among them, where they are.
        patience: seconds to try for, while readers hold what is to be replaced.

    Raises:
        ShelfcastError: readers held a relation for all of that time, something that can't be made again hangs on it, or
            more hangs on it than the server can lock.
    """
    began = time.monotonic()
    while True:
        try:
            with database.connect("pipeline") as connection:
                published = _publish(connection, core)
            make_noted(database)
            logger.info("published %d relations in %.1f s", len(published), time.monotonic() - began)
            return published
        except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled, psycopg.errors.DeadlockDetected):
            if time.monotonic() - began > patience:
                raise ShelfcastError(
                    f"The marts were not published: somebody has been reading them for {patience:.0f} s.",
                    "End that session (pg_stat_activity names it), then run `shelfcast run` again.",
                ) from None
            time.sleep(_PAUSE_SECONDS)
        except psycopg.errors.OutOfMemory:
            raise ShelfcastError(
                "The marts were not published: more views hang on them than the server can lock at once.",
                "Drop views of analysts, or raise max_locks_per_transaction.",
            ) from None


def _publish(connection: "psycopg.Connection[Any]", core: str | None) -> tuple[Relation, ...]:
    take(connection, "setup")
    # With no schema on the search path, definitions name the schema of all they read.
    connection.execute("select set_config('search_path', 'pg_catalog', true)")
    new = relations_in(connection, [layer + NEXT for layer in LAYERS])
    names = {relation.moved(relation.schema.removesuffix(NEXT)).name for relation in new}
    old = [relation for relation in relations_in(connection, LAYERS) if relation.name in names]
    _lock(connection, old)
    hanging = capture_dependents(connection, old)
    grants = capture_grants(connection, old, without=tuple(known_names(connection).values()))
    for note in notes(connection, hanging.others):
        connection.execute(note)
    hanging.drop(connection)
    _drop(connection, old)
    published = tuple(_move(connection, relation) for relation in new)
    for grant in grants:
        connection.execute(grant)
    grant_all(connection)
    hanging.make_again(connection)
    if core is not None:
        _mark(connection, "published", core)
        connection.execute("delete from ops.core_builds where place = 'next'")
    return published


def _lock(connection: "psycopg.Connection[Any]", old: Sequence[Relation]) -> None:
    """Takes all locks in one statement, so that one time limit holds for them together."""
    # Giving a relation to its owner locks it alone; `lock table` on a view would lock all that the view reads.
    takes = [
        sql.SQL("alter table {} owner to {};").format(identifier(relation), sql.Identifier(relation.owner))
        for relation in old
    ]
    limit = sql.SQL("set local {} = {}")
    for name in ("statement_timeout", "lock_timeout"):
        connection.execute(limit.format(sql.Identifier(name), sql.Literal(_TRY_MILLISECONDS)))
    if takes:
        body = sql.SQL("begin {} end").format(sql.SQL(" ").join(takes)).as_string(connection)
        connection.execute(sql.SQL("do {}").format(sql.Literal(body)))
    connection.execute(limit.format(sql.Identifier("statement_timeout"), sql.Literal(0)))


def _drop(connection: "psycopg.Connection[Any]", old: Sequence[Relation]) -> None:
    """Drops the replaced relations; what else somebody made on them, such as a function, goes with them and is told."""
    connection.add_notice_handler(_warn)
    for word in ("view", "materialized view", "table"):
        doomed = [identifier(relation) for relation in old if relation.word == word]
        if doomed:
            connection.execute(sql.SQL("drop {} {} cascade").format(sql.SQL(word), sql.SQL(", ").join(doomed)))
    connection.remove_notice_handler(_warn)


def _warn(notice: psycopg.errors.Diagnostic) -> None:
    logger.warning("publication of the marts: %s %s", notice.message_primary, notice.message_detail or "")


def _move(connection: "psycopg.Connection[Any]", relation: Relation) -> Relation:
    moved = relation.moved(relation.schema.removesuffix(NEXT))
    connection.execute(
        sql.SQL("alter table {} set schema {}").format(identifier(relation), sql.Identifier(moved.schema))
    )
    return moved


def _mark(connection: "psycopg.Connection[Any]", place: str, run_id: str) -> None:
    connection.execute(
        "insert into ops.core_builds (place, run_id) values (%s, %s) "
        "on conflict (place) do update set run_id = excluded.run_id, made_at = now()",
        [place, run_id],
    )
