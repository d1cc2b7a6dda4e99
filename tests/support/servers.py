"""Servers of tests: waited for until they answer, never for a number of seconds."""

import contextlib
import subprocess
import time
import urllib.request
from pathlib import Path


def wait_for(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    """Returns once a server answers at an address; fails with the end of its log where it has ended or never does."""
    for _ in range(3_000):
        assert server.poll() is None, f"the server ended with code {server.returncode}: {log.read_text()[-2000:]}"
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=2):
            return
        time.sleep(0.2)
    raise AssertionError(f"{address} does not answer: {log.read_text()[-2000:]}")
