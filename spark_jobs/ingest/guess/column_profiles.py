"""What the values of a column look like, from the first rows of its table."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from spark_jobs.ingest.date_formats import DATE_LIKE, TIME, plain_date
from spark_jobs.ingest.guess.source_tables import SourceTable, read_batches
from spark_jobs.ingest.guess.week_names import is_bare_week, is_called_week
from spark_jobs.ingest.number_formats import is_number

if TYPE_CHECKING:
    import pandas as pd

HEAD_ROWS = 50_000
"""Rows by which a column is judged."""
MOST = 0.9
"""Share of the filled values from which on a column counts as one of numbers or of dates, a fraction."""
MISSING = frozenset(("", "NA", "N/A", "#N/A", "n/a", "NULL", "null"))
"""What the ingest takes for a missing value."""
_NOTHING = [*MISSING, "NaN", "nan", "None", "-"]
"""And what tells nothing of a column."""
_DATE = re.compile(f"(?:{DATE_LIKE})")
_TIME = re.compile(TIME)
_FRACTION = re.compile(r"[.,](?!0+\D*$)\d{1,2}\D*$|[.,](?!0+\D*$)\d{4,}\D*$")
_LEADING_ZERO = re.compile(r"0\d+")
_FLAGS = frozenset(("true", "false", "0", "1", "yes", "no", "y", "n", "t", "f", "ja", "nein", "oui", "non", "si", "no"))
_SHARE_DIGITS = 1_000
"""Different values that are looked at to know what a column holds; more of the same kind tell no more."""


@dataclass(frozen=True)
class ColumnProfile:
    """What the values of a column look like; shares are fractions of the filled rows.

    Attributes:
        name: its name.
        filled: share of the rows with a value.
        distinct: different values; what may tell nothing counts, since NULL and NA may be codes.
        numbers: share that may be numbers.
        fractions: share of numbers with something behind a decimal mark.
        dates: share that may be dates.
        times: share of dates with a time behind them.
        flags: whether all values are yes or no.
        zeros: whether some are codes with zeros in front.
        length: mean characters.
        samples: some of the values, the most frequent first.
    """

    name: str
    filled: float
    distinct: int
    numbers: float
    fractions: float
    dates: float
    times: float
    flags: bool
    zeros: bool
    length: float
    samples: tuple[str, ...]

    @property
    def is_date(self) -> bool:
        """Whether it holds dates."""
        return self.filled > 0 and self.dates >= MOST

    @property
    def is_number(self) -> bool:
        """Whether it holds numbers, which codes may be too."""
        return self.filled > 0 and self.numbers >= MOST and not self.zeros

    @property
    def is_text(self) -> bool:
        """Whether it holds words."""
        return self.filled > 0 and self.numbers < 0.5 and not self.is_date


def read_head(table: SourceTable, rows: int = HEAD_ROWS) -> "pd.DataFrame":
    """Returns the first rows of a table as texts, one column for every name that stands once in its header."""
    import pandas as pd

    counts = Counter(table.header)
    names = [name for name in table.header if counts[name] == 1 and name]
    if not names:
        return pd.DataFrame()
    pieces, found = [], 0
    for batch in read_batches(table, names):
        columns = [column.slice(0, rows - found).dictionary_decode().to_pandas() for column in batch.columns]
        pieces.append(pd.DataFrame(dict(zip(names, columns, strict=True))))
        found += len(batch)
        if found >= rows:
            break
    return pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame(columns=names)


def profiles(head: "pd.DataFrame") -> dict[str, ColumnProfile]:
    """Returns what the values of every column of a head look like, by its name.

    Weeks such as 202405 are dates where their column is called a week and no other column has dates.
    """
    found = {str(name): _profile(str(name), head[name].value_counts()) for name in head.columns}
    if any(profile.is_date for profile in found.values()):
        return found
    return {name: replace(profile, dates=1.0) if _is_of_weeks(profile) else profile for name, profile in found.items()}


def _is_of_weeks(profile: ColumnProfile) -> bool:
    return is_called_week(profile.name) and bool(profile.samples) and all(map(is_bare_week, profile.samples))


def _profile(name: str, counts: "pd.Series[int]") -> ColumnProfile:
    filled = counts[~counts.index.isin(_NOTHING)]
    codes = counts[counts.index != ""]
    values = [str(value) for value in filled.index[:_SHARE_DIGITS]]
    weights = filled.to_numpy()[:_SHARE_DIGITS].astype(float)
    numbers = _share([is_number(value) for value in values], weights)
    dates = [bool(_DATE.fullmatch(plain_date(value))) for value in values]
    return ColumnProfile(
        name=name,
        filled=float(filled.sum() / max(counts.sum(), 1)),
        distinct=len(codes) if len(filled) else 0,
        numbers=numbers,
        fractions=_share([bool(_FRACTION.search(value)) for value in values], weights) if numbers else 0.0,
        dates=_share(dates, weights),
        times=_share([bool(_TIME.search(value)) for value in values], weights),
        flags=bool(values) and all(value.lower() in _FLAGS for value in values),
        zeros=any(_LEADING_ZERO.fullmatch(value) for value in values) and not any(dates),
        length=float(np.average([len(value) for value in values], weights=weights)) if values else 0.0,
        samples=tuple(values[:20]),
    )


def _share(holds: Sequence[bool], weights: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
    return float(weights[np.array(holds, dtype=bool)].sum() / weights.sum()) if len(holds) else 0.0
