"""The models of a night as learners: which rows, which pure function of `models/`, which files."""

from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, field

import numpy as np
import polars as pl

from dagster_project.champions import Candidate, Comparison, Evidence, Rows
from dagster_project.learning_rows import CHOICE_COLUMNS, read_amounts, read_choices, read_labels
from dagster_project.model_figures import calibration_figure, qini_figure
from dagster_project.resources.warehouse import Warehouse
from models import propensity, uplift_training
from models.calibration import reliability
from models.choices import Choices, Counts, what_is_missing
from models.choices import Evidence as NeededEvidence
from models.encoding import FeatureEncoder, Trait, fit_encoder
from models.grouping import weighted_mean
from models.propensity import HeldOut, PropensityModel, row_log_loss, train_propensity
from models.uplift import UpliftModel
from models.uplift_training import TrainedGoal, build_uplift_model, train_goal_effects
from models.value import train_value
from policy.schema import Goal, Policy

UPLIFT = "nightjar-uplift"
VALUE_FILE = "value.json"
# Raised when the same rows would give another model, so that versions trained by older code aren't taken for the same.
FORM = 2
# Newest part of the decisions on which two uplift models are compared.
NEWEST_SHARE = 1 / 3


def propensity_name(goal_id: str) -> str:
    """Registered name of a goal's propensity model."""
    return f"nightjar-propensity-{goal_id}"


def policy_traits(policy: Policy) -> tuple[Trait, ...]:
    """The policy's own columns, as the encoder knows them."""
    return tuple(Trait(each.trait, each.type) for each in policy.traits)


def priors_of_goal(policy: Policy, goal_id: str) -> dict[str, float]:
    """Believed uplift of each action that the policy lists for a goal."""
    return {
        action.action_id: action.prior_uplift[goal_id] for action in policy.actions if goal_id in action.prior_uplift
    }


def check_features(encoder: FeatureEncoder, features: Mapping[str, str]) -> None:
    """Whether an encoder can read features of these names and types.

    Raises:
        EncodingError: a feature is missing or has another type.
    """
    kinds = {"VARCHAR": pl.String, "BOOLEAN": pl.Boolean}
    encoder.encode(pl.DataFrame(schema={name: kinds.get(kind, pl.Float64) for name, kind in features.items()}))


@dataclass
class PropensityLearner:
    """The propensity model of one goal, with the value model of the goal in its bundle."""

    warehouse: Warehouse
    policy: Policy
    goal: Goal
    features: Mapping[str, str]
    counts: tuple[int, int]
    seed: int
    _held_out: HeldOut | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        return propensity_name(self.goal.goal_id)

    def evidence(self) -> Evidence:
        """Matured labels that reached the goal."""
        needed, (rows, outcomes) = self.policy.limits.minimum_outcomes, self.counts
        shortage = f"{outcomes} outcomes, {needed} are needed" if outcomes < needed else ""
        if not shortage and outcomes == rows:
            shortage = "every contact reached the goal"
        return Evidence(outcomes, self.features, shortage)

    def read(self) -> Rows:
        """Labels, and amounts of the goal's outcome."""
        labels = read_labels(self.warehouse, self.goal.goal_id)
        return {"labels": labels, "amounts": read_amounts(self.warehouse, self.goal.outcome)}

    def parameters(self) -> dict[str, object]:
        """What else the model depends on."""
        traits = [asdict(trait) for trait in policy_traits(self.policy)]
        trees = asdict(propensity.TREES)
        return {"form": FORM, "goal": self.goal.model_dump(mode="json"), "traits": traits, "trees": trees}

    def check(self, files: Mapping[str, bytes], features: Mapping[str, str]) -> None:
        """Whether tonight's features are those that the version reads."""
        check_features(PropensityModel.from_files(files).encoder, features)

    def train(self, rows: Rows) -> Candidate:
        """Train, with the value model where amounts tell something."""
        labels, traits = rows["labels"], policy_traits(self.policy)
        needed = self.policy.limits.minimum_outcomes
        model, self._held_out = train_propensity(self.goal.goal_id, labels, traits, needed, self.seed)
        value = train_value(rows["amounts"], traits, self.seed)
        bundle = model.to_files() | ({VALUE_FILE: value.to_json().encode()} if value else {})
        outcome, weight = (labels[name].to_numpy()[self._held_out.index] for name in ("is_reached", "sample_weight"))
        stated, observed, _ = reliability(self._held_out.probability, outcome, weight)
        figure = calibration_figure(stated, observed, f"Propensity: {self.goal.name}")
        loss, base = model.metrics.log_loss, model.metrics.base_log_loss
        shortcoming = f"no better than one rate for all (log loss {loss:.4f}, {base:.4f})" if loss >= base else ""
        return Candidate(bundle, asdict(model.metrics), {"calibration.png": figure}, shortcoming)

    def compare(self, champion: Mapping[str, bytes], rows: Rows) -> Comparison:
        """Difference of log loss on the rows that the challenger was measured on."""
        held_out = self._held_out
        if held_out is None:
            raise ValueError("compare follows train")
        labels = rows["labels"][held_out.index]
        model = PropensityModel.from_files(champion)
        outcome = labels["is_reached"].to_numpy()
        challenger_loss = row_log_loss(outcome, held_out.probability)
        champion_loss = row_log_loss(outcome, model.predict(model.encoder.encode(labels)))
        weight, units = labels["sample_weight"].to_numpy(), labels["unit_id"].to_numpy()
        return Comparison(*weighted_mean(challenger_loss - champion_loss, weight, units))


@dataclass
class UpliftLearner:
    """The uplift model of all goals and actions."""

    warehouse: Warehouse
    policy: Policy
    features: Mapping[str, str]
    counts: Mapping[str, Mapping[str, Counts]]
    seed: int
    _trained: list[TrainedGoal] = field(default_factory=list, init=False)

    @property
    def name(self) -> str:
        return UPLIFT

    @property
    def needed(self) -> NeededEvidence:
        """Evidence that an action needs before a model speaks of it."""
        return NeededEvidence(self.policy.limits.minimum_exposures, self.policy.limits.minimum_outcomes)

    def evidence(self) -> Evidence:
        """Matured outcomes of logged choices; enough if one action has enough for one goal."""
        outcomes = sum(int(counts.outcomes) for actions in self.counts.values() for counts in actions.values())
        missing = {
            (goal.goal_id, action): what_is_missing(self._counts_of(goal.goal_id, action), self.needed)
            for goal in self.policy.goals
            for action in priors_of_goal(self.policy, goal.goal_id)
        }
        if not all(missing.values()):
            return Evidence(outcomes, self.features, "")
        goal_id, action = max(missing, key=lambda each: astuple(self._counts_of(*each)))
        nearest = f"nearest: {action} for {goal_id}, {missing[goal_id, action]}"
        return Evidence(outcomes, self.features, f"no action has evidence enough ({nearest})")

    def _counts_of(self, goal_id: str, action: str) -> Counts:
        return self.counts.get(goal_id, {}).get(action, Counts())

    def read(self) -> Rows:
        """Matured choices, by goal."""
        return {goal.goal_id: read_choices(self.warehouse, goal.goal_id) for goal in self.policy.goals}

    def parameters(self) -> dict[str, object]:
        """What else the model depends on."""
        return {
            "form": FORM,
            "goals": [goal.model_dump(mode="json") for goal in self.policy.goals],
            "priors": {goal.goal_id: priors_of_goal(self.policy, goal.goal_id) for goal in self.policy.goals},
            "traits": [asdict(trait) for trait in policy_traits(self.policy)],
            "evidence": asdict(self.needed),
            "trees": [asdict(uplift_training.BASELINE_TREES), asdict(uplift_training.EFFECT_TREES)],
        }

    def check(self, files: Mapping[str, bytes], features: Mapping[str, str]) -> None:
        """Whether tonight's features are those that the version reads."""
        check_features(UpliftModel.from_files(files).encoder, features)

    def train(self, rows: Rows) -> Candidate:
        """Train every goal with one encoder."""
        largest = max(rows.values(), key=lambda frame: frame.height)
        encoder = fit_encoder(largest.drop(CHOICE_COLUMNS), policy_traits(self.policy))
        self._trained = [
            train_goal_effects(
                goal_id, as_choices(frame, encoder), priors_of_goal(self.policy, goal_id), self.needed, self.seed
            )
            for goal_id, frame in rows.items()
        ]
        effects = [effect for each in self._trained for effect in each.effects.effects if effect.evidence == "model"]
        metrics = {f"effect_{each.goal_id}_{each.action_id}": each.mean for each in effects}
        metrics |= {f"qini_{each.goal_id}_{each.action_id}": each.qini for each in effects if each.qini is not None}
        figures = {
            f"qini_{each.effects.goal_id}.png": qini_figure(each.curves, f"Uplift: {each.effects.goal_id}")
            for each in self._trained
            if each.curves
        }
        return Candidate(build_uplift_model(encoder, self._trained).to_files(), metrics, figures)

    def compare(self, champion: Mapping[str, bytes], rows: Rows) -> Comparison:
        """Difference of squared error against outcomes beyond no action, in money, on the newest third of decisions."""
        model = UpliftModel.from_files(champion)
        goals = {goal.goal_id: goal for goal in self.policy.goals}
        parts = [
            _squared_errors(each, model, rows[each.effects.goal_id], goals[each.effects.goal_id])
            for each in self._trained
            if each.held_out is not None
        ]
        if not parts:
            return Comparison(0.0, 0.0)
        difference, weight, units = (np.concatenate(each) for each in zip(*parts, strict=True))
        return Comparison(*weighted_mean(difference, weight, units))


def as_choices(frame: pl.DataFrame, encoder: FeatureEncoder) -> Choices:
    """Rows of `read_choices` as arrays."""
    eligible = frame["eligible_action_ids"]
    actions = eligible.explode().drop_nulls().unique().sort()
    return Choices(
        features=encoder.encode(frame),
        action=frame["chosen_action_id"].to_numpy(),
        probability=frame["action_probability"].to_numpy(),
        outcome=frame["is_reached"].to_numpy().astype(np.float64),
        weight=frame["sample_weight"].to_numpy(),
        units=frame["unit_id"].to_numpy(),
        can_get={action: eligible.list.contains(action).fill_null(False).to_numpy() for action in actions},
    )


def _squared_errors(
    trained: TrainedGoal, champion: UpliftModel, frame: pl.DataFrame, goal: Goal
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per newest treated row: extra squared error of the challenger, its weight, its unit."""
    held_out = trained.held_out
    if held_out is None:
        raise ValueError("compare follows train")
    dates = frame["as_of_date"].to_numpy()[held_out.index]
    is_newest = dates >= np.sort(dates)[int(len(dates) * (1 - NEWEST_SHARE))]
    rows = frame[held_out.index[is_newest]]
    surprise, weight = held_out.surprise[is_newest], held_out.weight[is_newest]
    old = np.zeros(rows.height)
    margins = champion.margins(champion.encoder.encode(rows))
    actions = rows["chosen_action_id"].to_numpy()
    for effect in trained.effects.effects:
        index = np.flatnonzero(actions == effect.action_id)
        known = champion.goal(goal.goal_id)
        before = known.effect_of(effect.action_id) if known else None
        if before is not None and before.evidence == "model":
            old[index] = champion.predict(goal.goal_id, effect.action_id, margins, index)[0]
        else:
            old[index] = effect.prior_uplift
    worth = goal.weight * goal.value_cents
    extra = (surprise - held_out.effect[is_newest]) ** 2 - (surprise - old) ** 2
    return worth**2 * extra, weight, rows["unit_id"].to_numpy()
