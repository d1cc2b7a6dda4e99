"""The suites themselves: what every rule has, and what none is."""

import datetime as dt
import re

from expectations.baseline import BEYOND_BELIEF, Incoming, Published
from retailers import WALMART

LAST_WEEK = dt.date(2012, 8, 31)
INPUTS = ("raw_sales", "external_features", "store_attributes", "stock_positions", "promotions")
DBT_KINDS = ("unique", "foreign", "sum_to_equal", "equal_other_table", "values_to_be_equal")


def all_rules():
    from expectations.model_suites import model_suites
    from expectations.suites import input_suites

    published = Published(dict.fromkeys(INPUTS, 100), (1, 2), LAST_WEEK, 20_000.0, 9_000.0, 20_000.0)
    suites = input_suites(published, Incoming(dict.fromkeys(INPUTS, 1)), WALMART, dt.date(2026, 1, 1)) + model_suites(
        published, WALMART
    )
    return [(suite, rule) for suite in suites for rule in suite.rules]


def input_rules(retailer=WALMART, usual=None):
    from expectations.suites import input_suites

    incoming = Incoming(dict.fromkeys(INPUTS, 1), usual or {})
    suites = input_suites(Published(), incoming, retailer, dt.date(2026, 1, 1))
    return {rule.description: rule for suite in suites for rule in suite.rules}


def test_weeks_without_sales_stop_no_slow_assortment():
    filled = input_rules(WALMART.model_copy(update={"missing_week": "zero"}))
    assert not [sentence for sentence in filled if "sell nothing" in sentence]
    rule = input_rules()["At most half of the weeks sell nothing."]
    assert rule.severity.value == "warning"
    assert "leave them out" not in rule.notes


def test_stores_without_a_size_and_counts_of_what_never_sold_only_warn():
    rules = input_rules()
    assert rules["Every store has a size, or none has."].severity.value == "warning"
    counted = next(
        rule for sentence, rule in rules.items() if re.fullmatch(r"Every count is of a .+ has sales\.", sentence)
    )
    assert counted.severity.value == "warning"


def test_no_limit_of_stock_or_of_an_index_is_absolute():
    usual = {"on_hand": 4e9, "on_order": 2e9, "cpi": 20_000.0}
    rules = [rule for rule in input_rules(usual=usual).values() if getattr(rule, "column", "") in usual]
    limits = {rule.column: rule.max_value for rule in rules if getattr(rule, "max_value", None) is not None}
    assert limits == {name: value * BEYOND_BELIEF for name, value in usual.items()}


def test_every_rule_has_a_severity_a_sentence_and_a_reason():
    rules = all_rules()
    assert len({suite.name for suite, _ in rules}) == 7
    for suite, rule in rules:
        assert rule.severity.value in ("critical", "warning", "info"), suite.name
        assert re.fullmatch(r"[A-Z].+\.", rule.description), rule.description
        assert re.fullmatch(r"[A-Z].+\.", rule.notes), rule.notes


def test_no_sentence_stands_twice_in_a_suite():
    said = [(suite.name, rule.description) for suite, rule in all_rules()]
    assert len(said) == len(set(said))


def test_no_rule_is_of_a_kind_that_dbt_guards():
    kinds = {rule.expectation_type for _, rule in all_rules()}
    assert not [kind for kind in kinds if any(word in kind for word in DBT_KINDS) and "unique_value_count" not in kind]


def test_a_tolerated_share_never_stops_a_publication_on_its_own_below_ten_percent():
    for _, rule in all_rules():
        share = getattr(rule, "mostly", 1.0)
        if 0.9 < share < 1.0:
            assert rule.severity.value == "warning", rule.description
