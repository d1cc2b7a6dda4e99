"""Conformal prediction intervals."""
