"""How well Nightjar learns: prints tables and writes benchmarks/results/learning.json.

    python -m benchmarks.learning [STUDY …] [--seeds 5] [--rows 200000] [--peers quick]

Peers come with `pip install 'nightjar[peers]'`. Each learner works in a process of its own, so that memory is its own;
judge speed by CPU seconds where the machine has neighbours.
"""

import importlib
import time
from dataclasses import asdict
from typing import Annotated

import typer

from benchmarks.learning.learners import PeerMissingError
from benchmarks.learning.options import Options
from benchmarks.learning.printing import console
from benchmarks.paths import write_result

# By name the module under benchmarks.learning whose `run(options)` prints tables and returns what goes into the JSON.
STUDIES = {
    "trial": "synthetic",
    "markets": "markets",
    "job": "job",
    "hillstrom": "hillstrom",
    "bank": "bank",
    "scoring": "scoring",
    "vector_leaf": "vector_leaf",
    "reasons": "reasons",
    "rules": "rules",
}


def main(
    study: Annotated[list[str] | None, typer.Argument(help=f"Any of {', '.join(STUDIES)}; default: all.")] = None,
    seeds: Annotated[int, typer.Option(help="Seeds or splits.")] = 5,
    rows: Annotated[int, typer.Option(help="Rows of the drawn trials.")] = 200_000,
    peers: Annotated[str, typer.Option(help="none, best (the one to beat), quick (without the slow ones) or all.")] = (
        "quick"
    ),
) -> None:
    """Run the studies and write their results."""
    names = study or list(STUDIES)
    for unknown in set(names) - set(STUDIES):
        raise typer.BadParameter(f"no study {unknown!r}; there are {', '.join(STUDIES)}")
    options = Options(seeds, rows, peers)
    for name in names:
        started = time.monotonic()
        console.rule(name)
        try:
            result = importlib.import_module(f"benchmarks.learning.{STUDIES[name]}").run(options)
        except PeerMissingError as error:
            console.print(f"[red]{error}[/red]")
            raise typer.Exit(2) from error
        path = write_result(f"learning_{name}", {"options": asdict(options), **result})
        console.print(f"{time.monotonic() - started:.0f} s; written: {path}")


if __name__ == "__main__":
    typer.run(main)
