"""What each role must not do, tried; and what the server must not let in."""

import json

import psycopg
import pytest

from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.migrate import apply_migrations
from warehouse.opening import open_database, open_without_owner
from warehouse.role_limits import MODEL_COLUMNS, ROLE_LIMITS
from warehouse.roles import grant_all
from warehouse.runs import exclusive, is_busy
from warehouse.secrets import ROLES, role_passwords
from warehouse.settings import Settings

REFUSED = (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)
WRITES = "set transaction read write; "

FORBIDDEN = {
    "reader": [
        "select * from raw.raw_sales",
        "select * from raw.rejected_rows",
        "select * from ml.forecasts",
        "select * from ops.decisions",
        "select * from agents.agent_outputs",
        "select * from features.engineered_features",
        "select load_id from raw.raw_sales",
        "select weekly_sales from features.engineered_features",
        "select reason from ops.decisions",
        "select run_id from ops.pipeline_runs",
        "select agent_reasoning from ml.inventory_recommendations",
        "select * from mlflow.secrets",
        "select secret from mlflow.webhooks",
        WRITES + "insert into ops.migrations (name) values ('9999_none')",
        WRITES + "update mlflow.model_versions set version = 2",
        "select * from staging.stg_a",
        "select * from intermediate.int_a",
        "select * from marts_next.fct_stores",
        "select * from raw_incoming.raw_sales",
        "insert into marts.fct_secrets values (1)",
        WRITES + "insert into marts.fct_secrets values (1)",
        WRITES + "update marts.fct_secrets set a = 2",
        WRITES + "delete from marts.fct_secrets",
        WRITES + "truncate marts.fct_secrets",
        WRITES + "drop table marts.fct_secrets",
        WRITES + "create table marts.mine (a int)",
        WRITES + "create table public.mine (a int)",
        WRITES + "create schema mine",
        WRITES + "insert into ops.decisions (recommendation_id, decision, decided_by) values ('x', 'approve', 'me')",
        "set role pipeline",
        "set role agent",
        "select * from pg_authid",
        "select pg_read_file('/etc/passwd')",
        "copy marts.fct_secrets to '/tmp/stolen'",
        "copy marts.fct_secrets to program 'cat'",
        WRITES + "alter role reader superuser",
        WRITES + "create role friend",
        "select pg_reload_conf()",
    ],
    "agent": [
        "select * from marts.fct_secrets",
        "select * from ml.forecasts",
        "select * from raw.raw_sales",
        "select * from ops.decisions",
        WRITES + "delete from marts.dim_stores",
        WRITES + "delete from raw.raw_sales",
        "select agent_response from agents.agent_outputs",
        "insert into agents.agent_outputs (output_id, run_id) values ('x', 'r')",
        WRITES + "insert into agents.agent_outputs (output_id, created_at) values ('x', now())",
        WRITES + "update agents.agent_outputs set agent_response = 'other'",
        WRITES + "delete from agents.agent_outputs",
        WRITES + "truncate agents.agent_outputs",
        WRITES + "update ml.inventory_recommendations set order_quantity = 0",
        WRITES + "update ml.inventory_recommendations set is_open = false",
        WRITES + "delete from ml.inventory_recommendations",
        WRITES + "insert into ops.decisions (recommendation_id, decision, decided_by) values ('x', 'approve', 'me')",
        WRITES + "create table marts.mine (a int)",
        "set role reader",
    ],
    "planner": [
        "select * from marts.dim_stores",
        "select * from raw.raw_sales",
        "select * from ops.pipeline_runs",
        "update ops.decisions set reason = 'other'",
        "delete from ops.decisions",
        "truncate ops.decisions",
        "insert into ops.decisions (recommendation_id, decision, decided_by, created_at) "
        "values ('x', 'approve', 'me', now())",
        "update ml.inventory_recommendations set order_quantity = 0",
        "create schema mine",
    ],
    "analyst": [
        "select * from raw_incoming.raw_sales",
        "select * from marts_next.fct_stores",
        "insert into raw.store_attributes select * from raw.store_attributes",
        "update raw.raw_sales set weekly_sales = 0",
        "delete from ml.forecasts",
        "delete from ops.pipeline_runs",
        "insert into ops.decisions (recommendation_id, decision, decided_by) values ('x', 'approve', 'me')",
        "update marts.dim_stores set a = 2",
        "drop table marts.dim_stores",
        "alter table marts.dim_stores add column b int",
        "create table marts.mine (a int)",
        "create view staging.mine as select 1",
        "create table marts_next.mine (a int)",
        "create table public.mine (a int)",
        "drop schema marts cascade",
        "alter default privileges for role pipeline in schema marts grant select on tables to agent",
        "set role pipeline",
        "create role friend",
        "select * from pg_authid",
    ],
}


@pytest.fixture(scope="module")
def warehouse(new_database) -> Database:
    """A database with a mart that the agents may see and one that they may not."""
    database = new_database("roles_tests")
    with database.connect("pipeline") as connection:
        for name in ("marts.dim_stores", "marts.fct_secrets", "marts_next.fct_stores"):
            connection.execute(f"create table {name} as select 1 as a")
        for name in ("mlflow.model_versions", "mlflow.secrets"):
            connection.execute(f"create table {name} as select 1 as version")
        connection.execute("create table mlflow.webhooks (webhook_id text, workspace text, secret text)")
        connection.execute("create view staging.stg_a as select 1 as a")
        connection.execute("create table intermediate.int_a as select 1 as a")
        grant_all(connection)
    return database


@pytest.mark.parametrize(
    ("role", "statement"), [(role, statement) for role, tries in FORBIDDEN.items() for statement in tries]
)
def test_a_role_is_refused_what_is_not_its_own(warehouse, role, statement):
    with warehouse.connect(role) as connection, pytest.raises(REFUSED):
        connection.execute(statement)


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("reader", "select a from marts.fct_secrets"),
        *(("reader", f"select {', '.join(names)} from {table}") for table, names in MODEL_COLUMNS.items()),
        ("reader", "select version from mlflow.model_versions"),
        ("agent", "select a from marts.dim_stores"),
        ("agent", WRITES + "update ml.inventory_recommendations set agent_reasoning = '' where store_id = 1"),
        ("planner", "select count(*) from ops.decisions"),
        ("analyst", "select count(*) from raw.raw_sales, ml.forecasts, ops.loads, staging.stg_a, marts.dim_stores"),
        ("analyst", "create schema dev_ana create view mine as select * from marts.dim_stores"),
        ("analyst", "create temporary table scratch as select 1 as a"),
    ],
)
def test_a_role_can_do_what_it_is_for(warehouse, role, statement):
    with warehouse.connect(role) as connection:
        connection.execute(statement)
        connection.rollback()


def test_rights_that_somebody_gave_or_took_are_put_right_when_the_warehouse_opens(warehouse):
    query = (
        "select has_column_privilege('agent', 'ops.loads', 'status', 'update') as far_too_much, "
        "has_column_privilege('agent', 'agents.agent_outputs', 'run_id', 'insert') as adds, "
        "has_table_privilege('agent', 'marts.fct_secrets', 'select') as too_much, "
        "has_table_privilege('agent', 'marts.dim_stores', 'select') as enough, "
        "has_schema_privilege('reader', 'features', 'usage') as enters"
    )
    with warehouse.connect("pipeline") as connection:
        connection.execute("grant select on marts.fct_secrets to agent")
        connection.execute("revoke select on marts.dim_stores from agent")
        connection.execute("grant usage on schema features to reader")
        connection.execute("grant update (status) on ops.loads to agent")
        connection.execute("revoke insert (run_id) on agents.agent_outputs from agent")
        grant_all(connection)
    assert tuple(warehouse.read_frame("pipeline", query).iloc[0]) == (False, True, False, True, False)


def test_a_right_beyond_reading_that_somebody_gave_is_taken_back_when_the_warehouse_opens(warehouse):
    with warehouse.connect("pipeline") as connection:
        connection.execute("grant delete, insert, truncate on raw.raw_sales to analyst")
        connection.execute("grant insert on ops.decisions to planner")
        connection.execute("grant create on schema marts to analyst")
        connection.execute("grant select on ops.loads to public")
        connection.execute("grant usage on schema raw_incoming to public")
        grant_all(connection)
        left = connection.execute(
            "select relname, (aclexplode(relacl)).* from pg_class where relname in ('raw_sales', 'decisions', 'loads') "
            "and relnamespace::regnamespace::text in ('raw', 'ops')"
        ).fetchall()
        schemas = connection.execute(
            "select has_schema_privilege('analyst', 'marts', 'create'), "
            "has_schema_privilege('agent', 'raw_incoming', 'usage')"
        ).fetchone()
    owner = {row[1] for row in left}
    assert {row[3] for row in left if row[2] not in owner} == {"SELECT"}
    assert not any(row[2] == 0 for row in left)
    assert schemas == (False, False)
    with warehouse.connect("planner") as connection:
        connection.execute("insert into ops.decisions (recommendation_id, decision) select 'x', 'approve' where false")


@pytest.mark.parametrize("role", ["pipeline", "reader", "agent", "planner"])
def test_a_function_of_an_analyst_never_runs_in_place_of_postgres_own(warehouse, role):
    with warehouse.connect("analyst") as connection:
        connection.execute(f"create schema if not exists {role}")
        connection.execute(
            f"create or replace function {role}.has_schema_privilege(text, oid, text) returns boolean "
            "language plpgsql as $$ begin raise 'stolen'; end $$"
        )
    with warehouse.connect(role) as connection:
        assert connection.execute("show search_path").fetchone() == ("pg_catalog",)
        connection.execute("select has_schema_privilege(%s, oid, 'usage') from pg_namespace limit 1", ["analyst"])
    with warehouse.connect("pipeline") as connection:
        grant_all(connection)


def test_a_schema_of_ours_that_an_analyst_has_made_is_refused_by_name(new_database):
    taken = new_database("taken_tests")
    with taken.connect("pipeline") as connection:
        connection.execute("drop schema mlflow")
    with taken.connect("analyst") as connection:
        connection.execute("create schema mlflow")
    with (
        taken.connect("pipeline") as connection,
        pytest.raises(ShelfcastError, match="The schema mlflow of this database belongs to analyst, not to pipeline"),
    ):
        apply_migrations(connection)


def test_a_new_mart_can_be_read_by_those_who_read_all_of_them_and_by_nobody_else(warehouse):
    with warehouse.connect("pipeline") as connection:
        connection.execute("create table marts.fct_new as select 1 as a")
        may = {
            role: connection.execute("select has_table_privilege(%s, 'marts.fct_new', 'select')", [role]).fetchone()[0]
            for role in ROLE_LIMITS
        }
    assert may == {"reader": True, "agent": False, "planner": False, "analyst": True}


@pytest.mark.parametrize("role", ROLE_LIMITS)
def test_statements_and_idle_transactions_of_every_role_have_a_limit(database, role):
    with database.connect(role) as connection:
        assert connection.execute("show statement_timeout").fetchone() == (ROLE_LIMITS[role].statement,)
        assert connection.execute("show idle_in_transaction_session_timeout").fetchone() == ("1min",)


@pytest.mark.parametrize("role", list(ROLE_LIMITS))
def test_a_limit_that_a_role_has_lifted_for_itself_does_not_hold_and_is_put_back(database, settings, role):
    with database.connect(role, autocommit=True) as connection:
        connection.execute("set default_transaction_read_only = off")
        connection.execute(f"alter role {role} set statement_timeout = 0")
        connection.execute(f"alter role {role} in database {database.name} set idle_in_transaction_session_timeout = 0")
    limit = (ROLE_LIMITS[role].statement,)
    with database.connect(role) as connection:
        assert connection.execute("show statement_timeout").fetchone() == limit
    open_database(settings)
    login = database.logins[role]
    address = {"host": database.host, "port": database.port, "dbname": database.name}
    with psycopg.connect(**address, user=login.user, password=login.password) as plain:
        assert plain.execute("show statement_timeout").fetchone() == limit
        assert plain.execute("show idle_in_transaction_session_timeout").fetchone() != ("0",)


@pytest.mark.parametrize("role", ["pipeline", *ROLE_LIMITS])
@pytest.mark.parametrize("change", ["'mine'", "null", "''"])
def test_a_role_that_has_changed_its_own_password_is_let_in_again_at_the_next_opening(database, settings, role, change):
    with database.connect(role, autocommit=True) as connection:
        connection.execute("set default_transaction_read_only = off")
        connection.execute(f"alter role {role} password {change}")
    with pytest.raises(ShelfcastError, match="password authentication failed"):
        database.connect(role)
    open_without_owner(settings)
    database.connect(role).close()


def test_an_opening_leaves_passwords_that_are_right_as_they_are(database, settings):
    login = {"user": "postgres", "dbname": "postgres", "password": role_passwords(settings.home)["postgres"]}
    with psycopg.connect(host=database.host, port=database.port, autocommit=True, **login) as admin:
        verifiers = "select rolname, rolpassword from pg_authid order by 1"
        before = admin.execute(verifiers).fetchall()
        open_database(settings)
        assert admin.execute(verifiers).fetchall() == before


@pytest.mark.parametrize("role", list(ROLE_LIMITS))
@pytest.mark.parametrize("lock", ["run", "setup"])
def test_no_role_keeps_runs_or_the_setting_up_from_their_work(database, settings, role, lock):
    with database.connect(role) as connection:
        with pytest.raises(REFUSED):
            connection.execute(f"lock table shelfcast_private.{lock} in access share mode")
        connection.rollback()
        connection.execute("select pg_advisory_lock(key) from generate_series(5147000, 5147010) as key")
        with exclusive(open_database(settings)):
            assert is_busy(database)
        assert not is_busy(database)


def test_a_statement_beyond_the_limit_is_cancelled(database):
    with database.connect("reader") as connection:
        connection.execute("set statement_timeout = 50")
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("select pg_sleep(5)")


@pytest.mark.parametrize("role", ["pipeline", *ROLE_LIMITS])
def test_no_role_is_a_superuser_or_may_connect_to_the_servers_own_database(database, role):
    known = database.read_frame(
        "pipeline",
        "select rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls as is_mighty "
        "from pg_roles where rolname = %(role)s",
        {"role": role},
    )
    assert not known.loc[0, "is_mighty"]
    login = database.logins[role]
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(
            host=database.host, port=database.port, dbname="postgres", user=login.user, password=login.password
        )


@pytest.mark.parametrize("role", ["reader", "agent", "planner"])
@pytest.mark.parametrize("statement", ["create temporary table scratch (a int)", "select lo_create(0)"])
def test_reading_roles_leave_nothing_behind_outside_the_schemas(database, role, statement):
    with database.connect(role) as connection, pytest.raises(REFUSED):
        connection.execute(WRITES + statement)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("password", ["", "wrong"])
def test_nobody_connects_without_the_password(database, role, password):
    with pytest.raises(psycopg.OperationalError, match=r"password authentication failed|no password supplied"):
        psycopg.connect(
            host=database.host, port=database.port, dbname=database.name, user=role, password=password, passfile=""
        )


def test_the_server_listens_on_loopback_alone_and_knows_only_scram(database, settings):
    listens = (settings.home / "postgres" / "postmaster.pid").read_text().splitlines()
    assert (listens[4], listens[5]) == ("", "127.0.0.1")
    assert database.read_frame("pipeline", "show password_encryption").iloc[0, 0] == "scram-sha-256"
    rules = [line.split() for line in (settings.home / "postgres" / "pg_hba.conf").read_text().splitlines()]
    assert {rule[-1] for rule in rules if rule and not rule[0].startswith("#")} == {"scram-sha-256"}
    assert {rule[3] for rule in rules if rule and rule[0] == "host"} == {"127.0.0.1/32"}


def test_passwords_are_kept_in_one_file_of_the_owner_and_each_is_its_own(settings: Settings, database):
    path = settings.home / "secrets.json"
    assert path.stat().st_mode & 0o777 == 0o600
    passwords = json.loads(path.read_text())
    assert set(ROLES) <= set(passwords) <= {*ROLES, "backups"}
    assert len({*passwords.values()}) == len(passwords)
    assert min(map(len, passwords.values())) >= 24
