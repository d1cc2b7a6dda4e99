"""How figures, weeks and names are written for people: in the retailer's currency, numbers and words.

Whoever writes for people asks `house()`; a command, a page or a run of the agents says first whose words hold, with
`speak` or `speaking`. Until one has, amounts carry no sign and words are plain.
"""

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from warehouse.currencies import minor_digits
from warehouse.retailer import Retailer, read_retailer

if TYPE_CHECKING:
    from warehouse.database import Database, Role

SYMBOLS = {
    "AUD": "A$",
    "BRL": "R$",
    "CAD": "CA$",
    "CNY": "CN¥",
    "EUR": "€",
    "GBP": "£",
    "ILS": "₪",
    "INR": "₹",
    "JPY": "¥",
    "KRW": "₩",
    "MXN": "MX$",
    "NGN": "₦",
    "NZD": "NZ$",
    "PHP": "₱",
    "RUB": "₽",
    "TRY": "₺",
    "UAH": "₴",
    "USD": "$",
    "VND": "₫",
}
"""Signs that mean one currency alone; every other currency is written by its code."""
NO_BREAK = "\N{NO-BREAK SPACE}"
_MARKS = {"1,234.5": (",", "."), "1.234,5": (".", ","), "1 234,5": (NO_BREAK, ","), "1'234.5": ("'", ".")}
"""What stands between thousands and before decimals, by number format."""
_STEPS = ((999.95e6, 1e9, "B"), (999.95e3, 1e6, "M"), (999.5, 1e3, "k"))
"""Where a unit begins, so that 999,960 reads 1.0M and not 1000.0k; the unit; its sign."""
PIECES = "pcs"
_WHOLE_FROM = 100.0
"""Pieces, and amounts of small money, from which decimals say nothing."""
_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Wording:
    """How a retailer writes.

    Attributes:
        retailer: whose currency, number format, unit, weeks and words hold.
    """

    retailer: Retailer = field(default_factory=Retailer)

    @property
    def sign(self) -> str:
        """What stands before an amount: a symbol, or a code with a space behind it; nothing where none is known."""
        code = self.retailer.currency
        return SYMBOLS.get(code) or (f"{code}{NO_BREAK}" if code else "")

    @property
    def currency(self) -> str:
        """The currency's code; `money` where it is not known."""
        return self.retailer.currency or "money"

    def weighted(self, text: str) -> str:
        """Returns words on a weighted error and what a holiday week weighs in it, where that is more than another."""
        weight = self.retailer.holiday_weight
        return f"{text}; holiday weeks weigh {self._marked(f'{weight:g}')}" if weight > 1 else text

    def money_head(self, text: str) -> str:
        """Returns the head of a column of money: orders ($), orders (CHF)."""
        return _headed(text, self.sign.strip())

    def quantity_head(self, text: str) -> str:
        """Returns the head of a column of what is forecast: sales ($), sales (pcs)."""
        return _headed(text, PIECES if self.retailer.is_in_units else self.sign.strip())

    def bare_quantity(self, value: float) -> str:
        """Returns what is forecast without its unit, which the head of the column says."""
        return self._counted(value) if self.retailer.is_in_units else self.number(value)

    @property
    def unit(self) -> str:
        """What forecasts are in, for the head of a column or an axis: pieces, or the currency."""
        return "pieces" if self.retailer.is_in_units else self.currency

    @property
    def marks(self) -> tuple[str, str]:
        """What stands between thousands, and before decimals."""
        return _MARKS[self.retailer.number_format]

    def number(self, value: float, digits: int = 0) -> str:
        """Returns a number with so many decimals, negative ones with a sign before them: 1,234.5 or 1.234,5."""
        text = f"{abs(value):,.{digits}f}"
        return f"{_minus(value, text)}{self._marked(text)}"

    def read(self, text: str) -> float | None:
        """Returns the number that a text is in the house's own format, nothing where it is none.

        >>> [Wording(Retailer(number_format="1.234,5")).read(text) for text in ("1.033", "250,5", "250.5")]
        [1033.0, 250.5, None]
        """
        thousands, decimal = (re.escape(mark) for mark in self.marks)
        plain = text.strip().replace(" ", NO_BREAK)
        if not re.fullmatch(rf"(\d+|\d{{1,3}}({thousands}\d{{3}})+)({decimal}\d+)?", plain, re.ASCII):
            return None
        return float(plain.replace(self.marks[0], "").replace(self.marks[1], "."))

    def money(self, amount: float, digits: int = 0) -> str:
        """Returns an amount with its currency: $1,234, -€56 or CHF 1'234; by default without cents."""
        text = f"{abs(amount):,.{min(digits, self.minor_digits)}f}"
        return f"{_minus(amount, text)}{self.sign}{self._marked(text)}"

    def small_money(self, amount: float) -> str:
        """Returns an amount to the cent below a hundred, whole from there on; nothing is whole."""
        return self.money(amount, 0 if abs(amount) >= _WHOLE_FROM or amount == 0 else self.minor_digits)

    def money_short(self, amount: float) -> str:
        """Returns an amount in at most four digits: $562.1M, $48.3k, $912."""
        short = self._short(amount)
        return self.money(amount) if short is None else f"{'-' if amount < 0 else ''}{self.sign}{short}"

    def pieces(self, count: float) -> str:
        """Returns a number of pieces: 1,234 pcs; fractions of small ones show one decimal."""
        return f"{self._counted(count)}{NO_BREAK}{PIECES}"

    def quantity(self, value: float) -> str:
        """Returns what is forecast: pieces, or money without cents."""
        return self.pieces(value) if self.retailer.is_in_units else self.money(value)

    def small_quantity(self, value: float) -> str:
        """Returns what is forecast: pieces, or money to the cent below a hundred."""
        return self.pieces(value) if self.retailer.is_in_units else self.small_money(value)

    def quantity_short(self, value: float) -> str:
        """Returns what is forecast in at most four digits: 48.3k pcs, $48.3k."""
        if not self.retailer.is_in_units:
            return self.money_short(value)
        short = self._short(value)
        return self.pieces(value) if short is None else f"{'-' if value < 0 else ''}{short}{NO_BREAK}{PIECES}"

    def percent(self, rate: float, digits: int = 1) -> str:
        """Returns a fraction as percent: 0.123 is 12.3%."""
        return f"{self.number(rate * 100, digits)}%"

    def stock_sources(self, simulated: int, pairs: int) -> str:
        """Returns of how many pairs stock was counted, and of how many it is simulated.

        >>> Wording().stock_sources(48, 64), Wording().stock_sources(3, 3), Wording().stock_sources(0, 3)
        ('stock of 16 pairs counted, of 48 simulated', 'stock of all pairs simulated', 'stock of all pairs counted')
        """
        if simulated in (0, pairs):
            return f"stock of all pairs {'simulated' if simulated else 'counted'}"
        return f"stock of {self.number(pairs - simulated)} pairs counted, of {self.number(simulated)} simulated"

    def price_sources(self, assumed: int, pairs: int) -> str:
        """Returns of how many pairs nothing tells the price, so that their money counts every piece as 1.

        >>> Wording().price_sources(3, 3)
        'no price is known: money counts every piece as 1'
        >>> Wording().price_sources(2, 3)
        'no price of 2 pairs is known: their money counts every piece as 1'
        """
        if assumed >= pairs:
            return "no price is known: money counts every piece as 1"
        return f"no price of {self.number(assumed)} pairs is known: their money counts every piece as 1"

    @property
    def minor_digits(self) -> int:
        """Decimals of the currency: 2 for cents, 0 for yen."""
        return minor_digits(self.retailer.currency)

    def called(self, week: dt.date) -> dt.date:
        """Returns the day by which people call a week: its first or its last.

        Args:
            week: last day of the week, by which tables date it.
        """
        return week - dt.timedelta(days=6) if self.retailer.week_label == "first" else week

    @property
    def store_word(self) -> str:
        """What a store is called at the beginning of a line: Store, Filiale."""
        return capital(self.retailer.words.store)

    @property
    def stores_word(self) -> str:
        """What stores are called at the beginning of a line."""
        return capital(self.retailer.words.stores)

    @property
    def product_word(self) -> str:
        """What is forecast, at the beginning of a line: Department, Artikel."""
        return capital(self.retailer.words.product)

    @property
    def products_word(self) -> str:
        """The same in the plural."""
        return capital(self.retailer.words.products)

    @property
    def pair_word(self) -> str:
        """What a series is called: store and department."""
        return f"{self.retailer.words.store} and {self.retailer.words.product}"

    def method(self, name: str) -> str:
        """Returns what a method of forecasting is called: what the code calls a department is the house's product."""
        return name.replace("_", " ").replace("department", self.retailer.words.product)

    def store(self, label: str) -> str:
        """Returns a store with its word, where its name does not say it: Store 4, Filiale Nord."""
        return _titled(self.store_word, label)

    def product(self, label: str) -> str:
        """Returns what is forecast with its word, where its name does not say it: department 7."""
        return _titled(self.retailer.words.product, label)

    def pair(self, store_label: str, product_label: str) -> str:
        """Returns the name of a series: Store 4, department 7."""
        return f"{self.store(store_label)}, {self.product(product_label)}"

    def _counted(self, count: float) -> str:
        is_whole = abs(count) >= _WHOLE_FROM or float(count).is_integer()
        return self.number(count, 0 if is_whole else 1)

    def _short(self, value: float) -> str | None:
        for beginning, step, suffix in _STEPS:
            if abs(value) >= beginning:
                return self._marked(f"{abs(value) / step:,.1f}") + suffix
        return None

    def _marked(self, text: str) -> str:
        thousands, decimal = self.marks
        return "".join({",": thousands, ".": decimal}.get(sign, sign) for sign in text)


_SPOKEN: ContextVar[Wording] = ContextVar("_SPOKEN")


def house() -> Wording:
    """Returns the wording that holds here."""
    return _SPOKEN.get(_PLAIN)


def speak(wording: Wording) -> None:
    """Lets a wording hold from here on, in this thread."""
    _SPOKEN.set(wording)


@contextmanager
def speaking(wording: Wording) -> Iterator[Wording]:
    """Lets a wording hold in the block."""
    token = _SPOKEN.set(wording)
    try:
        yield wording
    finally:
        _SPOKEN.reset(token)


def read_wording(database: "Database", role: "Role" = "reader") -> Wording:
    """Returns the wording of the retailer whose data is published, as `read_retailer` reads it."""
    return Wording(read_retailer(database, role))


def counted(count: int, noun: str) -> str:
    """Returns how many of something there are, in plain English.

    >>> counted(1, "row"), counted(1204, "row")
    ('1 row', '1,204 rows')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def capital(word: str) -> str:
    """Returns a word with a capital first letter; the others stay.

    >>> capital("store"), capital("eShop")
    ('Store', 'EShop')
    """
    return word[:1].upper() + word[1:]


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """Returns what texts are sorted by so that numbers in them count as numbers.

    >>> sorted(["10", "9", "A10", "A9", "007"], key=natural_key)
    ['007', '9', '10', 'A9', 'A10']
    """
    parts = _DIGITS.split(text.casefold())
    return tuple((0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts if part)


def _headed(text: str, unit: str) -> str:
    return f"{text} ({unit})" if unit else text


def _titled(word: str, label: str) -> str:
    return label if label.casefold().startswith(f"{word.casefold()} ") else f"{word} {label}"


def _minus(value: float, text: str) -> str:
    """Returns the sign of a negative figure that does not read as zero."""
    return "-" if value < 0 and text.strip("0.,") else ""


_PLAIN = Wording()
