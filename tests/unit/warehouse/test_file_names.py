"""Whatever a code holds, its file has a name that every system takes and that no other code shares."""

import re

from hypothesis import given
from hypothesis import strategies as st

from warehouse.file_names import safe_stem, safe_stems

HOSTILE = [
    "..",
    "/",
    "\\\\server",
    "a/../b",
    "CON",
    "nul",
    "com1",
    "a:b",
    "a\0b",
    "x" * 128,
    "☕" * 128,
    " ",
    "-",
    "=1+1",
]


def is_safe(stem: str) -> bool:
    is_reserved = re.fullmatch(r"(?i)con|prn|aux|nul|com\d|lpt\d", stem)
    return (
        bool(re.fullmatch(r"[\w][\w.-]*", stem)) and not stem.endswith(".") and not is_reserved and ".." not in stem[:2]
    )


def test_plain_codes_are_their_own_names() -> None:
    assert [safe_stem(code) for code in ("1", "0042", "Nord", "M-1", "Чай")] == ["1", "0042", "Nord", "M-1", "Чай"]


def test_hostile_codes_get_safe_names_that_differ() -> None:
    stems = safe_stems(HOSTILE)
    assert all(map(is_safe, stems.values()))
    assert len(set(stems.values())) == len(HOSTILE)
    assert all(len(stem.encode()) <= 200 for stem in stems.values())


@given(st.lists(st.text(min_size=1, max_size=128).filter(lambda text: text.isprintable()), max_size=8, unique=True))
def test_no_two_codes_share_a_name_also_where_case_does_not_count(codes: list[str]) -> None:
    stems = safe_stems(codes)
    assert all(map(is_safe, stems.values()))
    assert len({stem.casefold() for stem in stems.values()}) == len(codes)
