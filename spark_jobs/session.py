"""The Spark session: local and small by default, a cluster's driver where SPARK_MASTER_URL names one."""

import logging
import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from spark_jobs.java import find_java
from warehouse.errors import ShelfcastError
from warehouse.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

logger = logging.getLogger(__name__)

DRIVER_MEMORY = "2g"
SHUFFLE_PARTITIONS = 4
LOG_SIZE_MAX = 2_000_000
MANY_ROWS = 900_000
"""From so many rows on the second compiler of Java pays: what it takes from two cores at first, it then saves."""
_QUIET_LOG = """rootLogger.level = error
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{yyyy-MM-dd HH:mm:ss} %p %c: %m%n%ex
"""


def open_spark(settings: Settings, rows: int = 0) -> "SparkSession":
    """Returns the Spark session of this process, started where there is none.

    What Java writes goes to `logs/spark.log` under the home folder, never between the lines of the command.

    Args:
        settings: the master, the home folder.
        rows: about how many rows there are to work on; a session that runs already stays as it is.

    Raises:
        ShelfcastError: Java or the master does not answer; the sentence names the log.
    """
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    if SparkContext._active_spark_context is None:
        began = time.monotonic()
        _start_context(settings, rows)
        logger.info("Spark on %s in %.1f s", settings.spark_master_url, time.monotonic() - began)
    return SparkSession.builder.getOrCreate()


def spark_options(settings: Settings, rows: int = 0) -> dict[str, str]:
    """Returns the Spark configuration of the settings, for about so many rows."""
    options = {
        "spark.app.name": "shelfcast",
        "spark.master": settings.spark_master_url,
        "spark.driver.memory": DRIVER_MEMORY,
        "spark.driver.extraJavaOptions": _java_options(settings.home, rows),
        "spark.local.dir": str(settings.home / "spark"),
        "spark.log.level": "ERROR",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": (settings.home / "spark" / "warehouse").as_uri(),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(SHUFFLE_PARTITIONS),
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        # Else every column function notes the line that called it, in four more calls to Java.
        "spark.python.sql.dataFrameDebugging.enabled": "false",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    }
    if is_on_this_machine(settings.spark_master_url):
        options |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    return options


def is_on_this_machine(master: str) -> bool:
    """Returns whether a master runs here, so that nothing needs to be reached from outside."""
    return re.match(r"local(\[|-cluster|$)|spark://(127\.0\.0\.1|localhost)(:|$)", master) is not None


def spark_log(settings: Settings) -> Path:
    """Returns the file that holds what Java wrote."""
    return settings.home / "logs" / "spark.log"


def _java_options(home: Path, rows: int) -> str:
    quiet = (home / "spark" / "log4j2.properties").as_uri()
    # Most sessions are short: the first compiler alone takes a third less time than both on the public data, and a
    # parallel collector suits few cores. No performance counters in /tmp. What Spark writes for a file of many columns
    # is one method longer than Java compiles unless told to; interpreted, it takes twice the time.
    flags = "-XX:+UseParallelGC -XX:-UsePerfData -XX:-DontCompileHugeMethods" + (
        "" if rows >= MANY_ROWS else " -XX:TieredStopAtLevel=1"
    )
    return f'{flags} -Dlog4j2.configurationFile={quiet} "-Djava.io.tmpdir={home / "tmp"}"'


def _start_context(settings: Settings, rows: int) -> None:
    import pyspark
    from py4j.protocol import Py4JError  # type: ignore[import-untyped]
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkRuntimeError

    _prepare_folders(settings)
    os.environ["JAVA_HOME"] = str(find_java(settings).home)
    os.environ["SPARK_HOME"] = str(Path(pyspark.__file__).parent)
    conf = SparkConf(loadDefaults=False).setAll(list(spark_options(settings, rows).items()))
    try:
        SparkContext(conf=conf, gateway=_launch_java(settings, conf))
    except (PySparkRuntimeError, Py4JError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ShelfcastError(
            f"Spark on {settings.spark_master_url} does not start: {reason}.".replace("..", "."),
            f"Its log is {spark_log(settings)}; `shelfcast doctor` checks Java and memory.",
        ) from error


def _prepare_folders(settings: Settings) -> None:
    for name in ("spark", "tmp", "logs"):
        (settings.home / name).mkdir(parents=True, exist_ok=True)
    quiet = settings.home / "spark" / "log4j2.properties"
    if not quiet.exists() or quiet.read_text() != _QUIET_LOG:
        quiet.write_text(_QUIET_LOG)
    log = spark_log(settings)
    if log.exists() and log.stat().st_size > LOG_SIZE_MAX:
        log.unlink()


def _launch_java(settings: Settings, conf: object) -> object:
    """Returns a gateway to a new Java whose output goes to the log; None where this process has one."""
    from pyspark import SparkContext
    from pyspark.java_gateway import launch_gateway

    if SparkContext._gateway is not None:
        return None
    with spark_log(settings).open("ab") as log:
        return launch_gateway(conf, popen_kwargs={"stdout": log, "stderr": log})
