"""The file of a registered model: every candidate comes back to the bit, and opening one runs no code."""

import dataclasses
import hashlib
import json
import pickle
import subprocess

import numpy as np
import pytest

from ml.forecasting.demand_groups import DEMAND_GROUPS
from ml.forecasting.intervals.conformal import KINDS, LEVELS, IntervalCalibration
from ml.forecasting.intervals.error_scale import ErrorScale
from ml.forecasting.model_file import load_model, save_model
from ml.forecasting.models.by_group import FittedByGroup
from ml.forecasting.models.candidates import candidates, forecasters
from ml.forecasting.models.naive import AlignedSeasonal
from ml.forecasting.models.prophet_model import Prophet
from ml.forecasting.panel import Panel
from ml.forecasting.served_model import ServedModel
from retailers import WALMART
from warehouse.errors import ShelfcastError
from warehouse.settings import Settings

CANDIDATES = forecasters(candidates(Settings.model_construct(seed=7)))
CALIBRATION = IntervalCalibration(np.linspace(-2, 3, 2 * len(LEVELS) * KINDS).reshape(len(LEVELS), 2, KINDS))


@pytest.fixture(scope="module")
def error_scale(panel: Panel):
    return ErrorScale().fit(panel)


def through_a_file(model: ServedModel, folder) -> ServedModel:
    """Returns the model as it comes back."""
    return load_model(folder / "model.json", save_model(model, folder / "model.json"))


@pytest.mark.parametrize("candidate", CANDIDATES, ids=[each.name for each in CANDIDATES])
def test_every_candidate_comes_back_to_the_bit(panel: Panel, error_scale, candidate, tmp_path) -> None:
    kept = ServedModel(candidate.name, candidate.fit(panel), CALIBRATION, error_scale, WALMART)
    again = through_a_file(kept, tmp_path)
    assert again.name == candidate.name
    for weeks in (8, 39):
        for mine, theirs in zip(again.forecast(panel, weeks), kept.forecast(panel, weeks), strict=True):
            mine, theirs = (getattr(each, "point", each) for each in (mine, theirs))
            assert mine.tobytes() == theirs.tobytes()
    parts, before = (model.model.explain(panel, 8, 3) for model in (again, kept))
    assert {name: part.tobytes() for name, part in parts.items()} == {n: part.tobytes() for n, part in before.items()}
    assert again.model.importance() == kept.model.importance()


def test_the_choice_by_group_comes_back_with_its_members(panel: Panel, error_scale, tmp_path) -> None:
    members = {each.name: each.fit(panel) for each in CANDIDATES if each.name in ("simple", "lightgbm", "prophet")}
    choice = dict.fromkeys(DEMAND_GROUPS, "lightgbm") | {"short": "simple", "lumpy": "prophet"}
    kept = ServedModel("by_group", FittedByGroup(choice, members), CALIBRATION, error_scale, WALMART)
    again = through_a_file(kept, tmp_path)
    assert again.model.choice == choice
    assert again.forecast(panel)[1].tobytes() == kept.forecast(panel)[1].tobytes()


def test_a_model_without_trees_comes_back(make_panel, tmp_path) -> None:
    young = make_panel(weeks=50)
    fitted = {each.name: each.fit(young) for each in CANDIDATES}
    for name in ("ridge", "lightgbm", "blend"):
        kept = ServedModel(name, fitted[name], CALIBRATION, ErrorScale().fit(young), young.retailer)
        again = through_a_file(kept, tmp_path)
        assert again.forecast(young)[1].tobytes() == kept.forecast(young)[1].tobytes()


def test_no_spark_session_is_kept(error_scale, tmp_path) -> None:
    again = through_a_file(
        ServedModel("prophet", Prophet(1, open_session=int), CALIBRATION, error_scale, WALMART), tmp_path
    )
    assert again.model == Prophet(1)
    assert again.model.open_session is None


def test_what_no_file_of_a_model_knows_is_not_written(error_scale, tmp_path) -> None:
    with pytest.raises(TypeError, match="a model holds a CompletedProcess"):
        save_model(
            ServedModel("x", subprocess.CompletedProcess([], 0), CALIBRATION, error_scale, WALMART), tmp_path / "m.json"
        )


def test_a_file_that_is_not_the_registered_one_is_not_opened(tmp_path) -> None:
    (tmp_path / "model.json").write_bytes(b"{}")
    with pytest.raises(ShelfcastError, match=r"is not the one that was registered\. Put the file of a backup back"):
        load_model(tmp_path / "model.json", "0" * 64)


PICKLE = b"cos\nsystem\n(S'touch opened'\ntR."


@pytest.mark.parametrize(
    "content",
    [
        PICKLE,
        b"",
        b"[]",
        b"null",
        b'{"Popen": {"args": "touch opened"}}',
        b'{"subprocess.Popen": {"args": "touch opened"}}',
        b'{"StlEts": {}, "Prophet": {"seed": 1}}',
        b'{"StlEts": {"seed": 1}}',
        b'{"StlEts": {}}',
        b'{"array": ["a"]}',
        b'{"map": [1]}',
    ],
)
def test_a_file_that_holds_something_else_is_one_sentence_and_runs_nothing(tmp_path, monkeypatch, content) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.json").write_bytes(content)
    with pytest.raises(ShelfcastError, match=r"another version of Shelfcast\. Run `shelfcast train` again"):
        load_model(tmp_path / "model.json", hashlib.sha256(content).hexdigest())
    assert not (tmp_path / "opened").exists()


def test_the_pickle_of_the_corpus_would_have_run(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    pickle.loads(PICKLE)
    assert (tmp_path / "opened").exists()


def test_a_registered_model_whose_file_is_of_an_older_version_is_one_sentence(tmp_path) -> None:
    with pytest.raises(ShelfcastError, match=r"another version of Shelfcast\. Run `shelfcast train` again"):
        load_model(tmp_path / "model.json", "0" * 64)


def test_the_file_is_json_that_names_what_it_holds(error_scale, tmp_path) -> None:
    save_model(ServedModel("a", AlignedSeasonal(), CALIBRATION, error_scale, WALMART), tmp_path / "model.json")
    fields = json.loads((tmp_path / "model.json").read_text())["ServedModel"]
    assert list(fields) == [field.name for field in dataclasses.fields(ServedModel)]
    assert fields["model"] == {"AlignedSeasonal": {"name": "aligned_seasonal"}}
