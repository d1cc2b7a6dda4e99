"""Words on an order against the recommendation: what contradicts it is found, what agrees is not."""

import pytest

from agents.decision_check import contradiction

ORDER = {"order_quantity_amount": 25_000, "status": "reorder"}
NOTHING = {"order_quantity_amount": 0, "status": "adequate"}


@pytest.mark.parametrize(
    ("text", "recommendation", "words"),
    [
        ("**Decision.** Do not order this week.", ORDER, "order nothing, and $25,000"),
        ("We should not place an order.", ORDER, "order nothing"),
        ("There is no need to reorder.", ORDER, "order nothing"),
        ("No order is needed.", ORDER, "order nothing"),
        ("Nothing is to be ordered.", ORDER, "order nothing"),
        ("It should not be ordered.", ORDER, "order nothing"),
        ("Skip this order; the stock is enough.", ORDER, "order nothing"),
        ("Place an order of two packs.", NOTHING, "it says to order"),
        ("Order $5,000 now.", NOTHING, "it says to order"),
        ("Reorder immediately!", NOTHING, "it says to order"),
        ("The status is **critical**.", ORDER, "the status is critical, and it is reorder"),
        ("Status: adequate", ORDER, "the status is adequate"),
    ],
)
def test_what_decides_otherwise_is_found(text, recommendation, words):
    assert words in contradiction(text, recommendation)


@pytest.mark.parametrize(
    ("text", "recommendation"),
    [
        ("Order $25,000 now; the status is reorder.", ORDER),
        ("The order-up-to level is $40,000, the reorder point $12,000.", NOTHING),
        ("Do not place an order; status: adequate.", NOTHING),
        ("There is no reason to place an order.", NOTHING),
        ("No order is on the way, so order $25,000.", ORDER),
        ("Do not order more than $25,000.", ORDER),
        ("Sales are in good order. On order: $3,000.", NOTHING),
        ("Without the order, sales of $4,000 would be lost.", ORDER),
        ("", ORDER),
    ],
)
def test_what_agrees_with_the_recommendation_or_says_nothing_of_it_stands(text, recommendation):
    assert contradiction(text, recommendation) == ""
