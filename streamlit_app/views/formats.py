"""How figures and names are written on every page."""

import datetime as dt
import itertools
import re
from typing import TYPE_CHECKING, Any

from agents import phrases
from agents.quoting import ADDRESS, MARKUP, escape_markup
from warehouse.wording import capital, house

if TYPE_CHECKING:
    from typing_extensions import TypeIs

MISSING = "—"
_MODEL_NAMES = {
    "lightgbm": "LightGBM",
    "extra_trees": "Extra-trees",
    "stl_ets": "STL + ETS",
    "narrator": "Deterministic narrator",
}
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_UNCHECKED = re.compile(r"\\?\[unchecked:\s*((?:\\\$|[^\[\]\\`])+?)\s*\\?\]")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def is_missing(value: Any) -> "TypeIs[None]":
    """Returns whether a value from the database stands for "not known": None, or a number or date that is not one."""
    return value is None or bool(value != value)


def money(amount: float | None) -> str:
    """Returns an amount without cents in the currency of the house: $1,234, -€56."""
    return MISSING if is_missing(amount) else house().money(amount)


def money_short(amount: float | None) -> str:
    """Returns an amount in at most four digits: $562.1M, $48.3k, $912."""
    return MISSING if is_missing(amount) else house().money_short(amount)


def counted(number: int, noun: str) -> str:
    """Returns how many of something there are, the number as the house writes it."""
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def both(amount: float, pieces: float | None) -> str:
    """Returns money, with its pieces before it where a piece has a price."""
    return money(amount) if is_missing(pieces) else f"{house().pieces(pieces)}, {money(amount)}"


def quantity(value: float | None) -> str:
    """Returns what is forecast: pieces, or money without cents."""
    return MISSING if is_missing(value) else house().quantity(value)


def quantity_short(value: float | None) -> str:
    """Returns what is forecast in at most four digits."""
    return MISSING if is_missing(value) else house().quantity_short(value)


def percent(rate: float | None, digits: int = 1) -> str:
    """Returns a fraction as percent: 0.123 is 12.3%."""
    return MISSING if is_missing(rate) else house().percent(rate, digits)


def signed_percent(rate: float | None, digits: int = 1) -> str:
    """Returns a fraction as percent with its sign always written: +2.1%."""
    text = percent(rate, digits)
    return text if is_missing(rate) or rate < 0 or not text.strip("0.,%") else f"+{text}"


def change(rate: float | None) -> str | None:
    """Returns a change for the small print of a figure; None, so that no arrow is drawn, where it is not known."""
    return None if is_missing(rate) else signed_percent(rate)


def compared(rate: float | None) -> str:
    """Returns what a change since the year before is compared with, or that there is nothing to compare."""
    return "no full year before to compare" if is_missing(rate) else "vs a year ago"


def count(number: float | None) -> str:
    """Returns a whole number with separators."""
    return MISSING if is_missing(number) else house().number(int(number))


def figure(value: float) -> str:
    """Returns a number with at most two decimals: 1, 2.5."""
    return phrases.figure(value)


def week(last: dt.date | None) -> str:
    """Returns the day by which people call a week, its first or its last: Oct 26, 2012.

    Args:
        last: last day of the week, by which the marts date it.
    """
    return MISSING if is_missing(last) else day(house().called(last))


def day(date: dt.date | None) -> str:
    """Returns a date: Oct 26, 2012."""
    return MISSING if is_missing(date) else f"{date:%b} {date.day}, {date:%Y}"


def moment(at: dt.datetime | None) -> str:
    """Returns a UTC timestamp to the minute: Oct 26, 2012, 14:05 UTC."""
    if is_missing(at):
        return MISSING
    at = at.astimezone(dt.UTC)
    return f"{day(at)}, {at:%H:%M} UTC"


def duration(seconds: float | None) -> str:
    """Returns seconds for people: 0.8 s, 42 s, 3 min 05 s, 1 h 02 min."""
    if is_missing(seconds):
        return MISSING
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def stages_done(done: int, of: int, is_running: bool) -> str:
    """Returns how many stages of a run are done: of how many is known only once it has ended."""
    return f"{done} so far" if is_running else f"{done} of {of}"


def days(number: float | None) -> str:
    """Returns a number of days; a missing one means that stock lasts beyond the forecast."""
    return "beyond the forecast" if is_missing(number) else f"{number:.0f} day{'' if round(number) == 1 else 's'}"


def model(name: str | None) -> str:
    """Returns a model's name for people: seasonal_naive is Seasonal naive."""
    if is_missing(name) or not name:
        return MISSING
    return _MODEL_NAMES.get(name, capital(house().method(name)))


def words(name: str) -> str:
    """Returns a technical name as words: inventory_optimization is Inventory optimization."""
    return name.replace("_", " ").strip().capitalize()


def plain_markdown(text: str) -> str:
    """Returns text for st.markdown with dollar signs as dollar signs, in which nothing loads, links or runs."""
    return escape_markup(text, f"{MARKUP}$")


def literal(text: str) -> str:
    """Returns Markdown that shows what a person wrote as it was written, with no mark-up and no live link."""
    places = [0, *(end for found in ADDRESS.finditer(text) for end in found.span()), len(text)]
    parts = [text[start:end] for start, end in itertools.pairwise(places)]
    return "".join(
        f"`{part}`" if number % 2 else _PUNCTUATION.sub(r"\\\g<0>", part) for number, part in enumerate(parts)
    )


def mark_unchecked(text: str) -> str:
    """Returns plain Markdown in which `[unchecked: 123]`, a number that no tool returned, stands on red."""
    # A colon before the mark would undo it, and a bracket after it make it a link.
    apart = re.sub(r"(?<=:)(?=\\?\[unchecked:)|(?<=\])(?=\()", " ", text)
    return _UNCHECKED.sub(r":red-background[\1 (not found in the data)]", apart)


def plain_log(text: str, lines: int = 25) -> str:
    """Returns the last lines of a log without terminal colours and overwritten progress."""
    kept = [line.rsplit("\r", 1)[-1] for line in _ANSI.sub("", text).replace("\r\n", "\n").split("\n")]
    return "\n".join(kept[-lines:]).strip()
