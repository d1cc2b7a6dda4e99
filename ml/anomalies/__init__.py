"""Unusual sales, each with a reason."""
