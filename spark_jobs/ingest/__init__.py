"""From the raw files to typed, accounted rows."""
