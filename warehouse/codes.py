"""Stores and products by the codes and names that people know; the numbers of the tables stay inside."""

import difflib
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from warehouse.errors import ShelfcastError, UsageError
from warehouse.wording import capital, house, natural_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd

    from warehouse.database import Database, Role

STORES = "select store_id, store_code, store_name, store_label from marts.dim_stores"
PRODUCTS = "select dept_id, product_code, product_name, product_label from marts.dim_departments"
STORE_COLUMNS, PRODUCT_COLUMNS = ("store_code", "store_name"), ("product_code", "product_name")
_NAMED_AT_ONCE = 8
"""Codes that a sentence lists where there are few."""
_LIKELY = 0.5


@dataclass(frozen=True)
class Code:
    """A store or a product: its code, its name (empty where there is none) and what people see of it."""

    code: str
    name: str
    label: str


@dataclass(frozen=True)
class Codes:
    """Stores and products by the numbers that stand for them in the tables."""

    stores: "Mapping[int, Code]" = field(default_factory=dict)
    products: "Mapping[int, Code]" = field(default_factory=dict)

    def store_label(self, store_id: int) -> str:
        """Returns what people see of a store; its number where it is not known."""
        return _of(self.stores, store_id).label

    def product_label(self, dept_id: int) -> str:
        """Returns what people see of a product; its number where it is not known."""
        return _of(self.products, dept_id).label

    def store_code(self, store_id: int) -> str:
        """Returns the code of a store; its number where it is not known."""
        return _of(self.stores, store_id).code

    def product_code(self, dept_id: int) -> str:
        """Returns the code of a product; its number where it is not known."""
        return _of(self.products, dept_id).code

    def store_title(self, store_id: int) -> str:
        """Returns a store with its word: Store 4, Filiale Nord."""
        return capital(house().store(self.store_label(store_id)))

    def product_title(self, dept_id: int) -> str:
        """Returns a product with its word, as a line begins with it: Department 7."""
        return capital(house().product(self.product_label(dept_id)))

    def pair(self, store_id: int, dept_id: int) -> str:
        """Returns the name of a series in the words of the house: Store 4, department 7."""
        return house().pair(self.store_label(store_id), self.product_label(dept_id))

    def store_ids(self, ids: "Iterable[int]") -> list[int]:
        """Returns stores in the order in which people look for them, each once."""
        return sorted(set(map(int, ids)), key=lambda one: natural_key(self.store_label(one)))

    def product_ids(self, ids: "Iterable[int]") -> list[int]:
        """Returns products in the order in which people look for them, each once."""
        return sorted(set(map(int, ids)), key=lambda one: natural_key(self.product_label(one)))

    def find_store(self, text: str) -> int | None:
        """Returns the store that a text names by its code, else by its name or label; None where it names none."""
        return _find(self._store_texts, text)

    def find_product(self, text: str) -> int | None:
        """Returns the product that a text names by its code, else by its name or label; None where it names none."""
        return _find(self._product_texts, text)

    def store(self, text: str) -> int:
        """Returns the store that a text names.

        Raises:
            UsageError: it names none; the sentence says which ones are alike.
        """
        found = self.find_store(text)
        return _refuse(house().retailer.words.store, text, self.stores) if found is None else found

    def product(self, text: str) -> int:
        """Returns the product that a text names.

        Raises:
            UsageError: it names none; the sentence says which ones are alike.
        """
        found = self.find_product(text)
        return _refuse(house().retailer.words.product, text, self.products) if found is None else found

    def with_codes(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        """Returns a frame with codes and names in place of its store_id and dept_id, those that it has."""
        return _replaced(
            _replaced(frame, "store_id", STORE_COLUMNS, self.stores), "dept_id", PRODUCT_COLUMNS, self.products
        )

    @cached_property
    def _store_texts(self) -> list[dict[str, int]]:
        return _texts(self.stores)

    @cached_property
    def _product_texts(self) -> list[dict[str, int]]:
        return _texts(self.products)


_KNOWN: ContextVar[Codes] = ContextVar("_KNOWN")


def known() -> Codes:
    """Returns the stores and products that are known here; none before somebody has looked."""
    return _KNOWN.get(_NOBODY)


def know(codes: Codes) -> None:
    """Lets stores and products be known from here on, in this thread."""
    _KNOWN.set(codes)


@contextmanager
def knowing(codes: Codes) -> "Iterator[Codes]":
    """Lets stores and products be known in the block."""
    token = _KNOWN.set(codes)
    try:
        yield codes
    finally:
        _KNOWN.reset(token)


def codes_so_far(database: "Database", role: "Role" = "reader") -> Codes:
    """Returns the stores and products of the marts, none where they are not built yet."""
    try:
        return read_codes(database, role)
    except ShelfcastError:
        return _NOBODY


def read_codes(database: "Database", role: "Role" = "reader") -> Codes:
    """Returns the stores and products of the marts.

    Raises:
        ShelfcastError: the marts are not built yet, or are of an earlier version.
    """
    import psycopg

    try:
        with database.snapshot(role) as snapshot:
            return codes_of(snapshot.read_frame(STORES), snapshot.read_frame(PRODUCTS))
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
        raise ShelfcastError("The marts are not built yet.", "Run `shelfcast run` first.") from None


def codes_of(stores: "pd.DataFrame", products: "pd.DataFrame") -> Codes:
    """Returns the codes that two frames hold.

    Args:
        stores: store_id, store_code, store_name, store_label; may be empty.
        products: dept_id, product_code, product_name, product_label; may be empty.
    """
    return Codes(_codes(stores), _codes(products))


def resolve_pair(database: "Database", store: str, product: str) -> tuple[int, int]:
    """Returns the numbers of the store and the product that two texts name.

    Raises:
        UsageError: one of them names none.
        ShelfcastError: the marts are not built yet.
    """
    codes = read_codes(database)
    return codes.store(store), codes.product(product)


def _codes(frame: "pd.DataFrame") -> dict[int, Code]:
    return {
        int(number): Code(str(code), str(name) if isinstance(name, str) else "", str(label))
        for number, code, name, label in frame.itertuples(index=False)
    }


def _of(known: "Mapping[int, Code]", number: int) -> Code:
    text = str(number)
    return known.get(int(number)) or Code(text, "", text)


def _texts(known: "Mapping[int, Code]") -> list[dict[str, int]]:
    """Returns what names things, the surest first: codes, labels, names of one alone, and all of them in any case."""
    labels = {one.label: number for number, one in known.items()}
    names = _alone((one.name, number) for number, one in known.items() if one.name)
    codes = {one.code: number for number, one in known.items()}
    folded = _alone((text.casefold(), number) for texts in (codes, labels, names) for text, number in texts.items())
    return [codes, labels, names, folded]


def _alone(named: "Iterable[tuple[str, int]]") -> dict[str, int]:
    """Returns the texts that stand for one number alone."""
    found: dict[str, set[int]] = {}
    for text, number in named:
        found.setdefault(text, set()).add(number)
    return {text: min(numbers) for text, numbers in found.items() if len(numbers) == 1}


def _find(texts: list[dict[str, int]], text: str) -> int | None:
    wanted = text.strip()
    given = (wanted, wanted, wanted, wanted.casefold())
    return next((known[one] for known, one in zip(texts, given, strict=True) if one in known), None)


def _refuse(word: str, text: str, known: "Mapping[int, Code]") -> int:
    """Raises the error that says which codes and names are like the one that is not known."""
    spellings = {one.casefold(): code for code in known.values() for one in (code.label, code.name, code.code) if one}
    close = [spellings[one] for one in difflib.get_close_matches(text.casefold(), spellings, 3, _LIKELY)]
    alike = " or ".join(dict.fromkeys(map(_shown, close)))
    raise UsageError(f"There is no {word} {text!r}.", f"Did you mean {alike}?" if alike else _those(word, known))


def _those(word: str, known: "Mapping[int, Code]") -> str:
    codes = sorted(known.values(), key=lambda one: natural_key(one.label))
    if not codes:
        return "Run `shelfcast run` first."
    named = ", ".join(map(_shown, codes[:_NAMED_AT_ONCE]))
    return f"Name one of the {len(codes):,} codes, such as {named}." if len(codes) > 1 else f"The {word} is {named}."


def _shown(one: Code) -> str:
    return one.label if one.code in one.label else f"{one.code} ({one.label})"


def _replaced(frame: "pd.DataFrame", key: str, columns: tuple[str, str], known: "Mapping[int, Code]") -> "pd.DataFrame":
    if key not in frame:
        return frame
    found: list[Any] = [
        None if number != number or number is None else _of(known, int(number)) for number in frame[key]
    ]
    place = list(frame.columns).index(key)
    coded = frame.drop(columns=key)
    for offset, (name, part) in enumerate(zip(columns, ("code", "name"), strict=True)):
        if name not in coded:
            coded.insert(place + offset, name, [None if one is None else getattr(one, part) for one in found])
    return coded


_NOBODY = Codes()
