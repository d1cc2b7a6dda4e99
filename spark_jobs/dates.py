"""In which format a file writes its dates: decided from all of its lines, or refused."""

from collections.abc import Mapping

from warehouse.errors import ShelfcastError, UsageError

ISO = "yyyy-MM-dd"
FORMATS = (ISO, "dd-MM-yyyy", "MM-dd-yyyy", "dd/MM/yyyy", "MM/dd/yyyy")
SEPARATORS = ("-", "/")


def day_first(separator: str) -> str:
    """Returns the format that starts with the day."""
    return f"dd{separator}MM{separator}yyyy"


def month_first(separator: str) -> str:
    """Returns the format that starts with the month."""
    return f"MM{separator}dd{separator}yyyy"


def check_format(name: str | None) -> None:
    """Refuses the name of a format that is not one of `FORMATS`.

    Raises:
        UsageError: the name is not known.
    """
    if name is not None and name not in FORMATS:
        raise UsageError(f"{name!r} is not a known date format.", f"Use one of {', '.join(FORMATS)}.")


def choose_format(file_name: str, proofs: Mapping[str, int], named: str | None = None) -> str:
    """Returns the format of a file's dates.

    Args:
        file_name: the file, for the sentence.
        proofs: the first line that can be read in one way only, by format, and under the separator alone the first
            line with two numbers and a year; nothing where no line is like that.
        named: the format that the user named; a file with ISO dates is read as such all the same.

    Raises:
        ShelfcastError: no line holds a date, two lines contradict each other, or both orders are possible.
    """
    shapes = {proofs[shape]: shape for shape in (ISO, *SEPARATORS) if shape in proofs}
    if set(shapes.values()) == {ISO}:
        return ISO
    if named is not None:
        return named
    if not shapes:
        raise ShelfcastError(
            f"No date in {file_name} is written in a known format.", f"Write them as one of {', '.join(FORMATS)}."
        )
    if len(shapes) > 1:
        raise _contradiction(file_name, {line: _reading(shape, proofs) for line, shape in shapes.items()})
    proven = {proofs[name]: name for name in FORMATS if name in proofs}
    if len(proven) > 1:
        raise _contradiction(file_name, proven)
    if not proven:
        raise _ambiguity(file_name, *next(iter(shapes.items())))
    return next(iter(proven.values()))


def _contradiction(file_name: str, readings: Mapping[int, str]) -> ShelfcastError:
    (line, reading), (other_line, other) = sorted(readings.items())[:2]
    return ShelfcastError(
        f"The dates of {file_name} contradict each other: line {line} is written as {reading}, "
        f"line {other_line} as {other}.",
        "Write them all in one format.",
    )


def _ambiguity(file_name: str, line: int, separator: str) -> ShelfcastError:
    return ShelfcastError(
        f"The dates of {file_name} can be read with the day or the month first, from line {line} to the end.",
        f"Name the format: --date-format {day_first(separator)} or --date-format {month_first(separator)}.",
    )


def _reading(shape: str, proofs: Mapping[str, int]) -> str:
    """Returns how the lines of a shape are written, as far as they tell."""
    if shape == ISO:
        return ISO
    proven = [name for name in (day_first(shape), month_first(shape)) if name in proofs]
    return proven[0] if len(proven) == 1 else f"{day_first(shape)} or {month_first(shape)}"
