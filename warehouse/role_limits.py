"""What each role beside the owner may see, and what bounds its sessions."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

AGENT_MARTS = (
    "dim_inventory_policies",
    "dim_stores",
    "dim_weeks",
    "fct_forecast_accuracy",
    "fct_forecast_drift",
    "fct_forecasts",
    "fct_inventory_recommendations",
    "fct_model_promotions",
    "fct_model_scores",
    "fct_sales_anomalies",
    "fct_weekly_sales",
)
"""The marts that the agents' tools read, and all that their role may see."""


@dataclass(frozen=True)
class Limits:
    """What bounds the sessions of a role.

    Attributes:
        statement: how long a statement may take.
        is_read_only: whether its transactions are read-only unless it says otherwise.
        schemas: of which it may select from every table and view.
        tables: `schema.table` that it may select from beside these.
    """

    statement: str
    is_read_only: bool = False
    schemas: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()


ROLE_LIMITS = {
    "reader": Limits("30s", True, ("marts",)),
    "agent": Limits("5s", True, (), tuple(f"marts.{name}" for name in AGENT_MARTS)),
    "planner": Limits("10s", False, (), ("ml.inventory_recommendations", "ops.decisions")),
    "analyst": Limits("3min", False, ("raw", "features", "ml", "agents", "ops", "staging", "intermediate", "marts")),
}
"""All roles beside the owner. The planner may add decisions to `ops.decisions`, and read what it decides on."""

READING_ROLES = tuple(role for role, limits in ROLE_LIMITS.items() if limits.is_read_only)

_IDLE = "60s"
"""How long a transaction may wait for its client: one that is forgotten would keep the marts from being published."""


def limit_role(connection: "psycopg.Connection[Any]", role: str) -> None:
    """Bounds the statements and idle transactions of the role, and makes a reading role's sessions read-only."""
    settings = {"statement_timeout": ROLE_LIMITS[role].statement, "idle_in_transaction_session_timeout": _IDLE}
    if role in READING_ROLES:
        settings["default_transaction_read_only"] = "on"
    for name, value in settings.items():
        statement = sql.SQL("alter role {} set {} = {}")
        connection.execute(statement.format(sql.Identifier(role), sql.Identifier(name), sql.Literal(value)))
