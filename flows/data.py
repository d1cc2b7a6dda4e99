"""Where the input files come from: the folder the user names, data/raw, the folder used before, else the sample."""

import logging
from pathlib import Path
from typing import Literal

from flows.context import Context
from warehouse.settings import PROJECT_ROOT

logger = logging.getLogger(__name__)

SAMPLE_SIZE = {"stores": 10, "departments": 40, "weeks": 143}


def input_folder(context: Context) -> tuple[Path, Literal["sample", "files"]]:
    """Returns the folder to read and whether it is the sample; the sample is written on first use."""
    if context.options.data:
        return Path(context.options.data).expanduser(), "files"
    if context.settings.data_dir is not None:
        return context.settings.data_dir.expanduser(), "files"
    own = PROJECT_ROOT / "data" / "raw"
    if any(own.glob("*.csv*")):
        return own, "files"
    before = _memory(context)
    if before.exists():
        return Path(before.read_text()), "files"
    return _sample_folder(context), "sample"


def remember_folder(context: Context) -> None:
    """Keeps the user's own folder for later runs that name none, such as those the dashboard starts."""
    folder, kind = input_folder(context)
    if kind == "files":
        _memory(context).write_text(str(folder.resolve()))


def _memory(context: Context) -> Path:
    return context.settings.home / "data_folder.txt"


def _sample_folder(context: Context) -> Path:
    from spark_jobs.sample import write_sample

    folder = context.settings.home / "sample"
    if not (folder / "complete").exists():
        context.progress(0, 1, "writing the sample")
        write_sample(folder, **SAMPLE_SIZE, seed=context.settings.seed)
        (folder / "complete").touch()
    return folder
