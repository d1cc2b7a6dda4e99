"""The brand behind the sample of weekly products: outlets, products, prices and demand, all of them invented.

Units of a product in a week are negative binomial with a mean of `outlet x level x season x price cut`, so that most
products sell nothing in many weeks. Every outlet draws from a stream of its own, so its numbers are the same at any
number of outlets.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from warehouse.conventions import YEAR_WEEKS

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]

FIRST_SUNDAY = dt.date(2022, 1, 2)
PLANNED_WEEKS = 26
"""Weeks ahead whose promotions of the chain are planned."""
ELASTICITY = 2.5
"""A price cut to a fraction p of the usual price multiplies sales by p to the power of minus this."""
CHAIN_CUT = 0.25
_PRODUCT, _OUTLET, _BRAND = 1, 2, 3
_CHAIN_SHARE, _CUT_SHARE = 0.08, 0.06
_CUTS = (0.2, 0.3, 0.4)
_DISPERSION = 3.0
_KINDS = (
    ("core", 9.0, 0.1, 28),
    ("slow", 0.5, 0.1, 28),
    ("sun", 3.0, 1.4, 27),
    ("regular", 2.5, 0.2, 50),
    ("gift", 1.2, 1.6, 50),
    ("slow", 0.2, 0.1, 10),
)
"""Kind, units a week in an average outlet, logarithm of the season's height, week of the year of its peak."""
_RANGES = {"core": "Care", "slow": "Apothecary", "sun": "Sun", "regular": "Care", "gift": "Gifts"}
_ITEMS = ("Hand cream", "Rose balm", "Sun milk SPF 30", "Crème de nuit", "Gift box N° 5", "Salve “Ålesund”")
_SIZES = ("50 ml", "100 ml", "200 ml", "30 ml", "75 ml")
_TOWNS = ("Bath", "Leeds", "Bristol", "St. Ives", "Hay-on-Wye", "Aberystwyth", "Caernarfon", "Derry", "Perth", "Ely")
_CHANNELS = (("Boutique", 1.0), ("Pharmacy", 0.6), ("Department store", 2.2))


@dataclass(frozen=True)
class Assortment:
    """The products: one entry, or one row of weeks, each.

    Attributes:
        cents: usual price.
        cut: price in each week as a fraction of the usual one.
        is_listed: whether it is on the shelves in each week: some come late, some go early.
        mean: units a week in an average outlet, season, price and listing included.
        lead_time_days: from order to delivery.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    ranges: tuple[str, ...]
    cents: Whole
    cut: Floats
    is_listed: Flags
    mean: Floats
    lead_time_days: Whole


@dataclass(frozen=True)
class Outlet:
    """An outlet; `has_reported` says of each week whether its sales arrived."""

    number: int
    code: str
    name: str
    channel: str
    scale: float
    has_reported: Flags


def week_labels(weeks: int) -> tuple[dt.date, ...]:
    """Returns the first days of so many weeks: Sundays."""
    return tuple(FIRST_SUNDAY + dt.timedelta(weeks=week) for week in range(weeks))


def chain_cuts(seed: int, weeks: int) -> Floats:
    """Returns by how much all prices are cut in each week, a fraction; weeks that are planned ahead included.

    The fourth week ahead always has a promotion.
    """
    random = np.random.default_rng([seed, _BRAND])
    is_cut = random.random(weeks + PLANNED_WEEKS) < _CHAIN_SHARE
    is_cut[weeks + 3] = True
    return np.where(is_cut, CHAIN_CUT, 0.0)


def make_products(seed: int, count: int, weeks: int) -> Assortment:
    """Returns products 1 to `count`; one product's numbers do not depend on how many there are."""
    chain = 1 - chain_cuts(seed, weeks)[:weeks]
    rows = [_product(seed, number, chain) for number in range(count)]
    codes, names, ranges, cents, cut, listed, mean, lead_time = zip(*rows, strict=True)
    return Assortment(
        *(codes, names, ranges, np.array(cents), np.array(cut), np.array(listed), np.array(mean), np.array(lead_time))
    )


def _product(seed: int, number: int, chain: Floats) -> tuple[str, str, str, int, Floats, Flags, Floats, int]:
    random = np.random.default_rng([seed, _PRODUCT, number])
    kind, level, swing, peak = _KINDS[number % len(_KINDS)]
    turn, weeks = number // len(_KINDS), len(chain)
    name = f"{_ITEMS[number % len(_ITEMS)]}, {_SIZES[turn % len(_SIZES)]}" + (
        f" ({turn + 1})" if turn >= len(_SIZES) else ""
    )
    cut = np.minimum(chain, _own_cuts(random, weeks))
    listed = _listed(random, number, weeks)
    season = np.exp(swing * np.cos(2 * np.pi * (np.arange(weeks) - peak) / YEAR_WEEKS))
    mean = level * np.exp(random.normal(0, 0.5)) * season * cut**-ELASTICITY * listed
    cents = 50 * max(6, round(2 * float(np.exp(random.normal(2.6, 0.5))))) - 1
    return f"AF-{number + 1:04d}-{kind[0].upper()}", name, _RANGES[kind], cents, cut, listed, mean, 7 + 7 * (number % 3)


def _own_cuts(random: np.random.Generator, weeks: int) -> Floats:
    """Returns the price of a product in each week as a fraction of the usual one: cuts last two weeks."""
    begins = random.random(weeks) < _CUT_SHARE
    depths = np.where(begins, random.choice(_CUTS, weeks), 0.0)
    return np.asarray(1 - np.maximum(depths, np.concatenate([[0.0], depths[:-1]])))


def _listed(random: np.random.Generator, number: int, weeks: int) -> Flags:
    week = np.arange(weeks)
    if number % 10 == 7:
        return np.asarray(week >= random.integers(weeks // 4, 3 * weeks // 4 + 1))
    if number % 10 == 9:
        return np.asarray(week < random.integers(weeks // 3, 5 * weeks // 6 + 1))
    return np.ones(weeks, dtype=bool)


def make_outlet(seed: int, number: int, weeks: int) -> Outlet:
    """Returns outlet `number`, counted from 1.

    One week is missing of all outlets. Every eighth opens late, every eighth closes and opens again, and some weeks of
    each do not arrive.
    """
    random = np.random.default_rng([seed, _OUTLET, number])
    town, turn = _TOWNS[(number - 1) % len(_TOWNS)], (number - 1) // len(_TOWNS)
    channel, scale = _CHANNELS[number % len(_CHANNELS)]
    week = np.arange(weeks)
    reported = (random.random(weeks) > 0.004) & (week != _missing_week(weeks))
    if number % 8 == 4:
        reported &= week >= weeks // 3
    if number % 8 == 6:
        reported &= (week < weeks // 3) | (week >= weeks // 2)
    name = town if turn == 0 else f"{town} {turn + 1}"
    return Outlet(number, f"UK-{number:04d}", name, channel, scale * float(np.exp(random.normal(0, 0.3))), reported)


def _missing_week(weeks: int) -> int:
    """Returns the week of which no outlet's sales arrived; none where there are few weeks."""
    return 2 * weeks // 3 if weeks >= YEAR_WEEKS // 2 else -1


def make_units(random: np.random.Generator, outlet: Outlet, products: Assortment) -> Whole:
    """Returns the units sold in an outlet, products by weeks; 0 where nothing sold or nothing arrived."""
    taste = outlet.scale * np.exp(random.normal(0, 0.4, (len(products.codes), 1)))
    rate = products.mean * taste * random.gamma(_DISPERSION, 1 / _DISPERSION, products.mean.shape)
    returned = random.binomial(1, 0.002, rate.shape)
    return np.asarray((random.poisson(rate) - returned * products.is_listed) * outlet.has_reported)
