"""All rows of the sales, looked at twice: how they are written, then what they come to. Memory stays bounded."""

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from spark_jobs.ingest.date_formats import TIME, plain_date, read_date
from spark_jobs.ingest.guess.column_profiles import MISSING
from spark_jobs.ingest.guess.sales_columns import SalesRoles
from spark_jobs.ingest.guess.series_cells import CellSet, Codes, distinct, join_cells, split_cells
from spark_jobs.ingest.guess.source_tables import Batch, SourceTable, Widths, read_batches
from spark_jobs.ingest.number_formats import LARGEST, PLAIN_NUMERALS, Numerals, Shape, read_number, shape_of
from spark_jobs.ingest.schema import ONE, Place
from spark_jobs.ingest.weeks import DECIMALS, WholeWeeks, choose_whole
from warehouse.retailer import LONGEST_TEXT
from warehouse.signs import has_control_signs

if TYPE_CHECKING:
    import pyarrow as pa

Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]
Numbers = np.ndarray[tuple[int], np.dtype[np.float64]]
LINES_MAX = 10_000_000
"""Lines up to which exact repeats are looked for."""
WRONG_WIDTH = "number of fields"
"""What a row lacks that has not as many fields as the header."""
_CLEAR = re.compile(r"-?[0-9]*(?:\.(?:[0-9]{1,2}|[0-9]{4,}))?")
_FIRST_DAY = dt.date(1899, 12, 25)
"""A Monday before all dates that are read; days and weeks are counted from it."""
_EXACT = Decimal(1).scaleb(-DECIMALS)
_NO_CODE = -1


@dataclass
class SalesSurvey:
    """How the sales are written.

    Attributes:
        dates: the different texts of dates without times, and where each stands first.
        counts: rows of each of them.
        has_times: whether times stand behind dates.
        shapes: how the numbers of units, amount and price are written.
        currencies: texts of the column of currencies, with the rows of each.
    """

    dates: dict[str, Place] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    has_times: bool = False
    shapes: list[Shape] = field(default_factory=list)
    currencies: Counter[str] = field(default_factory=Counter)


def survey_sales(table: SourceTable, roles: SalesRoles, currency: str = "") -> SalesSurvey:
    """Returns how the rows of the sales are written, from all of them."""
    found, shapes = SalesSurvey(), dict[tuple[str, str], Shape]()
    numbers = [name for name in (roles.units, roles.amount, roles.price) if name]
    for batch in read_batches(table, [roles.date, *numbers, *([currency] if currency else [])]):
        _survey_dates(table, batch, found)
        for name, column in zip(numbers, batch.columns[1:], strict=False):
            _survey_numbers(table, batch, name, column, shapes)
        if currency:
            found.currencies.update(_counted(batch.columns[-1]))
    found.shapes = list(shapes.values())
    return found


def _survey_dates(table: SourceTable, batch: Batch, found: SalesSurvey) -> None:
    column = batch.columns[0]
    indices = _indices(column)
    values, firsts, counts = np.unique(indices, return_index=True, return_counts=True)
    texts = column.dictionary.to_pylist()
    for value, first, count in zip(values, firsts, counts, strict=True):
        text = texts[value]
        if text in MISSING:
            continue
        plain = plain_date(text)
        found.has_times |= bool(re.search(TIME, text))
        found.counts[plain] += int(count)
        place = _place(table, batch, int(first))
        found.dates[plain] = min(place, found.dates.get(plain, place))


def _survey_numbers(
    table: SourceTable, batch: Batch, name: str, column: "pa.DictionaryArray", shapes: dict[tuple[str, str], Shape]
) -> None:
    counts = np.bincount(_indices(column), minlength=len(column.dictionary))
    for number, text in enumerate(column.dictionary.to_pylist()):
        if text in MISSING or not counts[number]:
            continue
        key = ("9.9" if "." in text else "9") if _CLEAR.fullmatch(text) else shape_of(text)
        known = shapes.get((name, key))
        place = known.place if known else _place(table, batch, int(np.argmax(_indices(column) == number)))
        shapes[name, key] = Shape(key, int(counts[number]) + (known.count if known else 0), place, column=name)


def _place(table: SourceTable, batch: Batch, row: int) -> Place:
    """Returns the place of a row; right where no line before it is empty or broken."""
    part = table.parts[batch.part]
    return Place(batch.part, part.header_line + batch.first + row + 1, part.name if len(table.parts) > 1 else "")


def _counted(column: "pa.DictionaryArray") -> dict[str, int]:
    counts = np.bincount(_indices(column), minlength=len(column.dictionary))
    return {text: int(counts[n]) for n, text in enumerate(column.dictionary.to_pylist()) if counts[n]}


def _indices(column: "pa.DictionaryArray") -> Codes:
    return np.asarray(column.indices.to_numpy(zero_copy_only=False), dtype=np.int64)


@dataclass(frozen=True)
class SalesWriting:
    """How the sales are read.

    Attributes:
        date_format: one of the formats of dates.
        label_weekday: the weekday that an ISO week without a day stands for, 0 for Monday.
        week_end: the last day of a week, 0 for Monday.
        days_to_end: days from a date to the end of the week that it labels; None where a date is a day.
        numerals: how numbers are written.
        needs_units: whether a row without units can't be used.
        needs_amount: whether a row without an amount can't be used.
    """

    date_format: str
    label_weekday: int
    week_end: int
    days_to_end: int | None
    numerals: Numerals = PLAIN_NUMERALS
    needs_units: bool = True
    needs_amount: bool = False


@dataclass(frozen=True)
class Totals:
    """Rows that can be used, and the exact sums of what they hold."""

    rows: int
    units: Decimal | None
    amount: Decimal | None


@dataclass(frozen=True)
class ProductSums:
    """What every product comes to, in the order of the codes.

    Attributes:
        rows: rows with units.
        units: sum of units.
        amount: sum of money.
    """

    rows: Numbers
    units: Numbers
    amount: Numbers


@dataclass(frozen=True)
class Scan:
    """What all rows of the sales come to.

    Attributes:
        stores: codes of the stores with a row that can be used.
        products: codes of the products.
        cells: every store, product and week with a sale, as one number each; see `split_cells`.
        kept_stores: every how many-th store is in `cells`; 1 where all are.
        lines_by_day: rows by day, or by last day of their week.
        sums_by_day: units and money of these, to a float's precision.
        reports: pairs of a store and a week with any row, as `cells` of the product 0.
        totals: rows and sums.
        sums: what every product comes to.
        unread: rows that can't be read, by reason.
        repeats: exact repeats of a line, left out of everything else; None where they were too many to look for.
        returns: rows below zero.
        fractions: rows whose units are not whole.
        without_money: rows with units and without money, where a column of money is there.
    """

    stores: tuple[str, ...]
    products: tuple[str, ...]
    cells: Codes
    kept_stores: int
    lines_by_day: dict[dt.date, int]
    sums_by_day: Mapping[dt.date, tuple[float, float]]
    reports: Codes
    totals: Totals
    sums: ProductSums
    unread: Mapping[str, int]
    repeats: int | None
    returns: int
    fractions: int
    without_money: int

    def split_cells(self) -> tuple[Codes, Codes, Codes]:
        """Returns the store, the product and the week of every cell, as numbers that count from 0."""
        return split_cells(self.cells)


def scan_sales(table: SourceTable, roles: SalesRoles, writing: SalesWriting) -> Scan:
    """Returns what all rows of the sales come to."""
    scanner = _Scanner(roles, writing)
    widths = Widths()
    for batch in read_batches(table, scanner.wanted(table), widths):
        scanner.take(batch)
    return scanner.result(widths.wrong)


class _Coder:
    """Numbers for codes, given in the order in which they come."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def encode(self, columns: Sequence["pa.DictionaryArray"]) -> Codes:
        """Returns the number of every row's code, -1 of one that is missing, too long or not printable."""
        if len(columns) == 1:
            table = [self._number(text) for text in columns[0].dictionary.to_pylist()]
            return np.array(table or [_NO_CODE], dtype=np.int64)[_indices(columns[0])]
        pairs = np.stack([_indices(column) for column in columns])
        distinct, inverse = np.unique(pairs, axis=1, return_inverse=True)
        texts = [column.dictionary.to_pylist() for column in columns]
        joined = [" ".join(filter(None, (t[i] for t, i in zip(texts, row, strict=True)))) for row in distinct.T]
        return np.array([self._number(text) for text in joined], dtype=np.int64)[inverse.reshape(-1)]

    def _number(self, text: str) -> int:
        known = self.numbers.get(text)
        if known is not None:
            return known
        if not text or len(text) > LONGEST_TEXT or has_control_signs(text):
            return _NO_CODE
        return self.numbers.setdefault(text, len(self.numbers))


class _NumberReader:
    """Numbers of a column, each text read once."""

    def __init__(self, numerals: Numerals) -> None:
        self._numerals = numerals
        self._known: dict[str, Decimal | None] = {}

    def read(self, column: "pa.DictionaryArray") -> tuple[list[Decimal | None], Mask]:
        """Returns the numbers of the different texts, and which of those texts are something that is no number."""
        texts = column.dictionary.to_pylist()
        if len(self._known) > LINES_MAX // 10:
            self._known.clear()
        for text in texts:
            if text not in self._known:
                self._known[text] = None if text in MISSING else self._read(text)
        values = [self._known[text] for text in texts]
        wrong = [value is None and text not in MISSING for text, value in zip(texts, values, strict=True)]
        return values, np.array(wrong, dtype=bool)

    def _read(self, text: str) -> Decimal | None:
        value = read_number(text, self._numerals)
        return value if value is not None and abs(value) <= LARGEST else None


class _Scanner:
    def __init__(self, roles: SalesRoles, writing: SalesWriting) -> None:
        self._roles, self._writing = roles, writing
        self._stores, self._products = _Coder(), _Coder()
        self._numbers = _NumberReader(writing.numerals)
        self._days: dict[str, int] = {}
        self._cells, self._reports = CellSet(), CellSet()
        self._lines_by_day: Counter[int] = Counter()
        self._sums_by_day = (defaultdict[int, float](float), defaultdict[int, float](float))
        self._used_stores: set[int] = set()
        self._unread: Counter[str] = Counter()
        self._rows = self._returns = self._fractions = self._repeats = self._without_money = 0
        self._units = self._amount = Decimal(0)
        self._sums = _ProductSums()
        self._seen = np.array([], dtype=np.uint64)
        self._looks_for_repeats = bool(roles.line)
        self._all: Sequence[str] = ()

    def wanted(self, table: SourceTable) -> list[str]:
        """Returns the columns to be read: those with a role, or all where lines may repeat exactly."""
        roles = self._roles
        named = [*([roles.store] if roles.store else []), *roles.product, roles.date]
        named += [name for name in (roles.units, roles.amount, roles.price) if name]
        counts = Counter(table.header)
        others = [name for name in table.header if counts[name] == 1 and name and name not in named]
        self._all = [*named, *(others if self._looks_for_repeats else [])]
        return list(self._all)

    def take(self, batch: Batch) -> None:
        """Takes the next rows."""
        columns = dict(zip(self._all, batch.columns, strict=True))
        roles = self._roles
        is_fresh = self._fresh(batch) if self._looks_for_repeats else np.ones(len(batch), dtype=bool)
        none = np.zeros(len(batch), dtype=np.int64)
        store = self._stores.encode([columns[roles.store]]) if roles.store else none
        product = self._products.encode([columns[name] for name in roles.product]) if roles.product else none
        day = self._day_numbers(columns[roles.date])
        money = roles.amount or roles.price
        units, units_wrong = self._measure(columns.get(roles.units), len(batch))
        amount, amount_wrong = self._measure(columns.get(money), len(batch))
        faults = {
            roles.store or "store": store < 0,
            " + ".join(roles.product) or "product": product < 0,
            roles.date: day < 0,
            roles.units or "units": units_wrong | (np.isnan(units) & self._writing.needs_units),
            money or "amount": amount_wrong | (np.isnan(amount) & self._writing.needs_amount),
        }
        is_good = self._judge(faults, is_fresh)
        taken = self._add_sums(columns, is_good, units, amount, product)
        self._add_days(day[is_good], units[is_good], taken[is_good])
        self._used_stores.update(distinct(store[is_good]).tolist())
        is_sold = (units > 0) | (amount > 0)
        self._add_weeks(store[is_good], product[is_good], day[is_good], is_sold[is_good])

    def _fresh(self, batch: Batch) -> Mask:
        """Returns which rows are no exact repeats of rows before them."""
        if self._rows + self._repeats > LINES_MAX:
            self._looks_for_repeats = False
            return np.ones(len(batch), dtype=bool)
        hashes = _row_hashes(batch)
        order = np.argsort(hashes, kind="stable")
        is_first = np.ones(len(batch), dtype=bool)
        is_first[order[1:]] = hashes[order[1:]] != hashes[order[:-1]]
        places = np.searchsorted(self._seen, hashes)
        places[places == len(self._seen)] = 0
        is_known = self._seen[places] == hashes if len(self._seen) else np.zeros(len(batch), dtype=bool)
        is_fresh: Mask = is_first & ~is_known
        self._seen = np.sort(np.concatenate([self._seen, hashes[is_fresh]]))
        self._repeats += int((~is_fresh).sum())
        return is_fresh

    def _day_numbers(self, column: "pa.DictionaryArray") -> Codes:
        """Returns the day of every row, or the last day of its week, counted from a Monday; -1 where it is no date."""
        table = [self._day_number(text) for text in column.dictionary.to_pylist()]
        return np.array(table or [_NO_CODE], dtype=np.int64)[_indices(column)]

    def _day_number(self, text: str) -> int:
        plain = plain_date(text)
        known = self._days.get(plain)
        if known is None:
            writing = self._writing
            date = read_date(plain, writing.date_format, writing.label_weekday) if plain else None
            if date is not None and writing.days_to_end is not None:
                date += dt.timedelta(days=writing.days_to_end)
                date = date if date.weekday() == writing.week_end else None
            known = self._days[plain] = _NO_CODE if date is None else (date - _FIRST_DAY).days
        return known

    def _measure(self, column: "pa.DictionaryArray | None", rows: int) -> tuple[Numbers, Mask]:
        """Returns the numbers of a column, and which rows hold something that is none."""
        if column is None:
            return np.full(rows, np.nan), np.zeros(rows, dtype=bool)
        values, wrong = self._numbers.read(column)
        floats = np.array([np.nan if value is None else float(value) for value in values] or [np.nan])
        indices = _indices(column)
        return floats[indices], (wrong if len(wrong) else np.zeros(1, dtype=bool))[indices]

    def _judge(self, faults: Mapping[str, Mask], is_fresh: Mask) -> Mask:
        is_good = is_fresh.copy()
        for name, is_wrong in faults.items():
            self._unread[name] += int((is_wrong & is_good).sum())
            is_good &= ~is_wrong
        self._rows += int(is_good.sum())
        return is_good

    def _add_sums(
        self,
        columns: Mapping[str, "pa.DictionaryArray"],
        is_good: Mask,
        units: Numbers,
        amount: Numbers,
        product: Codes,
    ) -> Numbers:
        """Adds the rows to the sums, and returns the money of each."""
        roles = self._roles
        self._returns += int(((units < 0) | (amount < 0))[is_good].sum())
        self._fractions += int((np.nan_to_num(units % 1) > 0)[is_good].sum())
        self._without_money += int(np.isnan(amount[is_good]).sum()) if roles.amount else 0
        if roles.units:
            self._units += self._exact(columns[roles.units], is_good)
        if roles.amount:
            self._amount += self._exact(columns[roles.amount], is_good)
        elif roles.price and roles.units:
            self._amount += self._exact_products(columns[roles.units], columns[roles.price], is_good)
            amount = amount * units
        self._sums.add(product[is_good], units[is_good], amount[is_good])
        return amount

    def _exact(self, column: "pa.DictionaryArray", is_good: Mask) -> Decimal:
        values, _ = self._numbers.read(column)
        counts = np.bincount(_indices(column)[is_good], minlength=len(values))
        return sum(
            (value * int(count) for value, count in zip(values, counts, strict=True) if value and count), Decimal(0)
        )

    def _exact_products(self, units: "pa.DictionaryArray", price: "pa.DictionaryArray", is_good: Mask) -> Decimal:
        ones, others = self._numbers.read(units)[0], self._numbers.read(price)[0]
        pairs = _indices(units)[is_good] * max(len(others), 1) + _indices(price)[is_good]
        distinct, counts = np.unique(pairs, return_counts=True)
        total = Decimal(0)
        for pair, count in zip(distinct.tolist(), counts.tolist(), strict=True):
            one, other = ones[pair // len(others)], others[pair % len(others)]
            if one is not None and other is not None:
                total += (one * other).quantize(_EXACT) * count
        return total

    def _add_days(self, day: Codes, units: Numbers, money: Numbers) -> None:
        days, places, counts = np.unique(day, return_inverse=True, return_counts=True)
        self._lines_by_day.update(dict(zip(days.tolist(), counts.tolist(), strict=True)))
        for sums, values in zip(self._sums_by_day, (units, money), strict=True):
            totals = np.bincount(places, weights=np.nan_to_num(values), minlength=len(days))
            for number, total in zip(days.tolist(), totals.tolist(), strict=True):
                sums[number] += total

    def _add_weeks(self, store: Codes, product: Codes, day: Codes, is_sold: Mask) -> None:
        week = (day + 6 - self._writing.week_end) // 7
        self._reports.add(join_cells(store, np.zeros_like(product), week))
        self._cells.add(join_cells(store, product, week)[is_sold])

    def result(self, wrong_widths: int) -> Scan:
        """Returns what the rows came to, with those that have not as many fields as the header."""
        roles = self._roles
        unread = Counter({name: count for name, count in self._unread.items() if count})
        if wrong_widths:
            unread[WRONG_WIDTH] = wrong_widths
        has_money = bool(roles.amount or (roles.price and roles.units))
        totals = Totals(self._rows, self._units if roles.units else None, self._amount if has_money else None)
        days = {_FIRST_DAY + dt.timedelta(days=day): rows for day, rows in sorted(self._lines_by_day.items())}
        units_by_day, money_by_day = self._sums_by_day
        stores = tuple(code for code, number in self._stores.numbers.items() if number in self._used_stores)
        return Scan(
            stores=stores or (ONE,),
            products=tuple(self._products.numbers) or (ONE,),
            cells=self._cells.cells(),
            kept_stores=self._cells.every,
            lines_by_day=days,
            sums_by_day={
                _FIRST_DAY + dt.timedelta(days=day): (units_by_day[day], money_by_day[day])
                for day in self._lines_by_day
            },
            reports=self._reports.cells(),
            totals=totals,
            sums=self._sums.result(max(len(self._products.numbers), 1)),
            unread=unread,
            repeats=self._repeats if self._looks_for_repeats or not roles.line else None,
            returns=self._returns,
            fractions=self._fractions,
            without_money=self._without_money,
        )


def _row_hashes(batch: Batch) -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
    import pandas as pd

    whole = np.zeros(len(batch), dtype=np.uint64)
    for column in batch.columns:
        texts = column.dictionary.to_numpy(zero_copy_only=False)
        hashes = pd.util.hash_array(texts, categorize=False)[_indices(column)]
        whole = whole * np.uint64(1_000_003) + hashes
    return whole


class _ProductSums:
    """Sums by product that grow with the codes."""

    def __init__(self) -> None:
        self._sums = np.zeros((3, 1024))

    def add(self, product: Codes, units: Numbers, amount: Numbers) -> None:
        """Takes more rows."""
        if not len(product):
            return
        size = int(product.max()) + 1
        if size > self._sums.shape[1]:
            self._sums = np.pad(self._sums, ((0, 0), (0, 2 * size - self._sums.shape[1])))
        for number, values in enumerate((~np.isnan(units), units, amount)):
            self._sums[number, :size] += np.bincount(product, weights=np.nan_to_num(values), minlength=size)

    def result(self, products: int) -> ProductSums:
        """Returns the sums of so many products."""
        if products > self._sums.shape[1]:
            self._sums = np.pad(self._sums, ((0, 0), (0, products - self._sums.shape[1])))
        rows, units, amount = self._sums[:, :products]
        return ProductSums(rows, units, amount)


def whole_weeks_of(scan: Scan, is_of_weeks: bool, week_end: int) -> WholeWeeks:
    """Returns the whole weeks of the sales; none where there is no row.

    Args:
        scan: what the rows come to.
        is_of_weeks: whether each row is of a week.
        week_end: the last day of a week, 0 for Monday.
    """
    days = scan.lines_by_day
    if not days:
        return WholeWeeks(dt.date.max, dt.date.min)
    return WholeWeeks(min(days), max(days)) if is_of_weeks else choose_whole(days, week_end)


def week_ends(reports: Codes, week_end: int) -> list[dt.date]:
    """Returns the last days of the weeks in cells, in order."""
    return [_FIRST_DAY + dt.timedelta(days=week * 7 + week_end) for week in distinct(split_cells(reports)[2]).tolist()]
