"""The numbers behind the sample: stores, departments, weather, markdowns and sales, all of them invented.

Sales of a pair are `level x exp(trend + season + holidays + markdowns + noise)`. Every store and every department
draws from a stream of its own, so the numbers of a store are the same at any scale of stores.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spark_jobs.ingest.mapping import SHIPPED, read_mapping
from warehouse.calendar import Calendar
from warehouse.conventions import LONGEST_HORIZON, YEAR_WEEKS

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

FIRST_WEEK = dt.date(2010, 2, 5)
FIRST_MARKDOWN = dt.date(2011, 11, 11)
UNPUBLISHED_WEEKS = 13
"""Weeks at the end of features.csv without CPI and unemployment."""
MARKDOWNS = 5
KINDS = ("staple", "gift", "staple", "garden", "seasonal", "tiny", "staple", "gift", "seasonal", "staple")
STORE_TYPES = ("A", "A", "B", "A", "C", "B", "A", "B", "B", "C")
SIZES = {"A": 180_000, "B": 105_000, "C": 41_000}
HOLIDAYS = ("Super Bowl", "Labor Day", "Thanksgiving Day", "Christmas Day")
_STORE, _DEPARTMENT, _NATION = 1, 2, 3


@dataclass(frozen=True)
class Weeks:
    """The weeks of features.csv, of which the first `known` have sales."""

    days: tuple[dt.date, ...]
    known: int
    year_angle: Floats
    holidays: Floats
    christmas: Floats

    @property
    def is_holiday(self) -> Flags:
        """Whether each week is one of the four flagged ones."""
        return np.asarray(self.holidays.any(axis=0))


@dataclass(frozen=True)
class Store:
    """A store and what is known of its region, week by week; amounts in dollars, missing values NaN."""

    store_id: int
    store_type: str
    size_sqft: int
    temperature: Floats
    fuel_price: Floats
    markdowns: Floats
    cpi: Floats
    unemployment: Floats


@dataclass(frozen=True)
class Departments:
    """Parameters of the departments: one entry, or one row, per department."""

    is_tiny: Flags
    level: Floats
    growth: Floats
    season: Floats
    holidays: Floats
    christmas: Floats
    markdowns: Floats
    noise: Floats


def make_weeks(known: int) -> Weeks:
    """Returns the calendar of a sample with sales in the first `known` weeks."""
    days = tuple(FIRST_WEEK + dt.timedelta(weeks=week) for week in range(known + LONGEST_HORIZON))
    calendar = Calendar.of(read_mapping(SHIPPED / "walmart.toml").retailer)
    names = [calendar.holiday_of(day) for day in days]
    return Weeks(
        days=days,
        known=known,
        year_angle=np.array([2 * np.pi * day.timetuple().tm_yday / 365.25 for day in days]),
        holidays=np.array([[float(name == holiday) for name in names] for holiday in HOLIDAYS]),
        christmas=np.array([_christmas_shopping(day) for day in days]),
    )


def make_departments(seed: int, count: int) -> Departments:
    """Returns the parameters of departments 1 to `count`; one department's do not depend on the others."""
    rows = [_department(seed, number) for number in range(1, count + 1)]
    return Departments(*(np.array(column) for column in zip(*rows, strict=True)))


def make_store(seed: int, store_id: int, weeks: Weeks) -> Store:
    """Returns a store with its weather, prices and markdowns."""
    random = np.random.default_rng([seed, _STORE, store_id])
    nation = np.random.default_rng([seed, _NATION])
    total = len(weeks.days)
    store_type = STORE_TYPES[(store_id - 1) % len(STORE_TYPES)]
    size = int(SIZES[store_type] * random.uniform(0.75, 1.25))
    climate = random.uniform(48, 72) - random.uniform(12, 24) * np.cos(weeks.year_angle - 0.35)
    quarters = np.arange(total) // 13
    jobless = random.uniform(6, 9.5) + np.cumsum(random.normal(-0.08, 0.12, quarters[-1] + 1))[quarters]
    inflation = float(random.choice([126.0, 182.0, 211.0])) * np.exp(np.arange(total) * random.uniform(3e-4, 5e-4))
    return Store(
        store_id=store_id,
        store_type=store_type,
        size_sqft=size,
        temperature=np.round(climate + _autocorrelated(random.normal(0, 4, (1, total)), 0.4)[0], 2),
        fuel_price=np.round(_fuel(nation, total) + random.uniform(-0.1, 0.25), 3),
        markdowns=_markdowns(random, weeks, size),
        cpi=_published(np.asarray(np.round(inflation, 7), dtype=np.float64)),
        unemployment=_published(np.asarray(np.round(np.clip(jobless, 3, 15), 3), dtype=np.float64)),
    )


def make_sales(seed: int, store: Store, departments: Departments, weeks: Weeks) -> Floats:
    """Returns the weekly sales of a store in dollars, department by week; NaN where the file has no row."""
    random = np.random.default_rng([seed, _STORE, store.store_id, 1])
    count, known = len(departments.level), weeks.known
    pair_level = departments.level * store.size_sqft / 125_000 * np.exp(random.normal(0, 0.3, count))
    regular = pair_level[:, None] * np.exp(_effects(random, store, departments, weeks))
    sales = np.where(departments.is_tiny[:, None], _intermittent(random, regular), regular)
    returned = random.random((count, known)) < np.where(departments.is_tiny, 0.04, 0.0004)[:, None]
    sales = np.where(returned, -0.15 * np.abs(sales) - 5, sales)
    return np.where(_is_present(random, departments.is_tiny, known), np.round(sales, 2), np.nan)


def _department(seed: int, number: int) -> tuple[bool, float, float, Floats, Floats, float, Floats, float]:
    random = np.random.default_rng([seed, _DEPARTMENT, number])
    kind = KINDS[(number - 1) % len(KINDS)]
    strength = {"staple": 0.04, "gift": 0.1, "garden": 0.5, "seasonal": 0.28, "tiny": 0.1}[kind]
    season = random.normal(0, strength, 6) * (1, 1, 0.5, 0.5, 0.25, 0.25)
    if kind == "garden":
        season[0] = -abs(season[0]) - 0.3
    holidays = np.array([0.05, 0.02, 0.06, -0.14]) + random.normal(0, 0.02, len(HOLIDAYS))
    if kind == "gift":
        holidays[2] += random.uniform(0.5, 1.1)
    christmas = {"gift": random.uniform(0.7, 1.4), "garden": -0.05}.get(kind, random.uniform(0.05, 0.3))
    return (
        kind == "tiny",
        float(np.exp(random.normal(4.5, 0.8) if kind == "tiny" else random.normal(9.3, 0.75))),
        float(random.normal(0.01, 0.06)),
        season,
        holidays,
        float(christmas),
        random.gamma(0.6, 0.02, MARKDOWNS),
        float(random.uniform(0.045, 0.12)),
    )


def _effects(random: np.random.Generator, store: Store, departments: Departments, weeks: Weeks) -> Floats:
    """Returns the logarithm of sales over the level of the pair, department by week."""
    known, count = weeks.known, len(departments.level)
    years = np.arange(known) / YEAR_WEEKS
    angle = weeks.year_angle[:known]
    waves = np.stack([wave(k * angle) for k in (1, 2, 3) for wave in (np.cos, np.sin)])
    markdowns = np.log1p(np.nan_to_num(np.clip(store.markdowns[:, :known], 0, None)) / 2_000)
    growth = departments.growth + random.normal(0.005, 0.025) + random.normal(0, 0.05, count)
    drift = np.cumsum(random.normal(0, 0.0085, (count, known)), axis=1)
    traffic = _autocorrelated(random.normal(0, 0.015, (1, known)), 0.3)
    noise = _autocorrelated(random.normal(0, departments.noise[:, None], (count, known)), 0.45)
    effects: Floats = (
        growth[:, None] * years
        + departments.season @ waves
        + departments.holidays @ weeks.holidays[:, :known]
        + departments.christmas[:, None] * weeks.christmas[:known]
        + departments.markdowns @ markdowns
        + drift
        + traffic
        + noise
    )
    return effects


def _intermittent(random: np.random.Generator, mean: Floats) -> Floats:
    """Returns sales that come in lumps: often nothing, else a few pieces."""
    pieces = random.poisson(0.9, mean.shape)
    sales: Floats = mean * pieces * random.uniform(0.6, 1.4, mean.shape)
    return sales


def _is_present(random: np.random.Generator, is_tiny: Flags, known: int) -> Flags:
    """Returns which rows the file has: gaps everywhere, some pairs that start late, some that stop early."""
    count, week = len(is_tiny), np.arange(known)
    share = np.where(is_tiny, random.uniform(0.35, 0.75, count), 0.996)
    present = random.random((count, known)) < share[:, None]
    order = random.permutation(count)
    some = max(1, round(0.04 * count)) if count >= 4 else 0
    late, early = order[:some], order[some : 2 * some]
    present[late] &= week >= random.integers(known // 8, known * 7 // 8 + 1, (some, 1))
    present[early] &= week < random.integers(known // 3, known * 19 // 20 + 1, (some, 1))
    return present


def _christmas_shopping(friday: dt.date) -> float:
    """Returns how much of the shopping for Christmas falls in a week, 1 in a week that ends on 24 December.

    Shopping rises day by day to Christmas Eve, so a week that ends on the 21st holds less than one that ends on
    the 24th, and the days it lacks go to the flagged week after it.
    """
    days = [friday - dt.timedelta(days=back) for back in range(7)]
    full = sum(day**2 for day in range(18, 25))
    return sum(day.day**2 for day in days if day.month == 12 and day.day <= 24) / full


def _markdowns(random: np.random.Generator, weeks: Weeks, size: int) -> Floats:
    """Returns the five markdowns of a store in dollars; NaN before November 2011 and where not reported."""
    shape = (MARKDOWNS, len(weeks.days))
    typical = np.array([6_000, 1_200, 300, 1_800, 4_200])[:, None] * size / 150_000
    amounts = typical * np.exp(random.normal(0, 0.75, shape))
    amounts[2] *= 1 + 60 * weeks.holidays[HOLIDAYS.index("Thanksgiving Day")]
    amounts[1] *= 1 + 12 * weeks.holidays[HOLIDAYS.index("Christmas Day")]
    missing = random.random(shape) < np.array([0.02, 0.3, 0.12, 0.1, 0.01])[:, None]
    before = np.array([day < FIRST_MARKDOWN for day in weeks.days])
    return np.where(missing | before, np.nan, np.round(amounts, 2))


def _fuel(nation: np.random.Generator, total: int) -> Floats:
    wander = _autocorrelated(nation.normal(0, 0.036, (1, total)), 0.97)[0]
    prices: Floats = 2.7 + 0.9 * (1 - np.exp(-np.arange(total) / 60)) + wander
    return prices


def _published(values: Floats) -> Floats:
    """Returns the values without the last weeks, whose figures are not out yet."""
    return np.where(np.arange(len(values)) < len(values) - UNPUBLISHED_WEEKS, values, np.nan)


def _autocorrelated(shocks: Floats, correlation: float) -> Floats:
    """Returns first-order autoregressive noise, one row per series."""
    noise = shocks.copy()
    for week in range(1, noise.shape[1]):
        noise[:, week] += correlation * noise[:, week - 1]
    return noise
