"""Columns of numbers as a retailer's files write them."""

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

Whole = NDArray[np.int64]


def decimal_texts(values: Whole, digits: int, mark: str) -> "pa.Array":
    """Returns whole numbers of a power of ten as decimal numbers.

    Args:
        values: whole numbers, such as cents.
        digits: how many of them stand behind the mark.
        mark: decimal point or comma.

    Example:
        >>> decimal_texts(np.array([-5, 1234]), 2, ",").to_pylist()
        ['-0,05', '12,34']
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    whole, rest = np.divmod(np.abs(values), 10**digits)
    signs = pa.array(["", "-"]).take(pa.array((values < 0).astype(np.int8)))
    return pc.binary_join_element_wise(
        signs, pa.array(whole).cast(pa.string()), _fractions(digits, mark).take(rest), ""
    )


@cache
def _fractions(digits: int, mark: str) -> "pa.Array":
    import pyarrow as pa

    return pa.array([f"{mark}{number:0{digits}d}" for number in range(10**digits)])
