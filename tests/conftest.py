"""Fixtures that several suites share: settings in a temporary home, a running database, a small sample."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from warehouse.settings import PROJECT_ROOT, Settings, load_settings

REAL_DATA = Path(os.environ.get("SHELFCAST_REAL_DATA", PROJECT_ROOT.parent / "shared" / "data" / "walmart"))


@pytest.fixture(scope="session")
def settings() -> Iterator[Settings]:
    """Settings whose home is a temporary folder; the embedded server under it is stopped at the end."""
    from warehouse import embedded
    from warehouse.environment import prepare_environment

    home = Path(tempfile.mkdtemp(prefix="shelfcast-tests-"))
    settings = load_settings(home=home)
    prepare_environment(settings)
    yield settings
    embedded.stop(settings)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def database(settings: Settings):
    """The embedded database, migrated."""
    from warehouse.database import open_database

    return open_database(settings)


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small sample in the Walmart shape: 3 stores, 6 departments, 130 weeks."""
    from spark_jobs.sample import write_sample

    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder, stores=3, departments=6, weeks=130)
    return folder


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The public Walmart files, where they are present."""
    if not (REAL_DATA / "train.csv").exists():
        pytest.skip(f"the public Walmart files are not in {REAL_DATA}; set SHELFCAST_REAL_DATA to their folder")
    return REAL_DATA
