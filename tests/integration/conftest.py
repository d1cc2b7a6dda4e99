"""Fixtures of several integration tests: Spark, and databases of their own."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from warehouse.database import Database
from warehouse.settings import Settings


@pytest.fixture(scope="session")
def new_database(settings: Settings, database: Database) -> Callable[[str], Database]:
    """Makes a database beside the shared one, migrated and with its roles: `new_database(name)`."""
    import psycopg
    from psycopg import sql

    from warehouse.migrate import apply_migrations
    from warehouse.roles import with_roles
    from warehouse.secrets import role_passwords

    def make(name: str) -> Database:
        with psycopg.connect(
            host=database.host,
            port=database.port,
            user="postgres",
            dbname="postgres",
            password=role_passwords(settings.home)["postgres"],
            autocommit=True,
        ) as connection:
            connection.execute(sql.SQL("create database {} owner pipeline").format(sql.Identifier(name)))
        own = replace(database, name=name)
        with own.connect("pipeline") as connection:
            apply_migrations(connection)
        return with_roles(settings, own)

    return make


@pytest.fixture(scope="session")
def spark(settings: Settings):
    """The one Spark session of the test run."""
    from spark_jobs.session import open_spark

    session = open_spark(settings)
    yield session
    session.stop()


@pytest.fixture(scope="module")
def quick_spark(spark) -> Iterator[None]:
    """Plans of a few rows are interpreted, for the tests that make many: to compile them takes most of the time."""
    options = {"spark.sql.codegen.wholeStage": "false", "spark.sql.adaptive.enabled": "false"}
    options["spark.sql.shuffle.partitions"] = "1"
    before = {name: spark.conf.get(name) for name in options}
    for name, value in options.items():
        spark.conf.set(name, value)
    yield
    for name, value in before.items():
        spark.conf.set(name, value)
