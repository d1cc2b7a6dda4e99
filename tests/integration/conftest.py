"""Fixtures of the tests that need Spark."""

import pytest

from warehouse.settings import Settings


@pytest.fixture(scope="session")
def spark(settings: Settings):
    """The one Spark session of the test run."""
    from spark_jobs.session import open_spark

    session = open_spark(settings)
    yield session
    session.stop()
