"""What a replay reads beside the sales: a file of policies, and the forecasts that a fitted model would have made."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flows.exports.marts import read_marts, whole_file, writing
from flows.pipeline.context import Context, code_fingerprint, fingerprint
from warehouse.errors import ShelfcastError

if TYPE_CHECKING:
    import pandas as pd

    from ml.forecasting.panel import Panel
    from ml.inventory.policy import FloatArray, Terms
    from ml.inventory.replay.forecasts import WeeklyForecasts
    from ml.inventory.replay.policy_tables import PolicyTable

logger = logging.getLogger(__name__)

DEFAULTS = {"policy_kind": "(R,s,S)", "target_kind": "cycle_service"}
"""What a table of policies means that does not say."""

_FIX = "Make room for it in the home, SHELFCAST_HOME."
_PUBLISHED = "select * from marts.dim_inventory_policies"
_STORES = "select store_id, store_code from marts.dim_stores"
_PRODUCTS = "select dept_id, product_code, level_1, level_2, level_3 from marts.dim_departments"


@dataclass(frozen=True)
class Valued:
    """A panel in money, for a replay.

    Attributes:
        panel: sales in money.
        terms: prices of pieces, and what orders cost where no policy says.
        worth: (series,) money of one of what is forecast.
    """

    panel: "Panel"
    terms: "Terms"
    worth: "FloatArray"


def valued(context: Context, panel: "Panel", start: int) -> Valued:
    """Returns a panel in money: pieces times one price a series, the one known at the last week before the replay.

    A price of a later week would let a policy know what was not known; one that changed on the way would add a gain or
    loss on stock that no policy made. Where money is forecast, nothing changes.

    Args:
        context: where the sales are.
        panel: in the unit that is forecast.
        start: first replayed week.
    """
    import numpy as np

    from ml.forecasting.panel import as_date, known_mean
    from ml.inventory.policy import Terms
    from ml.inventory.sizes import middle_week, ordering_cost
    from ml.prices import read_prices
    from warehouse.conventions import YEAR_WEEKS
    from warehouse.retailer import retailer_of_sales

    with context.database.snapshot("reader") as snapshot:
        is_in_units = retailer_of_sales(snapshot).is_in_units
        prices = read_prices(snapshot, as_date(panel.weeks[start - 1]), is_in_units).of(_pairs(panel))
    made = panel.valued(prices.worth, prices.whole_piece) if is_in_units else panel
    middle = middle_week(known_mean(np.abs(made.sales[:, max(start - YEAR_WEEKS, 0) : start])))
    # Where money is forecast, a replay knows no pieces: packs are those of the policies.
    price = prices.unit_price if is_in_units else np.full(panel.series_count, np.nan)
    return Valued(made, Terms(price, prices.least_piece, ordering_cost(middle)), prices.worth)


def policy_tables(
    context: Context, made: Valued, rows: "pd.DataFrame | None" = None, path: Path | None = None
) -> "list[PolicyTable]":
    """Returns the published policies and those of a file where there is one, to be replayed side by side.

    Raises:
        ShelfcastError: the policies are not in the database yet, or not valid.
    """
    from ml.inventory.policy import resolve_policies
    from ml.inventory.replay.policy_tables import PolicyTable

    pairs = _coded_pairs(context, made.panel)
    published = with_defaults(read_marts(context.database, _PUBLISHED))
    tables = [("published", published), *([(path.name, rows)] if rows is not None and path is not None else [])]
    return [PolicyTable(name, resolve_policies(some, pairs, made.terms)) for name, some in tables]


def read_policies(path: Path) -> "pd.DataFrame":
    """Returns the rows of a file in the shape of the seed inventory_policies, checked.

    Raises:
        ShelfcastError: the file cannot be read, or its policies are not valid.
    """
    import pandas as pd

    from ml.inventory.policy import SELECTORS, check_policies

    if not path.is_file():
        raise ShelfcastError(f"There is no file {path}.", "Name a CSV in the shape of the seed inventory_policies.")
    try:
        # A code keeps its zeros, and one that is called NA is no missing value.
        rows = pd.read_csv(path, dtype=dict.fromkeys(SELECTORS, str), keep_default_na=False, na_values=[""])
        rows = with_defaults(rows)
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


@dataclass(frozen=True)
class Serving:
    """The model that serves.

    Attributes:
        name: of the champion.
        members: the candidates that make its forecasts: itself, or those that serve some group of demand.
    """

    name: str
    members: tuple[str, ...]


def serving_model(context: Context) -> Serving:
    """Returns the champion and what it is made of.

    Raises:
        ShelfcastError: no model was trained.
    """
    from ml.forecasting.models.by_group import FittedByGroup
    from ml.forecasting.registry.client import load_models

    name, models = load_models(context.settings, context.database, "pipeline")
    model = models[name][1].model
    return Serving(name, tuple(model.members) if isinstance(model, FittedByGroup) else (name,))


def fitted_forecasts(context: Context, panel: "Panel", serving: Serving, first_origin: int) -> "WeeklyForecasts":
    """Returns what the champion would have forecast each week from an origin on; made once for the same data and code.

    Raises:
        ShelfcastError: the forecasts cannot be kept in the home.
    """
    import numpy as np

    from ml.forecasting.models.candidates import candidates, forecasters
    from ml.inventory.replay.forecasts import (
        FIRST_FIT_WEEKS,
        FIT_WEEKS,
        WeeklyForecasts,
        forecasts_by_group,
        model_forecasts,
    )

    choices = (*serving.members, context.settings.seed, first_origin, FIRST_FIT_WEEKS, FIT_WEEKS)
    code = code_fingerprint("ml/forecasting", "ml/inventory/replay/forecasts.py")
    key = fingerprint(panel.fingerprint, code, *choices)
    path = context.settings.home / "cache" / f"replay_forecasts_{key[:16]}.npy"
    if path.is_file():
        logger.info("forecasts of %s taken from %s", serving.name, path)
        return WeeklyForecasts(first_origin, np.load(path))
    with whole_file(path, _FIX) as draft:
        models = [one for one in forecasters(candidates(context.settings)) if one.name in serving.members]
        origins = range(first_origin, panel.week_count)
        own = {one.name: model_forecasts(panel, one, origins, progress=context.progress) for one in models}
        made = own[serving.name] if serving.name in own else forecasts_by_group(panel, own)
        with writing(path, _FIX), draft.open("wb") as file:
            np.save(file, made.point)
        for old in path.parent.glob("replay_forecasts_*.npy"):
            old.unlink()
    return made


def _coded_pairs(context: Context, panel: "Panel") -> "pd.DataFrame":
    """Returns the series with the codes that policies may name."""
    stores, products = (read_marts(context.database, query) for query in (_STORES, _PRODUCTS))
    return _pairs(panel).merge(stores, on="store_id", how="left").merge(products, on="dept_id", how="left")


def _pairs(panel: "Panel") -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame({"store_id": panel.store_ids, "dept_id": panel.dept_ids, "store_type": panel.store_types})
