"""Great Expectations suites and the audit step between incoming and published tables."""
