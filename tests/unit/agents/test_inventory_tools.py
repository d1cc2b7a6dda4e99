"""What the inventory agent tries where nobody says what to try."""

import pytest

from agents import inventory_tools
from agents.inventory_tools import calculate_reorder_point

DECISION = {"is_found": True, "decision_date": "2012-10-26", "service_level_percent": 95.0}


@pytest.mark.parametrize(("today", "tried"), [(2.0, 3.0), (25.0, 26.0), (25.5, 24.5), (26.0, 25.0)])
def test_without_a_lead_time_another_one_than_today_is_tried(monkeypatch, today, tried):
    decision = {**DECISION, "lead_time_weeks": today}
    monkeypatch.setattr(inventory_tools, "query_inventory_recommendation", lambda *pair: decision)
    monkeypatch.setattr(inventory_tools, "_reorder_points", lambda *asked: {"amount": (1000.0, 1500.0)})
    facts = calculate_reorder_point(None, 1, 38)
    assert (facts["today_lead_time_weeks"], facts["tried_lead_time_weeks"]) == (today, tried)
    assert facts["difference_amount"] == 500
