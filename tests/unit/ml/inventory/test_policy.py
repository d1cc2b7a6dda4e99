"""Which policy rules a pair, and which policies are refused."""

import numpy as np
import pandas as pd
import pytest

from ml.inventory.policy import Terms, resolve_policies, unknown_codes
from policies import PLAIN_POLICY
from warehouse.errors import ShelfcastError

DEFAULT = {"policy_id": "default", "store_type": None, "store_code": None, "product_code": None, **PLAIN_POLICY}
PAIRS = pd.DataFrame(
    {
        "store_code": ["01", "01", "2", "3"],
        "product_code": ["38", "40", "38", "40"],
        "level_1": ["food", "food", "food", None],
        "level_2": ["milk", "bread", "milk", "bread"],
        "store_type": ["A", "A", "B", "C"],
    }
)


def policies(*rows):
    return pd.DataFrame([{**DEFAULT, **row} for row in rows])


def test_the_most_specific_row_wins_whatever_the_order_of_the_rows():
    rows = [
        {"policy_id": "pair", "store_code": "1", "product_code": "38", "lead_time_weeks": 5},
        {"policy_id": "type", "store_type": "A", "lead_time_weeks": 2},
        {},
        {"policy_id": "department", "product_code": "38", "lead_time_weeks": 4},
        {"policy_id": "store", "store_code": "1", "lead_time_weeks": 3},
    ]
    pairs = pd.DataFrame(
        {"store_code": list("12143"), "product_code": ["38", "38", "40", "40", "40"], "store_type": list("ABAAC")}
    )
    for order in (rows, rows[::-1]):
        assert resolve_policies(policies(*order), pairs).lead_time_weeks.tolist() == [5, 4, 3, 2, 2]


def test_without_a_more_specific_row_the_default_rules_all():
    assert resolve_policies(policies({}), PAIRS).service_level_rate.tolist() == [0.95] * 4


def test_a_missing_default_is_refused():
    with pytest.raises(ShelfcastError, match="No default inventory policy"):
        resolve_policies(policies({"store_type": "A"}), PAIRS)


def test_two_rows_for_the_same_pairs_are_refused():
    with pytest.raises(ShelfcastError, match="Policy b names the same pairs"):
        resolve_policies(
            policies({}, {"policy_id": "a", "product_code": "7"}, {"policy_id": "b", "product_code": "7"}), PAIRS
        )


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
        {"policy_id": "q", "product_code": "38", "policy_kind": "(s,Q)", "review_period_weeks": 4.0},
    ]
    assert resolve_policies(policies(*rows), PAIRS).reviewed_weeks.tolist() == [1, 4, 1, 4]


def test_the_greatest_service_level_may_be_given_in_percent():
    assert resolve_policies(policies({}), PAIRS).changed(service_level_rate=99.9 / 100).service_level_rate[0] > 0.99


def test_a_pair_with_a_shorter_lead_time_of_its_own_deviates_in_proportion_less():
    rules = resolve_policies(policies({"lead_time_weeks": 2, "lead_time_deviation_weeks": 0.5}), PAIRS)
    own = rules.with_lead_times(np.array([1 / 7, 1.0, 2.0, 8.0]))
    assert own.lead_time_weeks.tolist() == [1 / 7, 1, 2, 8]
    assert own.lead_time_deviation_weeks.tolist() == pytest.approx([0.5 / 14, 0.25, 0.5, 0.5])


def test_what_is_sold_goes_before_where_and_the_finer_before_the_coarser():
    rows = [
        {"lead_time_weeks": 1},
        {"policy_id": "type", "store_type": "A", "lead_time_weeks": 2},
        {"policy_id": "store", "store_code": "01", "lead_time_weeks": 3},
        {"policy_id": "level", "level_1": "food", "lead_time_weeks": 4},
        {"policy_id": "level in a store", "level_1": "food", "store_code": "2", "lead_time_weeks": 5},
        {"policy_id": "finer", "level_2": "bread", "lead_time_weeks": 6},
        {"policy_id": "product in a type", "product_code": "40", "store_type": "C", "lead_time_weeks": 7},
    ]
    for order in (rows, rows[::-1]):
        assert resolve_policies(policies(*order), PAIRS).lead_time_weeks.tolist() == [4, 6, 5, 7]


def test_a_code_keeps_its_leading_zeros():
    rules = policies({}, {"policy_id": "one", "store_code": "1", "lead_time_weeks": 9})
    assert 9 not in resolve_policies(rules, PAIRS).lead_time_weeks.tolist()


def test_codes_that_no_pair_has_are_told_with_the_one_they_resemble():
    rules = policies(
        {},
        {"policy_id": "slip", "level_2": "mlik"},
        {"policy_id": "gone", "product_code": "999"},
        {"policy_id": "type_z", "store_type": "Z"},
        {"policy_id": "right", "store_code": "01"},
    )
    assert unknown_codes(rules, PAIRS) == [
        "Policy slip names level_2 mlik, which the data do not have. Did you mean milk?",
        "Policy gone names product_code 999, which the data do not have.",
    ]


def test_columns_of_before_are_refused_with_the_ones_that_took_their_place():
    for before, now in (("dept_id", "product_code"), ("store_id", "store_code")):
        with pytest.raises(ShelfcastError, match=rf"column {before} .* did you mean {now}\?"):
            resolve_policies(policies({}).rename(columns={now: before}), PAIRS)


TERMS = Terms(np.array([2.5, np.nan, 2.5, 4.0]), np.array([1.0, 1.0, 1.0, 0.001]), 20.0)


def test_packs_and_minimum_orders_may_be_pieces_where_a_piece_has_a_price():
    rules = policies({"pack_size_units": 6, "minimum_order_units": 10, "pack_size_amount": 50.0})
    found = resolve_policies(rules, PAIRS, TERMS)
    assert found.pack_size_amount.tolist() == [15.0, 50.0, 15.0, 24.0]
    assert found.minimum_order_amount.tolist() == [25.0, 100.0, 25.0, 40.0]


def test_what_a_row_leaves_empty_follows_from_prices_and_the_size_of_the_retailer():
    empty = {"minimum_order_amount": np.nan, "pack_size_amount": np.nan, "ordering_cost_amount": np.nan}
    found = resolve_policies(policies(empty), PAIRS, TERMS)
    assert found.pack_size_amount.tolist() == [2.5, 0.01, 2.5, 0.004]
    assert found.minimum_order_amount.tolist() == [0.0] * 4
    assert found.ordering_cost_amount.tolist() == [20.0] * 4


def test_a_pack_of_whole_pieces_is_never_a_part_of_one():
    found = resolve_policies(policies({"pack_size_units": 0.4}), PAIRS, TERMS)
    assert found.pack_size_amount.tolist() == [2.5, 50.0, 2.5, pytest.approx(1.6)]
