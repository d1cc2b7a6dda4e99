"""Decisions of people on recommendations: approve, override, snooze; checked, recorded once, never changed.

The latest decision of a recommendation rules. What was recommended at that moment is written beside it by the
database. Orders are money at retail value; where pieces are forecast, people write pieces.
"""

import datetime as dt
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, LiteralString, get_args

from ml.inventory.packs import whole_packs
from warehouse.codes import known
from warehouse.database import Database
from warehouse.errors import ShelfcastError, UsageError
from warehouse.wording import house

if TYPE_CHECKING:
    import psycopg

Kind = Literal["approve", "override", "snooze"]
KINDS: tuple[Kind, ...] = get_args(Kind)

LONGEST_ORDER_WEEKS = 52
"""Weeks of expected demand beyond which an order is taken for a slip of the pen, if it is more than `FEWEST_PACKS`."""
FEWEST_PACKS = 10

GREATEST_ORDER = 1e12
"""Pieces or money; of anything above, amounts would lose their cents."""

HALF_CENT = 0.005
"""Money that a wish in whole cents may stand above whole packs, whose pieces may cost parts of a cent."""

_NOTHING = 1e-6
"""Pieces that a number may be off by for having been written in binary."""

LONGEST_SNOOZE_WEEKS = 52
LONGEST_REASON, LONGEST_NAME = 1000, 100

_RECOMMENDATION: LiteralString = """
select recommendation_id, recommendation_date, order_quantity, status, review_reason, coalesce(pack_size, 0),
    coalesce(minimum_order, 0), unit_price, pack_size_units, unit_name = 'units',
    7 * avg_daily_demand
from ml.inventory_recommendations
where recommendation_date = (select max(recommendation_date) from ml.inventory_recommendations)
    and store_id = %s and dept_id = %s
"""
_LATEST: LiteralString = """
select decision, order_quantity, snooze_until, reason, decided_by, recommended_quantity, effective_quantity, created_at
from ops.decisions
where recommendation_id = %s
order by decision_id desc
limit 1
"""
_INSERT: LiteralString = """
insert into ops.decisions
(recommendation_id, decision, order_quantity, snooze_until, reason, decided_by, effective_quantity, effective_pieces)
values (%s, %s, %s, %s, %s, %s, %s, %s)
"""


@dataclass(frozen=True)
class Decision:
    """What a person decides on the latest recommendation of a pair.

    Attributes:
        kind: approve the recommended order, override it, or snooze the pair.
        store_id: store of the pair.
        dept_id: department of the pair.
        decided_by: name of the person.
        quantity: wanted order of an override in the unit that is forecast, pieces or money at retail value; it goes out
            in whole packs, 0 orders nothing.
        until: first day on which a snoozed pair is heard again.
        reason: why, in the person's words; an override needs one.
    """

    kind: Kind
    store_id: int
    dept_id: int
    decided_by: str
    quantity: float | None = None
    until: dt.date | None = None
    reason: str = ""

    def checked(self) -> "Decision":
        """Returns the decision with its texts trimmed and its quantity in thousandths.

        Raises:
            UsageError: something is missing, too much, or out of its range.
        """
        if self.kind not in KINDS:
            raise UsageError(f"There is no decision {self.kind!r}.", f"Choose one of {', '.join(KINDS)}.")
        _check_quantity(self.kind, self.quantity)
        _check_until(self.kind, self.until)
        reason = _text(self.reason, "reason", LONGEST_REASON)
        if self.kind == "override" and not reason:
            raise UsageError("An override needs a reason.", "Say in a few words why the order should differ.")
        name = _text(self.decided_by, "name", LONGEST_NAME)
        if not name[:1].isalnum():
            raise UsageError("A decision needs the name of who decides, beginning with a letter or a digit.")
        quantity = None if self.quantity is None else round(self.quantity, 3) + 0.0
        return replace(self, decided_by=name, reason=reason, quantity=quantity)


@dataclass(frozen=True)
class Recommended:
    """The recommendation that a person decides on; amounts in money at retail value.

    Attributes:
        recommendation_id: store-dept-week.
        decision_date: its decision week.
        order_amount: order that is recommended.
        status: its status.
        review_reason: guardrail that sent it to a person; empty where it was automatic.
        pack_size_amount: orders are whole multiples of it; 0 where it is not known.
        minimum_order_amount: least order.
        unit_price_amount: price of a piece, where one is known.
        pack_size_units: pieces of a pack, where a piece has a price.
        is_in_units: whether pieces are forecast, and people write pieces.
        weekly_demand_amount: expected demand of a week; where it is nothing, any order is let through.
    """

    recommendation_id: str
    decision_date: dt.date
    order_amount: float
    status: str
    review_reason: str
    pack_size_amount: float = 0.0
    minimum_order_amount: float = 0.0
    unit_price_amount: float | None = None
    pack_size_units: float | None = None
    is_in_units: bool = False
    weekly_demand_amount: float = 0.0

    @property
    def largest_order_amount(self) -> float:
        """The order that a person may place at the most, in money at retail value."""
        if self.weekly_demand_amount <= 0:
            return math.inf
        packs = FEWEST_PACKS * max(self.pack_size_amount, self.minimum_order_amount)
        return max(LONGEST_ORDER_WEEKS * self.weekly_demand_amount, packs, 2 * self.order_amount)

    def check_size(self, decision: Decision) -> None:
        """Refuses an override of more than the largest order.

        Raises:
            UsageError: it is.
        """
        order, largest = self.wanted_of(decision), self.largest_order_amount
        if order is not None and order > largest:
            raise UsageError(
                f"An order of {house().money(order)} at retail value is more than may be placed at once, "
                f"{house().money(largest)}: a year of demand, or {FEWEST_PACKS} packs.",
                "Look at the number once more: it counts pieces where pieces are forecast.",
            )

    def wanted_of(self, decision: Decision) -> float | None:
        """Returns the order that an override wants, in money and whole cents; None for other decisions."""
        if decision.quantity is None:
            return None
        price = self.unit_price_amount if self.is_in_units else None
        return round(decision.quantity * (1.0 if price is None else price), 2)

    def order_of(self, decision: Decision) -> float:
        """Returns the order that a decision lets out: an override's in whole packs and at least the minimum order."""
        if decision.kind == "override":
            if (pieces := self._pieces_wanted(decision)) is not None:
                return round(pieces * (self.unit_price_amount or 0.0), 2)
            slack = HALF_CENT if self.pack_size_amount else 0.0
            wanted = self.wanted_of(decision) or 0.0
            packs = whole_packs(wanted - slack, self.pack_size_amount, self.minimum_order_amount)
            return round(float(packs), 2)
        return self.order_amount if decision.kind == "approve" else 0.0

    def ordered_pieces(self, decision: Decision) -> float | None:
        """Returns the pieces that a decision lets out; None where no price is known."""
        pieces = self._pieces_wanted(decision)
        return self.pieces_of(self.order_of(decision)) if pieces is None else pieces

    def _pieces_wanted(self, decision: Decision) -> float | None:
        """Returns the pieces of an override that was written in pieces, in whole packs; None for any other decision."""
        if not (self.is_in_units and self.unit_price_amount and self.pack_size_units and decision.quantity is not None):
            return None
        least = round(self.minimum_order_amount / self.unit_price_amount, 6)
        return round(float(whole_packs(decision.quantity - _NOTHING, self.pack_size_units, least)), 3)

    def pieces_of(self, order_amount: float) -> float | None:
        """Returns the pieces of an order in whole packs."""
        if self.unit_price_amount is None:
            return None
        if self.pack_size_units is None or not self.pack_size_amount:
            return float(round(order_amount / self.unit_price_amount))
        return round(round(order_amount / self.pack_size_amount) * self.pack_size_units, 3)


@dataclass(frozen=True)
class Seen:
    """What a person looked at when deciding.

    Attributes:
        recommendation_id: store-dept-week.
        order_amount: order that was recommended, in money at retail value.
        decided_at: moment of the decision that ruled it, None where nobody had decided.
    """

    recommendation_id: str
    order_amount: float
    decided_at: dt.datetime | None


@dataclass(frozen=True)
class Earlier:
    """The decision that stood before: its kind, who made it when, and the order that it let out in money."""

    kind: Kind
    decided_by: str
    decided_at: dt.datetime
    effective_amount: float

    def __str__(self) -> str:
        what = {"approve": "approved", "override": "overrode", "snooze": "snoozed"}[self.kind]
        moment = f"{self.decided_at.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"
        return f"{self.decided_by} {what} it at {moment}: {house().money(self.effective_amount)} goes out"


@dataclass(frozen=True)
class Recorded:
    """A decision as it stands in the record.

    Attributes:
        decision: what was decided.
        recommended: what it was decided on.
        effective_amount: order that it lets out, in money at retail value.
        effective_pieces: the same in pieces; None where no price is known.
        is_new: whether a row was added; False where the same decision stood there already.
        replaced: the decision on this recommendation that stood before.
    """

    decision: Decision
    recommended: Recommended
    effective_amount: float
    effective_pieces: float | None
    is_new: bool
    replaced: Earlier | None = None


def record(database: Database, decision: Decision, seen: Seen | None = None) -> Recorded:
    """Returns what was recorded in `ops.decisions`; the same decision twice in a row adds nothing.

    Written as the role planner, which may add decisions and do nothing else.

    Args:
        database: the warehouse.
        decision: what was decided.
        seen: what the person looked at; None where the decision holds whatever stands there.

    Raises:
        UsageError: the decision is incomplete, or snoozes until a day that is not after the decision week.
        ShelfcastError: the pair has no recommendation in the latest decision week, or what the person looked at was
            replaced meanwhile.
    """
    wanted = decision.checked()
    with database.connect("planner") as connection:
        # Two people, or one impatient hand, may decide in the same moment; a run may publish while one of them waits.
        connection.execute("select is_only from ops.decision_turn for update")
        recommended = _recommendation(connection, wanted)
        _check_snooze(wanted, recommended.decision_date)
        recommended.check_size(wanted)
        key, order = recommended.recommendation_id, recommended.order_of(wanted)
        pieces = recommended.ordered_pieces(wanted)
        last = connection.execute(_LATEST, [key]).fetchone()
        written = (wanted.kind, recommended.wanted_of(wanted), wanted.until, wanted.reason, wanted.decided_by)
        earlier = Earlier(last[0], last[4], last[7], last[6]) if last else None
        is_new = last is None or last[:7] != (*written, recommended.order_amount, order)
        if is_new:
            if seen is not None:
                _check_seen(seen, recommended, earlier)
            connection.execute(_INSERT, [key, *written, order, pieces])
    return Recorded(wanted, recommended, order, pieces, is_new, earlier if is_new else None)


def _check_seen(seen: Seen, recommended: Recommended, earlier: Earlier | None) -> None:
    """Refuses a decision on what was replaced since a person looked.

    Raises:
        ShelfcastError: somebody else has decided, another order is recommended, or one for another week.
    """
    if recommended.recommendation_id != seen.recommendation_id:
        raise ShelfcastError(
            f"Since you looked, a run has recommended an order for the week of {recommended.decision_date}.",
            "Nothing was saved; look at it once the run has published it, then decide.",
        )
    if earlier is not None and (seen.decided_at is None or earlier.decided_at > seen.decided_at):
        raise ShelfcastError(f"Since you looked, {earlier}.", "Nothing was saved; look at it, then decide again.")
    if abs(recommended.order_amount - seen.order_amount) >= HALF_CENT:
        raise ShelfcastError(
            f"Since you looked, a run has recommended {house().money(recommended.order_amount, 2)} instead of "
            f"{house().money(seen.order_amount, 2)}.",
            "Nothing was saved; look at it, then decide again.",
        )


def _recommendation(connection: "psycopg.Connection[Any]", decision: Decision) -> Recommended:
    pair = [decision.store_id, decision.dept_id]
    found = connection.execute(_RECOMMENDATION, pair).fetchone()
    if found is not None:
        return Recommended(*found)
    latest = connection.execute("select max(recommendation_date) from ml.inventory_recommendations").fetchone()
    if latest is None or latest[0] is None:
        raise ShelfcastError("There are no recommendations to decide on.", "Run `shelfcast run` first.")
    raise ShelfcastError(
        f"{known().pair(decision.store_id, decision.dept_id)} has no recommendation for the week of "
        f"{house().called(latest[0])}.",
        "`shelfcast export recommendations` lists the pairs that have one.",
    )


def _check_quantity(kind: Kind, quantity: float | None) -> None:
    if kind != "override" and quantity is not None:
        raise UsageError(f"To {kind} takes no quantity.", "Override the recommendation to order something else.")
    if kind == "override" and quantity is None:
        raise UsageError(
            "An override needs a quantity.",
            "Give the order in pieces where pieces are forecast, else in money at retail value; 0 for no order at all.",
        )
    if quantity is not None and not (math.isfinite(quantity) and 0 <= quantity <= GREATEST_ORDER):
        raise UsageError(f"An order of {quantity:,.15g} cannot be placed.", f"Give 0 to {GREATEST_ORDER:,.0f}.")


def _check_until(kind: Kind, until: dt.date | None) -> None:
    if kind != "snooze" and until is not None:
        raise UsageError(f"To {kind} takes no date.", "Snooze the recommendation to hear of it later.")
    if kind == "snooze" and until is None:
        raise UsageError("A snooze needs the date until which the pair stays silent.")


def _check_snooze(decision: Decision, day: dt.date) -> None:
    if decision.until is None:
        return
    last = day + dt.timedelta(weeks=LONGEST_SNOOZE_WEEKS)
    if not day < decision.until <= last:
        raise UsageError(
            f"A snooze until {decision.until} makes no sense: the decision week is that of {day}.",
            f"Give a date after it, {last} at the latest.",
        )


def _text(text: str, what: str, longest: int) -> str:
    """Returns a person's words on one line."""
    line = " ".join(text.split())
    if len(line) > longest or not line.isprintable():
        raise UsageError(f"The {what} has more than {longest:,} characters, or some that cannot be printed.")
    return line
