"""The pages of the data docs site: renderers and a view that Great Expectations' site builder calls.

Its own pages load styles, scripts and a logo from other people's servers: without the network the index is empty, and
with it every reader is counted there. These need nothing but the file, and put what failed, and why it matters, first.

Imports Great Expectations: the site builder alone imports this module.
"""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from great_expectations.core import ExpectationSuite
from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult
from great_expectations.data_context import AbstractDataContext
from great_expectations.data_context.types.resource_identifiers import (
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
)
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

from expectations.findings import Finding, extent
from expectations.load_pages import audited_loads
from expectations.outcomes import columns_of, finding_of, keys_first
from expectations.retention import KEPT_RUNS
from expectations.templating import Document, page_of

SEVERITIES = ("critical", "warning", "info")
SHOWN_ROWS = 20


class PageView:
    """Turns a document of one of the renderers into a page."""

    def __init__(self, **_settings: Any) -> None:
        """Takes nothing of what the site builder hands over."""

    def render(self, document: Document, **_settings: Any) -> str:
        """Returns the page."""
        return page_of(document)


class SuiteRenderer:
    """Lists the rules of a suite."""

    def render(self, suite: ExpectationSuite) -> Document:
        """Returns the document of a suite's page."""
        rules = [_rule(expectation.configuration) for expectation in suite.expectations]
        rules.sort(key=lambda rule: SEVERITIES.index(rule["severity"]))
        table = suite.meta.get("table", suite.name)
        return {"page": "suite", "title": table, "home": "../index.html", "table": table, "rules": rules}


class ResultRenderer:
    """Shows the outcome of one suite in one run, what failed first."""

    def __init__(self, data_context: AbstractDataContext) -> None:
        self._loads = audited_loads(_home(data_context))

    def render(self, validation: ExpectationSuiteValidationResult) -> Document:
        """Returns the document of a validation's page."""
        table = validation.asset_name or validation.suite_name
        run = validation.meta["run_id"]
        rules = _outcomes(validation)
        return {
            "page": "result",
            "title": table,
            "home": "../../../../index.html",
            "loads": "../../../../loads/",
            "load": "" if table.startswith("ml.") else self._loads.get(run["run_name"], ""),
            "table": table,
            "outcome": _worst(validation),
            "run": run["run_name"],
            "checked_at": _moment(dt.datetime.fromisoformat(run["run_time"])),
            "failed": sum(not rule["is_success"] for rule in rules),
            "rules": rules,
        }


class IndexRenderer:
    """Opens on the latest run, what failed first; below it the runs before and the suites."""

    def __init__(self, data_context: AbstractDataContext) -> None:
        self._context = data_context
        self._loads = audited_loads(_home(data_context))

    def render(self, links: Mapping[str, Any]) -> Document:
        """Returns the document of the index page, from the links that the site builder collected."""
        by_run: dict[str, dict[str, Mapping[str, Any]]] = {}
        for link in sorted(links.get("validations_links", []), key=lambda link: link["run_time"], reverse=True):
            # An audit that was done again in the same run stands for the one before it.
            by_run.setdefault(link["run_name"], {}).setdefault(str(link["expectation_suite_name"]), link)
        runs = [self._run(name, [self._check(link) for link in checks.values()]) for name, checks in by_run.items()]
        suites = [
            {"name": link["expectation_suite_name"], "link": link["filepath"]}
            for link in sorted(
                links.get("expectations_links", []), key=lambda link: str(link["expectation_suite_name"])
            )
        ]
        return {
            "page": "index",
            "title": "Latest run",
            "kept": KEPT_RUNS,
            "latest": runs[0] if runs else None,
            "earlier": runs[1:],
            "has_loads": bool(self._loads),
            "suites": suites,
        }

    def _run(self, name: str, checks: list[dict[str, Any]]) -> dict[str, Any]:
        failures = [rule for check in checks for rule in check["failures"]]
        failures.sort(key=lambda rule: SEVERITIES.index(rule["severity"]))
        rules = sum(check["rules"] for check in checks)
        return {
            "name": name,
            "checks": checks,
            "failures": failures,
            "rules": rules,
            "held": rules - len(failures),
            "outcome": failures[0]["severity"] if failures else "passed",
            "load": self._loads.get(name, ""),
        }

    def _check(self, link: Mapping[str, Any]) -> dict[str, Any]:
        key = ValidationResultIdentifier(
            ExpectationSuiteIdentifier(link["expectation_suite_name"]), link["run_id"], link["batch_identifier"]
        )
        validation = self._context.validation_results_store.get(key)
        found = {"table": link["asset_name"], "link": link["filepath"]}
        return found | {
            "suite": link["expectation_suite_name"],
            "checked_at": _moment(link["run_time"]),
            "outcome": _worst(validation),
            "rules": validation.statistics["evaluated_expectations"],
            "failed": validation.statistics["unsuccessful_expectations"],
            "failures": [rule | found for rule in _outcomes(validation) if not rule["is_success"]],
        }


def _home(context: AbstractDataContext) -> Path:
    """Returns the home folder, in which the context's own folder stands."""
    return Path(str(context.root_directory)).parent


def _outcomes(validation: ExpectationSuiteValidationResult) -> list[dict[str, Any]]:
    """Returns the outcome of every rule of a suite, what failed and is gravest first."""
    table = validation.asset_name or validation.suite_name
    rules = [_outcome(validation.suite_name, table, result) for result in validation.results]
    return sorted(rules, key=lambda rule: (rule["is_success"], SEVERITIES.index(rule["severity"])))


def _worst(validation: ExpectationSuiteValidationResult) -> str:
    """Returns the gravest severity that failed, or passed."""
    severity = validation.get_max_severity_failure()
    return str(severity.value) if severity else "passed"


def _moment(time: dt.datetime) -> str:
    return time.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S")


def _rule(rule: ExpectationConfiguration) -> dict[str, Any]:
    return {
        "severity": str(rule.severity.value),
        "description": rule.description,
        "notes": rule.notes,
        "column": columns_of(rule),
    }


def _outcome(suite: str, table: str, result: Any) -> dict[str, Any]:
    finding: Finding = finding_of(suite, table, result)
    examples = result.result.get("partial_unexpected_index_list") or []
    return _rule(result.expectation_config) | {
        "is_success": finding.is_success,
        "extent": extent(finding) if finding.unexpected_count else "",
        "seen": finding.observed_value,
        "examples": [keys_first(example, result.result) for example in examples[:SHOWN_ROWS]],
    }
