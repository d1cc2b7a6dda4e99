"""The option that makes the markdowns of weeks ahead a plan, on its way from the user to the stage that uses it."""

import pytest
from typer.testing import CliRunner

from flows.cli.main import app
from flows.pipeline import stages
from flows.pipeline.context import Context, Options
from warehouse.settings import load_settings
from warehouse.stages import STAGE_NAMES


@pytest.mark.parametrize("verb", ["run", "forecast"])
def test_a_run_and_a_forecast_take_the_option(verb):
    shown = CliRunner().invoke(app, [verb, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).output
    assert "--planned-markdowns" in shown


def test_the_option_reaches_the_forecast(monkeypatch):
    asked = []
    monkeypatch.setattr(
        "flows.cli.commands.run_stages", lambda names, options, following: asked.append((names, options))
    )
    CliRunner().invoke(app, ["forecast", "--planned-markdowns"])
    CliRunner().invoke(app, ["forecast"])
    assert asked == [(("forecast",), Options(planned_markdowns=True)), (("forecast",), Options())]


def test_nothing_is_planned_unless_the_user_says_so(monkeypatch):
    assert load_settings().planned_markdowns is False
    monkeypatch.setenv("PLANNED_MARKDOWNS", "true")
    assert load_settings().planned_markdowns is True
    assert load_settings(planned_markdowns=False).planned_markdowns is False


def test_the_option_makes_the_forecast_anew_and_no_stage_before_it(monkeypatch, tmp_path):
    monkeypatch.setattr(stages, "published_fingerprint", lambda _database, name: name)
    monkeypatch.setattr(stages, "published_content", lambda _database: "rows")
    monkeypatch.setattr(stages, "_champion_version", lambda _context: "1")
    monkeypatch.setattr(stages, "code_fingerprint", lambda *_folders: "code")

    def mark(name, is_planned):
        settings = load_settings(home=tmp_path, planned_markdowns=is_planned)
        return stages.stage_fingerprint(stages.stage_named(name), Context(settings, None))

    changed = [name for name in STAGE_NAMES[1:] if mark(name, True) != mark(name, False)]
    assert changed == ["forecast"]
