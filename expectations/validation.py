"""Great Expectations at work: suites become validations in Postgres, validations become findings and pages.

Imports Great Expectations: import it only where an audit runs.
"""

import datetime as dt
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import great_expectations as gx
from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult
from great_expectations.data_context import FileDataContext
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.data_context.types.resource_identifiers import (
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
)
from great_expectations.datasource.fluent import PostgresDatasource

from expectations.findings import Finding
from expectations.outcomes import finding_of
from expectations.retention import KEPT_RUNS, forget_definitions, prune
from expectations.rules import Suite
from warehouse.database import Database
from warehouse.settings import Settings

logger = logging.getLogger(__name__)

URL_VARIABLE = "SHELFCAST_AUDIT_URL"
SITE = "shelfcast"


def open_context(settings: Settings, database: Database) -> FileDataContext:
    """Returns the file context under `gx/` in the home folder, with one data docs site under `data_docs/`.

    The database's address reaches it as a variable in memory: no file ever holds it.
    """
    context = gx.get_context(
        mode="file",
        project_root_dir=settings.home,
        runtime_environment={URL_VARIABLE: database.url("pipeline", "postgresql+psycopg")},
    )
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    context.variables.data_docs_sites = {SITE: _site(settings.home / "data_docs")}
    return context


def _site(folder: Path) -> dict[str, Any]:
    """Returns the configuration of a site whose pages need nothing from the network."""
    sections = {
        "expectations": {"renderer": _page("SuiteRenderer"), "view": _page("PageView")},
        "validations": {"renderer": _page("ResultRenderer"), "view": _page("PageView")},
        "profiling": "None",
    }
    return {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
        "site_index_builder": {
            "class_name": "DefaultSiteIndexBuilder",
            "renderer": _page("IndexRenderer"),
            "view": _page("PageView"),
        },
        "site_section_builders": sections,
    }


def _page(name: str) -> dict[str, str]:
    return {"module_name": "expectations.pages", "class_name": name}


def validate(
    settings: Settings, database: Database, audit: str, suites: Sequence[Suite], run_id: str
) -> tuple[list[Finding], Path]:
    """Returns the findings of the suites and the index page of the data docs, brought up to date.

    Args:
        settings: the home folder holds the context and the data docs.
        database: the suites' queries run there, each into a temporary table of its own.
        audit: name of the audit; the data source is called like it.
        suites: what to validate.
        run_id: name of the run, by which the data docs list it.
    """
    forget_definitions(settings.home, [suite.name for suite in suites])
    context = open_context(settings, database)
    source = context.data_sources.add_postgres(
        audit, connection_string="${" + URL_VARIABLE + "}", create_temp_table=True
    )
    run = gx.RunIdentifier(run_name=run_id, run_time=dt.datetime.now(dt.UTC))
    try:
        results = [(suite, _validate(context, source, suite, run)) for suite in suites]
    finally:
        # An open session would hold its locks and temporary tables until the process ends.
        source.get_execution_engine().close()
        source.get_engine().dispose()
    prune(settings.home, KEPT_RUNS)
    index = _build_pages(context, settings.home, [result for _, result in results])
    findings = [finding_of(suite.name, suite.table, outcome) for suite, result in results for outcome in result.results]
    return findings, index


def _validate(
    context: FileDataContext, source: PostgresDatasource, suite: Suite, run: gx.RunIdentifier
) -> ExpectationSuiteValidationResult:
    asset = source.add_query_asset(suite.table, query=suite.query.strip())
    written = gx.ExpectationSuite(suite.name, expectations=list(suite.rules), meta={"table": suite.table})
    written = context.suites.add_or_update(written)
    definition = context.validation_definitions.add_or_update(
        gx.ValidationDefinition(name=suite.name, data=asset.add_batch_definition_whole_table("all rows"), suite=written)
    )
    shown = {"result_format": "SUMMARY", "unexpected_index_column_names": list(suite.keys)}
    result = definition.run(result_format=shown, run_id=run)
    count = result.statistics["unsuccessful_expectations"]
    logger.info("audited %s: %d rules, %d failed", suite.table, len(result.results), count)
    return result


def _build_pages(context: FileDataContext, home: Path, results: Sequence[ExpectationSuiteValidationResult]) -> Path:
    """Returns the index page after the pages of these results, and the index, were written."""
    pages: list[Any] = []
    for result in results:
        suite = ExpectationSuiteIdentifier(name=result.suite_name)
        pages += [suite, ValidationResultIdentifier(suite, result.meta["run_id"], result.batch_id)]
    context.build_data_docs(resource_identifiers=pages)
    return home / "data_docs" / "index.html"
