"""Spark: sample data, ingest of the raw files, and the heavy window features."""
