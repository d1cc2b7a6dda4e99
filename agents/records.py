"""What a run of the crew leaves behind: tool results, answers and the report on one pair."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from agents.quoting import name_from_data, quote_data
from warehouse.wording import house

ANOMALY = "anomaly_detection"
FORECASTING = "forecasting"
INVENTORY = "inventory_optimization"
REPORT = "report"
ANALYSES = (ANOMALY, FORECASTING, INVENTORY, REPORT)

NARRATOR = "narrator"
"""Name under which the deterministic narrator signs."""

Facts = dict[str, Any]
"""What a tool returns: plain JSON values, the unit of every number in the name of its key."""


@dataclass(frozen=True)
class Pair:
    """A store and product with sales, and the week its newest figures stand on.

    Attributes:
        store_label: what people see of the store, as its files have it; its number where it is empty.
        product_label: the same of the product.
    """

    store_id: int
    dept_id: int
    origin_date: dt.date
    store_label: str = ""
    product_label: str = ""

    @property
    def labels(self) -> tuple[str, str]:
        """What people see of store and product."""
        return self.store_label or str(self.store_id), self.product_label or str(self.dept_id)

    def __str__(self) -> str:
        return house().pair(*(name_from_data(label) for label in self.labels))

    @property
    def subject(self) -> Facts:
        """What every answer on the pair begins with: its names, and what amounts and quantities are in."""
        store, product = (quote_data(name_from_data(label)) for label in self.labels)
        return {
            "pair_text": quote_data(str(self)),
            "store_label": store,
            "product_label": product,
            "amounts_are_in": house().currency,
            "quantities_are_in": house().unit,
        }


@dataclass(frozen=True)
class ToolResult:
    """One look at the data: the tool, what it was asked, and what it returned."""

    tool_name: str
    arguments: Facts
    facts: Facts


@dataclass(frozen=True)
class Answer:
    """One agent's answer, its numbers checked.

    Attributes:
        text: the answer; a number that no tool returned is written as `[unchecked: 123]`.
        tokens: tokens in and out; words for the narrator.
        grounded_share: share of the numbers that stand in the tool results, a fraction.
        unsupported: the numbers that do not.
        evidence: what this agent's tools returned.
    """

    analysis_type: str
    agent_name: str
    text: str
    seconds: float
    tokens: int
    number_count: int
    grounded_share: float
    unsupported: tuple[str, ...]
    evidence: tuple[ToolResult, ...]

    @property
    def is_clean(self) -> bool:
        """Whether every number in the answer was found in the tool results."""
        return not self.unsupported


@dataclass(frozen=True)
class PairReport:
    """The four answers on one pair.

    Attributes:
        pair_name: what people call the pair, harmless in Markdown.
        writer: `narrator`, or the language model that wrote all of it.
        notice: why the narrator stood in for the language model; empty where it did not.
    """

    store_id: int
    dept_id: int
    origin_date: dt.date
    answers: tuple[Answer, ...]
    writer: str
    notice: str = ""
    pair_name: str = ""

    @property
    def report_text(self) -> str:
        """The report writer's answer."""
        return self.answer(REPORT).text

    @property
    def is_clean(self) -> bool:
        """Whether every number of every answer was found in the tool results."""
        return all(answer.is_clean for answer in self.answers)

    @property
    def number_count(self) -> int:
        """Numbers in all answers."""
        return sum(answer.number_count for answer in self.answers)

    @property
    def grounded_share(self) -> float:
        """Share of the numbers of all answers that stand in the tool results, a fraction; 1 where there are none."""
        unsupported = sum(len(answer.unsupported) for answer in self.answers)
        return 1.0 - unsupported / self.number_count if self.number_count else 1.0

    @property
    def seconds(self) -> float:
        """Seconds that the four agents took."""
        return sum(answer.seconds for answer in self.answers)

    @property
    def tokens(self) -> int:
        """Tokens in and out of the four agents; words for the narrator."""
        return sum(answer.tokens for answer in self.answers)

    def answer(self, analysis_type: str) -> Answer:
        """Returns the answer of one analysis.

        Raises:
            KeyError: the crew did not make it.
        """
        for answer in self.answers:
            if answer.analysis_type == analysis_type:
                return answer
        raise KeyError(analysis_type)
