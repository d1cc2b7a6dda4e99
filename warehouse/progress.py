"""How long work tells how far it is, without knowing who draws it."""

from typing import Protocol


class Progress(Protocol):
    """Called with what is done, how much there is, and what is being worked on."""

    def __call__(self, done: int, total: int, what: str) -> None:
        """Shows that `done` of `total` parts are finished and `what` is next."""


def silent(done: int, total: int, what: str) -> None:
    """Shows nothing."""
