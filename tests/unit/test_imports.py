"""The rules of the structure that a machine can check."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from warehouse.settings import PROJECT_ROOT

ALLOWED = {
    "warehouse": set(),
    "spark_jobs": {"warehouse"},
    "expectations": {"warehouse"},
    "ml": {"warehouse", "spark_jobs"},
    "agents": {"ml", "warehouse"},
    "flows": {"warehouse", "spark_jobs", "expectations", "ml", "agents", "streamlit_app"},
    "streamlit_app": {"warehouse", "ml", "agents"},
}


def imported_rooms(path: Path) -> set[str]:
    """Returns the top-level packages of the project that a file imports, also inside functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return {name.partition(".")[0] for name in names} & {*ALLOWED, "tests"}


@pytest.mark.parametrize("room", ALLOWED)
def test_imports_run_one_way(room: str):
    offenders = {
        str(path.relative_to(PROJECT_ROOT)): sorted(imported_rooms(path) - ALLOWED[room] - {room})
        for path in (PROJECT_ROOT / room).rglob("*.py")
        if imported_rooms(path) - ALLOWED[room] - {room}
    }
    assert offenders == {}


def test_the_command_answers_help_without_heavy_libraries():
    code = (
        "import sys, flows.cli.main; heavy = {'pyspark', 'pandas', 'numpy', 'mlflow', 'prophet', 'lightgbm', "
        "'prefect', 'great_expectations', 'crewai', 'streamlit', 'dbt', 'psycopg'} & set(sys.modules); "
        "print(sorted(heavy))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT_ROOT)
    assert printed.stdout.strip() == "[]"


def test_every_top_level_folder_is_a_package_of_the_wheel():
    import tomllib

    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())
    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == set(ALLOWED)
