"""What is expected of a load beside the last published one, in business words.

Imports Great Expectations: import it only where an audit runs.
"""

from great_expectations.expectations.expectation import Expectation

from expectations.rules import Severity, Suite, ordered, where
from warehouse.wording import house

_DRIFT = """
select
    measure_name, part_name, subject, shift_value, warning_limit, critical_limit,
    round(baseline_value::numeric, 3)::double precision as published,
    round(incoming_value::numeric, 3)::double precision as incoming,
    detail
from ops.load_drift
where load_id = '{load_id}'
"""
WARNINGS = {
    "store_rows": (
        "Every {store} brings as many rows a week as before.",
        "A {store} whose rows shrank or grew at once was cut short, closed in part, or exported twice.",
    ),
    "sales_distribution": (
        "In every type of {store} sales are spread as in the same weeks a year before.",
        "Small and large weeks in other proportions are another unit, another range of {stores}, or a shock to demand.",
    ),
    "sales_level": (
        "In every type of {store} sales have grown over the year before as in the last eight weeks.",
        "All amounts moved by one factor are another currency, tax put in or left out, or a part of a week.",
    ),
    "zero_weeks": (
        "The share of weeks that sell nothing has not moved.",
        "Zeros that come at once often stand for weeks that were not exported.",
    ),
    "negative_weeks": (
        "The share of weeks with more returns than sales has not moved.",
        "Returns that come at once are a turned sign or a recall.",
    ),
    "vanished_pairs": (
        "The {products} that sold in each of the last four weeks are still there.",
        "One that vanishes without being closed would be forecast and ordered for on old figures.",
    ),
    "new_pairs": (
        "Hardly any pair of {store} and {product} is new.",
        "Many new pairs at once are a renumbering: their history stays behind under the old number.",
    ),
    "missing_covariates": (
        "Weather, fuel price, price index, unemployment and markdowns are filled as far as before.",
        "A covariate that ends without notice is a lost column or a file of covariates that is older than the sales.",
    ),
}
"""What is expected of each measure and why, with places for the words of the house."""
STOPS = {
    "sales_distribution": (
        "In no type of {store} are sales spread as in another business.",
        "A shift this large is amounts in another unit or of another retailer; say --replace if that is meant.",
    ),
    "sales_level": (
        "In no type of {store} have sales jumped to nearly twice the level of the weeks before, or fallen to half.",
        "Demand does not double in a week everywhere; say --replace if it did.",
    ),
    "vanished_pairs": (
        "Most {products} that sold in the last four weeks are in the new ones.",
        "A week that is mostly missing would be taken for a collapse of sales; say --replace if that is meant.",
    ),
}


def drift_suite(load_id: str, may_remove: bool = False, is_append: bool = False) -> Suite:
    """Returns the suite of a load's row in ops.load_drift.

    Args:
        load_id: the load that was measured.
        may_remove: whether the load may replace what is published; then nothing stops it.
        is_append: whether the load adds rows to what is published: a week may then come store by store.
    """
    stops: dict[str, Severity] = dict.fromkeys(STOPS, "warning" if may_remove else "critical")
    if is_append:
        stops["vanished_pairs"] = "warning"
    rules = [_rule(measure, "warning_limit", "warning", says) for measure, says in WARNINGS.items()]
    rules += [_rule(measure, "critical_limit", stops[measure], says) for measure, says in STOPS.items()]
    keys = ("part_name", "subject", "published", "incoming", "detail")
    return Suite("load_drift", "ops.load_drift", _DRIFT.format(load_id=load_id), keys, tuple(rules))


def in_words(text: str) -> str:
    """Returns a sentence of a measure in the words of the house."""
    return text.format(**house().retailer.words.model_dump())


def _rule(measure: str, limit: str, severity: Severity, words: tuple[str, str]) -> Expectation:
    says, why = map(in_words, words)
    return ordered("shift_value", limit, says, why, severity, only=where("measure_name", measure))
