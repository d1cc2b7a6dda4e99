"""Retailers whose calendar and settings tests need."""

from spark_jobs.ingest.mapping import SHIPPED, read_mapping

WALMART = read_mapping(SHIPPED / "walmart.toml").retailer
