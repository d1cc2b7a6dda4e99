"""Backtests, accuracy metrics and drift of the forecasts."""
