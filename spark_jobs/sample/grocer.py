"""The grocer behind the sample of till lines: branches, articles, opening days and how much is sold, all invented.

Lines of an article on a day are Poisson with a mean of `branch x popularity x weekday x season x promotion x trend`.
Every branch draws from a stream of its own, so its lines are the same at any number of branches.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spark_jobs.sample.catalogue import CATEGORIES

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]

FIRST_MONDAY = dt.date(2023, 7, 3)
DAYS_BEFORE, DAYS_AFTER = 2, 3
"""Days before the first and after the last whole week: both weeks are cut short, as an export cuts them."""
WEEK_DAYS = 7
_ARTICLE, _BRANCH, _CHAIN = 1, 2, 3
_WEEKDAYS = np.array([0.14, 0.13, 0.14, 0.17, 0.21, 0.21, 0.0])
_PROMOTION_SHARE, _PROMOTION_LIFT, PROMOTION_PRICE = 0.12, 1.8, 0.8
_HOLIDAY_EVE_LIFT = 1.5
_BEFORE_CHRISTMAS = dt.timedelta(days=21)


_VARIETIES = ("", " Bio", " groß", " klein", " Familienpackung")
_PLACES = ("München Ost", "Köln Süd", "Görlitz", "Würzburg", "Lübeck Hafen", "Gießen", "Nürnberg Nord", "Plön")
_KINDS = (("Nahversorger", 800, 1.0), ("City", 350, 0.7), ("Großfläche", 2_200, 1.6))
"""Type, area in square metres, and lines beside those of an average branch."""


@dataclass(frozen=True)
class Articles:
    """The articles: one entry each.

    Attributes:
        category: index of `CATEGORIES`.
        share: share of all lines.
        cents: price of a piece or kilogram in the first week.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    category: Whole
    is_weighed: Flags
    share: Floats
    cents: Whole


@dataclass(frozen=True)
class Days:
    """The days of the file: one entry each.

    Attributes:
        week: number of the week, 0 for the first whole one.
        weight: share of a week's lines that an ordinary week has on such a day; 0 where the branches are closed.
        to_christmas: how near Christmas Eve is: 1 on that day, 0 before December.
    """

    dates: tuple[dt.date, ...]
    week: Whole
    weight: Floats
    to_christmas: Floats
    year_angle: Floats


@dataclass(frozen=True)
class Branch:
    """A branch and the days on which it sells.

    Attributes:
        lines_per_week: lines of an average week.
        is_trading: whether it is there on each day: not before it opens, not while it is rebuilt.
    """

    number: int
    code: str
    name: str
    kind: str
    area: int
    lines_per_week: float
    is_trading: Flags


def make_articles(seed: int, count: int) -> Articles:
    """Returns articles 1 to `count`, dealt to the categories in turn."""
    rows = [_article(seed, number) for number in range(count)]
    codes, names, category, popularity, cents = zip(*rows, strict=True)
    weights = np.array(popularity)
    indices = np.array(category, dtype=np.int64)
    weighed = np.array([CATEGORIES[index].is_weighed for index in category])
    return Articles(codes, names, indices, weighed, weights / weights.sum(), np.array(cents, dtype=np.int64))


def _article(seed: int, number: int) -> tuple[str, str, int, float, int]:
    """Returns code, name, category, popularity and price of an article; numbers count from 0."""
    random = np.random.default_rng([seed, _ARTICLE, number])
    place, turn = number % len(CATEGORIES), number // len(CATEGORIES)
    category = CATEGORIES[place]
    stem, variety = category.articles[turn % len(category.articles)], turn // len(category.articles)
    ending = _VARIETIES[variety] if variety < len(_VARIETIES) else f" Sorte {variety + 1}"
    # What is weighed has a short number of the house, all else that of its maker.
    code = f"{17 + 5 * number:06d}" if category.is_weighed else f"40{(number + 1) * 79_190_017 % 10**11:011d}"
    cents = 10 * max(2, round(10 * category.price * float(np.exp(random.normal(0, 0.35))))) - 1
    return code, stem + ending, place, float(np.exp(random.normal(0, 0.8))), cents


def make_days(weeks: int) -> Days:
    """Returns the days of so many whole weeks, and those beside them."""
    first = FIRST_MONDAY - dt.timedelta(days=DAYS_BEFORE)
    count = DAYS_BEFORE + WEEK_DAYS * weeks + DAYS_AFTER
    dates = tuple(first + dt.timedelta(days=day) for day in range(count))
    number = np.arange(count, dtype=np.int64) - DAYS_BEFORE
    angle = np.array([2 * np.pi * date.timetuple().tm_yday / 365.25 for date in dates])
    near = np.array([max(0.0, 1 - (dt.date(date.year, 12, 24) - date) / _BEFORE_CHRISTMAS) for date in dates])
    is_before = np.array([date <= dt.date(date.year, 12, 24) for date in dates])
    return Days(dates, number // WEEK_DAYS, _weights(dates), np.where(is_before, near, 0.0), angle)


def _weights(dates: tuple[dt.date, ...]) -> Floats:
    import holidays

    years = range(dates[0].year, dates[-1].year + 2)
    closed = set(holidays.country_holidays("DE", subdiv="BY", years=years))
    weights = [0.0 if date in closed else float(_WEEKDAYS[date.weekday()]) for date in dates]
    eves = [_HOLIDAY_EVE_LIFT if date + dt.timedelta(days=1) in closed else 1.0 for date in dates]
    return np.asarray(np.array(weights) * np.array(eves))


def make_branch(number: int, lines_per_week: float, days: Days) -> Branch:
    """Returns branch `number`, counted from 1: every seventh opens late, every seventh is rebuilt for some weeks."""
    kind, area, scale = _KINDS[number % len(_KINDS)]
    place, turn = _PLACES[(number - 1) % len(_PLACES)], (number - 1) // len(_PLACES)
    last = int(days.week[-1])
    is_trading = np.ones(len(days.dates), dtype=bool)
    if number % 7 == 3:
        is_trading &= days.week >= last // 3
    if number % 7 == 5:
        is_trading &= (days.week < last // 2) | (days.week >= last // 2 + 5)
    name = place if turn == 0 else f"{place} {turn + 1}"
    return Branch(number, f"{7 * number - 4:04d}", name, kind, area, lines_per_week * scale, is_trading)


def promotions(seed: int, weeks: int) -> Flags:
    """Returns whether each category is on promotion in each week, categories by weeks, those cut short included."""
    random = np.random.default_rng([seed, _CHAIN])
    return np.asarray(random.random((weeks + 2, len(CATEGORIES))).T < _PROMOTION_SHARE)


def expected_lines(seed: int, branch: Branch, articles: Articles, days: Days, promoted: Flags) -> Floats:
    """Returns the mean number of lines, articles by days; `promoted` is from `promotions`."""
    random = np.random.default_rng([seed, _BRANCH, branch.number])
    taste = articles.share * np.exp(random.normal(0, 0.4, len(articles.share)))
    trend = np.exp(random.normal(0.02, 0.03) * np.arange(len(days.dates)) / 365.25)
    daily = branch.lines_per_week * days.weight * trend * branch.is_trading
    return np.asarray(taste[:, None] * daily * _lift_of_categories(days, promoted)[articles.category])


def _lift_of_categories(days: Days, promoted: Flags) -> Floats:
    peak = np.array([2 * np.pi * category.peak / 365.25 for category in CATEGORIES])
    swing = np.array([category.swing for category in CATEGORIES])
    christmas = np.array([category.christmas for category in CATEGORIES])
    season = swing[:, None] * np.cos(days.year_angle - peak[:, None]) + christmas[:, None] * days.to_christmas
    promotion = np.where(promoted[:, days.week + 1], _PROMOTION_LIFT, 1.0)
    return np.asarray(np.exp(season) * promotion)


def prices(articles: Articles, days: Days, promoted: Flags) -> Whole:
    """Returns the price of a piece or kilogram in cents, articles by days: a little dearer every year."""
    dearer = np.exp(0.03 * np.arange(len(days.dates)) / 365.25)
    cut = np.where(promoted[:, days.week + 1], PROMOTION_PRICE, 1.0)[articles.category]
    return np.asarray(np.rint(articles.cents[:, None] * dearer * cut).astype(np.int64))
