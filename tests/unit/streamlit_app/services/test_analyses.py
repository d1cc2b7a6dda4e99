import logging
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from agents import crew
from streamlit_app.services import analyses
from warehouse.errors import ShelfcastError


@pytest.fixture(autouse=True)
def _opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyses, "open_session", lambda: SimpleNamespace(settings=None, database=None))


def test_the_steps_of_the_agents_are_shown_in_order_on_the_thread_that_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    def explain(*given: Any) -> str:
        for done in range(3):
            given[-1](done, 3, f"step {done}")
        return f"{given[3]} / {given[4]} by {threading.current_thread().name}"

    shown: list[tuple[int, int, str, str]] = []

    def show(*step: Any) -> None:
        shown.append((*step, threading.current_thread().name))

    monkeypatch.setattr(crew, "explain_pair", explain)
    here = threading.current_thread().name
    report = str(analyses.analysis(4, 7, show))
    assert report.startswith("4 / 7 by ")
    assert not report.endswith(here)
    assert shown == [(done, 3, f"step {done}", here) for done in range(3)]


def test_a_failure_of_the_agents_reaches_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def explain(*given: Any) -> None:
        raise ShelfcastError("The marts were published anew.", "Ask again.")

    monkeypatch.setattr(crew, "explain_pair", explain)
    with pytest.raises(ShelfcastError, match="published anew"):
        analyses.analysis(4, 7, lambda done, total, what: None)


def test_a_failure_after_the_reader_has_left_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    has_left = threading.Event()

    def explain(*given: Any) -> None:
        given[-1](0, 3, "step")
        has_left.wait()
        raise KeyError("gone")

    class LeavingError(BaseException):
        pass

    def leave(*step: Any) -> None:
        raise LeavingError

    monkeypatch.setattr(crew, "explain_pair", explain)
    is_logged = threading.Event()
    monkeypatch.setattr(analyses.logger, "filters", [lambda record: is_logged.set() or True])
    with caplog.at_level(logging.WARNING), pytest.raises(LeavingError):
        analyses.analysis(4, 7, leave)
    has_left.set()
    assert is_logged.wait(60)
