"""What a replay reads: files of policies, each mistake one sentence, and forecasts that are made once."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from flows.cli import replay_inputs
from flows.cli.replay import replay, replay_settings
from flows.cli.replay_inputs import Serving, fitted_forecasts, read_policies
from ml.forecasting.panel import panel_from_frame
from ml.inventory.replay.forecasts import WeeklyForecasts
from ml.inventory.replay.report import FIXED_LEAD_TIME
from retailers import WALMART
from warehouse.errors import ShelfcastError, UsageError
from warehouse.progress import silent
from warehouse.settings import PROJECT_ROOT

SEED = PROJECT_ROOT / "dbt_project" / "seeds" / "inventory_policies.csv"


def panel_of(pairs=3, weeks=70):
    sales = np.random.default_rng(1).gamma(4.0, 100.0, (pairs, weeks))
    days = pd.Timestamp("2010-02-05") + pd.to_timedelta(7 * np.arange(weeks), unit="D")
    return panel_from_frame(
        pd.DataFrame(
            {
                "store_id": 1,
                "dept_id": np.repeat(np.arange(pairs), weeks),
                "feature_date": np.tile(days, pairs),
                "store_type": "A",
                "weekly_sales": sales.ravel(),
                "is_holiday": False,
            }
        ),
        WALMART,
    )


def test_the_seed_itself_is_a_file_of_policies_and_one_without_kinds_has_the_default_ones(tmp_path):
    assert len(read_policies(SEED)) >= 1
    older = tmp_path / "older.csv"
    pd.read_csv(SEED).drop(columns=["policy_kind", "target_kind"]).to_csv(older, index=False)
    rows = read_policies(older)
    assert set(rows["policy_kind"]) == {"(R,s,S)"}
    assert set(rows["target_kind"]) == {"cycle_service"}


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("lead_time_weeks", 0, r"mine\.csv: Policy default has lead_time_weeks 0; it must be above 0 and at most 26\."),
        ("lead_time_weeks", 60, r"has lead_time_weeks 60"),
        ("service_level_rate", 1.0, r"has service_level_rate 1; it must be above 0 and at most 0\.999\."),
        ("pack_size_amount", 0, r"has pack_size_amount 0; it must be above 0\."),
        ("policy_kind", "(S,R)", r"has policy_kind '\(S,R\)'"),
        ("lead_time_weks", 2, r"column lead_time_weks.*did you mean lead_time_weeks\?"),
    ],
)
def test_a_mistake_in_a_file_is_one_sentence_that_names_the_file(tmp_path, column, value, sentence):
    path = tmp_path / "mine.csv"
    pd.read_csv(SEED).assign(**{column: value}).to_csv(path, index=False)
    with pytest.raises(ShelfcastError, match=sentence) as found:
        read_policies(path)
    assert str(found.value).endswith("Fix it in the file.")
    assert "transform" not in str(found.value)


def test_a_file_that_is_missing_or_no_table_is_one_sentence(tmp_path):
    with pytest.raises(ShelfcastError, match=r"There is no file .*absent\.csv\. Name a CSV"):
        read_policies(tmp_path / "absent.csv")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(ShelfcastError, match=r"empty\.csv is not a CSV that can be read"):
        read_policies(tmp_path / "empty.csv")
    (tmp_path / "broken.csv").write_bytes(b"policy_id\n\xff\xfe")
    with pytest.raises(ShelfcastError, match=r"broken\.csv is not a CSV that can be read"):
        read_policies(tmp_path / "broken.csv")
    with pytest.raises(ShelfcastError, match="There is no file"):
        replay(replay_settings(52, None, "naive", "random", None, False), tmp_path / "absent.csv")


def test_what_the_command_line_leaves_out_depends_on_what_is_replayed():
    plain, censored = (replay_settings(52, None, "naive, cover", "fixed", None, flag) for flag in (False, True))
    assert (plain.seeds, plain.forecasts, plain.lead_times) == (8, "champion", FIXED_LEAD_TIME)
    assert (censored.seeds, censored.forecasts, censored.baselines) == (2, "base", ("naive", "cover"))
    with pytest.raises(UsageError, match="not replayed on censored sales"):
        replay(censored, SEED)


def test_fitted_forecasts_are_made_once_for_the_same_data(tmp_path, monkeypatch):
    made = []

    def make(panel, model, origins, progress):
        made.append(model.name)
        return WeeklyForecasts(min(origins), np.full((panel.series_count, len(origins), 8), 1 / 3))

    monkeypatch.setattr("ml.inventory.replay.forecasts.model_forecasts", make)
    context = SimpleNamespace(settings=SimpleNamespace(home=tmp_path, seed=1), progress=silent)
    known = tuple(SimpleNamespace(name=name) for name in ("simple", "ridge", "blend"))
    monkeypatch.setattr("ml.forecasting.models.candidates.candidates", lambda settings: known)
    panel, serving = panel_of(), Serving("blend", ("blend",))
    first, again = (fitted_forecasts(context, panel, serving, 56) for _ in range(2))
    assert made == ["blend"]
    assert (first.point == again.point).all()
    other = replace(panel, sales=panel.sales + 1)
    fitted_forecasts(context, other, serving, 56)
    assert made == ["blend", "blend"]
    # Another champion's forecasts are others, and one by group is made of its members'.
    fitted_forecasts(context, other, Serving("by_group", ("blend", "simple")), 56)
    assert made == ["blend", "blend", "simple", "blend"]
    # What belongs to older data is not kept.
    assert len(list((tmp_path / "cache").iterdir())) == 1
    assert replay_inputs.DEFAULTS["policy_kind"] == "(R,s,S)"
