"""Small files that are there whole or not at all, however a process ends, and what stands in a folder."""

import os
from pathlib import Path

from warehouse.errors import ShelfcastError


def write_whole(path: Path, text: str, mode: int = 0o644) -> None:
    """Writes a text beside the file and puts it in the file's place.

    Args:
        path: the file; its folder exists.
        text: what it holds afterwards.
        mode: rights of the file.

    Raises:
        OSError: the disk is full, or the folder may not be written to; the file is then as it was.
    """
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as handle:
            handle.write(text)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def is_named_as_text(path: Path) -> bool:
    """Returns whether the name of a file is text in UTF-8, and not bytes of another encoding."""
    return not any("\udc80" <= sign <= "\udcff" for sign in path.name)


def files_in(folder: Path, what: str) -> list[Path]:
    """Returns the files and folders in a folder, by name.

    Args:
        folder: the folder.
        what: what it should hold, for the sentence.

    Raises:
        ShelfcastError: it is not there, no folder, or not readable.
    """
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        raise ShelfcastError(f"There is no folder {folder}.", f"Give the folder that holds {what}.") from None
    except NotADirectoryError:
        raise ShelfcastError(f"{folder} is a file.", f"Give the folder that holds {what}.") from None
    except PermissionError:
        raise ShelfcastError(
            f"The folder {folder} is not readable.", "Give its reader permission, for example with chmod u+rx."
        ) from None
