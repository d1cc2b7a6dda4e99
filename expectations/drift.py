"""Drift: how far a load lies from what was published before it, and how far it may.

The limits were set on the public data, cut into loads week by week (`bench/bench_drift.py` measures them again).
"""

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Literal

from expectations.baseline import Published
from expectations.drift_queries import QUERIES
from warehouse.conventions import YEAR_WEEKS
from warehouse.database import Database

logger = logging.getLogger(__name__)

Part = Literal["new weeks", "weeks published before"]
NEW: Part = "new weeks"
OLD: Part = "weeks published before"
SAMPLED_ROWS = 1_000_000
"""Published rows above which the distribution is that of a part of the pairs; sorting more of them says nothing new."""

_INSERT = """
insert into ops.load_drift (
    load_id, measure_name, part_name, subject, baseline_value, incoming_value, shift_value, warning_limit,
    critical_limit, detail
) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


@dataclass(frozen=True)
class Limit:
    """How far a measure may shift in a part of the load.

    Attributes:
        warning: shift above which the audit warns.
        critical: shift above which it stops the publication; None where it never does.
        noise: how many single rows' worth of shift is left to chance, whatever the limit.
        stopping: the only subject that stops the publication; every one where it is empty. A store may close.
    """

    warning: float
    critical: float | None = None
    noise: float = 3.0
    stopping: str = ""


@dataclass(frozen=True)
class Shift:
    """One measure of a load beside what is published.

    Attributes:
        measure_name: what was compared.
        part_name: new weeks, or weeks published before.
        subject: store, store type or column.
        baseline_value: what the published rows lead to expect.
        incoming_value: what the load brings.
        shift_value: how far apart they are.
        warning_limit: shift above which the audit warns.
        critical_limit: shift above which it stops the publication.
        detail: what it concerns.
    """

    measure_name: str
    part_name: str
    subject: str
    baseline_value: float
    incoming_value: float
    shift_value: float
    warning_limit: float
    critical_limit: float | None
    detail: str


LIMITS: dict[tuple[str, str], Limit] = {
    ("store_rows", NEW): Limit(0.15),
    ("store_rows", OLD): Limit(0.01),
    ("sales_distribution", NEW): Limit(0.2, 1.5, noise=28.0),
    ("sales_distribution", OLD): Limit(0.02, noise=0.0),
    ("sales_level", NEW): Limit(0.25, 0.8, noise=4.0),
    ("zero_weeks", NEW): Limit(0.01),
    ("zero_weeks", OLD): Limit(0.005),
    ("negative_weeks", NEW): Limit(0.02),
    ("negative_weeks", OLD): Limit(0.005),
    ("vanished_pairs", NEW): Limit(0.1, 0.5, stopping="all stores"),
    ("vanished_pairs", OLD): Limit(0.01),
    ("new_pairs", NEW): Limit(0.1),
    ("new_pairs", OLD): Limit(0.01),
    ("missing_covariates", NEW): Limit(0.05),
    ("missing_covariates", OLD): Limit(0.01),
}
"""Above all that any honest load showed, 1.3 to 3 times as far; what is published before should not move at all.

The distribution is compared by the population stability index over the deciles of the baseline. Times the harmonic
mean of the two row counts it follows the chi-square distribution with 9 degrees of freedom where nothing moved, which
exceeds 28 once in a thousand: so much is left to chance. The level is a factor less one, either way; four standard
errors of its median are left to chance. Everywhere else three rows are.
"""


def measure_drift(database: Database, published: Published) -> list[Shift]:
    """Returns how far the incoming tables lie from the published ones; nothing where nothing is comparable."""
    if published.newest_week is None or not published.row_counts:
        return []
    newest = published.newest_week
    step = max(1, published.row_counts.get("raw_sales", 0) // SAMPLED_ROWS)
    parameters = {"newest": newest, "year": newest - dt.timedelta(weeks=YEAR_WEEKS), "step": step}
    with database.connect("pipeline") as connection:
        # Sorting the amounts of a year in memory halves the time; the setting ends with the transaction.
        connection.execute("set local work_mem = '256MB'")
        rows = [row for query in QUERIES for row in connection.execute(query, parameters)]
    return [_shift(*row) for row in rows]


def _shift(
    measure: str, part: str, subject: str, baseline: float, incoming: float, shift: float, noise: float, detail: str
) -> Shift:
    limit = LIMITS[measure, part]
    room = limit.noise * float(noise)
    can_stop = limit.critical is not None and limit.stopping in ("", subject)
    critical = max(limit.critical or 0.0, room) if can_stop else None
    return Shift(
        measure,
        part,
        subject,
        float(baseline),
        float(incoming),
        float(shift),
        max(limit.warning, room),
        critical,
        detail,
    )


def record_drift(database: Database, load_id: str, shifts: Sequence[Shift]) -> None:
    """Writes the shifts of a load in one transaction, in place of those of an earlier audit of it."""
    with database.connect("pipeline") as connection, connection.cursor() as cursor:
        cursor.execute("delete from ops.load_drift where load_id = %s", [load_id])
        cursor.executemany(_INSERT, [(load_id, *astuple(shift)) for shift in shifts])
    logger.info("drift of load %s: %d figures", load_id, len(shifts))
