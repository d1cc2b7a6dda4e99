"""Where the retailer is: country, currency and number format, from signs, measures and the language of the columns."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from spark_jobs.ingest.guess.name_fits import name_words
from spark_jobs.ingest.guess.table_roles import KnownTable
from spark_jobs.ingest.number_formats import COMMA, currencies_in

NumberFormat = Literal["1,234.5", "1.234,5", "1 234,5", "1'234.5"]
_CODES = (
    "usd, eur, gbp, chf, pln, sek, nok, dkk, czk, huf, brl, mxn, cad, aud, nzd, jpy, inr, ron, zar, cny, krw, sgd, aed"
)
CURRENCY_CODES = frozenset(_CODES.upper().split(", "))
"""ISO codes that are looked for in the names of columns and in a column of currencies."""
_WORDS = {"dollar": "USD", "dollars": "USD", "euro": "EUR", "euros": "EUR", "zloty": "PLN", "zl": "PLN"}
_SIGNS = {
    **{"R$": "BRL", "$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "kr": "SEK", "zł": "PLN", "CHF": "CHF"},
    **{"₹": "INR", "Kč": "CZK", "Ft": "HUF"},
}
_OF_SEVERAL = ("$", "¥", "kr")
"""Signs that more than one currency has."""
_BY_CURRENCY = {
    **{"USD": "US", "GBP": "GB", "CHF": "CH", "PLN": "PL", "SEK": "SE", "NOK": "NO", "DKK": "DK", "CZK": "CZ"},
    **{"HUF": "HU", "BRL": "BR", "MXN": "MX", "CAD": "CA", "AUD": "AU", "NZD": "NZ", "JPY": "JP", "INR": "IN"},
    **{"RON": "RO", "ZAR": "ZA", "CNY": "CN", "KRW": "KR", "SGD": "SG", "AED": "AE"},
}
_BY_LANGUAGE = {"de": "DE", "fr": "FR", "es": "ES", "pt": "PT", "it": "IT", "nl": "NL", "pl": "PL", "sv": "SE"}
_BY_LANGUAGE |= {"ja": "JP", "zh": "CN"}
_EURO = ("DE", "FR", "ES", "PT", "IT", "NL")
LANGUAGE_NAMES = {
    **{"de": "German", "fr": "French", "es": "Spanish", "pt": "Portuguese", "it": "Italian", "nl": "Dutch"},
    **{"pl": "Polish", "sv": "Swedish", "ja": "Japanese", "zh": "Chinese"},
}
COMMA_LANGUAGES = frozenset(LANGUAGE_NAMES) - {"ja", "zh"}
"""Languages whose speakers write a comma before decimals."""
_BLANKS = ("FR", "PL", "SE", "NO", "CZ", "HU", "ZA")
_POINTS = ("DE", "ES", "IT", "NL", "PT", "BR", "DK", "RO")
_AMERICAN = re.compile(r"\d\s*(?:FL\.?\s*)?(?:OZ|O|LBS?|GAL|QT)\b", re.IGNORECASE)
_METRIC = re.compile(r"\d\s*(?:KG|GR?|ML|CL|L|LT|LTR)\b", re.IGNORECASE)
_LEAST_MEASURES, _MANY_TIMES = 3, 3
_LEAST_WORDS = 2
"""Names of columns in a language from which on it counts as that of the files."""


@dataclass(frozen=True)
class Origin:
    """Where the retailer is, as far as the files tell.

    Attributes:
        country: ISO 3166 code; empty where nothing tells.
        currency: ISO 4217 code; empty where nothing tells.
        number_format: how a thousand and a half are written there.
        language: code of the language of the columns; empty where they are English or of no one language.
        reasons: why, by key of the mapping.
        doubts: sentences on what is not certain.
    """

    country: str
    currency: str
    number_format: NumberFormat
    language: str
    reasons: Mapping[str, str]
    doubts: tuple[str, ...]


def find_origin(tables: Sequence[KnownTable], signs: Iterable[str], codes: Counter[str], mark: str) -> Origin:
    """Returns where the retailer is.

    Args:
        tables: all tables of the folder.
        signs: signs of currencies among the amounts.
        codes: texts of the column of currencies, with the rows of each.
        mark: decimal mark of the sales.
    """
    reasons, doubts = dict[str, str](), list[str]()
    language = language_of(tables)
    currency = _currency(tables, set(signs), codes, reasons, doubts)
    country = _country(tables, currency, language, reasons)
    if not currency and country:
        currency = next((code for code, place in _BY_CURRENCY.items() if place == country), "")
        currency = currency or ("EUR" if country in _EURO else "")
        reasons["currency"] = f"that of {country}"
        doubts.append(f"no sign or code of a currency stands anywhere; {currency} is that of the country {country}")
    if not currency:
        reasons["currency"] = "nothing tells it"
        doubts.append("the currency is not known, so amounts carry no sign: name it as retailer.currency")
    _say_country(country, reasons, doubts)
    return Origin(country, currency, _number_format(country, mark), language, reasons, tuple(doubts))


def language_of(tables: Sequence[KnownTable]) -> str:
    """Returns the language, other than English, in which most columns are named; nothing where none leads."""
    counts = Counter[str]()
    for known in tables:
        counts.update(known.languages)
    english = counts.pop("en", 0)
    ranked = [*counts.most_common(2), ("", 0), ("", 0)]
    (first, most), (_, second) = ranked[0], ranked[1]
    return first if most >= _LEAST_WORDS and most > max(second, english) else ""


def _currency(
    tables: Sequence[KnownTable], signs: set[str], codes: Counter[str], reasons: dict[str, str], doubts: list[str]
) -> str:
    """Returns the currency that a column of codes, a sign or the name of a column tells."""
    known = Counter({code: rows for text, rows in codes.items() if (code := _code(text))})
    if len(known) > 1 or len(signs) > 1:
        several = " and ".join(f"{code} in {rows:,} rows" for code, rows in known.most_common()) or " and ".join(
            sorted(signs)
        )
        doubts.append(
            f"the amounts are in several currencies, {several}: they must be converted into one, or they add up"
        )
    if known:
        reasons["currency"] = "the column of currencies says so"
        return known.most_common(1)[0][0]
    if signs:
        sign = sorted(signs)[0]
        reasons["currency"] = f"amounts carry the sign {sign}"
        if sign in _OF_SEVERAL:
            doubts.append(f"the sign {sign} may be that of another currency than {_SIGNS[sign]}")
        return _SIGNS[sign]
    for name in [name for table in tables for name in table.columns]:
        if code := _code_in_name(name):
            reasons["currency"] = "the name of a column says so"
            return code
    return ""


def _code(text: str) -> str:
    upper = text.strip().upper()
    return (
        upper if upper in CURRENCY_CODES else next((_SIGNS[sign] for sign in currencies_in(text) if sign in _SIGNS), "")
    )


def _code_in_name(name: str) -> str:
    signs = [code for sign, code in _SIGNS.items() if not sign.isalpha() and sign in name]
    words = name_words(name)
    codes = [word.upper() for word in words if word.upper() in CURRENCY_CODES]
    return next(iter([*signs, *codes, *(_WORDS[word] for word in words if word in _WORDS)]), "")


def _country(tables: Sequence[KnownTable], currency: str, language: str, reasons: dict[str, str]) -> str:
    if currency in _BY_CURRENCY and not (currency == "BRL" and language == "es"):
        reasons["country"] = f"that of the currency {currency}"
        return _BY_CURRENCY[currency]
    if language:
        reasons["country"] = f"columns have {LANGUAGE_NAMES[language]} names"
        return _BY_LANGUAGE[language]
    if _has_american_measures(tables):
        reasons["country"] = "sizes are in ounces and pounds"
        return "US"
    return ""


def _say_country(country: str, reasons: dict[str, str], doubts: list[str]) -> None:
    if not country:
        reasons["country"] = "nothing tells it"
        doubts.append("the country is not known, so no holidays count: name it as retailer.calendar.country")
        return
    doubts.append(f"the country of the calendar is taken for {country}: {reasons['country']}")


def _has_american_measures(tables: Sequence[KnownTable]) -> bool:
    texts = [
        text
        for known in tables
        for role in ("size", "product name", "product")
        if role in known.roles
        for text in known.columns[known.roles[role]].samples
    ]
    american = sum(bool(_AMERICAN.search(text)) for text in texts)
    metric = sum(bool(_METRIC.search(text)) for text in texts)
    return american >= _LEAST_MEASURES and american > _MANY_TIMES * metric


def _number_format(country: str, mark: str) -> NumberFormat:
    if country == "CH":
        return "1'234.5"
    if country in _BLANKS:
        return "1 234,5"
    if country in _POINTS or (not country and mark == COMMA):
        return "1.234,5"
    return "1,234.5"
