"""dbt, run inside the process; a red test is an error with one sentence.

What people read is never built in place: dbt builds and tests the target `next` beside it, then `warehouse.marts`
puts all of it in place at once. Analysts build the target `dev`, a schema of their own, on what is published.
"""

import contextlib
import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from flows.dbt.manifest import merged, published_names
from warehouse.database import Database, Role
from warehouse.errors import ShelfcastError, UsageError
from warehouse.marts import are_published, clear_next, core_build, mark_next, publish_next
from warehouse.runs import exclusive
from warehouse.settings import PROJECT_ROOT, Settings

logger = logging.getLogger(__name__)

PROJECT = PROJECT_ROOT / "dbt_project"
TARGETS = ("warehouse", "dev")
"""The targets that a person may name; `next` is the pipeline's own."""

_BUILDING = ("build", "run", "seed")
_REFUSED = ("clone", "retry")
_LOG_HINT = "The log is logs/dbt/dbt.log under .shelfcast; fix what it names, then run again."


def run_dbt(
    settings: Settings,
    database: Database,
    arguments: Sequence[str],
    quiet: bool = True,
    target: str = "warehouse",
    defers: bool = False,
) -> int:
    """Returns the number of nodes that dbt ran.

    Args:
        settings: of the home.
        database: the warehouse.
        arguments: of dbt, its command first.
        quiet: whether dbt writes to its log alone.
        target: warehouse, next or dev; dev runs as the role analyst.
        defers: whether what is not selected is read from what is published.

    Raises:
        ShelfcastError: dbt could not run, a model failed or a test is red; the sentence names the first.
    """
    from dbt.cli.main import dbtRunner
    from dbt.exceptions import ParsingError
    from dbt_common.exceptions import CompilationError

    flags = ["--quiet", "--log-level", "none", "--log-level-file", "info"] if quiet else []
    if defers:
        published_manifest(settings, database)
    with _variables(dbt_variables(settings, database, target, defers)):
        result = dbtRunner().invoke(["--no-version-check", *flags, *arguments])
        if isinstance(result.exception, ParsingError | CompilationError):
            # What dbt remembers of the files may name tests of a model that is gone; it is then read anew.
            logger.info("dbt reads all of its files again: %s", _first_line(result.exception))
            result = dbtRunner().invoke(["--no-version-check", "--no-partial-parse", *flags, *arguments])
    if result.exception is not None:
        raise ShelfcastError(f"dbt {arguments[0]} could not run: {_first_line(result.exception)}", _LOG_HINT)
    nodes = list(getattr(result.result, "results", None) or [])
    if not result.success:
        raise ShelfcastError(_failure(nodes), _LOG_HINT)
    return len(nodes)


def build_core(settings: Settings, database: Database, run_id: str) -> int:
    """Returns the number of nodes after the core models were built and tested beside what is published.

    They wait there for the models of `build_marts`; only while nothing whole was ever published do people see them at
    once: loads and runs, while the first run is at work.
    """
    clear_next(database)
    nodes = run_dbt(settings, database, ["build", "--select", "tag:core"], target="next")
    mark_next(database, run_id)
    if not are_published(database):
        _publish(settings, database, core=run_id)
    return nodes


def build_marts(settings: Settings, database: Database, run_id: str) -> int:
    """Returns the number of nodes after all that is not published yet was built, tested and published at once."""
    waiting, published = core_build(database, "next"), core_build(database, "published")
    rest = ["build", "--exclude", "tag:core"]
    if waiting:
        nodes = run_dbt(settings, database, rest, target="next")
        _publish(settings, database, core=waiting)
    elif waiting is None and published:
        clear_next(database)
        nodes = run_dbt(settings, database, rest, target="next", defers=True)
        _publish(settings, database)
    else:
        clear_next(database)
        nodes = run_dbt(settings, database, ["build"], target="next")
        _publish(settings, database, core=run_id)
    return nodes


def build_part(settings: Settings, database: Database, arguments: Sequence[str], quiet: bool = True) -> int:
    """Returns the number of nodes after a part was built on what is published, tested and published."""
    clear_next(database)
    nodes = run_dbt(settings, database, arguments, quiet, target="next", defers=True)
    _publish(settings, database)
    return nodes


def run_command(settings: Settings, database: Database, arguments: Sequence[str]) -> None:
    """Runs dbt as a person asks for it, its output on the terminal.

    In target warehouse, what builds is built beside what people read, tested and published; `run` and `seed` too. In
    target dev, it goes to the analyst's own schema, and what is not selected is read from what is published.

    Raises:
        UsageError: the target is not known, or the command can't be tested before it changes what people read.
        ShelfcastError: see `run_dbt`; or another run is at work.
    """
    target, rest = split_target(arguments)
    command = rest[0] if rest else ""
    if target == "dev":
        run_dbt(settings, database, rest, quiet=False, target="dev", defers=True)
    elif command in _REFUSED:
        raise UsageError(
            f"dbt {command} would change what people read without a test.", "Use build, or add --target dev."
        )
    elif command in _BUILDING:
        with exclusive(database):
            build_part(settings, database, with_tests(rest), quiet=False)
    else:
        run_dbt(settings, database, rest, quiet=False)


def with_tests(arguments: Sequence[str]) -> list[str]:
    """Returns the build that does what `run` or `seed` would do, and tests it."""
    kinds = {"run": ("model", "test", "unit_test"), "seed": ("seed", "test")}.get(arguments[0], ())
    return ["build", *(word for kind in kinds for word in ("--resource-type", kind)), *arguments[1:]]


def split_target(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """Returns the target that arguments of dbt name, warehouse where they name none, and the other arguments.

    Raises:
        UsageError: no target stands behind the option, or one that is not known.
    """
    rest, target = list(arguments), "warehouse"
    for place, word in enumerate(arguments):
        name, _, value = word.partition("=")
        if name in ("--target", "-t"):
            width = 1 if value else 2
            target = value or next(iter(arguments[place + 1 : place + 2]), "")
            rest = [*arguments[:place], *arguments[place + width :]]
            break
    if target not in TARGETS:
        raise UsageError(f"dbt has no target {target!r} here.", f"The targets are {' and '.join(TARGETS)}.")
    return target, rest


def build_docs(settings: Settings, database: Database) -> Path:
    """Returns the path of the dbt docs site, one self-contained HTML file."""
    run_dbt(settings, database, ["docs", "generate", "--static"])
    folder = settings.home / "dbt_docs"
    folder.mkdir(exist_ok=True)
    shutil.copyfile(settings.home / "dbt" / "static_index.html", folder / "index.html")
    return folder / "index.html"


def published_manifest(settings: Settings, database: Database) -> Path:
    """Returns the path of dbt's manifest of what is published; made from the code where none was kept."""
    path = settings.home / "dbt_published" / "manifest.json"
    if _kept(path) is None:
        run_dbt(settings, database, ["parse"])
        _keep(json.loads((settings.home / "dbt" / "manifest.json").read_text()), path)
    return path


def dbt_variables(settings: Settings, database: Database, target: str, defers: bool) -> dict[str, str | None]:
    """Returns the variables that dbt and `profiles.yml` read; None for one that must not be set."""
    role: Role = "analyst" if target == "dev" else "pipeline"
    folder = settings.home / ("dbt" if target == "warehouse" else f"dbt_{target}")
    return {
        **database.dbt_environment(role),
        "DBT_PROJECT_DIR": str(PROJECT),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_TARGET": target,
        "DBT_TARGET_PATH": str(folder),
        "DBT_LOG_PATH": str(settings.home / "logs" / "dbt"),
        "DBT_DEV_SCHEMA": dev_schema(),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_DEFER": "true" if defers else None,
        "DBT_STATE": str(settings.home / "dbt_published") if defers else None,
    }


def dev_schema() -> str:
    """Returns the schema of the person at the keyboard: dev_ and the user's name."""
    import getpass
    import re

    return "dev_" + re.sub(r"[^a-z0-9_]", "_", getpass.getuser().lower())


def _publish(settings: Settings, database: Database, core: str | None = None) -> None:
    """Publishes what stands in the next state, and keeps the manifest that belongs to it."""
    path = settings.home / "dbt_published" / "manifest.json"
    before = _kept(path)
    names = {relation.name for relation in publish_next(database, core)}
    new = published_names(json.loads((settings.home / "dbt_next" / "manifest.json").read_text()))
    _keep(merged(new, before, names), path)


def _kept(path: Path) -> Any:
    """Returns the manifest that was kept, None where there is none or it is damaged."""
    try:
        return json.loads(path.read_text()) if path.exists() else None
    except ValueError:
        logger.warning("%s is damaged and is made anew", path)
        return None


def _keep(manifest: Mapping[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(manifest))
    draft.rename(path)


@contextlib.contextmanager
def _variables(ours: Mapping[str, str | None]) -> Iterator[None]:
    """Sets variables for dbt alone: left in place, DB_* would name an outside database to later settings."""
    before = {name: os.environ.get(name) for name in ours}
    _set(ours)
    try:
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[:2]) or type(error).__name__


def _failure(nodes: list[Any]) -> str:
    red = [node for node in nodes if str(node.status) in ("error", "fail", "runtime error")]
    if not red:
        return "dbt ended without success."
    message = " ".join(str(red[0].message or "").split())[:300]
    return f"dbt: {len(red)} of {len(nodes)} models and tests are red; the first is {red[0].node.name}: {message}."
