"""Study `markets`: the drawn trial in other circumstances, Nightjar beside the peer to beat.

No learner is tuned to any of them; what is tuned to one kind of market shows here.
"""

from benchmarks.learning.learners import choose_learners
from benchmarks.learning.options import Options
from benchmarks.learning.synthetic import compare
from benchmarks.learning.trial import Market

# Each is a share of --rows, and how it differs from the ordinary drawn trial.
MARKETS: dict[str, tuple[float, dict[str, object]]] = {
    "few people": (0.01, {"base_rate": 0.1}),
    "a tenth of the people": (0.1, {}),
    "one action, frequent outcomes": (0.25, {"count_actions": 1, "base_rate": 0.2}),
    "eight actions": (0.5, {"count_actions": 8}),
    "small effects": (0.5, {"effect": 0.2, "mean_effect": 0.1}),
    "large effects": (0.25, {"effect": 0.9, "mean_effect": 0.3}),
    "unequal shares": (0.5, {"logging": "unequal"}),
    "logged by a running policy": (0.5, {"logging": "adaptive"}),
    "rules instead of sums": (1.0, {"shape": "rules"}),
    "rules, large effects": (0.25, {"shape": "rules", "effect": 0.9}),
    "large accounts": (0.5, {"account_size": 20.0}),
    "rare outcomes": (1.0, {"base_rate": 0.005}),
}


def run(options: Options) -> dict[str, object]:
    """Run, print, and return figures by market."""
    learners = choose_learners("none" if options.peers == "none" else "best")
    return {
        name: compare(Market(count_rows=round(share * options.rows), **changes), learners, options.seeds, name)
        for name, (share, changes) in MARKETS.items()
    }
