"""What each input file must hold: its columns, where they go, and how they are read."""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

from warehouse.errors import ShelfcastError

Kind = Literal["whole", "number", "above_zero", "zero_or_more", "flag", "week", "day", "text", "size"]
LONGEST_TEXT = 128
"""Characters of a word of the retailer's own, such as the type of a store."""
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
    """A column of a file: its name there, its name in the table, how it is read.

    Attributes:
        is_nullable: whether NA or an empty field is allowed.
        is_optional: whether the whole column may be missing.
        default: what stands for a missing value.
    """

    source: str
    name: str
    kind: Kind
    is_nullable: bool = False
    is_optional: bool = False
    default: float | None = None


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


_STORE = Field("Store", "store_id", "whole")
_DEPARTMENT = Field("Dept", "dept_id", "whole")
_HOLIDAY = Field("IsHoliday", "is_holiday", "flag", is_optional=True)


def _covariate(source: str, name: str) -> Field:
    return Field(source, name, "number", is_nullable=True, is_optional=True)


TABLES = {
    "store_attributes": Table(
        (
            _STORE,
            Field("Type", "store_type", "text"),
            Field("Size", "size_sqft", "size", is_nullable=True, is_optional=True),
        ),
        ("store_id",),
        has_store_check=False,
    ),
    "raw_sales": Table(
        (
            _STORE,
            _DEPARTMENT,
            Field("Date", "sale_date", "week"),
            Field("Weekly_Sales", "weekly_sales", "number"),
            _HOLIDAY,
        ),
        ("store_id", "dept_id", "sale_date"),
    ),
    "external_features": Table(
        (
            _STORE,
            Field("Date", "feature_date", "week"),
            _covariate("Temperature", "temperature"),
            _covariate("Fuel_Price", "fuel_price"),
            *(_covariate(f"MarkDown{n}", f"markdown_{n}") for n in range(1, 6)),
            _covariate("CPI", "cpi"),
            _covariate("Unemployment", "unemployment"),
            _HOLIDAY,
        ),
        ("store_id", "feature_date"),
    ),
    "stock_positions": Table(
        (
            _STORE,
            _DEPARTMENT,
            Field("Date", "stock_date", "day"),
            Field("On_Hand", "on_hand", "zero_or_more"),
            Field("On_Order", "on_order", "zero_or_more", is_nullable=True, is_optional=True, default=0.0),
            Field("Expected_Date", "expected_date", "day", is_nullable=True, is_optional=True),
            Field("Unit_Price", "unit_price", "above_zero", is_nullable=True, is_optional=True),
            Field("Lead_Time_Days", "lead_time_days", "above_zero", is_nullable=True, is_optional=True),
        ),
        ("store_id", "dept_id", "stock_date"),
    ),
}


def fold(name: str) -> str:
    """Returns the name of a column as it is compared: small letters and digits alone."""
    return re.sub(r"[\W_]", "", name).lower()


def resembled(name: str, known: Iterable[str]) -> str:
    """Returns which of the known names another is a misspelling of; nothing where it is none."""
    return next(iter(difflib.get_close_matches(name, known, 1, _ALIKE)), "")


@cache
def known_names() -> frozenset[str]:
    """Returns the folded names of all columns that any file may have."""
    return frozenset(fold(field.source) for table in TABLES.values() for field in table.fields)


def locate(name: str, header: Sequence[str], fields: Sequence[Field]) -> dict[str, int]:
    """Returns where each field stands in a row of the file, counted from 0, by its name in the table.

    Columns may come in any order, in any case and with blanks or hyphens for underscores; columns that nobody asks
    for are ignored.

    Raises:
        ShelfcastError: a column is missing, stands there twice, or is called nearly like one that may be missing; the
            sentence names it, its places and the file.
    """
    columns = [fold(column) for column in header]
    for field in fields:
        places = [str(place) for place, column in enumerate(columns, start=1) if column == fold(field.source)]
        if not places and not field.is_optional:
            raise ShelfcastError(f"{name} has no column {field.source}.", _fix(header))
        if len(places) > 1:
            raise ShelfcastError(
                f"{name} has two columns {field.source}, the columns {' and '.join(places)} of its first line.",
                "Remove one of them.",
            )
    _refuse_misnamed(name, header, fields)
    return {field.name: columns.index(fold(field.source)) for field in fields if fold(field.source) in columns}


def locate_parts(parts: Sequence[tuple[str, Sequence[str]]], fields: Sequence[Field]) -> list[dict[str, int]]:
    """Returns what `locate` does for each part of a file, given by its name and its header.

    Raises:
        ShelfcastError: see `locate`; or a part lacks a column that another has.
    """
    found = [locate(name, header, fields) for name, header in parts]
    for (name, header), positions in zip(parts, found, strict=True):
        for field in fields:
            having = next((other for (other, _), places in zip(parts, found, strict=True) if field.name in places), "")
            if having and field.name not in positions:
                raise ShelfcastError(f"{name} has no column {field.source}, which {having} has.", _fix(header))
    return found


def _refuse_misnamed(name: str, header: Sequence[str], fields: Sequence[Field]) -> None:
    """Refuses a column that nobody asks for and that is called nearly like one which the file lacks."""
    columns = {fold(column): column for column in header}
    absent = {fold(field.source): field.source for field in fields if fold(field.source) not in columns}
    for folded, column in columns.items():
        if folded in known_names():
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
