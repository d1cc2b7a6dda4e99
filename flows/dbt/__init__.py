"""dbt and MetricFlow with the warehouse behind them."""
