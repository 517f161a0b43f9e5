"""Study `accounts`: a million contacts in 150,000 accounts, one seller call and two messages per account and night."""

from benchmarks.decisions.printing import show_solved
from benchmarks.decisions.running import as_row, run_job

CONTACTS, ACCOUNTS = 1_000_000, 150_000


def run(peers_python: str) -> dict[str, object]:
    """Solve, print, and return the figures."""
    result = run_job("nightjar", CONTACTS, 1, accounts=ACCOUNTS)
    show_solved(f"{CONTACTS:,} contacts in {ACCOUNTS:,} accounts", [as_row("20 limits", "nightjar", result)])
    return result
