"""Small files that are there whole or not at all, however a process ends."""

import os
from pathlib import Path


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
