"""Errors that a user can fix: one sentence that says what, where and how."""


class ShelfcastError(Exception):
    """A failure with a cause outside the code: bad data, a missing program, a server that is away.

    Attributes:
        exit_code: what the command exits with, 1.
    """

    exit_code = 1

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(f"{what} {fix}".strip())


class UsageError(ShelfcastError):
    """A command or a setting that makes no sense as given; the command exits with 2."""

    exit_code = 2


class BusyError(ShelfcastError):
    """Another run is at work on the same database; the command exits with 3, which the schedule notes as skipped."""

    exit_code = 3
