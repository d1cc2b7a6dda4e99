"""Everything a recommendation needs, read once from the database: forecasts, past errors, policies, stock."""

import datetime as dt
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ml.forecasting.damping import implausible_weeks
from ml.forecasting.empty_shelves import EMPTY_COUNTS, empty_weeks, wanted
from ml.inventory.orders.guardrail_inputs import WATCHED_WEEKS, Watch, read_before, read_watch
from ml.inventory.orders.levels import Before
from ml.inventory.orders.positions import AVERAGED_WEEKS, REPLAYED_WEEKS, Positions, simulated_positions
from ml.inventory.orders.stock import merged_positions, read_stock, with_own_lead_times
from ml.inventory.policy import FloatArray, Policies, Terms, TextArray, resolve_policies, ruling_rows, unknown_codes
from ml.inventory.protection import REGULAR_RATE, DemandAhead, PastForecasts, learn
from ml.inventory.sizes import middle_week, ordering_cost, tiny_amount
from ml.prices import KnownPrices, read_prices
from warehouse.codes import known
from warehouse.conventions import YEAR_WEEKS
from warehouse.database import Database, Role, Snapshot
from warehouse.errors import ShelfcastError
from warehouse.marts import core_build
from warehouse.retailer import Retailer, retailer_of_sales
from warehouse.settings import Settings

if TYPE_CHECKING:
    import pandas as pd


_FORECASTS = """
select store_id, dept_id, horizon_weeks, predicted_sales, model_name
from ml.forecasts
where is_champion and origin_date = %(decision_date)s and unit_name = %(unit_name)s
order by store_id, dept_id, horizon_weeks
"""
_PAIRS = """
select store_id, dept_id, stores.store_type, stores.store_code, products.product_code, products.level_1,
    products.level_2, products.level_3
from (select distinct store_id, dept_id from ml.forecasts where origin_date = %(decision_date)s) as forecasts
inner join raw.store_attributes as stores using (store_id)
left join raw.products as products using (dept_id)
"""
_ERRORS = """
select store_id, dept_id, (origin_date - date '2000-01-01') / 7 as origin, horizon_weeks,
    actual_sales, predicted_sales, scale_amount
from ml.backtest_errors
where model_name = %(model_name)s and origin_date < %(decision_date)s
"""
_REGULARITY = """
with origins as (
    select distinct origin_date
    from ml.backtest_errors
    where model_name = %(model_name)s and origin_date < %(decision_date)s
    union
    select %(decision_date)s::date
)
select store_id, dept_id, (origin_date - date '2000-01-01') / 7 as origin,
    count(*) / least(52.0, (origin_date - first_date) / 7 + 1)::double precision as sold_rate
from origins
cross join (select min(sale_date) as first_date from raw.raw_sales) as calendar
inner join raw.raw_sales on sale_date <= origin_date and sale_date > origin_date - 7 * 52
where weekly_sales > 0
group by store_id, dept_id, origin_date, first_date
"""
_SALES = """
select store_id, dept_id, (%(decision_date)s - sale_date) / 7 as weeks_ago, weekly_sales
from raw.raw_sales
where sale_date > %(decision_date)s - 7 * %(weeks)s
    and (%(dept_id)s::integer is null or dept_id = %(dept_id)s or store_id = %(store_id)s)
"""
_EMPTY_COUNTS = f"""
{EMPTY_COUNTS}
    and stock_date > %(decision_date)s - 7 * %(weeks)s
    and (%(dept_id)s::integer is null or dept_id = %(dept_id)s)
"""
_ELASTICITIES = "select dept_id, price_elasticity from marts.dim_departments where price_elasticity is not null"
_HAS_ELASTICITIES = """
select exists (
    select from information_schema.columns
    where table_schema = 'marts' and table_name = 'dim_departments' and column_name = 'price_elasticity'
) as is_there
"""
_MEAN_WEEKS = """
select store_id, dept_id, avg(abs(weekly_sales)) as mean_week
from raw.raw_sales
where sale_date > %(decision_date)s - 7 * %(weeks)s and sale_date <= %(decision_date)s
group by store_id, dept_id
"""


@dataclass(frozen=True)
class DecisionInputs:
    """The state of n pairs at a decision week; amounts in money at retail value, pieces times their price.

    Attributes:
        decision_date: last week with known sales; the forecasts start the week after.
        pairs: store_id, dept_id, store_type, and the codes that policies may name, one row a pair.
        demand: what the champion forecasts of the coming weeks, with the errors of its backtest.
        policies: policy of each pair, with its own lead time where one is known, and packs of whole pieces.
        positions: stock of each pair.
        stock_source: counted or simulated, for each pair.
        policy_id: row of the inventory policies that ruled each pair.
        unknown_codes: sentences on codes that the policies name and no pair has.
        unit_price: price of a piece, NaN where none is known and money is forecast.
        price_source: where it is from, see `ml.prices`.
        least_piece: least part of a piece that can be ordered.
        unit_name: what is forecast, units or amount.
        watch: what the guardrails look at; without it every order is automatic.
        before: what the decision week before recommended; without it no status has hysteresis.
        price_elasticity: of each pair's product, NaN where none is known; None where nobody asked for it.
    """

    decision_date: dt.date
    pairs: "pd.DataFrame" = field(repr=False)
    demand: DemandAhead = field(repr=False)
    policies: Policies = field(repr=False)
    positions: Positions = field(repr=False)
    stock_source: npt.NDArray[np.str_] = field(repr=False)
    policy_id: npt.NDArray[np.str_] | None = field(repr=False, default=None)
    unknown_codes: tuple[str, ...] = field(repr=False, default=())
    unit_price: FloatArray | None = field(repr=False, default=None)
    price_source: TextArray | None = field(repr=False, default=None)
    least_piece: FloatArray | None = field(repr=False, default=None)
    unit_name: str = "amount"
    watch: Watch | None = field(repr=False, default=None)
    before: Before | None = field(repr=False, default=None)
    price_elasticity: FloatArray | None = field(repr=False, default=None)

    def __len__(self) -> int:
        return len(self.pairs)

    def row_of(self, store_id: int, dept_id: int) -> int:
        """Returns the row of a pair.

        Raises:
            ShelfcastError: the pair has no champion forecast at the decision week.
        """
        found = np.flatnonzero(((self.pairs["store_id"] == store_id) & (self.pairs["dept_id"] == dept_id)).to_numpy())
        if not len(found):
            raise _no_pair(store_id, dept_id, self.decision_date)
        return int(found[0])

    def take(self, rows: npt.NDArray[np.intp]) -> "DecisionInputs":
        """Returns the decision inputs of some pairs; every pair keeps its figures."""
        columns: dict[str, Any] = {}
        for name, value in ((column.name, getattr(self, column.name)) for column in fields(self)):
            if isinstance(value, DemandAhead | Policies | Positions | Watch | Before):
                columns[name] = value.take(rows)
            elif isinstance(value, np.ndarray):
                columns[name] = value[rows]
        return replace(self, pairs=self.pairs.iloc[rows].reset_index(drop=True), **columns)


def load_decision_inputs(
    settings: Settings, database: Database, role: Role, pair: tuple[int, int] | None = None
) -> DecisionInputs:
    """Returns the decision inputs of all pairs with a champion forecast, or of one, the same as among all.

    Everything is read in one snapshot.

    Args:
        settings: with the seed of what is drawn.
        database: the warehouse.
        role: reader; or pipeline for the stage itself, whose policies wait for publication with the rest of their run.
        pair: store and department; all of them without it.

    Raises:
        ShelfcastError: there are no sales, no champion forecasts from the last week of sales, no backtest errors or
            no valid policies; or a stock position cannot be used.
    """
    is_waiting = role == "pipeline" and bool(core_build(database, "next"))
    with database.snapshot(role) as snapshot:
        return _decision_inputs(settings, snapshot, pair, is_waiting)


def _decision_inputs(
    settings: Settings, snapshot: Snapshot, pair: tuple[int, int] | None, is_waiting: bool
) -> DecisionInputs:
    date, retailer = _decision_date(snapshot), retailer_of_sales(snapshot)
    forecasts = read_forecasts(snapshot, date, retailer)
    pairs, forecast = _forecast_matrix(forecasts, date, pair)
    pairs = pairs.merge(snapshot.read_frame(_PAIRS, {"decision_date": date}), how="left", validate="one_to_one")
    known = read_prices(snapshot, date, retailer.is_in_units)
    prices = known.of(pairs)
    worth, middle = prices.worth[:, None], _middle_week(snapshot, known, date)
    sales = worth * _read_sales(snapshot, pairs, date, pair)
    rules = _read_policies(snapshot, is_waiting)
    stock = read_stock(snapshot, pairs, date)
    terms = Terms(prices.unit_price, prices.least_piece, ordering_cost(middle))
    policies = with_own_lead_times(resolve_policies(rules, pairs, terms), stock)
    piece = prices.whole_piece if retailer.is_in_units else None
    simulated = _simulated(sales, policies, pairs, piece, settings.seed)
    positions, source = merged_positions(stock, prices.count_worth, policies, simulated)
    return DecisionInputs(
        decision_date=date,
        pairs=pairs,
        demand=replace(
            _read_demand(snapshot, forecasts, date, pairs, worth * forecast, sales[:, -YEAR_WEEKS:], known), piece=piece
        ),
        policies=policies,
        positions=positions,
        stock_source=source,
        policy_id=rules["policy_id"].to_numpy(dtype=np.str_)[ruling_rows(rules, pairs)],
        unknown_codes=() if pair else tuple(unknown_codes(rules, pairs)),
        unit_price=prices.unit_price,
        price_source=prices.source,
        least_piece=prices.least_piece,
        unit_name=retailer.forecast_unit,
        watch=read_watch(snapshot, pairs, date, sales, stock, tiny_amount(middle)),
        before=read_before(snapshot, pairs, date),
        price_elasticity=_read_elasticities(snapshot, pairs),
    )


def _read_elasticities(snapshot: Snapshot, pairs: "pd.DataFrame") -> FloatArray:
    """Returns the price elasticity of each pair's product as published; marts of an earlier version have none."""
    if not snapshot.read_frame(_HAS_ELASTICITIES)["is_there"].iloc[0]:
        return np.full(len(pairs), np.nan)
    found = snapshot.read_frame(_ELASTICITIES).set_index("dept_id")["price_elasticity"].astype(float)
    return np.asarray(pairs["dept_id"].map(found), dtype=np.float64)


def _middle_week(snapshot: Snapshot, known: KnownPrices, date: dt.date) -> float:
    """Returns what the middle of all pairs sold a week in the last year, in money, whichever pairs are asked for."""
    means = snapshot.read_frame(_MEAN_WEEKS, {"decision_date": date, "weeks": YEAR_WEEKS})
    return middle_week(means["mean_week"].to_numpy(dtype=float) * known.of(means).worth)


def _simulated(
    sales: FloatArray, policies: Policies, pairs: "pd.DataFrame", piece: FloatArray | None, seed: int
) -> Positions:
    """Returns the stock of a plainly run shop in money; whole pieces where the pairs sell whole ones."""
    store, dept = pairs["store_id"].to_numpy(np.int64), pairs["dept_id"].to_numpy(np.int64)
    found = simulated_positions(sales[:, -(REPLAYED_WEEKS + AVERAGED_WEEKS) :], policies, store, dept, seed)
    return found if piece is None else found.in_whole(piece)


def _decision_date(snapshot: Snapshot) -> dt.date:
    found = snapshot.read_frame("select max(sale_date) as last_week from raw.raw_sales")["last_week"].iloc[0]
    if found is None:
        raise ShelfcastError(
            "There are no sales yet, so there is nothing to recommend.", "Run `shelfcast ingest` first."
        )
    return found  # type: ignore[no-any-return]


def read_forecasts(snapshot: Snapshot, date: dt.date, retailer: Retailer) -> "pd.DataFrame":
    """Returns the champion's forecasts from the last week of sales, in the unit of these sales.

    Raises:
        ShelfcastError: there are none.
    """
    forecasts = snapshot.read_frame(_FORECASTS, {"decision_date": date, "unit_name": retailer.forecast_unit})
    if forecasts.empty:
        latest = snapshot.read_frame("select max(origin_date) as latest from ml.forecasts where is_champion")[
            "latest"
        ].iloc[0]
        known = (
            "There are no champion forecasts yet"
            if latest is None
            else f"The latest champion forecasts are from {latest}"
        )
        if latest == date:
            known = "The latest champion forecasts are in another unit"
        raise ShelfcastError(f"{known}, but sales run to {date}.", "Run `shelfcast forecast` first.")
    return forecasts


def _read_demand(
    snapshot: Snapshot,
    forecasts: "pd.DataFrame",
    date: dt.date,
    pairs: "pd.DataFrame",
    forecast: FloatArray,
    sales: FloatArray,
    known: KnownPrices,
) -> DemandAhead:
    """Returns demand ahead of the pairs, from their forecasts, their last year of sales and the champion's errors.

    Forecasts and sales are money; past errors are valued here, each pair's with its price of today.
    """
    model_name = str(forecasts["model_name"].iloc[0])
    given = {"model_name": model_name, "decision_date": date}
    errors, sold = (snapshot.read_frame(query, given) for query in (_ERRORS, _REGULARITY))
    measured = ["actual_sales", "predicted_sales", "scale_amount"]
    errors[measured] = errors[measured].mul(known.of(errors).worth, axis=0)
    try:
        past, keys = past_forecasts(errors, sold)
        model = learn(past, len(keys))
    except ValueError:
        raise ShelfcastError(
            f"The champion {model_name} has no backtest errors, so its uncertainty is not known.",
            "Run `shelfcast train` first.",
        ) from None
    here = pairs[["store_id", "dept_id"]]
    number = keys.get_indexer(_index(here))
    noise = np.where(number >= 0, model.noise[number], 1.0)
    now = here.assign(origin=sold["origin"].max()).merge(sold, how="left")["sold_rate"]
    return model.demand(forecast, _volume(sales, forecast), (now >= REGULAR_RATE).to_numpy(), noise)


def past_forecasts(errors: "pd.DataFrame", sold: "pd.DataFrame") -> "tuple[PastForecasts, pd.MultiIndex]":
    """Returns the backtest as the model of demand learns from it, and the pairs that its rows number.

    Args:
        errors: store_id, dept_id, origin in weeks, horizon_weeks from 1, actual_sales, predicted_sales and
            scale_amount in one unit; one row per pair, origin and horizon. A week without a row is not known.
        sold: store_id, dept_id, origin and sold_rate, the share of the weeks of the year before with sales.

    Raises:
        ValueError: there is no row.
    """
    if errors.empty:
        raise ValueError("no backtest errors")
    rows = ["store_id", "dept_id", "origin"]
    forecast, actual = (
        errors.pivot(index=rows, columns="horizon_weeks", values=name) for name in ("predicted_sales", "actual_sales")
    )
    heads = forecast.index.to_frame(index=False).merge(sold, on=rows, how="left")
    volume = errors.groupby(rows, sort=True)["scale_amount"].first()
    keys = _index(heads[["store_id", "dept_id"]]).unique()
    return PastForecasts(
        pair=keys.get_indexer(_index(heads[["store_id", "dept_id"]])).astype(np.int64),
        origin=heads["origin"].to_numpy(np.int64),
        volume=volume.to_numpy(dtype=float),
        is_regular=(heads["sold_rate"] >= REGULAR_RATE).to_numpy(),
        forecast=forecast.ffill(axis=1).bfill(axis=1).to_numpy(dtype=float),
        actual=np.maximum(actual.to_numpy(dtype=float), 0.0),
    ), keys


def _index(pairs: "pd.DataFrame") -> "pd.MultiIndex":
    import pandas as pd

    return pd.MultiIndex.from_frame(pairs)


def _forecast_matrix(
    forecasts: "pd.DataFrame", date: dt.date, pair: tuple[int, int] | None
) -> "tuple[pd.DataFrame, FloatArray]":
    """Returns the pairs and their forecasts by horizon, weeks without one held at the week before."""
    import pandas as pd

    if pair is not None:
        forecasts = forecasts[(forecasts["store_id"] == pair[0]) & (forecasts["dept_id"] == pair[1])]
        if forecasts.empty:
            raise _no_pair(*pair, date)
    table = forecasts.pivot(index=["store_id", "dept_id"], columns="horizon_weeks", values="predicted_sales")
    weeks = pd.RangeIndex(1, int(table.columns.max()) + 1)
    matrix = table.reindex(columns=weeks).ffill(axis=1).bfill(axis=1).to_numpy(dtype=float)
    return table.index.to_frame(index=False), matrix


def _read_sales(snapshot: Snapshot, pairs: "pd.DataFrame", date: dt.date, pair: tuple[int, int] | None) -> FloatArray:
    """Returns (pairs, weeks) sales of the last two years up to the decision week, NaN where a week is missing.

    Weeks that cannot be right are damped, as what other stores sold of the product and the store of others tells them,
    and in weeks with too little stock stands what would have sold.
    """
    # A week is held against the year before it.
    weeks = WATCHED_WEEKS + YEAR_WEEKS
    store, product = (None, None) if pair is None else pair
    given = {"decision_date": date, "weeks": weeks, "store_id": store, "dept_id": product}
    sales = snapshot.read_frame(_SALES, given)
    keys = sales[["store_id", "dept_id"]]
    series, all_pairs = keys.drop_duplicates(), _index(pairs[["store_id", "dept_id"]])
    row, week = _index(series).get_indexer(_index(keys)), weeks - 1 - sales["weeks_ago"].to_numpy()
    matrix = np.full((len(series), weeks), np.nan)
    matrix[row, week] = sales["weekly_sales"].to_numpy()
    stores, products = (series[name].to_numpy(dtype=np.int64) for name in ("store_id", "dept_id"))
    ends = np.datetime64(date) - 7 * np.arange(weeks - 1, -1, -1)
    is_empty = empty_weeks(snapshot.read_frame(_EMPTY_COUNTS, given), stores, products, ends)
    demand = wanted(implausible_weeks(matrix, stores, products)[0], is_empty)[0][:, -WATCHED_WEEKS:]
    place = _index(series).get_indexer(all_pairs)
    return np.where((place >= 0)[:, None], np.vstack([demand, np.full(WATCHED_WEEKS, np.nan)])[place], np.nan)


def _volume(sales: FloatArray, forecast: FloatArray) -> FloatArray:
    """Returns mean absolute weekly sales of the last year; a pair without sales is as large as its forecast."""
    known = np.isfinite(sales)
    total = np.where(known, np.abs(sales), 0.0).sum(axis=1)
    mean = total / np.maximum(known.sum(axis=1), 1)
    volume: FloatArray = np.where(known.any(axis=1), mean, np.abs(forecast).mean(axis=1))
    return volume


def _read_policies(snapshot: Snapshot, is_waiting: bool) -> "pd.DataFrame":
    """Returns the published policies, or those that wait for publication with the rest of their build."""
    if is_waiting:
        return snapshot.read_frame("select * from marts_next.dim_inventory_policies")
    place = snapshot.read_frame("select to_regclass('marts.dim_inventory_policies') is not null as is_published")
    if place.loc[0, "is_published"]:
        return snapshot.read_frame("select * from marts.dim_inventory_policies")
    raise ShelfcastError("The inventory policies are not in the database yet.", "Run `shelfcast transform` first.")


def _no_pair(store_id: int, dept_id: int, date: dt.date) -> ShelfcastError:
    return ShelfcastError(
        f"{known().pair(store_id, dept_id)} has no champion forecast from {date}.",
        "Choose a pair with recent sales, or run `shelfcast forecast`.",
    )
