"""Sets of series and weeks with sales, each cell one number, in bounded memory."""

import numpy as np

Codes = np.ndarray[tuple[int], np.dtype[np.int64]]


CELLS_MAX = 20_000_000
"""Pairs of a series and a week that are held at once; of more, those of every second store are left out."""


_PRODUCT_BITS, _WEEK_BITS = 28, 14


def split_cells(cells: Codes) -> tuple[Codes, Codes, Codes]:
    """Returns the store, the product and the week of every cell, as numbers that count from 0."""
    week = cells & ((1 << _WEEK_BITS) - 1)
    product = (cells >> _WEEK_BITS) & ((1 << _PRODUCT_BITS) - 1)
    return cells >> (_WEEK_BITS + _PRODUCT_BITS), product, week


def join_cells(store: Codes, product: Codes, week: Codes) -> Codes:
    """Returns a store, a product and a week of every row as one number."""
    return np.asarray((((store << _PRODUCT_BITS) | product) << _WEEK_BITS) | week, dtype=np.int64)


class CellSet:
    """A set of cells; where they are too many, those of every second store are left out."""

    def __init__(self) -> None:
        self._pieces: list[Codes] = []
        self._held = 0
        self.every = 1

    def add(self, cells: Codes) -> None:
        """Takes more cells."""
        fresh = self._kept(distinct(cells))
        self._pieces.append(fresh)
        self._held += len(fresh)
        if self._held > CELLS_MAX // 2:
            self._settle()

    def cells(self) -> Codes:
        """Returns all cells in order."""
        self._settle()
        return self._pieces[0]

    def _settle(self) -> None:
        whole = distinct(np.concatenate(self._pieces)) if self._pieces else np.array([], dtype=np.int64)
        while len(whole) > CELLS_MAX // 2 and len(distinct(split_cells(whole)[0])) > 1:
            self.every *= 2
            whole = self._kept(whole)
        self._pieces, self._held = [whole], len(whole)

    def _kept(self, cells: Codes) -> Codes:
        return cells if self.every == 1 else cells[split_cells(cells)[0] % self.every == 0]


def distinct(values: Codes) -> Codes:
    """Returns the different values in order; by sorting, which is many times as quick here as numpy's own way."""
    ordered = np.sort(values)
    is_new = np.ones(len(ordered), dtype=bool)
    is_new[1:] = ordered[1:] != ordered[:-1]
    return ordered[is_new]
