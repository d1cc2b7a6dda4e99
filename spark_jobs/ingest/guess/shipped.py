"""Files that a shipped mapping is for: known by their names, their columns and the weekday of their dates."""

import re
from collections.abc import Sequence

from spark_jobs.ingest.date_formats import choose_format, date_proofs, plain_date, read_date
from spark_jobs.ingest.guess.table_roles import KnownTable
from spark_jobs.ingest.mapping import INPUTS, SHIPPED, Mapping, read_mapping
from spark_jobs.ingest.schema import Place, fold, tables_of
from warehouse.errors import ShelfcastError


def shipped_mapping(tables: Sequence[KnownTable]) -> tuple[str, Mapping] | None:
    """Returns the name of the shipped mapping that is for these tables, and it with their files; nothing without one.

    Inputs that the folder does not have are left out.
    """
    for path in sorted(SHIPPED.glob("*.toml")):
        mapping = read_mapping(path)
        fitting = {name: known for table, name in INPUTS.items() if (known := _fitting(mapping, table, name, tables))}
        sales = fitting.get("sales")
        if sales is not None and _is_dated_by(sales, mapping):
            return path.stem, _with_files(mapping, fitting)
    return None


def _fitting(mapping: Mapping, table: str, name: str, tables: Sequence[KnownTable]) -> KnownTable | None:
    section = getattr(mapping, name)
    if section is None:
        return None
    columns = {
        fold(column) for field in tables_of(mapping)[table].fields if not field.is_optional for column in field.columns
    }
    for known in tables:
        stem = re.split(r"[-_. ]?(?:part)?[-_. (]*[\d*]|\.", known.table.files.lower(), maxsplit=1)[0]
        if stem == section.files and columns <= set(map(fold, known.table.header)):
            return known
    return None


def _is_dated_by(sales: KnownTable, mapping: Mapping) -> bool:
    """Returns whether the dates of sales are those on which the weeks of a mapping end."""
    column = next((name for name in sales.columns if fold(name) == fold(mapping.sales.columns.date)), "")
    texts = [plain_date(text) for text in sales.head[column].unique() if text] if column else []
    try:
        name = choose_format(sales.table.files, date_proofs(dict.fromkeys(texts, Place(0, 0))), None)
    except ShelfcastError:
        return False
    days = {day.weekday() for text in texts if (day := read_date(text, name)) is not None}
    return days == {mapping.retailer.week_end}


def _with_files(mapping: Mapping, fitting: dict[str, KnownTable]) -> Mapping:
    changes = {}
    for name in INPUTS.values():
        section = getattr(mapping, name)
        known = fitting.get(name)
        changes[name] = section.model_copy(update={"files": known.table.files}) if section and known else None
    return mapping.model_copy(update=changes)
