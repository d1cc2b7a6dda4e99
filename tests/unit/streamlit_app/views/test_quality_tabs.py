import pandas as pd

from streamlit_app.views import quality_tabs


def test_the_score_of_a_single_run_stands_in_the_middle_of_a_day() -> None:
    at = pd.Timestamp("2012-10-26 12:00", tz="UTC")
    scores = pd.DataFrame(
        {"checked_at": [at], "score_rate": 1.0, "held_count": 9, "rule_count": 9, "failed_critical_count": 0}
    )
    start, end = quality_tabs.score_chart(scores).layout.xaxis.range
    assert (at - start, end - at) == (pd.Timedelta(hours=12), pd.Timedelta(hours=12))
