"""The business as reviewed YAML, and its types."""
