"""A plain inventory policy, from which tests depart by what they are about."""

from typing import Any

import numpy as np

from ml.inventory.policy import Policies

PLAIN_POLICY = {
    "policy_kind": "(R,s,S)",
    "target_kind": "cycle_service",
    "service_level_rate": 0.95,
    "lead_time_weeks": 2.0,
    "lead_time_deviation_weeks": 0.5,
    "review_period_weeks": 1.0,
    "minimum_order_amount": 100.0,
    "pack_size_amount": 50.0,
    "holding_cost_rate": 0.2,
    "ordering_cost_amount": 25.0,
    "margin_rate": 0.3,
    "maximum_stock_weeks": 12.0,
}


def plain_policies(pairs: int, **changes: Any) -> Policies:
    """Returns that policy for some pairs, but for these changes."""
    return Policies(**{name: np.full(pairs, value) for name, value in {**PLAIN_POLICY, **changes}.items()})
