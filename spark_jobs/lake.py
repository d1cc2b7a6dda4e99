"""Folders of parsed inputs in the lake: which are still needed, and removal of the rest."""

import logging

from warehouse.database import Database
from warehouse.settings import Settings

logger = logging.getLogger(__name__)


def inputs_folder(settings: Settings, load_id: str) -> str:
    """Returns the folder of the lake that holds the Parquet files of a load, one folder per table in it."""
    return f"{settings.lake}/inputs/{load_id}"


def prune_inputs(settings: Settings, database: Database, keep: int = 2) -> list[str]:
    """Returns the loads whose folders were removed.

    The newest stay, those that a published artifact names, and those that wait for their audit: the newest load has
    not the newest name where the clock was set back.
    """
    names = _folders(settings)
    with database.connect("pipeline") as connection:
        needed = {str(row[0]).rstrip("/") for row in connection.execute("select uri from ops.published_artifacts")}
        waiting = connection.execute("select load_id from ops.loads where status = 'incoming'")
        needed |= {inputs_folder(settings, row[0]) for row in waiting}
    old = names[:-keep] if keep else names
    removed = [name for name in old if inputs_folder(settings, name) not in needed]
    for name in removed:
        remove_folder(inputs_folder(settings, name))
    if removed:
        logger.info("removed the Parquet files of %d old loads", len(removed))
    return removed


def remove_folder(uri: str) -> None:
    """Removes a folder of the lake with everything in it, where it is there."""
    from pyarrow import fs

    system, path = fs.FileSystem.from_uri(uri)
    if system.get_file_info(path).type == fs.FileType.Directory:
        system.delete_dir(path)


def _folders(settings: Settings) -> list[str]:
    """Returns the names of the folders, oldest first: a load's name starts with its time."""
    from pyarrow import fs

    system, path = fs.FileSystem.from_uri(f"{settings.lake}/inputs")
    infos = system.get_file_info(fs.FileSelector(path, allow_not_found=True))
    return sorted(info.base_name for info in infos if info.type == fs.FileType.Directory)
