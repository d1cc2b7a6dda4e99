"""What Great Expectations leaves under the home folder, and how long it stays."""

import shutil
from collections.abc import Sequence
from pathlib import Path

KEPT_RUNS = 10


def validations_folder(home: Path) -> Path:
    """Returns the folder of the validations: suite / run / moment / file."""
    return home / "gx" / "uncommitted" / "validations"


def pages_folder(home: Path) -> Path:
    """Returns the folder of the data docs, whose `validations` are laid out like those they show."""
    return home / "data_docs"


def prune(home: Path, kept: int = KEPT_RUNS) -> None:
    """Removes the validations and the pages of all runs but the newest, so that building pages stays fast."""
    newest: dict[str, str] = {}
    for moment in validations_folder(home).glob("*/*/*"):
        run = moment.parent.name
        newest[run] = max(moment.name, newest.get(run, ""))
    for run in sorted(newest, key=newest.__getitem__, reverse=True)[kept:]:
        for root in (validations_folder(home), pages_folder(home) / "validations"):
            for suite in (folder for folder in root.iterdir() if folder.is_dir()) if root.exists() else ():
                shutil.rmtree(suite / run, ignore_errors=True)


def forget_definitions(home: Path, suites: Sequence[str]) -> None:
    """Removes the context's configuration and these suites' definitions, which every audit writes anew.

    Code alone says what is checked; a file that a crash cut short must not stop the next audit.
    """
    folder = home / "gx"
    for name in ("great_expectations.yml", "uncommitted/config_variables.yml"):
        (folder / name).unlink(missing_ok=True)
    for suite in suites:
        for kind in ("expectations", "validation_definitions"):
            (folder / kind / f"{suite}.json").unlink(missing_ok=True)
