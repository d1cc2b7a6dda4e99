"""Short forms of the expectations that the suites are written with: what is expected, in words, how badly, and why.

Imports Great Expectations: import it only where an audit runs.
"""

from dataclasses import dataclass
from typing import Any, Literal

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.row_conditions import Column, Condition

Severity = Literal["critical", "warning", "info"]


@dataclass(frozen=True)
class Suite:
    """The rules of one table.

    Attributes:
        name: name of the suite.
        table: `schema.table` whose rows are audited.
        query: the audited rows, with the columns that rules need beside the table's own.
        keys: columns by which a reader finds a row that breaks a rule.
        rules: what is expected, each with a severity, a sentence and a reason.
    """

    name: str
    table: str
    query: str
    keys: tuple[str, ...]
    rules: tuple[Expectation, ...]


def known(column: str, says: str, why: str, severity: Severity = "critical", share: float = 1.0) -> Expectation:
    """Returns the rule that a column is filled, in at least a share of the rows."""
    return gxe.ExpectColumnValuesToNotBeNull(
        column=column, mostly=share, severity=severity, description=says, notes=why
    )


def within(
    column: str,
    low: float | str | None,
    high: float | str | None,
    says: str,
    why: str,
    severity: Severity = "critical",
    share: float = 1.0,
) -> Expectation:
    """Returns the rule that known values lie between two limits, included, in at least a share of the rows."""
    return gxe.ExpectColumnValuesToBeBetween(
        column=column, min_value=low, max_value=high, mostly=share, severity=severity, description=says, notes=why
    )


def one_of(
    column: str, values: list[Any], says: str, why: str, severity: Severity = "critical", share: float = 1.0
) -> Expectation:
    """Returns the rule that known values are among those listed, in at least a share of the rows."""
    return gxe.ExpectColumnValuesToBeInSet(
        column=column, value_set=values, mostly=share, severity=severity, description=says, notes=why
    )


def seldom_zero(column: str, share: float, says: str, why: str, severity: Severity = "warning") -> Expectation:
    """Returns the rule that at least a share of the known values is not zero."""
    return gxe.ExpectColumnValuesToNotBeInSet(
        column=column, value_set=[0.0], mostly=share, severity=severity, description=says, notes=why
    )


def ordered(
    low: str,
    high: str,
    says: str,
    why: str,
    severity: Severity = "critical",
    strictly: bool = False,
    share: float = 1.0,
    only: Condition | None = None,
) -> Expectation:
    """Returns the rule that one column is not above another, in rows where both are known."""
    return gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A=high,
        column_B=low,
        or_equal=not strictly,
        ignore_row_if="either_value_is_missing",
        row_condition=only,
        mostly=share,
        severity=severity,
        description=says,
        notes=why,
    )


def row_count(low: float, high: float | None, says: str, why: str, severity: Severity = "critical") -> Expectation:
    """Returns the rule that the number of rows lies between two limits."""
    return gxe.ExpectTableRowCountToBeBetween(
        min_value=int(low),
        max_value=None if high is None else int(high),
        severity=severity,
        description=says,
        notes=why,
    )


def contains(column: str, values: list[Any], says: str, why: str, severity: Severity = "warning") -> Expectation:
    """Returns the rule that each of the listed values occurs."""
    return gxe.ExpectColumnDistinctValuesToContainSet(
        column=column, value_set=values, severity=severity, description=says, notes=why
    )


def newest(column: str, low: str | None, high: str | None, says: str, why: str, severity: Severity) -> Expectation:
    """Returns the rule that the newest date lies between two limits, written as ISO dates."""
    return gxe.ExpectColumnMaxToBeBetween(
        column=column, min_value=low, max_value=high, severity=severity, description=says, notes=why
    )


def mean_within(
    column: str, low: float, high: float, says: str, why: str, severity: Severity, only: Condition | None = None
) -> Expectation:
    """Returns the rule that the mean lies between two limits."""
    return gxe.ExpectColumnMeanToBeBetween(
        column=column, min_value=low, max_value=high, row_condition=only, severity=severity, description=says, notes=why
    )


def distinct_count(
    column: str, count: int, says: str, why: str, severity: Severity = "critical", only: Condition | None = None
) -> Expectation:
    """Returns the rule that a column holds this many different values."""
    return gxe.ExpectColumnUniqueValueCountToBeBetween(
        column=column,
        min_value=count,
        max_value=count,
        row_condition=only,
        severity=severity,
        description=says,
        notes=why,
    )


def none_found(query: str, says: str, why: str, severity: Severity) -> Expectation:
    """Returns the rule that a query over `{batch}`, the audited rows, finds nothing."""
    return gxe.UnexpectedRowsExpectation(unexpected_rows_query=query, severity=severity, description=says, notes=why)


def where(column: str, value: str) -> Condition:
    """Returns the condition that limits a rule to rows with this value."""
    return Column(column) == value
