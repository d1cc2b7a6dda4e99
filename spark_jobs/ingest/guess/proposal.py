"""The mapping that a folder seems to need, with the reason of every guess and with all that is doubtful."""

import datetime as dt
import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from spark_jobs.ingest.date_formats import CLEAR, YEAR_FIRST, choose_format, date_proofs, read_date
from spark_jobs.ingest.guess.broken_rows import JOINED, broken_row
from spark_jobs.ingest.guess.forecast_level import (
    MOST_WEEKS,
    Hierarchy,
    LevelShare,
    choose_level,
    find_hierarchy,
    level_shares,
)
from spark_jobs.ingest.guess.mapping_sections import (
    covariate_sections,
    leave_strangers,
    product_sections,
    promotion_sections,
    retailer_section,
    sales_sections,
    say_overlap,
    stock_sections,
    store_sections,
    words_section,
)
from spark_jobs.ingest.guess.mapping_text import Section, mapping_text, plain_entries, record_sections
from spark_jobs.ingest.guess.origin import COMMA_LANGUAGES, LANGUAGE_NAMES, find_origin, language_of
from spark_jobs.ingest.guess.piece_check import find_odd_quantities
from spark_jobs.ingest.guess.questions import Ask, Question, refuse
from spark_jobs.ingest.guess.refusals import PAGE, no_sales, nothing_read, unread_rows
from spark_jobs.ingest.guess.sales_columns import SalesRoles, sales_roles
from spark_jobs.ingest.guess.sales_findings import Findings, key_column
from spark_jobs.ingest.guess.sales_scan import (
    LINES_MAX,
    WRONG_WIDTH,
    SalesSurvey,
    SalesWriting,
    Scan,
    scan_sales,
    survey_sales,
    whole_weeks_of,
)
from spark_jobs.ingest.guess.shipped import shipped_mapping
from spark_jobs.ingest.guess.source_tables import SourceTable, count_rows, find_tables
from spark_jobs.ingest.guess.table_roles import KnownTable, choose_sales, look_at, names_of, not_read
from spark_jobs.ingest.guess.week_labels import choose_bare_week, choose_grain, choose_order
from spark_jobs.ingest.mapping import INPUTS, Mapping
from spark_jobs.ingest.mapping_check import check_mapping
from spark_jobs.ingest.number_formats import (
    COMMA,
    MARKS,
    POINT,
    Numerals,
    can_be_read_both_ways,
    choose_numerals,
    currencies_in,
)
from spark_jobs.ingest.schema import fold
from warehouse.conventions import SHORTEST_WEEKS
from warehouse.errors import ShelfcastError, UsageError
from warehouse.wording import counted


@dataclass(frozen=True)
class Choices:
    """What the user decided beforehand.

    Attributes:
        date_label: whether a date is the first or the last day of its week.
        date_format: how dates are written.
        decimal_mark: how decimals are written.
        level: column of the level to forecast; "product" for the product itself.
        unit: whether pieces or money are forecast.
    """

    date_label: Literal["", "first", "last"] = ""
    date_format: str = ""
    decimal_mark: str = ""
    level: str = ""
    unit: Literal["", "units", "amount"] = ""


@dataclass(frozen=True)
class Guess:
    """A mapping, and what the files come to under it.

    Attributes:
        mapping: the mapping.
        text: its text, with reasons.
        scan: what the rows of the sales come to.
        level: how often the series of the level sell that is forecast.
        files: the files of the sales.
        rows: rows of each other table that the mapping names, by its files.
        doubts: all that is missing or doubtful, in sentences.
        unused: files that are not used, in sentences.
        shipped: name of the shipped mapping that is for these files; empty where one of their own is needed.
    """

    mapping: Mapping
    text: str
    scan: Scan
    level: LevelShare
    files: str
    rows: dict[str, int]
    doubts: tuple[str, ...]
    unused: tuple[str, ...]
    shipped: str = ""


def propose(folder: Path, working: Path, choices: Choices | None = None, ask: Ask = refuse) -> Guess:
    """Returns the mapping that the files of a folder seem to need.

    Args:
        folder: where the files lie.
        working: folder for copies of workbooks and Parquet files as text.
        choices: what the user decided beforehand.
        ask: asks the user where two readings are as likely; refuses by default.

    Raises:
        ShelfcastError: there are no sales in the folder, or they can be read in several ways.
    """
    wanted = choices or Choices()
    tables, sheets, notes = find_tables(folder, working)
    known = [look_at(table) for table in tables]
    shipped = shipped_mapping(known)
    if shipped is not None and wanted == Choices():
        return _shipped_proposal(*shipped, known, [*notes, *(sheet.files for sheet in sheets)])
    found = _findings(known, notes, wanted, ask)
    _say_sheets(found, sheets)
    unit, why, scan, hierarchy, described = _measure(found, wanted)
    if not scan.totals.rows:
        raise nothing_read(found.sales.table.files, scan.unread)
    leave_strangers(found, scan)
    shares = level_shares(scan, hierarchy)
    level = _level(shares, hierarchy, wanted, found)
    sections = [
        retailer_section(found, unit, why),
        words_section(found, hierarchy, level),
        Section("retailer.calendar", plain_entries({"country": found.origin.country}, found.origin.reasons)),
        *sales_sections(found),
        *store_sections(found, scan),
        *product_sections(found, hierarchy, described, level, shares),
        *stock_sections(found),
        *promotion_sections(found, level.column),
        *covariate_sections(found),
    ]
    _say_the_rest(found, scan)
    remarks = ["What the files of this folder mean, written by `shelfcast init`: change what is not so.",
               f"{PAGE} explains every key."]  # fmt: skip
    text = mapping_text(sections, [*remarks, *(f"To look at: {doubt}." for doubt in found.doubts)])
    mapping = Mapping.model_validate(tomllib.loads(text))
    check_mapping(mapping, folder)
    rows = _rows(mapping, found.others)
    return Guess(mapping, text, scan, level, found.sales.table.files, rows, tuple(found.doubts), tuple(found.unused))


def _rows(mapping: Mapping, tables: Sequence[KnownTable]) -> dict[str, int]:
    """Returns the rows of the tables that a mapping names, by their files."""
    named = {section.files for name in INPUTS.values() if (section := getattr(mapping, name))}
    return {known.table.files: count_rows(known.table) for known in tables if known.table.files in named}


def _shipped_proposal(name: str, mapping: Mapping, tables: Sequence[KnownTable], notes: Sequence[str]) -> Guess:
    """Returns what files come to that a shipped mapping is for."""
    sales = next(known for known in tables if known.table.files == mapping.sales.files)
    columns = {fold(column): column for column in sales.table.header}

    def place(wanted: str) -> str:
        return columns.get(fold(wanted), "")

    given = mapping.sales.columns
    roles = SalesRoles(
        product=tuple(map(place, given.product)),
        date=place(given.date),
        store="".join(map(place, given.store[:1])),
        units=place(given.units),
        amount=place(given.amount),
        price=place(given.price),
    )
    survey = survey_sales(sales.table, roles)
    proofs = date_proofs(survey.dates)
    numerals = choose_numerals(sales.table.files, survey.shapes, sales.table.separators, None, lambda _: "1.234")
    date_format = choose_format(sales.table.files, proofs, mapping.sales.date_format or None)
    end, is_in_units = mapping.retailer.week_end, mapping.retailer.is_in_units
    scan = scan_sales(
        sales.table, roles, SalesWriting(date_format, end, end, 0, numerals, is_in_units, not is_in_units)
    )
    level = level_shares(scan, Hierarchy())[0]
    text = mapping_text(record_sections(mapping), [f"The mapping of {name}, with the files of this folder."])
    rows = _rows(mapping, [known for known in tables if known is not sales])
    return Guess(mapping, text, scan, level, sales.table.files, rows, (), tuple(notes), name)


def _findings(tables: list[KnownTable], notes: Sequence[str], choices: Choices, ask: Ask) -> Findings:
    sales, doubts = choose_sales(tables)
    if sales is None:
        raise no_sales(tables, notes)
    others = [known for known in tables if known.table is not sales.table and known.kind != "sales"]
    roles = sales_roles(sales, others, choices.unit)
    survey = survey_sales(sales.table, roles, sales.roles.get("currency", ""))
    if not survey.dates:
        raise ShelfcastError(f"No row of {sales.table.files} has a date in column {roles.date}.", "Put its rows there.")
    language = language_of([sales, *others])
    signs = {sign for shape in survey.shapes for sign in currencies_in(shape.text)}
    name, why_format = _date_format(sales.table, roles.date, survey, choices, ask)
    numerals, why_mark = _numerals(sales.table, survey, choices, language, ask)
    origin = find_origin([sales, *others], signs, survey.currencies, numerals.mark)
    days = Counter[dt.date]()
    for text, rows in survey.counts.items():
        if (day := read_date(text, name)) is not None:
            days[day] += rows
    if not days:
        raise ShelfcastError(f"No date of {sales.table.files} is written as {name}.", "Name another --date-format.")
    grain = choose_grain(sales, roles, days, name, origin.country, choices.date_label, ask)
    to_end = None if grain.label == "day" else 6 if grain.label == "first" else 0
    writing = SalesWriting(name, (grain.week_end - (to_end or 0)) % 7, grain.week_end, to_end, numerals)
    found = Findings(sales, others, roles, survey, origin, grain, writing, why_format, why_mark, doubts)
    found.unused += notes
    found.doubts += [*_encoding_doubts([sales, *others]), *roles.doubts, *grain.doubts, *origin.doubts]
    found.doubts += [f"dates are read as {name}: {why_format}"] if why_format and not choices.date_format else []
    found.doubts += [f"numbers have a {MARKS[numerals.mark]}: {why_mark}"] if why_mark else []
    return found


def _say_sheets(found: Findings, sheets: Sequence[SourceTable]) -> None:
    """Adds the further sheets of workbooks: those that may hold sales are doubtful, the others are not used."""
    for sheet in sheets:
        known = look_at(sheet)
        if known.kind == "sales" or names_of(known) == names_of(found.sales):
            found.doubts.append(not_read(known, found.sales))
        else:
            found.unused.append(f"{sheet.files}, for the first sheet alone is read; save it as a file of its own")


def _encoding_doubts(tables: Sequence[KnownTable]) -> list[str]:
    return [
        f"the letters of {part.name} are read as {part.encoding}, and as {part.rival} they would be as likely: "
        "save it as UTF-8 where names come out wrong"
        for known in tables
        for part in known.table.parts
        if part.rival
    ]


def _date_format(table: SourceTable, column: str, survey: SalesSurvey, choices: Choices, ask: Ask) -> tuple[str, str]:
    """Returns the format of dates, and why where the dates do not prove it."""
    proofs = date_proofs(survey.dates)
    named = choices.date_format
    why = "the choice of the user" if named else ""
    if not named:
        named, why = choose_bare_week(table.files, column, survey.counts)
    if not named:
        named, why = choose_order(table.files, proofs, survey.counts, ask)
    name = choose_format(table.files, proofs, named or None)
    return name, "" if name in CLEAR and YEAR_FIRST not in proofs else why


def _numerals(
    table: SourceTable, survey: SalesSurvey, choices: Choices, language: str, ask: Ask
) -> tuple[Numerals, str]:
    """Returns how numbers are written, and why where the numbers do not prove it."""
    if len({sign for shape in survey.shapes for sign in currencies_in(shape.text)}) > 1:
        survey.shapes = [replace(shape, text=_without_currency(shape.text)) for shape in survey.shapes] + [
            shape for shape in survey.shapes if currencies_in(shape.text)
        ][:1]
    named, why = choices.decimal_mark, "the choice of the user" if choices.decimal_mark else ""
    if not named and can_be_read_both_ways(survey.shapes, table.separators):
        named, why = _mark(table, language, ask)
    return choose_numerals(table.files, survey.shapes, table.separators, named or None, lambda _: "1.234"), why


def _without_currency(text: str) -> str:
    return re.sub(r"US\$|USD|EUR|GBP|[$€£¥]", "", text).strip()


def _mark(table: SourceTable, language: str, ask: Ask) -> tuple[str, str]:
    if language in COMMA_LANGUAGES:
        return COMMA, f"columns have {LANGUAGE_NAMES[language]} names"
    readings = ((POINT, "1.234 is one and a bit"), (COMMA, "1.234 is more than a thousand"))
    what = f"The numbers of {table.files} can be read with a decimal point or a decimal comma."
    return ask(Question(what, readings, "--decimal-mark")), "the choice of the user"


def _measure(
    found: Findings, choices: Choices
) -> tuple[Literal["units", "amount"], str, Scan, Hierarchy, KnownTable | None]:
    """Returns what is forecast and why, what the rows come to, and the hierarchy with the table that tells it."""
    roles = found.roles
    has_money, is_priced = bool(roles.amount or roles.price), bool(roles.price and not roles.amount)
    unit: Literal["units", "amount"] = choices.unit or ("units" if roles.units else "amount")
    if unit == "units" and not roles.units:
        raise UsageError(f"{found.sales.table.files} has no column of pieces.", "Leave out --unit.")
    if unit == "amount" and not has_money:
        raise UsageError(f"{found.sales.table.files} has no column of money or prices.", "Leave out --unit.")
    found.writing = replace(found.writing, needs_units=unit == "units" or is_priced, needs_amount=unit == "amount")
    scan = scan_sales(found.sales.table, roles, found.writing)
    _refuse_nothing_sold(found, scan)
    hierarchy, described = _hierarchy(found, scan)
    odd = find_odd_quantities(scan, hierarchy) if unit == "units" else None
    why = "the choice of the user" if choices.unit else _unit_reason(roles)
    if odd is not None:
        names = ", ".join(odd.names)
        what = (
            f"{counted(odd.products, 'product')} ({names}) with quantities that are no pieces: "
            f"{odd.units_share:.0%} of all units and {odd.money_share:.1%} of all money"
        )
        if odd.spoils_units and not choices.unit and has_money:
            found.doubts.append(f"{what}, so money is forecast; --unit units forecasts pieces all the same")
            unit, why = "amount", f"quantities of {names} are no pieces"
            found.writing = replace(found.writing, needs_units=is_priced, needs_amount=not is_priced)
            if scan.unread or scan.without_money:
                scan = scan_sales(found.sales.table, roles, found.writing)
        else:
            found.doubts.append(what)
    if unit == "units" and not has_money:
        found.doubts.append("no column holds prices or amounts: orders have no value in money")
    return unit, why, scan, hierarchy, described


def _refuse_nothing_sold(found: Findings, scan: Scan) -> None:
    if scan.totals.rows and not len(scan.cells):
        measures = " and ".join(filter(None, (found.roles.units, found.roles.amount or found.roles.price)))
        if scan.returns:
            raise ShelfcastError(
                f"{counted(scan.returns, 'row')} of {found.sales.table.files} are below zero in column {measures}, and "
                "none is above it, as where goods leave a warehouse.",
                "Turn their sign: what was sold is above zero, and what came back below.",
            )
        raise ShelfcastError(
            f"Nothing was ever sold in {found.sales.table.files}: no row has more than 0 in column {measures}.",
            "Put the sales there, or let another column be called a quantity or an amount.",
        )


def _unit_reason(roles: SalesRoles) -> str:
    if not roles.units:
        return "the sales have amounts alone"
    money = roles.amount or roles.price
    return f"the sales have pieces in {roles.units}" + (f" and money in {money}" if money else "")


def _hierarchy(found: Findings, scan: Scan) -> tuple[Hierarchy, KnownTable | None]:
    """Returns the hierarchy of products and the table that tells it: a file of products, or the sales themselves."""
    product = found.roles.product
    listed = [known for known in found.others if known.kind == "products"]
    if listed and len(product) == 1:
        ranked = sorted(listed, key=lambda known: found.overlap(scan.products, known, "product"))
        found.unused += [f"{known.table.files}, which lists products too" for known in ranked[:-1]]
        known = ranked[-1]
        code = key_column(known, "product")
        share = found.overlap(scan.products, known, "product")
        say_overlap(found, known, "product", scan.products, share)
        if share:
            return find_hierarchy(known, (code,)), known
    if not product:
        return Hierarchy(), None
    hierarchy = find_hierarchy(found.sales, product)
    return hierarchy, found.sales if hierarchy.columns or hierarchy.name else None


def _level(shares: Sequence[LevelShare], hierarchy: Hierarchy, choices: Choices, found: Findings) -> LevelShare:
    by_column = {fold(level.column or "product"): level for level in shares}
    if choices.level:
        if fold(choices.level) not in by_column:
            names = ", ".join(level.column or "product" for level in shares)
            raise UsageError(f"There is no level {choices.level}.", f"It may be {names}.")
        return by_column[fold(choices.level)]
    level = choose_level(shares)
    if level.share < MOST_WEEKS:
        name = level.column or "product"
        found.doubts.append(
            f"even at the level {name} half of the series sell in less than {level.share:.0%} of their weeks"
        )
    if hierarchy.columns:
        told = ", ".join(f"{one.column or 'product'} {one.share:.0%}" for one in shares)
        found.doubts.append(
            f"{level.column or 'product'} is forecast, the finest level at which the median series sells in most weeks "
            f"({told}); --level chooses another"
        )
    return level


def _say_the_rest(found: Findings, scan: Scan) -> None:
    """Adds what the rows themselves leave open."""
    used = ("stores", "products", "stock", "promotions", "covariates")
    found.unused += [
        f"{known.table.files}, in which no sales, stores, products, stock, prices or covariates were found"
        for known in found.others
        if known.kind not in used
    ]
    whole = whole_weeks_of(scan, found.grain.grain == "weeks", found.grain.week_end)
    weeks = (whole.last - whole.first).days // 7 + 1 if whole.any else 0
    if weeks < SHORTEST_WEEKS:
        found.doubts.append(
            f"forecasts need at least {SHORTEST_WEEKS} weeks, and the sales have {weeks}: add earlier ones"
        )
    if scan.repeats:
        found.doubts.append(f"exact repeats of another line are left out: {counted(scan.repeats, 'line')}")
    if scan.repeats is None:
        found.doubts.append(
            f"exact repeats were looked for in the first {LINES_MAX:,} lines alone; a run finds them all"
        )
    if scan.returns:
        found.doubts.append(f"{counted(scan.returns, 'row')} below zero, kept as returns")
    if scan.fractions and found.roles.units:
        found.doubts.append(f"{counted(scan.fractions, 'row')} with quantities that are not whole, such as weights")
    found.doubts += unread_rows(scan.unread)
    if WRONG_WIDTH in scan.unread:
        found.doubts += [f"{said}: {JOINED}" for part in found.sales.table.parts if (said := broken_row(part))][:1]
