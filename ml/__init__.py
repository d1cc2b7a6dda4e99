"""Models: forecasting, inventory decisions and anomalies."""
