"""What an audit found: one finding a rule, its rows in ops.audit_results, and the sentence of a refusal."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from warehouse.database import Database
from warehouse.errors import ShelfcastError

_INSERT = """
insert into ops.audit_results (
    run_id, load_id, suite_name, table_name, column_name, expectation_name, description, severity, is_success,
    element_count, unexpected_count, observed_value
) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


@dataclass(frozen=True)
class Finding:
    """The outcome of one rule.

    Attributes:
        suite_name: suite of the rule.
        table_name: `schema.table` that was audited.
        column_name: column, or columns, that the rule looks at; empty where it looks at the table.
        expectation_name: kind of expectation.
        description: the rule in business words.
        severity: critical, warning or info.
        is_success: whether the rule held.
        element_count: rows looked at, where the rule counts rows.
        unexpected_count: rows that break the rule, where it counts rows.
        observed_value: the figure seen, or an example of a row that breaks the rule.
    """

    suite_name: str
    table_name: str
    column_name: str
    expectation_name: str
    description: str
    severity: str
    is_success: bool
    element_count: int | None
    unexpected_count: int | None
    observed_value: str


def failed(findings: Sequence[Finding], severity: str) -> list[Finding]:
    """Returns the findings of a severity that failed, those that concern most rows first."""
    chosen = [finding for finding in findings if finding.severity == severity and not finding.is_success]
    return sorted(chosen, key=lambda finding: -(finding.unexpected_count or 0))


def record(database: Database, run_id: str, findings: Sequence[Finding], load_id: str = "") -> None:
    """Writes the findings of a run's suites in one transaction, in place of earlier ones of the same run.

    Args:
        database: the findings go into ops.audit_results.
        run_id: the run that audited.
        findings: one a rule.
        load_id: the load that was audited; empty where it was what the models wrote.
    """
    suites = sorted({finding.suite_name for finding in findings})
    with database.connect("pipeline") as connection, connection.cursor() as cursor:
        cursor.execute("delete from ops.audit_results where run_id = %s and suite_name = any(%s)", [run_id, suites])
        cursor.executemany(_INSERT, [(run_id, load_id, *astuple(finding)) for finding in findings])


def refusal(findings: Sequence[Finding], docs_path: Path, fix: str) -> ShelfcastError:
    """Returns the error that stops a publication: table, rule in business words, rows, and where to read on."""
    first, *others = failed(findings, "critical")
    also = f" (and {len(others)} more critical {'rule' if len(others) == 1 else 'rules'})" if others else ""
    return ShelfcastError(
        f'The audit stopped {first.table_name}: the rule "{first.description.rstrip(".")}" is broken '
        f"by {extent(first)}{also}, so nothing was published; the report is {docs_path}.",
        fix,
    )


def extent(finding: Finding) -> str:
    """Returns how much of the table breaks the rule, in words."""
    if finding.unexpected_count is None:
        return f"the observed value {finding.observed_value}" if finding.observed_value else "the table"
    rows = "row" if finding.unexpected_count == 1 else "rows"
    if finding.element_count is None:
        return f"{finding.unexpected_count:,} {rows}"
    total = "row" if finding.element_count == 1 else "rows"
    return f"{finding.unexpected_count:,} of {finding.element_count:,} {total}"
