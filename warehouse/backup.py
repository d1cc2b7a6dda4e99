"""A backup: the database, the published folders of the lake and what belongs to them, in one file."""

import contextlib
import datetime as dt
import hashlib
import logging
import os
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql
from pyarrow import fs

from warehouse.archive import DUMP, HOME, KEPT, LAKE, Manifest, Member, add_member, write_manifest
from warehouse.conventions import SCHEMAS
from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.home import make_folder_of_the_user
from warehouse.pg_tools import arguments, complaint, program, server_major
from warehouse.places import path_under
from warehouse.secrets import signing_key
from warehouse.settings import Settings

logger = logging.getLogger(__name__)

_TABLES = """
select table_schema, table_name from information_schema.tables
where table_type = 'BASE TABLE' and table_schema = any(%s) and table_schema <> 'raw_incoming'
order by 1, 2
"""


_MODELS = """
select v.version, v.storage_location, t.value
from mlflow.model_versions v
left join mlflow.model_version_tags t on t.name = v.name and t.version = v.version and t.key = 'sha256'
"""
"""Registered versions, where their files are, and the hash of the model's own file."""


@dataclass(frozen=True)
class Backup:
    """What a backup holds, and how large its file is in bytes."""

    path: Path
    tables: int
    rows: int
    files: int
    size: int


def write_backup(settings: Settings, database: Database, path: Path) -> Backup:
    """Returns what was written to a file that only its owner may read; the file is there whole or not at all.

    The tables are those of one moment. Passwords are left out, and so are loads that were not published and the
    analysts' own schemas.

    Raises:
        ShelfcastError: the file cannot be written, or pg_dump failed.
    """
    began = time.monotonic()
    try:
        make_folder_of_the_user(path.parent)
        with _draft(path) as file:
            manifest = _fill(settings, database, file)
            size = file.tell()
    except OSError as error:
        raise ShelfcastError(
            f"{path} cannot be written: {error.strerror or error}.", "Choose another place, or make room there."
        ) from None
    made = Backup(path, len(manifest.tables), sum(manifest.tables.values()), len(manifest.members) - 1, size)
    logger.info("backup %s in %.1f s", made, time.monotonic() - began)
    return made


@contextlib.contextmanager
def _draft(path: Path) -> Iterator[IO[bytes]]:
    """Gives a file without a name, which takes the path when the block ends well: killed before, it is gone.

    Where the file system knows no such files, it has a name beside the path, and the next backup there removes it.
    """
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    try:
        handle = os.open(path.parent, os.O_RDWR | os.O_TMPFILE, 0o600)
        is_nameless = True
    except (AttributeError, OSError):
        handle = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        is_nameless = False
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(handle)
            if is_nameless:
                # Without a folder's handle Python does not ask for the link to be followed.
                folder = os.open(path.parent, os.O_RDONLY)
                try:
                    os.link(f"/proc/self/fd/{handle}", draft, src_dir_fd=folder, follow_symlinks=True)
                finally:
                    os.close(folder)
        draft.replace(path)
    finally:
        _remove(draft)


def _fill(settings: Settings, database: Database, file: IO[bytes]) -> Manifest:
    members: dict[str, Member] = {}
    with zipfile.ZipFile(file, "w", compresslevel=1) as archive, database.connect("pipeline") as connection:
        connection.execute("set transaction isolation level repeatable read, read only")
        manifest = _manifest(settings, database, connection)
        snapshot = connection.execute("select pg_export_snapshot()").fetchone() or ("",)
        members[DUMP] = _dump(database, str(snapshot[0]), archive)
        folders = connection.execute("select uri from ops.published_artifacts order by artifact_name").fetchall()
        _check_models(settings, connection)
        for name, source in [*_lake_files(settings.lake, [row[0] for row in folders]), *_home_files(settings)]:
            with source.open_input_stream(name[1]) as stream:
                members[name[0]] = add_member(archive, name[0], stream)
        whole = Manifest(**{**vars(manifest), "members": members})
        write_manifest(archive, whole, signing_key(settings.home))
    return whole


def _check_models(settings: Settings, connection: "psycopg.Connection[Any]") -> None:
    """Refuses a backup that would lack the file of a registered model, or hold another one.

    Raises:
        ShelfcastError: some are gone.
    """
    if connection.execute("select to_regclass('mlflow.model_versions')").fetchone() == (None,):
        return
    for version, place, sha256 in connection.execute(_MODELS).fetchall():
        folder = path_under(settings.home, str(place))
        if folder is not None and not _has_file(folder, sha256):
            raise ShelfcastError(
                f"The files of version {version} of the model are gone from {folder}, or are others, so a backup would "
                "not be whole.",
                "Put them back there; an older backup may have them.",
            )


def _has_file(folder: Path, sha256: str | None) -> bool:
    """Returns whether a file of the folder has the hash; any file does, where none is known."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return any(sha256 is None or hashlib.sha256(path.read_bytes()).hexdigest() == sha256 for path in files)


def _manifest(settings: Settings, database: Database, connection: "psycopg.Connection[Any]") -> Manifest:
    names = connection.execute(_TABLES, [list(SCHEMAS)]).fetchall()
    counts = {".".join(name): _count(connection, name) for name in names}
    migrations = connection.execute("select name from ops.migrations order by name").fetchall()
    return Manifest(
        made_at=f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}",
        postgres=server_major(database),
        home=str(settings.home),
        lake=settings.lake,
        migrations=tuple(str(row[0]) for row in migrations),
        tables=counts,
    )


def _count(connection: "psycopg.Connection[Any]", name: tuple[str, str]) -> int:
    row = connection.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(*name))).fetchone()
    return int(row[0]) if row else 0


def _dump(database: Database, snapshot: str, archive: zipfile.ZipFile) -> Member:
    """Returns size and hash of the dump, which goes from pg_dump straight into the archive."""
    place, environment = arguments(database)
    options = ["--format=custom", "--compress=1", "--no-owner", "--no-acl", "--no-unlogged-table-data"]
    ours = [f"--schema={name}" for name in SCHEMAS]
    command = [program("pg_dump", server_major(database)), *options, *ours, f"--snapshot={snapshot}"]
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen([*command, *place], env=environment, stdout=subprocess.PIPE, stderr=errors) as process:
            assert process.stdout is not None
            member = add_member(archive, DUMP, process.stdout)
        if process.returncode:
            raise complaint("pg_dump", errors, "Fix what it names, then try again; no backup was written.")
    return member


_File = tuple[tuple[str, str], fs.FileSystem]
"""Name of a file in the archive, its path, and the file system that it lies on."""


def _lake_files(lake: str, folders: list[str]) -> Iterator[_File]:
    for uri in folders:
        system, root = fs.FileSystem.from_uri(lake)
        path = fs.FileSystem.from_uri(uri)[1]
        if system.get_file_info(path).type != fs.FileType.Directory:
            raise ShelfcastError(
                f"The published folder {uri} of the lake is gone, so a backup would not be whole.",
                "Run `shelfcast run --force` to write it again.",
            )
        for info in system.get_file_info(fs.FileSelector(path, recursive=True)):
            if info.is_file:
                yield (LAKE + info.path.removeprefix(root.rstrip("/") + "/"), info.path), system


def _home_files(settings: Settings) -> Iterator[_File]:
    local = fs.LocalFileSystem()
    for name in KEPT:
        top = settings.home / name
        for path in sorted([top, *top.rglob("*")]):
            if path.is_file() and not path.is_symlink():
                yield (HOME + path.relative_to(settings.home).as_posix(), str(path)), local


def _remove(draft: Path) -> None:
    try:
        draft.unlink(missing_ok=True)
    except OSError:
        logger.warning("the draft %s could not be removed", draft)
