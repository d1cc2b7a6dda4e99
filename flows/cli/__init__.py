"""The `shelfcast` command."""
