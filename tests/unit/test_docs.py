"""Documents name only what is there, and the examples in docstrings give what they say."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

from warehouse.settings import PROJECT_ROOT

MADE_BY_THE_READER = PROJECT_ROOT / "docs" / "how-to-add-a-mart.md"
PAGES = sorted([*PROJECT_ROOT.glob("*.md"), *(PROJECT_ROOT / "docs").rglob("*.md")])
PLACE = re.compile(
    r"`((?:warehouse|spark_jobs|expectations|ml|agents|flows|streamlit_app|dbt_project|tests|bench|docs)/[\w./-]*)`"
)


def name_of(page: Path) -> str:
    return str(page.relative_to(PROJECT_ROOT))


@pytest.mark.parametrize("page", [page for page in PAGES if page != MADE_BY_THE_READER], ids=name_of)
def test_every_place_in_the_code_that_a_page_names_is_there(page: Path):
    places = {place for place in PLACE.findall(page.read_text()) if not (PROJECT_ROOT / place).exists()}
    assert places == set()


WITH_EXAMPLES = [
    path
    for room in ("warehouse", "spark_jobs", "expectations", "ml", "agents", "flows")
    for path in sorted((PROJECT_ROOT / room).rglob("*.py"))
    if ">>> " in path.read_text()
]


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=name_of)
def test_the_examples_of_a_module_give_what_they_say(path: Path):
    module = importlib.import_module(".".join(path.relative_to(PROJECT_ROOT).with_suffix("").parts))
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0
