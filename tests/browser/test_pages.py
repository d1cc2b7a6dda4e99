"""One claim a page: a number on a page equals the number in the mart."""

import json
import os
import time
from collections.abc import Callable
from typing import Any

import pytest

from streamlit_app.views import formats
from warehouse.opening import open_database
from warehouse.settings import Settings

pytestmark = pytest.mark.browser

OpenPage = Callable[[str], Any]
Mart = Callable[..., Any]


def metric(page: Any, label: str) -> str:
    """Returns the value of the figure under a label."""
    found = page.locator('[data-testid="stMetric"]').filter(has_text=label).first
    return str(found.locator('[data-testid="stMetricValue"]').inner_text())


def test_the_overview_shows_the_sales_of_the_last_13_weeks(open_page: OpenPage, mart: Mart) -> None:
    sales = mart(
        "select sum(sales_amount) from marts.fct_weekly_sales "
        "where week_date > (select max(week_date) from marts.fct_weekly_sales) - 91"
    )
    assert metric(open_page(""), "Sales, last 13 weeks") == formats.dollars_short(sales)


def test_the_overview_shows_the_forecast_of_the_champion_and_says_that_stock_is_simulated(
    open_page: OpenPage, mart: Mart
) -> None:
    total = mart("select sum(forecast_amount) from marts.fct_forecasts where is_latest and is_champion")
    page = open_page("")
    assert metric(page, "Forecast, next 8 weeks") == formats.dollars_short(total)
    assert page.get_by_text("Stock: simulated").count() >= 1


def test_a_link_with_store_and_department_opens_their_forecast(open_page: OpenPage, mart: Mart) -> None:
    total = mart(
        "select sum(forecast_amount) from marts.fct_forecasts "
        "where is_latest and is_champion and store_id = 2 and dept_id = 3"
    )
    assert metric(open_page("forecasts?store=2&dept=3"), "Next 8 weeks") == formats.dollars_short(total)


def test_a_pair_shows_its_own_error_and_that_of_its_store_type_where_too_few_weeks_were_scored(
    open_page: OpenPage, mart: Mart
) -> None:
    champion = "select wape_rate from marts.fct_forecast_accuracy where is_champion and slice_name = 'all' and "
    own = mart(f"{champion} level_name = 'pair' and store_id = 2 and dept_id = 3")
    thin = mart(f"{champion} level_name = 'pair' and store_id = 1 and dept_id = 1")
    of_type = mart(f"{champion} level_name = 'store_type' and store_type = 'B'")
    assert metric(open_page("forecasts?store=2&dept=3"), "Typical error of this pair") == formats.percent(own)
    shown = metric(open_page("forecasts?store=1&dept=1"), "Typical error, type B stores")
    assert shown == formats.percent(of_type) != formats.percent(thin)


def test_the_overview_shows_the_range_of_the_chain_s_total(open_page: OpenPage, mart: Mart) -> None:
    bounds = "from marts.fct_horizon_totals where is_champion and is_latest and level_name = 'chain'"
    lower, upper = (mart(f"select {name}_amount {bounds}") for name in ("lower", "upper"))
    figure = open_page("").get_by_test_id("stMetric").filter(has_text="Forecast, next 8 weeks")
    assert f"{formats.dollars_short(lower)} to {formats.dollars_short(upper)}" in figure.inner_text()


def test_a_sentence_opens_the_forecast_it_asks_for(open_page: OpenPage, mart: Mart) -> None:
    total = mart(
        "select sum(forecast_amount) from marts.fct_forecasts "
        "where is_latest and is_champion and store_id = 3 and dept_id = 1"
    )
    page = open_page("forecasts?store=2&dept=3")
    page.get_by_label("Ask for a forecast").fill("show forecast for store 3, department 1")
    page.keyboard.press("Enter")
    page.wait_for_url("**store=3&dept=1*")
    page.get_by_text(formats.dollars_short(total)).first.wait_for(timeout=10_000)
    assert metric(page, "Next 8 weeks") == formats.dollars_short(total)


def test_a_sentence_about_a_pair_without_a_forecast_is_answered_in_words(open_page: OpenPage) -> None:
    page = open_page("forecasts?store=2&dept=3")
    page.get_by_label("Ask for a forecast").fill("store 1 department 999")
    page.keyboard.press("Enter")
    page.get_by_text("There is no forecast for store 1, department 999.").wait_for(timeout=10_000)


def test_of_nine_models_the_charts_name_the_champion_the_baseline_and_the_two_best_others(open_page: OpenPage) -> None:
    page = open_page("forecasts?store=2&dept=3")
    page.locator(".legendtext", has_text="other models").first.wait_for(timeout=10_000)
    shown = page.locator(".js-plotly-plot").filter(has_text="other models").first.locator(".legendtext")
    assert shown.all_text_contents()[-5:] == [
        "Blend (champion)",
        "Seasonal naive",
        "Extra-trees",
        "LightGBM",
        "5 other models",
    ]


def test_a_drift_of_the_champion_is_a_plain_warning_on_both_pages(open_page: OpenPage, mart: Mart) -> None:
    seen = mart("select drift_text from marts.fct_forecast_drift where is_champion and is_latest and is_drifting")
    for path in ("", "forecasts?store=2&dept=3"):
        warning = open_page(path).get_by_test_id("stAlert").filter(has_text="The forecasts drift")
        assert seen in warning.inner_text()


def test_the_inventory_page_counts_the_critical_pairs(open_page: OpenPage, mart: Mart) -> None:
    critical = mart("select count(*) from marts.fct_inventory_recommendations where is_latest and status = 'critical'")
    assert metric(open_page("inventory"), "critical pairs") == formats.count(critical)


def test_the_inventory_page_details_the_pair_with_the_most_money_at_risk(open_page: OpenPage, mart: Mart) -> None:
    order = mart(
        "select order_quantity_amount from marts.fct_inventory_recommendations order by exception_rank limit 1"
    )
    assert metric(open_page("inventory"), "Order now") == formats.dollars(order)


def test_the_detail_of_a_pair_leads_to_its_forecast(open_page: OpenPage, mart: Mart) -> None:
    store = mart("select store_id from marts.fct_inventory_recommendations order by exception_rank limit 1")
    dept = mart("select dept_id from marts.fct_inventory_recommendations order by exception_rank limit 1")
    page = open_page("forecasts?store=2&dept=3")
    page.locator('[data-testid="stSidebarNavLink"]').filter(has_text="Inventory").click()
    page.get_by_role("link", name="Forecast", exact=True).last.click()
    page.wait_for_url(f"**/forecasts?store={store}&dept={dept}*", timeout=10_000)


def test_a_pair_that_needs_a_person_is_approved_on_the_page_and_stays_so_after_a_reload(
    open_page: OpenPage, mart: Mart
) -> None:
    top = "from marts.fct_inventory_recommendations where review_reason <> '' order by exception_rank limit 1"
    key, order = mart(f"select recommendation_id {top}"), mart(f"select order_quantity_amount {top}")
    page = open_page("inventory")
    page.get_by_text("Needs a person", exact=True).first.click()
    page.get_by_text("The order is far above what sold lately").first.wait_for(timeout=10_000)
    page.get_by_label("Who decides").fill("Ana")
    page.get_by_role("button", name="Save the decision").click()
    page.get_by_text("approve is saved").first.wait_for(timeout=10_000)
    state = mart("select order_state from marts.fct_orders where recommendation_id = %(key)s", key=key)
    who = mart("select decided_by from marts.fct_decisions where recommendation_id = %(key)s", key=key)
    assert (state, who) == ("approved", "Ana")
    store, dept = key.split("-")[:2]
    again = open_page(f"inventory?store={store}&dept={dept}")
    shown = again.get_by_text(f"{formats.dollars(order)} goes out.").first
    shown.wait_for(timeout=10_000)
    assert "Approved by Ana" in shown.inner_text()


def test_an_override_without_a_reason_is_refused_in_words_and_not_saved(open_page: OpenPage, mart: Mart) -> None:
    before = mart("select count(*) from marts.fct_decisions")
    page = open_page("inventory?store=3&dept=2")
    page.get_by_role("radio", name="Override").click()
    page.get_by_role("spinbutton").fill("1250")
    page.get_by_role("button", name="Save the decision").click()
    page.get_by_text("An override needs a reason.").wait_for(timeout=10_000)
    assert mart("select count(*) from marts.fct_decisions") == before


def test_the_what_if_page_shows_what_a_scenario_changes_and_starts_over(
    open_page: OpenPage, mart: Mart, marts: Settings
) -> None:
    from ml.inventory.orders.inputs import load_decision_inputs
    from ml.inventory.scenarios.what_if import Scenario, rows_of, what_if

    inputs = load_decision_inputs(marts, open_database(marts), "reader")
    page = open_page("what_if")
    store = int(mart("select store_id from marts.fct_inventory_recommendations order by exception_rank limit 1"))
    found = what_if(inputs, Scenario(demand_shift_rate=0.1), rows_of(inputs, store))
    before, after = (formats.dollars_short(side.kpis.stock_amount) for side in (found.before, found.after))
    assert metric(page, "Average stock") == before != after
    page.get_by_role("slider", name="Demand shift").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.get_by_text(f"from {before}").first.wait_for(timeout=10_000)
    assert metric(page, "Average stock") == after
    assert metric(page, "Orders now") == formats.dollars_short(found.after.kpis.order_amount)
    page.get_by_role("button", name="Start over").click()
    page.get_by_text("Move a slider to see which orders would change.").wait_for(timeout=10_000)
    page.get_by_text(f"from {before}").first.wait_for(state="detached", timeout=10_000)
    assert metric(page, "Average stock") == before


def test_a_saved_report_is_shown_with_the_figure_that_was_not_found(open_page: OpenPage, mart: Mart) -> None:
    share = mart("select grounded_rate from marts.fct_agent_reports where analysis_type = 'report'")
    page = open_page("ai_insights")
    assert page.get_by_text("41 (not found in the data)").count() == 1
    assert page.get_by_text(f"{formats.percent(share, 0)} of the figures in the report").count() == 1
    assert page.locator(".stMarkdownBadge").filter(has_text="Deterministic narrator").count() == 1


def test_the_quality_page_shows_the_share_of_rules_that_hold(open_page: OpenPage, mart: Mart) -> None:
    share = mart("select avg(is_success::int)::float8 from marts.fct_data_quality where is_latest")
    assert metric(open_page("data_quality"), "Rules that hold") == formats.percent(share)


def test_the_quality_page_counts_the_lines_that_were_set_aside(open_page: OpenPage, mart: Mart) -> None:
    lines = mart("select count(*) from marts.fct_rejected_rows")
    assert metric(open_page("data_quality"), "Lines set aside") == formats.count(lines)


def test_the_overview_says_how_many_rules_hold(open_page: OpenPage, mart: Mart) -> None:
    share = mart("select score_rate from marts.fct_data_quality_scores where is_latest")
    badge = open_page("").locator(".stMarkdownBadge").filter(has_text="Data quality:")
    assert badge.inner_text().find(f"{formats.percent(share)} of 7 rules hold, 1 warning") > 0


def test_the_quality_page_shows_what_drifted_in_the_latest_load(open_page: OpenPage, mart: Mart) -> None:
    beyond = mart("select count(*) from marts.fct_load_drift where severity <> 'within'")
    page = open_page("data_quality")
    page.get_by_role("tab", name="Drift").click()
    page.get_by_text(f"{formats.count(beyond)} of 3 figures lie beyond their limit.").wait_for()


def test_the_runs_page_shows_the_latest_run(open_page: OpenPage, mart: Mart) -> None:
    run_id = mart("select run_id from marts.fct_pipeline_runs order by started_at desc limit 1")
    page = open_page("runs")
    assert page.get_by_role("heading", name=f"Run {run_id}").count() == 1
    page.wait_for_selector(".js-plotly-plot", timeout=10_000)


def test_every_page_is_drawn_without_an_error_and_is_timed(open_page: OpenPage) -> None:
    page = open_page("")
    links = page.locator('[data-testid="stSidebarNavLink"]')
    names = [links.nth(number).inner_text().split("\n")[-1] for number in range(links.count())]
    seconds = {}
    for name in [*names, *names]:
        began = time.monotonic()
        links.filter(has_text=name).first.click()
        page.get_by_role("heading", name=name, exact=True).first.wait_for(timeout=20_000)
        page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=20_000)
        seconds[name] = round(time.monotonic() - began, 2)
        assert page.locator('[data-testid="stException"], [data-testid="stAlertContentError"]').count() == 0, name
    if os.environ.get("SHELFCAST_PAGE_SECONDS"):
        with open(os.environ["SHELFCAST_PAGE_SECONDS"], "w") as file:  # noqa: PTH123
            json.dump(seconds, file, indent=1)
    assert len(seconds) == 7
