"""Measures the inventory replay: speed beside stockcast, and policies at equal stock and equal fill on real sales.

    python bench/bench_replay.py speed
    python bench/bench_replay.py policies --data path/to/csvs

Policies: 52 last weeks, weekly review, lead time 1, 2 or 3 weeks with probabilities 1/8, 3/4, 1/8 (or fixed 2 weeks),
lost sales, eight seeds, pairs with 50 weeks of sales before the replay that sold in the 13 weeks before it. Our policy
forecasts with the seasonal base here; with the blend, and with guardrails, `shelfcast replay` measures it.
"""

import argparse
import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path

if __name__ == "__main__":
    # Before the libraries are imported: they read it only then.
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import pandas as pd

from ml.forecasting.panel import Panel, panel_from_frame
from ml.inventory.replay.baselines import (
    Family,
    demand_of,
    history_of_sales,
    live_weeks,
    min_max,
    seasonal_safety_stock,
    weeks_of_cover,
)
from ml.inventory.replay.engine import History, OrderRule, replay
from ml.inventory.replay.exchange import Curve, at_fill, at_stock, exchange_curve, interval, store_resamples
from ml.inventory.replay.kpis import covered_share, protection_demand
from ml.inventory.replay.lead_times import LeadTimes
from ml.inventory.replay.protection import empirical_protection

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "walmart"
RANDOM = LeadTimes((1, 2, 3), (1 / 8, 3 / 4, 1 / 8))
FIXED = LeadTimes((2,))
REPLAYED_WEEKS, SEEDS = 52, range(8)
FEWEST_WEEKS_SOLD = 50
STOCK_WEEKS = (1.46, 1.67, 1.87, 2.08)
FIXED_STOCK_WEEKS = (0.8, 1.0, 1.25, 1.67)
FILL = 0.985
SERVICE_LEVELS = [0.4, 0.5, 0.6, 0.7, 0.78, 0.84, 0.88, 0.91, 0.935, 0.95, 0.965, 0.975, 0.985, 0.992, 0.997, 0.999]
OURS, FROZEN = "empirical protection", "the same, errors pooled once, before the replay"
TEXTBOOK, LEAD_ONLY = "(b) seasonal, textbook", "(b) with safety stock for the lead time alone"
TARGETS = (0.80, 0.90, 0.95, 0.98)
PUBLISHED = {
    "(a) weeks of cover": "13.3 % (94.6) | 10.1 % (96.2) | 7.4 % (97.2) | 5.6 % (97.8)",
    "(b) seasonal, textbook": "7.7 % (97.1) | 5.3 % (98.3) | 3.3 % (99.1) | 2.0 % (99.5)",
    "(c) min/max": "15.0 % (92.7) | 11.0 % (94.3) | 8.4 % (95.4) | 6.6 % (96.2)",
    "empirical protection": "7.1 % (98.2) | 3.7 % (99.3) | 1.5 % (99.7) | 0.7 % (99.8)",
}
"""Figures of the prototype."""


def main() -> None:
    """Prints the tables that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("speed", "policies"))
    parser.add_argument("--data", type=Path, default=DATA, help="folder with train.csv and stores.csv")
    parser.add_argument("--resamples", type=int, default=300, help="bootstrap samples of stores")
    options = parser.parse_args()
    if options.what == "speed":
        print_speed()
    else:
        panel = read_sales(options.data)
        for name, lead_times in (("random", RANDOM), ("fixed", FIXED)):
            print_policies(panel, name, lead_times, options.resamples)


def print_speed() -> None:
    """Prints pair-weeks a second of ours and of stockcast, both on one core and with the same figures."""
    generator = np.random.default_rng(0)
    demand = generator.gamma(2.0, 100.0, (2899, REPLAYED_WEEKS))
    history = History(demand, generator.random(demand.shape) < 0.97, demand[:, 0] * 3)
    rule = OrderRule(order_up_to=np.full(demand.shape, 800.0))
    small = History(demand[:100], np.ones((100, REPLAYED_WEEKS), bool), history.opening[:100])
    print("| Replay | lead time | pair-weeks a second | times stockcast |")
    print("| --- | --- | ---: | ---: |")
    for name, lead_times in (("random", RANDOM), ("fixed", FIXED)):
        peer = small.demand.size / best_seconds(lambda times=lead_times: stockcast_replay(small, times), 2)
        print(f"| stockcast 0.2 with its figures, 100 pairs | {name} | {peer:,.0f} | 1 |")
        lead = lead_times.draw(SEEDS, REPLAYED_WEEKS, len(demand))
        drawing = best_seconds(lambda times=lead_times: times.draw(SEEDS, REPLAYED_WEEKS, len(demand)))
        for precision in (np.float64, np.float32):
            seconds = best_seconds(lambda dtype=precision, draws=lead: replay(history, rule, draws, dtype=dtype))
            for label, total in (("", seconds), (" and draws", seconds + drawing)):
                speed = lead.size / total
                print(f"| ours, {precision.__name__}{label} | {name} | {speed:,.0f} | {speed / peer:,.0f} |")


def best_seconds(work: Callable[[], object], times: int = 7) -> float:
    """Returns the least wall-clock seconds of some runs."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return min(found)


def stockcast_replay(history: History, lead_times: LeadTimes) -> dict[str, float]:
    """Returns stockcast's figures of an order-up-to level of 800, one seed."""
    from stockcast import InventoryStateDataFrame, OrderUpToPolicy, SimulationEngine, Supplier, SupplyModel
    from stockcast.evaluation import avg_on_hand, fill_rate
    from stockcast.evaluation.metrics import lost_sales_units, sku_period_stockout_rate

    pairs, weeks = history.demand.shape
    opening = pd.Timestamp("2012-01-06")
    dates = np.repeat(opening + pd.to_timedelta(7 * np.arange(1, weeks + 1), unit="D"), pairs)
    names = np.arange(pairs)
    demand = pd.DataFrame({"unique_id": np.tile(names, weeks), "date": dates, "y": history.demand.T.ravel()})
    counted = pd.DataFrame({"unique_id": names, "date": opening, "on_hand": history.opening})
    targets = pd.DataFrame({"unique_id": names, "level": 800.0})
    policy = OrderUpToPolicy(lead_time=2, review_period=1, freq="W-FRI", allow_backorders=False)
    policy.fit(targets, target_column="level", forecast_origin=opening)
    chances = dict(zip(lead_times.weeks, np.asarray(lead_times.probabilities).tolist(), strict=True))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        result = SimulationEngine(verbose=0).run(
            policy=policy,
            demand_source=demand,
            supply=SupplyModel([Supplier("depot", chances)], random_seed=0),
            inventory=InventoryStateDataFrame.from_observed(counted, max_lead_time=8),
        )
    events = result.to_event_frame()
    return {
        figure.__name__: figure(events)
        for figure in (avg_on_hand, fill_rate, lost_sales_units, sku_period_stockout_rate)
    }


def read_sales(data: Path) -> Panel:
    """Returns the panel of the weekly sales, without the features of the pipeline."""
    train = pd.read_csv(data / "train.csv", parse_dates=["Date"])
    stores = pd.read_csv(data / "stores.csv")
    frame = train.merge(stores, on="Store").rename(
        columns={
            "Store": "store_id",
            "Dept": "dept_id",
            "Date": "feature_date",
            "Weekly_Sales": "weekly_sales",
            "IsHoliday": "is_holiday",
            "Type": "store_type",
        }
    )
    return panel_from_frame(frame)


def print_policies(panel: Panel, name: str, lead_times: LeadTimes, resamples: int) -> None:
    """Prints the policies at equal stock and equal fill, with intervals over stores, and their calibration."""
    began = time.perf_counter()
    start = panel.week_count - REPLAYED_WEEKS
    sold = (demand_of(panel.sales[:, :start]) > 0).sum(axis=1)
    rows = np.flatnonzero((sold >= FEWEST_WEEKS_SOLD) & live_weeks(panel.sales, start)[:, 0])
    history = history_of_sales(panel.sales[rows], start)
    lead = lead_times.draw(SEEDS, REPLAYED_WEEKS, len(rows))
    policies = families(panel, rows, start, lead_times)
    curves = {label: exchange_curve(family, knobs, history, lead) for label, (family, knobs) in policies.items()}
    drawn = store_resamples(panel.store_ids[rows], seed=1, count=resamples)
    print(f"\n## Lead time {name}: {len(rows):,} pairs, {REPLAYED_WEEKS} weeks, {len(SEEDS)} seeds\n")
    stock = STOCK_WEEKS if name == "random" else FIXED_STOCK_WEEKS
    print_equal_stock(curves, stock)
    print_goals(curves, drawn, stock[1])
    print_groups(curves, panel.store_types[rows], stock[1])
    rules = {label: family for label, (family, _) in policies.items()}
    print_calibration(rules, history, lead_times, panel.store_types[rows])
    print(f"\n{time.perf_counter() - began:.0f} s")


def families(
    panel: Panel, rows: np.ndarray, start: int, lead_times: LeadTimes
) -> dict[str, tuple[Family, list[float]]]:
    """Returns the policies with the knobs of their curves."""
    sales = panel.sales[rows]
    return {
        "(a) weeks of cover": (weeks_of_cover(sales, start), [*np.arange(2.75, 6.6, 0.25)]),
        "(c) min/max": (min_max(sales, start), [*np.arange(2.0, 6.1, 0.25)]),
        TEXTBOOK: (seasonal_safety_stock(sales, start, lead_times), [*np.arange(-0.75, 4.6, 0.25)]),
        LEAD_ONLY: (
            seasonal_safety_stock(sales, start, lead_times, covers_review=False),
            [*np.arange(-0.75, 5.1, 0.25)],
        ),
        OURS: (of_rows(empirical_protection(panel, start, lead_times), rows), SERVICE_LEVELS),
        FROZEN: (of_rows(empirical_protection(panel, start, lead_times, relearn_weeks=None), rows), SERVICE_LEVELS),
    }


def of_rows(family: Family, rows: np.ndarray) -> Family:
    """Returns the family for some of its pairs."""

    def rule(knob: float) -> OrderRule:
        level = family(knob).order_up_to
        if level is None:
            raise ValueError("only order-up-to rules can be cut to some pairs")
        return OrderRule(order_up_to=level[rows])

    return rule


def print_equal_stock(curves: dict[str, Curve], stock: tuple[float, ...]) -> None:
    """Prints stockouts and fill at equal average stock, beside the prototype's, which are of 1.46 to 2.08 weeks."""
    print("| policy | " + " | ".join(f"{weeks} weeks" for weeks in stock) + " | prototype, random lead time |")
    print("| --- " * (len(stock) + 2) + "|")
    for label, curve in curves.items():
        found = [at_stock(curve.kpis(), weeks) for weeks in stock]
        cells = [f"{100 * at.stockout_rate:.1f} % ({100 * at.fill_rate:.1f})" for at in found]
        print(f"| {label} | " + " | ".join(cells) + f" | {PUBLISHED.get(label, '').replace(' | ', ', ')} |")


def print_goals(curves: dict[str, Curve], drawn: np.ndarray, weeks: float) -> None:
    """Prints how much better our policy is than (a) and (b), with 95 % intervals over stores."""
    ours = curves[OURS]
    goals = (
        (f"stockouts at {weeks} weeks", lambda figures: at_stock(figures, weeks).stockout_rate, (65, 35)),
        (f"lost sales at {weeks} weeks", lambda figures: at_stock(figures, weeks).lost_amount, (None, 60)),
        ("excess stock at 98.5 % fill", lambda figures: at_fill(figures, FILL).excess_amount, (55, 20)),
        ("average stock at 98.5 % fill", lambda figures: at_fill(figures, FILL).stock_amount, (None, None)),
    )
    print("\n| less of | ours | (a) | less than (a) | goal | (b) | less than (b) | goal |\n" + "| --- " * 8 + "|")
    for label, measure, targets in goals:
        cells = [f"{label} | {shown(measure(ours.kpis()))}"]
        for name, goal in zip(("(a) weeks of cover", TEXTBOOK), targets, strict=True):
            other = curves[name]
            cut = 100 * (1 - measure(ours.kpis()) / measure(other.kpis()))
            low, high = interval([100 * (1 - measure(ours.kpis(w)) / measure(other.kpis(w))) for w in drawn])
            cells.append(f"{shown(measure(other.kpis()))} | {cut:.0f} % ({low:.0f} to {high:.0f}) | {goal or ''}")
        print("| " + " | ".join(cells) + " |")


def print_groups(curves: dict[str, Curve], kinds: np.ndarray, weeks: float) -> None:
    """Prints stockouts, fill and stock by store type at the knob that gives the chain the stock."""
    groups = np.unique(kinds)
    print(f"\n| at {weeks} weeks for the chain | " + " | ".join(f"type {kind}" for kind in groups) + " |")
    print("| --- " * (len(groups) + 1) + "|")
    for label, curve in curves.items():
        knob = np.interp(weeks, curve.kpis().stock_weeks, curve.knobs)
        cells = []
        for kind in groups:
            found = curve.kpis(kinds == kind)
            stockouts, fill, stock = (
                np.interp(knob, curve.knobs, values)
                for values in (found.stockout_rate, found.fill_rate, found.stock_weeks)
            )
            cells.append(f"{100 * stockouts:.1f} % ({100 * fill:.1f}), {stock:.2f} weeks")
        print(f"| {label} | " + " | ".join(cells) + " |")


def shown(value: float) -> str:
    """Returns a share in percent, or dollars."""
    return f"{100 * value:.2f} %" if value < 1 else f"${value:,.0f}"


def print_calibration(rules: dict[str, Family], history: History, lead_times: LeadTimes, kinds: np.ndarray) -> None:
    """Prints the share of protection periods covered by the level, by target, overall and by store type."""
    from scipy.stats import norm

    pairs, weeks = history.demand.shape
    protection = protection_demand(history.demand, lead_times.draw(range(4), weeks, pairs))
    print(
        "\n| target | ours | by store type | pairs within 5 points | pooled once | by store type | pairs | textbook |"
    )
    print("| --- " * 8 + "|")
    for target in TARGETS:
        cells = [
            coverage_cells(family(target), target, protection, history, kinds)
            for family in (rules[OURS], rules[FROZEN])
        ]
        other, _ = covered_share(rules[TEXTBOOK](float(norm.ppf(target))).order_up_to, protection, history.is_live)
        print(f"| {100 * target:.0f} | {' | '.join(cells)} | {100 * other:.1f} |")


def coverage_cells(rule: OrderRule, target: float, protection: np.ndarray, history: History, kinds: np.ndarray) -> str:
    """Returns the covered share overall, by store type, and the share of pairs within five points of the target."""
    level = rule.order_up_to
    share, by_pair = covered_share(level, protection, history.is_live)
    by_type = {
        kind: covered_share(level[kinds == kind], protection[:, kinds == kind], history.is_live[kinds == kind])[0]
        for kind in np.unique(kinds)
    }
    types = ", ".join(f"{kind} {100 * of:.1f}" for kind, of in by_type.items())
    return f"{100 * share:.1f} | {types} | {100 * np.mean(np.abs(by_pair - target) <= 0.05 + 1e-9):.0f} %"


if __name__ == "__main__":
    main()
