"""Fixtures that several suites share: settings in a temporary home, a running database, a sample, a finished run."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from commands import Commands, Ended, start_server, stop_server
from homes import copied_home, let_servers_in, made_once, rest
from warehouse.database import Database
from warehouse.settings import PROJECT_ROOT, Settings, load_settings

TESTS = Path(__file__).parent
REAL_DATA = Path(os.environ.get("SHELFCAST_REAL_DATA", PROJECT_ROOT.parent / "shared" / "data" / "walmart"))
LONGEST = (
    "recovery",
    "integration/test_pipeline.py",
    "integration/test_corpus.py",
    "browser",
    "integration/test_backup.py",
    "integration/test_outgrown.py",
    "integration",
    "dbt",
)
"""Where the tests lie that take longest: they begin first, so that two processes end together."""

Command = Callable[..., Ended]


def pytest_configure(config: pytest.Config) -> None:
    """Gives the run a folder of its own, and examples of properties the time that a busy machine needs.

    Under pytest's usual folder no server may lie: the next run of the same user takes the rights of others away there.
    """
    import hypothesis

    hypothesis.settings.register_profile("patient", deadline=None)
    hypothesis.settings.load_profile("patient")
    if config.option.basetemp is None:
        own = tempfile.mkdtemp(prefix="shelfcast-tests-", dir="/tmp")
        config.option.basetemp = f"{own}/pytest"
        config.add_cleanup(lambda: shutil.rmtree(own, ignore_errors=True))
    if not hasattr(config, "workerinput"):
        config.add_cleanup(lambda: stop_server(Path(config.option.basetemp) / "shared" / "commands"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the longest first and the short unit tests last; within a file the order stays."""
    items.sort(key=lambda item: _place(item.path.relative_to(TESTS).as_posix()))


def _place(file: str) -> int:
    return next((number for number, part in enumerate(LONGEST) if file.startswith(part)), len(LONGEST))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Gives a process a file at a time, and all of `tests/recovery` together: its files share two runs and a home."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "recovery" if nodeid.startswith("tests/recovery/") else super()._split_scope(nodeid)

    return Scheduling(config, log)


@pytest.fixture(scope="session", autouse=True)
def clean_environment() -> None:
    """Takes away what the developer's own environment would change: the tests use embedded servers and no key."""
    for name in ("DATABASE_URL", "GEMINI_API_KEY", "MLFLOW_TRACKING_URI", "SPARK_MASTER_URL", "LAKE_URI"):
        os.environ.pop(name, None)
    # A shell of `shelfcast env` has these.
    for name in [name for name in os.environ if name.startswith(("DB_", "DBT_"))]:
        del os.environ[name]


@pytest.fixture(autouse=True)
def _mask_of_files() -> Iterator[None]:
    """Gives files that a test makes the rights of before: the command line closes those of its process to others."""
    mask = os.umask(0o022)
    os.umask(mask)
    yield
    os.umask(mask)


@pytest.fixture(scope="session")
def tmp_path_factory(tmp_path_factory: pytest.TempPathFactory) -> pytest.TempPathFactory:
    """Makes the folders of the tests, `tmp_path` too; servers may pass through them."""
    make = tmp_path_factory.mktemp

    def made(*given: Any, **named: Any) -> Path:
        folder = make(*given, **named)
        let_servers_in(folder)
        return folder

    tmp_path_factory.mktemp = made  # type: ignore[method-assign]
    return tmp_path_factory


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings whose home is a temporary folder; the embedded server under it is stopped at the end."""
    from warehouse.environment import prepare_environment

    made = load_settings(home=tmp_path_factory.mktemp("home"))
    prepare_environment(made)
    yield made
    rest(made)


@pytest.fixture(scope="session")
def database(settings: Settings) -> Database:
    """The embedded database, migrated."""
    from warehouse.opening import open_database

    return open_database(settings)


@pytest.fixture(scope="session")
def new_database(settings: Settings, database: Database) -> Callable[[str], Database]:
    """Makes a database beside the shared one, migrated and with its roles: `new_database(name)`."""
    from warehouse.migrate import apply_migrations
    from warehouse.roles import with_roles

    create_database(settings, database, "migrated", "template1")
    with replace(database, name="migrated").connect("pipeline") as connection:
        apply_migrations(connection)

    def make(name: str) -> Database:
        create_database(settings, database, name, "migrated")
        return with_roles(settings, replace(database, name=name))

    return make


def create_database(settings: Settings, database: Database, name: str, template: str) -> None:
    import psycopg
    from psycopg import sql

    from warehouse.secrets import role_passwords

    create = sql.SQL("create database {} owner pipeline template {}")
    login = {"user": "postgres", "dbname": "postgres", "password": role_passwords(settings.home)["postgres"]}
    with psycopg.connect(host=database.host, port=database.port, autocommit=True, **login) as connection:
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what is made once for all processes of a test run."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def sample_folder(shared_folder: Path) -> Path:
    """A small sample in the Walmart shape: 3 stores, 6 departments, 130 weeks."""
    from spark_jobs.sample.writer import write_sample

    return made_once(shared_folder / "sample", lambda folder: write_sample(folder, stores=3, departments=6, weeks=130))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The public Walmart files, where they are present."""
    if not (REAL_DATA / "train.csv").exists():
        pytest.skip(f"the public Walmart files are not in {REAL_DATA}; set SHELFCAST_REAL_DATA to their folder")
    return REAL_DATA


@pytest.fixture(scope="session")
def commands(shared_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    """What runs commands in forks of one process, which all processes of a test run share."""
    first = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    server = made_once(shared_folder / "commands", lambda folder: start_server(folder, first))
    made = Commands(server, tmp_path_factory.mktemp("commands"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def shelfcast(commands: Commands) -> Command:
    """The command: `shelfcast(settings, "run", ...)` returns how it ended."""
    return lambda settings, *arguments: commands.run(settings.home, *arguments)


@pytest.fixture(scope="session")
def shelfcast_process() -> Command:
    """The command in a process of its own, as a user runs it."""

    def call(settings: Settings, *arguments: str) -> Ended:
        environment = {**os.environ, "SHELFCAST_HOME": str(settings.home), "COLUMNS": "200"}
        ended = subprocess.run(
            [sys.executable, "-m", "flows.cli", *arguments],
            env=environment,
            cwd=PROJECT_ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr, was_struck=False)

    return call


@pytest.fixture(scope="session")
def finished_home(shared_folder: Path, commands: Commands, sample_folder: Path) -> Path:
    """A home, its server at rest, in which `shelfcast run` has finished on the small sample: to copy, not to change."""

    def make(folder: Path) -> None:
        settings = load_settings(home=folder)
        ended = commands.run(folder, "run", "--data", str(sample_folder))
        assert ended.returncode == 0, ended.output
        (folder / "first_run.txt").write_text(ended.stdout)
        rest(settings)

    return made_once(shared_folder / "finished", make)


@pytest.fixture(scope="session")
def finished_run(finished_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The settings of a copy of that home, at work."""
    from warehouse.environment import prepare_environment

    settings = copied_home(finished_home, tmp_path_factory.mktemp("finished") / "home")
    prepare_environment(settings)
    yield settings
    rest(settings)
