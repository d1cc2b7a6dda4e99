"""A place in an input file, as sentences name it."""

from typing import NamedTuple


class Place(NamedTuple):
    """A line of a part; places sort in the order in which the parts are read.

    Attributes:
        part: number of the part, counted from 0.
        line: number of the line in it, counted from 1.
        file: name of the part where a table has several, else empty.
    """

    part: int
    line: int
    file: str = ""

    def __str__(self) -> str:
        return f"line {self.line} of {self.file}" if self.file else f"line {self.line}"
