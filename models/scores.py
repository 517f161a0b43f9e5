"""Scores of one batch of contacts: probability of each goal, and what each eligible action changes and is worth."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from models.action_effects import EvidenceKind, prior_effect
from models.encoding import FeatureEncoder
from models.priors import Prior
from models.propensity import PropensityModel, PropensityPrior
from models.responses import ResponseModel, response_ratio
from models.uplift import Margins, UpliftModel
from models.value import ValueModel

PRIOR_VERSION = "prior"

CONTACT_SCORES_SCHEMA = {
    "contact_id": pl.String,
    "goal_id": pl.String,
    "propensity": pl.Float64,
    "value_cents": pl.Float64,
    "is_prior": pl.Boolean,
    "model_version": pl.String,
}
ACTION_SCORES_SCHEMA = {
    "contact_id": pl.String,
    "action_id": pl.String,
    "goal_id": pl.String,
    "propensity": pl.Float64,
    "uplift": pl.Float64,
    "uplift_standard_error": pl.Float64,
    "expected_value_cents": pl.Float64,
    "expected_value_error_cents": pl.Float64,
    "response_ratio": pl.Float64,
    "evidence": pl.String,
    "model_version": pl.String,
}


class ScoreError(ValueError):
    """A score isn't a number, or can't be made; the message names the goal, the action or the column."""


@dataclass(frozen=True)
class GoalScoring:
    """All that scores one goal.

    Attributes:
        value_cents: the policy's value of reaching the goal once; `value` tells who is worth more or less, if known.
        weight: factor on the value in the choice of actions.
        propensity_version: as in `model_version`, for example `propensity-reply/3`; `prior` for a prior.
        priors: what is believed by action; only these actions are taken to move the goal.
        usual_propensity: of tonight's contacts on average, so that a belief scaled by propensity keeps its average;
            None: the base rate that the model was trained with.
    """

    goal_id: str
    value_cents: float
    weight: float
    propensity: PropensityModel | PropensityPrior
    propensity_version: str = PRIOR_VERSION
    value: ValueModel | None = None
    priors: Mapping[str, Prior] = field(default_factory=dict)
    usual_propensity: float | None = None


@dataclass(frozen=True)
class Scoring:
    """All that scores a night. `uplift_version` is for example `uplift/2`; `responses` is None where none are known."""

    goals: tuple[GoalScoring, ...]
    uplift: UpliftModel | None = None
    uplift_version: str = PRIOR_VERSION
    responses: ResponseModel | None = None


@dataclass(frozen=True)
class BatchScores:
    """Contact scores: one row per contact and goal. Action scores: one row per eligible contact and action."""

    contact_scores: pl.DataFrame
    action_scores: pl.DataFrame


@dataclass(frozen=True)
class _Effect:
    """One action and goal, for the contacts of a batch that may get the action; every array [n].

    `worth` and `worth_error` are in cents.
    """

    uplift: np.ndarray
    error: np.ndarray
    worth: np.ndarray
    worth_error: np.ndarray
    propensity: np.ndarray
    evidence: EvidenceKind
    version: str


def score_batch(features: pl.DataFrame, eligible: pl.DataFrame, scoring: Scoring) -> BatchScores:
    """Score a batch. The expected value of an action is the sum over goals of weight · value · uplift, in cents;
    `response_ratio` is how many times the usual the contact is likely to respond to its message, null where that isn't
    known.

    Args:
        features: one row per contact, with `contact_id` and the features as of the night.
        eligible: one row per contact and action that is allowed: contact_id, action_id. Contacts must be in `features`.

    Raises:
        EncodingError: a feature is missing or broken.
        ScoreError: a score isn't finite, an eligible contact has no features, or an action has no goal.
    """
    batch = _read_batch(features, scoring, with_effects=eligible.height > 0)
    contacts = [_contact_scores(goal, features["contact_id"], batch) for goal in scoring.goals]
    actions = list(_action_scores(eligible, scoring, batch))
    contact_scores = pl.concat([pl.DataFrame(schema=CONTACT_SCORES_SCHEMA), *contacts])
    action_scores = pl.concat([pl.DataFrame(schema=ACTION_SCORES_SCHEMA), *actions])
    for name, frame in (("contact_scores", contact_scores), ("action_scores", action_scores)):
        _check_numbers(name, frame)
    return BatchScores(contact_scores.sort("contact_id", "goal_id"), action_scores.sort("contact_id", "action_id"))


@dataclass(frozen=True)
class _Batch:
    """What the actions of a batch have in common: per goal the propensity and the value in cents, [n]; tree outputs;
    and per action P(response), [n], where it is known.
    """

    positions: pl.DataFrame
    propensities: dict[str, np.ndarray]
    values: dict[str, np.ndarray]
    margins: Margins | None
    rates: dict[str, np.ndarray]


def _read_batch(features: pl.DataFrame, scoring: Scoring, with_effects: bool) -> _Batch:
    encoded: dict[FeatureEncoder, np.ndarray] = {}

    def by(encoder: FeatureEncoder) -> np.ndarray:
        if encoder not in encoded:
            encoded[encoder] = encoder.encode(features)
        return encoded[encoder]

    propensities, values = {}, {}
    for goal in scoring.goals:
        propensities[goal.goal_id], values[goal.goal_id] = (
            np.full(features.height, goal.propensity.base_rate)
            if isinstance(goal.propensity, PropensityPrior)
            else goal.propensity.predict(by(goal.propensity.encoder)),
            goal.value_cents * (goal.value.factors(by(goal.value.encoder)) if goal.value else np.ones(features.height)),
        )
    margins = scoring.uplift.margins(by(scoring.uplift.encoder)) if scoring.uplift and with_effects else None
    responses = scoring.responses if with_effects else None
    rates = responses.rates(by(responses.encoder)) if responses else {}
    return _Batch(features.select("contact_id").with_row_index("position"), propensities, values, margins, rates)


def _contact_scores(goal: GoalScoring, contacts: pl.Series, batch: _Batch) -> pl.DataFrame:
    return pl.DataFrame({"contact_id": contacts}).select(
        "contact_id",
        goal_id=pl.lit(goal.goal_id),
        propensity=pl.Series(batch.propensities[goal.goal_id]),
        value_cents=pl.Series(batch.values[goal.goal_id]),
        is_prior=pl.lit(goal.propensity.is_prior),
        model_version=pl.lit(goal.propensity_version),
    )


def _action_scores(eligible: pl.DataFrame, scoring: Scoring, batch: _Batch) -> Iterator[pl.DataFrame]:
    pairs = eligible.select("contact_id", "action_id").join(
        batch.positions, on="contact_id", how="left", validate="m:1"
    )
    lost = pairs.filter(pl.col("position").is_null())
    if lost.height:
        raise ScoreError(f"eligible contact {lost['contact_id'][0]} has no features tonight ({lost.height} pairs)")
    for (action,), rows in pairs.sort("action_id", "position").group_by("action_id", maintain_order=True):
        goals = [goal for goal in scoring.goals if action in goal.priors]
        if not goals:
            raise ScoreError(f"action {action} has no goal in the policy")
        index = rows["position"].to_numpy()
        effects = {goal.goal_id: _effect(goal, str(action), index, batch, scoring) for goal in goals}
        ratio = _response_ratio(str(action), index, batch, scoring)
        yield _combine(rows["contact_id"], str(action), effects, ratio)


def _response_ratio(action: str, index: np.ndarray, batch: _Batch, scoring: Scoring) -> np.ndarray | None:
    if scoring.responses is None or action not in batch.rates:
        return None
    return response_ratio(batch.rates[action][index], scoring.responses.usual[action])


def _effect(goal: GoalScoring, action: str, index: np.ndarray, batch: _Batch, scoring: Scoring) -> _Effect:
    propensity, value = batch.propensities[goal.goal_id][index], batch.values[goal.goal_id][index]
    effects = scoring.uplift.goal(goal.goal_id) if scoring.uplift else None
    known = effects.effect_of(action) if effects else None
    prior = goal.priors[action]
    is_model = known is not None and known.arm != ""
    rate = batch.rates[action][index] if action in batch.rates else None
    if is_model and scoring.uplift and batch.margins:
        uplift, error = scoring.uplift.predict(goal.goal_id, action, batch.margins, index, rate)
    else:
        # What few choices say has moved the belief, where a model was trained.
        mean, deviation = (known.mean, known.mean_error) if known else (prior.value, prior.deviation)
        ratio = _response_ratio(action, index, batch, scoring)
        if ratio is not None:
            uplift, error = mean * ratio, deviation * ratio
        else:
            usual = goal.usual_propensity or goal.propensity.base_rate
            uplift, error = prior_effect(mean, propensity, usual, deviation)
    uplift = np.clip(uplift, -propensity, 1.0 - propensity)
    versions = [goal.propensity_version, scoring.uplift_version if is_model else PRIOR_VERSION]
    version = ";".join(each for each in versions if each != PRIOR_VERSION) or PRIOR_VERSION
    evidence = known.evidence if is_model and known else "history" if prior.source == "history" else "prior"
    factor = goal.weight * value
    return _Effect(uplift, error, factor * uplift, np.abs(factor) * error, propensity, evidence, version)


def _combine(contacts: pl.Series, action: str, effects: dict[str, _Effect], ratio: np.ndarray | None) -> pl.DataFrame:
    """The sum of the effects on all goals, described by the goal that moves the value most.

    Errors of different goals are taken as independent.
    """
    goals = list(effects)
    worth = np.stack([effects[goal].worth for goal in goals])
    main = np.abs(worth).argmax(axis=0)

    def of_main(values: list[np.ndarray]) -> np.ndarray:
        return np.take_along_axis(np.stack(values), main[None, :], axis=0)[0]

    kinds = pl.Series([effects[goal].evidence for goal in goals])
    versions = pl.Series([effects[goal].version for goal in goals])
    return pl.DataFrame(
        {
            "contact_id": contacts,
            "action_id": pl.repeat(action, len(contacts), dtype=pl.String, eager=True),
            "goal_id": pl.Series(goals)[main],
            "propensity": of_main([effects[goal].propensity for goal in goals]),
            "uplift": of_main([effects[goal].uplift for goal in goals]),
            "uplift_standard_error": of_main([effects[goal].error for goal in goals]),
            "expected_value_cents": worth.sum(axis=0),
            "expected_value_error_cents": np.sqrt(sum(effects[goal].worth_error ** 2 for goal in goals)),
            "response_ratio": pl.repeat(None, len(contacts), dtype=pl.Float64, eager=True)
            if ratio is None
            else pl.Series(ratio),
            "evidence": kinds[main],
            "model_version": versions[main],
        },
        schema=ACTION_SCORES_SCHEMA,
    )


def _check_numbers(name: str, frame: pl.DataFrame) -> None:
    for column, dtype in frame.schema.items():
        if not dtype.is_float() or column == "response_ratio":
            continue
        broken = frame.filter(pl.col(column).is_null() | ~pl.col(column).is_finite())
        if broken.height:
            where = ", ".join(f"{key} {broken[key][0]}" for key in ("goal_id", "action_id") if key in broken.columns)
            raise ScoreError(f"{name}.{column} isn't a finite number for {broken.height} rows, first: {where}")
