import os
import subprocess
import sys
from pathlib import Path

from process_memory import Work, memory_now


def test_a_server_counts_with_its_sessions_and_apart_from_the_process(tmp_path: Path):
    (tmp_path / "postgres").mkdir()
    with subprocess.Popen([sys.executable, "-c", "import time; sum(range(10**6)); time.sleep(60)"]) as server:
        (tmp_path / "postgres" / "postmaster.pid").write_text(f"{server.pid}\n/data\n")
        try:
            memory = memory_now(os.getpid(), tmp_path)
            assert 1_000_000 < memory.postgres < memory.ours
            assert memory.total == memory.ours + memory.postgres
        finally:
            server.kill()


def test_a_home_without_a_server_takes_no_memory(tmp_path: Path):
    assert memory_now(os.getpid(), tmp_path).postgres == 0


def test_the_seconds_of_a_process_that_ended_stay_counted(tmp_path: Path):
    work = Work()
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as child:
        before = work.seconds(os.getpid(), tmp_path)
        child.kill()
    assert work.seconds(os.getpid(), tmp_path) >= before > 0
