"""Which policy rules a pair, and which policies are refused."""

import numpy as np
import pandas as pd
import pytest

from ml.inventory.policy import resolve_policies
from policies import PLAIN_POLICY
from warehouse.errors import ShelfcastError

DEFAULT = {"policy_id": "default", "store_type": None, "store_id": None, "dept_id": None, **PLAIN_POLICY}
PAIRS = pd.DataFrame({"store_id": [1, 1, 2, 3], "dept_id": [38, 40, 38, 40], "store_type": ["A", "A", "B", "C"]})


def policies(*rows):
    return pd.DataFrame([{**DEFAULT, **row} for row in rows])


def test_the_most_specific_row_wins_whatever_the_order_of_the_rows():
    rows = [
        {"policy_id": "pair", "store_id": 1, "dept_id": 38, "lead_time_weeks": 5},
        {"policy_id": "type", "store_type": "A", "lead_time_weeks": 2},
        {},
        {"policy_id": "department", "dept_id": 38, "lead_time_weeks": 4},
        {"policy_id": "store", "store_id": 1, "lead_time_weeks": 3},
    ]
    pairs = pd.DataFrame({"store_id": [1, 2, 1, 4, 3], "dept_id": [38, 38, 40, 40, 40], "store_type": list("ABAAC")})
    for order in (rows, rows[::-1]):
        assert resolve_policies(policies(*order), pairs).lead_time_weeks.tolist() == [5, 4, 3, 2, 2]


def test_without_a_more_specific_row_the_default_rules_all():
    assert resolve_policies(policies({}), PAIRS).service_level_rate.tolist() == [0.95] * 4


def test_a_missing_default_is_refused():
    with pytest.raises(ShelfcastError, match="No default inventory policy"):
        resolve_policies(policies({"store_type": "A"}), PAIRS)


def test_two_rows_for_the_same_pairs_are_refused():
    with pytest.raises(ShelfcastError, match="Policy b names the same pairs"):
        resolve_policies(policies({}, {"policy_id": "a", "dept_id": 7}, {"policy_id": "b", "dept_id": 7}), PAIRS)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("service_level_rate", 0.9991, "above 0 and at most 0.999"),
        ("service_level_rate", 0.0, "above 0 and at most 0.999"),
        ("lead_time_weeks", 0.0, "above 0 and at most 26"),
        ("lead_time_weeks", 60.0, "above 0 and at most 26"),
        ("lead_time_deviation_weeks", -0.1, "at least 0"),
        ("pack_size_amount", 0.0, "above 0"),
        ("minimum_order_amount", -5.0, "at least 0"),
        ("margin_rate", 1.2, "below 1"),
        ("maximum_stock_weeks", float("nan"), "above 0"),
    ],
)
def test_a_value_out_of_range_is_refused_with_its_policy_and_column(column, value, words):
    with pytest.raises(ShelfcastError, match=rf"Policy default has {column} .*{words}"):
        resolve_policies(policies({column: value}), PAIRS)


def test_a_changed_policy_is_checked_and_leaves_the_rest():
    resolved = resolve_policies(policies({}), PAIRS)
    changed = resolved.changed(service_level_rate=0.99, lead_time_weeks=None)
    assert changed.service_level_rate.tolist() == [0.99] * 4
    assert changed.lead_time_weeks.tolist() == resolved.lead_time_weeks.tolist()
    with pytest.raises(ShelfcastError, match="What-if value 1 has service_level_rate 1"):
        resolved.changed(service_level_rate=1.0)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("policy_kind", "(s,S)", r"policy_kind '\(s,S\)'; it must be one of \(R,S\), \(R,s,S\), \(s,Q\)\."),
        ("target_kind", "fillrate", "target_kind 'fillrate'; it must be one of cycle_service, fill_rate."),
        ("target_kind", None, "Policy default has target_kind ''; it must be one of"),
        ("lead_time_weeks", "two", "Policy default has lead_time_weeks 'two'; it must be a number."),
    ],
)
def test_a_word_that_is_none_of_its_column_is_refused(column, value, words):
    with pytest.raises(ShelfcastError, match=words):
        resolve_policies(policies({column: value}), PAIRS)


def test_a_mistyped_or_missing_column_is_refused_with_the_name_that_was_meant():
    mistyped = policies({}).rename(columns={"service_level_rate": "servce_level_rate"})
    with pytest.raises(ShelfcastError, match=r"column servce_level_rate .* did you mean service_level_rate\?"):
        resolve_policies(mistyped, PAIRS)
    with pytest.raises(ShelfcastError, match="no column policy_kind"):
        resolve_policies(policies({}).drop(columns="policy_kind"), PAIRS)


def test_kind_and_target_can_be_changed_to_words_they_know():
    changed = resolve_policies(policies({}), PAIRS).changed(policy_kind="(s,Q)", target_kind="fill_rate")
    assert changed.policy_kind.tolist() == ["(s,Q)"] * 4
    assert changed.target_kind.tolist() == ["fill_rate"] * 4
    with pytest.raises(ShelfcastError, match="What-if value QR has policy_kind 'QR'"):
        changed.changed(policy_kind="QR")


def test_fixed_quantities_are_reviewed_every_week():
    rows = [
        {"review_period_weeks": 4.0},
        {"policy_id": "q", "dept_id": 38, "policy_kind": "(s,Q)", "review_period_weeks": 4.0},
    ]
    assert resolve_policies(policies(*rows), PAIRS).reviewed_weeks.tolist() == [1, 4, 1, 4]


def test_the_greatest_service_level_may_be_given_in_percent():
    assert resolve_policies(policies({}), PAIRS).changed(service_level_rate=99.9 / 100).service_level_rate[0] > 0.99


def test_a_pair_with_a_shorter_lead_time_of_its_own_deviates_in_proportion_less():
    rules = resolve_policies(policies({"lead_time_weeks": 2, "lead_time_deviation_weeks": 0.5}), PAIRS)
    own = rules.with_lead_times(np.array([1 / 7, 1.0, 2.0, 8.0]))
    assert own.lead_time_weeks.tolist() == [1 / 7, 1, 2, 8]
    assert own.lead_time_deviation_weeks.tolist() == pytest.approx([0.5 / 14, 0.25, 0.5, 0.5])
