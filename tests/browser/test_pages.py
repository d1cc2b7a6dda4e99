"""One claim a page: a number on a page equals the number in the mart."""

from collections.abc import Callable
from typing import Any

import pytest

from ml.inventory.decisions import Decision, record
from ml.inventory.orders.guardrails import GUARDRAILS
from streamlit_app.views import formats
from warehouse.conventions import BASELINE, SIMPLE
from warehouse.database import Database
from warehouse.settings import Settings
from warehouse.wording import house

pytestmark = pytest.mark.browser

OpenPage = Callable[[str], Any]
Mart = Callable[..., Any]
Settle = Callable[[Any], None]

PAIR = "forecasts?store=2&dept=3"
CHAMPION_AHEAD = "from marts.fct_forecasts where is_latest and is_champion"
SCORES = "from marts.fct_forecast_accuracy where is_comparable and slice_name = 'all'"
LATEST = "from marts.fct_inventory_recommendations where is_latest"
AT_RISK = f"{LATEST} order by exception_rank"
MOST_AT_RISK = f"{AT_RISK} limit 1"
REPORTED = "from marts.fct_agent_reports where analysis_type = 'report' order by store_id, dept_id limit 1"
ROW_PIXELS = 35
HOSTILE = (
    '![x](http://elsewhere.example/why) <img src="http://elsewhere.example/tag"> [Press here](javascript:alert(3)) '
    "www.elsewhere.example *plain* :red[words]"
)


def pair(mart: Mart, source: str) -> str:
    """Returns the store and department of the first row of a source as a link names them."""
    return "store={}&dept={}".format(*(mart(f"select {name} {source}") for name in ("store_id", "dept_id")))


def figure(page: Any, label: str) -> Any:
    """Returns where the value of the figure under a label stands."""
    return page.get_by_test_id("stMetric").filter(has_text=label).first.get_by_test_id("stMetricValue")


def metric(page: Any, label: str) -> str:
    """Returns the value of the figure under a label."""
    return str(figure(page, label).inner_text())


def test_the_overview_shows_the_sales_of_the_last_13_weeks(look_at: OpenPage, mart: Mart) -> None:
    sales = mart(
        "select sum(sales_quantity) from marts.fct_weekly_sales "
        "where week_date > (select max(week_date) from marts.fct_weekly_sales) - 91"
    )
    assert metric(look_at(""), "Sales, last 13 weeks") == formats.quantity_short(sales)


def test_the_overview_shows_the_forecast_of_the_champion_and_says_that_stock_is_simulated(
    look_at: OpenPage, mart: Mart
) -> None:
    total = mart(f"select sum(forecast_quantity) {CHAMPION_AHEAD}")
    page = look_at("")
    assert metric(page, "Forecast, next 8 weeks") == formats.quantity_short(total)
    assert page.get_by_test_id("stMain").get_by_text("Stock: simulated").first.is_visible()


def test_the_overview_shows_the_range_of_the_chain_s_total(look_at: OpenPage, mart: Mart) -> None:
    bounds = "from marts.fct_horizon_totals where is_champion and is_latest and level_name = 'chain'"
    lower, upper = (mart(f"select {name}_amount {bounds}") for name in ("lower", "upper"))
    figure = look_at("").get_by_test_id("stMetric").filter(has_text="Forecast, next 8 weeks")
    assert f"{formats.quantity_short(lower)} to {formats.quantity_short(upper)}" in figure.inner_text()


def test_the_overview_says_how_many_rules_hold(look_at: OpenPage, mart: Mart) -> None:
    share, rules = (
        mart(f"select {name} from marts.fct_data_quality_scores where is_latest")
        for name in ("score_rate", "rule_count")
    )
    badge = look_at("").locator(".stMarkdownBadge").filter(has_text="Data quality:")
    assert f"{formats.percent(share)} of {rules} rules hold, 1 warning" in badge.inner_text()


def test_a_drift_of_the_champion_is_a_plain_warning_on_both_pages(look_at: OpenPage, mart: Mart) -> None:
    seen = mart("select drift_text from marts.fct_forecast_drift where is_champion and is_latest and is_drifting")
    for path in ("", PAIR):
        warning = look_at(path).get_by_test_id("stAlert").filter(has_text="The forecasts drift")
        assert seen in warning.inner_text()


def test_a_link_with_store_and_department_opens_their_forecast(look_at: OpenPage, mart: Mart) -> None:
    total = mart(f"select sum(forecast_quantity) {CHAMPION_AHEAD} and store_id = 2 and dept_id = 3")
    assert metric(look_at(PAIR), "Next 8 weeks") == formats.quantity_short(total)


def test_a_pair_shows_its_own_error_and_that_of_its_store_type_where_too_few_weeks_were_scored(
    look_at: OpenPage, mart: Mart
) -> None:
    champion = f"select wape_rate {SCORES} and is_champion"
    own = mart(f"{champion} and level_name = 'pair' and store_id = 2 and dept_id = 3")
    thin = mart(f"{champion} and level_name = 'pair' and store_id = 1 and dept_id = 1")
    of_type = mart(f"{champion} and level_name = 'store_type' and store_type = 'A'")
    assert metric(look_at(PAIR), "Typical error of this pair") == formats.percent(own)
    shown = metric(look_at("forecasts?store=1&dept=1"), "Typical error, stores of type A")
    assert shown == formats.percent(of_type) != formats.percent(thin)


def test_of_many_models_the_charts_name_the_champion_the_baselines_and_the_two_best_others(
    look_at: OpenPage, mart: Mart
) -> None:
    champion = mart(f"select model_name {CHAMPION_AHEAD}")
    of_type = f"{SCORES} and level_name = 'store_type' and store_type = 'A' and not is_champion"
    others = (
        f"select model_name {of_type} and model_name not in ('{BASELINE}', '{SIMPLE}') order by wmae_amount limit 1"
    )
    named = [formats.model(name) for name in (BASELINE, SIMPLE, mart(others), mart(f"{others} offset 1"))]
    others_count = mart(f"select count(distinct model_name) {SCORES}") - 5
    page = look_at(PAIR)
    page.locator(".legendtext", has_text="other models").first.wait_for()
    shown = page.locator(".js-plotly-plot").filter(has_text="other models").first.locator(".legendtext")
    assert shown.all_text_contents()[-6:] == [
        f"{formats.model(champion)} (champion)",
        *named,
        f"{others_count} other models",
    ]


def test_a_sentence_opens_the_forecast_it_asks_for(open_page: OpenPage, mart: Mart) -> None:
    total = mart(f"select sum(forecast_quantity) {CHAMPION_AHEAD} and store_id = 3 and dept_id = 1")
    page = open_page(PAIR)
    page.get_by_label("Ask for a forecast").fill("show forecast for store 3, department 1")
    page.keyboard.press("Enter")
    page.wait_for_url("**store=3&dept=1*")
    figure(page, "Next 8 weeks").filter(has_text=formats.quantity_short(total)).wait_for()


def test_a_sentence_about_a_pair_without_a_forecast_is_answered_in_words(open_page: OpenPage) -> None:
    page = open_page(PAIR)
    page.get_by_label("Ask for a forecast").fill("store 1 department 999")
    page.keyboard.press("Enter")
    page.get_by_text("999 is not known here. Choose a pair from the lists.").wait_for()


def test_the_back_button_goes_through_the_pairs_looked_at_and_off_the_page(
    open_page: OpenPage, settle: Settle, mart: Mart
) -> None:
    first, second = (
        formats.quantity_short(
            mart(f"select sum(forecast_quantity) {CHAMPION_AHEAD} and store_id = 3 and dept_id = {dept}")
        )
        for dept in (1, 2)
    )
    page = open_page("")
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Forecasts").click()
    for dept, total in ((1, first), (2, second)):
        page.get_by_label("Ask for a forecast").fill(f"store 3, department {dept}")
        page.keyboard.press("Enter")
        figure(page, "Next 8 weeks").filter(has_text=total).wait_for()
        settle(page)
    page.go_back()
    page.wait_for_url("**store=3&dept=1")
    figure(page, "Next 8 weeks").filter(has_text=first).wait_for()
    settle(page)
    page.go_back()
    page.wait_for_url("**/forecasts")
    settle(page)
    page.go_back()
    page.get_by_role("heading", name="Overview", exact=True).wait_for()


@pytest.mark.parametrize("path", ["forecasts", "inventory", "ai_insights"])
def test_a_link_to_a_pair_that_is_not_known_says_so(open_page: OpenPage, path: str) -> None:
    for store in ("999", "9" * 5000, "x"):
        page = open_page(f"{path}?store={store}&dept=1")
        assert page.get_by_text("The link asks for a store and department that are not known here.").count() == 1
        assert page.get_by_test_id("stException").count() == 0


def test_a_forecast_is_explained_in_parts_that_end_in_its_total(open_page: OpenPage, mart: Mart) -> None:
    total = mart(f"select sum(forecast_quantity) {CHAMPION_AHEAD} and store_id = 2 and dept_id = 3")
    page = open_page(PAIR)
    page.get_by_role("tab", name="Why this forecast").click()
    page.get_by_role("button", name="Explain this forecast").click()
    parts = page.locator(".js-plotly-plot .waterfalllayer .bartext")
    parts.first.wait_for()
    assert parts.last.text_content() == formats.quantity(total)


def test_the_inventory_page_counts_the_critical_pairs(look_at: OpenPage, mart: Mart) -> None:
    critical = mart("select count(*) from marts.fct_inventory_recommendations where is_latest and status = 'critical'")
    assert metric(look_at("inventory"), "critical pairs") == formats.count(critical)


def test_the_inventory_page_details_the_pair_with_the_most_money_at_risk(look_at: OpenPage, mart: Mart) -> None:
    order = mart(f"select order_quantity_amount {MOST_AT_RISK}")
    assert metric(look_at("inventory"), "Order now") == formats.money(order) != "$0"


def test_a_filter_leaves_the_chosen_pair_or_no_pair_chosen(open_page: OpenPage, settle: Settle, mart: Mart) -> None:
    page = open_page("inventory")
    table = page.get_by_test_id("stDataFrame").first.bounding_box()
    page.mouse.click(table["x"] + 14, table["y"] + 2.5 * ROW_PIXELS)
    page.wait_for_url("**store=*")
    settle(page)
    second = f"{AT_RISK} offset 1 limit 1"
    store, dept = (mart(f"select {name} {second}") for name in ("store_id", "dept_id"))
    chosen = page.get_by_role("heading", name=house().pair(str(store), str(dept)))
    chosen.wait_for()
    status = str(mart(f"select status {second}"))
    page.get_by_test_id("stButtonGroup").get_by_text(status.capitalize(), exact=True).click()
    pairs = mart(f"select count(*) {LATEST} and status = %(status)s", status=status)
    page.get_by_text(f"{formats.count(pairs)} pairs, ").wait_for()
    settle(page)
    assert chosen.count() == 1


def test_the_detail_of_a_pair_leads_to_its_forecast(open_page: OpenPage, mart: Mart) -> None:
    page = open_page(PAIR)
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Inventory").click()
    page.get_by_role("link", name="Forecast", exact=True).last.click()
    page.wait_for_url(f"**/forecasts?{pair(mart, MOST_AT_RISK)}*")


def test_the_last_pair_that_needs_a_person_is_approved_on_the_page_and_stays_so_after_a_reload(
    open_page: OpenPage, settle: Settle, warehouse: Database, mart: Mart
) -> None:
    waiting = warehouse.read_frame(
        "reader",
        "select * from marts.fct_orders where is_latest and order_state = 'waiting' order by recommendation_id",
    )
    *others, last = waiting.itertuples()
    for other in others:
        record(warehouse, Decision("approve", other.store_id, other.dept_id, "Eva"))
    order = formats.money(last.recommended_order_amount)
    page = open_page("inventory")
    page.get_by_text("Needs a person", exact=True).first.click()
    page.get_by_text(GUARDRAILS[last.review_reason]).first.wait_for()
    settle(page)
    page.get_by_label("Who decides").fill("Ana")
    page.get_by_role("button", name="Save the decision").click()
    page.get_by_text(f"approved, {order} goes out.").first.wait_for()
    page.get_by_text("Nothing matches these filters.").wait_for()
    key = last.recommendation_id
    state = mart("select order_state from marts.fct_orders where recommendation_id = %(key)s", key=key)
    who = mart("select decided_by from marts.fct_decisions where recommendation_id = %(key)s", key=key)
    assert (state, who) == ("approved", "Ana")
    page.goto(f"/inventory?store={last.store_id}&dept={last.dept_id}")
    shown = page.get_by_text(f"{order} goes out.").first
    shown.wait_for()
    assert "Approved by Ana" in shown.inner_text()


def test_an_override_is_refused_in_words_without_a_reason_or_a_name_and_saved_with_both(
    open_page: OpenPage, settle: Settle, mart: Mart
) -> None:
    overrides = "select count(*) from marts.fct_decisions where store_id = 3 and dept_id = 2"
    page = open_page("inventory?store=3&dept=2")
    page.get_by_role("radio", name="Override").click()
    order = page.get_by_role("textbox", name="Order, USD at retail value")
    order.wait_for()
    settle(page)
    order.fill("12.5.0")
    page.get_by_role("button", name="Save the decision").click()
    page.get_by_text("is no quantity. Write it as 1,234 or 12.5.").wait_for()
    order.fill("1,250")
    page.get_by_role("button", name="Save the decision").click()
    page.get_by_text("An override needs a reason.").wait_for()
    assert mart(overrides) == 0
    page.get_by_label("Reason").fill("strike")
    page.get_by_role("button", name="Save the decision").click()
    page.get_by_text("A decision needs the name of who decides").wait_for()
    assert mart(overrides) == 0
    page.get_by_label("Who decides").fill("Ana")
    page.get_by_role("button", name="Save the decision").click()
    page.get_by_text("overridden, $1,250 goes out.").wait_for()
    assert mart(f"{overrides} and effective_order_amount = 1250 and reason_text = 'strike'") == 1


def test_a_decision_on_what_somebody_replaced_meanwhile_is_refused_and_saved_once_theirs_was_seen(
    open_page: OpenPage, settle: Settle, warehouse: Database, mart: Mart
) -> None:
    page = open_page("inventory?store=3&dept=2")
    settle(page)
    record(warehouse, Decision("approve", 3, 2, "Ben", reason="a fair"))
    page.get_by_label("Who decides").fill("Ana")
    page.get_by_role("button", name="Save the decision").click()
    page.get_by_text("Since you looked, Ben approved it").wait_for()
    page.get_by_text("Approved by Ben").first.wait_for()
    latest = "select decided_by from marts.fct_decisions where store_id = 3 and dept_id = 2 and is_current"
    assert mart(latest) == "Ben"
    page.get_by_role("button", name="Save the decision").click()
    page.get_by_text("approved, ").first.wait_for()
    page.get_by_text("Approved by Ana").first.wait_for()
    assert mart(latest) == "Ana"


def test_the_what_if_page_shows_what_a_scenario_changes_and_starts_over(
    open_page: OpenPage, settle: Settle, mart: Mart, home: Settings, warehouse: Database
) -> None:
    from ml.inventory.orders.inputs import load_decision_inputs
    from ml.inventory.scenarios.what_if import Scenario, rows_of, what_if

    inputs = load_decision_inputs(home, warehouse, "reader")
    page = open_page("what_if")
    store = int(mart(f"select store_id {MOST_AT_RISK}"))
    found = what_if(inputs, Scenario(demand_shift_rate=0.1), rows_of(inputs, store))
    before, after = (formats.money_short(side.kpis.stock_amount) for side in (found.before, found.after))
    assert metric(page, "Average stock") == before != after
    page.get_by_role("slider", name="Demand shift").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    figure(page, "Average stock").filter(has_text=after).wait_for()
    settle(page)
    assert page.get_by_text(f"from {before}").count() == 1
    assert metric(page, "Orders now") == formats.money_short(found.after.kpis.order_amount)
    page.get_by_role("button", name="Start over").click()
    page.get_by_text("Move a slider to see which orders would change.").wait_for()
    settle(page)
    assert page.get_by_text(f"from {before}").count() == 0
    assert metric(page, "Average stock") == before


def test_a_saved_report_is_shown_with_the_figure_that_was_not_found(look_at: OpenPage, mart: Mart) -> None:
    share = mart(f"select grounded_rate {REPORTED}")
    page = look_at(f"ai_insights?{pair(mart, REPORTED)}")
    assert page.get_by_text("41 (not found in the data)").count() == 1
    assert page.get_by_text(f"{formats.percent(share, 0)} of the figures in the report").count() == 1
    assert page.locator(".stMarkdownBadge").filter(has_text="Deterministic narrator").count() == 1


def test_an_analysis_that_is_asked_for_is_written_saved_and_shown(
    open_page: OpenPage, mart: Mart, warehouse: Database
) -> None:
    unreported = warehouse.read_frame(
        "reader",
        "select store_id, dept_id from marts.fct_inventory_recommendations where is_latest "
        "except select store_id, dept_id from marts.fct_agent_reports order by 1 desc, 2 desc limit 1",
    ).iloc[0]
    store, dept = int(unreported["store_id"]), int(unreported["dept_id"])
    page = open_page(f"ai_insights?store={store}&dept={dept}")
    page.get_by_role("button", name="Get AI analysis").click()
    page.get_by_text("The agents have answered; their report is saved.").wait_for()
    page.get_by_text("of the figures in the report were found in what the agents' tools returned.").wait_for()
    assert page.get_by_test_id("stException").count() == 0
    saved = "select count(*) from marts.fct_agent_reports where store_id = %(store)s and dept_id = %(dept)s"
    assert mart(saved, store=store, dept=dept) == 4


def test_text_of_reports_people_and_files_stays_text(
    open_page: OpenPage, browser: Any, mart: Mart, warehouse: Database
) -> None:
    asked: list[str] = []
    browser.on("request", lambda request: asked.append(request.url))
    record(warehouse, Decision("override", 3, 3, "Eva", 0.0, reason=HOSTILE))
    for path, text in ((f"ai_insights?{pair(mart, REPORTED)}", "/report"), ("inventory?store=3&dept=3", "/why")):
        page = open_page(path)
        page.get_by_test_id("stMain").get_by_text(f"http://elsewhere.example{text}").first.wait_for()
        assert page.get_by_test_id("stAlert").filter(has_text="/why").filter(
            has_text="*plain* :red[words]"
        ).count() == (text == "/why")
        assert page.locator('[src*="elsewhere"], [href*="elsewhere"], [href^="javascript"], [onerror]').count() == 0
    page = open_page("data_quality")
    page.get_by_role("tab", name="Rejected rows").click()
    page.get_by_text("elsewhere.example/line").first.wait_for(state="attached")
    assert [url for url in asked if "elsewhere" in url] == []


def test_the_quality_page_shows_the_share_of_rules_that_hold(look_at: OpenPage, mart: Mart) -> None:
    share = mart("select avg(is_success::int)::float8 from marts.fct_data_quality where is_latest")
    assert metric(look_at("data_quality"), "Rules that hold") == formats.percent(share)


def test_the_quality_page_counts_the_lines_that_were_set_aside(look_at: OpenPage, mart: Mart) -> None:
    lines = mart("select count(*) from marts.fct_rejected_rows")
    assert metric(look_at("data_quality"), "Lines set aside") == formats.count(lines) != "0"


def test_the_quality_page_shows_what_drifted_in_the_latest_load(look_at: OpenPage, mart: Mart) -> None:
    beyond, figures = (
        mart(f"select count(*) from marts.fct_load_drift where is_latest {condition}")
        for condition in ("and severity <> 'within'", "")
    )
    page = look_at("data_quality")
    page.get_by_role("tab", name="Drift").click()
    page.get_by_text(f"{formats.count(beyond)} of {formats.count(figures)} figures lie beyond their limit.").wait_for()


def test_the_runs_page_shows_the_latest_run(open_page: OpenPage, mart: Mart) -> None:
    run_id = mart("select run_id from marts.fct_pipeline_runs order by started_at desc limit 1")
    page = open_page("runs")
    assert page.get_by_role("heading", name=f"Run {run_id}").count() == 1
    page.wait_for_selector(".js-plotly-plot")


def test_every_page_is_drawn_without_an_error_also_for_who_comes_back(open_page: OpenPage, settle: Settle) -> None:
    page = open_page("")
    links = page.get_by_test_id("stSidebarNavLink")
    names = [text.split("\n")[-1] for text in links.all_inner_texts()]
    for name in [*names, *names]:
        links.filter(has_text=name).first.click()
        page.get_by_role("heading", name=name, exact=True).first.wait_for()
        settle(page)
        assert page.locator('[data-testid="stException"], [data-testid="stAlertContentError"]').count() == 0, name
        assert page.get_by_test_id("stMainBlockContainer").inner_text().startswith(f"{name}\n")
    assert len(names) == 7
