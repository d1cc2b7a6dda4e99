-- A week with an empty shelf is told with what was lost.
comment on column ml.sales_anomalies.detector is
    'Name of the detector: forecast_residual, robust_seasonal, or empty_shelf where a count found no stock and less sold than before.';
comment on column ml.sales_anomalies.score is
    'Deviation in robust standard deviations, its sign is the direction; of weeks that no detector could tell, the least that is unusual.';
