"""Break what a run stands on: servers, disks, clocks, files; the next run needs no hand and ends with the same tables.

Cases of a chain follow each other, as in `test_kills.py`.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from fault_points import at
from warehouse.errors import BusyError
from warehouse.opening import open_database

SERVERS = {
    "Java killed while it writes the input": at("accepted rows are written", "kill_java"),
    "quota of Java reached while it writes the input": at("Spark writes Parquet", "fill_lake", where="after"),
    "Postgres restarted in the middle of a copy": at(
        "rows are copied", "restart_server", where="batches", of_table="raw_incoming.raw_sal"
    ),
    "Postgres killed in the middle of a copy": at(
        "rows are copied", "kill_server", where="batches", of_table="raw_sales"
    ),
    "quota of Postgres reached in the middle of a copy": at(
        "rows are copied", "fill_server", where="batches", of_table="raw_sales"
    ),
    "disk full while the audit's pages are built": at("pages of the audit are built", "disk_full"),
    "power cut in the publication of inputs": at("publication of inputs is recorded", "power_cut"),
    "Java killed while it writes features": at("features are written", "kill_java"),
    "quota of Java reached while it writes features": at(
        "features are written", "fill_lake", where="during", path="lake/features/*/_temporary/**/*.parquet"
    ),
    "power cut in the publication of features": at("features are merged", "power_cut", where="after"),
    "Postgres killed between two dbt models": at("dbt builds a model", "kill_server", call=5),
    "a session of Postgres killed between two dbt models": at("dbt builds a model", "kill_backend", call=15),
    "disk full while a model is written": at("model is written", "disk_full", call=3),
    "Postgres killed between two registered models": at("model is registered", "kill_server", call=2),
    "master of Postgres killed while forecasts are published": at(
        "frame is copied", "kill_postmaster", where="after", of_table="ml_forecasts"
    ),
    "power cut in the publication of the marts": at("mart moves", "power_cut", call=7),
    "Postgres killed before answers are kept": at("answers are kept", "kill_server"),
}

QUICK = {
    "quota of Postgres reached in the middle of a copy",
    "Java killed while it writes features",
    "Postgres killed between two dbt models",
    "power cut in the publication of the marts",
}
"""The cases of `make test`: one of every server, of a full disk and of a power cut. `make test-all` runs all."""


def test_every_kind_of_failure_takes_place_in_the_quick_tier():
    assert QUICK - set(SERVERS) == set()
    for words in ("Java killed", "Postgres killed", "quota", "power cut"):
        assert any(case.startswith(words) for case in QUICK), words


def cut_files_short(home: Path) -> None:
    """Leaves what a disk may leave that failed: files cut short, folders lost, folders that were never finished."""
    (home / "prefect").mkdir(exist_ok=True)
    (home / "prefect" / "prefect.db").write_bytes(b"SQLite format 3")
    garbage = [
        *home.glob("dbt*/partial_parse.msgpack"),
        home / "data_folder.txt",
        *home.glob("gx/*.yml"),
        *home.glob("gx/expectations/*.json"),
        *home.glob("dbt_published/*.json"),
    ]
    for path in garbage:
        path.write_bytes(path.read_bytes()[:100] + b"\0")
    for path in home.glob("lake/*/*"):
        shutil.rmtree(path)
    for name in ("inputs/29991231T000000-aaaaaa/raw_sales/_temporary", "features/29991231T000000-aaaa"):
        (home / "lake" / name).mkdir(parents=True)
        (home / "lake" / name / "part-0.parquet").write_bytes(b"PAR1")


@pytest.fixture(scope="module")
def broken_servers(lab, references):
    """The home with version 1, its files cut short, in which the chain of failing servers begins."""
    lab.put_back(lab.folder / "first")
    cut_files_short(lab.home)


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=() if case in QUICK else pytest.mark.exhaustive) for case in SERVERS]
)
def test_readers_see_a_whole_state_after_a_server_failed(case, broken_servers, lab, references, versions):
    ended = lab.run("run", "--data", str(versions[1]), fault=SERVERS[case])
    assert ended.was_struck, ended.output
    assert ended.returncode in (-9, 1), ended.output
    assert "Traceback" not in ended.output
    assert lab.seen() in references.seen


def test_the_run_after_cut_files_and_all_failures_of_servers_ends_with_the_tables_of_undisturbed_runs(
    broken_servers, lab, references, versions
):
    ended = lab.run("run", "--data", str(versions[1]), own_prefect=True)
    assert ended.returncode == 0, ended.output
    assert lab.state() == references.second


def secrets_cut_short(home: Path) -> None:
    text = (home / "secrets.json").read_text()
    (home / "secrets.json").write_text(text[: len(text) // 2])


def secrets_lost(home: Path) -> None:
    (home / "secrets.json").unlink()


def process_id_of_another(home: Path) -> None:
    """The number that the killed server had belongs to another program now, as after a restart of the machine."""
    path = home / "postgres" / "postmaster.pid"
    lines = path.read_text().splitlines()
    owner = psutil.Process(int(lines[0]))
    for process in [owner, *owner.children()]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs([owner], timeout=10)
    path.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")


def process_id_cut_short(home: Path) -> None:
    process_id_of_another(home)
    (home / "postgres" / "postmaster.pid").write_text("")


def port_cut_short(home: Path) -> None:
    process_id_of_another(home)
    (home / "postgres" / "shelfcast_port").write_text("")


def note_of_roles_cut_short(home: Path) -> None:
    (home / "postgres" / "shelfcast_ready").write_text("")


DAMAGES = (
    secrets_cut_short,
    secrets_lost,
    process_id_of_another,
    process_id_cut_short,
    port_cut_short,
    note_of_roles_cut_short,
)


@pytest.fixture(scope="module")
def damaged(lab, references):
    """The home with version 1, its server at work, in which the chain of damaged files begins."""
    lab.put_back(lab.folder / "first")


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_file_of_the_server_is_fixed_by_the_next_command(damage, damaged, lab, references):
    open_database(lab.settings)
    damage(lab.home)
    assert lab.seen() == references.since_first[0]


EXTENTS = ["ingest", pytest.param("run", marks=pytest.mark.exhaustive)]
"""How much of a run is carried out: the stages after the publication of the inputs take most of its time."""


def is_like_second(lab, references, verb):
    """Returns whether the tables that a verb publishes are those of the undisturbed second version."""
    if verb == "run":
        return lab.state() == references.second
    return lab.state("raw") == {name: rows for name, rows in references.second.items() if name.startswith("raw.")}


@pytest.mark.parametrize("verb", EXTENTS)
def test_a_clock_set_back_changes_nothing(verb, lab, references, versions):
    lab.put_back(lab.folder / "first")
    with open_database(lab.settings).connect("pipeline") as connection:
        for table in (
            "ops.loads set published_at = published_at",
            "ops.loads set created_at = created_at",
            "ops.pipeline_runs set started_at = started_at",
            "ops.audit_results set created_at = created_at",
        ):
            connection.execute(f"alter table {table.split()[0]} disable trigger user")
            connection.execute(f"update {table} + interval '400 days'")
            connection.execute(f"alter table {table.split()[0]} enable trigger user")
    ended = lab.run(verb, "--data", str(versions[1]), fault=at("run opens", "turn_clock_back"))
    assert ended.was_struck
    assert ended.returncode == 0, ended.output
    assert is_like_second(lab, references, verb)


@pytest.mark.parametrize("verb", EXTENTS)
def test_of_two_runs_at_once_the_second_leaves_with_a_sentence_and_the_first_goes_on(verb, lab, references, versions):
    lab.put_back(lab.folder / "first")
    paused_at = "features" if verb == "run" else "audit"
    first = lab.begin(verb, "--data", str(versions[1]), fault=at("stage begins", "pause", of_stage=paused_at))
    assert lab.commands.is_paused(first)
    second = lab.run("run", "--data", str(versions[1]))
    assert second.returncode == BusyError.exit_code
    assert "Another run is working on this database." in second.output
    assert "Traceback" not in second.output
    os.kill(first, signal.SIGCONT)
    ended = lab.commands.end(first)
    assert ended.returncode == 0, ended.output
    assert is_like_second(lab, references, verb)


def test_a_killed_backup_leaves_no_file_and_a_killed_restore_the_state_before(lab, references, tmp_path):
    whole = lab.state()
    assert lab.run("backup", str(tmp_path / "first.zip")).returncode == 0
    for fault in (
        at("database is dumped", "kill"),
        at("manifest of the backup is written", "kill_all"),
        at("database is dumped", "kill_server"),
        at("database is dumped", "disk_full", where="after"),
    ):
        ended = lab.run("backup", str(tmp_path / "second.zip"), fault=fault)
        assert ended.was_struck, ended.output
        assert ended.returncode in (-9, 1), ended.output
        assert [path.name for path in tmp_path.iterdir()] == ["first.zip"]
    for fault in (
        at("files are restored", "kill", where="after"),
        at("database is restored", "kill_all"),
        at("database is restored", "kill_server"),
    ):
        ended = lab.run("restore", "--replace", str(tmp_path / "first.zip"), fault=fault)
        assert ended.was_struck, ended.output
        assert ended.returncode in (-9, 1), ended.output
        assert lab.state() == whole
    ended = lab.run("restore", "--replace", str(tmp_path / "first.zip"))
    assert ended.returncode == 0, ended.output
    assert lab.state() == whole


def test_two_first_starts_at_once_leave_one_whole_database(lab, references):
    lab.put_back(None)
    pids = [lab.begin("dbt", "--", "debug") for _ in range(2)]
    assert [lab.commands.end(pid).returncode for pid in pids] == [0, 0]


@pytest.fixture
def volume(lab):
    """The home on a volume of its own, where the machine lets us mount one."""
    kept = lab.keep("before-volume")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=700m", "tmpfs", str(lab.home)], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting a volume needs the rights of an administrator")
    subprocess.run(["cp", "-a", f"{kept}/.", str(lab.home)], check=True)
    yield lab.home
    subprocess.run(["mount", "-o", "remount,rw", str(lab.home)], check=True)
    lab.stop_server()
    subprocess.run(["umount", "-l", str(lab.home)], check=True)


def close_volume(home):
    """Makes the volume read-only as soon as the last process of a run has closed its files."""
    for _ in range(60):
        if subprocess.run(["mount", "-o", "remount,ro", str(home)], capture_output=True).returncode == 0:
            return
        time.sleep(0.5)
    pytest.fail(subprocess.run(["fuser", "-mv", str(home)], capture_output=True, text=True).stderr)


def test_a_full_volume_and_one_that_may_only_be_read_stop_a_run_with_a_sentence(lab, references, versions, request):
    lab.put_back(lab.folder / "first")
    home = request.getfixturevalue("volume")
    fault = at("rows are copied", "fill_volume", where="batches", of_table="raw_sales")
    ended = lab.run("run", "--data", str(versions[1]), fault=fault, FAULTY_VOLUME=str(home))
    assert ended.was_struck
    assert ended.returncode == 1, ended.output
    assert "Traceback" not in ended.output
    (home / "filler").unlink()
    assert lab.seen() in references.seen
    lab.stop_server()
    close_volume(home)
    ended = lab.run("run", "--data", str(versions[1]))
    assert ended.returncode == 1, ended.output
    assert "Traceback" not in ended.output
    assert "may not be written" in ended.output
    subprocess.run(["mount", "-o", "remount,rw", str(home)], check=True)
    ended = lab.run("ingest", "--data", str(versions[1]))
    assert ended.returncode == 0, ended.output
    assert is_like_second(lab, references, "ingest")
