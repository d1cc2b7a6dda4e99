"""The narrator's words fit the facts, and use no figure that the facts do not hold."""

import pytest

from agents.grounding import check_numbers
from agents.narration import anomaly_words, decision_words, forecast_words, inventory_words, narrate, report_words
from agents.phrases import day, listed, money, pct, span, versus
from agents.records import ANALYSES
from warehouse.retailer import Retailer
from warehouse.wording import Wording, speaking

DECISION = {
    "pair_text": "<data>Store 4, department 9</data>",
    "is_found": True,
    "decision_date": "2012-10-26",
    "status": "reorder",
    "stock_source": "counted",
    "review_reason": "",
    "late_order_amount": 0,
    "current_stock_amount": 4000,
    "on_order_amount": 1000,
    "stock_position_amount": 5000,
    "safety_stock_amount": 900,
    "reorder_point_amount": 6100,
    "order_up_to_level_amount": 9000,
    "order_quantity_amount": 4100,
    "expected_lost_margin_amount": 120,
    "holding_cost_amount": 3.5,
    "value_at_risk_amount": 150,
    "excess_stock_amount": 0,
    "cover_weeks": 2.9,
    "mean_daily_demand_amount": 250,
    "mean_weekly_demand_amount": 1750,
    "weekly_demand_deviation_amount": 300,
    "lead_time_weeks": 2.0,
    "review_period_weeks": 1.0,
    "service_level_percent": 95.0,
    "stockout_in_days": 16.0,
    "stockout_probability_percent": 31.5,
    "exception_rank": 7,
    "ranked_pair_count": 40,
}
TRIED = {
    "is_found": True,
    "method": "model of demand behind the recommendation",
    "tried_lead_time_weeks": 3.0,
    "today_lead_time_weeks": 2.0,
    "difference_amount": 1900,
}
SALES = {
    "pair_text": "<data>Store 4, department 9</data>",
    "is_found": True,
    "window_weeks": 8,
    "last_week_date": "2012-10-26",
    "last_week_sales_quantity": 1800,
    "last_week_change_on_last_year_percent": None,
    "mean_sales_quantity": 1700,
    "change_on_weeks_before_percent": 0.3,
    "change_on_last_year_percent": -12.0,
    "return_week_count": 2,
}
ANOMALY = {
    "week_date": "2012-10-05",
    "is_recent": True,
    "detector_name": "robust_seasonal",
    "expected_quantity": 1700,
    "actual_quantity": 400,
    "deviation_quantity": -1300,
    "deviation_percent": -76.5,
    "reason_text": "<data>Far below the usual 1,700.</data>",
}
ANOMALIES = {
    "is_found": True,
    "recent_window_weeks": 8,
    "recent_week_count": 1,
    "year_window_weeks": 52,
    "year_week_count": 3,
    "anomalies": [ANOMALY],
}
FORECAST = {
    "is_found": True,
    "horizon_weeks": 2,
    "first_week_date": "2012-11-02",
    "final_week_date": "2012-11-09",
    "model_name": "lightgbm",
    "model_version": "3",
    "fallback_name": "",
    "interval_levels_percent": [80, 95],
    "total_forecast_quantity": 3500,
    "mean_forecast_quantity": 1750,
    "change_on_last_year_percent": 5.0,
    "peak_week_date": "2012-11-09",
    "peak_forecast_quantity": 1800,
    "low_week_date": "2012-11-02",
    "low_forecast_quantity": 1700,
    "planned_week_count": 1,
    "weeks": [
        {
            "week_date": "2012-11-02",
            "forecast_quantity": 1700,
            "lower_80_quantity": 1500,
            "upper_80_quantity": 1900,
            "lower_95_quantity": 1400,
            "upper_95_quantity": 2000,
            "holiday_name": "",
        },
        {
            "week_date": "2012-11-09",
            "forecast_quantity": 1800,
            "lower_80_quantity": 1500,
            "upper_80_quantity": 1900,
            "lower_95_quantity": 1400,
            "upper_95_quantity": 2000,
            "holiday_name": "",
        },
    ],
}
ACCURACY = {
    "is_found": True,
    "model_name": "lightgbm",
    "baseline_name": "seasonal_naive",
    "origin_count": 5,
    "wmae_quantity": 1480,
    "bias_percent": -3.0,
    "coverage_80_percent": 88.0,
    "better_than_baseline_percent": -2.0,
    "pair_record": {"store_type": "B", "wmae_quantity": 950, "wape_percent": 7.5},
    "pair_scored_weeks": 40,
    "same_store_type": {"store_type": "B", "wmae_quantity": 1600},
    "drift": {
        "is_found": True,
        "week_date": "2012-10-26",
        "judged_weeks": 3,
        "missed_weeks": 2,
        "is_drifting": True,
        "drift_text": "<data>WAPE 12.4%.</data>",
    },
}
ALL = {
    "query_recent_sales": SALES,
    "query_anomalies": ANOMALIES,
    "query_forecast": FORECAST,
    "query_forecast_accuracy": ACCURACY,
    "query_inventory_recommendation": DECISION,
    "calculate_reorder_point": TRIED,
}
STATUSES = ("critical", "reorder", "monitor", "adequate")


@pytest.mark.parametrize("analysis_type", ANALYSES)
def test_every_figure_in_the_words_stands_in_the_facts(analysis_type):
    grounding = check_numbers(narrate(analysis_type, ALL), ALL.values())
    assert grounding.unsupported == ()
    assert grounding.number_count > 5


@pytest.mark.parametrize("order", [0, 4100])
@pytest.mark.parametrize("days", [None, 16.0])
@pytest.mark.parametrize("status", STATUSES)
def test_every_status_has_its_own_grounded_words(status, days, order):
    decision = {**DECISION, "status": status, "stockout_in_days": days, "order_quantity_amount": order}
    assert check_numbers(decision_words(decision), [decision]).is_clean
    others = {decision_words({**decision, "status": other}) for other in STATUSES}
    assert len(others) == len(STATUSES)


def test_too_much_stock_is_called_so_and_never_ordered():
    words = decision_words({**DECISION, "status": "adequate", "excess_stock_amount": 2200, "order_quantity_amount": 0})
    assert words.startswith(
        "Order nothing: the stock position of $5,000 is $2,200 above the order-up-to level of $9,000"
    )
    assert "lasts 2.9 weeks" in words


def test_where_pieces_are_forecast_stock_and_demand_are_told_in_pieces():
    names = [name.removesuffix("_amount") for name in DECISION if name.endswith("_amount")]
    money_only = ("expected_lost_margin", "holding_cost", "value_at_risk")
    pieces = {f"{name}_units": DECISION[f"{name}_amount"] / 10 for name in names if name not in money_only}
    facts = {"query_inventory_recommendation": {**DECISION, **pieces}}
    facts["calculate_reorder_point"] = {**TRIED, "difference_units": -190}
    with speaking(Wording(Retailer(currency="EUR", forecast_unit="units"))):
        words = f"{inventory_words({**ALL, **facts})} {report_words({**ALL, **facts})}".replace("\u00a0", " ")
        assert check_numbers(words, [*ALL.values(), *facts.values()]).is_clean
    assert "Order 410 pcs (€4,100): the stock position of 500 pcs is at or below the reorder point of 610 pcs." in words
    assert "covers 175 pcs of demand a week" in words
    assert "with 90 pcs of safety stock" in words
    assert "400 pcs on hand and 100 pcs on order" in words


def test_a_reorder_names_order_position_and_reorder_point():
    assert decision_words(DECISION) == (
        "Order $4,100: the stock position of $5,000 is at or below the reorder point of $6,100. "
        "The probability of running out before it arrives is 31.5%."
    )


def test_the_target_is_called_by_its_name():
    told = narrate("inventory_optimization", ALL)
    filled = {**ALL, "query_inventory_recommendation": {**DECISION, "target_kind": "fill_rate"}}
    assert "for a service level of 95%" in told
    assert narrate("inventory_optimization", filled) == told.replace("service level of 95%", "fill rate of 95%")


def test_an_order_is_never_told_where_none_is_recommended():
    for status in STATUSES:
        words = decision_words({**DECISION, "status": status, "order_quantity_amount": 0})
        assert "Order $" not in words


def test_simulated_stock_is_always_called_so():
    simulated = {"query_inventory_recommendation": {**DECISION, "stock_source": "simulated"}}
    assert "simulated" in inventory_words(simulated)
    assert "simulated" in report_words(simulated)
    assert "simulated" not in inventory_words({"query_inventory_recommendation": DECISION})


def test_unusual_low_sales_are_not_called_weak_demand_at_once():
    words = anomaly_words(ALL)
    assert "1 of the last 8 weeks is unusual." in words
    assert "$1,300 (76.5%) less" in words
    assert 'quoted from the data: "Far below the usual 1,700."' in words
    assert "Check for empty shelves or missing data" in words
    assert "level with the 8 weeks before and 12% below the same weeks of last year" in words
    assert "Returns exceeded sales in 2 of them." in words


def test_quiet_weeks_are_called_quiet():
    quiet = {**ANOMALIES, "recent_week_count": 0, "year_week_count": 0, "anomalies": []}
    assert "No week of the last 52 is unusual." in anomaly_words({**ALL, "query_anomalies": quiet})


def test_drift_and_a_plan_are_told_only_where_there_are_any():
    words = forecast_words(ALL)
    assert "Planned promotions moved 1 week of it" in words
    assert 'the record says "WAPE 12.4%." Read them with care.' in words
    calm = {**ACCURACY, "drift": {**ACCURACY["drift"], "is_drifting": False}}
    words = forecast_words({"query_forecast": {**FORECAST, "planned_week_count": 0}, "query_forecast_accuracy": calm})
    assert "drift" not in words
    assert "Planned" not in words


def test_a_forecast_that_does_not_beat_the_baseline_says_so():
    words = forecast_words(ALL)
    assert "2% worse than seasonal naive" in words
    assert "does not beat the baseline" in words
    assert "wider than needed" in words
    assert "3% too low" in words
    assert "For this store and department it missed by $950 a week, 7.5% of its sales, in 40 weeks that were" in words
    assert "In stores of type B" not in words


def test_the_record_of_the_store_type_stands_in_where_too_few_weeks_of_the_pair_were_scored():
    thin = {**ACCURACY, "pair_record": {}, "pair_scored_weeks": 8}
    results = {**ALL, "query_forecast_accuracy": thin}
    words = forecast_words(results)
    assert (
        "Only 8 weeks of this store and department could be scored: in stores of type B, such as this, it missed by "
        "$1,600." in words
    )
    assert check_numbers(words, results.values()).is_clean


def test_a_fallback_is_named():
    thin = {**FORECAST, "fallback_name": "recent_mean"}
    assert "a simpler method, recent mean, made it" in forecast_words({"query_forecast": thin})


def test_missing_intervals_are_left_out():
    bare = {**FORECAST["weeks"][0], "lower_80_quantity": None}
    words = forecast_words({"query_forecast": {**FORECAST, "weeks": [bare]}})
    assert "expected to bring $1,700." in words
    assert "probability" not in words


@pytest.mark.parametrize("analysis_type", ANALYSES)
def test_without_facts_the_words_say_that_there_are_none(analysis_type):
    assert "no" in narrate(analysis_type, {}).lower()
    assert check_numbers(narrate(analysis_type, {}), []).is_clean


def test_figures_are_written_for_managers():
    assert (money(12345.4), money(-1500), money(99.5), money(0)) == ("$12,345", "-$1,500", "$99.50", "$0")
    assert (pct(-4.25), pct(12.0)) == ("4.2%", "12%")
    assert day("2012-10-05") == "5 October 2012"
    assert (span(1.0, "week"), span(2.5, "week")) == ("1 week", "2.5 weeks")
    assert (versus(None, "x"), versus(0.4, "x"), versus(-3, "x")) == ("", "level with x", "3% below x")
    assert (listed(["a"]), listed(["a", "", "b"]), listed([])) == ("a", "a and b", "")


def test_a_lead_time_that_is_not_another_one_is_no_what_if():
    same = {**TRIED, "tried_lead_time_weeks": 26.0, "today_lead_time_weeks": 26.0}
    assert "If a delivery took" not in inventory_words({**ALL, "calculate_reorder_point": same})


def checks(decision: dict) -> str:
    """What a report on the decision says to check first."""
    return report_words({"query_inventory_recommendation": decision}).split("**Check first.** ")[1]


def test_an_order_that_waits_for_a_person_is_not_called_fit_to_be_taken_as_it_is():
    assert checks(DECISION) == "Nothing stands out: the figures can be taken as they are."
    assert "was due before the count and had not come" in checks({**DECISION, "review_reason": "overdue_delivery"})


def test_an_order_that_comes_too_late_is_told():
    assert checks({**DECISION, "late_order_amount": 600}) == (
        "Of what is on order, $600 comes too late to protect the shelf."
    )


def test_an_empty_shelf_is_not_sent_to_look_for_an_empty_shelf():
    empty = {**ANOMALY, "detector_name": "empty_shelf"}
    words = anomaly_words({**ALL, "query_anomalies": {**ANOMALIES, "anomalies": [empty]}})
    assert "see that the shelf is filled in time" in words
    assert "Check for empty shelves" not in words
