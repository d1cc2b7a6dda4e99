import io
import json
import zipfile
from pathlib import Path

import pytest

from warehouse.archive import DUMP, Manifest, add_member, is_signed, open_archive, prove, read_manifest, write_manifest
from warehouse.errors import ShelfcastError
from warehouse.restore import proved_archive
from warehouse.secrets import signing_key
from warehouse.settings import load_settings

KEY = b"the key of a home"


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
        write_manifest(archive, manifest, KEY)
    return manifest


def problem(path: Path, is_trusted: bool = True) -> str:
    settings = load_settings(home=path.parent / "home")
    with pytest.raises(ShelfcastError) as caught, proved_archive(settings, path, is_trusted):
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
        write_manifest(archive, manifest, KEY)
    assert "its part home/reports/r.md" in problem(path)


@pytest.mark.parametrize(
    "name",
    [
        *("home/../../etc/passwd", "/etc/passwd", "other/x", "home/secrets.json", "home/postgres/pg_hba.conf"),
        *("home/.ssh/id", "home/reports/../secrets.json", "lake/../secrets.json", "lake//x", "home/"),
    ],
)
def test_a_part_that_would_land_elsewhere_is_refused(path, name):
    write(path, {DUMP: b"dump", name: b"x"})
    assert "is damaged" in problem(path)


def test_a_backup_of_a_newer_version_is_refused(path):
    write(path, {DUMP: b"dump"}, migrations=("0001_schemas", "9999_future"))
    assert "made by a newer Shelfcast: this one does not know its migration 9999_future" in problem(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"tables": {"x$$ \\! touch /tmp/x": 1}},
        {"tables": {"raw.raw_sales; drop schema raw": 1}},
        {"tables": {"raw.raw_sales": "1; drop schema raw"}},
        {"migrations": ("0001_schemas\n\\! touch /tmp/x",)},
        {"home": ["/h"]},
        {"postgres": "18"},
    ],
)
def test_a_manifest_that_names_more_than_a_backup_does_is_refused(path, changes):
    write(path, {DUMP: b"dump"}, **changes)
    assert "its part manifest.json is not what the manifest says" in problem(path)


def test_a_backup_that_this_home_did_not_sign_is_only_restored_where_a_person_answers_for_it(path):
    write(path, {DUMP: b"dump"})
    home = path.parent / "home"
    assert "was not signed by" in problem(path, is_trusted=False)
    assert not home.exists()
    with zipfile.ZipFile(path, "a") as archive:
        assert is_signed(archive, KEY)
        assert not is_signed(archive, signing_key(home))
    with proved_archive(load_settings(home=home), path, is_trusted=True) as (_, manifest):
        assert manifest.tables == {"raw.raw_sales": 1}


def test_a_changed_manifest_loses_its_signature(path):
    write(path, {DUMP: b"dump"})
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["manifest.json"] = parts["manifest.json"].replace(b'"raw.raw_sales": 1', b'"raw.raw_sales": 2')
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        assert not is_signed(archive, KEY)
