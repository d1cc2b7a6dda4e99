"""What a run, a decision or a replay says in words."""
