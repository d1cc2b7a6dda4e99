"""A home that can be put back, a command that can be broken, and the states that tables may be in."""

import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from warehouse import embedded
from warehouse.opening import open_database
from warehouse.settings import PROJECT_ROOT, Settings, load_settings

WAIT_SECONDS = 240
ENVIRONMENT = {"BACKTEST_ORIGINS": "1", "EXPLAINED_PAIRS": "1", "COLUMNS": "200"}
VOLATILE = r"(_at$|^(load_id|run_id|model_version|promotion_id|execution_(time_)?seconds)$)"
"""Columns that tell of a run, not of the data: two runs of the same data differ in them."""
JOURNALS = r"^(fct_(pipeline_runs|loads|rejected_rows|data_quality.*|load_.*)|restatements|fct_restatements)$"
"""Tables that keep what each run did: a run that was broken off leaves rows of its own."""
LIVE = ("marts.fct_agent_reports", "marts.fct_model_promotions")
"""Views that show rows as soon as these are written, and not when the marts are published."""

State = Mapping[str, tuple[int, str]]


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code (negative: the signal), what it wrote, whether the fault took place."""

    code: int
    output: str
    was_struck: bool


@dataclass(frozen=True)
class References:
    """The states of undisturbed runs: of version 1 and 2 of the files, and what readers may see on the way."""

    first: State
    second: State
    seen: list[State] = field(default_factory=list)


class Lab:
    """A home folder, the server under it, and a process that runs the command with faults."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings: Settings = load_settings(home=folder / "home")
        self.home = self.settings.home
        self.answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self.begun: dict[int, tuple[Path, Path]] = {}
        self.start()

    def start(self) -> None:
        self.server = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "faulty.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **ENVIRONMENT, "SHELFCAST_HOME": str(self.home)},
            cwd=PROJECT_ROOT,
            text=True,
        )
        threading.Thread(target=self._listen, daemon=True).start()
        assert self._answer() == {"ready": True}

    def close(self) -> None:
        assert self.server.stdin is not None
        self.server.stdin.close()
        self.server.wait(60)
        embedded.stop(self.settings)

    def begin(
        self, *arguments: str, fault: Mapping[str, Any] | None = None, own_prefect: bool = False, **environment: str
    ) -> int:
        """Returns the process id of a command that has begun; `end` waits for it."""
        number = len(list(self.folder.glob("run-*.log"))) + 1
        log, marker = self.folder / f"run-{number}.log", self.folder / f"struck-{number}"
        log.touch()
        asked: dict[str, Any] = {"arguments": arguments, "environment": environment, "log": str(log)}
        asked["own_prefect"] = own_prefect
        asked["fault"] = None if fault is None else {**fault, "marker": str(marker)}
        self._ask(asked)
        pid = int(self._answer()["pid"])
        self.begun[pid] = log, marker
        return pid

    def end(self, pid: int) -> Ended:
        """Returns how a command that was begun has ended."""
        log, marker = self.begun.pop(pid)
        self._ask({"wait": pid})
        try:
            answer = self._answer()
        except queue.Empty:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            answer = {**self._answer(), "is_late": True}
        assert "is_late" not in answer, f"the command did not end in {WAIT_SECONDS} s:\n{log.read_text()}"
        return Ended(int(answer["code"]), log.read_text(), marker.exists())

    def run(
        self, *arguments: str, fault: Mapping[str, Any] | None = None, own_prefect: bool = False, **environment: str
    ) -> Ended:
        """Returns how a command has ended, broken by a fault where one is given."""
        return self.end(self.begin(*arguments, fault=fault, own_prefect=own_prefect, **environment))

    def wait_until_paused(self, pid: int) -> None:
        """Returns once a fault has paused a command."""
        deadline = time.monotonic() + WAIT_SECONDS
        while psutil.Process(pid).status() != psutil.STATUS_STOPPED:
            assert time.monotonic() < deadline, self.begun[pid][0].read_text()
            time.sleep(0.1)

    def stop_server(self) -> None:
        embedded.stop(self.settings)

    def put_back(self, kept: Path | None) -> None:
        """Makes the home what was kept, or empty."""
        embedded.stop(self.settings)
        shutil.rmtree(self.home)
        if kept is None:
            self.home.mkdir()
        else:
            subprocess.run(["cp", "-a", "--reflink=auto", str(kept), str(self.home)], check=True)

    def keep(self, name: str) -> Path:
        """Returns a copy of the home, made while the server rests."""
        embedded.stop(self.settings)
        subprocess.run(["cp", "-a", "--reflink=auto", str(self.home), str(self.folder / name)], check=True)
        return self.folder / name

    def state(self, schemas: str = "raw,features,ml,agents,marts", role: str = "pipeline") -> State:
        """Returns rows and hash of each table that must not differ between two runs of the same data."""
        database = open_database(self.settings)
        with database.connect(role, autocommit=True) as connection:
            found = connection.execute(_COLUMNS, [schemas.split(","), JOURNALS, VOLATILE]).fetchall()
            if not found:
                return {}
            # One statement, so one moment.
            query = " union all ".join(
                f"select '{table}', count(*), coalesce(md5(string_agg(t::text, '|' order by t::text)), '') "
                f"from (select {columns} from {table}) t"
                for table, columns in found
            )
            return {name: (rows, digest) for name, rows, digest in connection.execute(query)}

    def seen(self) -> State:
        """Returns what a reader sees in the marts now."""
        return {name: found for name, found in self.state("marts", "reader").items() if name not in LIVE}

    def _listen(self) -> None:
        for line in self.server.stdout or ():
            self.answers.put(json.loads(line))
        self.answers.put({"is_closed": True})

    def _ask(self, request: Mapping[str, Any]) -> None:
        assert self.server.stdin is not None
        self.server.stdin.write(json.dumps(request) + "\n")
        self.server.stdin.flush()

    def _answer(self) -> dict[str, Any]:
        return self.answers.get(timeout=WAIT_SECONDS)


# Sums of floating-point numbers depend on their order in their last digits.
_COLUMNS = """
    select format('%%I.%%I', namespace.nspname, class.relname),
        string_agg(
            case when attribute.atttypid = 'float8'::regtype
                then format('round(%%I::numeric, 5)', attribute.attname) else quote_ident(attribute.attname) end,
            ', ' order by attribute.attname)
    from pg_class as class
    inner join pg_namespace as namespace on class.relnamespace = namespace.oid
    inner join pg_attribute as attribute on attribute.attrelid = class.oid
    where namespace.nspname = any(%s) and class.relkind in ('r', 'v') and attribute.attnum > 0
        and not attribute.attisdropped and class.relname !~ %s and attribute.attname !~ %s
    group by 1
    order by 1
"""


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two folders of input files: the second adds a week and corrects another."""
    from spark_jobs.sample.writer import write_sample

    whole, first = (tmp_path_factory.mktemp(name) for name in ("second", "first"))
    write_sample(whole, stores=2, departments=3, weeks=117)
    shutil.copytree(whole, first, dirs_exist_ok=True)
    lines = (whole / "train.csv").read_text().splitlines()
    last = max(line.split(",")[2] for line in lines[1:])
    kept = [line for line in lines if last not in line]
    (first / "train.csv").write_text("\n".join([*kept[:-1], _corrected(kept[-1])]) + "\n")
    return first, whole


def _corrected(line: str) -> str:
    store, dept, week, _, holiday = line.split(",")
    return f"{store},{dept},{week},123.45,{holiday}"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The home in which this file breaks things."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "home").mkdir()
    lab = Lab(folder)
    yield lab
    lab.close()


@pytest.fixture(scope="module")
def references(lab: Lab, versions: tuple[Path, Path]) -> References:
    """The states of two undisturbed runs, the first of which is kept as the folder `first`."""
    states = []
    seen: list[State] = [{}]
    for folder in versions:
        _run_and_look(lab, folder, seen)
        states.append(lab.state())
        seen.append(lab.seen())
        if folder == versions[0]:
            lab.keep("first")
    return References(*states, seen)


def _run_and_look(lab: Lab, folder: Path, seen: list[State]) -> None:
    """Runs a version, held twice so that what is published on the way can be looked at."""
    stops = ("train", "explain")
    for stage in stops:
        fault = {"target": "warehouse.runs:begin_stage", "match": {"stage": stage}, "action": "kill"}
        ended = lab.run("run", "--data", str(folder), fault=fault)
        assert ended.was_struck, ended.output
        seen.append(lab.seen())
    ended = lab.run("run", "--data", str(folder))
    assert ended.code == 0, ended.output
