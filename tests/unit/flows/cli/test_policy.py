import pandas as pd
import pytest

from flows.cli.policy import SEED, check_target, proposals_table, proposed_text, seed_text, sentences
from flows.cli.what_if import figures_table, promotions_of, selection, words
from ml.inventory.scenarios.optimise import Proposal
from ml.inventory.scenarios.what_if import Evaluation, Promotion, Scenario, ScenarioKpis, WhatIf
from warehouse.errors import ShelfcastError, UsageError

TEXT = 'policy_id,policy_kind,service_level_rate,margin_rate\ndefault,"(R,s,S)",0.95,0.30\ntype_a,"(s,Q)",0.97,0.30\n'
PROPOSALS = [
    Proposal("default", 0, 0.99, 0.95, 0.95),
    Proposal("type_a", 7, 0.99, 0.97, 0.925, 0.996, 0.989, 1000.0, 1200.0, 500.0, 400.0),
]
PUBLISHED = pd.DataFrame({"policy_id": ["default", "type_a"], "service_level_rate": [0.95, 0.97]})


def test_a_proposal_changes_nothing_of_the_seed_but_the_service_levels():
    assert proposed_text(TEXT, PROPOSALS) == TEXT.replace("0.97", "0.925")
    assert proposed_text(TEXT.replace("\n", "\r\n"), PROPOSALS) == TEXT.replace("0.97", "0.925").replace("\n", "\r\n")


def test_a_proposal_is_never_written_over_the_seed():
    with pytest.raises(UsageError, match="not written over the seed"):
        check_target(SEED.parent / ".." / "seeds" / SEED.name)
    with pytest.raises(UsageError, match=r"levels.txt does not end in .csv"):
        check_target(SEED.parent / "levels.txt")


def test_a_seed_that_is_not_the_published_one_is_refused_and_one_that_is_stays_untouched(tmp_path):
    seed = tmp_path / "inventory_policies.csv"
    seed.write_text(TEXT)
    assert seed_text(PUBLISHED, seed) == TEXT == seed.read_text()
    for other in (TEXT.replace("0.97", "0.98"), TEXT.replace("type_a", "type_b"), TEXT.replace("0.97", "high")):
        seed.write_text(other)
        with pytest.raises(ShelfcastError, match=r"has changed since the policies were published\. Run `shelfcast tr"):
            seed_text(PUBLISHED, seed)
    with pytest.raises(ShelfcastError, match="cannot be read"):
        seed_text(PUBLISHED, tmp_path / "away.csv")


def test_the_table_and_the_sentences_say_what_would_change():
    assert proposals_table(PROPOSALS).row_count == 2
    said = sentences(PROPOSALS)
    assert said[0] == ("1 of 2 service levels would change: expected profit a year +$200, average stock -$100.")
    assert said[1] == "Left alone, because no pair goes by it: default."


def test_promotions_are_written_as_week_and_percent():
    assert promotions_of(["2:30", "5:-10%"], []) == (Promotion(2, 0.3), Promotion(5, -0.1))
    both = promotions_of(["2:30"], ["3:-25%", "2:-20"])
    assert both == (Promotion(2, 0.3, -0.2), Promotion(3, price_change_rate=-0.25))
    for text in ("2", "2:much", ":30", "2:30:1"):
        with pytest.raises(UsageError, match=f"'{text}' is not a promotion"):
            promotions_of([text], [])
        with pytest.raises(UsageError, match=f"'{text}' is not a change of price"):
            promotions_of([], [text])
    with pytest.raises(UsageError, match="A week has two changes of its price"):
        promotions_of([], ["2:-10", "2:-20"])


def test_a_scenario_is_told_in_words():
    scenario = Scenario(0.99, 3.0, None, None, -0.1, (Promotion(2, 0.3), Promotion(3, 0.0, -0.25)))
    told = "service level 99 %, lead time 3 weeks, demand -10 %, week 2 +30 %, week 3 price -25 %"
    assert words(scenario) == told
    assert (words(Scenario()), selection(None, None), selection(1, 38)) == (
        "nothing changed",
        "Chain",
        "Store 1, department 38",
    )


def test_a_change_too_small_to_be_seen_is_plus_zero():
    frame = pd.DataFrame()
    before, after = (Evaluation(frame, frame, ScenarioKpis(1, *[value] * 13)) for value in (0.4, 0.39999))
    change = figures_table(WhatIf(Scenario(), before, after), "Chain").columns[3]
    assert set(change.cells) == {"+0", "+0.00 points"}
