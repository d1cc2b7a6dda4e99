"""An error is one sentence wherever it happens: on a page, in a callback, in a fragment, in a thread."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from streamlit.errors import FragmentHandledException
from streamlit.runtime.scriptrunner_utils.exceptions import RerunException, StopException
from streamlit.testing.v1 import AppTest

from streamlit_app.queries import cache, session
from streamlit_app.views import components
from warehouse.errors import ShelfcastError
from warehouse.settings import PROJECT_ROOT

pytestmark = pytest.mark.usefixtures("no_caches")
ENTRY = PROJECT_ROOT / "streamlit_app" / "app.py"
REFERENCE = re.compile(r"Something went wrong that the dashboard did not expect\. .* reference ([0-9a-f]{8})\.")
TREES = {path: ast.parse(path.read_text()) for path in (PROJECT_ROOT / "streamlit_app").rglob("*.py")}


def reference_shown(app: AppTest) -> str:
    """Returns the reference of the one error that a page shows."""
    assert not app.exception
    (error,) = app.error
    found = REFERENCE.fullmatch(error.value)
    assert found
    return found[1]


def test_an_error_that_nobody_expected_is_one_sentence_whose_reference_the_log_explains(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(sql: str, parameters: dict[str, Any]) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(cache, "fetch", broken)
    app = AppTest.from_file(str(ENTRY), default_timeout=300).run()
    reference = reference_shown(app)
    (record,) = [record for record in caplog.records if reference in record.getMessage()]
    assert record.exc_info
    assert "a secret of the inside" in str(record.exc_info[1])
    assert "secret" not in app.error[0].value


def press_a_button_that_fails() -> None:
    import streamlit as st

    from streamlit_app.views import components

    @components.errors_as_sentences()
    def fail() -> None:
        raise KeyError("gone")

    st.button("Go", on_click=fail)
    st.caption("the page")


def test_a_callback_that_fails_is_one_sentence_above_the_page() -> None:
    app = AppTest.from_function(press_a_button_that_fails, default_timeout=300).run()
    app.button[0].click().run()
    assert reference_shown(app)
    assert app.caption[0].value == "the page"


@pytest.mark.parametrize("turn", [RerunException(None), StopException(), FragmentHandledException()], ids=repr)  # type: ignore[arg-type]
def test_a_rerun_or_a_stop_is_no_error(turn: BaseException) -> None:
    with pytest.raises(type(turn)), components.errors_as_sentences():
        raise turn


def functions() -> Iterator[ast.FunctionDef]:
    yield from (node for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_callback_shows_its_errors_as_sentences() -> None:
    given = [
        ast.unparse(keyword.value).rpartition(".")[2]
        for tree in TREES.values()
        for keyword in ast.walk(tree)
        if isinstance(keyword, ast.keyword) and keyword.arg in ("on_click", "on_change")
        if not isinstance(keyword.value, ast.Constant)
    ]
    shown = {
        function.name
        for function in functions()
        if "errors_as_sentences" in str(list(map(ast.unparse, function.decorator_list)))
    }
    assert given
    assert set(given) <= shown


def test_every_fragment_shows_its_errors_as_sentences() -> None:
    fragments = [node for node in functions() if "st.fragment" in str(list(map(ast.unparse, node.decorator_list)))]
    assert fragments
    for fragment in fragments:
        assert [
            ast.unparse(part).startswith("with components.errors_as_sentences()") for part in fragment.body[1:]
        ] == [True]


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (psycopg.errors.ConnectionTimeout("connection timeout expired"), "connection timeout expired"),
        (psycopg.OperationalError("server closed the connection\nunexpectedly"), "server closed the connection"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_a_server_that_hangs_as_the_dashboard_opens_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, failure: Exception, words: str
) -> None:
    def hang(settings: Any) -> None:
        raise failure

    monkeypatch.setenv("SHELFCAST_HOME", str(tmp_path))
    for name in ("prepare_environment", "configure_logging"):
        monkeypatch.setattr(session, name, lambda settings: None)
    monkeypatch.setattr(session, "open_without_owner", hang)
    app = AppTest.from_file(str(ENTRY), default_timeout=300).run()
    assert not app.exception
    (error,) = app.error
    assert error.value == (
        f"The database does not answer: {words}. Check with `shelfcast doctor`, then reload the page."
    )


def test_what_the_opening_itself_says_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    def refuse(settings: Any) -> None:
        raise ShelfcastError("There is no warehouse yet.", "Run `shelfcast run` first.")

    monkeypatch.setenv("SHELFCAST_HOME", str(tmp_path))
    for name in ("prepare_environment", "configure_logging"):
        monkeypatch.setattr(session, name, lambda settings: None)
    monkeypatch.setattr(session, "open_without_owner", refuse)
    app = AppTest.from_file(str(ENTRY), default_timeout=300).run()
    assert [error.value for error in app.error] == ["There is no warehouse yet. Run `shelfcast run` first."]
