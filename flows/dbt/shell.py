"""Lines for the shell: after `eval "$(shelfcast env)"`, plain `dbt` and `mf` work on the running warehouse."""

import shlex
import sys
from pathlib import Path

from flows.dbt.metricflow import put_semantic_manifest
from flows.dbt.runner import dbt_variables, published_manifest
from warehouse.database import Database
from warehouse.errors import UsageError
from warehouse.settings import OWN_SERVER, Settings

SHELL_ROLES = {"analyst": "dev", "reader": "warehouse"}
"""The roles that a shell may take, and the dbt target that is theirs."""


def shell_lines(settings: Settings, database: Database, role: str) -> list[str]:
    """Returns the export lines of a role, with its password; the programs of this environment come first in PATH.

    Raises:
        UsageError: the role is not one for a shell.
    """
    if role not in SHELL_ROLES:
        raise UsageError(f"There is no role {role!r} for a shell.", f"The roles are {' and '.join(SHELL_ROLES)}.")
    put_semantic_manifest(settings, database)
    target = SHELL_ROLES[role]
    if target == "dev":
        published_manifest(settings, database)
    variables = dbt_variables(settings, database, target, defers=target == "dev")
    if role == "reader":
        variables |= database.dbt_environment("reader")
    # The command keeps to its own server in such a shell, whatever DB_* say there.
    variables |= {"SHELFCAST_HOME": str(settings.home), OWN_SERVER: "1" if settings.is_embedded else None}
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items() if value is not None]
    return [*lines, f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"']
