"""Failures of the machine, in one sentence: a full disk, a folder that may not be written, a server that went away."""

import errno
import logging
import sys
from collections.abc import Iterator
from types import TracebackType

from warehouse.errors import ShelfcastError

_FULL_CODES = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FULL_WORDS = ("No space left on device", "Disk quota exceeded", "File too large")
_CLOSED_CODES = {errno.EROFS, errno.EACCES, errno.EPERM}
_DATABASE_PACKAGES = ("psycopg", "adbc_driver_manager", "sqlalchemy")
_GONE = ("OperationalError", "InterfaceError")
_KEPT = "What was published before stays as it is; `shelfcast run` goes on from there."


def tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Tells a failure of the machine in one sentence, with the traceback in the log; others as Python does."""
    from flows.cli.console import errors

    told = sentence_of(error)
    if told is None:
        sys.__excepthook__(kind, error, trace)
        return
    # Without a log yet, the traceback would go to the terminal.
    if logging.getLogger().hasHandlers():
        logging.getLogger(__name__).error("%s", told, exc_info=(kind, error, trace))
    errors.print(str(told), style="red", soft_wrap=True, markup=False)


def sentence_of(error: BaseException) -> ShelfcastError | None:
    """Returns what to tell a user of an error whose cause is the machine; None where the cause is the code."""
    causes = list(_causes(error))
    if any(_is_full(cause) for cause in causes):
        place = next((f" at {cause.filename}" for cause in causes if isinstance(cause, OSError) and cause.filename), "")
        return ShelfcastError(f"The disk is full{place}.", f"Make room, then run again. {_KEPT}")
    closed = next((cause for cause in causes if isinstance(cause, OSError) and cause.errno in _CLOSED_CODES), None)
    if closed is not None:
        return ShelfcastError(
            f"{closed.filename or 'A file'} may not be written: {closed.strerror}.",
            "Give the right to write there, or choose another home with SHELFCAST_HOME.",
        )
    if any(_is_of(cause, _DATABASE_PACKAGES, _GONE) for cause in causes):
        return ShelfcastError(
            "The database went away while it was at work.", f"Run again; `shelfcast doctor` checks it. {_KEPT}"
        )
    if any(_is_of(cause, ("py4j", "pyspark"), ("Py4JError", "PySparkException")) for cause in causes):
        return ShelfcastError(
            "Spark went away or could not go on.", f"Run again; its log is logs/spark.log under .shelfcast. {_KEPT}"
        )
    if any(isinstance(cause, RuntimeError) and "Prefect API server" in str(cause) for cause in causes):
        return ShelfcastError(
            "Prefect's temporary server does not start.", f"Run again; its folder is prefect under .shelfcast. {_KEPT}"
        )
    if any(isinstance(cause, ConnectionError) for cause in causes):
        return ShelfcastError("A server went away while it was at work.", f"Run again. {_KEPT}")
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _is_full(error: BaseException) -> bool:
    return (isinstance(error, OSError) and error.errno in _FULL_CODES) or any(
        words in str(error) for words in _FULL_WORDS
    )


def _is_of(error: BaseException, packages: tuple[str, ...], names: tuple[str, ...]) -> bool:
    """Returns whether an error is of a named kind, without importing the package that it may come from."""
    return any(kind.__name__ in names and kind.__module__.startswith(packages) for kind in type(error).__mro__)
