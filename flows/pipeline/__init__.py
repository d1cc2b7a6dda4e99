"""The Prefect flow, its stages and their schedule."""
