"""What only the user knows: two readings that are equally likely, and the option that decides between them."""

from collections.abc import Callable
from dataclasses import dataclass

from warehouse.errors import ShelfcastError


@dataclass(frozen=True)
class Question:
    """Two or more readings of the files, of which none is likelier.

    Attributes:
        what: a sentence that says what can be read in several ways.
        readings: the value of the option for each reading, and what it means.
        option: the option of `shelfcast init` that decides.
    """

    what: str
    readings: tuple[tuple[str, str], ...]
    option: str


Ask = Callable[[Question], str]
"""Returns the value of the reading that was chosen."""


def refuse(question: Question) -> str:
    """Answers no question.

    Raises:
        ShelfcastError: always, with all readings and the option that decides.
    """
    readings = " or ".join(f"{question.option} {value} ({meaning})" for value, meaning in question.readings)
    raise ShelfcastError(question.what, f"Say which: {readings}.")
