"""Homes for tests: what one process makes and all share, and copies of it that a test may change."""

import fcntl
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from warehouse import embedded
from warehouse.settings import Settings, load_settings


def made_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """Returns a folder that the first process to ask for it makes, while others that ask wait."""
    done = folder.with_suffix(".done")
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            # What a process has left that failed.
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


def copy_folder(source: Path, place: Path) -> None:
    """Makes a place what a folder is; files of a server must rest meanwhile."""
    subprocess.run(["cp", "-a", "--reflink=auto", str(source), str(place)], check=True)


def let_servers_in(folder: Path) -> None:
    """Lets a server pass through a folder of the tests: under root it is another user."""
    for one in (folder, *folder.parents):
        if not one.stat().st_mode & 0o001:
            one.chmod(one.stat().st_mode | 0o011)


def copied_home(source: Path, place: Path) -> Settings:
    """Returns the settings of a copy of a home at rest; its server takes a port of its own when it starts."""
    copy_folder(source, place)
    (place / "postgres" / "shelfcast_port").unlink()
    return load_settings(home=place)


def rest(settings: Settings) -> None:
    """Stops the server of a home, so that its files can be copied."""
    embedded.stop(settings)
