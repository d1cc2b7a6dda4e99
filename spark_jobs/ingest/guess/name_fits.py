"""How well the name of a column fits a concept, or says of itself what it holds, by the table of words."""

import re
import unicodedata
from functools import cache
from typing import NamedTuple

from spark_jobs.ingest.guess.column_words import CODES, EXCEPT, LEVELS, NAMES, TOTALS, WORDS

_CLOSED = str.maketrans({"ß": "ss", "ł": "l", "ø": "o", "æ": "ae", "đ": "d"})
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SHORT, _LONG = 2, 5
"""Letters up to which a word may be the code of anything, and from which on it counts as a part of a longer one:
Verkaufsdatum is a date."""

_KANA = "\u3040"
"""The first sign of Japanese, before all of Chinese."""


class Match(NamedTuple):
    """How well the name of a column fits a concept, from 0 to 1, and the languages in which it does."""

    score: float
    languages: frozenset[str]


NO_MATCH = Match(0.0, frozenset())


def name_words(name: str) -> tuple[str, ...]:
    """Returns the words of a name: small, without accents, parted at signs and at humps.

    >>> name_words("Artikel-Größe"), name_words("weeklySalesUSD")
    (('artikel', 'grosse'), ('weekly', 'sales', 'usd'))
    """
    parted = _CAMEL.sub(" ", name)
    plain = unicodedata.normalize("NFKD", parted.casefold().translate(_CLOSED))
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return tuple(re.findall(r"[^\W_]+", bare))


def fits(name: str, concept: str) -> Match:
    """Returns how well the name of a column fits a concept of `WORDS` or `LEVELS`.

    >>> fits("store_id", "store").score > fits("store_name_long", "store").score > fits("price", "store").score
    True
    """
    words = name_words(name)
    core = tuple(word for word in words if word not in _all_of(CODES)) or words
    known = _known(concept)
    for score, joined in ((1.0, " ".join(words)), (0.95, " ".join(core)), (0.9, "".join(words)), (0.9, "".join(core))):
        if joined in known:
            return Match(score, known[joined])
    inside = [word for word in known if _holds(core, word)]
    if not inside:
        return NO_MATCH
    best = max(inside, key=len)
    share = len(best.replace(" ", "")) / max(len("".join(core)), 1)
    return Match(0.5 + 0.3 * share, known[best])


def is_quantity(name: str) -> bool:
    """Returns whether a column is called a quantity, of whatever else the name tells: transaction_qty, item_cnt_day."""
    return bool({"qty", "cnt", "quantity"} & set(name_words(name)))


def is_total(value: str) -> bool:
    """Returns whether a store or a product is called the sum of all: Total, Total US, Summe."""
    return not set(_all_of(TOTALS)).isdisjoint(name_words(value))


def is_other_money(name: str) -> bool:
    """Returns whether a column is called money that is not that of sales, such as tax, freight or a discount.

    >>> is_other_money("Tax Amount"), is_other_money("Sales excl. tax")
    (True, False)
    """
    words = name_words(name)
    return not set(_all_of(EXCEPT)) & set(words) and any(_holds(words, word) for word in _known("other money"))


def is_name(name: str) -> bool:
    """Returns whether a column is called a name or a description of things."""
    words = name_words(name)
    return any(_holds(words, word) for word in _all_of(NAMES))


def is_code(name: str) -> bool:
    """Returns whether a column is called a code or a number of things."""
    words = name_words(name)
    return any(word in words or (_is_long(word) and words[-1:] and words[-1].endswith(word)) for word in _all_of(CODES))


def _holds(words: tuple[str, ...], wanted: str) -> bool:
    """Returns whether the words hold others one after another, or one that is long within a word.

    A word of one or two letters counts in front alone: CA is turnover in French, and California in snap_CA. A
    participle says something else: weighted is not weight, and discounted no discount.
    """
    parts = tuple(wanted.split())
    joined = "".join(parts)
    if len(joined) <= _SHORT and joined < _KANA:
        return words[:1] == parts
    if any(words[start : start + len(parts)] == parts for start in range(len(words) - len(parts) + 1)):
        return True
    return _is_long(joined) and any(joined in word and word not in (f"{joined}d", f"{joined}ed") for word in words)


def _is_long(word: str) -> bool:
    """Returns whether a word says something as a part of a longer one; one of Japanese or Chinese signs has two."""
    return len(word) >= (2 if word >= _KANA else _LONG)


@cache
def _known(concept: str) -> dict[str, frozenset[str]]:
    """Returns the words of a concept with their languages, each also as one word."""
    languages: dict[str, set[str]] = {}
    for language, text in (WORDS.get(concept) or LEVELS[concept]).items():
        for word in _all_of(text):
            for form in {word, word.replace(" ", "")}:
                languages.setdefault(form, set()).add(language)
    return {word: frozenset(found) for word, found in languages.items()}


@cache
def _all_of(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))
