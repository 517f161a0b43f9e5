"""How well and how fast a night is decided: prints tables and writes benchmarks/results/decisions_<study>.json.

    python -m benchmarks.decisions [STUDY …] [--peers-python PYTHON]

Each solver works in a process of its own; judge speed by CPU seconds where the machine has neighbours. HiGHS comes with
`pip install 'nightjar[dev]'`; OR-Tools may be installed elsewhere, for whose Python `--peers-python` asks.
"""

import importlib
import sys
from typing import Annotated

import typer

from benchmarks.decisions.printing import console
from benchmarks.paths import write_result

# By name the module under benchmarks.decisions whose `run(peers_python)` prints tables and returns the JSON's content.
STUDIES = {
    "solvers": "solvers",
    "million": "million",
    "ten_million": "ten_million",
    "accounts": "accounts",
    "eligibility": "eligibility",
    "exploring": "exploring",
    "routing": "routing",
}


def main(
    study: Annotated[list[str] | None, typer.Argument(help=f"Any of {', '.join(STUDIES)}; default: all.")] = None,
    peers_python: Annotated[str, typer.Option(help="Python that has HiGHS (highspy) and OR-Tools.")] = sys.executable,
) -> None:
    """Run the studies and write their results."""
    names = study or list(STUDIES)
    for unknown in set(names) - set(STUDIES):
        raise typer.BadParameter(f"no study {unknown!r}; there are {', '.join(STUDIES)}")
    for name in names:
        console.rule(name)
        result = importlib.import_module(f"benchmarks.decisions.{STUDIES[name]}").run(peers_python)
        console.print(f"written: {write_result(f'decisions_{name}', result)}")


if __name__ == "__main__":
    typer.run(main)
