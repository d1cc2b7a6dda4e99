"""Opening the warehouse as a process that shows, decides and explains: without its owner, and changing nothing."""

import shutil
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

import warehouse.opening
from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.migrate import FOLDER
from warehouse.opening import READERS, open_database, open_without_owner
from warehouse.roles import grant_all
from warehouse.secrets import role_passwords
from warehouse.settings import Settings, load_settings


@contextmanager
def owning(database: Database):
    """A connection of the owner whose changes are taken back in the end."""
    with database.connect("pipeline") as connection:
        yield connection
    with database.connect("pipeline") as connection:
        grant_all(connection)


def state(database: Database) -> list[tuple[object, ...]]:
    """Migrations, relations with their rights, and rights that are yet to come."""
    with database.connect("pipeline") as connection:
        return connection.execute(
            "select name, applied_at::text, '' from ops.migrations "
            "union all select relname, relnamespace::regnamespace::text, relacl::text from pg_class "
            "union all select defaclnamespace::text, defaclobjtype::text, defaclacl::text from pg_default_acl "
            "order by 1, 2"
        ).fetchall()


def test_what_is_opened_without_the_owner_knows_neither_its_login_nor_its_password(settings: Settings, database):
    opened = open_without_owner(settings)
    assert set(opened.logins) == set(READERS) == {"reader", "planner", "agent"}
    secret = role_passwords(settings.home)
    known = {login.password for login in opened.logins.values()}
    assert known == {secret[role] for role in READERS}
    with pytest.raises(KeyError):
        opened.connect("pipeline")


def test_opening_without_the_owner_changes_nothing(settings: Settings, database):
    with owning(database) as connection:
        connection.execute("revoke select on ops.decisions from planner")
        connection.commit()
        before = state(database)
        open_without_owner(settings)
        assert state(database) == before


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda folder: (folder / "9999_later.sql").write_text("select 1"), "not set up for this version"),
        (lambda folder: max(folder.glob("*.sql")).unlink(), "made by a newer version"),
    ],
    ids=["older", "newer"],
)
def test_a_warehouse_of_another_version_is_refused_in_one_sentence(
    settings: Settings, database, monkeypatch, tmp_path, change, sentence
):
    folder = tmp_path / "migrations"
    shutil.copytree(FOLDER, folder)
    change(folder)
    monkeypatch.setattr(warehouse.opening, "FOLDER", folder)
    with pytest.raises(ShelfcastError, match=sentence):
        open_without_owner(settings)


def test_a_warehouse_without_the_rights_of_this_version_is_refused_until_its_owner_opens_it(settings, database):
    with owning(database) as connection:
        connection.execute("revoke select (name) on ops.migrations from reader")
        connection.commit()
        with pytest.raises(ShelfcastError, match=r"not set up for this version of .* Run `shelfcast run`"):
            open_without_owner(settings)
        open_database(settings)
        open_without_owner(settings)


def test_an_empty_home_stays_empty(tmp_path):
    home = tmp_path / "home"
    with pytest.raises(ShelfcastError, match=r"There is no warehouse in .* yet\. Run `shelfcast run` first"):
        open_without_owner(load_settings(home=home))
    assert not home.exists()


@contextmanager
def administered(tmp_path: Path, address: str):
    """A connection of the superuser of the server that is not Shelfcast's own."""
    secret = role_passwords(tmp_path / "outside")["postgres"]
    place = address.partition("@")[2].partition("/")[0]
    with psycopg.connect(f"postgresql://postgres:{secret}@{place}/postgres", autocommit=True) as admin:
        yield admin


def test_a_server_of_ones_own_is_opened_as_its_user_only_until_that_may_make_the_roles(tmp_path, outside_database):
    settings = load_settings(home=tmp_path / "home", database_url=outside_database)
    with administered(tmp_path, outside_database) as admin:
        admin.execute("alter role owner nocreaterole")
        with pytest.raises(ShelfcastError, match="not set up for this version"):
            open_without_owner(settings)
        open_database(settings)
        opened = open_without_owner(settings)
        assert [(role, opened.logins[role].is_read_only) for role in READERS] == [
            ("reader", True),
            ("planner", False),
            ("agent", True),
        ]
        with opened.connect("reader") as connection, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("delete from ops.migrations")
        admin.execute("alter role owner createrole")
    open_database(settings)
    opened = open_without_owner(settings)
    assert {role: login.user for role, login in opened.logins.items()} == {role: f"shop_{role}" for role in READERS}
    assert "p@ss word" not in {login.password for login in opened.logins.values()}
    assert open_without_owner(settings.model_copy(update={"home": tmp_path / "other"})).logins == opened.logins


def test_other_homes_and_other_databases_of_a_server_leave_each_other_s_roles_as_they_are(tmp_path, outside_database):
    with administered(tmp_path, outside_database) as admin:
        admin.execute("create database other owner owner")
    other = outside_database.replace("/shop", "/other")
    opened = [
        open_database(load_settings(home=tmp_path / home, database_url=address))
        for home, address in (("a", outside_database), ("b", outside_database), ("c", other))
    ]
    assert opened[0].logins == opened[1].logins
    for database in opened:
        users = {role: database.read_frame(role, "select current_user").iloc[0, 0] for role in READERS}
        assert users == {role: f"{database.name}_{role}" for role in READERS}
    with pytest.raises(psycopg.errors.InsufficientPrivilege), opened[0].connect("reader") as connection:
        connection.execute("select * from shelfcast_private.logins")


def test_a_user_of_a_server_that_was_not_made_here_is_never_altered(tmp_path, outside_database, caplog):
    with administered(tmp_path, outside_database) as admin:
        admin.execute("create role shop_reader login password 'theirs'")
        opened = open_database(load_settings(home=tmp_path / "home", database_url=outside_database))
        assert (opened.logins["reader"].user, opened.logins["reader"].is_read_only) == ("owner", True)
        assert opened.logins["planner"].user == "shop_planner"
        assert "a user of the name for the role reader that is not ours stays" in caplog.text
        known = admin.execute("select rolconfig from pg_roles where rolname = 'shop_reader'").fetchone()
        assert known == (None,)
    theirs = outside_database.replace("owner:p%40ss%20word@", "shop_reader:theirs@")
    with psycopg.connect(theirs) as connection:
        assert not connection.execute("select has_schema_privilege('ops', 'usage')").fetchone()[0]
