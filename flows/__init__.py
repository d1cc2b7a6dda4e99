"""The shelfcast command and the Prefect flows."""
