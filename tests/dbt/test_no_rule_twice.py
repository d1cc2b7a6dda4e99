"""No rule stands both in Great Expectations and in dbt: each is compared as table, column and what it demands."""

import datetime as dt
import re
from typing import Any

from expectations.baseline import Incoming, Published
from retailers import WALMART
from warehouse.settings import PROJECT_ROOT

Rule = tuple[str, str, str]
INPUTS = ("raw_sales", "external_features", "store_attributes", "stock_positions", "promotions")


def renames(node: dict[str, Any]) -> dict[str, str]:
    """The table's own names of a staging model's columns, by their names in the model."""
    text = (PROJECT_ROOT / "dbt_project" / node["original_file_path"]).read_text()
    return {new: old for old, new in re.findall(r"^\s+(\w+) as (\w+)", text, re.MULTILINE)}


def tables_of(manifest: dict[str, Any], unique_id: str) -> set[str]:
    """The tables that a node reads in the end, each as `schema.table`."""
    if unique_id.startswith("source."):
        source = manifest["sources"][unique_id]
        return {f"{source['source_name']}.{source['name']}"}
    parents = manifest["nodes"].get(unique_id, {}).get("depends_on", {}).get("nodes", [])
    return {table for parent in parents for table in tables_of(manifest, parent)}


def dbt_rules(manifest: dict[str, Any]) -> set[Rule]:
    names: dict[str, str] = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["original_file_path"].startswith("models/staging"):
            names |= {
                f"{table}.{new}": old
                for table in tables_of(manifest, node["unique_id"])
                for new, old in renames(node).items()
            }
    found: set[Rule] = set()
    for test in manifest["nodes"].values():
        if test["resource_type"] != "test" or not test.get("test_metadata"):
            continue
        # The key of a sum is no column of the table that it was made from.
        is_of_sum = "staging" not in manifest["nodes"].get(test["attached_node"], {}).get("original_file_path", "")
        if is_of_sum and test["test_metadata"]["name"] == "unique_combination":
            continue
        for table in tables_of(manifest, test["attached_node"]):
            for column, demand in demands(test):
                found.add((table, names.get(f"{table}.{column}", column), demand))
    return found


def demands(test: dict[str, Any]) -> list[tuple[str, str]]:
    kind, arguments = test["test_metadata"]["name"], test["test_metadata"]["kwargs"]
    column = test["column_name"] or ""
    if kind == "unique_combination":
        return [(name, "filled") for name in arguments["columns"]]
    if kind == "accepted_values":
        return [(column, f"one of {sorted(map(str, arguments['values']))}")]
    if kind == "accepted_range":
        return [(column, between(arguments.get("minimum"), arguments.get("maximum")))]
    return [(column, {"not_null": "filled"}.get(kind, kind))]


def between(low: Any, high: Any) -> str:
    return f"between {None if low is None else float(low)} and {None if high is None else float(high)}"


def great_expectations() -> dict[Rule, str]:
    """The rules that every row must keep to, with their sentences; a tolerated share is another rule."""
    from expectations.drift_suite import drift_suite
    from expectations.model_suites import model_suites
    from expectations.suites import input_suites

    published = Published(dict.fromkeys(INPUTS, 100), (1, 2), dt.date(2012, 8, 31), 20_000.0, 9_000.0, 20_000.0)
    suites = input_suites(published, Incoming(dict.fromkeys(INPUTS, 1)), WALMART, dt.date(2026, 1, 1)) + model_suites(
        published, WALMART
    )
    found = {}
    for suite in [*suites, drift_suite("load")]:
        table = suite.table.replace("raw_incoming.", "raw.")
        for rule in suite.rules:
            if getattr(rule, "mostly", 1.0) == 1.0:
                found[(table, getattr(rule, "column", "") or "", demand_of(rule))] = rule.description
    return found


def demand_of(rule: Any) -> str:
    kind = rule.expectation_type
    if kind == "expect_column_values_to_not_be_null":
        return "filled"
    if kind == "expect_column_values_to_be_in_set":
        return f"one of {sorted(map(str, rule.value_set))}"
    if kind == "expect_column_values_to_be_between" and not isinstance(rule.min_value, dt.date):
        return between(rule.min_value, rule.max_value)
    if kind == "expect_column_values_to_be_unique":
        return "unique"
    return kind


def test_no_rule_stands_in_both(manifest):
    ours, theirs = great_expectations(), dbt_rules(manifest)
    assert {sentence: rule for rule, sentence in ours.items() if rule in theirs} == {}


def test_the_comparison_sees_through_names_and_layers(manifest):
    theirs = dbt_rules(manifest)
    assert ("raw.raw_sales", "sale_date", "filled") in theirs
    assert ("raw.restatements", "change_kind", "one of ['changed', 'removed']") in theirs
    assert ("ml.inventory_recommendations", "status", "one of ['adequate', 'critical', 'monitor', 'reorder']") in theirs
    assert ("raw.raw_sales", "weekly_sales", "filled") in great_expectations()
