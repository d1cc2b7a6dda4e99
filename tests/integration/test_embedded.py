"""The embedded server: one for each home."""

import pytest

from homes import copy_folder
from warehouse import embedded
from warehouse.opening import open_database
from warehouse.settings import load_settings


@pytest.fixture
def home(tmp_path):
    settings = load_settings(home=tmp_path / "home")
    yield settings
    embedded.stop(settings)


def test_a_copy_of_a_home_at_work_is_a_home_of_its_own_and_leaves_the_first_alone(home, tmp_path):
    first = open_database(home)
    copy = load_settings(home=tmp_path / "copy")
    copy_folder(home.home, copy.home)
    assert not embedded.stop(copy)
    second = open_database(copy)
    try:
        assert second.port != first.port
        noted = "select home from ops.home"
        assert first.read_frame("pipeline", noted)["home"].item() == str(home.home)
        assert second.read_frame("pipeline", noted)["home"].item() == str(copy.home)
        assert open_database(home).port == first.port
    finally:
        embedded.stop(copy)


def test_a_data_folder_behind_a_link_is_known_as_that_of_its_server(home, tmp_path):
    port = open_database(home).port
    embedded.stop(home)
    (home.home / "postgres").rename(tmp_path / "disk")
    (home.home / "postgres").symlink_to(tmp_path / "disk")
    pids = set()
    for _ in range(2):
        assert open_database(home).port == port
        pids.add((tmp_path / "disk" / "postmaster.pid").read_text().split()[0])
    assert len(pids) == 1
