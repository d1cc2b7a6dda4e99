"""The home folder: closed to everybody but its owner, and, where root owns it, the user that its server runs as."""

import os
import shutil
from pathlib import Path

from warehouse.errors import ShelfcastError

_CLOSED, _ENTERED_BY_GROUP = 0o700, 0o710
_ELSEWHERE = "Let others enter it, choose another home with SHELFCAST_HOME, or do not start Shelfcast as root."

_OURS = ("secrets.json", "postgres", "postgres.lock", "logs", "tmp", "lake", "reports")
"""What a home has from its first command on, or from the command line of an earlier version."""


def make_home(home: Path) -> None:
    """Makes the home folder where there is none, and closes it to others; folders above it that are there stay as is.

    Raises:
        OSError: it cannot be made.
        ShelfcastError: it holds files, and none of Shelfcast's.
    """
    for folder in reversed(home.parents):
        if not folder.exists():
            folder.mkdir(exist_ok=True)
            # Whatever the umask: a server that runs as another user has to pass.
            folder.chmod(0o755)
    home.mkdir(exist_ok=True)
    # A disk of its own has a folder of its file system.
    names = {path.name for path in home.iterdir()} - {"lost+found"}
    if names and names.isdisjoint(_OURS):
        raise ShelfcastError(
            f"{home} holds files, and none of Shelfcast's: as its home it would be closed to others.",
            "Name a folder of its own with SHELFCAST_HOME.",
        )
    found = home.stat()
    if found.st_mode & 0o777 & ~_ENTERED_BY_GROUP and os.geteuid() in (0, found.st_uid):
        home.chmod(_CLOSED)


def let_in(user: str, home: Path) -> None:
    """Lets the user of a server that root has started pass through the home, which it can neither list nor read.

    Raises:
        ShelfcastError: it cannot get there; the sentence names the closed folder above.
    """
    import grp
    import pwd

    owner = pwd.getpwnam(user)
    groups = {owner.pw_gid, *(group.gr_gid for group in grp.getgrall() if user in group.gr_mem)}
    for folder in home.parents:
        found = folder.stat()
        bit = 0o100 if found.st_uid == owner.pw_uid else 0o010 if found.st_gid in groups else 0o001
        if not found.st_mode & bit:
            raise ShelfcastError(
                f"Started by root, Postgres runs as the user {user}, which may not enter {folder} above {home}.",
                _ELSEWHERE,
            )
    shutil.chown(home, group=owner.pw_gid)
    home.chmod(_ENTERED_BY_GROUP)


def for_owner_alone() -> None:
    """Makes files that are created from now on in this process readable by their owner alone."""
    global _users_mask
    _users_mask = os.umask(0o077)


def as_the_user_makes_them(path: Path) -> None:
    """Gives a file or folder that the user asked for the rights that files of the user have."""
    path.chmod((0o777 if path.is_dir() else 0o666) & ~_users_mask)


def make_folder_of_the_user(folder: Path) -> None:
    """Makes a folder that the user asked for, and those above it that are not there."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for one in missing:
        as_the_user_makes_them(one)


_users_mask = os.umask(0o022)
os.umask(_users_mask)
