"""The nightly report: one self-contained HTML page on what was decided and why, what was learnt, what it brought."""
