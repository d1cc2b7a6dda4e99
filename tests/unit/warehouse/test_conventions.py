"""What SQL cannot import stands in dbt's variables, and there it is the same."""

import yaml

from warehouse import conventions
from warehouse.settings import PROJECT_ROOT


def test_the_variables_of_dbt_are_the_numbers_of_the_code() -> None:
    variables = yaml.safe_load((PROJECT_ROOT / "dbt_project" / "dbt_project.yml").read_text())["vars"]
    assert variables == {
        "year_weeks": conventions.YEAR_WEEKS,
        "recent_weeks": conventions.RECENT_WEEKS,
        "calendar_weeks_ahead": conventions.LONGEST_HORIZON,
        "baseline_model": conventions.BASELINE,
        "least_scored_weeks": 2 * conventions.HORIZON,
    }
