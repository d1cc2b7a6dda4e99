"""Nine models in one chart: who is named, and who stays grey."""

import pandas as pd

from streamlit_app.views import palette
from streamlit_app.views.highlighted_models import leaders, looks

SCORES = pd.DataFrame(
    {
        "model_name": ["ridge", "blend", "seasonal_naive", "prophet", "lightgbm", "ridge"],
        "wmae_amount": [11.0, 10.0, 20.0, 18.0, 12.0, 11.0],
    }
)


def test_the_champion_the_baseline_and_the_two_best_others_are_named():
    assert leaders(SCORES, "blend") == ("blend", "seasonal_naive", "ridge", "lightgbm")


def test_the_simple_baseline_is_named_however_it_scored():
    scores = pd.concat([SCORES, pd.DataFrame({"model_name": ["simple"], "wmae_amount": [30.0]})])
    assert leaders(scores, "blend") == ("blend", "seasonal_naive", "simple", "ridge", "lightgbm")


def test_a_champion_that_is_the_baseline_is_named_once():
    assert leaders(SCORES, "seasonal_naive") == ("seasonal_naive", "blend", "ridge")


def test_without_scores_nobody_is_named():
    assert leaders(SCORES.head(0), "blend") == ()


def test_named_models_differ_in_colour_lie_above_the_grey_ones_and_the_champion_on_top():
    drawn = looks(["blend", "prophet", "ridge", "seasonal_naive"], ["ridge", "seasonal_naive"], "blend")
    assert list(drawn) == ["prophet", "seasonal_naive", "ridge", "blend"]
    assert drawn["prophet"].color == palette.LAST_YEAR
    assert not drawn["prophet"].is_named
    assert len({look.color for look in drawn.values()}) == 4
    assert drawn["blend"].width > drawn["ridge"].width > drawn["prophet"].width
    assert drawn["blend"].label == "Blend (champion)"


def test_more_names_than_colours_leaves_the_rest_grey():
    names = [f"model_{number}" for number in range(12)]
    drawn = looks(names, names, "model_0")
    assert list(drawn)[-1] == "model_0"
    assert set(drawn) == set(names)
