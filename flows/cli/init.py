"""`shelfcast init`: what a folder's files mean, guessed, written down and shown before anything is run."""

import shlex
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from flows.cli.console import console
from warehouse.errors import ShelfcastError, UsageError
from warehouse.files import write_whole
from warehouse.signs import one_line

if TYPE_CHECKING:
    from spark_jobs.ingest.guess.preview import Preview
    from spark_jobs.ingest.guess.proposal import Choices, Guess
    from spark_jobs.ingest.guess.questions import Question
    from spark_jobs.ingest.mapping import Mapping

Label = Literal["", "first", "last"]
Unit = Literal["", "units", "amount"]


def choices_of(
    date_label: str | None, date_format: str | None, decimal_mark: str | None, level: str | None, unit: str | None
) -> "Choices":
    """Returns what the user decided beforehand.

    Raises:
        UsageError: an option has a value that it can't have.
    """
    from spark_jobs.ingest.date_formats import check_format
    from spark_jobs.ingest.guess.proposal import Choices
    from spark_jobs.ingest.number_formats import MARKS

    check_format(date_format)
    if decimal_mark is not None and decimal_mark not in MARKS:
        raise UsageError(f"{decimal_mark!r} is no decimal mark.", "Use --decimal-mark . or --decimal-mark ,")
    label: Label = "first" if date_label == "first" else "last" if date_label == "last" else ""
    if date_label and not label:
        raise UsageError(f"{date_label!r} is no label of weeks.", "Use --date-label first or --date-label last.")
    chosen: Unit = "units" if unit == "units" else "amount" if unit == "amount" else ""
    if unit and not chosen:
        raise UsageError(f"{unit!r} can't be forecast.", "Use --unit units or --unit amount.")
    return Choices(label, date_format or "", decimal_mark or "", level or "", chosen)


def init(folder: Path, to: Path | None, is_forced: bool, choices: "Choices") -> None:
    """Writes the mapping that a folder needs, and prints what its files come to.

    Raises:
        ShelfcastError: the files hold no sales, can be read in several ways, or the mapping may not be written.
    """
    from spark_jobs.ingest.guess.preview import preview_of
    from spark_jobs.ingest.guess.proposal import propose
    from spark_jobs.ingest.guess.questions import refuse

    place = folder.expanduser()
    target = _target(place, to, is_forced)
    with tempfile.TemporaryDirectory(prefix="shelfcast-") as working:
        proposal = propose(place, Path(working), choices, _ask if _is_terminal() else refuse)
    is_written = not proposal.shipped or to is not None or is_forced
    if is_written:
        _write(target, proposal.text, place)
    _print_preview(proposal, preview_of(proposal))
    _print_notes(proposal)
    _print_next(place, target if to is not None else None, target if is_written else None, proposal.shipped)


def _is_terminal() -> bool:
    return sys.stdin.isatty() and console.is_terminal


def _target(folder: Path, to: Path | None, is_forced: bool) -> Path:
    """Returns where the mapping goes.

    Raises:
        ShelfcastError: something stands there that may not be written over, or nothing may be written there.
    """
    from spark_jobs.ingest.mapping import MAPPING_NAME

    target = to.expanduser() if to is not None else folder / MAPPING_NAME
    if target.is_dir():
        raise UsageError(f"{target} is a folder.", f"Name a file, such as {target / MAPPING_NAME}.")
    if to is not None and not target.parent.is_dir():
        raise UsageError(f"There is no folder {target.parent}.", "Make it first, or name another file with --to.")
    if target.exists() and not is_forced:
        raise ShelfcastError(
            f"There is a mapping {target} already.", "Change it by hand, write over it with --force, or use --to FILE."
        )
    if folder.is_dir():
        _check_writable(target)
    return target


def _check_writable(target: Path) -> None:
    """Refuses a place where nothing may be written, before the files are read."""
    try:
        tempfile.TemporaryFile(dir=target.parent).close()
    except OSError:
        raise _not_writable(target) from None


def _not_writable(target: Path) -> ShelfcastError:
    return ShelfcastError(
        f"{target.parent} may not be written to.",
        "Keep the mapping elsewhere with --to FILE, and name it to `shelfcast run` with --mapping FILE.",
    )


def _write(target: Path, text: str, folder: Path) -> None:
    try:
        write_whole(target, text)
    except PermissionError:
        raise _not_writable(target) from None
    except OSError as error:
        raise ShelfcastError(
            f"{target} can't be written: {error.strerror or error}.", "Make room there, or use --to FILE."
        ) from None


def _ask(question: "Question") -> str:
    """Returns the reading that the user chooses on the terminal."""
    import click
    import typer

    console.print(question.what, markup=False, soft_wrap=True)
    for value, meaning in question.readings:
        console.print(f"  {value}: {meaning}", markup=False, soft_wrap=True)
    values = click.Choice([value for value, _ in question.readings])
    return str(typer.prompt(f"Which ({question.option})", type=values))


def _print_preview(proposal: "Guess", preview: "Preview") -> None:
    from warehouse.wording import counted

    mapping = proposal.mapping
    words, currency = mapping.retailer.words, mapping.retailer.currency
    unread = f", {preview.unread:,} that can't be read" if preview.unread else ""
    row, of = {"lines": ("line", "a till"), "days": ("row", "days"), "weeks": ("row", "weeks")}[mapping.sales.grain]
    lines = {
        "Sales": f"{proposal.files}: {counted(preview.rows, row)} of {of}{unread}",
        "Columns": _columns(mapping),
        words.stores.capitalize(): f"{preview.stores:,}",
    }
    lines["Products"] = f"{preview.products:,}"
    if proposal.level.column:
        lines["Forecast"] = f"{preview.members:,} {words.products}, column {proposal.level.column}"
    lines["Series"] = f"{preview.series:,}, of which the median sells in {proposal.level.share:.0%} of its weeks"
    lines["Weeks"] = _weeks(preview)
    if preview.units is not None:
        lines["Units"] = _plain(preview.units) + _told(mapping.retailer.is_in_units, _plain(preview.units_left_out))
    if preview.amount is not None:
        told = _told(not mapping.retailer.is_in_units, f"{preview.amount_left_out:,}")
        lines["Money"] = f"{preview.amount:,} {currency or '(currency not known)'}{told}"
    for name, text in [*lines.items(), *(("Also read", text) for text in _other_tables(proposal))]:
        console.print(f"{name:<10} {one_line(text)}", markup=False, soft_wrap=True)


def _other_tables(proposal: "Guess") -> list[str]:
    """Returns what is said of every table beside the sales: its file, its rows, and the columns that are its key."""
    from spark_jobs.ingest.mapping import INPUTS
    from warehouse.wording import counted

    sections = {name: getattr(proposal.mapping, name) for name in INPUTS.values()}
    read = {name: section for name, section in sections.items() if section and section.files in proposal.rows}
    return [
        f"{section.files}: {counted(proposal.rows[section.files], 'row')} of {name}, {_keys(section.columns)}"
        for name, section in read.items()
    ]


def _keys(columns: object) -> str:
    keys = {role: getattr(columns, role, "") for role in ("store", "product", "date")}
    texts = {role: names if isinstance(names, str) else " + ".join(names) for role, names in keys.items()}
    return ", ".join(f"{role} {text}" for role, text in texts.items() if text)


def _columns(mapping: "Mapping") -> str:
    """Returns the columns that were chosen, each behind what it is."""
    columns = mapping.sales.columns
    chosen = {"store": columns.store, "product": columns.product, "date": [columns.date], "units": [columns.units]}
    chosen |= {"amount": [columns.amount], "price": [columns.price]}
    return ", ".join(f"{role} {' + '.join(names)}" for role, names in chosen.items() if any(names))


def _told(is_forecast: bool, left_out: str) -> str:
    """Returns what is to be said behind a sum: that it is forecast, and how much of it lies in weeks left out."""
    outside = f", of which {left_out} in the weeks left out" if left_out.strip("0.") else ""
    return f"{'  (forecast)' if is_forecast else ''}{outside}"


def _weeks(preview: "Preview") -> str:
    if preview.first is None or preview.last is None:
        return f"none is whole: {preview.left_out}"
    told = f"{preview.weeks:,} whole ones, from {_days(preview.first)} to {_days(preview.last)}"
    if preview.silent_weeks:
        told += f"; {preview.silent_weeks:,} more without any report"
    return f"{told}; left out: {preview.left_out}" if preview.left_out else told


def _days(week: tuple[object, object]) -> str:
    return f"{week[0]}..{week[1]}"


def _plain(number: Decimal) -> str:
    """Returns a number with all its digits, and none behind the mark that says nothing."""
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _print_notes(proposal: "Guess") -> None:
    for title, notes in (("Missing or doubtful", proposal.doubts), ("Not used", proposal.unused)):
        if notes:
            console.print(f"\n{title}:")
        for number, note in enumerate(notes, start=1):
            console.print(f"{number:>3}. {one_line(note)}", markup=False, soft_wrap=True)


def _print_next(folder: Path, elsewhere: Path | None, written: Path | None, shipped: str) -> None:
    console.print()
    if shipped:
        told = f"The mapping {shipped}, which comes with Shelfcast, is for these files: no other is needed."
        console.print(told, markup=False, soft_wrap=True)
    if written is not None:
        console.print(f"Written: {one_line(str(written))}", markup=False, soft_wrap=True)
    data = shlex.quote(str(folder))
    mapping = f" --mapping {shlex.quote(str(elsewhere))}" if elsewhere is not None else ""
    arguments = f" ARGS={shlex.quote(mapping.strip())}" if mapping else ""
    console.print(f"Next:    shelfcast run --data {data}{mapping}", markup=False, soft_wrap=True)
    console.print(f"   or    make run DATA={data}{arguments}", markup=False, soft_wrap=True)
