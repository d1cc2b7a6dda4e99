"""Which of many models a chart names: the champion, the baselines and the best of the rest; the others stay grey."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from streamlit_app.views import formats, palette
from warehouse.conventions import BASELINE, SIMPLE

NAMED_BESIDES = 2
"""Models that are named beside the champion and the baselines."""
_COLORS = (palette.ACCENT, palette.GOOD, "#8A5A9E", "#A0753B", "#3F9FB5")
MOST_NAMED = len(_COLORS) + 1
"""Models that have a colour of their own, the champion among them."""


@dataclass(frozen=True)
class Look:
    """How a model is drawn.

    Attributes:
        label: its name in legend and hover.
        color: of its line or bar.
        width: of its line, in pixels.
        dash: of its line.
        is_named: whether it stands in the legend by itself.
    """

    label: str
    color: str
    width: float
    dash: str
    is_named: bool


def ranked(scores: pd.DataFrame) -> list[str]:
    """Returns the names of the models by their mean weighted error, the least first; see `leaders`."""
    return [str(name) for name in scores.groupby("model_name")["wmae_amount"].mean().sort_values().index]


def leaders(scores: pd.DataFrame, champion: str) -> tuple[str, ...]:
    """Returns the champion, the baselines and the best others, in this order, as far as they are there.

    Args:
        scores: model_name and wmae_amount, any number of rows a model.
        champion: name of the champion.
    """
    known = ranked(scores)
    ahead = [name for name in (champion, BASELINE, SIMPLE) if name in known]
    best = [name for name in known if name not in ahead][:NAMED_BESIDES]
    return tuple(dict.fromkeys([*ahead, *best]))


def looks(names: Sequence[str], named: Sequence[str], champion: str) -> dict[str, Look]:
    """Returns the look of every model: grey ones first, so that the named ones lie on top, and the champion last."""
    others = [name for name in dict.fromkeys(named) if name in names and name != champion][: len(_COLORS)]
    grey = [name for name in dict.fromkeys(names) if name not in others and name != champion]
    drawn = {name: Look(formats.model(name), palette.LAST_YEAR, 1.2, "solid", False) for name in grey}
    for name, color in reversed(list(zip(others, _COLORS, strict=False))):
        drawn[name] = Look(formats.model(name), color, 1.8, "dash" if name == BASELINE else "solid", True)
    if champion in names:
        drawn[champion] = Look(f"{formats.model(champion)} (champion)", palette.FORECAST, 3, "solid", True)
    return drawn
