"""What each role beside the owner may see, and what bounds its sessions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

Columns = Mapping[str, tuple[str, ...]]

AGENT_MARTS = (
    "dim_departments",
    "dim_retailer",
    "dim_stores",
    "dim_weeks",
    "fct_forecast_accuracy",
    "fct_forecast_drift",
    "fct_forecasts",
    "fct_inventory_recommendations",
    "fct_model_promotions",
    "fct_sales_anomalies",
    "fct_weekly_sales",
)
"""The marts that the agents' tools read, and all that their role may see."""


MODEL_COLUMNS = {
    "raw.raw_sales": ("store_id", "dept_id", "sale_date", "weekly_sales", "weekly_units", "weekly_amount"),
    "raw.retailer": ("settings",),
    "raw.store_attributes": ("store_id", "store_code", "store_type"),
    "raw.products": ("dept_id", "product_code", "level_1", "level_2", "level_3"),
    "raw.stock_positions": (
        *("store_id", "dept_id", "stock_date", "on_hand", "on_order", "unit_price", "lead_time_days", "expected_date"),
    ),
    "raw.promotions": ("store_id", "dept_id", "week_date", "planned_price", "is_promoted"),
    "raw.external_features": ("store_id", "feature_date", *(f"markdown_{number}" for number in range(1, 6))),
    "ml.forecasts": (
        *("store_id", "dept_id", "origin_date", "horizon_weeks", "predicted_sales", "model_name"),
        *("is_champion", "uses_plan", "unit_name"),
    ),
    "ml.backtest_errors": (
        *("store_id", "dept_id", "model_name", "origin_date", "horizon_weeks"),
        *("actual_sales", "predicted_sales", "scale_amount"),
    ),
    "ml.sales_anomalies": ("store_id", "dept_id", "sale_date", "detector"),
    "ml.inventory_recommendations": ("store_id", "dept_id", "recommendation_date", "status", "order_quantity"),
    "ops.published_artifacts": ("artifact_name", "uri"),
    "ops.migrations": ("name",),
    "ops.pipeline_runs": ("stage", "status", "started_at", "message"),
    # MLflow looks whether there are any; what they hold is not for a reader.
    "mlflow.webhooks": ("webhook_id", "workspace"),
}
"""What a reader computes from beside the marts: what-if, explanations, and whether warehouse and code fit together."""

REGISTRY_TABLES = (
    *("alembic_version", "experiments", "experiment_tags"),
    *("registered_models", "registered_model_tags", "registered_model_aliases", "model_versions", "model_version_tags"),
)
"""The tables of MLflow's registry that say which model is the champion, and where its file is."""


@dataclass(frozen=True)
class Limits:
    """What bounds the sessions of a role.

    Attributes:
        statement: how long a statement may take.
        is_read_only: whether its transactions are read-only unless it says otherwise.
        schemas: of which it may select from every table and view.
        tables: `schema.table` that it may select from beside these.
        selects: columns that it may select beside these, by `schema.table`.
        inserts: columns of the rows that it may add, by `schema.table`.
        updates: columns that it may change, by `schema.table`.
    """

    statement: str
    is_read_only: bool = False
    schemas: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    selects: Columns = field(default_factory=dict)
    inserts: Columns = field(default_factory=dict)
    updates: Columns = field(default_factory=dict)

    @property
    def columns(self) -> set[tuple[str, str, str]]:
        """All of these as privilege, `schema.table` and column."""
        kinds = {"SELECT": self.selects, "INSERT": self.inserts, "UPDATE": self.updates}
        return {
            (privilege, table, name)
            for privilege, tables in kinds.items()
            for table, names in tables.items()
            for name in names
        }


ROLE_LIMITS = {
    "reader": Limits(
        "30s", True, ("marts",), tuple(f"mlflow.{name}" for name in REGISTRY_TABLES), selects=MODEL_COLUMNS
    ),
    "agent": Limits(
        "5s",
        True,
        tables=tuple(f"marts.{name}" for name in AGENT_MARTS),
        selects={
            "agents.agent_outputs": ("output_id",),
            "ml.inventory_recommendations": ("store_id", "dept_id", "recommendation_date", "agent_reasoning"),
        },
        inserts={
            "agents.agent_outputs": (
                *("output_id", "store_id", "dept_id", "analysis_type", "agent_name", "agent_response"),
                *("execution_time_seconds", "tokens_used", "model", "grounded_share", "unsupported_numbers"),
                *("is_clean", "tool_results", "run_id"),
            )
        },
        updates={"ml.inventory_recommendations": ("agent_reasoning",)},
    ),
    "planner": Limits(
        "10s",
        tables=("ml.inventory_recommendations", "ops.decisions"),
        inserts={
            "ops.decisions": (
                *("recommendation_id", "decision", "order_quantity", "snooze_until", "reason", "decided_by"),
                *("effective_quantity", "effective_pieces"),
            )
        },
        selects={"ops.decision_turn": ("is_only",)},
        updates={"ops.decision_turn": ("is_only",)},
    ),
    "analyst": Limits("3min", False, ("raw", "features", "ml", "agents", "ops", "staging", "intermediate", "marts")),
}
"""All roles beside the owner.

The planner may add decisions, one after the other, and read what it decides on. The agent may add what it wrote, and
say why on a recommendation; its sessions are read-only until they say otherwise.
"""

READING_ROLES = tuple(role for role, limits in ROLE_LIMITS.items() if limits.is_read_only)

_IDLE = "60s"
"""How long a transaction may wait for its client: one that is forgotten would keep the marts from being published."""


_SETTINGS = """
select rolname, null as datname, coalesce(rolconfig, '{}') as found
from pg_roles
where rolname = any(%(names)s)
union all
select rolname, datname, setconfig
from pg_db_role_setting
inner join pg_roles on pg_roles.oid = setrole
inner join pg_database on pg_database.oid = setdatabase
where rolname = any(%(names)s)
"""
"""Settings of users for all databases, and for single ones."""


def session_settings(role: str) -> dict[str, str]:
    """Returns the settings that bound the sessions of a role; of the owner, the search path alone.

    Analysts may make schemas and functions: one that is called like what a statement calls must not run in its place
    with the rights of another role.
    """
    settings = {} if role == "analyst" else {"search_path": "pg_catalog"}
    if role in ROLE_LIMITS:
        settings |= {"statement_timeout": ROLE_LIMITS[role].statement, "idle_in_transaction_session_timeout": _IDLE}
    return settings | ({"default_transaction_read_only": "on"} if role in READING_ROLES else {})


def limit_again(connection: "psycopg.Connection[Any]", names: Mapping[str, str]) -> None:
    """Bounds the statements and idle transactions of users, by role, and makes those of reading roles read-only.

    What a user has lifted for its own later sessions, as Postgres lets everybody do, is put back.
    """
    from psycopg import sql

    roles = {name: role for role, name in names.items()}
    for name, database, found in connection.execute(_SETTINGS, {"names": list(roles)}).fetchall():
        user, wanted = sql.Identifier(name), session_settings(roles[name])
        if database is not None:
            connection.execute(sql.SQL("alter role {} in database {} reset all").format(user, sql.Identifier(database)))
        elif sorted(found) != sorted(f"{setting}={value}" for setting, value in wanted.items()):
            connection.execute(sql.SQL("alter role {} reset all").format(user))
            for setting, value in wanted.items():
                statement = sql.SQL("alter role {} set {} = {}")
                connection.execute(statement.format(user, sql.Identifier(setting), sql.Literal(value)))
