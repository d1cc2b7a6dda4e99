"""Random lead times in whole weeks, drawn once and shared by all policies that are compared."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.inventory.policy import FloatArray

LeadArray = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class LeadTimes:
    """Random whole weeks from an order to its delivery, drawn anew for each order.

    Attributes:
        weeks: possible lead times, ascending, 0 to 255.
        probabilities: of each, (values,) for all pairs or (pairs, values).
    """

    weeks: tuple[int, ...]
    probabilities: npt.ArrayLike = (1.0,)

    def __post_init__(self) -> None:
        shares = np.asarray(self.probabilities, float)
        if list(self.weeks) != sorted(set(self.weeks)) or not 0 <= min(self.weeks) <= max(self.weeks) <= 255:
            raise ValueError(f"lead times {self.weeks} are not ascending whole weeks from 0 to 255")
        is_wrong = shares.shape[-1] != len(self.weeks) or (shares < 0).any() or np.abs(shares.sum(-1) - 1).max() > 1e-9
        if is_wrong:
            raise ValueError(f"the probabilities of the lead times {self.weeks} do not add up to 1")

    @property
    def mean(self) -> FloatArray:
        """Mean lead time in weeks, one figure or one a pair."""
        return np.asarray(np.asarray(self.probabilities, float) @ np.array(self.weeks, float))

    @property
    def deviation(self) -> FloatArray:
        """Standard deviation of the lead time in weeks, one figure or one a pair."""
        square = np.asarray(self.probabilities, float) @ np.array(self.weeks, float) ** 2
        return np.asarray(np.sqrt(np.maximum(square - self.mean**2, 0.0)))

    def at(self, ranks: FloatArray) -> FloatArray:
        """Returns the lead time of each rank of probability, (draws,), or (pairs, draws) where each pair has its own.

        Args:
            ranks: (draws,) between 0 and 1; the same rank gives a longer lead time wherever one is likelier.
        """
        edges = np.asarray(self.probabilities, float).cumsum(axis=-1)[..., :-1]
        place = (ranks >= edges[..., None]).sum(axis=-2)
        return np.asarray(np.array(self.weeks, float)[place])

    def draw(self, seeds: Sequence[int], weeks: int, pairs: int) -> LeadArray:
        """Returns the lead time of the order that each pair would place in each week, (seeds, weeks, pairs).

        They depend on the seed, the week and the place of the pair alone, so policies are compared on equal terms.
        The numbers are those of `default_rng([seed, 0]).choice(values, (weeks, pairs), p)`, as stockcast draws them.
        """
        values = np.array(self.weeks, np.uint8)
        if len(values) == 1:
            return np.full((len(seeds), weeks, pairs), values[0])
        edges = np.asarray(self.probabilities, float).cumsum(axis=-1)
        edges = (edges / edges[..., -1:])[..., :-1].T
        found = np.empty((len(seeds), weeks, pairs), np.uint8)
        for number, seed in enumerate(seeds):
            uniform = np.random.default_rng([seed, 0]).random((weeks, pairs))
            found[number] = values[sum((uniform >= edge).view(np.uint8) for edge in edges)]
        return found
