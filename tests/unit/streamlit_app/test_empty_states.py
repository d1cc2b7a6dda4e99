import datetime as dt
import socket
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from streamlit_app.queries import cache, session
from streamlit_app.queries.session import Session
from streamlit_app.services import pipeline_runs
from warehouse.database import Database, Login
from warehouse.errors import ShelfcastError
from warehouse.settings import PROJECT_ROOT, load_settings

pytestmark = pytest.mark.usefixtures("no_caches")
ENTRY = PROJECT_ROOT / "streamlit_app" / "app.py"
PAGES = ("overview", "forecasts", "inventory", "what_if", "ai_insights", "data_quality", "runs")


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """A session without marts."""
    opened = SimpleNamespace(settings=load_settings(home=tmp_path), database=None)
    for module in (session, cache):
        monkeypatch.setattr(module, "open_session", lambda: opened)
    monkeypatch.setattr(cache, "fetch", lambda sql, parameters: pd.DataFrame())
    monkeypatch.setattr(pipeline_runs, "is_running", lambda settings, database: False)


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize("name", PAGES)
def test_every_page_says_what_to_do_next_where_there_is_nothing_yet(name: str) -> None:
    app = AppTest.from_file(str(ENTRY), default_timeout=300)
    app.run()
    app.switch_page(f"app_pages/{name}.py").run()
    assert not app.exception
    assert [code.value for code in app.code] == ["make run"]


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize(
    ("status", "message", "words"),
    [
        ("failed", "train.csv is <b>empty</b>.", "train.csv is \\<b\\>empty\\</b\\>."),
        ("running", "", "interrupted before its end"),
    ],
)
def test_a_first_run_that_failed_or_was_killed_is_shown_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, status: str, message: str, words: str
) -> None:
    attempt = pd.DataFrame([{"stage_name": "ingest", "status": status, "message": message}])
    monkeypatch.setattr(
        cache, "fetch", lambda sql, given: attempt if "from ops.pipeline_runs" in sql else pd.DataFrame()
    )
    app = AppTest.from_file(str(ENTRY), default_timeout=300).run()
    app.switch_page("app_pages/runs.py").run()
    assert not app.exception
    assert "The first run ended in its stage Ingest: " in app.error[0].value
    assert words in app.error[0].value


def test_what_a_killed_run_left_as_running_is_shown_as_failed() -> None:
    rows = pd.DataFrame({"status": ["running", "succeeded"], "message": ["", "3 rows"]})
    assert pipeline_runs.settled(rows, is_running=True) is rows
    shown = pipeline_runs.settled(rows, is_running=False)
    assert shown.to_numpy().tolist() == [["failed", "interrupted before its end"], ["succeeded", "3 rows"]]


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize(("is_running", "shown"), [(False, "failed"), (True, "running")])
def test_the_side_bar_calls_a_killed_run_failed_and_one_that_goes_on_running(
    monkeypatch: pytest.MonkeyPatch, is_running: bool, shown: str
) -> None:
    run = pd.DataFrame({"status": ["running"], "started_at": [dt.datetime(2012, 10, 26, 14, 5, tzinfo=dt.UTC)]})
    monkeypatch.setattr(cache, "fetch", lambda sql, given: run if "as stage_count" in sql else pd.DataFrame())
    monkeypatch.setattr(pipeline_runs, "is_running", lambda settings, database: is_running)
    app = AppTest.from_file(str(ENTRY), default_timeout=300).run()
    assert not app.exception
    assert app.sidebar.caption[-1].value == f"**Last run** {shown}  \nOct 26, 2012, 14:05 UTC"


@pytest.mark.usefixtures("empty")
def test_sales_alone_are_not_called_free_of_unusual_weeks(monkeypatch: pytest.MonkeyPatch) -> None:
    week = {
        "week_date": [dt.date(2012, 10, 26)],
        "is_holiday": False,
        **dict.fromkeys(("sales_quantity", "sales_last_year_quantity", "sales_13_weeks_quantity"), 100.0),
        **dict.fromkeys(("sales_13_weeks_last_year_quantity", "growth_13_weeks_rate"), None),
    }
    weeks = pd.DataFrame(week)
    monkeypatch.setattr(cache, "fetch", lambda sql, given: weeks if "growth_13_weeks" in sql else pd.DataFrame())
    app = AppTest.from_file(str(ENTRY), default_timeout=300).run()
    assert not app.exception
    assert app.info[-1].value.startswith("No search for unusual sales has been published yet.")


def test_a_database_that_is_away_is_one_sentence_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(sql: str, parameters: dict[str, Any]) -> pd.DataFrame:
        raise ShelfcastError("The database does not answer.", "Check with `shelfcast doctor`.")

    monkeypatch.setattr(cache, "fetch", away)
    app = AppTest.from_file(str(ENTRY), default_timeout=300).run()
    assert not app.exception
    assert [error.value for error in app.error] == ["The database does not answer. Check with `shelfcast doctor`."]


def test_a_database_that_hangs_is_one_sentence_within_the_wait_for_one_connection(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr("warehouse.database.ANSWER_SECONDS", 2)
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        database = Database(*hanging.getsockname(), "shop", {"reader": Login("reader", "x")})
        opened = Session(load_settings(home=tmp_path), database, database.engine("reader"))
        for module in (session, cache):
            monkeypatch.setattr(module, "open_session", lambda: opened)
        app = AppTest.from_file(str(ENTRY), default_timeout=300).run()
        hanging.setblocking(False)
        hanging.accept()
        with pytest.raises(BlockingIOError):
            hanging.accept()
    assert not app.exception
    (error,) = app.error
    assert error.value.startswith("The database does not answer: ")
    assert error.value.endswith("Check with `shelfcast doctor`, then reload the page.")
