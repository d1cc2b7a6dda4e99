"""The figures of the forecast benchmark, and the document that shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

LEVEL = 0.8
HOLIDAY_WEIGHT = 5.0
DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"


@dataclass(frozen=True)
class Sums:
    """Sums over scored rows: they add up over origins, and every figure is a ratio of two of them.

    Attributes:
        rows: rows scored.
        weighted_error: sum of weight times absolute error in dollars; holiday weeks weigh 5.
        weight: sum of the weights.
        error: sum of absolute errors in dollars.
        sales: sum of absolute sales in dollars.
        interval_rows: rows with an 80 % interval.
        covered: of those, the rows whose sales lie within.
        interval_score: sum of the interval scores in dollars.
        interval_sales: sum of absolute sales of the rows with an interval.
        seconds: seconds of fit and forecast.
    """

    rows: float = 0.0
    weighted_error: float = 0.0
    weight: float = 0.0
    error: float = 0.0
    sales: float = 0.0
    interval_rows: float = 0.0
    covered: float = 0.0
    interval_score: float = 0.0
    interval_sales: float = 0.0
    seconds: float = 0.0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(*(ours + theirs for ours, theirs in zip(vars(self).values(), vars(other).values(), strict=True)))

    @property
    def wmae(self) -> float:
        """Weighted mean absolute error in dollars."""
        return self.weighted_error / self.weight

    @property
    def wape(self) -> float:
        """Sum of absolute errors over sum of absolute sales, a fraction."""
        return self.error / self.sales

    @property
    def coverage(self) -> float | None:
        """Share of the rows with an interval that it covers, None without such rows."""
        return self.covered / self.interval_rows if self.interval_rows else None

    @property
    def scaled_interval_score(self) -> float | None:
        """Interval score over absolute sales, None without intervals."""
        return self.interval_score / self.interval_sales if self.interval_sales else None


def sums_of(
    actual: FloatArray,
    point: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    is_holiday: npt.NDArray[np.bool_],
    seconds: float = 0.0,
) -> Sums:
    """Returns the sums over rows, all arguments (n,), in dollars; NaN bounds mean no interval.

    The interval score is that of Gneiting and Raftery, "Strictly Proper Scoring Rules, Prediction, and Estimation",
    Journal of the American Statistical Association 102, 2007, equation 43.
    """
    weight = np.where(is_holiday, HOLIDAY_WEIGHT, 1.0)
    error, sales = np.abs(point - actual), np.abs(actual)
    has = np.isfinite(lower) & np.isfinite(upper)
    below, above = np.maximum(lower - actual, 0.0)[has], np.maximum(actual - upper, 0.0)[has]
    score = (upper - lower)[has] + 2 / (1 - LEVEL) * (below + above)
    return Sums(
        rows=float(len(actual)),
        weighted_error=float((weight * error).sum()),
        weight=float(weight.sum()),
        error=float(error.sum()),
        sales=float(sales.sum()),
        interval_rows=float(has.sum()),
        covered=float(((below == 0) & (above == 0)).sum()),
        interval_score=float(score.sum()),
        interval_sales=float(sales[has].sum()),
        seconds=seconds,
    )


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a Markdown table; columns of numbers are right-aligned."""
    are_numbers = [any(cell[:1].isdigit() for cell in column) for column in zip(*rows, strict=True)]
    rule = ["---:" if is_number else "---" for is_number in are_numbers]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))


def write_section(name: str, text: str, document: Path = DOCUMENT) -> None:
    """Writes a generated section of the document, in place of the one of that name or at the end."""
    begin, end = f"<!-- {name}: begin, generated -->", f"<!-- {name}: end -->"
    whole = document.read_text() if document.exists() else "# Benchmarks\n"
    section = f"{begin}\n{text.strip()}\n{end}"
    if begin in whole:
        before, rest = whole.split(begin, 1)
        whole = before + section + rest.split(end, 1)[1]
    else:
        whole = f"{whole.rstrip()}\n\n{section}\n"
    document.write_text(whole)
