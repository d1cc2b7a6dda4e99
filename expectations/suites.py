"""What is expected of the input files before anything is published: one suite for each incoming table.

dbt guards keys, categories, relations and arithmetic in the published tables, and the tables themselves refuse a row
without its key. Here stands what only the moment of arrival can
tell: whether a file is complete, plausible and of one piece with what came before. Rules that a legitimate file of
another retailer might break only warn; critical ones mark rows that no model could use.

Imports Great Expectations: import it only where an audit runs.
"""

import datetime as dt

from great_expectations.expectations.expectation import Expectation

from expectations import input_queries
from expectations.baseline import BEYOND_BELIEF, Incoming, Published
from expectations.rules import (
    Suite,
    contains,
    known,
    newest,
    none_found,
    one_of,
    ordered,
    row_count,
    seldom_zero,
    within,
)
from warehouse.calendar import Calendar
from warehouse.conventions import LONGEST_LEAD_TIME_WEEKS
from warehouse.retailer import Retailer
from warehouse.wording import house

FIRST_DAY = "1970-01-01"
NO_STORE = 1_000.0
"""How many times larger or smaller than the middle store none is."""
OTHER_STORE = 20.0
"""How many times larger or smaller than the middle store a store hardly ever is."""
PLAN_WEEKS = 104
LONGEST_LEAD_TIME_DAYS = 7 * LONGEST_LEAD_TIME_WEEKS

MARKDOWNS = ("markdown_1", "markdown_2", "markdown_3", "markdown_4", "markdown_5")


def input_suites(
    published: Published, incoming: Incoming, retailer: Retailer, today: dt.date, may_remove: bool = False
) -> list[Suite]:
    """Returns the suites of the incoming tables; those of covariates and stock positions only where some came.

    Args:
        published: what the load is held against; empty where nothing comparable is published.
        incoming: rows and usual amounts of the incoming tables.
        retailer: whose files they are, with its weeks and its calendar.
        today: no sale may lie after the week of this day.
        may_remove: whether the load may replace what is published; a change of scale then only warns.
    """
    suites = [sales_suite(published, incoming, retailer, today, may_remove), stores_suite(published, incoming)]
    suites += [covariates_suite(published, incoming, retailer, today)] if incoming.rows.get("external_features") else []
    suites += [stock_suite(published, incoming, retailer, today)] if incoming.rows.get("stock_positions") else []
    return suites + ([promotions_suite(incoming, retailer)] if incoming.rows.get("promotions") else [])


def sales_suite(
    published: Published, incoming: Incoming, retailer: Retailer, today: dt.date, may_remove: bool = False
) -> Suite:
    """Returns the suite of raw_incoming.raw_sales."""
    rules = _sales_completeness() + _sales_plausibility(incoming, retailer, today) + _sales_shares(retailer)
    rules += _drift("raw_sales", "sale_date", published) + (_restatements(may_remove) if published.row_counts else [])
    query = input_queries.SALES.format(holidays=_holiday_dates(retailer, today))
    return Suite(
        "incoming_sales", "raw_incoming.raw_sales", query, ("store_code", "product_code", "sale_date"), tuple(rules)
    )


def _sales_completeness() -> list[Expectation]:
    return [
        row_count(1, None, "The file brings at least one week of sales.", "An empty file would hide every series."),
        known("weekly_sales", "Every row has an amount.", "Leave out a week without sales, or write 0."),
        known("is_holiday", "Every row says whether its week is a holiday.", "Holiday weeks weigh more in the score."),
        none_found(
            input_queries.LOST_WEEKS,
            "No week is missing altogether between the first and the last.",
            "One series may pause; a week without any sales at all is a lost part of the file.",
            "warning",
        ),
        none_found(
            input_queries.NOTHING_SOLD,
            "Something was sold in some week.",
            "Where all sales are 0 or returns, a column of another meaning was read.",
            "critical",
        ),
        none_found(
            input_queries.THIN_NEWEST_WEEK,
            "The newest week has at least 70 % of the usual number of series.",
            "A week that was exported too early looks like a collapse of sales.",
            "warning",
        ),
    ]


def _sales_plausibility(incoming: Incoming, retailer: Retailer, today: dt.date) -> list[Expectation]:
    this_week = Calendar.of(retailer).week_of(today).isoformat()
    largest, words = incoming.largest("weekly_sales"), retailer.words
    return [
        within("store_id", 0, None, "Keys of stores are not negative.", "They are given once, from 1 on."),
        within("dept_id", 0, None, "Keys of products are not negative.", "They are given once, from 1 on."),
        within(
            "sale_date",
            FIRST_DAY,
            this_week,
            f"Weeks lie between {FIRST_DAY} and the week of today, {this_week}.",
            "A sale in the future or in another century is a misread date: name the date format.",
        ),
        none_found(
            input_queries.STRAY_WEEKS,
            "No two weeks of sales lie more than two years apart with none between them.",
            "A date so far from all others is a misread one, or that of a single wrong line.",
            "critical",
        ),
        one_of(
            "weekday",
            [retailer.week_ends_on],
            f"Every week of sales is dated by its last day, a {retailer.week_ends_on}.",
            "Any other day would make a second week of the same one.",
        ),
        within(
            "weekly_sales",
            -largest,
            largest,
            f"No {words.product} of a {words.store} sells {BEYOND_BELIEF:,.0f} times what the middle week does.",
            "Amounts beyond that are a slipped decimal point, another unit, or not a number.",
        ),
        none_found(
            input_queries.BROKEN_SCALES,
            f"No {words.product} of a {words.store} sold 25 times its year before in the last eight weeks.",
            "A mistyped amount, another unit, or another product under the code: forecasts believe it late, if ever.",
            "warning",
        ),
        one_of(
            "holiday_flag",
            ["agrees"],
            "Holiday flags of sales agree with the calendar.",
            "A flag in another week teaches the models the wrong lift.",
            "warning",
        ),
    ]


def _sales_shares(retailer: Retailer) -> list[Expectation]:
    returns = [
        within(
            "weekly_sales",
            0,
            None,
            "At most 2 % of the weeks have more returns than sales.",
            "Returns are real and are kept, but they are rare.",
            "warning",
            0.98,
        ),
        within(
            "weekly_sales",
            0,
            None,
            "At most 20 % of the weeks have more returns than sales.",
            "So many returns mean a column of another meaning, or a turned sign.",
            share=0.8,
        ),
    ]
    # Where a missing week counts as 0, most weeks of a wide assortment sell nothing, and rightly so.
    return returns if retailer.missing_week == "zero" else returns + _zeros()


def _zeros() -> list[Expectation]:
    return [
        seldom_zero(
            "weekly_sales", 0.9, "At most 10 % of the weeks sell nothing.", "Zeros may stand for missing weeks."
        ),
        seldom_zero(
            "weekly_sales",
            0.5,
            "At most half of the weeks sell nothing.",
            "So many zeros may stand for weeks that nobody reported; a slow assortment has them too.",
        ),
    ]


def _restatements(may_remove: bool) -> list[Expectation]:
    return [
        within(
            "restated_rate",
            0,
            0.01,
            "At most 1 % of the weeks published before come with another amount.",
            "Corrections are welcome; many at once may be another extract.",
            "warning",
            0.99,
        ),
        within(
            "restated_factor",
            0.1,
            10,
            "Weeks published before keep their scale.",
            "Amounts ten times larger or smaller are another unit or another retailer; say --replace if that is meant.",
            "warning" if may_remove else "critical",
            0.5,
        ),
    ]


def _drift(table: str, date_column: str | None, published: Published) -> list[Expectation]:
    """Returns the rules that hold a load against what is published; none where nothing is."""
    count = published.row_counts.get(table, 0)
    if not count:
        return []
    rules = [
        row_count(
            0.5 * count,
            2 * count + 100,
            f"The load has between half and twice the {count:,} rows of the last one.",
            "A file that shrank or grew this much is often cut, or joined twice.",
            "warning",
        ),
        contains(
            "store_id",
            list(published.store_ids),
            "Every published store is in the load.",
            "A store that is missing without being closed was lost on the way.",
        ),
    ]
    if date_column and published.newest_week:
        week = published.newest_week.isoformat()
        rules.append(
            newest(
                date_column,
                week,
                None,
                f"The load reaches at least to {week}, the last published week.",
                "An older file than the last one would turn back the clock.",
                "warning",
            )
        )
    return rules


def covariates_suite(published: Published, incoming: Incoming, retailer: Retailer, today: dt.date) -> Suite:
    """Returns the suite of raw_incoming.external_features."""
    last_day = (Calendar.of(retailer).week_of(today) + dt.timedelta(weeks=PLAN_WEEKS)).isoformat()
    rules = [
        row_count(1, None, "The file brings at least one week of a store.", "An empty file hides every covariate."),
        known("is_holiday", "Every week of covariates says whether it is a holiday.", "Holiday weeks weigh more."),
        within("store_id", 0, None, "Keys of stores are not negative.", "They are given once, from 1 on."),
        within(
            "feature_date",
            FIRST_DAY,
            last_day,
            f"Weeks lie between {FIRST_DAY} and two years from now.",
            "Plans may reach ahead, but a date beyond is misread: name the date format.",
        ),
        one_of(
            "weekday",
            [retailer.week_ends_on],
            f"Every week of covariates is dated by its last day, a {retailer.week_ends_on}.",
            "Covariates of another day join to no week of sales.",
        ),
        one_of(
            "holiday_flag",
            ["agrees"],
            "Holiday flags of covariates agree with the calendar.",
            "A flag in another week teaches the models the wrong lift.",
            "warning",
        ),
        *_measured("temperature", "Temperatures", -130, 140, 0.95, "degrees"),
        _known_mostly("fuel_price", "Fuel prices", 0.95),
        within(
            "fuel_price",
            0,
            incoming.largest("fuel_price"),
            f"Fuel prices are nowhere {BEYOND_BELIEF:,.0f} times the middle one.",
            "Anything else is another unit, a shifted column, or not a number.",
        ),
        _known_mostly("cpi", "Consumer price indices", 0.85),
        within(
            "cpi",
            0,
            incoming.largest("cpi"),
            f"Consumer price indices are nowhere {BEYOND_BELIEF:,.0f} times the middle one.",
            "Anything else is another unit, a shifted column, or not a number.",
        ),
        *_measured("unemployment", "Unemployment rates", 0, 100, 0.85, "percent"),
        within(
            "unemployment",
            1,
            40,
            "Nearly all unemployment rates lie between 1 and 40 percent.",
            "Rates below 1 are often fractions; percent is expected.",
            "warning",
            0.99,
        ),
    ]
    for markdown in MARKDOWNS:
        rules += _markdown_rules(markdown, incoming.largest(markdown))
    rules += _drift("external_features", "feature_date", published)
    query = input_queries.COVARIATES.format(holidays=_holiday_dates(retailer, today))
    return Suite(
        "incoming_covariates", "raw_incoming.external_features", query, ("store_code", "feature_date"), tuple(rules)
    )


def _measured(column: str, name: str, low: float, high: float, share: float, unit: str) -> list[Expectation]:
    return [
        _known_mostly(column, name, share),
        within(
            column,
            low,
            high,
            f"{name} lie between {low:,g} and {high:,g} {unit}.",
            "Anything else is another unit, a shifted column, or not a number.",
        ),
    ]


def _known_mostly(column: str, name: str, share: float) -> Expectation:
    return known(
        column,
        f"{name} are known in at least {100 * share:.0f} % of the weeks.",
        "Weeks ahead may lack them; more gaps than that mean a lost column.",
        "warning",
        share,
    )


def _markdown_rules(column: str, largest: float) -> list[Expectation]:
    name = column.replace("_", " ").capitalize()
    return [
        known(
            column,
            f"{name} is known in at least a quarter of the weeks.",
            "Markdowns are often recorded late, and seldom given; a share, not a fault.",
            "info",
            0.25,
        ),
        within(
            column,
            -largest,
            largest,
            f"{name} is nowhere {BEYOND_BELIEF:,.0f} times the middle one.",
            "Anything else is a slipped decimal point, or not a number.",
        ),
        within(
            column,
            0,
            None,
            f"{name} is negative in at most 2 % of the weeks.",
            "A negative markdown is a correction, and rare.",
            "warning",
            0.98,
        ),
    ]


def stores_suite(published: Published, incoming: Incoming) -> Suite:
    """Returns the suite of raw_incoming.store_attributes."""
    size = incoming.middle_size
    rules = [
        row_count(1, None, "The file brings at least one store.", "Without stores no sale can be placed."),
        known("store_type", "Every store has a type.", "Policies are set by store type."),
        none_found(
            input_queries.MISSING_SIZES,
            "Every store has a size, or none has.",
            "A store of unknown size is compared with the others by its sales alone.",
            "warning",
        ),
        within("store_id", 0, None, "Keys of stores are not negative.", "They are given once, from 1 on."),
        within(
            "size_sqft",
            size / NO_STORE,
            size * NO_STORE,
            f"No store is {NO_STORE:,.0f} times as large or as small as the middle one.",
            "Anything else is another unit or a misread column.",
        ),
        within(
            "size_sqft",
            size / OTHER_STORE,
            size * OTHER_STORE,
            f"Hardly any store is {OTHER_STORE:,.0f} times as large or as small as the middle one.",
            "Some sizes may be in another unit, or belong to a warehouse.",
            "warning",
            0.95,
        ),
    ]
    rules += _drift("store_attributes", None, published)
    if published.row_counts:
        rules.append(
            within(
                "restated_rate",
                0,
                0.5,
                "No store changed its size by more than half.",
                "Stores are seldom rebuilt that far: the numbering of the stores may have shifted.",
                "warning",
            )
        )
    return Suite(
        "incoming_stores", "raw_incoming.store_attributes", input_queries.STORES, ("store_code",), tuple(rules)
    )


def _priced() -> Expectation:
    return none_found(
        input_queries.MISSING_PRICES,
        "Every count has the price of a piece, or none has.",
        "Without its price nobody knows whether a count is in pieces or in money.",
        "critical",
    )


def stock_suite(published: Published, incoming: Incoming, retailer: Retailer, today: dt.date) -> Suite:
    """Returns the suite of raw_incoming.stock_positions."""
    tomorrow = (today + dt.timedelta(days=1)).isoformat()
    rules = [
        known("on_hand", "Every count says what is on hand.", "An empty count is no count."),
        known("on_order", "Every count says what is on order.", "Write 0 where nothing is on its way."),
        _stock_amount("on_hand", "Stock on hand", incoming, "Stock can't be owed to a shelf."),
        _stock_amount("on_order", "Stock on order", incoming, "An order can't be negative."),
        within(
            "stock_date",
            FIRST_DAY,
            tomorrow,
            f"Counts lie between {FIRST_DAY} and today.",
            "A count in the future is a misread date.",
        ),
        within(
            "unit_price",
            0,
            incoming.largest("unit_price"),
            f"No price of a piece is {BEYOND_BELIEF:,.0f} times the middle one.",
            "Stock in pieces is valued with this price.",
        ),
        within(
            "lead_time_days",
            0.1,
            LONGEST_LEAD_TIME_DAYS,
            f"Lead times lie between a few hours and {LONGEST_LEAD_TIME_DAYS} days.",
            "Lead times are in days; a forecast is not stretched over more than half a year.",
        ),
        none_found(
            input_queries.UNKNOWN_PAIRS,
            f"Every count is of a {house().pair_word} that has sales.",
            "Stock lists often have more than was ever sold; a pair that is mistyped looks the same.",
            "warning",
        ),
        none_found(
            input_queries.LATE_COUNTS,
            "No count is dated after the last week of sales.",
            "Between the sales and the count stock has moved unseen; add the sales up to that day.",
            "critical",
        ),
        *([] if retailer.is_in_units else [_priced()]),
        ordered(
            "stock_date",
            "expected_date",
            "Deliveries are expected on or after the day of the count.",
            "A delivery that has come belongs to the stock on hand.",
            "warning",
        ),
        seldom_zero("on_hand", 0.5, "At most half of the counted shelves are empty.", "Zeros may stand for no count."),
    ]
    if published.newest_week:
        oldest = (published.newest_week - dt.timedelta(weeks=retailer.horizon_weeks)).isoformat()
        rules.append(
            newest(
                "stock_date",
                oldest,
                None,
                f"The newest count is from {oldest} or later.",
                "An older count says little about the shelf of today.",
                "warning",
            )
        )
    keys = ("store_code", "product_code", "stock_date")
    return Suite("incoming_stock", "raw_incoming.stock_positions", input_queries.STOCK, keys, tuple(rules))


def promotions_suite(incoming: Incoming, retailer: Retailer) -> Suite:
    """Returns the suite of raw_incoming.promotions."""
    rules = [
        one_of(
            "weekday",
            [retailer.week_ends_on],
            f"Every planned week is dated by its last day, a {retailer.week_ends_on}.",
            "Any other day would make a second week of the same one.",
        ),
        within(
            "planned_price",
            0,
            incoming.largest("planned_price"),
            f"No planned price is {BEYOND_BELIEF:,.0f} times the middle one.",
            "A price beyond that is a slipped decimal point.",
        ),
        none_found(
            input_queries.ODD_PLANS,
            "Planned prices lie between a tenth and ten times what a piece usually costs.",
            "A price of another unit or currency moves forecasts and orders.",
            "warning",
        ),
    ]
    keys = ("store_code", "product_code", "week_date")
    return Suite("incoming_promotions", "raw_incoming.promotions", input_queries.PROMOTIONS, keys, tuple(rules))


def _stock_amount(column: str, name: str, incoming: Incoming, reason: str) -> Expectation:
    text = f"{name} is neither negative nor {BEYOND_BELIEF:,.0f} times the middle count."
    return within(column, 0, incoming.largest(column), text, reason)


def _holiday_dates(retailer: Retailer, today: dt.date) -> str:
    """Returns the holiday weeks of all years that a file can hold as dates of SQL."""
    years = range(dt.date.fromisoformat(FIRST_DAY).year - 1, today.year + 3)
    calendar = Calendar.of(retailer)
    weeks = [week for year in years for week in calendar.holiday_weeks(year)]
    return ", ".join(f"date '{week}'" for week in weeks) or "date 'infinity'"
