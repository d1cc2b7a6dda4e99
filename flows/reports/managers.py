"""The managers' report of the latest run, as Markdown."""

from pathlib import Path

from flows.reports.labels import markdown_cell
from flows.reports.run_summary import scorecard_markdown
from warehouse.codes import known
from warehouse.database import Database, Snapshot
from warehouse.errors import ShelfcastError
from warehouse.settings import Settings
from warehouse.wording import capital, house

_HEAD = (
    "select max(decision_date) as decision_date, count(*) as pair_count, sum(order_quantity_amount) as order_amount, "
    "sum(value_at_risk_amount) as risk_amount, count(*) filter (where stock_source = 'simulated') as simulated_count, "
    "count(*) filter (where price_source = 'assumed') as assumed_count "
    "from marts.fct_inventory_recommendations where is_latest"
)
_STATUSES = (
    "select status, count(*) as pair_count, sum(order_quantity_amount) as order_amount, "
    "sum(value_at_risk_amount) as risk_amount from marts.fct_inventory_recommendations where is_latest "
    "group by status order by array_position(array['critical', 'reorder', 'monitor', 'adequate'], status)"
)
_EXCEPTIONS = (
    "select store_id, dept_id, status, order_quantity_amount, stockout_probability_rate, value_at_risk_amount "
    "from marts.fct_inventory_recommendations where is_latest order by exception_rank limit 10"
)
_ANSWERS = (
    "select distinct on (store_id, dept_id) store_id, dept_id, agent_response "
    "from marts.fct_agent_reports where analysis_type = 'report' and run_id = "
    "(select run_id from marts.fct_agent_reports where analysis_type = 'report' order by created_at desc limit 1) "
    "order by store_id, dept_id, created_at desc"
)


def write_report(settings: Settings, database: Database) -> tuple[Path, str]:
    """Returns the path and the text of the report on the latest decision week.

    Raises:
        ShelfcastError: there is no run to report on yet.
    """
    import psycopg

    try:
        with database.snapshot("reader") as snapshot:
            text = _compose(snapshot)
            week = snapshot.read_frame(_HEAD).iloc[0]["decision_date"]
    except psycopg.errors.UndefinedTable:
        raise ShelfcastError("There is no run to report on yet.", "Run `shelfcast run` first.") from None
    if week is None:
        raise ShelfcastError("There are no recommendations to report on yet.", "Run `shelfcast run` first.")
    path = settings.home / "reports" / f"report-{week}.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path, text


def _compose(snapshot: Snapshot) -> str:
    head = snapshot.read_frame(_HEAD).iloc[0]
    pairs, simulated, assumed = (
        int(count or 0) for count in (head.pair_count, head.simulated_count, head.assumed_count)
    )
    sources = [house().stock_sources(simulated, pairs)] if simulated else []
    sources += [house().price_sources(assumed, pairs)] if assumed else []
    warnings = "".join(f"**{capital(source)}.**\n\n" for source in sources)
    return (
        f"# Shelfcast report, week of {house().called(head.decision_date)}\n\n"
        f"{house().number(head.pair_count)} pairs of {markdown_cell(house().pair_word)}; "
        f"recommended orders {house().money(head.order_amount or 0)}; "
        f"money at risk {house().money(head.risk_amount or 0)}.\n\n{warnings}"
        f"## Decisions\n\n{_statuses(snapshot)}\n\n## Forecast accuracy\n\n{scorecard_markdown(snapshot)}\n\n"
        f"## Ten most valuable exceptions\n\n{_exceptions(snapshot)}\n\n"
        f"## What the agents say\n\n{_answers(snapshot)}\n"
    )


def _statuses(snapshot: Snapshot) -> str:
    number = house().number
    heads = ("status", "pairs", house().money_head("orders"), house().money_head("money at risk"))
    lines = [f"| {' | '.join(heads)} |", "| --- | --- | --- | --- |"]
    for row in snapshot.read_rows(_STATUSES):
        lines.append(
            f"| {row.status} | {number(row.pair_count)} | {number(row.order_amount)} | {number(row.risk_amount)} |"
        )
    return "\n".join(lines)


def _exceptions(snapshot: Snapshot) -> str:
    words, number = house().retailer.words, house().number
    heads = [markdown_cell(words.store), markdown_cell(words.product), "status", house().money_head("order")]
    heads += ["stockout probability", house().money_head("at risk")]
    lines = [f"| {' | '.join(heads)} |", "|" + " --- |" * 6]
    for row in snapshot.read_rows(_EXCEPTIONS):
        labels = known().store_label(row.store_id), known().product_label(row.dept_id)
        lines.append(
            f"| {' | '.join(map(markdown_cell, labels))} | {row.status} | {number(row.order_quantity_amount)} "
            f"| {number(100 * row.stockout_probability_rate)} % | {number(row.value_at_risk_amount)} |"
        )
    return "\n".join(lines)


def _answers(snapshot: Snapshot) -> str:
    parts = []
    for row in snapshot.read_rows(_ANSWERS):
        parts.append(f"### {markdown_cell(known().pair(row.store_id, row.dept_id))}\n\n{row.agent_response}")
    return "\n\n".join(parts) or "The agents have not been asked yet: run `shelfcast explain`."
