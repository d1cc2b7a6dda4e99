"""Statuses that do not flip from week to week: what a pair was before, and how far it must pass a limit.

A pair gets worse as soon as it crosses a limit, because delay costs sales, and gets better
only once it is past the limit by a margin: it stays due for an order while the position is within a quarter of a
review period's demand above the reorder point (at most half of the way to the order-up-to level, so that an order
always clears it), near for as far again above its own limit, and critical or monitored for risk while the probability
is above nine tenths of its limit. The order follows the status, so that the two never disagree.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.inventory.policy import TextArray

MARGIN_SHARE = 0.25
"""Part of a review period's demand by which a position must pass a limit before the status gets better."""

RISK_MARGIN = 0.9
"""Part of its limit below which a probability must fall before the status gets better."""


@dataclass(frozen=True)
class Before:
    """What the decision week before recommended for n pairs.

    Attributes:
        status: its status, empty where there was none.
        was_due: whether it recommended an order.
    """

    status: TextArray
    was_due: npt.NDArray[np.bool_]

    def take(self, rows: "slice | npt.NDArray[np.intp]") -> "Before":
        """Returns what was recommended for some pairs."""
        return Before(self.status[rows], self.was_due[rows])


def nothing_before(pairs: int) -> Before:
    """Returns that nothing was recommended before."""
    return Before(np.full(pairs, "", dtype="<U8"), np.zeros(pairs, dtype=bool))
