"""What to order now: levels, statuses, guardrails."""
