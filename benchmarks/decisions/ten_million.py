"""Study `ten_million`: ten million contacts x 20 actions, read batch by batch."""

from benchmarks.decisions.markets import Market
from benchmarks.decisions.printing import show_solved
from benchmarks.decisions.running import as_row, run_job

CONTACTS = 10_000_000


def run(peers_python: str) -> dict[str, object]:
    """Solve, print, and return figures by number of limits."""
    results = {Market(CONTACTS, segments).count_limits: run_job("nightjar", CONTACTS, segments) for segments in (1, 13)}
    show_solved(f"{CONTACTS:,} contacts", [as_row(f"{n} limits", "nightjar", each) for n, each in results.items()])
    return {str(n): each for n, each in results.items()}
