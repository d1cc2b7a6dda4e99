"""What the sales come to under a mapping: counts, exact sums, whole weeks, weeks that nobody reported."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from spark_jobs.ingest.guess.proposal import Guess
from spark_jobs.ingest.guess.sales_scan import week_ends, whole_weeks_of
from spark_jobs.ingest.guess.series_cells import distinct
from spark_jobs.ingest.weeks import WEEK

CENT = Decimal("0.01")
_THOUSANDTH = Decimal("0.001")


@dataclass(frozen=True)
class Preview:
    """What the sales come to.

    Attributes:
        rows: rows that can be used.
        unread: rows that can't.
        stores: how many stores there are.
        products: how many products there are.
        members: how many of what is forecast there are: products, categories and so on.
        series: pairs of a store and one of these that sold; of a part of the stores where they are too many.
        weeks: whole weeks in which some store reported.
        silent_weeks: whole weeks between the first and the last in which none did.
        first: first and last day of the first whole week; None where no week is whole.
        last: first and last day of the last one.
        left_out: in words, the weeks at both ends that are not whole.
        units: sum of all units; None without them.
        amount: sum of all money, to the cent; None without it.
        units_left_out: how much of the units lies in weeks that are not whole.
        amount_left_out: how much of the money does.
    """

    rows: int
    unread: int
    stores: int
    products: int
    members: int
    series: int
    weeks: int
    silent_weeks: int
    first: tuple[dt.date, dt.date] | None
    last: tuple[dt.date, dt.date] | None
    left_out: str
    units: Decimal | None
    amount: Decimal | None
    units_left_out: Decimal
    amount_left_out: Decimal


def preview_of(proposal: Guess) -> Preview:
    """Returns what the sales come to."""
    scan, retailer = proposal.scan, proposal.mapping.retailer
    whole = whole_weeks_of(scan, proposal.mapping.sales.grain == "weeks", retailer.week_end)
    ends = [end for end in week_ends(distinct(scan.reports), retailer.week_end) if whole.first <= end <= whole.last]
    silent = ((whole.last - whole.first).days // 7 + 1 - len(ends)) if whole.any else 0
    amount = scan.totals.amount
    outside = [sums for day, sums in scan.sums_by_day.items() if not whole.first - WEEK < day <= whole.last]
    return Preview(
        rows=scan.totals.rows,
        unread=sum(scan.unread.values()),
        stores=len(scan.stores),
        products=len(scan.products),
        members=proposal.level.members,
        series=proposal.level.series,
        weeks=len(ends),
        silent_weeks=silent,
        first=_week(whole.first) if whole.any else None,
        last=_week(whole.last) if whole.any else None,
        left_out=whole.left_out,
        units=scan.totals.units,
        amount=None if amount is None else amount.quantize(CENT),
        units_left_out=Decimal(sum(units for units, _ in outside)).quantize(_THOUSANDTH),
        amount_left_out=Decimal(sum(money for _, money in outside)).quantize(CENT),
    )


def _week(end: dt.date) -> tuple[dt.date, dt.date]:
    return end - WEEK + dt.timedelta(days=1), end
