"""The input files: where they are, in how many parts, and whether there is anything in them to read."""

import hashlib
import itertools
import re
from dataclasses import dataclass
from pathlib import Path

from spark_jobs.ingest.file_format import ENDINGS, PACKINGS, Part, digest, natural_order, open_parts
from spark_jobs.ingest.mapping import INPUTS, MAPPING_NAME, SHIPPED, Mapping, matching, read_mapping
from spark_jobs.ingest.schema import fold, known_names, resembled
from warehouse.errors import ShelfcastError
from warehouse.files import files_in

STEMS = {
    "store_attributes": "stores",
    "raw_sales": "train",
    "external_features": "features",
    "stock_positions": "inventory",
}
"""File name without its ending, by the table in schema raw that the file feeds."""
OPTIONAL = ("store_attributes", "products", "external_features", "stock_positions", "promotions")
_NAMED_PARTS = 3
"""Parts that are named one by one; of more only the first and the last are."""


@dataclass(frozen=True)
class InputFile:
    """What feeds one table: a file, or several that are read as one; the SHA-256 of their bytes."""

    table: str
    parts: tuple[Part, ...]
    sha256: str

    @property
    def name(self) -> str:
        """Name of the file without its folder; of several the names of all, or of the first and the last."""
        names = [part.name for part in self.parts]
        if len(names) <= _NAMED_PARTS:
            return ", ".join(names)
        return f"{names[0]} to {names[-1]} ({len(names)} parts)"

    @property
    def part_names(self) -> tuple[str, ...]:
        """Names of the parts where there are several, else one empty name: sentences then need none."""
        return tuple(part.name for part in self.parts) if len(self.parts) > 1 else ("",)

    @property
    def header(self) -> tuple[str, ...]:
        """Names of the columns in the first part."""
        return self.parts[0].header

    @property
    def header_line(self) -> int:
        """Number of the header's line in the first part."""
        return self.parts[0].header_line

    @property
    def header_text(self) -> str:
        """The header's line as it stands in the file; empty where its parts have others."""
        texts = {part.header_text for part in self.parts}
        return texts.pop() if len(texts) == 1 else ""


@dataclass(frozen=True)
class InputFiles:
    """The files of one load; those but `sales` where the folder has them, and any may lack where rows are added.

    Attributes:
        mapping: what they mean.
        is_shipped: whether no mapping of the user's own says so: their names and columns are those of a shipped one.
    """

    folder: Path
    mapping: Mapping
    is_shipped: bool
    stores: InputFile | None = None
    products: InputFile | None = None
    sales: InputFile | None = None
    features: InputFile | None = None
    inventory: InputFile | None = None
    promotions: InputFile | None = None

    @property
    def all(self) -> tuple[InputFile, ...]:
        """The files in the order in which they are read: stores first."""
        found = (self.stores, self.products, self.sales, self.features, self.inventory, self.promotions)
        return tuple(file for file in found if file is not None)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the mapping, the tables and the bytes of their files."""
        parts = [self.mapping.model_dump_json(), *(f"{file.table} {file.sha256}" for file in self.all)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def find_inputs(
    folder: str | Path, is_partial: bool = False, mapping: Path | None = None, working: Path | None = None
) -> InputFiles:
    """Returns the input files of a folder, as its mapping names them.

    Without a mapping they are train and, where present, stores, features and inventory, each a .csv, .tsv or .txt, as
    it is or packed as .gz, .bz2, .zst or .zip; or several of them, numbered like train_1.csv or laid in a folder like
    train/. Capital letters in a name do not matter.

    Args:
        folder: where the files lie; with `is_partial` also one file of any name, which its columns tell apart.
        is_partial: whether the files are added to what is published, so that any of them may be absent.
        mapping: the mapping; `shelfcast.toml` in the folder, or a shipped one, where it is None.
        working: folder for copies of workbooks and Parquet files as text.

    Raises:
        ShelfcastError: the folder or a file is missing, not readable, empty, or holds only a header; or the mapping
            does not fit them.
    """
    place = Path(folder)
    is_file = is_partial and place.is_file()
    names = [] if is_file else _names(place)
    own = mapping or (place / MAPPING_NAME if MAPPING_NAME in names else None)
    if own is not None:
        return _mapped(place, read_mapping(own), is_partial, working)
    shipped = read_mapping(SHIPPED / "walmart.toml")
    if is_file:
        return _of({table: _open(table, [place], shipped) for table in [_table_of(place, shipped)]}, place, shipped)
    found = {table: _pick(place, names, table, is_partial) for table in STEMS}
    files = {table: _open(table, paths, shipped) for table, paths in found.items() if paths}
    if not files:
        raise ShelfcastError(f"There is no input file in {folder}.", "Put train.csv, features.csv or another there.")
    return _of(files, place, shipped)


def _mapped(folder: Path, mapping: Mapping, is_partial: bool, working: Path | None) -> InputFiles:
    """Returns the files that a mapping of the user's own names."""
    from spark_jobs.ingest.mapping_check import check_mapping

    if folder.is_file():
        raise ShelfcastError(f"{folder} is a file.", "Give the folder with the files that the mapping names.")
    if not is_partial:
        check_mapping(mapping, folder)
    patterns = {table: section.files for table, name in INPUTS.items() if (section := getattr(mapping, name))}
    found = {table: sorted(matching(folder, pattern), key=_by_name) for table, pattern in patterns.items()}
    # Where nothing is planned at the moment, a file of plans has a header alone.
    if not _has_rows(found.get("promotions", []), mapping, working):
        found.pop("promotions", None)
    files = {table: _open(table, paths, mapping, working) for table, paths in found.items() if paths}
    return _of(files, folder, mapping, is_shipped=False)


def _has_rows(paths: list[Path], mapping: Mapping, working: Path | None) -> bool:
    known = known_names(mapping)
    return any(part.has_rows for path in paths for text in _as_text(path, working) for part in open_parts(text, known))


def _by_name(path: Path) -> tuple[tuple[int, str], ...]:
    return natural_order(path.name)


def _of(files: dict[str, InputFile], folder: Path, mapping: Mapping, is_shipped: bool = True) -> InputFiles:
    return InputFiles(
        folder=folder.parent if folder.is_file() else folder,
        mapping=mapping,
        is_shipped=is_shipped,
        stores=files.get("store_attributes"),
        products=files.get("products"),
        sales=files.get("raw_sales"),
        features=files.get("external_features"),
        inventory=files.get("stock_positions"),
        promotions=files.get("promotions"),
    )


_TELLING = {
    "weeklysales": "raw_sales",
    "onhand": "stock_positions",
    "size": "store_attributes",
    "temperature": "external_features",
}
"""Column that only one of the files has, by its folded name."""


def _table_of(path: Path, mapping: Mapping) -> str:
    header = [fold(name) for name in _open("", [path], mapping).header]
    for column, table in _TELLING.items():
        if column in header:
            return table
    raise ShelfcastError(
        f"{path} is none of the input files: it has none of the columns Weekly_Sales, On_Hand, Size and Temperature.",
        "Keep the first line that the file had.",
    )


def _names(folder: Path) -> list[str]:
    return [path.name for path in files_in(folder, "train.csv")]


def _pick(folder: Path, names: list[str], table: str, is_partial: bool) -> list[Path]:
    """Returns the files that feed a table, in order: one, its numbered parts, or those in the folder of its name."""
    stem = STEMS[table]
    endings = "|".join(map(re.escape, ENDINGS))
    packings = "|".join(map(re.escape, PACKINGS))
    ending = rf"(?:(?:{endings})(?:{packings})?|\.zip)"
    alone = [name for name in names if re.fullmatch(stem + ending, name, re.IGNORECASE)]
    part = re.compile(rf"{stem}[-_. ]?(?:part)?[-_. ]?\(?(\d+)\)?{ending}", re.IGNORECASE)
    numbered = {name: int(found[1]) for name in names if (found := part.fullmatch(name))}
    folders = [name for name in names if name.lower() == stem and (folder / name).is_dir()]
    choices = alone + folders + sorted(numbered, key=natural_order)[:1]
    if len(choices) > 1:
        raise ShelfcastError(f"{folder} holds both {choices[0]} and {choices[1]}.", "Keep one of them.")
    if folders:
        return _parts_in(folder / folders[0], re.compile(rf".*{ending}", re.IGNORECASE))
    if numbered:
        _refuse_gaps(folder, numbered)
        return [folder / name for name in sorted(numbered, key=natural_order)]
    meant = _meant(stem, names)
    if not alone and not is_partial and meant:
        raise ShelfcastError(f"{stem}.csv is missing from {folder}.", meant)
    if not alone and not is_partial and table not in OPTIONAL:
        raise ShelfcastError(
            f"{stem}.csv is missing from {folder}, and {MAPPING_NAME}, which says what other files mean.",
            f"Put {stem}.csv or {stem}.csv.gz there; where the files are others, `shelfcast init {folder}` writes "
            "the mapping from what is there.",
        )
    return [folder / name for name in alone]


def _meant(stem: str, names: list[str]) -> str:
    """Returns what to do with a file that is called nearly like the one that is missing; nothing without one."""
    for name in names:
        own, _, ending = name.lower().partition(".")
        if own == stem and ending in ("xls", "xlsx", "xlsm", "ods"):
            return f"Save {name} as CSV."
        if own not in STEMS.values() and resembled(own, [stem]):
            return f"Call {name} {stem}.{ending}, or put it elsewhere."
    return ""


def _parts_in(folder: Path, wanted: re.Pattern[str]) -> list[Path]:
    found = [name for name in _names(folder) if wanted.fullmatch(name) and not name.startswith((".", "_"))]
    if not found:
        raise ShelfcastError(f"{folder} holds no {', '.join(ENDINGS)} file.", "Put the files with the rows there.")
    return [folder / name for name in sorted(found, key=natural_order)]


def _refuse_gaps(folder: Path, numbered: dict[str, int]) -> None:
    """Refuses parts of which one stands there twice, or of which one is missing where they count from 0 or 1."""
    numbers = sorted(numbered.values())
    names = sorted(numbered, key=natural_order)
    for name, other in itertools.pairwise(names):
        if numbered[name] == numbered[other]:
            raise ShelfcastError(f"{folder} holds both {name} and {other}.", "Keep one of them.")
    if numbers[0] <= 1 and numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        lost = next(number for number in range(numbers[0], numbers[-1]) if number not in numbers)
        raise ShelfcastError(
            f"Of the parts {names[0]} to {names[-1]} in {folder} number {lost} is missing.",
            "Put it there, or number the others without a gap.",
        )


def _open(table: str, paths: list[Path], mapping: Mapping, working: Path | None = None) -> InputFile:
    known = known_names(mapping)
    parts = [part for path in paths for text in _as_text(path, working) for part in open_parts(text, known)]
    if not any(part.has_rows for part in parts):
        raise ShelfcastError(f"{paths[0]} holds a header and no rows.", "Put the file with its rows in its place.")
    digests = [digest(path) for path in paths]
    if table == "raw_sales" and mapping.sales.repeats == "add":
        _refuse_twins(paths, digests)
    whole = digests[0] if len(paths) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()
    return InputFile(table, tuple(parts), whole)


def _refuse_twins(paths: list[Path], digests: list[str]) -> None:
    """Refuses the same file under two names: its rows would be read twice and add up."""
    seen: dict[str, Path] = {}
    for path, one in zip(paths, digests, strict=True):
        if one in seen:
            raise ShelfcastError(f"{seen[one].name} and {path.name} are the same file.", "Keep one of them.")
        seen[one] = path


def _as_text(path: Path, working: Path | None) -> list[Path]:
    """Returns a file as it is; a workbook or a Parquet file as text files with the same rows."""
    if path.suffix.lower() not in (".xlsx", ".parquet") or working is None:
        return [path]
    from spark_jobs.ingest.other_forms import as_csv

    return as_csv(path, working)
