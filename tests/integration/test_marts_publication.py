"""Publication of the marts: readers see the old state or the new one, and what hangs on a mart stays where it is."""

import threading
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.marts import LAYERS, NEXT, clear_next, core_build, mark_next, publish_next
from warehouse.secrets import role_passwords
from warehouse.views_of_others import make_noted

TABLES = ("marts.fct_a", "marts.fct_b")


@pytest.fixture(scope="module")
def warehouse(new_database, settings) -> Database:
    """A database whose server also knows a role that is not ours."""
    database = new_database("publication_tests")
    password = role_passwords(settings.home)["postgres"]
    with psycopg.connect(
        host=database.host, port=database.port, user="postgres", dbname=database.name, password=password
    ) as connection:
        connection.execute("create role outsider")
    return database


@pytest.fixture
def empty(warehouse) -> Iterator[Database]:
    """The database without any relation of dbt's, nor of an analyst."""
    yield warehouse
    with warehouse.connect("pipeline") as connection:
        for schema in ("dev_ana", *LAYERS):
            rows = connection.execute(
                "select relkind::text, relname from pg_class where relnamespace = to_regnamespace(%s) "
                "and relkind in ('r', 'v')",
                [schema],
            ).fetchall()
            for kind, name in rows:
                connection.execute(f"drop {'table' if kind == 'r' else 'view'} if exists {schema}.{name} cascade")
        connection.execute("drop schema if exists dev_ana cascade")
        connection.execute("delete from ops.core_builds")
    clear_next(warehouse)


def build_next(database: Database, version: int, statements: tuple[str, ...] = ()) -> None:
    """Builds two tables with a version and a view on the first, as dbt would."""
    with database.connect("pipeline") as connection:
        for table in TABLES:
            connection.execute(f"drop table if exists {table.replace('.', NEXT + '.')} cascade")
            connection.execute(
                f"create table {table.replace('.', NEXT + '.')} (id int primary key, version int, note text)"
            )
            connection.execute(f"insert into {table.replace('.', NEXT + '.')} values (1, {version}, 'n')")
        connection.execute("create or replace view marts_next.latest_a as select id, version from marts_next.fct_a")
        for statement in statements:
            connection.execute(statement)


def publish(database: Database, version: int, statements: tuple[str, ...] = ()) -> list[str]:
    build_next(database, version, statements)
    return [relation.name for relation in publish_next(database)]


def versions(database: Database, *tables: str, role: str = "reader") -> list[int]:
    with database.connect(role) as connection:
        return [connection.execute(f"select version from {table}").fetchone()[0] for table in tables]


def analyst_says(database: Database, *statements: str) -> None:
    with database.connect("analyst") as connection:
        for statement in statements:
            connection.execute(statement)


def test_what_was_built_beside_takes_the_place_of_what_people_read(empty):
    assert publish(empty, 1) == ["marts.fct_a", "marts.fct_b", "marts.latest_a"]
    publish(empty, 2)
    assert versions(empty, *TABLES, "marts.latest_a") == [2, 2, 2]
    left = empty.read_frame(
        "pipeline", "select relname from pg_class where relnamespace::regnamespace::text like '%%_next'"
    )
    assert left.empty


def test_a_part_that_was_built_leaves_the_rest_as_it_is(empty):
    publish(empty, 1)
    with empty.connect("pipeline") as connection:
        connection.execute("create table marts_next.fct_b as select 1 as id, 2 as version")
    publish_next(empty)
    assert versions(empty, *TABLES, "marts.latest_a") == [1, 2, 1]


def test_views_that_were_not_built_again_hang_on_the_new_table_with_all_that_was_theirs(empty):
    publish(empty, 1)
    with empty.connect("pipeline") as connection:
        connection.execute(
            "create view marts.old_a with (security_barrier=true) as select id, version from marts.fct_a"
        )
        connection.execute("create view marts.older_a as select version + 10 as version from marts.old_a")
        connection.execute("comment on view marts.old_a is 'kept'")
        connection.execute("comment on column marts.old_a.version is 'kept too'")
        connection.execute("grant select on marts.old_a to outsider")
        connection.execute("create table intermediate.child (a int references marts.fct_a (id))")
        connection.execute("insert into intermediate.child values (1)")
    publish(empty, 2)
    assert versions(empty, "marts.old_a", "marts.older_a") == [2, 12]
    kept = empty.read_frame(
        "pipeline",
        "select obj_description('marts.old_a'::regclass) as view, col_description('marts.old_a'::regclass, 2) as col, "
        "has_table_privilege('outsider', 'marts.old_a', 'select') as may, "
        "(select reloptions[1] from pg_class where oid = 'marts.old_a'::regclass) as option, "
        "(select confrelid::regclass::text from pg_constraint where contype = 'f' "
        "and conrelid = 'intermediate.child'::regclass) as parent",
    ).iloc[0]
    assert tuple(kept) == ("kept", "kept too", True, "security_barrier=true", "marts.fct_a")


def test_the_view_of_an_analyst_stays_the_analysts(empty):
    publish(empty, 1)
    analyst_says(empty, "create schema dev_ana", "create view dev_ana.mine as select version from marts.fct_a")
    publish(empty, 2)
    assert versions(empty, "dev_ana.mine", role="analyst") == [2]
    analyst_says(empty, "drop view dev_ana.mine")


def test_what_an_analyst_hangs_on_a_mart_never_runs_with_the_rights_of_the_owner(empty):
    publish(empty, 1)
    with empty.connect("pipeline") as connection:
        connection.execute("create table marts.trophy as select 1 as a")
    analyst_says(
        empty,
        "create schema dev_ana",
        "create function dev_ana.steal() returns int language plpgsql as "
        "$$ begin delete from marts.trophy; return 1; exception when others then return 0; end $$",
        "create materialized view dev_ana.greedy as select version, dev_ana.steal() as got from marts.fct_a",
        "create unique index on dev_ana.greedy (version)",
    )
    publish(empty, 2)
    assert len(empty.read_frame("pipeline", "select a from marts.trophy")) == 1
    analyst_says(empty, "refresh materialized view dev_ana.greedy")
    found = empty.read_frame("analyst", "select version, got from dev_ana.greedy")
    assert found.to_numpy().tolist() == [[2, 0]]


def test_the_check_of_a_domain_in_a_view_never_runs_in_a_session_of_the_owner(empty):
    publish(empty, 1)
    analyst_says(
        empty,
        "create schema dev_ana",
        "create table dev_ana.seen (who text)",
        "create function dev_ana.chk(int) returns boolean language plpgsql as $$ begin "
        "perform set_config('role', 'none', true); insert into dev_ana.seen values (session_user); return true; end $$",
        "create domain dev_ana.dom as int check (dev_ana.chk(value))",
        "create view dev_ana.greedy as select version, '{1}'::dev_ana.dom[] as x from marts.fct_a",
        "grant all on schema dev_ana to public",
        "grant all on dev_ana.seen to public",
    )
    publish(empty, 2)
    assert versions(empty, "dev_ana.greedy", role="analyst") == [2]
    assert set(empty.read_frame("analyst", "select who from dev_ana.seen")["who"]) == {"analyst"}


def test_a_view_in_a_closed_schema_or_of_an_open_session_does_not_keep_a_mart_from_being_published(empty, caplog):
    publish(empty, 1)
    with empty.connect("analyst") as connection:
        connection.execute("create temporary view mine as select version from marts.fct_a")
        connection.commit()
        analyst_says(
            empty,
            "create schema dev_ana",
            "create view dev_ana.shut as select version from marts.fct_a",
            "revoke all on schema dev_ana from analyst",
        )
        publish(empty, 2)
        assert versions(empty, *TABLES) == [2, 2]
        assert "view dev_ana.shut of analyst no longer fits and was left out: permission denied" in caplog.text
        analyst_says(empty, "grant all on schema dev_ana to analyst")


def test_a_view_that_is_made_again_keeps_its_triggers_rules_and_defaults(empty):
    publish(empty, 1)
    analyst_says(
        empty,
        "create schema dev_ana",
        "create view dev_ana.mine as select version, note from marts.fct_a",
        "create function dev_ana.nothing() returns trigger language plpgsql as $$ begin return null; end $$",
        "create trigger nothing instead of insert on dev_ana.mine for each row execute function dev_ana.nothing()",
        "create rule nothing as on delete to dev_ana.mine do instead nothing",
        "alter view dev_ana.mine alter column note set default 'x'",
    )
    publish(empty, 2)
    analyst_says(empty, "insert into dev_ana.mine (version) values (1)", "delete from dev_ana.mine")
    kept = empty.read_frame(
        "analyst", "select column_default as kept from information_schema.columns where table_schema = 'dev_ana'"
    )
    assert kept["kept"].dropna().tolist() == ["'x'::text"]


def test_views_that_a_kill_kept_from_being_made_again_are_made_at_the_next_opening(empty, monkeypatch):
    publish(empty, 1)
    analyst_says(empty, "create schema dev_ana", "create view dev_ana.mine as select version from marts.fct_a")
    with monkeypatch.context() as patch:
        patch.setattr("warehouse.marts.make_noted", lambda database: None)
        publish(empty, 2)
    make_noted(empty)
    assert versions(empty, "dev_ana.mine", role="analyst") == [2]
    make_noted(empty)
    assert versions(empty, "dev_ana.mine", role="analyst") == [2]


def test_very_many_views_on_a_mart_do_not_keep_it_from_being_published(empty):
    publish(empty, 1)
    many = (
        "do $$ begin for n in {}..{} loop "
        "execute format('create view dev_ana.v%s as select id from marts.fct_a', n); end loop; end $$"
    )
    with empty.connect("analyst", autocommit=True) as connection:
        connection.execute("create schema dev_ana")
        for first in range(1, 2001, 500):
            connection.execute(many.format(first, first + 499))
    publish(empty, 2)
    count = "select count(*) as n from pg_views where schemaname = 'dev_ana'"
    assert empty.read_frame("analyst", count)["n"].item() == 2000


def test_a_rule_of_an_analyst_on_a_mart_does_not_keep_it_from_being_published(empty):
    publish(empty, 1)
    analyst_says(
        empty,
        "create schema dev_ana",
        "create table dev_ana.notes (version int)",
        "create view dev_ana.all_notes as select version from dev_ana.notes",
        "create rule also as on insert to dev_ana.notes do also select version from marts.fct_a",
    )
    publish(empty, 2)
    assert versions(empty, *TABLES) == [2, 2]
    analyst_says(empty, "insert into dev_ana.notes values (1)", "select version from dev_ana.all_notes")


@pytest.mark.parametrize("name", ["$locks$", 'a"b', "a'b", "a\\b", "%s", "{}", "$$; end"])
def test_no_name_of_a_view_keeps_a_mart_from_being_published(empty, name):
    publish(empty, 1)
    view = sql.Identifier("dev_ana", name)
    analyst_says(
        empty, "create schema dev_ana", sql.SQL("create view {} as select version from marts.fct_a").format(view)
    )
    publish(empty, 2)
    with empty.connect("analyst") as connection:
        assert connection.execute(sql.SQL("select version from {}").format(view)).fetchone() == (2,)
        connection.execute(sql.SQL("drop view {}").format(view))


def test_views_that_read_each_other_in_a_circle_do_not_keep_a_mart_from_being_published(empty, caplog):
    publish(empty, 1)
    analyst_says(
        empty,
        "create schema dev_ana",
        "create view dev_ana.a as select version from marts.fct_a",
        "create view dev_ana.b as select version from dev_ana.a",
        "create or replace view dev_ana.a as select version from marts.fct_a union all select version from dev_ana.b",
        "create view dev_ana.plain as select version from marts.fct_a",
    )
    publish(empty, 2)
    assert versions(empty, *TABLES, "dev_ana.plain", role="analyst") == [2, 2, 2]
    assert "view dev_ana.a of analyst no longer fits and was left out" in caplog.text


def test_the_view_of_an_analyst_that_no_longer_fits_is_left_out_and_named_in_the_log(empty, caplog):
    publish(empty, 1)
    analyst_says(empty, "create schema dev_ana", "create view dev_ana.mine as select note from marts.fct_a")
    publish(empty, 2, ("alter table marts_next.fct_a drop column note",))
    assert versions(empty, *TABLES) == [2, 2]
    assert empty.read_frame("pipeline", "select to_regclass('dev_ana.mine') is null as is_gone").loc[0, "is_gone"]
    assert "dev_ana.mine of analyst no longer fits" in caplog.text


def test_a_view_of_ours_that_no_longer_fits_keeps_the_old_state_in_place(empty):
    publish(empty, 1)
    with empty.connect("pipeline") as connection:
        connection.execute("create view marts.noted as select note from marts.fct_a")
    with pytest.raises(ShelfcastError, match=r"view marts.noted no longer fits .* does not exist\). Build it too"):
        publish(empty, 2, ("alter table marts_next.fct_a drop column note",))
    assert versions(empty, *TABLES) == [1, 1]


def test_rights_that_others_were_given_hold_after_a_publication_and_agents_keep_to_their_list(empty):
    publish(empty, 1)
    with empty.connect("pipeline") as connection:
        connection.execute("grant select on marts.fct_a to outsider, planner")
    publish(empty, 2, ("create table marts_next.dim_stores as select 1 as store_id",))
    with empty.connect("pipeline") as connection:
        may = {
            role: connection.execute(
                "select has_table_privilege(%(role)s, 'marts.dim_stores', 'select'), "
                "has_table_privilege(%(role)s, 'marts.fct_a', 'select')",
                {"role": role},
            ).fetchone()
            for role in ("reader", "agent", "outsider", "planner")
        }
    assert may == {"reader": (True, True), "agent": (True, False), "outsider": (False, True), "planner": (False, False)}


def test_the_publication_waits_for_a_reader_who_goes_on_undisturbed(empty):
    publish(empty, 1)
    build_next(empty, 2)
    with empty.connect("reader") as reader:
        assert reader.execute("select version from marts.fct_b").fetchone() == (1,)
        with pytest.raises(ShelfcastError, match="The marts were not published: somebody has been reading them"):
            publish_next(empty, patience=0)
        assert reader.execute("select version from marts.fct_a").fetchone() == (1,)
        publication = threading.Thread(target=publish_next, args=(empty,))
        publication.start()
        assert reader.execute("select version from marts.fct_b").fetchone() == (1,)
    publication.join()
    assert versions(empty, *TABLES) == [2, 2]


def test_readers_see_one_version_in_every_statement_and_none_of_them_fails(empty):
    publish(empty, 0)
    is_over, seen, failures = threading.Event(), [set(), set()], []
    orders = ("marts.fct_a a, marts.fct_b b", "marts.fct_b b, marts.latest_a a")

    def read(number: int) -> None:
        with empty.connect("reader", autocommit=True) as connection:
            while not is_over.wait(0.002):
                try:
                    pair = connection.execute(f"select a.version, b.version from {orders[number]}").fetchone()
                except psycopg.Error as error:
                    failures.append(error)
                    return
                seen[number].add(pair)

    readers = [threading.Thread(target=read, args=(number,)) for number in range(2)]
    for reader in readers:
        reader.start()
    for version in range(1, 21):
        publish(empty, version)
    is_over.set()
    for reader in readers:
        reader.join()
    assert failures == []
    for pairs in seen:
        assert all(a == b for a, b in pairs)
        assert len(pairs) > 1


def test_a_publication_that_is_cut_off_leaves_the_old_state_and_the_next_one_succeeds(empty):
    publish(empty, 1)
    build_next(empty, 2)
    # A type of its name is in the way of the last table: the transaction fails after the others were moved.
    with empty.connect("pipeline") as connection:
        connection.execute("create table marts_next.fct_z (a int)")
        connection.execute("create type marts.fct_z as (a int)")
    with pytest.raises(psycopg.errors.DuplicateTable):
        publish_next(empty)
    assert versions(empty, *TABLES, "marts.latest_a") == [1, 1, 1]
    with empty.connect("pipeline") as connection:
        connection.execute("drop type marts.fct_z")
    publish_next(empty)
    assert versions(empty, *TABLES) == [2, 2]


def test_core_models_are_known_by_the_run_that_built_them(empty):
    assert (core_build(empty, "next"), core_build(empty, "published")) == (None, None)
    clear_next(empty)
    mark_next(empty, "run1")
    assert core_build(empty, "next") == "run1"
    build_next(empty, 1)
    publish_next(empty, "run1")
    assert (core_build(empty, "next"), core_build(empty, "published")) == (None, "run1")


def test_what_was_built_and_never_published_is_cleared_and_its_core_counts_as_lost(empty):
    publish(empty, 1)
    build_next(empty, 2)
    mark_next(empty, "run2")
    clear_next(empty)
    assert publish_next(empty) == ()
    assert core_build(empty, "next") == ""
    assert versions(empty, *TABLES) == [1, 1]
