"""Study `trial`: Nightjar and its peers on drawn trials with known truth; 70 % to train, 30 % held out."""

from dataclasses import dataclass
from statistics import median

import numpy as np

from benchmarks.learning.judging import TruthFigures, interval, judge_by_truth, resampled_means
from benchmarks.learning.learners import NIGHTJAR, Fitted, choose_learners, fit_apart
from benchmarks.learning.options import Options
from benchmarks.learning.printing import console, rounded, show_table
from benchmarks.learning.trial import Market, draw_trial

FIGURES = ("share_of_gain", "qini", "pehe", "slope", "pooled_slope", "coverage")
USES = ("fit_seconds", "fit_cpu_seconds", "predict_cpu_seconds", "peak_mb")


@dataclass(frozen=True)
class Run:
    """One learner on one drawn trial. `draws`: its share of gain on resampled accounts, [draw]."""

    learner: str
    figures: TruthFigures
    fitted: Fitted
    draws: np.ndarray


def run(options: Options) -> dict[str, object]:
    """Run, print, and return figures by learner."""
    return compare(Market(count_rows=options.rows), choose_learners(options.peers), options.seeds, "Drawn trials")


def compare(market: Market, learners: list[str], seeds: int, title: str) -> dict[str, object]:
    """The learners on `seeds` trials of a market: medians, and the paired difference from the best peer."""
    runs = [each for seed in range(1, seeds + 1) for each in run_seed(market, learners, seed)]
    by_learner = {name: [each for each in runs if each.learner == name] for name in learners}
    result: dict[str, object] = {name: summarise(each) for name, each in by_learner.items()}
    show(result, f"{title}: medians of {seeds} seeds")
    peers = [name for name in learners if name != NIGHTJAR]
    if peers:
        best = max(peers, key=lambda name: median(each.figures.share_of_gain for each in by_learner[name]))
        result["against the best peer"] = against = difference(by_learner[NIGHTJAR], by_learner[best])
        low, high = against["interval"]
        console.print(
            f"  {NIGHTJAR} takes {against['share_of_what_it_leaves']:.0%} of what {best} leaves:"
            f" share of gain {against['difference']:+.3f}, paired {low:+.3f} to {high:+.3f}"
        )
    return result


def run_seed(market: Market, learners: list[str], seed: int) -> list[Run]:
    """Every learner on one drawn trial."""
    trial = draw_trial(market, seed)
    training, test = trial.take(np.flatnonzero(trial.is_training)), np.flatnonzero(~trial.is_training)
    effects, units = trial.effects[test], trial.units[test]
    best = np.maximum(effects, 0).max(axis=1)
    fitted = []
    for number, name in enumerate(learners, 1):
        console.print(f"  seed {seed}, {number} of {len(learners)}: {name}", highlight=False)
        fitted.append(fit_apart(name, training, trial.features[test], seed))
    figures = [judge_by_truth(each.uplift, each.error, effects) for each in fitted]
    draws = resampled_means([*(each.gain for each in figures), best], units, seed)
    return [
        Run(name, *pair, draws[:, number] / draws[:, -1])
        for number, (name, *pair) in enumerate(zip(learners, figures, fitted, strict=True))
    ]


def summarise(runs: list[Run]) -> dict[str, object]:
    """Medians over the seeds, and the shares of gain of each."""
    values = {name: [getattr(each.figures, name) for each in runs] for name in FIGURES}
    values |= {name: [getattr(each.fitted, name) for each in runs] for name in USES}
    medians = {name: None if each[0] is None else median(each) for name, each in values.items()}
    return {**medians, "share_of_gain_by_seed": values["share_of_gain"]}


def difference(ours: list[Run], peers: list[Run]) -> dict[str, object]:
    """Mean over the seeds of the paired difference in share of gain, with its interval."""
    pairs = list(zip(ours, peers, strict=True))
    means = [float(np.mean([each.figures.share_of_gain for each in side])) for side in (ours, peers)]
    draws = np.mean([one.draws - other.draws for one, other in pairs], axis=0)
    return {
        "peer": peers[0].learner,
        "difference": means[0] - means[1],
        "interval": interval(draws),
        "share_of_what_it_leaves": (means[0] - means[1]) / (1 - means[1]),
    }


def show(result: dict[str, object], title: str) -> None:
    """Print the table, best first."""
    columns = [
        "learner",
        "share of gain",
        "Qini",
        "PEHE",
        "slope",
        "pooled",
        "within 2 errors",
        "fit s",
        "fit CPU s",
        "peak MB",
    ]
    rows = []
    for name, each in sorted(result.items(), key=lambda pair: -pair[1]["share_of_gain"]):
        figures = [rounded(each[figure], 3) for figure in FIGURES]
        uses = [rounded(each[use], 1) for use in ("fit_seconds", "fit_cpu_seconds")]
        rows.append([name, *figures, *uses, rounded(each["peak_mb"], 0)])
    show_table(title, columns, rows)
