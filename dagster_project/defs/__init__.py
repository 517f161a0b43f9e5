"""Thin assets, one file per stage: read, call a pure function, write, report metadata."""
