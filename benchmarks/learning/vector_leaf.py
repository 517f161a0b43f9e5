"""Study `vector_leaf`: trees whose leaves hold one number per action, against one tree per action.

Both predict the logit under every action of a drawn trial; a row's gradient is zero for all actions that it didn't get.
A vector-leaf tree has splits in common among the actions and is passed once for all of them
(XGBoost, `multi_strategy="multi_output_tree"`).
"""

import time
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
import xgboost as xgb

from benchmarks.learning.judging import judge_by_truth
from benchmarks.learning.learners import NIGHTJAR, fit_apart
from benchmarks.learning.options import Options
from benchmarks.learning.printing import console, rounded, show_table
from benchmarks.learning.trial import Market, Trial, draw_trial
from models.boosting import THREADS, logit, sigmoid

ROUNDS = 200
TREES = {
    "tree_method": "hist",
    "nthread": THREADS,
    "max_depth": 3,
    "eta": 0.05,
    "reg_lambda": 10.0,
    "subsample": 0.8,
    "max_bin": 64,
    "disable_default_eval_metric": True,
}
# What each kind of tree needs in a leaf, summed over what a leaf holds: hessians of one action, or of all.
KINDS = {
    "one tree per action": {"multi_strategy": "one_output_per_tree", "min_child_weight": 5.0},
    "vector leaf": {"multi_strategy": "multi_output_tree", "min_child_weight": 5.0},
    "vector leaf, larger leaves": {"multi_strategy": "multi_output_tree", "min_child_weight": 25.0},
}
FIGURES = ("share_of_gain", "pehe", "slope", "fit_cpu_seconds", "predict_cpu_seconds")


@dataclass(frozen=True)
class Figures:
    """One kind of tree on one trial; seconds of CPU."""

    share_of_gain: float
    pehe: float
    slope: float
    fit_cpu_seconds: float
    predict_cpu_seconds: float


def run(options: Options) -> dict[str, object]:
    """Run, print, and return medians by kind of tree."""
    market = replace(Market(), count_rows=options.rows)
    runs: dict[str, list[Figures]] = {name: [] for name in [*KINDS, NIGHTJAR]}
    for seed in range(1, options.seeds + 1):
        console.print(f"  seed {seed}")
        trial = draw_trial(market, seed)
        for name, settings in KINDS.items():
            runs[name].append(fit_and_judge(trial, settings, seed))
        runs[NIGHTJAR].append(_nightjar(trial, seed))
    result = {
        name: {figure: median(getattr(each, figure) for each in figures) for figure in FIGURES}
        for name, figures in runs.items()
    }
    rows: list[list[object]] = [
        [name, *(rounded(each[figure], 3) for figure in FIGURES)] for name, each in result.items()
    ]
    columns = ["trees", "share of gain", "PEHE", "slope", "fit CPU s", "predict CPU s"]
    show_table(f"Vector leaves: medians of {options.seeds} seeds", columns, rows)
    return dict(result)


def fit_and_judge(trial: Trial, settings: dict[str, object], seed: int) -> Figures:
    """Fit on the training part, predict and judge on the rest."""
    training, test = trial.take(np.flatnonzero(trial.is_training)), trial.take(np.flatnonzero(~trial.is_training))
    started = time.process_time()
    booster, shift = _fit(training, settings, seed)
    fitted = time.process_time()
    probability = sigmoid(booster.inplace_predict(test.features, predict_type="margin") + shift)
    predicted = time.process_time()
    figures = judge_by_truth(probability[:, 1:] - probability[:, :1], None, test.effects)
    return Figures(figures.share_of_gain, figures.pehe, figures.slope, fitted - started, predicted - fitted)


def _fit(trial: Trial, settings: dict[str, object], seed: int) -> tuple[xgb.Booster, float]:
    count = len(trial.actions)
    got = np.eye(count, dtype=np.float32)[trial.action] / (trial.probability * count)[:, None].astype(np.float32)
    outcome, shift = trial.outcome[:, None], float(logit(trial.outcome.mean(keepdims=True))[0])

    def gradients(margin: np.ndarray, _: xgb.DMatrix) -> tuple[np.ndarray, np.ndarray]:
        probability = sigmoid(margin.reshape(-1, count) + shift)
        return got * (probability - outcome), got * probability * (1 - probability)

    data = xgb.QuantileDMatrix(trial.features, np.zeros((len(outcome), count)), max_bin=TREES["max_bin"])
    parameters = {**TREES, **settings, "seed": seed, "num_target": count, "base_score": 0.0}
    return xgb.train(parameters, data, ROUNDS, obj=gradients), shift


def _nightjar(trial: Trial, seed: int) -> Figures:
    test = np.flatnonzero(~trial.is_training)
    fitted = fit_apart(NIGHTJAR, trial.take(np.flatnonzero(trial.is_training)), trial.features[test], seed)
    figures = judge_by_truth(fitted.uplift, fitted.error, trial.effects[test])
    seconds = fitted.fit_cpu_seconds, fitted.predict_cpu_seconds
    return Figures(figures.share_of_gain, figures.pehe, figures.slope, *seconds)
