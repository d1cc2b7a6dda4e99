"""What a replay reads beside the sales: a file of policies, and the forecasts that a fitted model would have made."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from flows.exports.marts import read_marts, whole_file, writing
from flows.pipeline.context import Context, code_fingerprint, fingerprint
from warehouse.errors import ShelfcastError

if TYPE_CHECKING:
    import pandas as pd

    from ml.forecasting.panel import Panel
    from ml.inventory.policy import Policies
    from ml.inventory.replay.forecasts import WeeklyForecasts
    from ml.inventory.replay.policy_tables import PolicyTable

logger = logging.getLogger(__name__)

DEFAULTS = {"policy_kind": "(R,s,S)", "target_kind": "cycle_service"}
"""What a table of policies means that does not say."""

_FIX = "Make room for it in the home, SHELFCAST_HOME."
_PUBLISHED = "select * from marts.dim_inventory_policies"


def published_policies(context: Context, panel: "Panel") -> "Policies":
    """Returns the published policy of each series.

    Raises:
        ShelfcastError: the policies are not in the database yet, or not valid.
    """
    from ml.inventory.policy import resolve_policies

    return resolve_policies(with_defaults(read_marts(context.database, _PUBLISHED)), _pairs(panel))


def policy_tables(
    context: Context, panel: "Panel", rows: "pd.DataFrame | None" = None, path: Path | None = None
) -> "list[PolicyTable]":
    """Returns the published policies and those of a file where there is one, to be replayed side by side.

    Raises:
        ShelfcastError: the policies are not in the database yet, or not valid.
    """
    from ml.inventory.policy import resolve_policies
    from ml.inventory.replay.policy_tables import PolicyTable

    published = PolicyTable("published", published_policies(context, panel))
    if rows is None or path is None:
        return [published]
    return [published, PolicyTable(path.name, resolve_policies(rows, _pairs(panel)))]


def read_policies(path: Path) -> "pd.DataFrame":
    """Returns the rows of a file in the shape of the seed inventory_policies, checked.

    Raises:
        ShelfcastError: the file cannot be read, or its policies are not valid.
    """
    import pandas as pd

    from ml.inventory.policy import check_policies

    if not path.is_file():
        raise ShelfcastError(f"There is no file {path}.", "Name a CSV in the shape of the seed inventory_policies.")
    try:
        rows = with_defaults(pd.read_csv(path))
    except (ValueError, OSError) as error:
        raise ShelfcastError(
            f"{path} is not a CSV that can be read: {error}.", "Save it in the shape of the seed inventory_policies."
        ) from error
    try:
        check_policies(rows)
    except ShelfcastError as error:
        # The seed is what the check tells to fix, and here it is another file.
        what, _, _ = str(error).partition(" Fix it in the seed")
        raise ShelfcastError(f"{path.name}: {what}", "Fix it in the file.") from error
    return rows


def with_defaults(policies: "pd.DataFrame") -> "pd.DataFrame":
    """Returns the policies with the kind and the target that hold where a table has no column for them."""
    return policies.assign(**{name: word for name, word in DEFAULTS.items() if name not in policies})


def fitted_forecasts(context: Context, panel: "Panel", first_origin: int) -> "WeeklyForecasts":
    """Returns what the blend would have forecast each week from an origin on; made once for the same data and code.

    Raises:
        ShelfcastError: the forecasts cannot be kept in the home.
    """
    import numpy as np

    from ml.forecasting.models.candidates import candidates
    from ml.inventory.replay.forecasts import FIRST_FIT_WEEKS, FIT_WEEKS, WeeklyForecasts, model_forecasts
    from ml.inventory.replay.report import CHAMPION

    choices = (context.settings.seed, first_origin, FIRST_FIT_WEEKS, FIT_WEEKS)
    key = fingerprint(panel.fingerprint, code_fingerprint("ml/forecasting"), *choices)
    path = context.settings.home / "cache" / f"replay_forecasts_{key[:16]}.npy"
    if path.is_file():
        logger.info("forecasts of %s taken from %s", CHAMPION, path)
        return WeeklyForecasts(first_origin, np.load(path))
    with whole_file(path, _FIX) as draft:
        model = next(one for one in candidates(context.settings) if one.name == CHAMPION)
        made = model_forecasts(panel, model, range(first_origin, panel.week_count), progress=context.progress)
        with writing(path, _FIX), draft.open("wb") as file:
            np.save(file, made.point)
        for old in path.parent.glob("replay_forecasts_*.npy"):
            old.unlink()
    return made


def _pairs(panel: "Panel") -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame({"store_id": panel.store_ids, "dept_id": panel.dept_ids, "store_type": panel.store_types})
