"""The verbs what-if and policy on a finished run: only a proposal is written, and mistakes get one sentence."""

import csv

import pytest

from warehouse.opening import open_database
from warehouse.settings import PROJECT_ROOT

SEED = PROJECT_ROOT / "dbt_project" / "seeds" / "inventory_policies.csv"


@pytest.fixture(scope="module")
def published(finished_run):
    """Returns a function that reads what a what-if must leave alone."""
    query = "select md5(string_agg(r::text, '|' order by recommendation_id)) as sum from ml.inventory_recommendations r"
    return lambda: (open_database(finished_run).read_frame("pipeline", query)["sum"].item(), SEED.read_bytes())


def test_a_what_if_shows_before_and_after_and_writes_nothing(finished_run, shelfcast, published):
    before = published()
    ended = shelfcast(finished_run, "what-if", "1", "--service-level", "99", "--promotion", "2:30")
    assert ended.returncode == 0, ended.stderr
    for words in ("Store 1", "before", "after", "orders now", "profit a year", "Nothing was written"):
        assert words in ended.stdout
    assert published() == before


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--lead-time", "0"], 2, "The lead time is 0 weeks; it must be above 0 weeks"),
        (["--service-level", "100"], 2, "The service level is 100 %; it must be at least 50 %"),
        (["99"], 2, "There is no store '99'"),
    ],
)
def test_a_what_if_that_makes_no_sense_gets_one_sentence(finished_run, shelfcast, arguments, code, sentence):
    ended = shelfcast(finished_run, "what-if", *arguments)
    assert (ended.returncode, ended.stderr.count("\n")) == (code, 1)
    assert sentence in ended.stderr


def test_a_proposed_policy_is_the_seed_with_other_service_levels_and_the_seed_stays(
    finished_run, shelfcast, published, tmp_path
):
    before, path = published(), tmp_path / "proposed.csv"
    ended = shelfcast(finished_run, "policy", "optimise", "--to", str(path))
    assert ended.returncode == 0, ended.stderr
    assert "nothing is applied" in ended.stdout
    assert published() == before
    proposed, seed = (list(csv.DictReader(one.open())) for one in (path, SEED))
    rest = [[{**row, "service_level_rate": ""} for row in rows] for rows in (proposed, seed)]
    assert rest[0] == rest[1]
    assert all(0.5 <= float(row["service_level_rate"]) < 1 for row in proposed)
    refused = shelfcast(finished_run, "policy", "optimise", "--to", str(SEED))
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert published() == before
