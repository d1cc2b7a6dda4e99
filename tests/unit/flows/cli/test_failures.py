"""What a user reads when the machine fails, and what stays a traceback."""

import errno

import psycopg
import pytest

from flows.cli.failures import sentence_of


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    with pytest.raises(type(error)) as caught:
        raise error from cause
    return caught.value


def test_a_full_disk_is_named_with_its_place():
    told = sentence_of(OSError(errno.ENOSPC, "No space left on device", "/lake/part-0"))
    assert str(told).startswith("The disk is full at /lake/part-0. Make room, then run again.")


def test_a_full_disk_is_recognised_behind_other_errors_and_in_what_servers_say():
    hidden = raised(RuntimeError("job aborted"), OSError(errno.EDQUOT, "Disk quota exceeded"))
    assert "The disk is full." in str(sentence_of(hidden))
    said = psycopg.errors.DiskFull('could not extend file "base/1/2": No space left on device')
    assert "The disk is full." in str(sentence_of(said))


def test_a_folder_that_may_not_be_written_is_named():
    told = sentence_of(OSError(errno.EROFS, "Read-only file system", "/home/logs"))
    assert str(told).startswith("/home/logs may not be written: Read-only file system.")


@pytest.mark.parametrize(
    "error", [psycopg.OperationalError("gone"), psycopg.errors.AdminShutdown("restart"), psycopg.InterfaceError("x")]
)
def test_a_database_that_went_away_is_said_so(error):
    assert str(sentence_of(error)).startswith("The database went away while it was at work.")


def test_spark_that_went_away_is_said_so():
    from py4j.protocol import Py4JNetworkError

    assert str(sentence_of(Py4JNetworkError("gone"))).startswith("Spark went away")
    assert str(sentence_of(ConnectionRefusedError(111, "refused"))).startswith("A server went away")


def test_a_fault_of_the_code_has_no_sentence():
    assert sentence_of(KeyError("store_id")) is None
    assert sentence_of(psycopg.errors.UndefinedColumn("no such column")) is None
