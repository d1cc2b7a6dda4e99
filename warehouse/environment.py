"""What the libraries read from the environment: no telemetry, homes under `.shelfcast/`."""

import os
import sys

from warehouse.home import make_home
from warehouse.settings import Settings

PREFECT_CONSOLE_LEVEL = "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"
"""Variable with the least level of what Prefect's processes write to the terminal."""


def library_environment(settings: Settings) -> dict[str, str]:
    """Returns the variables that silence telemetry and keep every library's files under the home folder."""
    home = settings.home
    return {
        "DO_NOT_TRACK": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "GX_ANALYTICS_ENABLED": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300",
        # The terminal belongs to the command: a run's temporary server is cut off at its end and would tell of that.
        PREFECT_CONSOLE_LEVEL: "CRITICAL",
        "CREWAI_DISABLE_TELEMETRY": "true",
        "CREWAI_DISABLE_TRACKING": "true",
        "CREWAI_TRACING_ENABLED": "false",
        "CREWAI_STORAGE_DIR": str(home / "crewai"),
        "OTEL_SDK_DISABLED": "true",
        # The matrices are small: more threads only wait for each other, five times the work on a busy machine.
        "OPENBLAS_NUM_THREADS": "1",
        "MPLCONFIGDIR": str(home / "matplotlib"),
        "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "SPARK_LOCAL_DIRS": str(home / "spark"),
        "TMPDIR": str(home / "tmp"),
    }


def prepare_environment(settings: Settings) -> None:
    """Creates the home folder and sets the variables; values that the user has set stay, paths aside."""
    make_home(settings.home)
    for name in ("tmp", "spark", "matplotlib", "crewai", "prefect", "logs"):
        (settings.home / name).mkdir(exist_ok=True)
    os.environ.update(library_environment(settings))
