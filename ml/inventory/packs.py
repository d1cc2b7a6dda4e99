"""The one rounding of orders: whole packs, of whole pieces where a piece has a price."""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_NOISE_SHARE, _NOISE_PACKS = 1e-14, 1e-9
"""What a count of packs may miss a whole number by, of itself and outright, before it counts as a part of a pack."""


def whole_packs(
    quantity: npt.ArrayLike, pack_size: npt.ArrayLike, minimum_order: npt.ArrayLike = 0.0, most: npt.ArrayLike = np.inf
) -> FloatArray:
    """Returns the order in whole packs: the least that covers the quantity and the minimum, in their unit.

    Arguments are broadcast against each other, and are all money or all pieces. An order that would exceed `most` is
    cut to the whole packs below it, but never below one pack or the minimum order.

    Args:
        quantity: what is wanted; nothing is ordered at or below zero.
        pack_size: an order is a whole multiple of it; zero rounds nothing.
        minimum_order: least order, where there is one at all.
        most: greatest order.

    >>> whole_packs([1010.0, 60.0, 0.0], 50.0, 120.0).tolist()
    [1050.0, 150.0, 0.0]
    """
    wanted, size, least, ceiling = (
        np.asarray(given, dtype=float) for given in (quantity, pack_size, minimum_order, most)
    )
    is_packed = size > 0
    pack = np.where(is_packed, size, 1.0)
    room = np.where(is_packed, np.maximum(_floor(ceiling / pack), 1.0) * pack, np.maximum(ceiling, 0.0))
    covered = np.maximum(np.minimum(wanted, room), least)
    return np.where(wanted > 0, np.where(is_packed, _ceil(covered / pack) * pack, covered), 0.0)


def pack_of_pieces(
    pack_size_amount: npt.ArrayLike, unit_price: npt.ArrayLike, least_piece: npt.ArrayLike = 1.0
) -> FloatArray:
    """Returns packs in money that are worth the nearest number of whole pieces, one at least.

    So an order in whole packs is whole pieces too, and pieces times price is the order. A pack stays as it is where no
    price is known.

    Args:
        pack_size_amount: packs in money.
        unit_price: price of a piece, NaN where none is known.
        least_piece: least part of a piece that can be ordered; a whole one without it.

    >>> pack_of_pieces(50.0, [7.5, float("nan")]).tolist()
    [52.5, 50.0]
    """
    pack, price = np.asarray(pack_size_amount, dtype=float), np.asarray(unit_price, dtype=float)
    least = price * np.asarray(least_piece, dtype=float)
    return np.where(price > 0, np.maximum(np.rint(pack / least), 1.0) * least, pack)


def pieces_of(order_amount: npt.ArrayLike, unit_price: npt.ArrayLike, least_piece: npt.ArrayLike = 1.0) -> FloatArray:
    """Returns the pieces of orders in whole packs, NaN where no price is known; arguments as in `pack_of_pieces`.

    >>> pieces_of([30.0, 3.1], [2.5, 2.0], [1.0, 0.001]).tolist()
    [12.0, 1.55]
    """
    least = np.asarray(least_piece, dtype=float)
    pieces = np.asarray(order_amount, dtype=float) / np.asarray(unit_price, dtype=float)
    parts: FloatArray = np.round(np.rint(pieces / least) * least, 3)
    return parts


def _ceil(packs: FloatArray) -> FloatArray:
    rounded: FloatArray = np.ceil(packs - _noise(packs)) + 0.0
    return rounded


def _floor(packs: FloatArray) -> FloatArray:
    rounded: FloatArray = np.floor(packs + _noise(packs))
    return rounded


def _noise(packs: FloatArray) -> FloatArray:
    return np.where(np.isfinite(packs), _NOISE_PACKS + _NOISE_SHARE * np.abs(packs), 0.0)
