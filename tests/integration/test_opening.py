"""Opening the warehouse as a process that shows, decides and explains: without its owner, and changing nothing."""

import shutil
from contextlib import contextmanager

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


def test_a_server_of_ones_own_is_opened_as_its_user_only_until_that_may_make_the_roles(tmp_path, outside_database):
    settings = load_settings(home=tmp_path / "home", database_url=outside_database)
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

    address = outside_database.partition("@")[2].partition("/")[0]
    secret = role_passwords(tmp_path / "outside")["postgres"]
    with psycopg.connect(f"postgresql://postgres:{secret}@{address}/postgres", autocommit=True) as admin:
        # The roles are on this server already, since it is one of ours; its user may change them from now on.
        admin.execute("grant reader, agent, planner, analyst to owner with admin option")
    open_database(settings)
    opened = open_without_owner(settings)
    assert {role: login.user for role, login in opened.logins.items()} == {role: role for role in READERS}
    assert "p@ss word" not in {login.password for login in opened.logins.values()}
    with pytest.raises(ShelfcastError, match="does not answer as reader"):
        open_without_owner(load_settings(home=tmp_path / "other", database_url=outside_database))
