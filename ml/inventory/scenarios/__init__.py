"""What another policy or demand would do."""
