"""What is expected of forecasts and recommendations before the marts show them.

Imports Great Expectations: import it only where an audit runs.
"""

from great_expectations.expectations.expectation import Expectation

from expectations.baseline import Published
from expectations.rules import (
    Suite,
    contains,
    distinct_count,
    known,
    mean_within,
    none_found,
    one_of,
    ordered,
    row_count,
    where,
    within,
)
from warehouse.retailer import Retailer
from warehouse.wording import house

BOUNDS = {
    "prediction_lower": "lower 80 % bound",
    "prediction_upper": "upper 80 % bound",
    "prediction_lower_95": "lower 95 % bound",
    "prediction_upper_95": "upper 95 % bound",
}
AMOUNTS = {
    "current_stock": "Stock on hand",
    "on_order": "Stock on order",
    "demand_volatility": "Volatility of demand",
    "safety_stock": "Safety stock",
    "order_quantity": "Order quantity",
    "order_value_cost": "Value of the order at cost",
    "expected_lost_margin": "Expected lost margin",
    "holding_cost": "Holding cost",
    "value_at_risk": "Value at risk",
}
SIGNED_AMOUNTS = {
    "avg_daily_demand": "Mean daily demand",
    "reorder_point": "Reorder point",
    "order_up_to_level": "Order-up-to level",
}
"""Amounts that a series of returns may turn negative."""
STATUSES = ["critical", "reorder", "monitor", "adequate"]

_FORECASTS = """
select
    f.store_id, f.dept_id, coalesce(stores.code, f.store_id::text) as store_code,
    coalesce(products.code, f.dept_id::text) as product_code,
    f.origin_date, f.forecast_date, f.horizon_weeks, f.predicted_sales,
    f.prediction_lower, f.prediction_upper, f.prediction_lower_95, f.prediction_upper_95, f.model_name, f.fallback,
    to_char(f.forecast_date, 'FMDay') as weekday,
    case when f.is_champion then 'champion' else 'candidate' end as part,
    f.predicted_sales / nullif(s.largest_sale, 0) as times_largest_sale
from ml.forecasts f
left join (
    select store_id, dept_id, max(abs(weekly_sales)) as largest_sale from raw.raw_sales group by store_id, dept_id
) s on s.store_id = f.store_id and s.dept_id = f.dept_id
left join raw.keys stores on stores.key_kind = 'store' and stores.key_id = f.store_id
left join raw.keys products on products.key_kind = 'product' and products.key_id = f.dept_id
where f.origin_date = (select max(origin_date) from ml.forecasts)
"""
# Active here has the narrowest sense, sold in the last 4 weeks: whatever the models call active includes these.
_UNCOVERED_BY_FORECASTS = """
select
    coalesce(min(stores.code), a.store_id::text) as store_code,
    coalesce(min(products.code), a.dept_id::text) as product_code,
    count(distinct f.horizon_weeks) as week_count
from (
    select distinct store_id, dept_id from raw.raw_sales
    where sale_date > (select max(sale_date) from raw.raw_sales) - 28 and weekly_sales <> 0
) a
left join {batch} f on f.store_id = a.store_id and f.dept_id = a.dept_id and f.part = 'champion'
left join raw.keys stores on stores.key_kind = 'store' and stores.key_id = a.store_id
left join raw.keys products on products.key_kind = 'product' and products.key_id = a.dept_id
group by a.store_id, a.dept_id
having count(distinct f.horizon_weeks) < {horizon}
"""
_RECOMMENDATIONS = """
select
    r.*,
    coalesce(stores.code, r.store_id::text) as store_code,
    coalesce(products.code, r.dept_id::text) as product_code
from ml.inventory_recommendations r
left join raw.keys stores on stores.key_kind = 'store' and stores.key_id = r.store_id
left join raw.keys products on products.key_kind = 'product' and products.key_id = r.dept_id
where r.recommendation_date = (select max(recommendation_date) from ml.inventory_recommendations)
"""
_UNCOVERED_BY_RECOMMENDATIONS = """
select
    coalesce(min(stores.code), f.store_id::text) as store_code,
    coalesce(min(products.code), f.dept_id::text) as product_code
from ml.forecasts f
left join raw.keys stores on stores.key_kind = 'store' and stores.key_id = f.store_id
left join raw.keys products on products.key_kind = 'product' and products.key_id = f.dept_id
where
    f.is_champion
    and f.origin_date = (select max(origin_date) from ml.forecasts)
    and not exists (select 1 from {batch} r where r.store_id = f.store_id and r.dept_id = f.dept_id)
group by f.store_id, f.dept_id
"""


def model_suites(published: Published, retailer: Retailer) -> list[Suite]:
    """Returns the suites of the newest forecasts and of the newest recommendations."""
    return [forecasts_suite(published, retailer), recommendations_suite(published)]


def forecasts_suite(published: Published, retailer: Retailer) -> Suite:
    """Returns the suite of the forecasts of the latest origin."""
    rules = [
        row_count(1, None, "The latest origin has forecasts.", "Without forecasts nothing can be decided."),
        *_forecast_coverage(retailer),
        *_forecast_ranges(published.largest_sale or 1.0),
        *_intervals(),
        *_forecast_drift(published),
    ]
    keys = ("store_code", "product_code", "forecast_date", "model_name")
    return Suite("forecasts", "ml.forecasts", _FORECASTS, keys, tuple(rules))


def _forecast_coverage(retailer: Retailer) -> list[Expectation]:
    horizons = list(range(1, retailer.horizon_weeks + 1))
    span = f"1 to {horizons[-1]} weeks" if len(horizons) > 1 else "1 week"
    return [
        within(
            "horizon_weeks",
            horizons[0],
            horizons[-1],
            f"Forecasts reach {span} ahead.",
            "Intervals are calibrated for these horizons only.",
        ),
        contains(
            "horizon_weeks",
            horizons,
            "Each of the weeks ahead is forecast.",
            "A hole hides the demand of a delivery.",
            "critical",
        ),
        ordered(
            "origin_date",
            "forecast_date",
            "Every forecast is for a week after its origin.",
            "A forecast of a known week is none.",
            strictly=True,
        ),
        one_of(
            "weekday",
            [retailer.week_ends_on],
            f"Every forecast week is dated by its last day, a {retailer.week_ends_on}.",
            "Other days meet no week of sales.",
        ),
        distinct_count(
            "model_name",
            1,
            "Exactly one model is champion.",
            "Two champions would be counted twice.",
            only=where("part", "champion"),
        ),
        none_found(
            _UNCOVERED_BY_FORECASTS.replace("{horizon}", str(retailer.horizon_weeks)),
            "Every active series has a champion forecast for all weeks.",
            "A series that sold in the last 4 weeks and is not forecast would run out unseen.",
            "critical",
        ),
        one_of(
            "fallback",
            [""],
            "At most 20 % of the forecasts come from a simpler method.",
            "Series that are short or stopped fall back; many at once are a fault.",
            "warning",
            0.8,
        ),
    ]


def _forecast_ranges(largest: float) -> list[Expectation]:
    rules = [
        known("predicted_sales", "Every forecast has its point forecast.", "An empty figure can't be weighed."),
        within(
            "predicted_sales",
            -largest,
            10 * largest,
            f"No forecast exceeds 10 times the largest sale ever published, {house().quantity(largest)}.",
            "Such a figure is a model that ran away, or not a number.",
        ),
        within(
            "predicted_sales",
            0,
            None,
            "At most 2 % of the forecasts are negative.",
            "More returns than sales are rare in the past too.",
            "warning",
            0.98,
        ),
        within(
            "times_largest_sale",
            None,
            1.5,
            "At most 1 % of the forecasts exceed the record of their series by half.",
            "Records are broken, but seldom by that much.",
            "warning",
            0.99,
        ),
    ]
    for column, name in BOUNDS.items():
        rules += [
            known(column, f"Every forecast has its {name}.", "A forecast without its interval can't be weighed."),
            within(
                column,
                -20 * largest,
                20 * largest,
                f"No {name} exceeds 20 times the largest sale ever published, {house().quantity(largest)}.",
                "An interval this wide says nothing; it may not be a number at all.",
            ),
        ]
    return rules


def _intervals() -> list[Expectation]:
    return [
        ordered(
            "prediction_lower_95",
            "prediction_lower",
            "The 95 % interval begins at or below the 80 % interval.",
            "Wider trust needs a wider interval.",
        ),
        ordered(
            "prediction_lower",
            "predicted_sales",
            "The point forecast is not below its 80 % interval.",
            "A forecast outside its own interval contradicts itself.",
        ),
        ordered(
            "predicted_sales",
            "prediction_upper",
            "The point forecast is not above its 80 % interval.",
            "A forecast outside its own interval contradicts itself.",
        ),
        ordered(
            "prediction_upper",
            "prediction_upper_95",
            "The 95 % interval ends at or above the 80 % interval.",
            "Wider trust needs a wider interval.",
        ),
        ordered(
            "prediction_lower_95",
            "prediction_upper_95",
            "At least 95 % of the intervals have some width.",
            "An interval without width claims to know the future.",
            "warning",
            True,
            0.95,
        ),
    ]


def _forecast_drift(published: Published) -> list[Expectation]:
    if published.newest_week is None:
        return []
    week, mean = published.newest_week.isoformat(), published.mean_sale
    return [
        within(
            "origin_date",
            week,
            week,
            f"Forecasts start from the newest published week, {week}.",
            "Older origins leave known sales unused.",
            "warning",
        ),
        mean_within(
            "predicted_sales",
            0.5 * mean,
            2 * mean,
            f"The mean champion forecast is between half and twice the year's mean sale, {house().quantity(mean)}.",
            "The weeks ahead may be high or low season, but not another business.",
            "warning",
            where("part", "champion"),
        ),
    ]


def recommendations_suite(published: Published) -> Suite:
    """Returns the suite of the recommendations of the latest decision week."""
    rules = [*_recommendation_coverage(), *_recommendation_ranges(100 * (published.largest_amount or 1.0))]
    if published.newest_week is not None:
        week = published.newest_week.isoformat()
        rules.append(
            within(
                "recommendation_date",
                week,
                week,
                f"Recommendations are for the newest published week, {week}.",
                "An older decision leaves known sales unused.",
                "warning",
            )
        )
    keys = ("store_code", "product_code", "recommendation_date")
    return Suite("recommendations", "ml.inventory_recommendations", _RECOMMENDATIONS, keys, tuple(rules))


def _recommendation_coverage() -> list[Expectation]:
    return [
        row_count(1, None, "The latest decision week has recommendations.", "Without them nobody knows what to order."),
        known("status", "Every recommendation has a status.", "Exceptions are found by it."),
        known("reorder_point", "Every recommendation has a reorder point.", "Orders are decided by it."),
        known("stockout_probability", "Every recommendation says how likely a stockout is.", "Risk is ranked by it."),
        known(
            "days_until_stockout",
            "Days until stockout are known for at least 5 % of the pairs.",
            "Stock that lasts beyond the forecast has none; if all do, stock or demand is wrong.",
            "info",
            0.05,
        ),
        one_of(
            "status",
            STATUSES[1:],
            "At most 60 % of the pairs are critical.",
            "A board that is all red helps nobody: stock or lead times may be wrong.",
            "warning",
            0.4,
        ),
        known("review_reason", "Every recommendation says whether a person must look.", "Orders go out by it."),
        one_of(
            "review_reason",
            [""],
            "At least 75 % of the recommendations need no person.",
            "A planner who must look at everything looks at nothing.",
            "warning",
            0.75,
        ),
        one_of(
            "stock_source",
            ["counted"],
            "Stock was counted, not simulated, for at least half of the pairs.",
            "Count stock for decisions on real shelves.",
            "info",
            0.5,
        ),
        none_found(
            _UNCOVERED_BY_RECOMMENDATIONS,
            "Every forecast series has a recommendation.",
            "A pair that is forecast and not decided on would run out unseen.",
            "warning",
        ),
    ]


def _recommendation_ranges(absurd: float) -> list[Expectation]:
    limit = f"100 times the largest sale ever published, {house().money(absurd)}"
    return [
        *(
            within(column, 0, absurd, f"{name} lies between 0 and {limit}.", "Else a unit slipped, or it is no number.")
            for column, name in AMOUNTS.items()
        ),
        *(
            within(column, -absurd, absurd, f"{name} stays within {limit}.", "Else a unit slipped, or it is no number.")
            for column, name in SIGNED_AMOUNTS.items()
        ),
        within(
            "avg_daily_demand",
            0,
            None,
            "Mean daily demand is negative for at most 2 % of the pairs.",
            "Only a series of returns sells less than nothing.",
            "warning",
            0.98,
        ),
        within("stockout_probability", 0, 1, "Stockout probabilities lie between 0 and 1.", "They are fractions."),
        within("expected_fill_rate", 0, 1, "Expected fill rates lie between 0 and 1.", "They are fractions."),
        ordered(
            "order_value_cost",
            "order_quantity",
            "An order costs no more than it sells for.",
            "Cost value is retail value less margin.",
        ),
        within(
            "service_level",
            0.5,
            0.999,
            "Service targets lie between 50 % and 99.9 %.",
            "Below that planning is idle, above it stock grows without end.",
            "warning",
        ),
        within("lead_time_weeks", 0.01, 52, "Lead times lie between two hours and a year.", "They are in weeks."),
        within("review_period_weeks", 0.01, 52, "Reviews are two hours to a year apart.", "They are in weeks."),
        within(
            "days_until_stockout",
            0,
            366,
            "Days until stockout, where known, are at most a year.",
            "The forecast does not reach further.",
        ),
        ordered(
            "reorder_point",
            "order_up_to_level",
            "The order-up-to level is not below the reorder point.",
            "An order must lift stock above the point that caused it.",
        ),
    ]
