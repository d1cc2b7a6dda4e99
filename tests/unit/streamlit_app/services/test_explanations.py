import datetime as dt

import pandas as pd
import pytest

from streamlit_app.services import explanations

FIRST, SECOND = dt.date(2012, 11, 2), dt.date(2012, 11, 9)


@pytest.fixture
def explained() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "week_date": [FIRST, SECOND],
            "forecast_quantity": [105.0, 116.0],
            "last_year_amount": [100.0, 110.0],
            "season_amount": [0.0, 0.0],
            "recent_level_amount": [8.0, 6.0],
            "strange_new_amount": [-3.0, 0.0],
        }
    )


def test_the_parts_of_a_week_end_in_its_forecast(explained: pd.DataFrame) -> None:
    steps = explanations.steps(explained, FIRST)
    assert list(steps["amount"]) == [100.0, 8.0, -3.0, 105.0]
    assert list(steps["is_total"]) == [True, False, False, True]
    assert steps["amount"][:-1].sum() == steps["amount"].iloc[-1]


def test_the_parts_of_all_weeks_are_their_sums(explained: pd.DataFrame) -> None:
    assert list(explanations.steps(explained)["amount"]) == [210.0, 14.0, -3.0, 221.0]


def test_a_part_is_in_the_table_where_it_moves_any_week(explained: pd.DataFrame) -> None:
    shown = explanations.moving_parts(explained)
    assert shown == ["last_year_amount", "recent_level_amount", "strange_new_amount"]


def test_parts_that_move_nothing_are_left_out_and_new_ones_get_a_readable_name(explained: pd.DataFrame) -> None:
    labels = list(explanations.steps(explained, FIRST)["label"])
    assert labels == ["Last year without holidays", "Recent level", "Strange new", "Forecast"]


def test_what_moves_the_forecast_of_a_slow_seller_is_shown(explained: pd.DataFrame) -> None:
    slow = explained.assign(**{name: explained[name] / 500 for name in explained if name != "week_date"})
    assert explanations.moving_parts(slow) == explanations.moving_parts(explained)
    assert list(explanations.steps(slow)["label"]) == list(explanations.steps(explained)["label"])


def test_every_part_that_a_model_may_name_has_a_label() -> None:
    from ml.forecasting.models.protocol import PARTS

    assert {f"{part}_amount" for part in PARTS} == set(explanations.LABELS)
