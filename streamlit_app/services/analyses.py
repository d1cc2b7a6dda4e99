"""The agents' analysis of a store and department: they work in a thread of their own, and only the page draws."""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import TYPE_CHECKING

from streamlit_app.queries.session import open_session
from warehouse.progress import Progress
from warehouse.runs import new_run_id

if TYPE_CHECKING:
    from agents.records import PairReport

logger = logging.getLogger(__name__)

Step = tuple[int, int, str]


def analysis(store_id: int, dept_id: int, show: Progress) -> "PairReport":
    """Returns the agents' report on a pair, which is saved; every step is shown on the thread that asks.

    Where that thread ends before the agents do, as when its reader turns to another page, the report is saved all
    the same.

    Raises:
        ShelfcastError: the pair has no sales, the marts can't be read, or they were published anew meanwhile.
    """
    from agents.crew import explain_pair

    session = open_session()
    steps: SimpleQueue[Step | None] = SimpleQueue()

    def note(done: int, total: int, what: str) -> None:
        steps.put((done, total, what))

    def end(_: "Future[PairReport]") -> None:
        steps.put(None)

    agents = ThreadPoolExecutor(max_workers=1)
    report = agents.submit(explain_pair, session.settings, session.database, new_run_id(), store_id, dept_id, note)
    agents.shutdown(wait=False)
    report.add_done_callback(end)
    try:
        for step in iter(steps.get, None):
            show(*step)
    except BaseException:
        report.add_done_callback(_log_failure)
        raise
    return report.result()


def _log_failure(report: "Future[PairReport]") -> None:
    """Logs how an analysis failed whose reader has left."""
    if error := report.exception():
        logger.warning("the analysis failed after its reader had left", exc_info=error)
