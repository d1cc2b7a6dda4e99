"""The points at which tests break a run, each by its name: the only place that knows which function stands there."""

from typing import Any

FAULT_POINTS = {
    "answers are kept": "agents.store:save_report",
    "dbt builds a model": "dbt.task.run:ModelRunner.execute",
    "dbt runs a test": "dbt.task.test:TestRunner.execute",
    "models are audited": "expectations.audit:audit_models",
    "pages of the audit are built": "expectations.validation:_build_pages",
    "manifest of the marts is kept": "flows.dbt.runner:_keep",
    "run opens": "flows.pipeline.context:open_context",
    "summary is left in Prefect": "flows.pipeline.flow:_leave_artifacts",
    "champion is chosen": "ml.forecasting.registry.aliases:promote",
    "alias is recorded": "ml.forecasting.registry.aliases:record_alias",
    "model is registered": "ml.forecasting.registry.tracking:_register",
    "model is written": "ml.forecasting.registry.tracking:save_model",
    "recommendations are made": "ml.inventory.orders.recommend:recommend",
    "file is put in its place": "pathlib:Path.rename",
    "Spark writes Parquet": "pyspark.sql.readwriter:DataFrameWriter.parquet",
    "features are built": "spark_jobs.features.job:build_features",
    "features are written": "spark_jobs.features.job:write_features",
    "features are merged": "spark_jobs.features.publication:merge",
    "accepted rows are written": "spark_jobs.ingest.load_tables:Tables.write",
    "load is recorded": "spark_jobs.ingest.row_accounts:record_load",
    "database is dumped": "warehouse.backup:_dump",
    "manifest of the backup is written": "warehouse.backup:write_manifest",
    "roles are made": "warehouse.embedded:_create_roles",
    "program of the server runs": "warehouse.embedded:_execute",
    "server is looked for": "warehouse.embedded:_server",
    "frame is copied": "warehouse.incoming:copy_frame",
    "publication of inputs is recorded": "warehouse.inputs:_record",
    "inputs are published": "warehouse.inputs:publish_inputs",
    "rows are copied": "warehouse.load:_ingest",
    "mart moves": "warehouse.marts:_move",
    "next marts are noted": "warehouse.marts:mark_next",
    "marts are published": "warehouse.marts:publish_next",
    "migrations are applied": "warehouse.migrate:apply_migrations",
    "table is merged": "warehouse.publish:merge",
    "restated rows are written": "warehouse.restate:write_rows",
    "database is restored": "warehouse.restore:_feed",
    "files are restored": "warehouse.restore:_unpack",
    "roles are limited": "warehouse.role_limits:limit_again",
    "tables are granted": "warehouse.roles:_grant_tables",
    "stage begins": "warehouse.runs:begin_stage",
    "stage ends": "warehouse.runs:end_stage",
}


def at(point: str, action: str = "kill", where: str = "before", **rest: Any) -> dict[str, Any]:
    """Returns a fault at a point, as `faults.py` describes it; `of_name` is the value that a parameter must have.

    Raises:
        KeyError: there is no such point.
    """
    match = {name.removeprefix("of_"): value for name, value in rest.items() if name.startswith("of_")}
    others = {name: value for name, value in rest.items() if not name.startswith("of_")}
    return {"target": FAULT_POINTS[point], "where": where, "action": action, "match": match, **others}
