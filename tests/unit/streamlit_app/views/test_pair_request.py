import pytest

from streamlit_app.views.pair_request import PairRequest, read_pair


@pytest.mark.parametrize(
    "sentence",
    [
        "show forecast for store 1, department 38",
        "Show me the forecast of Department 38 in Store 1!",
        "store 1 dept 38",
        "STORE #1 DEPT. #38",
        "store no. 1, dept no. 38",
        "s1 d38",
        "1/38",
        "forecast 1 38",
        "1-38",
        "what will store: 1 sell in dept: 38 in the next 8 weeks?",
    ],
)
def test_a_sentence_names_store_and_department_in_many_ways(sentence: str) -> None:
    assert read_pair(sentence) == PairRequest(1, 38)


def test_a_sentence_may_name_only_one_of_the_two() -> None:
    assert read_pair("and for store 7?") == PairRequest(7, None)
    assert read_pair("department 12 please") == PairRequest(None, 12)


@pytest.mark.parametrize("sentence", ["", "hello", "show the forecast", "in 8 weeks", "store one"])
def test_a_sentence_without_numbers_for_either_asks_for_nothing(sentence: str) -> None:
    assert read_pair(sentence).is_empty


def test_a_number_that_belongs_to_another_word_is_not_taken() -> None:
    assert read_pair("stores4 and deptX9").is_empty


def test_a_number_longer_than_any_store_has_is_not_read() -> None:
    assert read_pair("store " + "9" * 5000).is_empty
