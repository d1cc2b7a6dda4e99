"""The candidates, and the rows they learn from."""
