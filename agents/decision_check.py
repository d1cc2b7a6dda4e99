"""Whether words on an order agree with the recommendation: a report that plainly decides otherwise does not stand.

Words are looked for, not understood: a report may be left to the narrator although it agrees, and some ways to
contradict are not known here.
"""

import re

from agents.numbers import MONEY, PIECES
from agents.records import Facts
from warehouse.wording import house

_NOTHING = re.compile(
    r"\b(?:(?:do|should|need) not|(?:do|should|need)n.?t|no need to|no reason to|not necessary to|refrain from)\s+"
    r"(?:(?:plac|rais|issu|mak)(?:e|ing)\s+(?:an?|any|the)\s+)?(?:re)?order(?!\s+(?:more|above|beyond|over))"
    r"|\border nothing\b|\bnothing (?:is|has|needs|should be|to be) (?:to be )?ordered\b"
    r"|\b(?:should|need) not be ordered\b|\b(?:skip|cancel|omit) (?:this|the) (?:re)?order\b"
    r"|\bno (?:re)?order (?:is needed|is required|should be placed|needs to be placed)\b",
    re.IGNORECASE,
)
_SOMETHING = re.compile(
    r"\b(?:place|raise|issue|make) (?:an?|the) (?:re)?order\b|\b(?:re)?order (?:now|immediately|today|at once)\b"
    rf"|\b(?:re)?order {MONEY}[ \u00a0]?[1-9]|\b(?:re)?order [1-9][\d.,' \u00a0]*(?:{PIECES})",
    re.IGNORECASE,
)
_STATUS = re.compile(r"\bstatus(?: is|:)?\W*(critical|reorder|monitor|adequate)\b", re.IGNORECASE)


def contradiction(text: str, recommendation: Facts) -> str:
    """Returns how a text contradicts a recommendation, empty where it does not.

    Args:
        text: words of an agent.
        recommendation: `order_quantity_amount` and `status` of the pair, as `query_inventory_recommendation` gives it.

    >>> contradiction("Do not order anything.", {"order_quantity_amount": 500, "status": "reorder"}).split(",")[0]
    'it says to order nothing'
    >>> contradiction("Do not place an order.", {"order_quantity_amount": 0, "status": "adequate"})
    ''
    """
    order, status = float(recommendation.get("order_quantity_amount") or 0), recommendation.get("status")
    if order > 0 and _NOTHING.search(text):
        return f"it says to order nothing, and {house().money(order)} is recommended"
    if order == 0 and _SOMETHING.search(_NOTHING.sub("", text)):
        return "it says to order, and nothing is recommended"
    others = {found.lower() for found in _STATUS.findall(text)} - {status}
    return f"it says the status is {min(others)}, and it is {status}" if others else ""
