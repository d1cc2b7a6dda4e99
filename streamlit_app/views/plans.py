"""What a page says of planned prices and promotions: what they move, or that the champion does not follow them."""

import pandas as pd

from streamlit_app.views import formats
from streamlit_app.views.highlighted_models import ranked


def sentence(forecasts: pd.DataFrame, scores: pd.DataFrame) -> str:
    """Returns what plans do to the forecasts of one pair, the empty string where nothing is planned.

    Args:
        forecasts: of every model, as `queries.marts.pair_forecasts` gives them.
        scores: model_name and wmae_amount of the models, any number of rows a model.
    """
    champion = forecasts[forecasts["is_champion"]]
    planned = champion[champion["uses_plan"]]
    if len(planned):
        return (
            f"Planned promotions moved the forecast of {len(planned)} of {len(champion)} weeks, the week of "
            f"{_first(planned)} first, by {_total(planned, 'plan_effect_quantity')} in all. "
            "It holds as far as the plan does."
        )
    told = forecasts[forecasts["uses_plan"]]
    if told.empty:
        return ""
    followers = set(told["model_name"])
    best = next((name for name in ranked(scores) if name in followers), min(followers))
    weeks = told[told["model_name"] == best]
    own = champion[champion["week_date"].isin(weeks["week_date"])]
    return (
        f"Promotions are planned for {len(weeks)} of {len(champion)} weeks, the week of {_first(weeks)} first, and the "
        f"champion does not follow plans: it expects {_total(own)} in these weeks, "
        f"{formats.literal(formats.model(best))}, which does, {_total(weeks)}."
    )


def _first(rows: pd.DataFrame) -> str:
    return formats.week(rows["week_date"].min())


def _total(rows: pd.DataFrame, column: str = "forecast_quantity") -> str:
    return formats.literal(formats.quantity_short(rows[column].sum()))
