"""The suites themselves: what every rule has, and what none is."""

import datetime as dt
import re

from expectations.baseline import Incoming, Published
from retailers import WALMART

LAST_WEEK = dt.date(2012, 8, 31)
INPUTS = ("raw_sales", "external_features", "store_attributes", "stock_positions")
DBT_KINDS = ("unique", "foreign", "sum_to_equal", "equal_other_table", "values_to_be_equal")


def all_rules():
    from expectations.model_suites import model_suites
    from expectations.suites import input_suites

    published = Published(dict.fromkeys(INPUTS, 100), (1, 2), LAST_WEEK, 20_000.0, 9_000.0)
    suites = input_suites(published, Incoming(dict.fromkeys(INPUTS, 1)), WALMART, dt.date(2026, 1, 1)) + model_suites(
        published, WALMART
    )
    return [(suite, rule) for suite in suites for rule in suite.rules]


def test_every_rule_has_a_severity_a_sentence_and_a_reason():
    rules = all_rules()
    assert len({suite.name for suite, _ in rules}) == 6
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
