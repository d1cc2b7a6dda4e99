"""The pages of loads in the data docs: files, rejected rows with line and reason, drift, profile.

Great Expectations has no part in them: a load that was refused before its audit has its page too.
"""

import json
from pathlib import Path
from typing import Any

from psycopg.rows import dict_row

from expectations.retention import KEPT_RUNS, pages_folder
from expectations.templating import page_of
from warehouse.database import Database
from warehouse.settings import Settings

SHOWN_LINES = 1_000
OUTCOMES = {"published": "passed", "incoming": "info", "refused": "critical"}

_LOADS = """
select
    load_id as name, max(run_id) as run_id, max(status) as status, sum(rows_read)::bigint as read,
    sum(rows_rejected)::bigint as rejected, sum(rows_duplicate)::bigint as duplicate,
    to_char(max(created_at) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as read_at
from ops.loads
group by load_id
order by max(created_at) desc
limit %(kept)s
"""
_FILES = """
select file_name, table_name, rows_read, rows_accepted, rows_rejected, rows_duplicate, dialect
from ops.loads where load_id = %(load)s order by rows_read desc, table_name
"""
_REASONS = """
select file_name, reason, count(*) as row_count
from raw.rejected_rows where load_id = %(load)s
group by file_name, reason order by row_count desc, file_name, reason limit 50
"""
_LINES = """
select file_name, line_number, reason, raw_text
from raw.rejected_rows where load_id = %(load)s order by file_name, line_number limit %(shown)s
"""
_DRIFT = """
select
    *,
    case
        when shift_value > critical_limit then 'critical'
        when shift_value > warning_limit then 'warning'
        else 'passed'
    end as outcome
from ops.load_drift where load_id = %(load)s
order by shift_value / nullif(warning_limit, 0) desc, measure_name, part_name, subject
"""
_PROFILE = "select * from ops.load_profiles where load_id = %(load)s order by table_name, column_name"
_AUDITS = "select distinct run_id, load_id from ops.audit_results where load_id = any(%(loads)s)"


def write_load_pages(settings: Settings, database: Database, run_id: str = "", load_id: str = "") -> Path:
    """Returns the page that lists the newest loads, after it and the page of each were written anew.

    Args:
        settings: the pages stand under `data_docs/loads` in the home folder.
        database: what the pages show.
        run_id: a run that audits a load now, and has no results yet.
        load_id: the load that it audits.
    """
    folder = pages_folder(settings.home) / "loads"
    folder.mkdir(parents=True, exist_ok=True)
    with database.connect("pipeline") as connection, connection.cursor(row_factory=dict_row) as cursor:
        loads = [load | {"outcome": OUTCOMES[load["status"]]} for load in cursor.execute(_LOADS, {"kept": KEPT_RUNS})]
        names = [load["name"] for load in loads]
        for load in loads:
            (folder / f"{load['name']}.html").write_text(page_of(_document(cursor, load)), encoding="utf-8")
        audits = {row["run_id"]: row["load_id"] for row in cursor.execute(_AUDITS, {"loads": names})}
    audits |= {run_id: load_id} if load_id in names else {}
    (folder / "audits.json").write_text(json.dumps(audits))
    index = folder / "index.html"
    index.write_text(page_of({"page": "loads", "title": "Loads", "kept": KEPT_RUNS, "loads": loads}), encoding="utf-8")
    for page in folder.glob("*.html"):
        if page.stem not in (*names, "index"):
            page.unlink()
    return index


def audited_loads(home: Path) -> dict[str, str]:
    """Returns the load that each run audited, of those that have a page."""
    file = pages_folder(home) / "loads" / "audits.json"
    return dict(json.loads(file.read_text())) if file.exists() else {}


def _document(cursor: Any, load: dict[str, Any]) -> dict[str, Any]:
    known = {"load": load["name"], "shown": SHOWN_LINES}
    drift = cursor.execute(_DRIFT, known).fetchall()
    return {
        "page": "load",
        "title": f"Load {load['name']}",
        "load": load,
        "files": cursor.execute(_FILES, known).fetchall(),
        "reasons": cursor.execute(_REASONS, known).fetchall(),
        "lines": cursor.execute(_LINES, known).fetchall(),
        "drift": drift,
        "beyond": sum(row["outcome"] != "passed" for row in drift),
        "profile": cursor.execute(_PROFILE, known).fetchall(),
    }
