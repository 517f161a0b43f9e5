"""Judges a policy on the part of the trial that the night knew no outcomes of."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from xgboost import XGBClassifier

from benchmarks.learning.own.trial_night import NightChoice
from benchmarks.learning.own.trial_table import OWN_COLUMNS, TrialTable
from models.encoding import fit_encoder
from models.evaluation import Estimate, Log, estimate_difference, estimate_dr, estimate_ips
from models.qini import QiniResult, qini_interval, uplift_slope

NIGHTJAR = "Nightjar"


@dataclass(frozen=True)
class Policy:
    """Probability of each action (in the order of the trial's) for each person, float64 [people × actions]."""

    name: str
    probability: np.ndarray


@dataclass(frozen=True)
class Judgement:
    """Outcomes per person under a policy, by two estimators; its distance from the best fixed policy."""

    policy: str
    share_acted: float
    ips: Estimate
    dr: Estimate
    difference: Estimate | None


@dataclass(frozen=True)
class Ranking:
    """How well an action's predicted uplift ranks people, and by how much the true rises with it: 1 is calibrated."""

    qini: QiniResult
    slope: float
    slope_error: float


def fixed_policies(trial: TrialTable, share_acted: float) -> list[Policy]:
    """What needs no learning: one action for a random share of the people, none, or one of all at random."""
    count, people = len(trial.actions) - 1, len(trial.test)
    to_whom = "all" if share_acted == 1 else f"a random {share_acted:.0%}"
    either = count / (count + 1) if share_acted == 1 else share_acted

    def fixed(name: str, shares: np.ndarray) -> Policy:
        return Policy(name, np.tile([1 - shares.sum(), *shares], (people, 1)))

    singles = [
        fixed(f"{action} to {to_whom}", share_acted * each)
        for action, each in zip(trial.actions[1:], np.eye(count), strict=True)
    ]
    return [*singles, fixed("none", np.zeros(count)), fixed("random", np.full(count, either / count))]


def judge(trial: TrialTable, choice: NightChoice, fixed: list[Policy]) -> list[Judgement]:
    """Judge Nightjar's policy and the fixed ones on the same people; Nightjar's comes first."""
    test = trial.test
    predicted = _predict_outcomes(trial)
    logged = test["action"].replace_strict({arm: number for number, arm in enumerate(trial.actions)}).to_numpy()
    outcome, rows = test["outcome"].to_numpy().astype(float), np.arange(len(test))
    policies = [Policy(NIGHTJAR, choice.probability), *fixed]
    estimates = {}
    for policy in policies:
        log = Log(outcome, test["probability"].to_numpy(), policy.probability[rows, logged])
        expected = (policy.probability * predicted).sum(axis=1)
        estimates[policy.name] = estimate_ips(log), estimate_dr(log, predicted[rows, logged], expected)
    best = max((policy.name for policy in fixed), key=lambda name: estimates[name][1].value)
    return [
        Judgement(
            policy.name,
            float(1 - policy.probability[:, 0].mean()),
            *estimates[policy.name],
            estimate_difference(estimates[policy.name][1], estimates[best][1]) if policy.name != best else None,
        )
        for policy in policies
    ]


def judge_ranking(trial: TrialTable, choice: NightChoice) -> dict[str, Ranking]:
    """Each action against none, on the people of those two arms, with a bootstrap interval; not for unscored ones."""
    test, results = trial.test, {}
    for number, action in enumerate(trial.actions[1:]):
        rows = (test["action"].is_in([action, trial.actions[0]])).to_numpy() & ~np.isnan(choice.uplift[:, number])
        if not rows.any():
            continue
        outcome = test["outcome"].to_numpy()[rows].astype(float)
        uplift, weight = choice.uplift[rows, number], 1 / test["probability"].to_numpy()[rows]
        is_treated = (test["action"] == action).to_numpy()[rows].astype(float)
        qini = qini_interval(outcome, uplift, is_treated, weight=weight, count_draws=300)
        results[action] = Ranking(qini, *uplift_slope(outcome, uplift, is_treated, weight, np.arange(len(outcome))))
    return results


def _predict_outcomes(trial: TrialTable) -> np.ndarray:
    """Outcome under each action, learnt from the training part, for the doubly robust estimate. [people × actions]."""
    features = trial.frame.drop(OWN_COLUMNS)
    encoder, is_training = fit_encoder(features), trial.frame["is_training"].to_numpy()
    encoded = encoder.encode(features)
    action, outcome = trial.frame["action"], trial.frame["outcome"].to_numpy()
    predicted = []
    for arm in trial.actions:
        rows = (action == arm).to_numpy() & is_training
        model = XGBClassifier(n_estimators=60, max_depth=3, learning_rate=0.1, min_child_weight=50, n_jobs=2)
        model.fit(encoded[rows], outcome[rows])
        predicted.append(model.predict_proba(encoded[~is_training])[:, 1])
    return np.column_stack(predicted).astype(float)


def as_json(judgements: list[Judgement], ranking: dict[str, Ranking], effects: pl.DataFrame) -> dict[str, object]:
    """All figures."""

    def figures(estimate: Estimate | None) -> dict[str, float] | None:
        return estimate and {name: 1000 * getattr(estimate, name) for name in ("value", "low", "high")}

    return {
        "ranking": {
            action: {**vars(each.qini), "slope": each.slope, "slope_error": each.slope_error}
            for action, each in ranking.items()
        },
        "outcomes per 1,000": [
            {
                "policy": each.policy,
                "share_acted": each.share_acted,
                "ips": figures(each.ips),
                "doubly_robust": figures(each.dr),
                "difference_from_best_fixed": figures(each.difference),
            }
            for each in judgements
        ],
        "effects": effects.select("action_id", "evidence", "count_exposures", "count_outcomes").to_dicts(),
    }
