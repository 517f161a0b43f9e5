"""What the old rules' logs say of an action's effect, before Nightjar decided anything: or why they say nothing.

Each log is read as a trial that nobody planned (target trial emulation, Hernán and Robins 2016): contacts whom a rule
reached at a moment against contacts whom it didn't reach at such a moment, by all that was known then. Nobody drew
lots, so the logs are refused unless four things hold: there is evidence enough; many of those treated have comparable
untreated; weighting makes both alike; and the treatment has no "effect" on outcomes before it. What even then can't be
excluded (a cause of both that leaves no trace) is why the prior that comes out is wider than its standard error.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from models.choices import Evidence
from models.grouping import group_folds, weighted_mean
from models.overlap import Overlap, as_covariates, effective_size, find_overlap, standardised_differences

COUNT_FOLDS = 3
RIDGE = 30.0
# Of those treated, this share must have comparable untreated; and this many rows' worth must be left on each side.
LEAST_SHARE_KEPT, LEAST_EFFECTIVE_SIZE = 0.2, 100.0
LARGEST_DIFFERENCE, DIFFERENCE_ERRORS = 0.1, 3.0
PLACEBO_ERRORS, LEAST_PLACEBO_OUTCOMES = 2.6, 20
# Those whom a rule reached aren't those whom Nightjar may reach: on these the effect may be half as large, or more.
TRANSPORT = 0.5


@dataclass(frozen=True)
class Trials:
    """The trials of one action; every array [n].

    Attributes:
        features: what was known at the start, float32 [n × d]; feature_names: of its columns.
        is_treated: whether the rule reached the contact then.
        units: accounts.
        outcomes: by goal, whether it was reached within the horizon, 0/1; NaN where that isn't over.
        placebos: by goal, whether it was reached in the days before the start, 0/1.
        own_features: by goal, columns that tell (part of) its placebo.
    """

    features: np.ndarray
    feature_names: tuple[str, ...]
    is_treated: np.ndarray
    units: np.ndarray
    outcomes: Mapping[str, np.ndarray]
    placebos: Mapping[str, np.ndarray]
    own_features: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class HistoryEffect:
    """One action and goal. Effects are changes of probability; what wasn't got to is None.

    Attributes:
        reason: why refused; for what is used, how good the comparison is.
        share_trimmed: of those treated, the share without comparable untreated.
        effective_sample_size: of the smaller side, after weighting.
        largest_difference: largest standardised difference of a feature after weighting.
        placebo, placebo_error: "effect" on outcomes before the treatment.
        effect, error: effect within the horizon, and its standard error by accounts.
        deviation: of the prior that the effect makes: error, what the placebo leaves open, and that others are reached.
        e_value: how strongly (as a risk ratio) an unseen cause must act on treatment and outcome to explain the effect
            away (VanderWeele and Ding 2017); 1: the effect may be nothing anyhow.
    """

    action_id: str
    goal_id: str
    verdict: Literal["used", "refused"]
    reason: str
    count_treated: int
    count_untreated: int
    count_outcomes: int
    auc: float | None = None
    share_trimmed: float | None = None
    effective_sample_size: float | None = None
    largest_difference: float | None = None
    placebo: float | None = None
    placebo_error: float | None = None
    effect: float | None = None
    error: float | None = None
    deviation: float | None = None
    e_value: float | None = None


class _Refusal(Exception):
    """The logs say nothing, and why; `known` is what was found on the way."""

    def __init__(self, reason: str, known: dict[str, Any]) -> None:
        super().__init__(reason)
        self.reason, self.known = reason, known


def learn_history(action_id: str, trials: Trials, evidence: Evidence, seed: int) -> list[HistoryEffect]:
    """One effect per goal of the trials, used or refused."""
    folds = group_folds(trials.units, COUNT_FOLDS, seed)
    found: list[HistoryEffect] = []
    overlap: Overlap | None = None
    for goal_id in sorted(trials.outcomes):
        is_known = ~np.isnan(trials.outcomes[goal_id])
        treated = trials.is_treated & is_known
        outcomes = int(trials.outcomes[goal_id][is_known].sum())
        counts = int(treated.sum()), int((is_known & ~treated).sum()), outcomes
        try:
            _check_counts(*counts, evidence)
            overlap = overlap or find_overlap(trials.features, trials.is_treated, folds, seed)
            known = _estimate(goal_id, trials, folds, overlap, seed)
            found.append(replace(HistoryEffect(action_id, goal_id, "used", _comparison(known), *counts), **known))
        except _Refusal as no:
            found.append(replace(HistoryEffect(action_id, goal_id, "refused", no.reason, *counts), **no.known))
    return found


def _check_counts(treated: int, untreated: int, outcomes: int, evidence: Evidence) -> None:
    if treated < evidence.minimum_exposures:
        raise _Refusal(f"the rules reached {treated} contacts, {evidence.minimum_exposures} are needed", {})
    if untreated < evidence.minimum_exposures:
        raise _Refusal(f"{untreated} contacts weren't reached, {evidence.minimum_exposures} are needed", {})
    if outcomes < evidence.minimum_outcomes:
        raise _Refusal(f"{outcomes} outcomes, {evidence.minimum_outcomes} are needed", {})


def _estimate(goal_id: str, trials: Trials, folds: np.ndarray, overlap: Overlap, seed: int) -> dict[str, Any]:
    """What is known of the effect, by name of the field.

    Raises:
        _Refusal: a check fails.
    """
    outcome = trials.outcomes[goal_id]
    known = _check_overlap(trials, overlap, np.where(np.isnan(outcome), 0.0, overlap.weight(trials.is_treated)))
    effect, error, rate = _effect(trials.features, outcome, trials, folds, overlap)
    placebo, placebo_error, placebo_rate = _placebo(goal_id, trials, folds, seed, known)
    # a bias of the placebo's relative size, or as large as the placebo couldn't have seen, may be in the effect as well
    bias = float(np.hypot(placebo, placebo_error) * min(rate / placebo_rate, 10.0))
    deviation = float(np.sqrt(error**2 + bias**2 + (TRANSPORT * effect) ** 2))
    return {
        **known,
        "placebo": placebo,
        "placebo_error": placebo_error,
        "effect": effect,
        "error": error,
        "deviation": deviation,
        "e_value": e_value(effect, error, rate),
    }


def _check_overlap(trials: Trials, overlap: Overlap, weight: np.ndarray) -> dict[str, Any]:
    treated = trials.is_treated
    kept = float((weight[treated] > 0).mean())
    size = min(effective_size(weight[treated]), effective_size(weight[~treated]))
    known = {"auc": overlap.auc, "share_trimmed": 1 - kept, "effective_sample_size": size}
    if kept < LEAST_SHARE_KEPT:
        reason = (
            f"{1 - kept:.0%} of those reached have nobody comparable who wasn't"
            f" (who is reached can be told with AUC {overlap.auc:.2f}): the rule decides alone"
        )
        raise _Refusal(reason, known)
    if size < LEAST_EFFECTIVE_SIZE:
        reason = f"too few comparable: worth {size:.0f} contacts after weighting, {LEAST_EFFECTIVE_SIZE:.0f} are needed"
        raise _Refusal(reason, known)
    differences = np.abs(standardised_differences(trials.features, treated, weight))
    worst = int(differences.argmax())
    known["largest_difference"] = float(differences[worst])
    sizes = [effective_size(weight[side]) for side in (treated, ~treated)]
    if differences[worst] > LARGEST_DIFFERENCE + DIFFERENCE_ERRORS * np.sqrt(sum(1 / each for each in sizes)):
        name = trials.feature_names[worst]
        raise _Refusal(f"those reached and not differ in {name} by {differences[worst]:.2f} deviations", known)
    return known


def _placebo(
    goal_id: str, trials: Trials, folds: np.ndarray, seed: int, known: dict[str, Any]
) -> tuple[float, float, float]:
    """The "effect" on the days before, its error, and the rate then; by features that don't tell what is asked.

    Raises:
        _Refusal: there is an effect, or too few outcomes to see one.
    """
    placebo = trials.placebos[goal_id]
    others = [name not in trials.own_features[goal_id] for name in trials.feature_names]
    features = trials.features[:, others]
    overlap = find_overlap(features, trials.is_treated, folds, seed)
    count = int(placebo[overlap.is_kept].sum())
    if count < LEAST_PLACEBO_OUTCOMES:
        reason = f"whether the rule went by what isn't known can't be checked: {count} outcomes before it among the"
        raise _Refusal(f"{reason} comparable, {LEAST_PLACEBO_OUTCOMES} are needed", known)
    effect, error, rate = _effect(features, placebo, trials, folds, overlap)
    if abs(effect) > PLACEBO_ERRORS * error:
        more = "more" if effect > 0 else "fewer"
        reason = (
            f"those reached had {more} outcomes before already ({100 * effect:+.2f} ± {100 * error:.2f} points against"
            " comparable others): the rule, or whoever used it, went by what isn't known here"
        )
        raise _Refusal(reason, {**known, "placebo": effect, "placebo_error": error})
    return effect, error, rate


def _effect(
    features: np.ndarray, outcome: np.ndarray, trials: Trials, folds: np.ndarray, overlap: Overlap
) -> tuple[float, float, float]:
    """Mean effect over those who might have been either, its standard error, and the rate without treatment: overlap
    weighting augmented by outcome models (Robins, Rotnitzky and Zhao 1994; Li, Morgan and Zaslavsky 2018), which are
    cross-fitted (Chernozhukov et al. 2018).
    """
    rows = np.flatnonzero(overlap.is_kept & ~np.isnan(outcome))
    treated, propensity, folds = trials.is_treated[rows], overlap.propensity[rows], folds[rows]
    covariates, outcome = as_covariates(features[rows], propensity), outcome[rows]
    stated = {side: np.zeros(len(rows)) for side in (True, False)}
    for fold in np.unique(folds):
        test = folds == fold
        for side, values in stated.items():
            train = ~test & (treated == side)
            values[test] = covariates[test] @ _ridge(covariates[train], outcome[train])
    if_treated = stated[True] + treated / propensity * (outcome - stated[True])
    if_not = stated[False] + ~treated / (1 - propensity) * (outcome - stated[False])
    weight = propensity * (1 - propensity)
    effect, error = weighted_mean(if_treated - if_not, weight, trials.units[rows])
    return effect, error, max(float(np.average(if_not, weights=weight)), 1 / len(rows))


def _ridge(covariates: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """Slopes, shrunk; the first covariate is the constant, which isn't."""
    penalty = np.full(covariates.shape[1], RIDGE)
    penalty[0] = 1e-6
    return np.linalg.solve(covariates.T @ covariates + np.diag(penalty), covariates.T @ outcome)


def e_value(effect: float, error: float, rate: float) -> float:
    """The E-value of the end of the 95 % interval that is nearer to no effect."""
    nearest = max(abs(effect) - 1.96 * error, 0.0)
    ratio = (rate + nearest) / rate if effect > 0 else rate / max(rate - nearest, 1e-3 * rate)
    return float(ratio + np.sqrt(ratio * (ratio - 1)))


def _comparison(known: dict[str, Any]) -> str:
    return (
        f"{1 - known['share_trimmed']:.0%} of those reached are comparable with others, worth"
        f" {known['effective_sample_size']:.0f} contacts after weighting; before the rule no difference beyond chance"
        f" ({100 * known['placebo']:+.2f} ± {100 * known['placebo_error']:.2f} points)"
    )
