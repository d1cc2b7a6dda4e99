"""Spark, for several integration tests."""

from collections.abc import Iterator

import pytest

from warehouse.settings import Settings


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
