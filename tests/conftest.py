"""Fixtures that several suites share: settings in a temporary home, a running database, a sample, a finished run."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from warehouse.settings import PROJECT_ROOT, Settings, load_settings

REAL_DATA = Path(os.environ.get("SHELFCAST_REAL_DATA", PROJECT_ROOT.parent / "shared" / "data" / "walmart"))
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session", autouse=True)
def clean_environment() -> None:
    """Takes away what the developer's own environment would change: the tests use embedded servers and no key."""
    for name in ("DATABASE_URL", "GEMINI_API_KEY", "MLFLOW_TRACKING_URI", "SPARK_MASTER_URL", "LAKE_URI"):
        os.environ.pop(name, None)
    # A shell of `shelfcast env` has these.
    for name in [name for name in os.environ if name.startswith(("DB_", "DBT_"))]:
        del os.environ[name]


@pytest.fixture(scope="session")
def settings() -> Iterator[Settings]:
    """Settings whose home is a temporary folder; the embedded server under it is stopped at the end."""
    yield from _settings_in_a_home()


@pytest.fixture(scope="session")
def database(settings: Settings):
    """The embedded database, migrated."""
    from warehouse.opening import open_database

    return open_database(settings)


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small sample in the Walmart shape: 3 stores, 6 departments, 130 weeks."""
    from spark_jobs.sample.writer import write_sample

    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder, stores=3, departments=6, weeks=130)
    return folder


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The public Walmart files, where they are present."""
    if not (REAL_DATA / "train.csv").exists():
        pytest.skip(f"the public Walmart files are not in {REAL_DATA}; set SHELFCAST_REAL_DATA to their folder")
    return REAL_DATA


@pytest.fixture(scope="session")
def shelfcast() -> Command:
    """The command, as a user runs it: `shelfcast(settings, "run", ...)` returns the finished process."""

    def call(settings: Settings, *arguments: str, timeout: float = 900) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "SHELFCAST_HOME": str(settings.home), "COLUMNS": "200"}
        return subprocess.run(
            [sys.executable, "-m", "flows.cli", *arguments],
            env=environment,
            cwd=PROJECT_ROOT,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return call


@pytest.fixture(scope="session")
def finished_run(shelfcast: Command, sample_folder: Path) -> Iterator[Settings]:
    """The settings of a home in which `shelfcast run` has finished on the small sample."""
    for settings in _settings_in_a_home():
        ended = shelfcast(settings, "run", "--data", str(sample_folder))
        assert ended.returncode == 0, ended.stdout + ended.stderr
        (settings.home / "first_run.txt").write_text(ended.stdout)
        yield settings


def _settings_in_a_home() -> Iterator[Settings]:
    from warehouse import embedded
    from warehouse.environment import prepare_environment

    home = Path(tempfile.mkdtemp(prefix="shelfcast-tests-", dir="/tmp"))
    settings = load_settings(home=home)
    prepare_environment(settings)
    yield settings
    embedded.stop(settings)
    shutil.rmtree(home, ignore_errors=True)
