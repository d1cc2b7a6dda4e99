"""The dashboard as a process: whom it answers, and that it ends whole."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from warehouse.embedded import free_port
from warehouse.settings import PROJECT_ROOT

PATIENCE_SECONDS = 300


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def dashboard(port: int, tmp_path: Path) -> Iterator[subprocess.Popen]:
    environment = {**os.environ, "SHELFCAST_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "flows.cli", "dashboard", "--port", str(port)]
    with subprocess.Popen(command, cwd=PROJECT_ROOT, env=environment) as process:
        yield process
        process.kill()


def status(port: int, **headers: str) -> int:
    """Returns the code of an answer; zero where nobody listens."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/_stcore/health", headers=headers)
    try:
        return int(urllib.request.urlopen(request).status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def test_it_answers_to_its_own_host_alone_and_a_stop_takes_its_server_along(dashboard, port):
    began = time.monotonic()
    while status(port) != 200:
        assert dashboard.poll() is None
        assert time.monotonic() - began < PATIENCE_SECONDS
        time.sleep(0.1)
    assert status(port, Host="evil.example") == 403
    assert status(port, Origin="http://evil.example") == 403
    dashboard.send_signal(signal.SIGTERM)
    dashboard.wait(PATIENCE_SECONDS)
    assert status(port) == 0


def test_a_port_in_use_is_one_sentence(shelfcast_process, settings, port):
    with socket.create_server(("127.0.0.1", port)):
        ended = shelfcast_process(settings, "dashboard", "--port", str(port))
    assert ended.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in ended.stderr
    assert "--port" in ended.stderr
