"""Reports as people read them: who wrote one, and the Markdown of it."""

from collections.abc import Iterable

from agents.phrases import day
from agents.quoting import escape_markup
from agents.records import ANOMALY, FORECASTING, INVENTORY, NARRATOR, PairReport
from warehouse.wording import house

_TITLES = {ANOMALY: "Sales and unusual weeks", FORECASTING: "Forecast", INVENTORY: "Inventory"}


def signature(report: PairReport) -> str:
    """Returns who wrote a report and how many of its figures stand in the tool results."""
    unsupported = sum(len(answer.unsupported) for answer in report.answers)
    checked = f"{report.number_count - unsupported} of {report.number_count} figures stand in the tool results."
    marked = " The others are marked [unchecked]: do not rely on them." if unsupported else ""
    return f"*{_writer(report)} {checked}{marked}*"


def _writer(report: PairReport) -> str:
    if report.notice:
        return f"{report.notice} The deterministic narrator wrote it instead."
    if report.writer == NARRATOR:
        return "Written by the deterministic narrator, without a language model."
    return f"Written by {report.writer}."


def report_markdown(reports: PairReport | Iterable[PairReport]) -> str:
    """Returns one or several reports as one Markdown document."""
    chosen = [reports] if isinstance(reports, PairReport) else list(reports)
    return "\n\n".join(_markdown(report) for report in chosen) + "\n"


def _markdown(report: PairReport) -> str:
    head = f"# {escape_markup(report.pair_name)}: week of {day(house().called(report.origin_date).isoformat())}"
    parts = [f"## {title}\n\n{report.answer(name).text}" for name, title in _TITLES.items()]
    return "\n\n".join([head, report.report_text, *parts])
