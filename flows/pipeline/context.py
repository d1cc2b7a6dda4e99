"""What a run carries: options that can be written down, and the open things made from them."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warehouse.codes import codes_so_far, know
from warehouse.database import Database
from warehouse.environment import prepare_environment
from warehouse.journal import configure_logging
from warehouse.opening import open_database
from warehouse.progress import Progress, silent
from warehouse.runs import new_run_id
from warehouse.settings import PROJECT_ROOT, Settings, load_settings
from warehouse.wording import read_wording, speak

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class Options:
    """What the user asked of a run; holds no secret, so that Prefect may store it."""

    data: str | None = None
    date_format: str | None = None
    reject_rate_max: float | None = None
    may_remove: bool = False
    force: bool = False
    planned_markdowns: bool | None = None
    is_append: bool = False
    decimal_mark: str | None = None
    mapping: str | None = None


@dataclass(frozen=True)
class Context:
    """The settings, the open database and the identity of one run."""

    settings: Settings
    database: Database
    options: Options = field(default_factory=Options)
    run_id: str = field(default_factory=new_run_id)
    progress: Progress = silent

    def open_spark(self) -> "SparkSession":
        """Returns the one Spark session, started where none runs."""
        from spark_jobs.session import open_spark

        return open_spark(self.settings)


def open_context(options: Options | None = None, run_id: str | None = None, progress: Progress = silent) -> Context:
    """Returns the context of a run: settings read, libraries quiet, database running and migrated.

    From here on people are spoken to in the words of the retailer whose data is published.
    """
    options = options or Options()
    names = ("reject_rate_max", "planned_markdowns", "decimal_mark")
    settings = load_settings(**{name: getattr(options, name) for name in names})
    prepare_environment(settings)
    configure_logging(settings)
    database = open_database(settings)
    speak(read_wording(database))
    know(codes_so_far(database))
    return Context(settings, database, options, run_id or new_run_id(), progress)


def fingerprint(*parts: Any) -> str:
    """Returns a hash of the parts' representations."""
    return hashlib.sha256("\n".join(repr(part) for part in parts).encode()).hexdigest()


def code_fingerprint(*places: str) -> str:
    """Returns a hash of source files of the project, and of those in folders of it."""
    digest = hashlib.sha256()
    for place in (PROJECT_ROOT / name for name in places):
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.suffix in {".py", ".sql", ".yml", ".yaml", ".csv"} and not _is_made(path):
                digest.update(str(path.relative_to(PROJECT_ROOT)).encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_made(path: Path) -> bool:
    return bool({"target", "logs", "__pycache__", "dbt_packages"} & set(path.relative_to(PROJECT_ROOT).parts))
