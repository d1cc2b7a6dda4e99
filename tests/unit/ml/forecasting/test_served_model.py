import hashlib

import numpy as np
import pytest

from ml.forecasting.evaluation.backtest import origins_of, run_backtest
from ml.forecasting.intervals.error_scale import ErrorScale
from ml.forecasting.models.naive import AlignedSeasonal
from ml.forecasting.served_model import ServedModel, load_model, save_model
from warehouse.errors import ShelfcastError


def test_a_served_model_forecasts_from_rows_of_features_alone(make_frame, panel, tmp_path) -> None:
    model = AlignedSeasonal()
    calibrations = run_backtest(panel, (model,), origins_of(panel, 3)).calibrations
    served = ServedModel(model.name, model.fit(panel), calibrations[model.name], ErrorScale().fit(panel))
    sha256 = save_model(served, tmp_path / "model.pkl")
    rows = load_model(tmp_path / "model.pkl", sha256).predict(make_frame())
    assert len(rows) == 12 * 8
    assert rows["predicted_sales"].to_numpy() == pytest.approx(model.predict(panel, 8).point.ravel())
    assert (rows["prediction_lower_95"] <= rows["prediction_lower"]).all()
    assert (rows["prediction_upper"] <= rows["prediction_upper_95"]).all()
    assert np.isfinite(rows["prediction_upper_95"]).all()
    # The error scale travels with the model, to the bit.
    bounds = served.forecast(panel)[1]
    names = ["prediction_lower", "prediction_upper", "prediction_lower_95", "prediction_upper_95"]
    assert rows[names].to_numpy().tobytes() == bounds.reshape(4, -1).T.tobytes()


def sha256_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_that_is_not_the_registered_one_is_not_opened(tmp_path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(b"cos\nsystem\n(S'touch %s'\ntR." % bytes(tmp_path / "opened"))
    with pytest.raises(ShelfcastError, match="is not the one that was registered"):
        load_model(path, "0" * 64)
    assert not (tmp_path / "opened").exists()


def test_a_file_that_holds_something_else_is_refused(tmp_path) -> None:
    import pickle

    (tmp_path / "model.pkl").write_bytes(pickle.dumps({"not": "a model"}))
    with pytest.raises(TypeError, match="not a forecasting model"):
        load_model(tmp_path / "model.pkl", sha256_of(tmp_path / "model.pkl"))


def test_a_model_of_a_version_whose_modules_were_others_is_one_sentence(tmp_path) -> None:
    (tmp_path / "model.pkl").write_bytes(b"cml.forecasting.served\nServedModel\n.")
    with pytest.raises(ShelfcastError, match=r"another version of Shelfcast\. Run `shelfcast train` again"):
        load_model(tmp_path / "model.pkl", sha256_of(tmp_path / "model.pkl"))
