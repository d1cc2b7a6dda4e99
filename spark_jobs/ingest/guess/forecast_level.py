"""The level of the product hierarchy to forecast: the finest at which most series sell in most weeks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from spark_jobs.ingest.guess.column_words import LEVELS
from spark_jobs.ingest.guess.sales_scan import Scan
from spark_jobs.ingest.guess.series_cells import Codes, distinct, join_cells
from spark_jobs.ingest.guess.source_tables import Batch, read_batches
from spark_jobs.ingest.guess.table_roles import KnownTable, title_of
from spark_jobs.ingest.schema import UNKNOWN
from spark_jobs.ingest.weeks import QUIET_WEEKS

MOST_WEEKS = 0.5
"""Share of the weeks between its first and its last sale in which a series must sell, in the median of all series."""
LEVELS_MAX = 3
_NESTED = 0.98
"""Share of the products whose value of the finer level lies in one value of the coarser one."""


@dataclass(frozen=True)
class Hierarchy:
    """The levels above a product, from the coarsest to the finest.

    Attributes:
        columns: their columns.
        words: what English calls them.
        values: the value of every product at each level, by code of the product.
        name: the column with the names of products; empty where there is none.
    """

    columns: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True)
class LevelShare:
    """How often the series of a level sell.

    Attributes:
        column: the level; empty for the product itself.
        members: how many products, categories and so on there are.
        series: pairs of a store and a member.
        share: share of the weeks that its store reports with sales, in the median series that lives for 13 of them or
            more, a fraction.
    """

    column: str
    members: int
    series: int
    share: float


def find_hierarchy(known: KnownTable, product: Sequence[str]) -> Hierarchy:
    """Returns the levels that a table tells of products.

    Args:
        known: the products, or the sales, whose rows of a product then have to agree.
        product: the columns of the code.
    """
    concepts = {name: concept for concept in LEVELS if concept != "brand" and (name := known.roles.get(concept))}
    names = [name for name in known.columns if name in concepts and name not in product]
    title = known.roles.get("product name") or title_of(known, *product)
    title = "" if title in product else title
    told = [*names, *([title] if title else [])]
    values, disputed = values_by_code(known, product, told) if told else ({}, frozenset())
    if known.kind == "sales":
        names = [name for n, name in enumerate(told) if name in names and n not in disputed]
        title = title if title and len(told) - 1 not in disputed else ""
    places = {name: told.index(name) for name in names}
    ordered = _nested([places[name] for name in names], values)
    columns = tuple(told[n] for n in ordered)
    kept = {code: tuple(row[n] for n in ordered) for code, row in values.items()}
    return Hierarchy(columns, tuple(concepts[name] for name in columns), kept, title)


def values_by_code(
    known: KnownTable, code: Sequence[str], names: Sequence[str]
) -> tuple[dict[str, tuple[str, ...]], frozenset[int]]:
    """Returns what columns say of every code, of the first row that names it, and which of them contradict that later.

    Args:
        known: a table.
        code: the columns whose texts together are the code.
        names: the columns wanted.
    """
    values: dict[str, tuple[str, ...]] = {}
    disputed: set[int] = set()
    for batch in read_batches(known.table, [*code, *names]):
        for texts in _distinct_rows(batch):
            key, row = " ".join(filter(None, texts[: len(code)])), tuple(texts[len(code) :])
            first = values.setdefault(key, row)
            if first != row:
                disputed.update(n for n, (one, other) in enumerate(zip(first, row, strict=True)) if one != other)
    return values, frozenset(disputed)


def _distinct_rows(batch: Batch) -> Iterator[list[str]]:
    """Gives the different rows of a batch."""
    indices = np.stack([np.asarray(column.indices) for column in batch.columns])
    texts = [column.dictionary.to_pylist() for column in batch.columns]
    order = np.lexsort(indices)
    ordered = indices[:, order]
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = (ordered[:, 1:] != ordered[:, :-1]).any(axis=0)
    for row in ordered[:, is_new].T:
        yield [text[n] for text, n in zip(texts, row.tolist(), strict=True)]


def _nested(places: Sequence[int], values: Mapping[str, tuple[str, ...]]) -> list[int]:
    """Returns which levels form a hierarchy, from the coarsest on: each has more values than the one above it."""
    counts = {n: len({row[n] for row in values.values()}) for n in places}
    chosen: list[int] = []
    for n in sorted(places, key=lambda n: counts[n]):
        is_finer = not chosen or counts[n] > counts[chosen[-1]]
        if is_finer and 1 < counts[n] < len(values) and (not chosen or _lies_within(values, n, chosen[-1])):
            chosen.append(n)
    return chosen[:1] + chosen[1 - LEVELS_MAX :] if len(chosen) > LEVELS_MAX else chosen


def _lies_within(values: Mapping[str, tuple[str, ...]], finer: int, coarser: int) -> bool:
    """Returns whether nearly all products of each finer value are of one coarser value."""
    counts: dict[str, dict[str, int]] = {}
    for row in values.values():
        inner = counts.setdefault(row[finer], {})
        inner[row[coarser]] = inner.get(row[coarser], 0) + 1
    return sum(max(inner.values()) for inner in counts.values()) >= _NESTED * len(values)


def level_shares(scan: Scan, hierarchy: Hierarchy) -> list[LevelShare]:
    """Returns how often the series of every level sell, from the product up to the coarsest level."""
    store, product, week = scan.split_cells()
    # A week in which its store reports nothing is unknown: a series lives in the weeks that its store reports.
    week = np.searchsorted(scan.reports, join_cells(store, np.zeros_like(product), week))
    shares = [_share("", len(scan.products), store, product, week)]
    for number in reversed(range(len(hierarchy.columns))):
        codes, members = _members(scan, hierarchy, number)
        shares.append(_share(hierarchy.columns[number], members, store, codes[product], week))
    return shares


def members_of(scan: Scan, hierarchy: Hierarchy, column: str) -> int:
    """Returns how many different values the products of the sales have at a level."""
    return _members(scan, hierarchy, hierarchy.columns.index(column))[1] if column else len(scan.products)


def _members(scan: Scan, hierarchy: Hierarchy, number: int) -> tuple[Codes, int]:
    """Returns the value of every product at a level as a number, and how many values there are."""
    numbers: dict[str, int] = {}
    empty = ("",) * len(hierarchy.columns)
    names = [hierarchy.values.get(code, empty)[number] or UNKNOWN for code in scan.products]
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64), len(numbers)


def _share(column: str, members: int, store: Codes, member: Codes, week: Codes) -> LevelShare:
    if not len(store):
        return LevelShare(column, members, 0, 0.0)
    first_week = int(week.min())
    span_bits = int(week.max() - first_week).bit_length() + 1
    series = store * (int(member.max()) + 1) + member
    cells = distinct((series << span_bits) | (week - first_week))
    begins = np.flatnonzero(np.diff(cells >> span_bits, prepend=-1))
    ends = np.append(begins[1:], len(cells)) - 1
    sold = ends - begins + 1
    lives = (cells[ends] & ((1 << span_bits) - 1)) - (cells[begins] & ((1 << span_bits) - 1)) + 1
    least = min(QUIET_WEEKS, int(lives.max()))
    shares = (sold / lives)[lives >= least]
    return LevelShare(column, members, len(begins), float(np.median(shares)))


def choose_level(shares: Sequence[LevelShare]) -> LevelShare:
    """Returns the finest level at which most series sell in most weeks; the coarsest where none does."""
    return next((level for level in shares if level.share >= MOST_WEEKS), shares[-1])
