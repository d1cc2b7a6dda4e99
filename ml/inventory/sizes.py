"""What counts as small at a retailer: round numbers that follow the size of its own pairs.

The middle pair is the one in the middle by mean weekly sales; half of the pairs sell more. It moves little from week to
week, and a round number of 1, 2 or 5 moves hardly ever, so planners can get used to it.
"""

import numpy as np

from ml.inventory.policy import FloatArray

TINY_WEEKS = 4
TINY_SHARE = 1 / 30
"""An order of so small a share of so many weeks of the middle pair is nobody's concern: about a day's sales. It is
1,000 dollars on the public data, chosen on the weeks before the last 52 of it."""

ORDERING_SHARE = 1 / 300
"""What placing an order costs where no policy says, as a share of the middle pair's week: an order of it then covers
about a week and a half of sales, with the costs of holding that are usual."""

_STEPS = np.array([1.0, 2.0, 5.0, 10.0])


def middle_week(weekly: FloatArray) -> float:
    """Returns the weekly sales of the middle pair; zero where none sells.

    Args:
        weekly: (pairs,) mean absolute weekly sales.
    """
    sold = weekly[weekly > 0]
    return float(np.median(sold)) if len(sold) else 0.0


def tiny_amount(week: float) -> float:
    """Returns the amount below which no person is asked.

    >>> tiny_amount(7000.0)
    1000.0

    Args:
        week: weekly sales of the middle pair.
    """
    return round_number(TINY_SHARE * TINY_WEEKS * week)


def ordering_cost(week: float) -> float:
    """Returns the fixed cost of an order where no policy gives one.

    >>> ordering_cost(7000.0)
    20.0

    Args:
        week: weekly sales of the middle pair.
    """
    return round_number(ORDERING_SHARE * week)


def round_number(amount: float) -> float:
    """Returns the nearest of 1, 2, 5, 10, 20, 50 and so on, up and down, by proportion; zero stays zero.

    >>> [round_number(amount) for amount in (0.0, 0.013, 1.5, 23.0, 707.0, 710.0)]
    [0.0, 0.01, 2.0, 20.0, 500.0, 1000.0]
    """
    if amount <= 0:
        return 0.0
    power = 10.0 ** np.floor(np.log10(amount))
    return float(f"{_STEPS[np.abs(np.log(_STEPS * power / amount)).argmin()] * power:.0e}")
