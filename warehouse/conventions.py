"""Spans of time and names that several rooms share; spans in weeks unless a name says otherwise."""

BASELINE = "seasonal_naive"
"""The candidate that every other one is measured against."""

SIMPLE = "simple"
"""The best of the simple methods for each group of demand: what a model must beat to be worth its trouble."""

EMPTY_SHELF = "empty_shelf"
"""What marks the weeks in which a count found no stock and less sold than was wanted."""

HORIZON = 8
"""Weeks that every candidate forecasts."""

LEAST_WEEKS, SHORTEST_WEEKS = 26, 8
"""Weeks of history that an origin needs to be forecast from; it is scored by those of the horizon after it. Where the
data has no origin with as many, the shorter history does."""

LONGEST_HORIZON = 39
"""Weeks ahead that a plan can reach, and that the calendar of the marts holds."""

YEAR_WEEKS = 52
YEAR_DAYS = 7 * YEAR_WEEKS
"""A year of whole weeks: it ends on the weekday that it began on."""

WINDOW_WEEKS = (4, 13, YEAR_WEEKS)
"""Rolling windows of the features: about a month, a quarter and a year."""

RECENT_WEEKS = 8
"""Weeks, counted from the last week of data, that the marts call recent."""

LONGEST_LEAD_TIME_WEEKS = 26
"""Longest lead time, and longest review period, that a forecast is stretched over."""

ACTIVE_WEEKS = 13
"""A series is active at a week where it sold anything in the weeks up to it, this many."""

SCHEMAS = (
    "raw_incoming",
    "raw",
    "features",
    "ml",
    "agents",
    "ops",
    "staging",
    "intermediate",
    "marts",
    "staging_next",
    "intermediate_next",
    "marts_next",
    "mlflow",
)
"""The schemas of the warehouse, all of which its owner owns; analysts make others beside them."""
