"""The audit: nothing reaches a table that people read before its rows were checked."""

import datetime as dt
import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from expectations.baseline import Published, incoming_retailer, read_comparable, read_incoming, read_published
from expectations.drift import Shift, measure_drift, record_drift
from expectations.findings import Finding, failed, record, refusal
from expectations.load_pages import write_load_pages
from expectations.profile import take_profile
from warehouse.database import Database
from warehouse.retailer import read_retailer
from warehouse.settings import Settings
from warehouse.wording import Wording, speaking

if TYPE_CHECKING:
    from expectations.rules import Suite

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class AuditReport:
    """What an audit came to.

    Attributes:
        checked: rules checked.
        failed_critical: critical rules that failed; an audit that returns has none.
        failed_warning: rules that failed and only warn.
        seconds: time it took, the import of Great Expectations not counted.
        docs_path: index page of the data docs.
    """

    checked: int
    failed_critical: int
    failed_warning: int
    seconds: float
    docs_path: Path

    @property
    def failed(self) -> int:
        """Critical and warning rules that failed."""
        return self.failed_critical + self.failed_warning

    def __str__(self) -> str:
        return (
            f"{self.checked} rules checked, {self.failed_critical} critical and {self.failed_warning} warnings failed"
        )


def audit_inputs(settings: Settings, database: Database, run_id: str, may_remove: bool = False) -> AuditReport:
    """Returns the report on the incoming tables, whose rows may be published.

    Args:
        settings: the data docs are built under their home folder.
        database: the incoming tables stand there.
        run_id: the run that audits.
        may_remove: whether the load may replace what is published; a change of scale then only warns.

    Raises:
        ShelfcastError: a critical rule failed; the load is marked as refused.
    """
    load_id, published = newest_load(database), read_comparable(database)
    # The database measures while Great Expectations is imported, which takes seconds of this process.
    with ThreadPoolExecutor(1) as pool:
        measured = pool.submit(_measure, database, load_id, published)
        from expectations.drift_suite import drift_suite
        from expectations.suites import input_suites

        shifts = measured.result()
    today = dt.datetime.now(dt.UTC).date()
    retailer = incoming_retailer(database)
    with speaking(Wording(retailer)):
        suites = input_suites(published, read_incoming(database), retailer, today, may_remove)
    suites += [drift_suite(load_id, may_remove, _is_append(database, load_id))] if shifts else []
    write_load_pages(settings, database, run_id, load_id)
    findings, report = _audit(settings, database, run_id, "incoming", suites, load_id)
    if report.failed_critical:
        _refuse_load(database, load_id)
        write_load_pages(settings, database)
        raise refusal(findings, report.docs_path, "Fix the file and run again.")
    return report


def newest_load(database: Database) -> str:
    """Returns the load whose rows stand in the incoming tables; empty where nothing was ever loaded."""
    with database.connect("pipeline") as connection:
        row = connection.execute("select load_id from ops.loads order by created_at desc limit 1").fetchone()
    return str(row[0]) if row else ""


def _is_append(database: Database, load_id: str) -> bool:
    """Returns whether a load adds rows to what is published."""
    with database.connect("pipeline") as connection:
        row = connection.execute("select load_mode from ops.loads where load_id = %s limit 1", [load_id]).fetchone()
    return row is not None and row[0] == "append"


def _measure(database: Database, load_id: str, published: Published) -> list[Shift]:
    take_profile(database, load_id)
    shifts = measure_drift(database, published)
    record_drift(database, load_id, shifts)
    return shifts


def audit_models(settings: Settings, database: Database, run_id: str) -> AuditReport:
    """Returns the report on the newest forecasts and recommendations, which the marts may show.

    Raises:
        ShelfcastError: a critical rule failed; the marts keep what they showed before.
    """
    from expectations.model_suites import model_suites

    retailer = read_retailer(database, "pipeline")
    with speaking(Wording(retailer)):
        suites = model_suites(read_published(database), retailer)
    findings, report = _audit(settings, database, run_id, "models", suites)
    if report.failed_critical:
        raise refusal(
            findings, report.docs_path, "Run `shelfcast run --from train`; if it fails again, look at the report."
        )
    return report


def _audit(
    settings: Settings, database: Database, run_id: str, name: str, suites: Sequence["Suite"], load_id: str = ""
) -> tuple[list[Finding], AuditReport]:
    from expectations.validation import validate

    began = time.monotonic()
    findings, index = validate(settings, database, name, suites, run_id)
    record(database, run_id, findings, load_id)
    seconds = time.monotonic() - began
    report = AuditReport(
        len(findings), len(failed(findings, "critical")), len(failed(findings, "warning")), seconds, index
    )
    for finding in failed(findings, "warning"):
        logger.warning("%s: %s %s", finding.table_name, finding.description, finding.observed_value)
    logger.info("audit %s: %s in %.1f s", name, report, seconds)
    return findings, report


def _refuse_load(database: Database, load_id: str) -> None:
    with database.connect("pipeline") as connection:
        connection.execute(
            "update ops.loads set status = 'refused' where status = 'incoming' and load_id = %s", [load_id]
        )
