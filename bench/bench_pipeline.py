"""Measures a whole run in a fresh home: seconds a stage, and the peak memory of all its processes.

    make bench DATA=path/to/csvs      # or without DATA, on the sample

The figures in the README come from here. Peak memory is the resident memory of the command and every process it
started (Java, dbt, Prefect), sampled five times a second; the embedded Postgres is counted apart.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from process_memory import memory_now

from warehouse.opening import open_database
from warehouse.settings import load_settings

_STAGES = "select stage, status, duration_seconds, row_count, message from ops.pipeline_runs order by started_at"


def peak_bytes(process: subprocess.Popen[bytes], home: Path) -> tuple[int, int]:
    """Returns the peak resident bytes of the process tree and of the Postgres under home, once the process ended."""
    ours = postgres = 0
    while process.poll() is None:
        now = memory_now(process.pid, home)
        ours, postgres = max(ours, now.ours), max(postgres, now.postgres)
        time.sleep(0.2)
    return ours, postgres


def run(arguments: list[str], home: Path) -> tuple[float, int, int]:
    """Returns the seconds and the peak bytes (run, Postgres) of `shelfcast` with the arguments."""
    began = time.monotonic()
    environment = {**os.environ, "SHELFCAST_HOME": str(home)}
    process = subprocess.Popen([sys.executable, "-m", "flows.cli", *arguments], env=environment)
    ours, postgres = peak_bytes(process, home)
    if process.returncode:
        sys.exit(f"the run failed with code {process.returncode}")
    return time.monotonic() - began, ours, postgres


def main() -> None:
    """Prints one Markdown table for the first run and one line for the second, which changes nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="folder with the CSV files; the sample without it")
    data = parser.parse_args().data
    home = Path(tempfile.mkdtemp(prefix="shelfcast-bench-"))
    arguments = ["run", *(["--data", str(Path(data).resolve())] if data else [])]
    seconds, ours, postgres = run(arguments, home)
    database = open_database(load_settings(home=home))
    print("\n| stage | seconds | rows | |\n| --- | --- | --- | --- |")
    for row in database.read_frame("pipeline", _STAGES).itertuples():
        print(f"| {row.stage} | {row.duration_seconds:.1f} | {row.row_count:,} | {row.message} |")
    print(f"| whole run | {seconds:.1f} | | peak {ours / 1e9:.2f} GB, Postgres {postgres / 1e9:.2f} GB |")
    again, _, _ = run(arguments, home)
    print(f"| second run, nothing changed | {again:.1f} | | |")
    environment = {**os.environ, "SHELFCAST_HOME": str(home)}
    subprocess.run([sys.executable, "-m", "flows.cli", "stop"], env=environment, check=True)


if __name__ == "__main__":
    main()
