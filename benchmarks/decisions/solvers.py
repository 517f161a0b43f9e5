"""Study `solvers`: 10,000 and 100,000 contacts x 20 actions, 200 reps, 20 and 200 global limits, against HiGHS and
OR-Tools in the same run.
"""

from benchmarks.decisions.markets import Market
from benchmarks.decisions.printing import show_solved
from benchmarks.decisions.running import as_row, run_job

NIGHTS = ((10_000, 1), (10_000, 13), (100_000, 1), (100_000, 13))
PEERS = ("glop", "pdlp", "highs_simplex", "highs_ipm")
ALL_PEERS_UP_TO = 10_000  # contacts; the others take more than half an hour
FASTEST = ("glop",)


def run(peers_python: str) -> dict[str, object]:
    """Solve, print, and return figures by night and solver."""
    results: dict[str, object] = {}
    rows = []
    for contacts, segments in NIGHTS:
        night = f"{contacts:,}, {Market(contacts, segments).count_limits} limits"
        peers = PEERS if contacts <= ALL_PEERS_UP_TO else FASTEST
        found = {name: run_job(name, contacts, segments, python=peers_python) for name in peers}
        found["nightjar"] = run_job("nightjar", contacts, segments)
        optima = [found[name]["value"] for name in ("highs_simplex", "glop") if "value" in found.get(name, {})]
        optimum = optima[0] if optima else None
        rows += [as_row(night, name, result, optimum) for name, result in found.items()]
        results[night] = found
    show_solved("One choice per contact of 20 actions, 200 reps", rows)
    return results
