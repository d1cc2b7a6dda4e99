"""What each input file must hold: its columns, where they go, and how they are read."""

import difflib
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from spark_jobs.ingest.mapping import Covariate, Mapping
from warehouse.errors import ShelfcastError

Kind = Literal[
    "code", "whole", "number", "above_zero", "zero_or_more", "flag", "mark", "week", "day", "text", "name", "size"
]
ONE = "all"
"""Code of the store or the product where the sales have no column of them."""
UNKNOWN = "unknown"
"""Type of a store, and level of a product, that its file does not tell."""
ONE_TYPE = "all"
"""Type of every store where no file tells them apart."""
_ALIKE = 0.8
"""From which likeness on a name counts as misspelt, a fraction; of files and of columns."""
_CONTAINED = 5
"""Letters from which on a name counts as meant where it is a part of another."""
_SHOWN = 40
"""Characters of a column's name that a sentence quotes."""


class Place(NamedTuple):
    """A line of a part; places sort in the order in which the parts are read.

    Attributes:
        part: number of the part, counted from 0.
        line: number of the line in it, counted from 1.
        file: name of the part where a table has several, else empty.
    """

    part: int
    line: int
    file: str = ""

    def __str__(self) -> str:
        return f"line {self.line} of {self.file}" if self.file else f"line {self.line}"


@dataclass(frozen=True)
class Field:
    """A value of a row: the column of the file that holds it, its name in the table, how it is read.

    Attributes:
        columns: the columns; several where their texts together are the value.
        is_nullable: whether NA or an empty field is allowed.
        is_optional: whether the whole column may be missing.
        default: what stands for a missing value.
    """

    columns: tuple[str, ...]
    name: str
    kind: Kind
    is_nullable: bool = False
    is_optional: bool = False
    default: float | None = None

    @property
    def source(self) -> str:
        """What sentences call the columns."""
        return " + ".join(self.columns)


@dataclass(frozen=True)
class Table:
    """The columns of a file and the keys of its rows, by their names in the table."""

    fields: tuple[Field, ...]
    keys: tuple[str, ...]
    has_store_check: bool = True

    @property
    def dates(self) -> tuple[Field, ...]:
        """The columns that hold dates."""
        return tuple(field for field in self.fields if field.kind in ("week", "day"))


COVARIATES: tuple[str, ...] = get_args(Covariate)
"""Columns of numbers in `raw.external_features`; covariates of other names stand in the column OTHERS."""
OTHERS = "other_covariates"


def tables_of(mapping: Mapping) -> dict[str, Table]:
    """Returns what is read of each input of a mapping, by the table in schema raw that it feeds."""
    code: Kind = "whole" if mapping.codes == "numbers" else "code"
    tables = {"store_attributes": _stores(mapping, code), "products": _products(mapping, code)}
    tables |= {"raw_sales": _sales(mapping, code), "external_features": _covariates(mapping, code)}
    tables |= {"stock_positions": _stock(mapping, code), "promotions": _promotions(mapping, code)}
    return {name: table for name, table in tables.items() if table.fields}


def _key(columns: tuple[str, ...], name: str, code: Kind) -> list[Field]:
    return [Field(columns, name, code)] if columns else []


def _one(column: str, name: str, kind: Kind, is_optional: bool = True, is_nullable: bool = True) -> list[Field]:
    return [Field((column,), name, kind, is_nullable, is_optional)] if column else []


def _stores(mapping: Mapping, code: Kind) -> Table:
    if mapping.stores is None:
        return Table((), ())
    columns, must = mapping.stores.columns, mapping.stores.is_complete
    fields = [
        *_key(columns.store, "store_code", code),
        *_one(columns.name, "store_name", "name"),
        *_one(columns.type, "store_type", "text", is_optional=not must, is_nullable=not must),
        *_one(columns.size, "size_sqft", "size"),
    ]
    return Table(tuple(fields), ("store_code",), has_store_check=False)


def _products(mapping: Mapping, code: Kind) -> Table:
    if mapping.products is None:
        return Table((), ())
    columns = mapping.products.columns
    levels = [field for n, name in enumerate(mapping.products.levels, 1) for field in _one(name, f"level_{n}", "text")]
    fields = [*_key(columns.product, "product_code", code), *_one(columns.name, "product_name", "name"), *levels]
    return Table(tuple(fields), ("product_code",), has_store_check=False)


def _sales(mapping: Mapping, code: Kind) -> Table:
    columns, is_in_units = mapping.sales.columns, mapping.retailer.is_in_units
    is_priced = bool(columns.price and not columns.amount)
    needs_units, needs_amount = is_in_units or is_priced, bool(columns.amount) and not is_in_units
    fields = [
        *_key(columns.store, "store_code", code),
        *_key(columns.product, "product_code", code),
        Field((columns.date,), "sale_date", "week" if mapping.sales.grain == "weeks" else "day"),
        *_one(columns.units, "units", "number", not needs_units, not needs_units),
        *_one(columns.amount, "amount", "number", not needs_amount, not needs_amount),
        *(_one(columns.price, "price", "number", is_in_units, is_in_units) if is_priced else []),
        *([Field(columns.line, "line", "code", is_nullable=True)] if columns.line else []),
        *_one(columns.holiday, "is_holiday", "flag", is_nullable=False),
    ]
    return Table(tuple(fields), tuple(f.name for f in fields if f.name in ("store_code", "product_code", "sale_date")))


def _covariates(mapping: Mapping, code: Kind) -> Table:
    if mapping.covariates is None:
        return Table((), ())
    columns = mapping.covariates.columns
    keys = [*_key(columns.store, "store_code", code), Field((columns.date,), "feature_date", "week")]
    values = [field for name, column in columns.values.items() for field in _one(column, name, "number")]
    flags = _one(columns.holiday, "is_holiday", "flag", is_nullable=False)
    return Table((*keys, *values, *flags), tuple(field.name for field in keys))


def _stock(mapping: Mapping, code: Kind) -> Table:
    if mapping.stock is None:
        return Table((), ())
    columns = mapping.stock.columns
    on_order = Field((columns.on_order,), "on_order", "zero_or_more", True, True, default=0.0)
    fields = [
        *_key(columns.store, "store_code", code),
        *_key(columns.product, "product_code", code),
        Field((columns.date,), "stock_date", "day"),
        Field((columns.on_hand,), "on_hand", "zero_or_more"),
        *([on_order] if columns.on_order else []),
        *_one(columns.expected_date, "expected_date", "day"),
        *_one(columns.unit_price, "unit_price", "above_zero"),
        *_one(columns.lead_time_days, "lead_time_days", "above_zero"),
    ]
    return Table(tuple(fields), tuple(f.name for f in fields if f.name in ("store_code", "product_code", "stock_date")))


def _promotions(mapping: Mapping, code: Kind) -> Table:
    if mapping.promotions is None:
        return Table((), ())
    columns = mapping.promotions.columns
    fields = [
        *_key(columns.store, "store_code", code),
        *_key(columns.product, "product_code", code),
        Field((columns.date,), "plan_date", "day"),
        *_one(columns.price, "planned_price", "above_zero"),
        *_one(columns.promotion, "is_promoted", "mark"),
    ]
    keys = tuple(f.name for f in fields if f.name in ("store_code", "product_code", "plan_date"))
    return Table(tuple(fields), keys, has_store_check=False)


def fold(name: str) -> str:
    """Returns the name of a column as it is compared: small letters and digits alone."""
    return re.sub(r"[\W_]", "", name).lower()


def resembled(name: str, known: Iterable[str]) -> str:
    """Returns which of the known names another is a misspelling of; nothing where it is none."""
    return next(iter(difflib.get_close_matches(name, known, 1, _ALIKE)), "")


def known_names(mapping: Mapping) -> frozenset[str]:
    """Returns the folded names of all columns that the files of a mapping may have."""
    fields = [field for table in tables_of(mapping).values() for field in table.fields]
    return frozenset(fold(column) for field in fields for column in field.columns)


def locate(
    name: str, header: Sequence[str], fields: Sequence[Field], known: Collection[str] = ()
) -> dict[str, tuple[int, ...]]:
    """Returns where the columns of each field stand in a row of the file, counted from 0, by its name in the table.

    Columns may come in any order, in any case and with blanks or hyphens for underscores; columns that nobody asks
    for are ignored.

    Args:
        name: what sentences call the file.
        header: names of its columns.
        fields: what is wanted.
        known: folded names of columns that other files have; none of them is a misspelling.

    Raises:
        ShelfcastError: a column is missing, stands there twice, or is called nearly like one that may be missing; the
            sentence names it, its places and the file.
    """
    found = {field.name: [_place(name, header, column) for column in field.columns] for field in fields}
    for field in fields:
        missing = [column for column, place in zip(field.columns, found[field.name], strict=True) if place is None]
        if missing and not field.is_optional:
            raise ShelfcastError(f"{name} has no column {missing[0]}.", _fix(header))
    _refuse_misnamed(name, header, fields, known)
    return {
        name: tuple(place for place in places if place is not None)
        for name, places in found.items()
        if None not in places
    }


def _place(name: str, header: Sequence[str], column: str) -> int | None:
    """Returns where a column stands; nothing where it does not.

    Of `Sales` and `Sales %` the one that is called exactly so is meant; other capitals alone tell no columns apart.
    """
    # A name of signs alone folds to nothing: it is looked for as it is written.
    folded = fold(column) or column
    places = [number for number, other in enumerate(header) if (fold(other) or other) == folded]
    exact = [place for place in places if header[place].casefold() == column.casefold()]
    if len(exact) == 1 and header[exact[0]] == column:
        return exact[0]
    if len(places) > 1:
        raise ShelfcastError(
            f"{name} has two columns {column}, the columns {' and '.join(str(place + 1) for place in places)} of its "
            "first line.",
            "Remove one of them.",
        )
    return places[0] if places else None


def locate_parts(
    parts: Sequence[tuple[str, Sequence[str]]], fields: Sequence[Field], known: Collection[str] = ()
) -> list[dict[str, tuple[int, ...]]]:
    """Returns what `locate` does for each part of a file, given by its name and its header.

    Raises:
        ShelfcastError: see `locate`; or a part lacks a column that another has.
    """
    found = [locate(name, header, fields, known) for name, header in parts]
    for (name, header), positions in zip(parts, found, strict=True):
        for field in fields:
            having = next((other for (other, _), places in zip(parts, found, strict=True) if field.name in places), "")
            if having and field.name not in positions:
                raise ShelfcastError(f"{name} has no column {field.source}, which {having} has.", _fix(header))
    return found


def _refuse_misnamed(name: str, header: Sequence[str], fields: Sequence[Field], known: Collection[str]) -> None:
    """Refuses a column that nobody asks for and that is called nearly like one which the file lacks."""
    columns = {fold(column): column for column in header}
    wanted = {fold(column): column for field in fields for column in field.columns}
    absent = {folded: column for folded, column in wanted.items() if folded not in map(fold, header)}
    for folded, column in columns.items():
        if folded in known or folded in wanted:
            continue
        alike = [one for one in absent if min(len(one), len(folded)) >= _CONTAINED and (one in folded or folded in one)]
        if meant := resembled(folded, absent) or next(iter(alike), ""):
            raise ShelfcastError(
                f"{name} has no column {absent[meant]}, but one called {column[:_SHOWN]}: is it meant?",
                f"Call it {absent[meant]}, or remove it.",
            )


def _fix(header: Sequence[str]) -> str:
    names = ", ".join(column[:_SHOWN] for column in header[:20])
    return f"Its first line names {names}; add the column or correct its name."
