"""The sentence that a manager reads."""

import datetime as dt

from ml.anomalies.reasons import Circumstances, reason_for
from warehouse.retailer import Retailer, Words
from warehouse.wording import Wording, speaking

PLAIN = dt.date(2012, 6, 15)


def test_the_sentence_gives_actual_expected_difference_and_percent():
    text = reason_for(Circumstances(PLAIN, actual=15_000, expected=10_000, horizon_weeks=3))
    assert text == "Sales of $15,000 were $5,000 (50%) above the $10,000 forecast 3 weeks ahead."


def test_a_seasonal_expectation_says_what_it_rests_on():
    text = reason_for(Circumstances(PLAIN, actual=4_000, expected=10_000))
    assert text.startswith("Sales of $4,000 were $6,000 (60%) below the $10,000 that the recent level and the season")


def test_hints_follow_what_is_known_and_are_three_at_most():
    seen = Circumstances(
        dt.date(2010, 11, 26),
        actual=-200,
        expected=10_000,
        weeks_in_a_row=4,
        weeks_missing=2,
        store_share=0.5,
        department_share=0.9,
        markdown=1e4,
        markdown_ratio=5,
    )
    text = reason_for(seen)
    assert "Sales of -$200" in text
    assert text.endswith(
        "; returns exceeded sales; it is the first week after 2 without sales; it is the week of Thanksgiving Day."
    )


def test_shared_moves_runs_and_markdowns_are_named():
    text = reason_for(
        Circumstances(PLAIN, 3e4, 1e4, weeks_in_a_row=2, department_share=0.42, markdown=50_000, markdown_ratio=2.54)
    )
    assert "week 2 in a row above expectation" in text
    assert "the department moved the same way in 42% of the stores" in text
    assert "markdowns in the store were $50,000, 2.5 times the usual" in text


def test_markdowns_do_not_explain_a_fall_and_a_silly_percentage_is_left_out():
    assert "markdowns" not in reason_for(Circumstances(PLAIN, 1e3, 1e4, markdown=5e4, markdown_ratio=4))
    assert "%" not in reason_for(Circumstances(PLAIN, 12_675, 122))
    assert "%" not in reason_for(Circumstances(PLAIN, 500, -10, horizon_weeks=1))


def test_the_house_reads_its_own_words_currency_and_figures():
    words = Words(store="Filiale", stores="Filialen", product="Artikel", products="Artikel")
    retailer = Retailer(currency="EUR", number_format="1.234,5", forecast_unit="units", words=words)
    seen = Circumstances(PLAIN, 1500, 1000, store_share=0.5, markdown=50_000, markdown_ratio=2.54)
    with speaking(Wording(retailer)):
        text = reason_for(seen)
    assert text.startswith("Sales of 1.500\xa0pcs were 500\xa0pcs (50%) above the 1.000\xa0pcs")
    assert "50% of the Filiale's Artikel moved the same way" in text
    assert "markdowns in the Filiale were €50.000, 2,5 times the usual" in text
