"""From the results of Great Expectations to findings.

Imports Great Expectations: import it only where an audit runs.
"""

from collections.abc import Mapping
from typing import Any

from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

from expectations.findings import Finding

EXAMPLE_LENGTH = 200


def finding_of(suite: str, table: str, outcome: ExpectationValidationResult) -> Finding:
    """Returns the finding of one rule of a suite."""
    rule = outcome.expectation_config
    counts = outcome.result
    unexpected = counts.get("unexpected_count")
    if rule.type == "unexpected_rows_expectation":
        unexpected = counts.get("observed_value")
    return Finding(
        suite,
        table,
        columns_of(rule),
        rule.type,
        str(rule.description),
        str(rule.severity.value),
        bool(outcome.success),
        counts.get("element_count"),
        unexpected,
        _observed(outcome),
    )


def columns_of(rule: ExpectationConfiguration) -> str:
    """Returns the columns that a rule looks at; empty where it looks at the table."""
    return ", ".join(rule.kwargs[name] for name in ("column", "column_A", "column_B") if rule.kwargs.get(name))


def _observed(outcome: ExpectationValidationResult) -> str:
    """Returns the figure a rule saw, or the first row that breaks it."""
    if _has_raised(outcome):
        return "the rule could not be checked"
    seen = outcome.result.get("observed_value")
    if isinstance(seen, int | float):
        return f"{seen:,}" if isinstance(seen, int) else f"{seen:,.2f}"
    if seen is not None:
        return str(seen)[:EXAMPLE_LENGTH]
    examples = outcome.result.get("partial_unexpected_index_list") or []
    first = keys_first(examples[0], outcome.result) if examples else {}
    return ", ".join(f"{name} {value}" for name, value in first.items())[:EXAMPLE_LENGTH]


def keys_first(example: Mapping[str, Any], counts: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a row that breaks a rule, its keys before the rest; kept results have their columns by the alphabet."""
    keys = counts.get("unexpected_index_column_names") or []
    return {name: example[name] for name in (*keys, *(name for name in example if name not in keys))}


def _has_raised(outcome: ExpectationValidationResult) -> bool:
    """Returns whether the rule ended in an error; metrics report theirs one by one."""
    info = outcome.exception_info or {}
    parts = [info, *(part for part in info.values() if isinstance(part, dict))]
    return any(part.get("raised_exception") for part in parts)
