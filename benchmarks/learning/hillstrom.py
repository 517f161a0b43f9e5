"""Study `hillstrom`: each e-mail against none on Hillstrom's real trial, Nightjar's learner beside its peers.

Source: Kevin Hillstrom, MineThatData E-Mail Analytics And Data Mining Challenge, 2008-03-20; visits, a third per arm.
`python -m benchmarks.hillstrom` runs the same trial through the whole nightly job.
"""

from pathlib import Path
from statistics import median

import numpy as np
import polars as pl

from benchmarks.hillstrom.__main__ import FILE, LEFT_OUT
from benchmarks.learning.judging import TrialFigures, interval, judge_by_trial, resampled_means
from benchmarks.learning.learners import NIGHTJAR, choose_learners, fit_apart
from benchmarks.learning.options import Options
from benchmarks.learning.printing import console, rounded, show_table
from benchmarks.learning.sample import Sample
from models.choices import NO_ACTION
from models.encoding import fit_encoder

ARMS = ("No E-Mail", "Mens E-Mail", "Womens E-Mail")
TEST_SHARE = 0.3
COUNT_QINI_DRAWS = 100


def run(options: Options) -> dict[str, object]:
    """Run, print, and return figures by learner."""
    sample, learners = read_sample(FILE), choose_learners(options.peers)
    figures: dict[str, list[TrialFigures]] = {name: [] for name in learners}
    seconds: dict[str, list[float]] = {name: [] for name in learners}
    draws = []
    for split in range(options.seeds):
        is_test = np.random.default_rng(split).random(len(sample.action)) < TEST_SHARE
        training, test = sample.take(np.flatnonzero(~is_test)), sample.take(np.flatnonzero(is_test))
        uplifts = []
        for number, name in enumerate(learners, 1):
            console.print(f"  split {split + 1}, {number} of {len(learners)}: {name}", highlight=False)
            fitted = fit_apart(name, training, test.features, split)
            seconds[name].append(fitted.fit_cpu_seconds)
            uplifts.append(fitted.uplift)
            figures[name].append(judge_by_trial(fitted.uplift, test))
        values = resampled_means([figures[name][-1].value_terms for name in learners], test.units, split)
        draws.append((_resampled_qinis(uplifts, test, split), values))
    result = {name: summarise(each, seconds[name]) for name, each in figures.items()}
    show(result, options.seeds)
    if len(learners) > 1:
        result["against the best peers"] = against_best(learners, figures, draws)
    return result


def read_sample(path: Path) -> Sample:
    """The trial, its columns encoded as the nightly job does."""
    frame = pl.read_csv(path, infer_schema_length=None)
    encoder = fit_encoder(frame.drop("segment", "visit", *LEFT_OUT))
    return Sample(
        names=encoder.feature_names,
        actions=(NO_ACTION, *ARMS[1:]),
        features=encoder.encode(frame),
        action=frame["segment"].replace_strict(list(ARMS), range(len(ARMS))).to_numpy(),
        probability=np.full(len(frame), 1 / len(ARMS)),
        outcome=frame["visit"].to_numpy().astype(float),
        units=np.arange(len(frame)),
    )


def summarise(figures: list[TrialFigures], seconds: list[float]) -> dict[str, object]:
    """Means over the splits (of the same customers), and median CPU seconds."""
    return {
        "qini": float(np.mean([each.qini for each in figures])),
        "qini_by_action": np.mean([each.qini_by_action for each in figures], axis=0).tolist(),
        "slope": float(np.mean([each.slope for each in figures])),
        "value": float(np.mean([each.value for each in figures])),
        "fit_cpu_seconds": median(seconds),
    }


def against_best(
    learners: list[str], figures: dict[str, list[TrialFigures]], draws: list[tuple[np.ndarray, np.ndarray]]
) -> dict[str, object]:
    """Nightjar less the best peer, by Qini and by value, with paired intervals from resampled customers."""
    result: dict[str, object] = {}
    for number, what in enumerate(("qini", "value")):
        means = {name: float(np.mean([getattr(each, what) for each in figures[name]])) for name in learners}
        best = max((name for name in learners if name != NIGHTJAR), key=lambda name: means[name])
        # The splits share their customers, so their mean is hardly more certain than one of them: widths are averaged.
        pairs = [each[number][:, learners.index(NIGHTJAR)] - each[number][:, learners.index(best)] for each in draws]
        widths = np.mean([np.subtract(interval(pair), pair.mean()) for pair in pairs], axis=0)
        gap = means[NIGHTJAR] - means[best]
        result[what] = {"peer": best, "difference": gap, "interval": [gap + widths[0], gap + widths[1]]}
        console.print(f"  {what}: {gap:+.4f} against {best}, paired {gap + widths[0]:+.4f} to {gap + widths[1]:+.4f}")
    return result


def show(result: dict[str, dict], splits: int) -> None:
    """Print the table, best Qini first."""
    rows = []
    for name, each in sorted(result.items(), key=lambda pair: -pair[1]["qini"]):
        by_action = [rounded(qini, 3) for qini in each["qini_by_action"]]
        rows.append([name, rounded(each["qini"], 3), *by_action, rounded(each["slope"]), rounded(each["value"], 4),
                     rounded(each["fit_cpu_seconds"], 1)])  # fmt: skip
    columns = ["learner", "Qini", *ARMS[1:], "slope", "visits per customer", "fit CPU s"]
    show_table(f"Hillstrom, visits: means of {splits} splits", columns, rows)


def _resampled_qinis(uplifts: list[np.ndarray], test: Sample, seed: int) -> np.ndarray:
    """Mean Qini of each learner on the same resampled customers, [draw × learner]."""
    generator = np.random.default_rng(seed)
    draws = []
    for _ in range(COUNT_QINI_DRAWS):
        rows = generator.integers(0, len(test.action), len(test.action))
        drawn = test.take(rows)
        draws.append([judge_by_trial(uplift[rows], drawn).qini for uplift in uplifts])
    return np.array(draws)
