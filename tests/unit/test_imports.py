"""The rules of the structure that a machine can check: imports run one way, without circles; one name, one thing."""

import ast
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from warehouse.settings import PROJECT_ROOT

ALLOWED = {
    "warehouse": set(),
    "spark_jobs": {"warehouse"},
    "expectations": {"warehouse"},
    "ml": {"warehouse"},
    "agents": {"ml", "warehouse"},
    "flows": {"warehouse", "spark_jobs", "expectations", "ml", "agents", "streamlit_app"},
    "streamlit_app": {"warehouse", "ml", "agents"},
}
"""What each top-level folder may import beside itself."""

SHARED_NAMES = {
    "marts.py": "what a room reads from or does with the published marts",
    "what_if.py": "the verb, the calculation and the page of one thing",
    "policy.py": "the verb and the rule it prints",
    "backup.py": "the verb and the work behind it",
    "replay.py": "the verb and its report",
    "decisions.py": "the record, its report and the dashboard's reading of it",
    "forecasts.py": "the export, the page, and the forecasts that a replay walks with",
    "guardrails.py": "the limits, and what they are worth in a replay",
    "drift.py": "of the data against the last load, and of the forecasts against the backtest",
    "calendar.py": "the rule of holidays, and the features made of it",
    "inputs.py": "of a publication, and of a recommendation",
    "job.py": "the Spark job of each room",
    "session.py": "of Spark, and of the dashboard",
    "runs.py": "the record of runs, and the page that shows it",
    "stages.py": "their names, and what each of them does",
    "panel.py": "of the forecasts, and of the anomalies",
    "report.py": "of the agents, and of a replay",
}
"""File names that two modules share, each with the reason."""


@cache
def modules() -> Mapping[str, Path]:
    """The project's modules by their dotted names, tests and benchmarks left out."""
    files = [path for room in ALLOWED for path in (PROJECT_ROOT / room).rglob("*.py")]
    names = {path: ".".join(path.relative_to(PROJECT_ROOT).with_suffix("").parts) for path in files}
    return {name.removesuffix(".__init__"): path for path, name in names.items()}


def imported(path: Path) -> Iterator[str]:
    """The project's modules that a file imports, also inside functions and for types alone."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            full = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (name if name in modules() else node.module for name in full)


@cache
def imports() -> Mapping[str, frozenset[str]]:
    """What each module imports of the project."""
    return {name: frozenset(imported(path)) & modules().keys() - {name} for name, path in modules().items()}


def circle(arrows: Mapping[str, frozenset[str] | set[str]]) -> list[str]:
    """A circle among the arrows, none where there is none."""
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.mark.parametrize("room", ALLOWED)
def test_imports_run_one_way(room: str):
    offenders = {
        name: sorted(others)
        for name, names in imports().items()
        if name.partition(".")[0] == room
        and (others := {other.partition(".")[0] for other in names} - ALLOWED[room] - {room})
    }
    assert offenders == {}


def test_no_modules_import_each_other_in_a_circle():
    assert circle(imports()) == []


def test_no_rooms_import_each_other_in_a_circle():
    """A room is a folder inside a top-level folder; modules right under the top level stand for themselves."""
    folders = {str(path.parent.relative_to(PROJECT_ROOT)).replace("/", ".") for path in modules().values()}
    rooms = {folder for folder in folders if folder.count(".") and not any(f.startswith(f"{folder}.") for f in folders)}
    arrows = defaultdict(set)
    for name, names in imports().items():
        room = name if name in rooms else name.rpartition(".")[0] if name.rpartition(".")[0] in rooms else name
        arrows[room] |= {
            other.rpartition(".")[0] if other.rpartition(".")[0] in rooms else other for other in names
        } - {room}
    assert circle(arrows) == []


def test_a_circle_is_found():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})


def test_no_two_modules_share_a_name_without_a_reason():
    places = defaultdict(list)
    for path in modules().values():
        places[path.name].append(str(path.relative_to(PROJECT_ROOT)))
    shared = {name: paths for name, paths in places.items() if len(paths) > 1 and name != "__init__.py"}
    assert shared.keys() == SHARED_NAMES.keys(), shared


def test_no_two_public_classes_share_a_name():
    places = defaultdict(list)
    for name, path in modules().items():
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(name)
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_the_command_answers_help_without_heavy_libraries():
    code = (
        "import sys, flows.cli.main; heavy = {'pyspark', 'pandas', 'numpy', 'mlflow', 'prophet', 'lightgbm', "
        "'prefect', 'great_expectations', 'crewai', 'streamlit', 'dbt', 'psycopg'} & set(sys.modules); "
        "print(sorted(heavy))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT_ROOT)
    assert printed.stdout.strip() == "[]"


def test_every_top_level_folder_is_a_package_of_the_wheel():
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())
    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == set(ALLOWED)
