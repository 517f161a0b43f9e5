"""Where studies find public data and leave their results."""

import json
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent
DATA_DIR = PROJECT_ROOT.parent / "shared" / "data"
RESULTS_DIR = PROJECT_ROOT / "benchmarks" / "results"


def write_result(name: str, result: object) -> Path:
    """Write a study's result as JSON; returns the file."""
    RESULTS_DIR.mkdir(parents=True, exist_ok=True)
    path = RESULTS_DIR / f"{name}.json"
    path.write_text(json.dumps(result, indent=2, sort_keys=True) + "\n")
    return path
