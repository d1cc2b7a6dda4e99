"""The embedded server: one for each home, and a sentence where it does not answer."""

import contextlib
import os
import signal
import time

import pytest

from homes import copy_folder
from warehouse import embedded
from warehouse.errors import ShelfcastError
from warehouse.opening import open_database
from warehouse.settings import load_settings


@pytest.fixture
def home(tmp_path):
    settings = load_settings(home=tmp_path / "home")
    yield settings
    embedded.stop(settings)


@pytest.fixture
def answers_soon(monkeypatch):
    """Two seconds are the least that a connection waits."""
    monkeypatch.setattr(embedded, "ANSWER_SECONDS", 2)


@contextlib.contextmanager
def halted(settings):
    pid = int((settings.home / "postgres" / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


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


def test_a_server_that_has_come_to_a_halt_is_a_sentence_soon(home, answers_soon):
    open_database(home)
    began = time.monotonic()
    sentence = r"does not answer within 2 seconds\. `shelfcast stop` ends it"
    with halted(home), pytest.raises(ShelfcastError, match=sentence):
        open_database(home)
    assert time.monotonic() - began < 20
    open_database(home)


def test_a_server_that_has_come_to_a_halt_keeps_its_passwords(home, answers_soon):
    database = open_database(home)
    (home.home / "postgres" / "shelfcast_ready").write_text("another mark")
    with halted(home), pytest.raises(ShelfcastError, match="does not answer"):
        open_database(home)
    assert open_database(home).port == database.port
