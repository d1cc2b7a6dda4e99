"""The deterministic narrator's words: tool results in, sentences for a manager out; no figure of its own."""

from collections.abc import Mapping

from agents.phrases import day, figure, holiday_week, listed, money, pct, quantity, sentences, span, versus
from agents.quoting import quoted_text
from agents.records import ANOMALY, FORECASTING, INVENTORY, REPORT, Facts
from warehouse.conventions import EMPTY_SHELF
from warehouse.wording import house

Results = Mapping[str, Facts]
"""What the tools returned, by tool."""

COVERAGE_SLACK = 5.0
BIAS_WORTH_SAYING = 2.0
"""Percent points by which a figure must be off before the words mention it."""

_NONE: Facts = {"is_found": False}


def narrate(analysis_type: str, results: Results) -> str:
    """Returns the words of one analysis.

    Raises:
        KeyError: there is no such analysis.
    """
    writers = {ANOMALY: anomaly_words, FORECASTING: forecast_words, INVENTORY: inventory_words, REPORT: report_words}
    return writers[analysis_type](results)


def anomaly_words(results: Results) -> str:
    """Returns how sales have run lately and what stands out."""
    sales = results.get("query_recent_sales", _NONE)
    if not sales["is_found"]:
        return f"There are no sales of this {house().pair_word} to look at."
    return sentences(*_sales_words(sales), *_unusual_words(results.get("query_anomalies", _NONE)))


def _sales_words(sales: Facts) -> list[str]:
    last = versus(sales["last_week_change_on_last_year_percent"], "the same week of last year")
    trend = listed(
        [
            versus(sales["change_on_weeks_before_percent"], f"the {span(sales['window_weeks'], 'week')} before"),
            versus(sales["change_on_last_year_percent"], "the same weeks of last year"),
        ]
    )
    returned = sales["return_week_count"]
    return [
        f"{quoted_text(sales['pair_text'])} sold {quantity(sales['last_week_sales_quantity'])} in "
        f"the week of {day(sales['last_week_date'])}{', ' + last if last else ''}.",
        f"Over the last {span(sales['window_weeks'], 'week')} it averaged {quantity(sales['mean_sales_quantity'])} a "
        f"week{', ' + trend if trend else ''}.",
        f"Returns exceeded sales in {returned} of them." if returned else "",
    ]


def _unusual_words(anomalies: Facts) -> list[str]:
    if not anomalies["is_found"]:
        return []
    recent, year = anomalies["recent_week_count"], anomalies["year_week_count"]
    window = f"the last {span(anomalies['recent_window_weeks'], 'week')}"
    if not year:
        return [f"No week of the last {anomalies['year_window_weeks']} is unusual."]
    largest = anomalies["anomalies"][0]
    opening = (
        f"{recent} of {window} {'is' if recent == 1 else 'are'} unusual."
        if recent
        else f"None of {window} is unusual; {year} of the last {anomalies['year_window_weeks']} "
        f"{'was' if year == 1 else 'were'}."
    )
    return [opening, _largest_words(largest), _quote_words(largest["reason_text"]), _check_words(largest, bool(recent))]


def _largest_words(anomaly: Facts) -> str:
    change = anomaly["deviation_percent"]
    share = f" ({pct(change)})" if change is not None else ""
    deviation = anomaly["deviation_quantity"]
    return (
        f"The largest: the week of {day(anomaly['week_date'])}, when {quantity(anomaly['actual_quantity'])} came in "
        f"against {quantity(anomaly['expected_quantity'])} expected, {quantity(abs(deviation))}{share} "
        f"{'more' if deviation > 0 else 'less'}."
    )


def _quote_words(marked: str) -> str:
    quote = quoted_text(marked)
    return f'The detector\'s note, quoted from the data: "{quote}"' if quote else ""


def _check_words(anomaly: Facts, is_recent: bool) -> str:
    if not is_recent:
        return ""
    if anomaly["deviation_quantity"] > 0:
        return "Find out whether a promotion or a one-off sale explains it before you plan on its return."
    if anomaly["detector_name"] == EMPTY_SHELF:
        return "It says nothing of demand: see that the shelf is filled in time."
    return "Check for empty shelves or missing data before you read it as weak demand."


def forecast_words(results: Results) -> str:
    """Returns what is expected, how sure that is, and how good the forecasts have been."""
    forecast = results.get("query_forecast", _NONE)
    if not forecast["is_found"]:
        return f"There is no forecast for this {house().pair_word}: its series is not active."
    return sentences(
        *_outlook_words(forecast),
        _start_words(results.get("prepare_features", _NONE)),
        _model_words(forecast, results.get("load_model_from_mlflow", _NONE)),
        *_record_words(results.get("query_forecast_accuracy", _NONE)),
    )


def _outlook_words(forecast: Facts) -> list[str]:
    change = versus(forecast["change_on_last_year_percent"], "the same weeks of last year")
    first = forecast["weeks"][0]
    holidays = [week for week in forecast["weeks"] if week["holiday_name"]]
    return [
        f"For the next {span(forecast['horizon_weeks'], 'week')}, {day(forecast['first_week_date'])} to "
        f"{day(forecast['final_week_date'])}, {quantity(forecast['total_forecast_quantity'])} of sales are expected, "
        f"{quantity(forecast['mean_forecast_quantity'])} a week{', ' + change if change else ''}.",
        f"The strongest week is that of {day(forecast['peak_week_date'])} with "
        f"{quantity(forecast['peak_forecast_quantity'])}, the weakest that of "
        f"{day(forecast['low_week_date'])} with {quantity(forecast['low_forecast_quantity'])}.",
        _interval_words(first),
        f"Ahead: {listed([holiday_week(week['holiday_name'], week['week_date']) for week in holidays])}."
        if holidays
        else "",
        _plan_words(forecast),
    ]


def _plan_words(forecast: Facts) -> str:
    weeks = forecast["planned_week_count"]
    return f"Planned promotions moved {span(weeks, 'week')} of it: it holds as far as the plan does." if weeks else ""


def _interval_words(week: Facts) -> str:
    if week["lower_80_quantity"] is None or week["lower_95_quantity"] is None:
        return f"The week of {day(week['week_date'])} is expected to bring {quantity(week['forecast_quantity'])}."
    inner, outer = (
        f"between {quantity(week[f'lower_{level}_quantity'])} and {quantity(week[f'upper_{level}_quantity'])}"
        for level in (80, 95)
    )
    return (
        f"The week of {day(week['week_date'])} is expected to bring {quantity(week['forecast_quantity'])}: with 80% "
        f"probability {inner}, with 95% {outer}."
    )


def _start_words(features: Facts) -> str:
    if not features["is_found"]:
        return ""
    four, year = features["mean_of_4_weeks_quantity"], features["mean_of_52_weeks_quantity"]
    return (
        f"The forecast starts from {quantity(four)} a week over the last 4 weeks and {quantity(year)} over the last "
        f"{span(features['known_weeks'], 'week')}."
    )


def _model_words(forecast: Facts, model: Facts) -> str:
    name, version = forecast["model_name"], forecast["model_version"]
    simpler = house().method(forecast["fallback_name"])
    if simpler:
        return f"The history is too thin for {name}, so a simpler method, {simpler}, made it: plan with more reserve."
    is_champion = model["is_found"] and (model["model_name"], model["model_version"]) == (name, version)
    return f"It was made by {name}, version {version}{', the champion of the model registry' if is_champion else ''}."


def _record_words(accuracy: Facts) -> list[str]:
    if not accuracy["is_found"]:
        return ["There is no backtest to judge it by."]
    gain = accuracy["better_than_baseline_percent"]
    weighing = ", holiday weeks weighing more" if house().retailer.holiday_weight > 1 else ""
    baseline = accuracy["baseline_name"].replace("_", " ")
    verdict = "" if gain is None else f", {pct(gain)} {'better' if gain >= 0 else 'worse'} than {baseline}"
    return [
        f"In the backtest over {span(accuracy['origin_count'], 'origin')} {accuracy['model_name']} missed by "
        f"{quantity(accuracy['wmae_quantity'])} a week on average{weighing}{verdict}.",
        "It does not beat the baseline: read the forecast with care." if gain is not None and gain < 0 else "",
        _coverage_words(accuracy["coverage_80_percent"]),
        _bias_words(accuracy["bias_percent"]),
        _pair_words(accuracy),
        _drift_words(accuracy.get("drift", _NONE)),
    ]


def _drift_words(drift: Facts) -> str:
    if not drift["is_found"] or not drift["is_drifting"]:
        return ""
    return (
        f"The forecasts of all pairs drift: at least {drift['missed_weeks']} of the {drift['judged_weeks']} weeks to "
        f"{day(drift['week_date'])} missed more than the "
        f'backtest led to expect; the record says "{quoted_text(drift["drift_text"])}" Read them with care.'
    )


def _pair_words(accuracy: Facts) -> str:
    """Returns how far it missed here: for the pair, or for its store type where too few of its weeks were scored."""
    own, same_type = (accuracy.get(name, {}) for name in ("pair_record", "same_store_type"))
    weeks = accuracy.get("pair_scored_weeks", 0)
    if own:
        share = "" if own["wape_percent"] is None else f", {pct(own['wape_percent'])} of its sales"
        return (
            f"For this {house().pair_word} it missed by {quantity(own['wmae_quantity'])} a week{share}, in "
            f"{span(weeks, 'week')} that were scored."
        )
    if not same_type:
        return ""
    words = house().retailer.words
    kind = (
        f"{words.stores} of type {same_type['store_type']}, such as this"
        if same_type["store_type"]
        else f"all {words.stores}"
    )
    return (
        f"Only {span(weeks, 'week')} of this {house().pair_word} could be scored: in {kind}, it missed by "
        f"{quantity(same_type['wmae_quantity'])}."
    )


def _coverage_words(coverage: float | None) -> str:
    if coverage is None:
        return ""
    verdict = ", so they are too narrow" if coverage < 80 - COVERAGE_SLACK else ""
    verdict = ", so they are wider than needed" if coverage > 80 + COVERAGE_SLACK else verdict
    return f"Its 80% intervals held the actual sales {pct(coverage)} of the time{verdict}."


def _bias_words(bias: float | None) -> str:
    if bias is None or abs(bias) < BIAS_WORTH_SAYING:
        return ""
    return f"On the whole it ran {pct(bias)} too {'high' if bias > 0 else 'low'}."


def inventory_words(results: Results) -> str:
    """Returns what to order and why, what it is worth, and what a longer lead time would change."""
    decision = results.get("query_inventory_recommendation", _NONE)
    if not decision["is_found"]:
        return f"There is no inventory recommendation for this {house().pair_word}."
    return sentences(
        decision_words(decision),
        _reorder_words(decision),
        _money_words(decision),
        _what_if_words(results.get("calculate_reorder_point", _NONE)),
        _policy_words(results.get("query_policy", _NONE)),
        source_words(decision),
    )


_DECISIONS = {
    "critical, order": "Order {order} now and ask for an early delivery: {run_out}. The probability of "
    "running out before an order placed today can arrive is {risk}; the lead time is {lead}.",
    "critical": "Hurry the delivery that is under way: {run_out}. The probability of running out "
    "before anything ordered today can arrive is {risk}; the lead time is {lead}.",
    "reorder, order": "Order {order}: the stock position of {position} is at or below the reorder point of {point}. "
    "The probability of running out before it arrives is {risk}.",
    "reorder": "Order nothing this week: the stock position of {position} is at or below the reorder point of {point}, "
    "but what is missing is less than the smallest order.",
    "monitor": "Order nothing yet: the stock position of {position} is above the reorder point of {point}, but is "
    "expected to reach it within the review period of {review}.",
    "adequate": "Order nothing: the stock position of {position} is above the reorder point of {point} and stays there "
    "over the review period. The probability of running out before a delivery could arrive is {risk}.",
    "excess": "Order nothing: the stock position of {position} is {excess} above the order-up-to level of {level}"
    "{cover} at the demand expected. Hold back what is planned to come and think of a price cut.",
}


def decision_words(decision: Facts) -> str:
    """Returns the decision with its reason, in the words that fit its status."""
    return _DECISIONS[_case(decision)].format(
        order=_order_words(decision),
        position=held(decision, "stock_position"),
        point=held(decision, "reorder_point"),
        level=held(decision, "order_up_to_level"),
        excess=held(decision, "excess_stock"),
        lead=span(decision["lead_time_weeks"], "week"),
        review=span(decision["review_period_weeks"], "week"),
        risk=pct(decision["stockout_probability_percent"]),
        cover=f" and lasts {span(decision['cover_weeks'], 'week')}" if decision["cover_weeks"] else "",
        run_out=_run_out_words(decision),
    )


def held(decision: Facts, name: str) -> str:
    """Returns stock, a level or demand in the unit that is forecast: pieces where the facts hold them, else money."""
    pieces = decision.get(f"{name}_units")
    return money(decision[f"{name}_amount"]) if pieces is None else house().pieces(pieces)


def _order_words(decision: Facts) -> str:
    """Returns the order: in money, and in pieces before it where they are known."""
    amount, pieces = money(decision["order_quantity_amount"]), decision.get("order_quantity_units")
    return amount if pieces is None else f"{house().pieces(pieces)} ({amount})"


def _case(decision: Facts) -> str:
    status = decision["status"] if decision["status"] in _DECISIONS else "adequate"
    if status == "adequate" and decision["excess_stock_amount"] > 0:
        return "excess"
    is_order = decision["order_quantity_amount"] > 0 and f"{status}, order" in _DECISIONS
    return f"{status}, order" if is_order else status


def _run_out_words(decision: Facts) -> str:
    days = decision["stockout_in_days"]
    order = f" with {held(decision, 'on_order')} on order" if decision["on_order_amount"] else ""
    stock = f"the stock of {held(decision, 'current_stock')}{order}"
    return f"{stock} lasts {span(days, 'day')}" if days is not None else f"{stock} may run out"


def _reorder_words(decision: Facts) -> str:
    target = "fill rate" if decision.get("target_kind") == "fill_rate" else "service level"
    return (
        f"The reorder point covers {held(decision, 'mean_weekly_demand')} of demand a week over a lead time of "
        f"{span(decision['lead_time_weeks'], 'week')} and a review period of "
        f"{span(decision['review_period_weeks'], 'week')}, with {held(decision, 'safety_stock')} of safety "
        f"stock for a {target} of {pct(decision['service_level_percent'])}."
    )


def _money_words(decision: Facts) -> str:
    rank = decision["exception_rank"]
    place = f", number {rank} of {decision['ranked_pair_count']} pairs" if rank else ""
    return (
        f"If nothing is done, {money(decision['value_at_risk_amount'])} is at stake over lead time and review "
        f"period{place}; {money(decision['expected_lost_margin_amount'])} of margin is expected to be lost before an "
        f"order placed now could arrive. Holding today's stock for a review period costs "
        f"{money(decision['holding_cost_amount'])}."
    )


def _what_if_words(tried: Facts) -> str:
    if not tried["is_found"] or tried["tried_lead_time_weeks"] == tried["today_lead_time_weeks"]:
        return ""
    direction = "rise" if tried["difference_amount"] >= 0 else "fall"
    sizes = {name: abs(value) for name, value in tried.items() if name.startswith("difference")}
    return (
        f"If a delivery took {span(tried['tried_lead_time_weeks'], 'week')} instead of "
        f"{figure(tried['today_lead_time_weeks'])}, the reorder point would {direction} by "
        f"{held(sizes, 'difference')} by the {tried['method']}."
    )


def _policy_words(policy: Facts) -> str:
    return f"The policy {policy['policy_id']} applies." if policy["is_found"] else ""


def source_words(decision: Facts) -> str:
    """Returns the warning that the stock is simulated, where it is."""
    if decision["stock_source"] == "simulated":
        return "The stock position is simulated, since no count was supplied: count the shelf before you order."
    return ""


def _review_words(decision: Facts) -> str:
    """Returns why a person should look at the order before it goes out; nothing where none needs to."""
    from ml.inventory.orders.guardrails import GUARDRAILS

    return GUARDRAILS.get(decision["review_reason"], "")


def _late_words(decision: Facts) -> str:
    """Returns what is on order but comes too late to protect the shelf until the order after this one."""
    if not decision["late_order_amount"]:
        return ""
    return f"Of what is on order, {held(decision, 'late_order')} comes too late to protect the shelf."


def report_words(results: Results) -> str:
    """Returns the report for a manager: the decision first, then why, then what to check."""
    decision = results.get("query_inventory_recommendation", _NONE)
    return "\n\n".join(
        [
            f"**Decision.** {_decision_line(decision)}",
            f"**Why.** {_why_line(results, decision)}",
            f"**Check first.** {_check_line(results, decision)}",
        ]
    )


def _decision_line(decision: Facts) -> str:
    if not decision["is_found"]:
        return f"No inventory recommendation was made for this {house().pair_word}."
    pair = f"{quoted_text(decision['pair_text'])}: {decision['status']}."
    worth = f"{money(decision['value_at_risk_amount'])} is at stake."
    return sentences(pair, decision_words(decision), worth)


def _why_line(results: Results, decision: Facts) -> str:
    forecast, sales = results.get("query_forecast", _NONE), results.get("query_recent_sales", _NONE)
    return sentences(_recent_line(sales), _outlook_line(forecast), _stock_line(decision))


def _recent_line(sales: Facts) -> str:
    if not sales["is_found"]:
        return ""
    trend = versus(sales["change_on_last_year_percent"], "last year")
    window = f"over the last {span(sales['window_weeks'], 'week')}{', ' + trend if trend else ''}"
    return f"Sales averaged {quantity(sales['mean_sales_quantity'])} a week {window}."


def _outlook_line(forecast: Facts) -> str:
    if not forecast["is_found"]:
        return "There is no forecast."
    return (
        f"The forecast for the next {span(forecast['horizon_weeks'], 'week')} is "
        f"{quantity(forecast['mean_forecast_quantity'])} a week, "
        f"{quantity(forecast['total_forecast_quantity'])} in all."
    )


def _stock_line(decision: Facts) -> str:
    if not decision["is_found"]:
        return ""
    stock, order, point = (held(decision, name) for name in ("current_stock", "on_order", "reorder_point"))
    return f"Against that stand {stock} on hand and {order} on order; the reorder point is {point}."


def _check_line(results: Results, decision: Facts) -> str:
    anomalies, forecast = results.get("query_anomalies", _NONE), results.get("query_forecast", _NONE)
    checks = [
        *([source_words(decision), _review_words(decision), _late_words(decision)] if decision["is_found"] else []),
        _recent_unusual_line(anomalies),
        f"The forecast comes from a simpler method, {house().method(forecast['fallback_name'])}."
        if forecast["is_found"] and forecast["fallback_name"]
        else "",
    ]
    return sentences(*checks) or "Nothing stands out: the figures can be taken as they are."


def _recent_unusual_line(anomalies: Facts) -> str:
    if not anomalies["is_found"] or not anomalies["recent_week_count"]:
        return ""
    largest = anomalies["anomalies"][0]
    return (
        f"The week of {day(largest['week_date'])} was unusual, {quantity(largest['actual_quantity'])} against "
        f"{quantity(largest['expected_quantity'])} expected."
    )
