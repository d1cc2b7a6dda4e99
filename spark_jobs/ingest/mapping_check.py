"""Whether a mapping fits the files of a folder."""

from pathlib import Path

from spark_jobs.ingest.mapping import Mapping


def check_mapping(mapping: Mapping, folder: Path) -> None:
    """Checks."""
