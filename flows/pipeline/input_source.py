"""Where the input files come from: the folder the user names, data/raw, the folder used before, else the sample.

And whether what they hold is published already.
"""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from flows.pipeline.context import Context, fingerprint
from warehouse.errors import ShelfcastError, UsageError
from warehouse.files import write_whole
from warehouse.settings import PROJECT_ROOT

if TYPE_CHECKING:
    from spark_jobs.ingest.input_files import InputFiles
    from spark_jobs.ingest.mapping import Mapping

logger = logging.getLogger(__name__)

_OWN_FILES = ("shelfcast.toml", "train*", "*.csv*", "*.tsv*", "*.txt*", "*.zip", "*.parquet", "*.xlsx")
"""Names of files under data/raw that are taken for the retailer's own."""
SAMPLE_SIZE = {"stores": 10, "departments": 40, "weeks": 143}


def input_folder(context: Context) -> tuple[Path, Literal["sample", "files"]]:
    """Returns the folder to read and whether it is the sample; the sample is written on first use."""
    if context.options.data:
        return Path(context.options.data).expanduser(), "files"
    if context.settings.data_dir is not None:
        return context.settings.data_dir.expanduser(), "files"
    own = PROJECT_ROOT / "data" / "raw"
    if any(path.match(pattern) for pattern in _OWN_FILES for path in own.glob("*")):
        return own, "files"
    before = _memory(context)
    if before.exists():
        return Path(before.read_text()), "files"
    return _sample_folder(context), "sample"


def input_files(context: Context) -> "tuple[InputFiles, Literal['sample', 'files']]":
    """Returns the files to read and whether they are the sample's.

    Raises:
        UsageError: rows are to be added, and no folder or file is named that holds them.
        ShelfcastError: a file is missing or cannot be read.
    """
    from spark_jobs.ingest.input_files import find_inputs

    options = context.options
    if options.is_append and (options.data is None or options.may_remove):
        raise UsageError(
            "--append adds the rows of the files that --data names, and removes none.",
            "Name them with --data, and leave out --replace.",
        )
    folder, kind = input_folder(context)
    mapping = mapping_file(context) if kind == "files" else None
    return find_inputs(folder, options.is_append, mapping, context.settings.home / "tmp" / "as_text"), kind


def mapping_file(context: Context) -> Path | None:
    """Returns the mapping that the user names, or named when the folder used before was; None for the folder's own."""
    if context.options.mapping:
        return Path(context.options.mapping).expanduser()
    if context.settings.mapping is not None:
        return context.settings.mapping.expanduser()
    is_named = context.options.data is not None or context.settings.data_dir is not None
    before = _mapping_memory(context)
    return Path(before.read_text(encoding="utf-8")) if not is_named and before.exists() else None


def input_fingerprint(context: Context) -> str:
    """Returns a hash of all that decides what the input files come to; of what is published where it holds them."""
    from warehouse.inputs import published_content

    if is_held(context):
        return fingerprint("published", published_content(context.database))
    files, kind = input_files(context)
    options = (kind, context.options.date_format, context.settings.decimal_mark, context.settings.reject_rate_max)
    mode = ("append",) if context.options.is_append else ()
    return fingerprint(files.fingerprint, options, *mode)


def is_held(context: Context) -> bool:
    """Returns whether these whole files were published already and rows were added to them since.

    There is nothing to read then: reading them again would take the added rows away.

    Raises:
        ShelfcastError: they were, by another mapping.
    """
    if context.options.is_append or context.options.may_remove:
        return False
    base = context.database.read_frame("pipeline", _BASE)
    if base.empty or not base["has_more"].any():
        return False
    files, _ = input_files(context)
    published = set(zip(base["table_name"], base["sha256"], strict=True))
    if {(file.table, file.sha256) for file in files.all} != published:
        return False
    if any(read_by and _read_by(read_by) != files.mapping for read_by in base["mapping"]):
        raise ShelfcastError(
            "The mapping has changed since rows were added to these files, and reading them anew would take those "
            "rows away.",
            "Put all the files in one folder and run with --replace, or take the change of the mapping back.",
        )
    return True


def _read_by(text: str) -> "Mapping | None":
    """Returns the mapping that a load was read by; None where this version would not take it any more."""
    from pydantic import ValidationError

    from spark_jobs.ingest.mapping import Mapping

    try:
        return Mapping.model_validate_json(text)
    except ValidationError:
        return None


def base_folder(context: Context) -> str:
    """Returns the folder of the lake with the published inputs, to which rows are to be added.

    Raises:
        ShelfcastError: nothing is published yet, or the sample is.
    """
    from spark_jobs.features.publication import published_inputs

    kinds = context.database.read_frame(
        "pipeline", "select source_kind from ops.loads where status = 'published' order by published_at desc limit 1"
    )
    if kinds.empty or kinds.loc[0, "source_kind"] == "sample":
        raise ShelfcastError(
            "No files of your own are published yet that rows could be added to.",
            "Run `shelfcast run --data FOLDER` with whole files first.",
        )
    return published_inputs(context.database).uri


_BASE = """
select l.table_name, l.file_sha256 as sha256, l.mapping, exists (
    select from ops.loads a where a.status = 'published' and a.load_mode = 'append' and a.published_at > l.published_at
) as has_more
from ops.loads l
where l.load_id = (
    select load_id from ops.loads where status = 'published' and load_mode = 'whole' order by published_at desc limit 1
)
"""


def remember_folder(context: Context) -> None:
    """Keeps the user's own folder, and a mapping outside it, for later runs without them, such as the dashboard's."""
    folder, kind = input_folder(context)
    if kind == "files" and not context.options.is_append:
        mapping = mapping_file(context)
        if mapping is None:
            _mapping_memory(context).unlink(missing_ok=True)
        else:
            write_whole(_mapping_memory(context), str(mapping.resolve()))
        write_whole(_memory(context), str(folder.resolve()))


def _memory(context: Context) -> Path:
    return context.settings.home / "data_folder.txt"


def _mapping_memory(context: Context) -> Path:
    return context.settings.home / "data_mapping.txt"


def _sample_folder(context: Context) -> Path:
    from spark_jobs.sample.writer import write_sample

    folder = context.settings.home / "sample"
    if not (folder / "complete").exists():
        context.progress(0, 1, "writing the sample")
        write_sample(folder, **SAMPLE_SIZE, seed=context.settings.seed)
        (folder / "complete").touch()
    return folder
