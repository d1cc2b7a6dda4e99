"""The four agents, their read-only tools and the number check."""
