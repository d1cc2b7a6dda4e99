from typing import Any

import pandas as pd
import pytest

from streamlit_app.views import tables

FORMULAS = ("=HYPERLINK(1)", "+cmd", "-cmd", "@sum")


@pytest.fixture
def rows() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "raw_text": FORMULAS,
            "observed_value": ["-$1,234", "+2.1%", "plain", None],
            "model_name": ["=a", "lightgbm", "b", "c"],
            "severity": ["critical", "warning", "info", "critical"],
            "line_number": [1, 2, 3, 4],
        }
    )


def test_a_saved_table_holds_no_formula(rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    saved: list[Any] = []
    monkeypatch.setattr(tables.st, "download_button", lambda label, data, *given, **options: saved.append(data()))
    tables.download("Download all of them", lambda: rows, "rows.csv", key="rows")
    assert [line.split(",")[0] for line in saved[0].decode().splitlines()[1:]] == [f"'{cell}" for cell in FORMULAS]


def test_a_table_whose_own_button_saves_it_as_it_is_shown_holds_no_formula(
    rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[pd.DataFrame] = []
    nothing = {"selection": {"rows": []}}
    monkeypatch.setattr(tables.st, "dataframe", lambda frame, **options: shown.append(frame) or nothing)
    tables.show(rows, list(rows.columns))
    tables.chosen_row(rows, list(rows.columns), key="rows", by="line_number")
    for frame in shown:
        assert list(frame["raw_text"]) == [f"'{cell}" for cell in FORMULAS]
        assert list(frame["model_name"])[:2] == ["'=a", "LightGBM"]
    assert len(shown) == 2


def test_figures_with_a_sign_pills_and_what_is_missing_are_shown_as_they_are(rows: pd.DataFrame) -> None:
    shown = tables._ready(rows, list(rows.columns))
    assert list(shown["observed_value"]) == ["-$1,234", "+2.1%", "plain", None]
    assert list(shown["severity"]) == [["critical"], ["warning"], ["info"], ["critical"]]
    assert list(shown["line_number"]) == [1, 2, 3, 4]
