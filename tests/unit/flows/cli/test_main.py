import re

import pytest
import typer
from typer.testing import CliRunner

from flows.cli.main import app, main
from flows.pipeline.context import Options, code_fingerprint, fingerprint
from flows.pipeline.stages import STAGES, stage_named
from warehouse.errors import UsageError
from warehouse.settings import PROJECT_ROOT
from warehouse.stages import STAGE_NAMES

VERBS = [
    "init",
    "run",
    "sample",
    "ingest",
    "features",
    "transform",
    "train",
    "forecast",
    "recommend",
    "explain",
    "report",
    "dashboard",
    "docs",
    "doctor",
    "backtest",
    "replay",
    "what-if",
    "policy",
    "rollback",
    "export",
]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb):
    shown = CliRunner().invoke(app, [verb, "--help"])
    assert shown.exit_code == 0
    assert verb in shown.output


def test_an_unknown_verb_is_wrong_use():
    assert CliRunner().invoke(app, ["predict"]).exit_code == 2


def test_an_unknown_stage_is_named_with_the_stages_there_are():
    with pytest.raises(UsageError, match=r"no stage 'fly'.*ingest, audit, features"):
        stage_named("fly")


def test_the_stages_stand_in_the_order_in_which_the_data_travels():
    assert tuple(stage.name for stage in STAGES) == STAGE_NAMES


def test_a_user_s_mistake_becomes_one_sentence_and_its_exit_code(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["shelfcast", "explain", "1"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert re.fullmatch(r"A store needs a product, or a department, with it\. .*\n", capsys.readouterr().err)


def test_options_hold_no_secret():
    known = {
        "data",
        "date_format",
        "decimal_mark",
        "reject_rate_max",
        "may_remove",
        "is_append",
        "force",
        "planned_markdowns",
        "mapping",
    }
    assert set(vars(Options())) == known


def test_a_fingerprint_depends_on_every_part_and_on_nothing_else():
    assert fingerprint("a", 1) == fingerprint("a", 1)
    assert len({fingerprint("a", 1), fingerprint("a", 2), fingerprint("b", 1), fingerprint("a", "1")}) == 4


def test_the_code_fingerprint_of_a_folder_changes_with_its_code(tmp_path, monkeypatch):
    monkeypatch.setattr("flows.pipeline.context.PROJECT_ROOT", tmp_path)
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "a.py").write_text("x = 1")
    before = code_fingerprint("part")
    (tmp_path / "part" / "notes.txt").write_text("no code")
    assert code_fingerprint("part") == before
    (tmp_path / "part" / "a.py").write_text("x = 2")
    assert code_fingerprint("part") != before


def commands_named_in_sentences() -> set[str]:
    """What the code calls `shelfcast ...`, in sentences for users and in docstrings."""
    rooms = ("agents", "expectations", "flows", "ml", "spark_jobs", "streamlit_app", "warehouse")
    files = (path for room in rooms for path in (PROJECT_ROOT / room).rglob("*.py"))
    return {named for path in files for named in re.findall(r"`shelfcast ([^`]+)`", path.read_text())}


def test_every_command_that_a_sentence_names_exists_with_its_options():
    wrong = []
    for named in commands_named_in_sentences():
        command, words = typer.main.get_command(app), named.partition(" -- ")[0].split()
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        options = {name for parameter in command.params for name in parameter.opts + parameter.secondary_opts}
        is_unknown = hasattr(command, "commands") and words
        if is_unknown or {word for word in words if word.startswith("--")} - options:
            wrong.append(named)
    assert wrong == []
