"""Understands sentences such as "show forecast for store 1, department 38", in the words and codes of the house."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from warehouse.codes import Codes
from warehouse.retailer import Words

_STORES = ("store", "shop", "s")
_PRODUCTS = ("departments", "department", "depts", "dept", "dpt", "dep", "product", "item", "d")
_NUMBER = r"\.?\s*(?:(?:no\.?|number|nr\.?|id|code)(?=[\s:=#])|#)?\s*[:=#]?\s*[\"'“]?"
_ODD = re.compile(r"(?=\S*\d)[\w./-]{1,64}")
"""What looks like a code."""
_BETWEEN = re.compile(r"\s*[/,;:\-]\s*|\s+")
LONGEST_SENTENCE = 500
"""Characters of a sentence that are read."""
Find = Callable[[str], int | None]


@dataclass(frozen=True)
class PairRequest:
    """What a sentence asks for; None where it does not say.

    Attributes:
        unknown: a code that the sentence names and nobody knows.
    """

    store_id: int | None = None
    dept_id: int | None = None
    unknown: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether neither a store nor a product was found."""
        return self.store_id is None and self.dept_id is None


def read_pair(sentence: str, codes: Codes, words: Words | None = None) -> PairRequest:
    """Returns the store and the product that a sentence names, in any order; "1/38" means store 1, product 38.

    Args:
        sentence: what a person wrote.
        codes: the stores and products that there are.
        words: what the house calls them, beside the usual words.
    """
    text, own = sentence.strip()[:LONGEST_SENTENCE], words or Words()
    store, odd_store = _named(text, (own.stores, own.store, *_STORES), codes.find_store)
    product, odd_product = _named(text, (own.products, own.product, *_PRODUCTS), codes.find_product)
    unknown = odd_store or odd_product
    found = PairRequest(store, product, unknown)
    return _bare(text, codes) if found.is_empty and not unknown else found


def _named(text: str, words: Iterable[str], find: Find) -> tuple[int | None, str]:
    """Returns what stands behind one of some words: the longest code or name that is known, or one that is not."""
    unknown = ""
    spelled = "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))
    for found in re.finditer(rf"(?<!\w)(?P<word>{spelled})(?![^\W\d]){_NUMBER}", text, re.IGNORECASE):
        rest = text[found.end() :]
        for behind in (text[found.end("word") :], rest):
            if (known := _longest(behind, find)) is not None:
                return known, ""
        odd = _ODD.match(rest)
        unknown = unknown or (odd[0] if odd else "")
    return None, unknown


def _longest(text: str, find: Find) -> int | None:
    """Returns what the beginning of a text names, up to the end of any of its words."""
    ends = [match.end() for match in re.finditer(r"\w(?!\w)|[^\w\s](?=\s|$)", text)]
    return next((known for end in reversed(ends) if (known := find(text[:end])) is not None), None)


def _bare(text: str, codes: Codes) -> PairRequest:
    """Returns the pair of a sentence that ends in the two codes, with or without a word before them."""
    for between in _BETWEEN.finditer(text):
        product = codes.find_product(text[between.end() :])
        if product is None:
            continue
        before = text[: between.start()]
        starts = [match.start() for match in re.finditer(r"(?<!\S)\S", before)]
        for start in starts:
            if (store := codes.find_store(before[start:])) is not None:
                return PairRequest(store, product)
    return PairRequest()
