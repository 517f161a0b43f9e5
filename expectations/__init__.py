"""Great Expectations suites, one per border table."""
