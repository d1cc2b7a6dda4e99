"""Files for other programs: marts, forecasts, orders, rejected rows."""
