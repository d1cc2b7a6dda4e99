"""Restoring a backup: the archive is proved, then come the files that the database names, the database, the others."""

import contextlib
import logging
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql
from pyarrow import fs

from warehouse.archive import (
    DUMP,
    HOME,
    KEPT,
    LAKE,
    Manifest,
    is_signed,
    members_under,
    open_archive,
    pour_member,
    prove,
    read_manifest,
)
from warehouse.conventions import SCHEMAS
from warehouse.database import Database
from warehouse.dependents import capture_dependents, relations_in
from warehouse.errors import ShelfcastError
from warehouse.migrate import FOLDER
from warehouse.opening import set_up
from warehouse.pg_tools import arguments, complaint, pour, program, server_major
from warehouse.places import moves
from warehouse.progress import Progress, silent
from warehouse.secrets import known_signing_key
from warehouse.settings import Settings
from warehouse.views_of_others import notes

logger = logging.getLogger(__name__)

_NAMED = (LAKE, f"{HOME}mlflow/")
"""Beginnings of the members that tables name."""
_SHOWN = tuple(f"{HOME}{name}" for name in KEPT if name != "mlflow")

STEPS = 4
"""Of a restore: the proof, the files, the rows, their statistics."""


@contextlib.contextmanager
def proved_archive(
    settings: Settings, path: Path, is_trusted: bool = False, progress: Progress = silent
) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """Gives an archive and its manifest after every part of it was read and found to be what it was.

    Args:
        settings: the home whose signature counts.
        path: the file.
        is_trusted: whether a person answers for a backup that this home did not sign.
        progress: told what is being done.

    Raises:
        ShelfcastError: the file is missing, foreign, damaged, made by a newer version, or not signed by this home.
    """
    with open_archive(path) as archive:
        manifest = read_manifest(archive)
        if not (is_trusted or is_signed(archive, known_signing_key(settings.home))):
            raise ShelfcastError(
                f"{path} was not signed by {settings.home}: its SQL and its models would run with your rights.",
                "If you know that it is a backup of yours, from another home or from before this home was lost, "
                "say --trust.",
            )
        unknown = set(manifest.migrations) - {file.stem for file in FOLDER.glob("*.sql")}
        if unknown:
            raise ShelfcastError(
                f"{path} was made by a newer Shelfcast: this one does not know its migration {min(unknown)}.",
                "Restore it with that version.",
            )
        progress(1, STEPS, "reading every part of it")
        prove(archive, manifest)
        yield archive, manifest


def is_empty(database: Database) -> bool:
    """Returns whether the database was never set up, or holds no load, run or decision: nothing to overwrite."""
    with database.connect("pipeline") as connection:
        if not connection.execute(_OUR_SCHEMAS, [list(SCHEMAS)]).fetchall():
            return True
        try:
            row = connection.execute(_IS_USED).fetchone()
        except psycopg.errors.UndefinedTable:
            return False
    return row is not None and not row[0]


def restore_backup(
    settings: Settings,
    database: Database,
    archive: zipfile.ZipFile,
    manifest: Manifest,
    may_replace: bool = False,
    progress: Progress = silent,
) -> None:
    """Puts the content of a proved archive into the home, the lake and the database.

    Files of the lake and of models come first: nobody reads them before the database names them. The database changes
    in one transaction, in which the rows of every table are counted, and whose last line commits: a restore that is
    killed has done nothing to it, or all. What replaces files of the home comes last. Roles keep their own passwords
    and get their rights again, and analysts their views on what is restored. What is there need not be whole.

    Raises:
        ShelfcastError: something is there already and may not be replaced, the server is too old, or Postgres
            refused the dump; the database is then as it was.
    """
    began = time.monotonic()
    if not (may_replace or is_empty(database)):
        raise ShelfcastError(
            f"{settings.home} is in use: its database holds loads, runs or decisions.",
            "Restore into another home with SHELFCAST_HOME, or say --replace to give up what is there.",
        )
    if server_major(database) < manifest.postgres:
        raise ShelfcastError(
            f"The backup was made on Postgres {manifest.postgres}, this server is older.",
            f"Restore it on Postgres {manifest.postgres} or newer.",
        )
    progress(2, STEPS, f"{len(manifest.members) - 1:,} files")
    _unpack(settings, archive, manifest, _NAMED)
    progress(3, STEPS, f"{sum(manifest.tables.values()):,} rows of {len(manifest.tables)} tables")
    _load(settings, database, archive, manifest)
    _unpack(settings, archive, manifest, _SHOWN)
    progress(4, STEPS, "statistics of the tables")
    with set_up(settings, database).connect("pipeline", autocommit=True) as connection:
        # Not the table that this command's own lock holds.
        connection.execute("analyze (skip_locked)")
    logger.info("restored the backup of %s in %.1f s", manifest.made_at, time.monotonic() - began)


def _unpack(settings: Settings, archive: zipfile.ZipFile, manifest: Manifest, beginnings: Sequence[str]) -> None:
    """Writes the members whose names begin so under the lake or the home, and compares them once more on the way."""
    for beginning in beginnings:
        area = LAKE if beginning == LAKE else HOME
        system, top = fs.FileSystem.from_uri(settings.lake if area == LAKE else str(settings.home))
        for name in members_under(manifest, beginning):
            path = f"{top}/{name.removeprefix(area)}"
            try:
                system.create_dir(path.rsplit("/", 1)[0], recursive=True)
                with system.open_output_stream(path) as target:
                    pour_member(archive, manifest, name, target)
            except OSError as error:
                raise ShelfcastError(
                    f"{path} cannot be written: {error.strerror or error}.",
                    "Make room or give the right to write, then restore again.",
                ) from None


def _load(settings: Settings, database: Database, archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Runs the dump through psql in one transaction, between what makes room for it and what checks it."""
    place, environment = arguments(database)
    major = server_major(database)
    # Not with --single-transaction: that commits at the end of what it is given, also where a kill ended it.
    psql = [program("psql", major), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-"]
    unpack = [program("pg_restore", major), "--file=-", "--no-owner", "--no-acl"]
    folder = settings.home / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile(dir=folder) as dump:
        pour_member(archive, manifest, DUMP, dump)
        dump.seek(0)
        before, after = _before(database), _after(settings, database, manifest)
        with subprocess.Popen(
            [*psql, *place], env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors
        ) as process:
            assert process.stdin is not None
            is_whole = _feed(process.stdin, before, unpack, dump, after, errors)
        if process.returncode or not is_whole:
            raise complaint("The restore", errors, "The database is as it was; fix what is named, then restore again.")


def _feed(target: IO[bytes], before: str, command: list[str], dump: IO[bytes], after: str, errors: IO[bytes]) -> bool:
    """Returns whether all of the script reached psql; where pg_restore fails, psql is told to give up."""
    try:
        target.write(before.encode())
        with subprocess.Popen(command, stdin=dump, stdout=subprocess.PIPE, stderr=errors) as process:
            assert process.stdout is not None
            pour(process.stdout, target)
        target.write((_GIVE_UP if process.returncode else after).encode())
        target.close()
    except BrokenPipeError:
        with contextlib.suppress(BrokenPipeError):
            target.close()
        return False
    return not process.returncode


_GIVE_UP = "\ndo $$ begin raise 'the dump is not whole'; end $$;\n"
_OUR_SCHEMAS = "select nspname from pg_namespace where nspname = any(%s)"
_IS_USED = """
select exists (select from ops.loads) or exists (select from ops.pipeline_runs) or exists (select from ops.decisions)
    or exists (select from raw.store_attributes)
"""
_CHECK = "do $$ begin if (select count(*) from {0}) <> {1} then raise 'other rows in {0}'; end if; end $$;"


def _before(database: Database) -> str:
    """Returns the statements that make room: our schemas go, and the views of others on them, which are noted."""
    with database.connect("pipeline") as connection:
        names = [sql.Identifier(row[0]) for row in connection.execute(_OUR_SCHEMAS, [list(SCHEMAS)])]
        hanging = capture_dependents(connection, relations_in(connection, SCHEMAS))
        drops = [sql.SQL("drop schema {} cascade;").format(name) for name in names]
        room = [one.as_string(connection) for one in [*notes(connection, hanging.others), *drops]]
    return "\n".join(["begin;", "set client_min_messages = error;", "set lock_timeout = '60s';", *room, ""])


def _after(settings: Settings, database: Database, manifest: Manifest) -> str:
    """Returns the statements that move places to this home and lake, compare the rows with the manifest, and commit."""
    checks = [
        sql.SQL(_CHECK).format(sql.Identifier(*table.split(".")), sql.Literal(rows))
        for table, rows in manifest.tables.items()
    ]
    moved = moves((manifest.home, manifest.lake), (str(settings.home), settings.lake), manifest.tables)
    with database.connect("pipeline") as connection:
        lines = [one.as_string(connection) for one in [*moved, *checks]]
    return "\n".join(["", *lines, "commit;", ""])
