"""The desk of one run: the tools bound to its pair, and a record of everything they returned."""

import json
import logging
from dataclasses import dataclass, field

from agents.records import Facts, Pair, ToolResult
from agents.tools import TOOLS
from warehouse.database import Database
from warehouse.errors import ShelfcastError

NUMBERS = ("store_id", "dept_id")
"""What stands for the pair in the tables: nobody reads them."""

logger = logging.getLogger(__name__)


@dataclass
class Desk:
    """Answers the agents' questions about one pair; the same question gets the same answer within a run.

    Attributes:
        results: every question and answer, by analysis.
        failure: the error of our own that stopped a tool; no language model is to blame for it.
    """

    database: Database
    pair: Pair
    results: dict[str, list[ToolResult]] = field(default_factory=dict)
    failure: ShelfcastError | None = None
    _known: dict[tuple[str, str], Facts] = field(default_factory=dict)

    def ask(self, analysis_type: str, tool_name: str, options: Facts) -> Facts:
        """Returns a tool's answer and keeps it as evidence of an analysis."""
        chosen = {name: value for name, value in options.items() if value is not None}
        question = (tool_name, json.dumps(chosen, sort_keys=True))
        if question not in self._known:
            self._known[question] = self._answer(tool_name, chosen)
        result = ToolResult(tool_name, chosen, self._known[question])
        if result not in (earlier := self.results.setdefault(analysis_type, [])):
            earlier.append(result)
        return result.facts

    def evidence(self, analysis_type: str) -> tuple[ToolResult, ...]:
        """Returns what the tools of one analysis returned."""
        return tuple(self.results.get(analysis_type, ()))

    def all_facts(self) -> list[Facts]:
        """Returns what all tools returned in this run."""
        return [result.facts for results in self.results.values() for result in results]

    def _answer(self, tool_name: str, options: Facts) -> Facts:
        try:
            facts = TOOLS[tool_name].function(self.database, self.pair.store_id, self.pair.dept_id, **options)
            return {**self.pair.subject, **{name: facts[name] for name in facts if name not in NUMBERS}}
        except ShelfcastError as error:
            self.failure = self.failure or error
            logger.warning("tool %s failed for %s", tool_name, self.pair)
            return {"is_found": False, "error": "the figures can't be read"}
