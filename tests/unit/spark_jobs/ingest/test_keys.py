"""Numbers that stand for codes."""

from hypothesis import given
from hypothesis import strategies as st

from spark_jobs.ingest.keys import _LARGEST, _given, _in_order


def numbers(codes: list[str], taken: set[int] = frozenset()) -> dict[str, int]:
    return dict(_given(sorted(codes, key=_in_order), set(taken)))


def test_plain_numbers_keep_themselves():
    assert numbers(["7", "45", "1000000"]) == {"7": 7, "45": 45, "1000000": 1_000_000}


def test_what_is_no_plain_number_gets_the_smallest_that_is_free():
    assert numbers(["1", "01", "007", "Obst", "3"]) == {"1": 1, "3": 3, "007": 2, "01": 4, "Obst": 5}


def test_a_number_that_another_code_has_is_not_given_again():
    assert numbers(["2"], {1, 2}) == {"2": 3}


def test_numbers_beyond_what_a_key_can_be_stand_for_themselves_as_texts_do():
    assert numbers([str(_LARGEST), str(_LARGEST + 1), "12345678901234567890"]) == {
        str(_LARGEST): _LARGEST,
        "12345678901234567890": 1,
        str(_LARGEST + 1): 2,
    }


@given(st.sets(st.text(min_size=1, max_size=6) | st.integers(0, 99).map(str), max_size=40), st.sets(st.integers(0, 60)))
def test_every_code_has_a_number_of_its_own(codes: set[str], taken: set[int]):
    found = numbers(list(codes), taken)
    assert set(found) == codes
    assert len(set(found.values())) == len(codes)
    assert not set(found.values()) & taken
    assert all(0 <= number <= _LARGEST for number in found.values())
