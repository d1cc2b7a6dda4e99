"""The home folder: nobody but its owner gets in, and no folder above it is opened for its sake."""

import os
from pathlib import Path

import pytest

from warehouse.errors import ShelfcastError
from warehouse.home import make_home
from warehouse.opening import open_database
from warehouse.settings import load_settings

OTHERS = 0o077


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_command_makes_a_closed_home_and_opens_no_folder_above_it(tmp_path, commands) -> None:
    above, home = tmp_path / "above", tmp_path / "above" / "home"
    above.mkdir()
    above.chmod(0o711)
    before = {folder: mode(folder) for folder in home.parents}
    assert commands.run(home, "doctor").returncode == 0
    assert {folder: mode(folder) for folder in home.parents} == before
    assert mode(home) == (0o710 if os.geteuid() == 0 else 0o700)
    inside = [path for path in home.rglob("*") if not path.is_symlink()]
    assert len(inside) > 20
    assert {path: oct(mode(path)) for path in inside if mode(path) & OTHERS} == {}


def test_a_home_that_stood_open_is_closed_and_new_folders_above_may_be_entered(tmp_path) -> None:
    home = tmp_path / "new" / "home"
    make_home(home)
    assert (mode(home.parent), mode(home)) == (0o755, 0o700)
    home.chmod(0o755)
    make_home(home)
    assert mode(home) == 0o700


def test_a_folder_of_somebody_else_s_files_is_not_made_a_home_and_stays_as_it_is(tmp_path) -> None:
    theirs, disk = tmp_path / "theirs", tmp_path / "disk"
    for folder, content in ((theirs, "accounts"), (disk, "lost+found")):
        (folder / content).mkdir(parents=True)
        folder.chmod(0o755)
    with pytest.raises(ShelfcastError, match=r"theirs holds files, and none of Shelfcast's"):
        make_home(theirs)
    assert mode(theirs) == 0o755
    make_home(disk)
    assert mode(disk) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as another user")
def test_root_is_told_of_a_closed_folder_above_the_home_and_it_stays_closed(tmp_path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(ShelfcastError, match=r"the user \w+, which may not enter .*/closed above .*/closed/home"):
        open_database(load_settings(home=closed / "home"))
    assert mode(closed) == 0o700
