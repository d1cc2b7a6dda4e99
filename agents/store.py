"""Answers on their way into `agents.agent_outputs`, and reports on their way back."""

import hashlib
import json
from dataclasses import dataclass

from psycopg.types.json import Jsonb

from agents.records import INVENTORY, NARRATOR, Answer, Facts, PairReport
from agents.report import report_markdown
from warehouse.database import Database

__all__ = ["Saved", "output_id", "report_markdown", "save_report"]


@dataclass(frozen=True)
class Saved:
    """What saving a report changed: answers added, and recommendations whose reasoning is new."""

    inserted: int
    reasoned: int


def save_report(database: Database, run_id: str, report: PairReport) -> Saved:
    """Returns what changed after the answers of a report were added, those that are new; written as the role agent.

    An answer is the same, and is not added again, where pair, analysis, origin week, writer and content are: the words
    of the narrator, or the evidence of a language model, whose words differ each time.
    """
    with database.connect("agent") as connection:
        # Its sessions are read-only until they say otherwise.
        connection.execute("set transaction read write")
        inserted = 0
        for answer in report.answers:
            values = {**_row(report, answer), "run_id": run_id}
            inserted += connection.execute(_INSERT, values).rowcount
        reasoned = connection.execute(
            _REASON,
            {"store_id": report.store_id, "dept_id": report.dept_id, "reasoning": report.answer(INVENTORY).text},
        ).rowcount
    return Saved(inserted, reasoned)


_INSERT = """
    insert into agents.agent_outputs (
        output_id, store_id, dept_id, analysis_type, agent_name, agent_response, execution_time_seconds, tokens_used,
        model, grounded_share, unsupported_numbers, is_clean, tool_results, run_id
    )
    values (
        %(output_id)s, %(store_id)s, %(dept_id)s, %(analysis_type)s, %(agent_name)s, %(text)s, %(seconds)s, %(tokens)s,
        %(model)s, %(grounded_share)s, %(unsupported)s, %(is_clean)s, %(evidence)s, %(run_id)s
    )
    on conflict (output_id) do nothing
"""

_REASON = """
    update ml.inventory_recommendations
    set agent_reasoning = %(reasoning)s
    where store_id = %(store_id)s and dept_id = %(dept_id)s
        and recommendation_date = (
            select max(latest.recommendation_date) from ml.inventory_recommendations as latest
            where latest.store_id = %(store_id)s and latest.dept_id = %(dept_id)s
        )
        and agent_reasoning is distinct from %(reasoning)s
"""


def _row(report: PairReport, answer: Answer) -> Facts:
    return {
        "output_id": output_id(report, answer),
        "store_id": report.store_id,
        "dept_id": report.dept_id,
        "analysis_type": answer.analysis_type,
        "agent_name": answer.agent_name,
        "text": answer.text,
        "seconds": answer.seconds,
        "tokens": answer.tokens,
        "model": report.writer,
        "grounded_share": answer.grounded_share,
        "unsupported": ", ".join(answer.unsupported),
        "is_clean": answer.is_clean,
        "evidence": Jsonb(_evidence(answer)),
    }


def output_id(report: PairReport, answer: Answer) -> str:
    """Returns the identifier of an answer: pair, analysis, and a hash of what makes it this answer and no other."""
    content = answer.text if report.writer == NARRATOR else [_evidence(answer), answer.is_clean]
    parts = [answer.analysis_type, report.origin_date.isoformat(), report.writer, content]
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]
    return f"{report.store_id}-{report.dept_id}-{answer.analysis_type}-{digest}"


def _evidence(answer: Answer) -> Facts:
    """Returns tool results by question: the tool's name, with its options where any were chosen."""
    return {
        result.tool_name + (json.dumps(result.arguments, sort_keys=True) if result.arguments else ""): result.facts
        for result in answer.evidence
    }
