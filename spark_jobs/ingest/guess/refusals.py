"""Why a folder holds no sales that can be read, and what to write where its columns are called otherwise."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence

from spark_jobs.ingest.guess.broken_rows import JOINED, broken_row
from spark_jobs.ingest.guess.column_profiles import MOST, ColumnProfile
from spark_jobs.ingest.guess.mapping_text import toml_value
from spark_jobs.ingest.guess.name_fits import fits, name_words
from spark_jobs.ingest.guess.table_roles import LEAST, MEASURES, KnownTable, date_of, dated_elsewhere, is_wide
from spark_jobs.ingest.guess.title_rows import misplaced_header
from spark_jobs.ingest.guess.week_names import WEEKS, is_called_week
from spark_jobs.ingest.mapping import MAPPING_NAME
from warehouse.errors import ShelfcastError
from warehouse.wording import counted

PAGE = "docs/your-data.md"
_SHOWN_LETTERS, _SHOWN_COLUMNS = 40, 20
_MONTH = re.compile(r"(?:19|20)\d\d[-/.]?(?:0[1-9]|1[0-2])|(?:0?[1-9]|1[0-2])[-/.](?:19|20)\d\d")
_YEAR, _WEEK = re.compile(r"(?:19|20)\d\d"), re.compile(r"0?[1-9]|[1-4]\d|5[0-3]")
_YEARS = frozenset(("year", "jahr", "annee", "ano", "anno", "jaar", "rok", "ar"))
_COUNTED, _SERIAL = re.compile(r"(?:[A-Za-z]_?)?\d{1,4}"), re.compile(r"[2-6]\d{4}(?:[.,]\d+)?")
_DAY_NAME = re.compile(r"[dD]_?\d{1,4}")
_DAY_0 = dt.date(1899, 12, 30)
"""The day from which Excel counts."""


def no_sales(tables: Sequence[KnownTable], notes: Sequence[str] = ()) -> ShelfcastError:
    """Returns what each table lacks of the sales, and what to write where its columns are called otherwise.

    Args:
        tables: the tables of the folder.
        notes: sentences on the files that hold none.
    """
    broken = [said for known in tables if known.head.empty for part in known.table.parts if (said := broken_row(part))]
    if broken:
        return ShelfcastError(f"No file holds sales: {'; '.join(broken)}.", f"{JOINED.capitalize()}.")
    for known in tables:
        if _lacks(known) == ["dates"] and (month := _column_of(known, _MONTH)):
            return ShelfcastError(
                f"{known.table.files} holds sums of months in column {month}, and weeks can't be told from them.",
                "Export lines, days or weeks.",
            )
    told = "; ".join([*map(_told, tables), *notes])
    misplaced = [said for known in tables for part in known.table.parts if (said := misplaced_header(part))]
    if misplaced:
        return ShelfcastError(f"No file holds sales: {'; '.join(misplaced)}.", "Remove the lines above it.")
    reshape = [sentence for known in tables if (sentence := _to_reshape(known))]
    if reshape:
        return ShelfcastError(f"No file holds sales: {told}.", " ".join(reshape))
    if (found := dated_elsewhere(tables)) is not None:
        sales, other, column = found
        return ShelfcastError(
            f"{sales.table.files} has the sales but no dates, which stand in {other.table.files} by column {column}.",
            "Join them as one file, with a date in each row.",
        )
    nearest = min(tables, key=lambda known: len(_lacks(known)))
    unread = [sentence for known in tables if not date_of(known) for sentence in _unread_dates(known)]
    if unread and _lacks(nearest) == ["dates"]:
        return ShelfcastError(f"No file holds sales: {told}.", " ".join(unread))
    return ShelfcastError(
        f"No file holds sales: {told}.",
        f"{''.join(f'{sentence} ' for sentence in unread)}Sales need a date, a product, and a quantity or an amount in "
        "each row. Where they have them under other "
        f"names, write {MAPPING_NAME} beside the files, which {PAGE} explains:\n\n{_example(nearest)}",
    )


def nothing_read(files: str, unread: Mapping[str, int]) -> ShelfcastError:
    """Returns why no row of the sales can be used.

    Args:
        files: name of the sales.
        unread: rows that can't be read, by what is wrong.
    """
    told = ", ".join(unread_rows(unread))
    return ShelfcastError(
        f"No row of {files} can be used: {told or 'it has none'}.",
        f"Look at its columns; where others are meant, write {MAPPING_NAME} beside it, which {PAGE} explains.",
    )


def unread_rows(unread: Mapping[str, int]) -> list[str]:
    """Returns how many rows can't be read, and for lack of what; see `Scan.unread`."""
    return [f"{counted(rows, 'row')} that can't be read for lack of a sound {name}" for name, rows in unread.items()]


def _lacks(known: KnownTable) -> list[str]:
    lacks = [] if date_of(known) else ["dates"]
    lacks += [] if {"product", "product name"} & known.roles.keys() else ["products"]
    lacks += [] if MEASURES & known.roles.keys() else ["quantities or amounts"]
    return lacks


def _told(known: KnownTable) -> str:
    columns = ", ".join(name[:_SHOWN_LETTERS] for name in known.table.header[:_SHOWN_COLUMNS])
    return f"{known.table.files} has no column of {' and none of '.join(_lacks(known)) or 'sales'} among {columns}"


def _to_reshape(known: KnownTable) -> str:
    """Returns how a table becomes one with a date in each row; nothing where no way is seen."""
    files = known.table.files
    if is_wide(known):
        return f"{files} seems to have a column for every date: turn it so that each date has a row."
    year, week = _named(known, _YEARS, _YEAR), _named(known, WEEKS, _WEEK)
    if not year or not week or date_of(known):
        return ""
    return f"{files} has the year in column {year} and the week in column {week}: join them as one, such as 2023-W07."


def _named(known: KnownTable, words: frozenset[str], pattern: re.Pattern[str]) -> str:
    """Returns the column with one of these words in its name and with such values; nothing without one."""
    return next(
        (name for name, profile in known.columns.items() if words & set(name_words(name)) and _holds(profile, pattern)),
        "",
    )


def _column_of(known: KnownTable, pattern: re.Pattern[str]) -> str:
    return next(
        (name for name, profile in known.columns.items() if not is_called_week(name) and _holds(profile, pattern)), ""
    )


def _unread_dates(known: KnownTable) -> Iterator[str]:
    """Gives the columns that are called a week or a date and hold none that can be read, each with what to write."""
    for name, profile in known.columns.items():
        is_date = any(fits(name, concept).score >= LEAST for concept in ("date", "first day", "last day"))
        if not profile.samples or not (is_date or _holds(profile, _DAY_NAME)):
            continue
        called = "is called a week" if is_called_week(name) else "is called a date" if is_date else "counts days"
        example, remedy = _date_remedy(profile, is_called_week(name))
        yield (
            f"Column {name} of {known.table.files} {called}, but '{example[:_SHOWN_LETTERS]}' is no date in a known "
            f"form: {remedy}."
        )


def _date_remedy(profile: ColumnProfile, is_week: bool) -> tuple[str, str]:
    """Returns a value that is no date, and what to write in place of such."""
    first = profile.samples[0]
    if _holds(profile, _COUNTED):
        what = "week" if is_week else "day"
        write = f"write the date of each {what} for its number, such as 2024-01-29"
        return first, f"name the date of {what} 1, that is, {write}"
    if _holds(profile, _SERIAL):
        serial = next(filter(_SERIAL.fullmatch, profile.samples))
        day = _DAY_0 + dt.timedelta(days=int(serial[:5]))
        return serial, f"Excel counts days so; format the column as dates, such as {day}, and save it again"
    return first, "write 2024-W05" if is_week else "write 2024-01-29, 29.01.2024, 01/29/2024 or 29-Jan-2024"


def _holds(profile: ColumnProfile, pattern: re.Pattern[str]) -> bool:
    values = profile.samples
    return bool(values) and sum(bool(pattern.fullmatch(value)) for value in values) >= MOST * len(values)


def _example(known: KnownTable) -> str:
    """Returns the tables of a mapping for a file, with the columns to choose from where none is known."""
    roles = known.roles
    measure = "amount" if "amount" in roles and "units" not in roles else "units"
    found = {
        "product": roles.get("product") or roles.get("product name", ""),
        "date": date_of(known),
        measure: roles.get(measure) or roles.get("sales", ""),
    }
    free = [name for name in known.columns if name not in found.values()][:_SHOWN_COLUMNS]
    choices = f'"..."  # one of {", ".join(map(toml_value, free))}'
    lines = [f"{key} = {toml_value(name) if name else choices}" for key, name in found.items()]
    head = [
        "[retailer]",
        f'forecast_unit = "{measure}"',
        "",
        "[sales]",
        f"files = {toml_value(known.table.files)}",
        'grain = "days"  # or "lines" or "weeks"',
    ]
    return "\n".join([*head, "", "[sales.columns]", *lines])
