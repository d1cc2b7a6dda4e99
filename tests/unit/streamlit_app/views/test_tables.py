from typing import Any

import pandas as pd
import pytest

from streamlit_app.queries import names
from streamlit_app.views import tables
from warehouse.codes import Code, Codes
from warehouse.retailer import Retailer, Words
from warehouse.wording import Wording, speaking

FORMULAS = ("=HYPERLINK(1)", "+cmd", "-cmd", "@sum")


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> Codes:
    """Stores and products with hostile codes."""
    stores = {1: Code("=1+1", "", "=1+1"), 2: Code("0042", "Süd ☕", "Süd ☕")}
    codes = Codes(stores, {7: Code("7", "", "7"), 10: Code("10", "", "10")})
    monkeypatch.setattr(names, "codes", lambda: codes)
    monkeypatch.setattr(names, "has_store_types", lambda: False)
    return codes


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


def test_people_see_labels_which_sort_by_value_where_they_are_numbers() -> None:
    frame = pd.DataFrame({"store_id": [1, 2, 99], "dept_id": [7, 10, None], "store_type": "A"})
    shown = tables._ready(frame, ["store_id", "dept_id"])
    assert list(shown["store_id"]) == ["'=1+1", "Süd ☕", "99"]
    assert list(shown["dept_id"].dropna()) == [7, 10]
    assert shown["dept_id"].dtype == "Int64"
    assert tables._wanted(["store_id", "store_type"]) == ["store_id"]


def test_a_download_names_codes_and_names_and_no_number_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    saved: list[Any] = []
    monkeypatch.setattr(tables.st, "download_button", lambda label, data, *given, **options: saved.append(data()))
    frame = pd.DataFrame({"store_id": [1, 2], "dept_id": [7, 10], "order_amount": [1.0, 2.0]})
    tables.download("Download", lambda: frame, "rows.csv", key="rows")
    assert saved[0].decode().splitlines() == [
        "store_code,store_name,product_code,product_name,order_amount",
        "'=1+1,,7,,1.0",
        "0042,Süd ☕,10,,2.0",
    ]


@pytest.mark.parametrize(
    ("retailer", "head", "pattern"),
    [
        (Retailer(currency="USD"), "Order now", "$%,.0f"),
        (Retailer(currency="EUR"), "Order now", "€%,.0f"),
        (Retailer(currency="CHF"), "Order now", "CHF\xa0%,.0f"),
        (Retailer(), "Order now", "%,.0f"),
        (Retailer(currency="EUR", number_format="1.234,5"), "Order now, EUR", None),
    ],
)
def test_money_carries_its_currency(retailer: Retailer, head: str, pattern: str) -> None:
    with speaking(Wording(retailer)):
        column = tables.money_column("Order now", pd.Series([5.0]))
    assert (column["label"], column["type_config"]["format"]) == (head, pattern)


def test_what_is_forecast_in_pieces_is_no_money() -> None:
    words = Words(store="Filiale", stores="Filialen", product="Artikel", products="Artikel")
    with speaking(Wording(Retailer(currency="EUR", forecast_unit="units", words=words))):
        assert tables.quantity_column("Forecast", pd.Series([5.5]))["label"] == "Forecast, pcs"
        assert tables.quantity_column("Forecast", pd.Series([5.5]))["type_config"]["format"] == "%,.1f"
        assert tables.quantity_column("Forecast", pd.Series([500.0]))["type_config"]["format"] == "%,.0f"
        ready = pd.DataFrame({"store_id": ["a"]})
        assert tables._config("store_id", ready, ready)["label"] == "Filiale"


def test_figures_of_a_table_are_written_as_the_house_does_and_stay_numbers() -> None:
    frame = pd.DataFrame(
        {"value_at_risk_amount": [1234.5, None], "wape_rate": [12.3, 4.0], "forecast_quantity": [2.46, 7]}
    )
    retailer = Retailer(currency="EUR", number_format="1.234,5", forecast_unit="units")
    with speaking(Wording(retailer)):
        written = tables._written(frame, ("value_at_risk_amount",), ("forecast_quantity",))
        html = written.to_html()
        many = pd.concat([frame] * 2500)
        assert isinstance(tables._written(many, ("value_at_risk_amount",), ("forecast_quantity",)), pd.DataFrame)
    assert written.data is frame
    for text in ("1.234", "12,3%", "2,5", "—"):
        assert f">{text}<" in html
    assert tables._written(frame, (), ()) is frame
