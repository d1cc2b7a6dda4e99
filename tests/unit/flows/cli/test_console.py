"""What a long command says where it does not write to a terminal."""

import pytest

from flows.cli import console
from flows.cli.console import SILENT_SECONDS, Display


def test_a_log_gets_a_line_now_and_then_and_none_of_a_command_that_is_quick(monkeypatch, capsys) -> None:
    now = 100.0
    monkeypatch.setattr(console.time, "monotonic", lambda: now)
    display = Display()
    with display.shown():
        display.begin("export forecasts")
        display(1, 9, "ridge")
        assert capsys.readouterr().err == ""
        for done in range(2, 10):
            now += SILENT_SECONDS / 2
            display(done, 9, "[bold]trees[/]")
    said = [(done, (done - 1) * SILENT_SECONDS / 2) for done in (3, 5, 7, 9)]
    assert capsys.readouterr().err.splitlines() == [
        f"export forecasts: {done} of 9, [bold]trees[/] ({seconds:.0f} s)" for done, seconds in said
    ]


def test_a_terminal_gets_a_moving_line_alone(monkeypatch, capsys) -> None:
    monkeypatch.setattr(console.console, "_force_terminal", True)
    monkeypatch.setattr(console, "SILENT_SECONDS", 0)
    display = Display()
    display.begin("train")
    display(1, 9, "ridge")
    assert capsys.readouterr().err == ""


@pytest.fixture(autouse=True)
def _plain(monkeypatch) -> None:
    monkeypatch.setattr(console, "errors", console.Console(stderr=True, highlight=False, width=80))
