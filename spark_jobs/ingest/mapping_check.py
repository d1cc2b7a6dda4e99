"""Whether a mapping fits the files of a folder: all that does not is told at once, before anything is read."""

import difflib
import itertools
import tempfile
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Dictionary
from dataclasses import replace
from pathlib import Path

from spark_jobs.ingest.date_formats import FORMATS
from spark_jobs.ingest.file_format import peek_parts
from spark_jobs.ingest.mapping import INPUTS, Mapping, matching
from spark_jobs.ingest.other_forms import PARQUET, as_csv, is_other_form
from spark_jobs.ingest.schema import Field, fold, known_names, locate, tables_of
from warehouse.errors import ShelfcastError
from warehouse.signs import one_line

Header = tuple[str, tuple[str, ...]]
"""What sentences call a part of a file, and the names of its columns."""
_LIKELY = 0.6
_SHOWN, _NAMED = 40, 20
"""Characters of a name that a sentence quotes, and the names that it lists."""
_MAY_SHARE = {
    frozenset(pair) for pair in (("line", "product"), ("line", "store"), ("line", "date"), ("product", "name"))
}
"""Roles that one column may have together: a basket and a product identify a line; a code may be the name as well."""
_MAY_SHARE |= {frozenset(("store", "name"))}


def check_mapping(mapping: Mapping, folder: Path) -> None:
    """Checks that the files which a mapping names are there and have its columns, each in one role.

    Raises:
        ShelfcastError: they are not; the one sentence names every fault, with what was probably meant.
    """
    found = list(_faults(mapping, folder))
    if found:
        told = "; ".join(found) if len(found) == 1 else "; ".join(f"({n}) {fault}" for n, fault in enumerate(found, 1))
        raise ShelfcastError(
            f"The mapping does not fit the files in {folder}: {told}.",
            "Correct it, or have it written anew by `shelfcast init`.",
        )


def _faults(mapping: Mapping, folder: Path) -> Iterator[str]:
    known = known_names(mapping)
    tables = tables_of(mapping)
    if mapping.sales.date_format and mapping.sales.date_format not in FORMATS:
        yield f"sales.date_format {_quoted(mapping.sales.date_format)} is none of {', '.join(FORMATS)}"
    for table, name in INPUTS.items():
        section = getattr(mapping, name)
        if section is None:
            continue
        yield from (f"{name}.columns: {fault}" for fault in _shared(_roles(section.columns, name, mapping)))
        paths = matching(folder, section.files)
        if not paths:
            yield f"{name}.files: {_no_file(folder, section.files)}"
        for path in paths:
            yield from (f"{name}: {fault}" for fault in _file_faults(path, tables[table].fields, known))


def _file_faults(path: Path, fields: Sequence[Field], known: frozenset[str]) -> Iterator[str]:
    try:
        headers = _headers(path, known)
    except ShelfcastError as error:
        yield str(error).rstrip(".")
        return
    for name, header in headers:
        yield from _column_faults(name, header, fields)


def _headers(path: Path, known: frozenset[str]) -> list[Header]:
    if not is_other_form(path):
        return [(part.name, part.header) for part in peek_parts(path, known)]
    if path.suffix.lower() in PARQUET:
        return [(path.name, _parquet_names(path))]
    with tempfile.TemporaryDirectory() as working:
        return [(path.name, part.header) for text in as_csv(path, Path(working)) for part in peek_parts(text, known)]


def _parquet_names(path: Path) -> tuple[str, ...]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return tuple(pq.read_schema(path).names)
    except (pa.ArrowInvalid, OSError):
        raise ShelfcastError(f"{path} is not a whole Parquet file.", "Write it again.") from None


def _column_faults(name: str, header: tuple[str, ...], fields: Sequence[Field]) -> Iterator[str]:
    folded = {fold(column): column for column in header}
    wanted = dict.fromkeys(column for field in fields for column in field.columns)
    missing = [column for column in wanted if column not in header and fold(column) not in folded]
    for column in missing:
        close = difflib.get_close_matches(fold(column), list(folded), 1, _LIKELY)
        meant = f": did you mean {_quoted(folded[close[0]])}?" if close else ""
        yield f"{name} has no column {_quoted(column)}{meant}"
    if missing:
        yield f"the columns of {name} are {_listed(header)}"
    for column in wanted.keys() - set(missing):
        try:
            locate(name, header, [replace(fields[0], columns=(column,), is_optional=False)])
        except ShelfcastError as error:
            yield str(error).rstrip(".")


def _no_file(folder: Path, pattern: str) -> str:
    names = sorted(path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    close = difflib.get_close_matches(pattern.lower(), [name.lower() for name in names], 1, _LIKELY)
    meant = next((name for name in names if close and name.lower() == close[0]), "")
    hint = f"did you mean {_quoted(meant)}? " if meant else ""
    return f"no file is called {_quoted(pattern)}; {hint}There are {_listed(names) or 'none'}"


def _roles(columns: object, name: str, mapping: Mapping) -> dict[str, tuple[str, ...]]:
    """Returns the columns of every role of an input."""
    roles: dict[str, tuple[str, ...]] = {}
    for role, value in dict(columns).items():  # type: ignore[call-overload]
        if isinstance(value, Dictionary):
            roles |= {f"values.{key}": (column,) for key, column in value.items()}
        elif value:
            roles[role] = (value,) if isinstance(value, str) else tuple(value)
    if name == "products" and mapping.products is not None:
        roles |= {f"levels.{level}": (level,) for level in mapping.products.levels}
    return roles


def _shared(roles: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """Gives the columns that have two roles of which one excludes the other."""
    for (role, columns), (other, others) in itertools.combinations(roles.items(), 2):
        both = {fold(column): column for column in columns if fold(column) in set(map(fold, others))}
        if frozenset((role, other)) not in _MAY_SHARE:
            yield from (f"{_quoted(column)} can't be both {role} and {other}" for column in both.values())


def _quoted(name: str) -> str:
    return one_line(name[:_SHOWN])


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(_quoted(name) for name in names[:_NAMED]) + more
