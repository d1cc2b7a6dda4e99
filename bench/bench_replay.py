"""Measures the speed of the inventory replay beside stockcast; `shelfcast replay` measures the policies.

python bench/bench_replay.py
"""

import argparse
import os
import time
import warnings
from collections.abc import Callable

if __name__ == "__main__":
    # Before the libraries are imported: they read it only then.
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import pandas as pd

from ml.inventory.replay.engine import History, OrderRule, replay
from ml.inventory.replay.lead_times import LeadTimes

RANDOM = LeadTimes((1, 2, 3), (1 / 8, 3 / 4, 1 / 8))
FIXED = LeadTimes((2,))
REPLAYED_WEEKS, SEEDS = 52, range(8)


def main() -> None:
    """Prints the table."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    print_speed()


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


if __name__ == "__main__":
    main()
