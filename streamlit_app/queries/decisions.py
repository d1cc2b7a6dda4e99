"""What people decided on recommendations, and what goes out because of it; fresh after every decision."""

import pandas as pd

from streamlit_app.queries.cache import read_decided


def orders() -> pd.DataFrame:
    """Returns the order of every pair in the latest decision week: its state, amount, and who decided it why."""
    return read_decided("""
        select
            recommendation_id,
            order_state,
            effective_order_amount,
            effective_order_units,
            decision_name,
            snooze_until_date,
            reason_text,
            decided_by,
            decided_at,
            expected_delivery_date
        from marts.fct_orders
        where is_latest
    """)


def totals() -> pd.DataFrame:
    """Returns one row over the whole chain: pairs that wait for a person, orders that go out, and their dollars."""
    return read_decided("""
        select
            count(*) filter (where order_state = 'waiting') as waiting_count,
            count(*) filter (where order_state in ('approved', 'overridden', 'snoozed')) as decided_count,
            count(*) filter (where effective_order_amount > 0) as order_count,
            coalesce(sum(effective_order_amount), 0) as order_amount
        from marts.fct_orders
        where is_latest
        having count(*) > 0
    """)


def decisions(store_id: int, dept_id: int) -> pd.DataFrame:
    """Returns the decisions on a pair, the newest first, overrides with the value that they added once it is known."""
    return read_decided(
        """
        select
            fct_decisions.decision_date as week_date,
            fct_decisions.decision_name,
            fct_decisions.recommended_order_amount,
            fct_decisions.effective_order_amount,
            fct_decisions.effective_order_units,
            fct_override_scores.value_added_amount,
            fct_decisions.decided_by,
            fct_decisions.decided_at,
            fct_decisions.reason_text as why
        from marts.fct_decisions
        left join marts.fct_override_scores on fct_override_scores.decision_id = fct_decisions.decision_id
        where fct_decisions.store_id = :store and fct_decisions.dept_id = :dept
        order by fct_decisions.decision_id desc
        """,
        store=store_id,
        dept=dept_id,
    )


def override_value() -> pd.DataFrame:
    """Returns one row: overrides scored so far, and the dollars that they saved against the recommended orders."""
    return read_decided("""
        select count(*) as score_count, coalesce(sum(value_added_amount), 0) as value_added_amount
        from marts.fct_override_scores
        where is_scored
    """)
