"""Which table is which, and what its columns are: from their names first, from their values where names say nothing."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from spark_jobs.ingest.guess.column_profiles import ColumnProfile, profiles, read_head
from spark_jobs.ingest.guess.column_words import LEVELS, WORDS
from spark_jobs.ingest.guess.name_fits import fits, is_code, is_name, is_other_money, is_quantity
from spark_jobs.ingest.guess.source_tables import SourceTable
from spark_jobs.ingest.schema import fold

if TYPE_CHECKING:
    import pandas as pd

TableKind = Literal["sales", "stores", "products", "stock", "promotions", "covariates", "other"]
_NUMBERS = ("units", "amount", "sales", "price", "on hand", "on order", "lead time", "cost", "other money", "area")
_MONEY = ("amount", "sales", "price")
_DATES = ("date", "first day", "last day", "expected date")
_CODES = ("store", "product", "basket", "line")
LEAST = 0.55
"""Likeness from which on a name counts as that of a concept."""
_NEAR = 0.05
"""Concepts that fit a name this much less than its best one are still possible for it."""
_UNIQUE = 0.99
"""Share of different values from which on a column tells the rows of a table apart."""
_LAST = 1.0
"""What a column is put back by that is taken for a concept only where no other one fits."""
_SALES_NAMES = (
    *("sales", "transaction", "train", "umsatz", "umsaetze", "verkauf", "verkaeufe", "bons", "ventes", "ventas"),
    *("vendas", "vendite", "verkopen", "sprzedaz", "forsaljning", "tickets", "orders", "pos"),
)
"""What files of sales are called; parts of longer names count."""
_DATE_NAME = re.compile(r"\D*\d{1,4}[-/.]\d{1,2}([-/.]\d{1,4})?")
MEASURES = frozenset(("units", "amount", "sales"))
"""What a row of sales must have one of."""
_DATES_LEAST, _NUMBERED_LEAST = 3, 12
"""Columns named by dates, or by one word and a running number, from which on each is taken for a date's."""


@dataclass(frozen=True)
class KnownTable:
    """A table with what its columns are.

    Attributes:
        table: the files.
        head: its first rows as texts.
        columns: what the values of each column look like, by its name.
        roles: the column of each concept that was found.
        languages: how many names of columns are words of a language, by language.
    """

    table: SourceTable
    head: "pd.DataFrame"
    columns: Mapping[str, ColumnProfile]
    roles: Mapping[str, str]
    languages: Mapping[str, int]

    @property
    def kind(self) -> TableKind:
        """What the table is."""
        return _kind(self)

    def is_unique(self, column: str) -> bool:
        """Returns whether a column tells the rows apart."""
        return self.columns[column].distinct >= _UNIQUE * len(self.head)


def look_at(table: SourceTable) -> KnownTable:
    """Returns a table with what its columns are."""
    head = read_head(table)
    columns = profiles(head)
    roles = _without_counts(head, columns, _assign(columns))
    return KnownTable(table, head, columns, roles, _languages(columns))


def _assign(columns: Mapping[str, ColumnProfile]) -> dict[str, str]:
    """Returns the column of each concept: the names that fit best first, each column for one concept.

    A place such as a warehouse or a market is the store where nothing else is.
    """
    pairs = [pair for profile in columns.values() for pair in _pairs(profile)]
    roles: dict[str, str] = {}
    for _, concept, name in sorted(pairs, key=lambda pair: -pair[0]):
        if concept not in roles and name not in roles.values():
            roles[concept] = name
    if "place" in roles and not {"store", "store name"} & roles.keys():
        roles["store"] = roles.pop("place")
    return _finest_product(roles, columns)


def _pairs(profile: ColumnProfile) -> Iterator[tuple[float, str, str]]:
    """Gives the concepts that a column may be, with how well its name fits."""
    scores = {
        concept: fits(profile.name, concept).score for concept in (*WORDS, *LEVELS) if _is_possible(concept, profile)
    }
    best = max(scores.values(), default=0.0)
    for concept, score in scores.items():
        if score >= max(LEAST, best - _NEAR):
            called = f"{concept} name" if concept in ("store", "product") and is_name(profile.name) else concept
            is_marked = concept == "units" and profile.flags
            yield score + 0.01 * (concept in _CODES and is_code(profile.name)) - _LAST * is_marked, called, profile.name


def _is_possible(concept: str, profile: ColumnProfile) -> bool:
    """Returns whether the values of a column may be those of a concept: marks are no money, numbers no names."""
    if concept in _MONEY and is_other_money(profile.name):
        return False
    if concept in _CODES and profile.is_number and is_quantity(profile.name):
        return False
    if concept in ("amount", "price") and profile.flags:
        return False
    if concept == "product" and is_name(profile.name) and profile.is_number:
        return False
    if concept in _NUMBERS:
        return profile.is_number
    if concept in _DATES:
        return profile.is_date
    if concept == "holiday":
        return profile.flags
    if concept in LEVELS and fits(profile.name, "customer").score >= LEAST:
        return False
    if concept == "place":
        is_measure = profile.is_number and (
            is_quantity(profile.name) or any(fits(profile.name, number).score >= LEAST for number in _NUMBERS)
        )
        return not (profile.is_date or profile.flags or profile.fractions or is_measure)
    if concept in ("currency", "measure"):
        return profile.is_text
    return not profile.is_date


def _finest_product(roles: dict[str, str], columns: Mapping[str, ColumnProfile]) -> dict[str, str]:
    """Returns the roles with the finest column that is called a product; without one, with the finest level of them."""
    others = set(roles.values()) - {roles.get("product")}
    called = [
        name
        for name, profile in columns.items()
        if name not in others and not is_name(name) and not profile.is_date and fits(name, "product").score >= 0.9
    ]
    if not called and "product name" not in roles:
        called = [roles[concept] for concept in LEVELS if concept in roles and concept != "brand"]
    if not called:
        return roles
    finest = max(called, key=lambda name: (columns[name].distinct, name == roles.get("product")))
    return roles | {"product": finest}


def _without_counts(
    head: "pd.DataFrame", columns: Mapping[str, ColumnProfile], roles: Mapping[str, str]
) -> dict[str, str]:
    """Returns the roles without a receipt that is a number of receipts: of a store and day, each in one row."""
    basket, date, store = (roles.get(role, "") for role in ("basket", "date", "store"))
    if not basket or not date or {"product", "product name"} & roles.keys() or columns[date].times:
        return dict(roles)
    is_count = columns[basket].is_number and not head.duplicated([date, *([store] if store else [])]).any()
    return {role: name for role, name in roles.items() if not (is_count and role == "basket")}


def _languages(columns: Collection[str]) -> dict[str, int]:
    """Returns how many names are words of each language; those that English has too count for it if for it alone."""
    counts: dict[str, int] = {}
    for name in columns:
        matches = [fits(name, concept) for concept in (*WORDS, *LEVELS)]
        best = max(matches, key=lambda match: match.score)
        if best.score >= LEAST and ("en" not in best.languages or best.languages == {"en"}):
            for language in best.languages:
                counts[language] = counts.get(language, 0) + 1
    return counts


def best_column(columns: Iterable[str], concept: str) -> str:
    """Returns the column whose name fits a concept best; nothing where none does."""
    scores = {name: fits(name, concept).score for name in columns}
    best = max(scores, key=lambda name: scores[name], default="")
    return best if best and scores[best] >= LEAST else ""


def title_of(known: KnownTable, *codes: str) -> str:
    """Returns the one column that is merely called a name or a description; nothing where there are several."""
    taken = {*codes, *known.roles.values()}
    titles = [
        name for name, profile in known.columns.items() if is_name(name) and profile.is_text and name not in taken
    ]
    return titles[0] if len(titles) == 1 else ""


def _kind(known: KnownTable) -> TableKind:
    roles = known.roles
    date = date_of(known)
    product = roles.get("product") or roles.get("product name")
    store = roles.get("store") or roles.get("store name")
    if date and product and roles.get("on hand") and not MEASURES & roles.keys():
        return "stock"
    if date and product and MEASURES & roles.keys():
        return "sales"
    if date and product and ({"price", "promotion"} & roles.keys()):
        return "promotions"
    if date and not product and covariate_columns(known):
        return "covariates"
    if not date and product and known.is_unique(product):
        return "products"
    if not date and store and known.is_unique(store):
        return "stores"
    return "other"


def covariate_columns(known: KnownTable) -> list[str]:
    """Returns the columns that may be covariates: numbers that are neither codes nor dates."""
    taken = {known.roles[role] for role in ("store", "holiday") if role in known.roles}
    numbers = [name for name, profile in known.columns.items() if profile.is_number and not profile.is_date]
    return [name for name in numbers if name not in taken]


def date_of(known: KnownTable) -> str:
    """Returns the column of dates; of several the one that is called so, else the only one."""
    for role in ("last day", "first day", "date"):
        if role in known.roles:
            return known.roles[role]
    dates = [name for name, profile in known.columns.items() if profile.is_date and not _is_expected(name)]
    return dates[0] if len(dates) == 1 else ""


def _is_expected(name: str) -> bool:
    """Returns whether a column of dates is called that of a delivery or a limit."""
    return fits(name, "expected date").score >= LEAST


def choose_sales(tables: Sequence[KnownTable]) -> tuple[KnownTable | None, list[str]]:
    """Returns the table of sales, and sentences on others that may be it: by its name, else the largest."""
    of_sales = [known for known in tables if known.kind == "sales"]
    candidates = [known for known in of_sales if not _is_all_zero(known)] or of_sales
    if not candidates:
        return None if any(map(is_wide, tables)) or dated_elsewhere(tables) else _by_values(tables), []
    ranked = sorted(candidates, key=lambda known: (_is_called_sales(known.table.files), _bytes(known.table)))
    return ranked[-1], [not_read(known, ranked[-1]) for known in ranked[:-1]]


def dated_elsewhere(tables: Sequence[KnownTable]) -> tuple[KnownTable, KnownTable, str] | None:
    """Returns sales without dates, the table that tells these, and the column of the sales that leads to them.

    Not by a store or a product: the day on which it opened or began is no date of its sales.
    """
    undated = [known for known in tables if not date_of(known) and MEASURES & known.roles.keys()]
    for known in undated:
        for other in tables:
            columns = {fold(name): name for name in other.columns} if date_of(other) else {}
            things = {table.roles.get(role) for table in (known, other) for role in ("store", "product")}
            for name in known.columns:
                key = "" if name in things else columns.get(fold(name), "")
                if key and other.is_unique(key) and set(known.head[name]) <= set(other.head[key]):
                    return known, other, name
    return None


def names_of(known: KnownTable) -> set[str]:
    """Returns the folded names of the columns of a table."""
    return set(map(fold, known.table.header))


def not_read(known: KnownTable, sales: KnownTable) -> str:
    """Returns why a table that may hold sales is not read beside that of the sales, and what to do."""
    files, read = known.table.files, sales.table.files
    told = f"{files} may hold sales too; only {read} is read"
    own = [name for name in known.table.header if fold(name) not in names_of(sales)]
    if own:
        others = [name for name in sales.table.header if fold(name) not in names_of(known)]
        what = f"call its columns {', '.join(own)} as there" + (f" ({', '.join(others)})" if others else "")
    else:
        what = "its columns are the same"
    return f"{told}: {what}, and save both as CSV files whose names differ in one place, such as sales_1 and sales_2"


def is_wide(known: KnownTable) -> bool:
    """Returns whether a table has a column for every date, named by it or by a running number."""
    names = [name for name in known.table.header if _DATE_NAME.fullmatch(name)]
    stems = Counter(
        found[1]
        for name, profile in known.columns.items()
        if profile.is_number and (found := re.fullmatch(r"(.*\D|)\d+", name))
    )
    return len(names) >= _DATES_LEAST or max(stems.values(), default=0) >= _NUMBERED_LEAST


def _is_all_zero(known: KnownTable) -> bool:
    """Returns whether all that may have been sold is 0."""
    measures = [known.columns[name] for role in ("units", "amount", "sales") if (name := known.roles.get(role))]
    return all(map(_is_zero, measures))


def _is_zero(profile: ColumnProfile) -> bool:
    return all(re.fullmatch(r"[-+]?0*[.,]?0*", value) for value in profile.samples)


def _is_called_sales(files: str) -> bool:
    return any(name in files.lower() for name in _SALES_NAMES)


def _bytes(table: SourceTable) -> int:
    return sum(part.path.stat().st_size for part in table.parts)


def _by_values(tables: Sequence[KnownTable]) -> KnownTable | None:
    """Returns the largest table that has dates, numbers and codes beside them, with roles guessed from values."""
    found = [guessed for known in tables if (guessed := _with_guessed_roles(known)) is not None]
    return max(found, key=lambda known: _bytes(known.table), default=None)


def _with_guessed_roles(known: KnownTable) -> KnownTable | None:
    date = date_of(known)
    if date and _is_of_one_product(known, date):
        return known
    roles = {"date": date} | dict(known.roles)
    free = [
        profile
        for name, profile in known.columns.items()
        if name not in roles.values() and not (is_name(name) or is_other_money(name) or _is_beside_sales(name))
    ]
    if not MEASURES & roles.keys():
        measures = [profile for profile in free if profile.is_number and not (profile.flags or _is_key(profile))]
        measures = [profile for profile in measures if not _is_zero(profile)]
        if measures:
            chosen = max(measures, key=lambda profile: (profile.fractions, profile.distinct))
            roles["amount" if chosen.fractions else "units"] = chosen.name
    keys = [profile for profile in free if profile.name not in roles.values() and _is_key(profile)]
    for role in ("product", "store") if "product" not in roles else ():
        if role not in roles and keys:
            chosen = max(keys, key=lambda profile: profile.distinct)
            roles[role] = chosen.name
            keys.remove(chosen)
    guessed = replace(known, roles=roles)
    return guessed if date and guessed.kind == "sales" else None


def _is_beside_sales(name: str) -> bool:
    """Returns whether a column is called what tells nothing of sales, such as a customer, a city or an hour."""
    return any(fits(name, concept).score >= LEAST for concept in ("customer", "other"))


def _is_of_one_product(known: KnownTable, date: str) -> bool:
    """Returns whether a table has a measure of sales and its rows are told apart by store and date alone."""
    store = known.roles.get("store") or known.roles.get("store name")
    is_named = bool(MEASURES & known.roles.keys()) and "product" not in known.roles
    return is_named and not known.head.duplicated([date, *([store] if store else [])]).any()


def _is_key(profile: ColumnProfile) -> bool:
    """Returns whether a column may hold codes: words, or numbers that are whole, filled and come again."""
    return profile.filled > 0.99 and not profile.is_date and not profile.fractions and profile.distinct > 1
