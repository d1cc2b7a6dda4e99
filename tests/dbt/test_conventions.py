"""What every model keeps to, read from the manifest."""

import re
from collections import Counter, defaultdict
from typing import Any

CONTRACT = {
    "dim_retailer",
    "dim_stores",
    "dim_departments",
    "dim_weeks",
    "dim_days",
    "dim_inventory_policies",
    "fct_weekly_sales",
    "sales_summary",
    "fct_forecasts",
    "fct_forecast_accuracy",
    "fct_model_scores",
    "fct_sales_anomalies",
    "latest_forecasts",
    "fct_forecast_drift",
    "fct_forecast_totals",
    "fct_horizon_totals",
    "fct_inventory_recommendations",
    "critical_inventory",
    "fct_decisions",
    "fct_orders",
    "fct_override_scores",
    "fct_data_quality",
    "fct_pipeline_runs",
    "fct_loads",
    "fct_rejected_rows",
    "fct_restatements",
    "fct_agent_reports",
    "fct_model_promotions",
    "fct_data_quality_scores",
    "fct_load_profiles",
    "fct_load_drift",
}
SPECIFIED_VIEWS = {"latest_forecasts", "critical_inventory", "sales_summary"}
PAGES = {
    "overview_page",
    "forecasts_page",
    "inventory_page",
    "what_if_page",
    "ai_insights_page",
    "data_quality_page",
    "runs_page",
    "side_bar",
    "command",
    "metrics",
    "agents",
}


def models(manifest: dict[str, Any], folder: str = "") -> list[dict[str, Any]]:
    found = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    return [node for node in found if node["original_file_path"].startswith(f"models/{folder}")]


def attached_tests(manifest: dict[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """Kind and column of the generic tests, by the node they are attached to."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test" and node.get("test_metadata"):
            found[node["attached_node"]].append((node["test_metadata"]["name"], node["column_name"] or ""))
    return found


def test_the_project_parses_without_a_single_warning(parsed):
    assert parsed.success, parsed.error


def test_every_description_begins_with_the_grain(manifest):
    described = [
        *models(manifest),
        *(n for n in manifest["nodes"].values() if n["resource_type"] in ("seed", "snapshot")),
    ]
    assert [n["name"] for n in described if not re.match(r"One row (per|in all)\b", n["description"])] == []


def test_every_column_is_documented(manifest):
    nodes = [*models(manifest), *manifest["sources"].values()]
    nodes += [n for n in manifest["nodes"].values() if n["resource_type"] in ("seed", "snapshot")]
    bare = [f"{n['name']}.{c['name']}" for n in nodes for c in n["columns"].values() if not c["description"].strip()]
    assert bare == []
    assert [n["name"] for n in nodes if not n["columns"]] == []


def test_a_description_that_two_columns_share_is_a_docs_block(manifest):
    blocks = {block["block_contents"].strip() for block in manifest["docs"].values()}
    nodes = [*manifest["nodes"].values(), *manifest["sources"].values()]
    texts = Counter(c["description"].strip() for n in nodes for c in n.get("columns", {}).values())
    assert [text for text, count in texts.items() if count > 1 and text not in blocks] == []


def test_names_follow_their_folders(manifest):
    def fits(node: dict[str, Any]) -> bool:
        path = node["original_file_path"].split("/")
        if path[1] == "staging":
            return node["name"].startswith(f"stg_{path[2]}__")
        if path[1] == "intermediate":
            return node["name"].startswith("int_")
        return node["name"].startswith(("fct_", "dim_")) or node["name"] in SPECIFIED_VIEWS

    assert [n["name"] for n in models(manifest) if not fits(n)] == []


def test_no_mart_that_somebody_relies_on_is_missing(manifest):
    assert CONTRACT - {n["name"] for n in models(manifest, "marts")} == set()


def test_marts_have_contracts_and_are_public_and_the_rest_is_protected(manifest):
    for node in models(manifest):
        is_mart = node["original_file_path"].startswith("models/marts")
        assert node["contract"]["enforced"] is is_mart, node["name"]
        assert node["access"] == ("public" if is_mart else "protected"), node["name"]


def test_groups_are_owned_and_follow_the_folders(manifest):
    owners = {group["name"]: group["owner"]["email"] for group in manifest["groups"].values()}
    assert set(owners) == {"core", "forecasting", "inventory", "quality"}
    assert all(owners.values())
    for node in models(manifest):
        layer, folder = node["original_file_path"].split("/")[1:3]
        assert node["group"] in owners, node["name"]
        assert layer == "staging" or node["group"] == folder, node["name"]


def test_every_schema_bears_the_name_of_its_layer(manifest):
    expected = {"staging": "staging", "intermediate": "intermediate", "marts": "marts"}
    assert {n["original_file_path"].split("/")[1]: n["schema"] for n in models(manifest)} == expected
    other = {
        n["resource_type"]: n["schema"]
        for n in manifest["nodes"].values()
        if n["resource_type"] in ("seed", "snapshot")
    }
    assert other == {"seed": "staging", "snapshot": "intermediate"}


def test_every_key_is_tested(manifest):
    tests = attached_tests(manifest)

    def has_key(unique_id: str) -> bool:
        kinds: dict[str, set[str]] = defaultdict(set)
        for kind, column in tests[unique_id]:
            kinds[column].add(kind)
        return any({"unique", "not_null"} <= found for found in kinds.values()) or "unique_combination" in kinds[""]

    assert [n["name"] for n in models(manifest) if not has_key(n["unique_id"])] == []


def test_every_table_has_a_primary_key(manifest):
    tables = [n for n in models(manifest, "marts") if n["config"]["materialized"] == "table"]
    assert tables
    assert [n["name"] for n in tables if not any(c["type"] == "primary_key" for c in n["constraints"])] == []


def test_every_foreign_key_of_a_mart_has_a_relationships_test(manifest):
    tests = attached_tests(manifest)
    own = {"dim_stores": "store_id", "dim_departments": "dept_id", "dim_weeks": "week_date"}
    missing = [
        f"{node['name']}.{key}"
        for node in models(manifest, "marts")
        for key in ("store_id", "dept_id", "week_date")
        # The history of restatements also tells of stores, departments and weeks that are gone.
        if node["name"] != "fct_restatements"
        and key in node["columns"]
        and own.get(node["name"]) != key
        and ("relationships", key) not in tests[node["unique_id"]]
    ]
    assert missing == []


def test_every_category_has_its_accepted_values_where_it_enters(manifest):
    tests = attached_tests(manifest)
    categories = {"status", "stock_source", "severity", "source_kind", "alias_name", "analysis_type", "decision_name"}
    missing = [
        f"{node['name']}.{name}"
        for node in models(manifest, "staging")
        for name in categories & set(node["columns"])
        if ("accepted_values", name) not in tests[node["unique_id"]]
    ]
    assert missing == []


def test_models_with_arithmetic_have_a_unit_test(manifest):
    arithmetic = re.compile(
        r"\b(sum|count|avg|min|max|row_number|rank|percentile_cont|bool_or|bool_and|greatest|least|ceil)\s*\("
        r"|\bcase\b|\bover\b|\bdistinct on\b|\s[*/]\s|\w [-+] \w"
    )
    # Division by one hundred, and the bounds of a table.
    exempt = {"stg_features__engineered_features", "int_sales_bounded"}
    covered = {test["model"] for test in manifest["unit_tests"].values()}
    calculating = {
        node["name"]
        for node in models(manifest)
        if arithmetic.search(re.sub(r"--.*|\{#.*?#\}|select \*", "", node["raw_code"]))
    }
    assert {"fct_weekly_sales", "fct_forecast_accuracy", "dim_stores", "fct_orders"} <= covered
    assert len(calculating) > 20
    assert calculating - exempt - covered == set()


def test_staging_reads_sources_and_nothing_else_does(manifest):
    for node in models(manifest):
        sources = [parent for parent in node["depends_on"]["nodes"] if parent.startswith("source.")]
        assert bool(sources) is node["original_file_path"].startswith("models/staging"), node["name"]


def test_core_needs_no_table_that_the_models_fill(manifest):
    core = {n["unique_id"] for n in manifest["nodes"].values() if "core" in n["tags"]}
    filled = ("forecasts", "backtest_errors", "forecast_drift", "inventory_recommendations", "sales_anomalies")
    for unique_id in core:
        for parent in manifest["nodes"][unique_id]["depends_on"].get("nodes", []):
            assert parent.startswith("source.") or parent in core, unique_id
            assert parent not in {f"source.shelfcast.ml.{name}" for name in filled}, unique_id


def test_every_page_and_the_agents_are_exposures_over_marts_alone(manifest):
    exposures = {e["name"]: e for e in manifest["exposures"].values()}
    assert set(exposures) == PAGES
    marts = {n["unique_id"] for n in models(manifest, "marts")}
    exposed = {parent for e in exposures.values() for parent in e["depends_on"]["nodes"]}
    assert exposed <= marts
    assert {f"model.shelfcast.{name}" for name in CONTRACT - SPECIFIED_VIEWS} <= exposed


def test_no_source_turns_red_with_age(manifest):
    for source in manifest["sources"].values():
        assert not ((source["freshness"] or {}).get("error_after") or {}).get("count"), source["name"]
