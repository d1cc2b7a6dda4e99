"""What a page says of a plan: what it moves, and what it would move where the champion does not follow it."""

import pandas as pd

from streamlit_app.views import plans

SCORES = pd.DataFrame({"model_name": ["simple", "ridge", "blend"], "wmae_amount": [10.0, 12.0, 11.0]})


def rows(name, is_champion, quantities, planned, effect=0.0):
    """Two weeks of a model, and whether each follows a plan."""
    return pd.DataFrame(
        {
            "model_name": name,
            "is_champion": is_champion,
            "week_date": pd.to_datetime(["2026-01-04", "2026-01-11"]),
            "forecast_quantity": quantities,
            "uses_plan": planned,
            "plan_effect_quantity": effect,
        }
    )


def test_a_plan_that_moves_the_champion_is_told_with_what_it_moves():
    forecasts = rows("blend", True, [100.0, 150.0], [False, True], [0.0, 50.0])
    said = plans.sentence(forecasts, SCORES)
    assert said.startswith("Planned promotions moved the forecast of 1 of 2 weeks")
    assert "by 50" in said.replace("\\", "").replace("$", "")


def test_a_champion_that_does_not_follow_a_plan_is_compared_with_the_best_model_that_does():
    forecasts = pd.concat(
        [
            rows("simple", True, [100.0, 100.0], [False, False]),
            rows("ridge", False, [100.0, 170.0], [False, True]),
            rows("blend", False, [100.0, 250.0], [False, True]),
        ]
    )
    said = plans.sentence(forecasts, SCORES).replace("\\", "").replace("$", "")
    assert said.startswith("Promotions are planned for 1 of 2 weeks")
    assert said.endswith("it expects 100 in these weeks, Blend, which does, 250.")


def test_without_a_plan_nothing_is_said():
    assert plans.sentence(rows("simple", True, [1.0, 1.0], [False, False]), SCORES) == ""
    assert plans.sentence(rows("simple", True, [1.0, 1.0], [False, False]), SCORES.head(0)) == ""
