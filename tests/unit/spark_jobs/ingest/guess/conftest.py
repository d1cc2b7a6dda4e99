"""Small exports of made-up retailers whose meaning is known."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from spark_jobs.ingest.guess.proposal import Choices, Guess, propose

Write = Callable[..., Path]
Propose = Callable[..., Guess]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "files"
    place.mkdir()
    return place


@pytest.fixture
def write(folder: Path) -> Write:
    """Writes a file of a header and rows."""

    def work(name: str, header: str, rows: Iterable[str], encoding: str = "utf-8") -> Path:
        path = folder / name
        path.write_bytes(("\n".join([header, *rows]) + "\n").encode(encoding))
        return path

    return work


@pytest.fixture
def proposed(folder: Path, tmp_path: Path) -> Propose:
    """Returns the proposal for the folder, under choices of the user's."""

    def work(**choices: str) -> Guess:
        return propose(folder, tmp_path / "working", Choices(**choices))  # type: ignore[arg-type]

    return work
