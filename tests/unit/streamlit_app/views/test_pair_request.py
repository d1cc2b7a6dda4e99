import pytest

from streamlit_app.views.pair_request import PairRequest, read_pair
from warehouse.codes import Code, Codes
from warehouse.retailer import Words


def plain(*numbers: int) -> dict[int, Code]:
    return {number: Code(str(number), "", str(number)) for number in numbers}


NUMBERED = Codes(plain(1, 7), plain(38, 12))
NAMED = Codes(
    {1: Code("N-1", "Nord Mitte", "Nord Mitte"), 2: Code("0042", "", "0042"), 3: Code("a/b", "", "a/b")},
    {5: Code("M 3.5", "Milch 3,5%", "Milch 3,5%"), 6: Code("=1+1", "", "=1+1"), 7: Code("Чай", "", "Чай")},
)
GERMAN = Words(store="Filiale", stores="Filialen", product="Artikel", products="Artikel")


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
    assert read_pair(sentence, NUMBERED) == PairRequest(1, 38)


def test_a_sentence_may_name_only_one_of_the_two() -> None:
    assert read_pair("and for store 7?", NUMBERED) == PairRequest(7, None)
    assert read_pair("department 12 please", NUMBERED) == PairRequest(None, 12)


@pytest.mark.parametrize("sentence", ["", "hello", "show the forecast", "in 8 weeks", "store one"])
def test_a_sentence_without_numbers_for_either_asks_for_nothing(sentence: str) -> None:
    assert read_pair(sentence, NUMBERED) == PairRequest()


def test_a_number_that_belongs_to_another_word_is_not_taken() -> None:
    assert read_pair("stores4 and deptX9", NUMBERED).is_empty


def test_a_number_longer_than_any_store_has_is_not_read() -> None:
    assert read_pair("store " + "9" * 5000, NUMBERED).is_empty


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("Filiale Nord Mitte, Artikel Milch 3,5%", (1, 5)),
        ("store n-1 and product m 3.5, please", (1, 5)),
        ("Artikel =1+1 in Filiale 0042", (2, 6)),
        ("0042/Чай", (2, 7)),
        ("forecast a/b Чай", (3, 7)),
        ("ARTIKEL чай", (None, 7)),
    ],
)
def test_codes_and_names_are_found_behind_the_words_of_the_house(sentence: str, found: tuple[int, int]) -> None:
    assert read_pair(sentence, NAMED, GERMAN) == PairRequest(*found)


def test_a_leading_zero_belongs_to_a_code() -> None:
    assert read_pair("Filiale 42", NAMED, GERMAN) == PairRequest(unknown="42")


def test_what_looks_like_a_code_and_is_none_is_named() -> None:
    assert read_pair("store 1, department 999", NUMBERED) == PairRequest(1, None, "999")
