"""Forecast candidates, backtest, scorecard, intervals and the model registry."""
