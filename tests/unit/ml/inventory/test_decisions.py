"""What a decision of a person must hold, before any database sees it."""

import datetime as dt
from dataclasses import replace

import pytest

from ml.inventory.decisions import Decision, Recommended
from ml.inventory.packs import pack_of_pieces
from warehouse.errors import UsageError

OVERRIDE = Decision("override", 1, 38, "Ana", 1250.0, reason="a strike at the supplier")
SNOOZE = Decision("snooze", 1, 38, "Ana", until=dt.date(2012, 11, 16))
APPROVE = Decision("approve", 1, 38, "Ana")
RECOMMENDED = Recommended("1-38-20121026", dt.date(2012, 10, 26), 600.0, "critical", "", 52.5, 120.0, 7.5)


@pytest.mark.parametrize("decision", [OVERRIDE, SNOOZE, APPROVE])
def test_a_complete_decision_stays_as_it_is(decision: Decision) -> None:
    assert decision.checked() == decision


def test_words_are_put_on_one_line_and_a_quantity_in_thousandths() -> None:
    decision = replace(OVERRIDE, decided_by="  Ana\tB. ", reason=" two\n lines ", quantity=10.0056).checked()
    assert (decision.decided_by, decision.reason, decision.quantity) == ("Ana B.", "two lines", 10.006)


def test_an_override_may_order_nothing() -> None:
    assert str(replace(OVERRIDE, quantity=-0.0).checked().quantity) == "0.0"


@pytest.mark.parametrize(
    ("decision", "sentence"),
    [
        (
            replace(OVERRIDE, quantity=None),
            "An override needs a quantity. Give the order in pieces where pieces are forecast, else in money",
        ),
        (replace(OVERRIDE, reason=" "), "An override needs a reason."),
        (replace(OVERRIDE, quantity=-5.0), "An order of -5 cannot be placed. Give 0 to 1,000,000,000,000."),
        (replace(OVERRIDE, quantity=float("nan")), "An order of nan cannot be placed"),
        (replace(OVERRIDE, quantity=2e12), "An order of 2,000,000,000,000 cannot be placed"),
        (replace(OVERRIDE, until=SNOOZE.until), "To override takes no date"),
        (replace(APPROVE, quantity=5.0), "To approve takes no quantity"),
        (replace(SNOOZE, until=None), "A snooze needs the date until which the pair stays silent"),
        (replace(APPROVE, decided_by=""), "needs the name of who decides"),
        (replace(APPROVE, decided_by="=cmd()"), "beginning with a letter or a digit"),
        (replace(APPROVE, reason="x" * 1001), "The reason has more than 1,000 characters"),
        (replace(APPROVE, decided_by="a\x1b[31m"), "The name has more than 100 characters, or some that cannot"),
        (replace(APPROVE, kind="ignore"), "There is no decision 'ignore'. Choose one of approve, override, snooze."),
    ],
)
def test_an_incomplete_decision_is_refused_in_one_sentence(decision: Decision, sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        decision.checked()
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("quantity", "order", "pieces"),
    [(1010.0, 1050.0, 140.0), (60.0, 157.5, 21.0), (52.5, 157.5, 21.0), (0.0, 0.0, 0.0)],
)
def test_an_override_goes_out_in_whole_packs_and_at_least_the_minimum(quantity, order, pieces) -> None:
    amount = RECOMMENDED.order_of(replace(OVERRIDE, quantity=quantity))
    assert (amount, RECOMMENDED.pieces_of(amount)) == (order, pieces)


@pytest.mark.parametrize(("quantity", "order", "pieces"), [(10.0, 30.0, 12.0), (12.0, 30.0, 12.0), (12.4, 45.0, 18.0)])
def test_where_pieces_are_forecast_an_override_is_written_in_pieces(quantity, order, pieces) -> None:
    recommended = Recommended("1-38-20260503", dt.date(2026, 5, 3), 75.0, "critical", "", 15.0, 0.0, 2.5, 6.0, True)
    decision = replace(OVERRIDE, quantity=quantity)
    assert recommended.wanted_of(decision) == quantity * 2.5
    assert (recommended.order_of(decision), recommended.pieces_of(order)) == (order, pieces)


@pytest.mark.parametrize(
    ("price", "pack", "quantity", "pieces", "amount"),
    [
        (1.0, 0.001, 1.0, 1.0, 1.0),
        (2.5, 0.001, 1.255, 1.255, 3.14),
        (0.004, 1.0, 11.0, 11.0, 0.04),
        (0.004, 1.0, 1.0, 1.0, 0.0),
        (2.49, 6.0, 0.0, 0.0, 0.0),
    ],
)
def test_an_override_in_pieces_goes_out_in_just_these_pieces(price, pack, quantity, pieces, amount) -> None:
    recommended = Recommended("b", dt.date(2026, 5, 3), 0.0, "critical", "", pack * price, 0.0, price, pack, True)
    decision = replace(OVERRIDE, quantity=quantity).checked()
    assert (recommended.ordered_pieces(decision), recommended.order_of(decision)) == (pieces, amount)


def test_pieces_of_a_part_of_a_cent_and_parts_of_a_piece_come_back_as_they_were() -> None:
    screws = Recommended("a", dt.date(2026, 5, 3), 0.0, "critical", "", 0.08437, 0.0, 0.08437, 1.0, True)
    apples = Recommended("b", dt.date(2026, 5, 3), 0.0, "critical", "", 0.00249, 0.0, 2.49, 0.001, True)
    for recommended, quantity in ((screws, 37.0), (apples, 1.55)):
        assert recommended.pieces_of(recommended.order_of(replace(OVERRIDE, quantity=quantity))) == pytest.approx(
            quantity, abs=0.003
        )


def test_an_approval_lets_out_what_was_recommended_and_a_snooze_nothing() -> None:
    assert [RECOMMENDED.order_of(decision) for decision in (APPROVE, SNOOZE)] == [600.0, 0.0]


def test_where_packs_or_prices_are_not_known_an_override_goes_out_as_it_was_written() -> None:
    plain = replace(RECOMMENDED, pack_size_amount=0.0, minimum_order_amount=0.0, unit_price_amount=None)
    assert (plain.order_of(OVERRIDE), plain.pieces_of(1250.0)) == (1250.0, None)


@pytest.mark.parametrize("packs", [1, 2, 7, 1001])
@pytest.mark.parametrize("price", [0.3333, 1 / 3, 0.0133, 7.5])
def test_an_override_of_what_was_recommended_goes_out_as_it_was_recommended(price, packs) -> None:
    # A price may have parts of a cent, as that of fuel; what was recommended and what is written are whole cents.
    pack = float(pack_of_pieces(50.0, price))
    order = round(packs * pack, 2)
    recommended = replace(
        RECOMMENDED, order_amount=order, pack_size_amount=pack, minimum_order_amount=0.0, unit_price_amount=price
    )
    assert recommended.order_of(replace(OVERRIDE, quantity=order)) == order
    assert recommended.pieces_of(order) == round(packs * pack / price)


def test_an_order_of_more_than_a_year_of_demand_is_a_slip() -> None:
    weekly = replace(RECOMMENDED, weekly_demand_amount=100.0)
    assert weekly.largest_order_amount == 5200.0
    assert replace(weekly, weekly_demand_amount=1.0).largest_order_amount == 1200.0
    assert replace(weekly, weekly_demand_amount=1.0, order_amount=3000.0).largest_order_amount == 6000.0
    # Of what nobody expects to sell, as before a launch, nothing says how much is too much.
    replace(weekly, weekly_demand_amount=0.0).check_size(replace(OVERRIDE, quantity=1e6))
    weekly.check_size(replace(OVERRIDE, quantity=5200.0))
    with pytest.raises(UsageError, match=r"An order of \$5,201 .* more than may be placed at once, \$5,200"):
        weekly.check_size(replace(OVERRIDE, quantity=5201.0))


def test_pieces_are_held_against_a_year_of_demand_at_their_price() -> None:
    weekly = replace(RECOMMENDED, weekly_demand_amount=100.0, is_in_units=True, pack_size_units=7.0)
    weekly.check_size(replace(OVERRIDE, quantity=693.0))
    with pytest.raises(UsageError, match="more than may be placed at once"):
        weekly.check_size(replace(OVERRIDE, quantity=694.0))
