import numpy as np
import pytest

from ml.forecasting.evaluation.backtest import origins_of, run_backtest
from ml.forecasting.intervals.error_scale import ErrorScale
from ml.forecasting.models.naive import AlignedSeasonal
from ml.forecasting.served_model import ServedModel


def test_a_served_model_forecasts_from_rows_of_features_alone(make_frame, panel) -> None:
    model = AlignedSeasonal()
    calibrations = run_backtest(panel, (model,), origins_of(panel, 3)).calibrations
    served = ServedModel(
        model.name, model.fit(panel), calibrations[model.name], ErrorScale().fit(panel), panel.retailer
    )
    rows = served.predict(make_frame())
    assert len(rows) == 12 * 8
    assert rows["predicted_sales"].to_numpy() == pytest.approx(model.predict(panel, 8).point.ravel())
    assert (rows["prediction_lower_95"] <= rows["prediction_lower"]).all()
    assert (rows["prediction_upper"] <= rows["prediction_upper_95"]).all()
    assert np.isfinite(rows["prediction_upper_95"]).all()
    bounds = served.forecast(panel)[1]
    names = ["prediction_lower", "prediction_upper", "prediction_lower_95", "prediction_upper_95"]
    assert rows[names].to_numpy().tobytes() == bounds.reshape(4, -1).T.tobytes()
