"""The archive of a backup: its manifest, its members, the proof that it is whole, and who signed it."""

import hashlib
import hmac
import json
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from warehouse.errors import ShelfcastError

FORMAT = "shelfcast backup"
VERSION = 1
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
DUMP = "database.dump"
LAKE, HOME = "lake/", "home/"
"""Beginnings of the names of members that belong under the lake and under the home folder."""

KEPT = ("mlflow", "reports", "data_docs", "gx", "dbt_published", "data_folder.txt")
"""Files and folders of the home that go with the tables; passwords and logs do not."""

_CHUNK = 1 << 20
_LARGEST_MANIFEST = 64 << 20
_UNREADABLE = (KeyError, zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError)
"""What reading a part of an archive may end in; RuntimeError where it is locked by a password, or packed oddly."""
_TABLE = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*")
_MIGRATION = re.compile(r"\d{4}_[a-z0-9_]+")


@dataclass(frozen=True)
class Member:
    """A file of the archive: its size in bytes and the SHA-256 of its content."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What an archive holds.

    Attributes:
        made_at: when the backup was made (UTC).
        postgres: major version of the server it was made on.
        home: home folder it was made in.
        lake: root of the lake it was made of.
        migrations: names of the migrations that the database has.
        tables: rows by `schema.table`.
        members: the files by their names in the archive.
    """

    made_at: str
    postgres: int
    home: str
    lake: str
    migrations: tuple[str, ...]
    tables: dict[str, int]
    members: dict[str, Member] = field(default_factory=dict)


def add_member(archive: zipfile.ZipFile, name: str, source: IO[bytes]) -> Member:
    """Returns the size and hash of a stream after it was written to the archive under a name.

    What is compressed already, the dump and Parquet files, is stored as it is.
    """
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFREG | 0o600) << 16
    is_packed = name == DUMP or name.endswith((".parquet", ".png", ".gz"))
    info.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
    digest, size = hashlib.sha256(), 0
    with archive.open(info, "w", force_zip64=True) as target:
        while piece := source.read(_CHUNK):
            target.write(piece)
            digest.update(piece)
            size += len(piece)
    return Member(size, digest.hexdigest())


def write_manifest(archive: zipfile.ZipFile, manifest: Manifest, key: bytes) -> None:
    """Adds the manifest to the archive, and its signature: an HMAC with SHA-256 (RFC 2104) over the manifest."""
    content = json.dumps({"format": FORMAT, "version": VERSION, **asdict(manifest)}, indent=1)
    archive.writestr(MANIFEST, content)
    archive.writestr(SIGNATURE, _signature(content.encode(), key))


def is_signed(archive: zipfile.ZipFile, key: bytes | None) -> bool:
    """Returns whether the manifest was signed with the key; it holds the hash of every other part."""
    if key is None:
        return False
    try:
        with archive.open(SIGNATURE) as file:
            return hmac.compare_digest(file.read(_CHUNK), _signature(archive.read(MANIFEST), key).encode())
    except _UNREADABLE:
        return False


def _signature(manifest: bytes, key: bytes) -> str:
    return hmac.digest(key, manifest, "sha256").hex()


def open_archive(path: Path) -> zipfile.ZipFile:
    """Returns the open archive.

    Raises:
        ShelfcastError: the file is missing, not readable, or no whole archive.
    """
    try:
        return zipfile.ZipFile(path)
    except OSError as error:
        raise ShelfcastError(f"{path} cannot be read: {error.strerror or error}.", "Name the backup file.") from None
    except zipfile.BadZipFile:
        raise ShelfcastError(
            f"{path} is no backup of Shelfcast, or it was cut short.", "Take another backup; nothing was changed."
        ) from None


def read_manifest(archive: zipfile.ZipFile) -> Manifest:
    """Returns the manifest of an archive.

    Raises:
        ShelfcastError: the archive is foreign, damaged, or of a newer version.
    """
    try:
        if archive.getinfo(MANIFEST).file_size > _LARGEST_MANIFEST:
            raise _foreign(archive)
        content: dict[str, Any] = json.loads(archive.read(MANIFEST))
    except (*_UNREADABLE, ValueError):
        raise _foreign(archive) from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise _foreign(archive)
    if content.get("version") != VERSION:
        raise ShelfcastError(
            f"{archive.filename} was made by another version of Shelfcast (format {content.get('version')}).",
            "Restore it with that version.",
        )
    known = {name: content[name] for name in Manifest.__dataclass_fields__ if name in content}
    try:
        members = {name: Member(**member) for name, member in known.pop("members", {}).items()}
        manifest = Manifest(**{**known, "migrations": tuple(known["migrations"])}, members=members)
    except (KeyError, TypeError, AttributeError):
        raise _foreign(archive) from None
    if not _is_plain(manifest):
        raise _damaged(archive, MANIFEST)
    return manifest


def _is_plain(manifest: Manifest) -> bool:
    """Returns whether the manifest names what a backup names: it becomes part of statements, and must be no more."""
    return (
        all(isinstance(text, str) and "\0" not in text for text in (manifest.made_at, manifest.home, manifest.lake))
        and isinstance(manifest.postgres, int)
        and all(isinstance(rows, int) for rows in manifest.tables.values())
        and all(_TABLE.fullmatch(name) for name in manifest.tables)
        and all(isinstance(name, str) and _MIGRATION.fullmatch(name) for name in manifest.migrations)
    )


def prove(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Reads every member and compares it with the manifest.

    Raises:
        ShelfcastError: a member is missing, foreign, or not what it was.
    """
    names = {name for name in archive.namelist() if name not in (MANIFEST, SIGNATURE)}
    odd = sorted(names ^ set(manifest.members))
    if odd:
        raise _damaged(archive, odd[0])
    for name in manifest.members:
        if not _is_safe(name):
            raise _damaged(archive, name)
        pour_member(archive, manifest, name)


def pour_member(archive: zipfile.ZipFile, manifest: Manifest, name: str, target: IO[bytes] | None = None) -> None:
    """Reads a member to its end, into a file where one is given, and compares it with the manifest.

    Raises:
        ShelfcastError: it is not what it was.
        OSError: the file cannot be written.
    """
    digest, size = hashlib.sha256(), 0
    for piece in _pieces(archive, name):
        digest.update(piece)
        size += len(piece)
        if target is not None:
            target.write(piece)
    if Member(size, digest.hexdigest()) != manifest.members[name]:
        raise _damaged(archive, name)


def members_under(manifest: Manifest, beginning: str) -> Iterator[str]:
    """Gives the members whose names begin so."""
    return (name for name in manifest.members if name.startswith(beginning))


def _pieces(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    try:
        with archive.open(name) as source:
            while piece := source.read(_CHUNK):
                yield piece
    except _UNREADABLE:
        raise _damaged(archive, name) from None


def _is_safe(name: str) -> bool:
    """Returns whether a member is the dump, or belongs to the lake or to what is kept of a home."""
    path = PurePosixPath(name)
    if name != path.as_posix() or ".." in path.parts or "\\" in name or "\0" in name:
        return False
    return name == DUMP or name.startswith(LAKE) or (name.startswith(HOME) and path.parts[1] in KEPT)


def _foreign(archive: zipfile.ZipFile) -> ShelfcastError:
    return ShelfcastError(
        f"{archive.filename} is no backup of Shelfcast.",
        "Name a file that `shelfcast backup` wrote; nothing was changed.",
    )


def _damaged(archive: zipfile.ZipFile, name: str) -> ShelfcastError:
    return ShelfcastError(
        f"{archive.filename} is damaged: its part {name} is not what the manifest says.",
        "Take another backup; nothing was changed.",
    )
