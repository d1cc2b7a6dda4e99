"""Checks of the machine: what is missing, and how to fix it."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass

from warehouse.errors import ShelfcastError
from warehouse.home import make_home
from warehouse.settings import PROJECT_ROOT, Settings

_DISK_BYTES_MIN = 3 * 1024**3
_MEMORY_BYTES_MIN = 4 * 1024**3


@dataclass(frozen=True)
class Check:
    """One thing looked at: whether it is well, what was found, and the fix where it is not."""

    name: str
    is_well: bool
    found: str
    fix: str = ""


def examine(settings: Settings) -> list[Check]:
    """Returns the checks of Java, Postgres, dbt, MLflow, the language-model key, disk and memory."""
    checks: tuple[Callable[[Settings], Check], ...] = (_java, _postgres, _dbt, _mlflow, _language_model, _disk, _memory)
    return [check(settings) for check in checks]


def _java(settings: Settings) -> Check:
    from spark_jobs.java import find_java

    try:
        java = find_java(settings)
        return Check("Java", True, f"{java.version}, {'from PyPI' if java.is_fallback else java.home}")
    except ShelfcastError as error:
        return Check("Java", False, str(error), "Install a Java 17 or newer, or run `make run` once to bring one.")


def _postgres(settings: Settings) -> Check:
    from warehouse.opening import open_database

    try:
        database = open_database(settings)
        version = database.read_frame("pipeline", "show server_version").iloc[0, 0]
    except ShelfcastError as error:
        return Check(
            "Postgres", False, str(error), "Check DATABASE_URL or DB_*, or unset them to use the embedded server."
        )
    is_new = int(str(version).split(".")[0]) >= 16
    kind = "embedded" if settings.is_embedded else "external"
    return Check("Postgres", is_new, f"{version}, {kind}, port {database.port}", "Use Postgres 16 or newer.")


def _dbt(settings: Settings) -> Check:
    from dbt.version import get_installed_version

    is_there = (PROJECT_ROOT / "dbt_project" / "dbt_project.yml").exists()
    found = get_installed_version().to_version_string(skip_matcher=True)
    return Check("dbt", is_there, found, "dbt_project/ is missing: clone the repository again.")


def _mlflow(settings: Settings) -> Check:
    from importlib.metadata import version

    where = settings.mlflow_tracking_uri or "the embedded Postgres"
    if not (settings.mlflow_tracking_uri or "").startswith("http"):
        return Check("MLflow", True, f"{version('mlflow')}, tracking in {where.split('@')[-1]}")
    import requests

    try:
        requests.get(f"{settings.mlflow_tracking_uri}/health", timeout=5).raise_for_status()
    except requests.RequestException:
        return Check("MLflow", False, f"{where} does not answer", "Start it, or unset MLFLOW_TRACKING_URI.")
    return Check("MLflow", True, f"{version('mlflow')}, tracking at {where}")


def _language_model(settings: Settings) -> Check:
    if settings.gemini_api_key is None:
        return Check("Language model", True, "no GEMINI_API_KEY: the deterministic narrator writes the reports")
    return Check("Language model", True, f"{settings.gemini_model} (key set)")


def _disk(settings: Settings) -> Check:
    make_home(settings.home)
    free = shutil.disk_usage(settings.home).free
    return Check("Disk", free > _DISK_BYTES_MIN, f"{free / 1024**3:.0f} GB free", "Free 3 GB, or set SHELFCAST_HOME.")


def _memory(settings: Settings) -> Check:
    import psutil

    free = psutil.virtual_memory().available
    return Check(
        "Memory", free > _MEMORY_BYTES_MIN, f"{free / 1024**3:.1f} GB available", "Close programs until 4 GB are free."
    )
