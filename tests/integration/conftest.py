"""Spark, and a server of one's own, for several integration tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from warehouse.settings import Settings


@pytest.fixture
def outside_database(tmp_path: Path) -> Iterator[str]:
    """The URL of a Postgres server that is not Shelfcast's own, with a fresh database."""
    import psycopg

    from warehouse import embedded
    from warehouse.opening import locate_database
    from warehouse.secrets import role_passwords
    from warehouse.settings import load_settings

    settings = load_settings(home=tmp_path / "outside")
    server = locate_database(settings)
    address = f"{server.host}:{server.port}"
    superuser = f"postgresql://postgres:{role_passwords(settings.home)['postgres']}@{address}/postgres"
    with psycopg.connect(superuser, autocommit=True) as admin:
        admin.execute("create role owner login password 'p@ss word' createrole")
        admin.execute("create database shop owner owner")
    yield f"postgresql://owner:p%40ss%20word@{address}/shop"
    embedded.stop(settings)


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
    options |= {"spark.sql.shuffle.partitions": "1", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
    before = {name: spark.conf.get(name) for name in options}
    for name, value in options.items():
        spark.conf.set(name, value)
    yield
    for name, value in before.items():
        spark.conf.set(name, value)
