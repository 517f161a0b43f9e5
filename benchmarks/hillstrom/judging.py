"""Judges a policy on the half of the trial that the night knew no outcomes of."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from xgboost import XGBClassifier

from benchmarks.hillstrom.exports import ACTIONS, TRAITS
from models.evaluation import Estimate, Log, estimate_difference, estimate_dr, estimate_ips
from models.qini import QiniResult, qini_interval

ARMS = tuple(ACTIONS.values())
SHARE = 1 / len(ARMS)


@dataclass(frozen=True)
class Policy:
    """Probability of each arm (in the order of `ARMS`) for each customer, float64 [customers × arms]."""

    name: str
    probability: np.ndarray


@dataclass(frozen=True)
class Judgement:
    """Visits per customer under a policy, by two estimators; its distance from the best fixed policy."""

    policy: str
    share_mailed: float
    ips: Estimate
    dr: Estimate
    difference: Estimate | None


def fixed_policies(customers: int, share_mailed: float) -> list[Policy]:
    """What needs no learning: one e-mail to a random share of the customers, none, or one of both at random."""

    def fixed(name: str, mens: float, womens: float) -> Policy:
        return Policy(name, np.tile([mens, womens, 1 - mens - womens], (customers, 1)))

    to_whom = "all" if share_mailed == 1 else f"a random {share_mailed:.0%}"
    either = 2 / 3 if share_mailed == 1 else share_mailed
    return [
        fixed(f"mens e-mail to {to_whom}", share_mailed, 0),
        fixed(f"womens e-mail to {to_whom}", 0, share_mailed),
        fixed("none", 0, 0),
        fixed("random", either / 2, either / 2),
    ]


def judge(test: pl.DataFrame, training: pl.DataFrame, nightjar: Policy, fixed: list[Policy]) -> list[Judgement]:
    """Judge Nightjar's policy and the fixed ones on the same customers; Nightjar's comes first."""
    predicted = _predict_visits(training, test)
    logged = test["action"].replace_strict({arm: number for number, arm in enumerate(ARMS)}).to_numpy()
    visits, rows = test["visit"].to_numpy().astype(float), np.arange(len(test))
    estimates = {}
    for policy in [nightjar, *fixed]:
        log = Log(visits, np.full(len(test), SHARE), policy.probability[rows, logged])
        expected = (policy.probability * predicted).sum(axis=1)
        estimates[policy.name] = estimate_ips(log), estimate_dr(log, predicted[rows, logged], expected)
    best = max((policy.name for policy in fixed), key=lambda name: estimates[name][1].value)
    return [
        Judgement(
            policy.name,
            float(1 - policy.probability[:, ARMS.index("none")].mean()),
            *estimates[policy.name],
            estimate_difference(estimates[policy.name][1], estimates[best][1]) if policy.name != best else None,
        )
        for policy in [nightjar, *fixed]
    ]


def judge_ranking(test: pl.DataFrame, uplift: dict[str, np.ndarray]) -> dict[str, QiniResult]:
    """Normalised Qini of each e-mail against none, on the customers of those two arms, with a bootstrap interval."""
    results = {}
    for action, predicted in uplift.items():
        rows = test["action"].is_in([action, "none"]).to_numpy()
        results[action] = qini_interval(
            test["visit"].to_numpy()[rows].astype(float),
            predicted[rows],
            (test["action"] == action).to_numpy()[rows].astype(float),
            count_draws=500,
        )
    return results


def _predict_visits(training: pl.DataFrame, test: pl.DataFrame) -> np.ndarray:
    """Probability of a visit in each arm from the training half, for the doubly robust estimate. [customers × arms]."""
    columns = [*TRAITS]
    both = pl.concat([training, test]).select(columns).to_dummies(["history_segment", "zip_code", "channel"]).to_numpy()
    known, unknown = both[: len(training)].astype(np.float32), both[len(training) :].astype(np.float32)
    predicted = []
    for arm in ARMS:
        rows = (training["action"] == arm).to_numpy()
        model = XGBClassifier(n_estimators=60, max_depth=3, learning_rate=0.1, min_child_weight=50, n_jobs=2)
        model.fit(known[rows], training["visit"].to_numpy()[rows])
        predicted.append(model.predict_proba(unknown)[:, 1])
    return np.column_stack(predicted).astype(float)
