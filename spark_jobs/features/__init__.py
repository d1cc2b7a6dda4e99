"""The window features."""
