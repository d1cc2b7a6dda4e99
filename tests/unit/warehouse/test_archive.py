import io
import json
import zipfile
from pathlib import Path

import pytest

from warehouse.archive import DUMP, Manifest, add_member, open_archive, prove, read_manifest, write_manifest
from warehouse.errors import ShelfcastError
from warehouse.restore import proved_archive


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "backup.zip"


def write(path: Path, members: dict[str, bytes], **changes: object) -> Manifest:
    """Writes an archive as a backup does."""
    with zipfile.ZipFile(path, "w") as archive:
        added = {name: add_member(archive, name, io.BytesIO(content)) for name, content in members.items()}
        content: dict = {
            "made_at": "2026-01-01",
            "postgres": 18,
            "home": "/h",
            "lake": "/h/lake",
            "migrations": ("0001_schemas",),
            "tables": {"raw.raw_sales": 1},
            "members": added,
        }
        manifest = Manifest(**(content | changes))
        write_manifest(archive, manifest)
    return manifest


def problem(path: Path) -> str:
    with pytest.raises(ShelfcastError) as caught, proved_archive(path):
        pass
    return str(caught.value)


def test_what_was_written_is_read_back_and_proved(path):
    manifest = write(path, {DUMP: b"dump" * 1000, "lake/inputs/a/x.parquet": b"1", "home/reports/r.md": b"text"})
    with open_archive(path) as archive:
        assert read_manifest(archive) == manifest
        prove(archive, manifest)


def test_a_file_that_is_missing_or_no_archive_is_named(path):
    assert "backup.zip cannot be read" in problem(path)
    path.write_bytes(b"not a zip")
    assert "is no backup of Shelfcast, or it was cut short" in problem(path)


def test_an_archive_that_was_cut_short_is_refused(path):
    write(path, {DUMP: b"dump" * 1000})
    path.write_bytes(path.read_bytes()[:-200])
    assert "is no backup of Shelfcast, or it was cut short" in problem(path)


def test_a_foreign_archive_is_refused(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.txt", "hello")
    assert "is no backup of Shelfcast" in problem(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", json.dumps({"format": "other"}))
    assert "is no backup of Shelfcast" in problem(path)


def test_a_changed_byte_is_found_and_its_part_named(path):
    write(path, {DUMP: b"dump" * 1000, "lake/inputs/a/x.parquet": b"0123456789"})
    content = path.read_bytes()
    path.write_bytes(content.replace(b"0123456789", b"0123456788"))
    assert "is damaged: its part lake/inputs/a/x.parquet" in problem(path)


def test_a_part_that_is_missing_or_too_many_is_found(path):
    manifest = write(path, {DUMP: b"dump", "home/reports/r.md": b"text"})
    with zipfile.ZipFile(path, "w") as archive:
        add_member(archive, DUMP, io.BytesIO(b"dump"))
        write_manifest(archive, manifest)
    assert "its part home/reports/r.md" in problem(path)


@pytest.mark.parametrize("name", ["home/../../etc/passwd", "/etc/passwd", "other/x"])
def test_a_part_that_would_land_elsewhere_is_refused(path, name):
    write(path, {DUMP: b"dump", name: b"x"})
    assert "is damaged" in problem(path)


def test_a_backup_of_a_newer_version_is_refused(path):
    write(path, {DUMP: b"dump"}, migrations=("0001_schemas", "9999_future"))
    assert "made by a newer Shelfcast: this one does not know its migration 9999_future" in problem(path)
