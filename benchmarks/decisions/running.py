"""Runs solvers on nights, each in a process of its own."""

import json
import subprocess
import sys

from benchmarks.paths import PROJECT_ROOT

PATIENCE = 1_800  # seconds


def run_job(solver: str, contacts: int, segments: int, *, python: str = sys.executable, accounts: int = 0) -> dict:
    """What `benchmarks.decisions.job` measured; only `told`, where the solver isn't there or took too long."""
    command = [python, "-m", "benchmarks.decisions.job", solver, str(contacts), str(segments)]
    try:
        done = subprocess.run(
            [*command, "--accounts", str(accounts)], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False,
            timeout=PATIENCE,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"told": f"more than {PATIENCE} s"}
    if done.returncode:
        return {"told": done.stderr.strip().splitlines()[-1]}
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def as_row(night: str, solver: str, result: dict, optimum: float | None = None) -> dict[str, object]:
    """A line of a table; `optimum` is that of the linear program, if it is known."""
    if "told" in result:
        return {"night": night, "solver": f"{solver}: {result['told']}"}
    bound = result.get("upper_bound")
    return {
        "night": night,
        "solver": solver,
        "of the optimum": result["value"] / optimum if optimum else None,
        "of the bound": result["value"] / bound if bound else None,
        "violations": result.get("violations"),
        "wall s": f"{result['wall_seconds']:.2f}",
        "CPU s": f"{result['cpu_seconds']:.2f}",
        "peak MB": f"{result['peak_mb']:,.0f}",
    }
