"""The figures of the forecast benchmark, and the document that shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

LEVEL = 0.8
DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"


@dataclass(frozen=True)
class Sums:
    """Sums over scored rows, in the unit of the sales: they add up over origins, and every figure is a ratio of two.

    Attributes:
        rows: rows scored.
        weighted_error: sum of weight times absolute error; holiday weeks weigh what the retailer says.
        weight: sum of the weights.
        error: sum of absolute errors.
        sales: sum of absolute sales.
        total_error: sum over series of the absolute error of their total over the horizon.
        series: series whose errors can be scaled.
        scaled_error: sum over these of the root mean squared error over that of repeating the week before.
        interval_rows: rows with an 80 % interval.
        covered: of those, the rows whose sales lie within.
        interval_score: sum of the interval scores.
        interval_sales: sum of absolute sales of the rows with an interval.
        seconds: seconds of fit and forecast.
    """

    rows: float = 0.0
    weighted_error: float = 0.0
    weight: float = 0.0
    error: float = 0.0
    sales: float = 0.0
    total_error: float = 0.0
    series: float = 0.0
    scaled_error: float = 0.0
    interval_rows: float = 0.0
    covered: float = 0.0
    interval_score: float = 0.0
    interval_sales: float = 0.0
    seconds: float = 0.0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(*(ours + theirs for ours, theirs in zip(vars(self).values(), vars(other).values(), strict=True)))

    @property
    def wmae(self) -> float:
        """Weighted mean absolute error, in the unit of the sales."""
        return self.weighted_error / self.weight

    @property
    def wape(self) -> float:
        """Sum of absolute errors over sum of absolute sales, a fraction."""
        return self.error / self.sales

    @property
    def total_wape(self) -> float:
        """The same of the totals over the horizon, a fraction."""
        return self.total_error / self.sales

    @property
    def rmsse(self) -> float | None:
        """Mean over series of the scaled root mean squared error; None where no series has a scale."""
        return self.scaled_error / self.series if self.series else None

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
    weight: FloatArray,
    scale: FloatArray,
    seconds: float = 0.0,
) -> Sums:
    """Returns the sums over the rows whose sales are known, in the unit of the sales.

    The interval score is that of Gneiting and Raftery, "Strictly Proper Scoring Rules, Prediction, and Estimation",
    Journal of the American Statistical Association 102, 2007, equation 43; the scaled error that of the M5 competition
    (Makridakis, Spiliotis and Assimakopoulos, International Journal of Forecasting 38, 2022).

    Args:
        actual: sales, NaN in rows that are not scored, (series, horizon).
        point: forecasts, (series, horizon).
        lower: lower bounds, NaN where there is no interval, (series, horizon).
        upper: upper bounds, likewise.
        weight: of each week, (horizon,).
        scale: mean squared difference of a week from the one before it, (series,); 0 or NaN where there is none.
        seconds: seconds of fit and forecast.
    """
    known = ~np.isnan(actual)
    missed = np.where(known, point - actual, 0.0)
    error, sales, weights = np.abs(missed), np.abs(np.where(known, actual, 0.0)), np.where(known, weight, 0.0)
    counts = known.sum(axis=1)
    is_scaled = (scale > 0) & (counts > 0)
    has = known & np.isfinite(lower) & np.isfinite(upper)
    below, above = np.maximum(lower - actual, 0.0)[has], np.maximum(actual - upper, 0.0)[has]
    score = (upper - lower)[has] + 2 / (1 - LEVEL) * (below + above)
    return Sums(
        rows=float(known.sum()),
        weighted_error=float((weights * error).sum()),
        weight=float(weights.sum()),
        error=float(error.sum()),
        sales=float(sales.sum()),
        total_error=float(np.abs(missed.sum(axis=1)).sum()),
        series=float(is_scaled.sum()),
        scaled_error=float(np.sqrt((missed[is_scaled] ** 2).sum(axis=1) / counts[is_scaled] / scale[is_scaled]).sum()),
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
