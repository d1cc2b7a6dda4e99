"""Sample data as the tills of a grocer write them: a line a sale, in German, with semicolons and decimal commas."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spark_jobs.sample.catalogue import CATEGORIES
from spark_jobs.sample.csv_file import CsvFile, write_mapping
from spark_jobs.sample.grocer import (
    WEEK_DAYS,
    Articles,
    Branch,
    Days,
    Flags,
    Floats,
    Whole,
    expected_lines,
    make_articles,
    make_branch,
    make_days,
    prices,
    promotions,
)
from spark_jobs.sample.texts import decimal_texts
from spark_jobs.sample.writer import check_counts

if TYPE_CHECKING:
    import pyarrow as pa

LINES_NAME, ARTICLES_NAME, BRANCHES_NAME = "kassenzeilen.csv", "artikel.csv", "filialen.csv"
LINES_HEADER = ("Zeitpunkt", "Filiale", "Bon", "Position", "Artikel", "Menge", "Betrag")
ARTICLES_HEADER = ("Artikel", "Bezeichnung", "Warenbereich", "Warengruppe")
BRANCHES_HEADER = ("Filiale", "Name", "Typ", "Fläche")
LIMITS = {"stores": 1_000, "products": 10_000, "weeks": 520}
SEPARATOR = ";"
RETURN_SHARE, REPEAT_SHARE = 0.004, 0.0005
"""Shares of the lines that are returns, and that the export wrote twice."""
_BLOCK_WEEKS = 13
"""Weeks of a branch that are in memory at once."""
_LINES_PER_BASKET = 4.0
_LINES = 11
_FIRST_SECOND, _LAST_SECOND = 7 * 3600, 20 * 3600
_PIECE = 1_000


@dataclass(frozen=True)
class Lines:
    """Lines of one branch in the order of the tills: one entry each.

    Attributes:
        second: since midnight of `day`, which is an index of the days.
        basket: number of the receipt in the branch.
        position: number of the line in it.
        thousandths: pieces or kilograms, times a thousand; below 0 for a return.
        cents: money; below 0 for a return.
    """

    day: Whole
    second: Whole
    basket: Whole
    position: Whole
    article: Whole
    thousandths: Whole
    cents: Whole


def write_till_lines(
    folder: str | Path,
    stores: int = 6,
    products: int = 60,
    weeks: int = 104,
    seed: int = 20230703,
    lines_per_week: float = 500,
) -> dict[str, int]:
    """Returns the rows of each file of the sample, which is written into a folder with its shelfcast.toml.

    The same arguments give the same bytes. A quarter of one branch at a time is in memory. An average branch has
    `lines_per_week` lines in an average week.

    Raises:
        UsageError: a count is below 1 or beyond `LIMITS`.
    """
    check_counts({"stores": stores, "products": products, "weeks": weeks}, LIMITS)
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    articles, days = make_articles(seed, products), make_days(weeks)
    branches = [make_branch(number, lines_per_week, days) for number in range(1, stores + 1)]
    with (
        CsvFile(target, ARTICLES_NAME, ARTICLES_HEADER, SEPARATOR) as articles_csv,
        CsvFile(target, BRANCHES_NAME, BRANCHES_HEADER, SEPARATOR) as branches_csv,
        CsvFile(target, LINES_NAME, LINES_HEADER, SEPARATOR) as lines_csv,
    ):
        articles_csv.write_rows(_article_rows(articles))
        branches_csv.write_rows((one.code, one.name, one.kind, one.area) for one in branches)
        for branch in branches:
            for lines in _lines_of(seed, branch, articles, days):
                lines_csv.write(_lines_table(branch, lines, articles, days))
    write_mapping("till-lines", target)
    return {file.name: file.rows for file in (lines_csv, articles_csv, branches_csv)}


def _article_rows(articles: Articles) -> Iterator[tuple[str, ...]]:
    for code, name, place in zip(articles.codes, articles.names, articles.category, strict=True):
        yield code, name, CATEGORIES[place].department, CATEGORIES[place].name


def _lines_of(seed: int, branch: Branch, articles: Articles, days: Days) -> Iterator[Lines]:
    """Yields the lines of a branch, a block of weeks at a time."""
    weeks = int(days.week[-1])
    promoted = promotions(seed, weeks)
    mean, cents = expected_lines(seed, branch, articles, days, promoted), prices(articles, days, promoted)
    random = np.random.default_rng([seed, _LINES, branch.number])
    baskets = 0
    for begin in range(0, len(days.dates), _BLOCK_WEEKS * WEEK_DAYS):
        block = slice(begin, begin + _BLOCK_WEEKS * WEEK_DAYS)
        lines = draw_lines(random, mean[:, block], cents[:, block], articles.is_weighed, begin, baskets + 1)
        if len(lines.day):
            baskets = int(lines.basket[-1])
            yield lines


def draw_lines(
    random: np.random.Generator, mean: Floats, cents: Whole, is_weighed: Flags, first_day: int, first_basket: int
) -> Lines:
    """Returns the lines of a branch on some days.

    Args:
        random: stream of the branch.
        mean: mean number of lines, articles by days.
        cents: price of a piece or kilogram, articles by days.
        is_weighed: whether an article sells kilograms, one entry each.
        first_day: index of the first day.
        first_basket: number of the first receipt.
    """
    counts = random.poisson(mean)
    place = np.repeat(np.arange(counts.size), counts.ravel())
    article, day = np.divmod(place, mean.shape[1])
    basket, seconds = _baskets(random, day, counts.sum(axis=0))
    order = np.argsort(basket, kind="stable")
    article, day, basket = article[order], day[order], basket[order]
    thousandths = _thousandths(random, is_weighed[article])
    amount = np.rint(thousandths * cents[article, day] / _PIECE).astype(np.int64)
    _, first, number = np.unique(basket, return_index=True, return_inverse=True)
    kept = np.repeat(np.arange(len(order)), 1 + (random.random(len(order)) < REPEAT_SHARE))
    position = np.arange(len(order)) - first[number] + 1
    parts = (day + first_day, seconds[basket], number + first_basket, position, article, thousandths, amount)
    return Lines(*(part[kept] for part in parts))


def _baskets(random: np.random.Generator, day: Whole, lines_of_day: Whole) -> tuple[Whole, Whole]:
    """Returns which basket each line is in, and the second of its day at which each basket is paid, in that order."""
    counts = np.ceil(lines_of_day / _LINES_PER_BASKET).astype(np.int64)
    begins = np.cumsum(counts) - counts
    basket = begins[day] + (random.random(len(day)) * counts[day]).astype(np.int64)
    day_of_basket = np.repeat(np.arange(len(counts)), counts)
    second = random.triangular(_FIRST_SECOND, 17 * 3600, _LAST_SECOND, counts.sum()).astype(np.int64)
    return basket, second[np.lexsort((second, day_of_basket))]


def _thousandths(random: np.random.Generator, is_weighed: Flags) -> Whole:
    """Returns pieces or kilograms of each line, times a thousand; below 0 where it is a return."""
    pieces = _PIECE * random.geometric(0.75, len(is_weighed))
    grams = 20 + np.rint(_PIECE * random.gamma(4, 0.15, len(is_weighed))).astype(np.int64)
    sign = np.where(random.random(len(is_weighed)) < RETURN_SHARE, -1, 1)
    return np.where(is_weighed, grams, pieces) * sign


def _lines_table(branch: Branch, lines: Lines, articles: Articles, days: Days) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.compute as pc

    dates = pa.array([f"{date:%d.%m.%Y}" for date in days.dates]).take(pa.array(lines.day))
    basket = pc.utf8_lpad(pa.array(lines.basket).cast(pa.string()), 8, "0")
    weights = decimal_texts(lines.thousandths, 3, ",")
    pieces = pa.array(lines.thousandths // _PIECE).cast(pa.string())
    columns = [
        pc.binary_join_element_wise(dates, _clock().take(pa.array(lines.second)), " "),
        pa.repeat(branch.code, len(lines.day)),
        pc.binary_join_element_wise(pa.scalar(branch.code), basket, ""),
        pa.array(lines.position),
        pa.array(articles.codes).take(pa.array(lines.article)),
        pc.if_else(pa.array(articles.is_weighed[lines.article]), weights, pieces),
        decimal_texts(lines.cents, 2, ","),
    ]
    return pa.table(dict(zip(LINES_HEADER, columns, strict=True)))


@cache
def _clock() -> "pa.Array":
    """Returns the text of each second of a day."""
    import pyarrow as pa

    return pa.array([f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}" for second in range(86_400)])
