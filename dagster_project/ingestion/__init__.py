"""From export files to the raw schema: each row once, bad rows in quarantine with their reason."""
