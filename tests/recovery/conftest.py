"""A home that can be put back, a command that can be broken, and the states that tables may be in."""

import os
import shutil
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from commands import Commands, Ended
from fault_points import at
from homes import copy_folder
from warehouse import embedded
from warehouse.opening import open_database
from warehouse.settings import Settings, load_settings
from warehouse.stages import STAGE_NAMES

ENVIRONMENT = {"BACKTEST_ORIGINS": "1", "EXPLAINED_PAIRS": "1"}
VOLATILE = r"(_at$|^(load_id|run_id|model_version|promotion_id|execution_(time_)?seconds)$)"
"""Columns that tell of a run, not of the data: two runs of the same data differ in them."""
JOURNALS = r"^(fct_(pipeline_runs|loads|rejected_rows|data_quality.*|load_.*)|restatements|fct_restatements)$"
"""Tables that keep what each run did: a run that was broken off leaves rows of its own."""
LIVE = ("marts.fct_agent_reports", "marts.fct_model_promotions")
"""Views that show rows as soon as these are written, and not when the marts are published."""

State = Mapping[str, tuple[int, str]]


@dataclass(frozen=True)
class References:
    """The states of undisturbed runs.

    Attributes:
        first, second: of all tables after a run of version 1 of the files, and after one of version 2 upon it.
        seen: what readers may see on the way from nothing to the second.
        since_first: those of them from the end of the first run on.
    """

    first: State
    second: State
    seen: Sequence[State]
    since_first: Sequence[State]


class Lab:
    """A home folder, the server under it, and commands that can be broken."""

    def __init__(self, folder: Path, commands: Commands) -> None:
        self.folder = folder
        self.settings: Settings = load_settings(home=folder / "home")
        self.home = self.settings.home
        self.commands = commands

    def begin(
        self, *arguments: str, fault: Mapping[str, Any] | None = None, own_prefect: bool = False, **environment: str
    ) -> int:
        """Returns the process id of a command that has begun, to be broken by a fault where one is given."""
        return self.commands.begin(
            self.home, *arguments, fault=fault, own_prefect=own_prefect, environment=ENVIRONMENT | environment
        )

    def run(self, *arguments: str, **options: Any) -> Ended:
        """Returns how a command has ended; the options are those of `begin`."""
        return self.commands.end(self.begin(*arguments, **options))

    def stop_server(self) -> None:
        embedded.stop(self.settings)

    def put_back(self, kept: Path | None) -> None:
        """Makes the home what was kept, or empty."""
        embedded.stop(self.settings)
        shutil.rmtree(self.home)
        if kept is None:
            self.home.mkdir()
        else:
            copy_folder(kept, self.home)

    def keep(self, name: str) -> Path:
        """Returns a copy of the home, made while the server rests."""
        embedded.stop(self.settings)
        copy_folder(self.home, self.folder / name)
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


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, commands: Commands) -> Iterator[Lab]:
    """The home in which these tests break things."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "home").mkdir()
    lab = Lab(folder, commands)
    yield lab
    lab.stop_server()


@pytest.fixture(scope="session")
def references(lab: Lab, versions: tuple[Path, Path]) -> References:
    """The states of two undisturbed runs, the first of which is kept as the folder `first`."""
    on_the_way = run_and_look(lab, versions[0])
    first, first_seen = lab.state(), lab.seen()
    lab.keep("first")
    since_first = [first_seen, *run_and_look(lab, versions[1]), lab.seen()]
    return References(first, lab.state(), [{}, *on_the_way, *since_first], since_first)


def run_and_look(lab: Lab, folder: Path) -> list[State]:
    """Returns what readers see while a version is run: it is held before each stage."""
    pid = lab.begin("run", "--data", str(folder), fault=at("stage begins", "pause", call="each"))
    seen = []
    while lab.commands.is_paused(pid):
        seen.append(lab.seen())
        os.kill(pid, signal.SIGCONT)
    ended = lab.commands.end(pid)
    assert ended.returncode == 0, ended.output
    assert len(seen) == len(STAGE_NAMES)
    return seen
