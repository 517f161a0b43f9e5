"""The uplift model of all goals and actions as a learner: which rows, which pure function of `models/`, which files."""

from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, field, replace
from types import MappingProxyType

import polars as pl

from dagster_project.choice_leaks import find_choice_leaks
from dagster_project.choice_rows import CHOICE_COLUMNS, read_choices, read_delays
from dagster_project.learner import Candidate, Evidence, Rows, SeenUntil
from dagster_project.model_figures import qini_figure
from dagster_project.model_inputs import check_features, policy_traits
from dagster_project.model_stories import driver_lines, segment_metrics, uplift_story
from dagster_project.outcome_kinds import OUTCOMES_FILE, outcomes_of_goals, outcomes_to_json, say_outcomes
from dagster_project.resources.warehouse import Warehouse
from dagster_project.uplift_comparison import newer_than, paired_effects, unseen_effects
from models import uplift_fitting, uplift_training
from models.additive_terms import fit_terms
from models.choices import Choices, Counts, what_is_missing
from models.choices import Evidence as NeededEvidence
from models.encoding import FeatureEncoder, fit_encoder
from models.importances import gain_shares
from models.leaks import LEFT_OUT_FILE, left_out_to_json
from models.priors import Prior, policy_prior
from models.promotion import Paired, joined
from models.segments import SegmentQuality, quality_by_segment
from models.uplift import UpliftModel
from models.uplift_training import TrainedGoal, build_uplift_model, train_goal_effects
from policy.schema import Goal, Policy

UPLIFT = "nightjar-uplift"
# Raised when the same rows would give another model, so that versions trained by older code aren't taken for the same.
FORM = 10
# As many of the rows learnt from show for whom effects are larger.
ROWS_FOR_DRIVERS = 1_000


def priors_of_goal(
    policy: Policy, goal_id: str, history: Mapping[tuple[str, str], Prior] = MappingProxyType({})
) -> dict[str, Prior]:
    """Believed uplift of each action that the policy lists for a goal: by the old rules' logs where they tell it."""
    return {
        action.action_id: history.get((goal_id, action.action_id)) or policy_prior(action.prior_uplift[goal_id])
        for action in policy.actions
        if goal_id in action.prior_uplift
    }


def needed_evidence(policy: Policy) -> NeededEvidence:
    """Evidence that an action needs before a model speaks of it, and how fast it ages."""
    limits = policy.limits
    return NeededEvidence(
        limits.minimum_exposures, limits.minimum_outcomes, limits.evidence_days, limits.evidence_half_life_days
    )


def families_of(policy: Policy) -> dict[str, str]:
    """By action, those with which it shares strength: the actions of its channel."""
    return {action.action_id: action.channel for action in policy.actions}


@dataclass
class UpliftLearner:
    """The uplift model of all goals and actions."""

    warehouse: Warehouse
    policy: Policy
    features: Mapping[str, str]
    counts: Mapping[str, Mapping[str, Counts]]
    seed: int
    history: Mapping[tuple[str, str], Prior] = field(default_factory=dict)
    _trained: list[TrainedGoal] = field(default_factory=list, init=False)

    @property
    def name(self) -> str:
        return UPLIFT

    @property
    def needed(self) -> NeededEvidence:
        """Evidence that an action needs before a model speaks of it, and how fast it ages."""
        return needed_evidence(self.policy)

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
        """Choices with an outcome that tells something, by goal."""
        known = read_delays(self.warehouse, self.policy)
        return {
            goal_id: read_choices(self.warehouse, self.policy, goal_id, of_goal, self.seed)
            for goal_id, of_goal in known.items()
        }

    def parameters(self) -> dict[str, object]:
        """What else the model depends on."""
        return {
            "form": FORM,
            "goals": [goal.model_dump(mode="json") for goal in self.policy.goals],
            "priors": {
                goal.goal_id: {
                    action: asdict(prior)
                    for action, prior in priors_of_goal(self.policy, goal.goal_id, self.history).items()
                }
                for goal in self.policy.goals
            },
            "families": families_of(self.policy),
            "traits": [asdict(trait) for trait in policy_traits(self.policy)],
            "evidence": asdict(self.needed),
            "trees": [asdict(uplift_training.BASELINE_TREES), asdict(uplift_fitting.BEYOND_TREES)],
        }

    def settings(self) -> dict[str, object]:
        """The parameters, of the priors only whose they are: what old rules tell moves from week to week."""
        priors = {goal.goal_id: sorted(priors_of_goal(self.policy, goal.goal_id)) for goal in self.policy.goals}
        return {**self.parameters(), "priors": priors}

    def check(self, files: Mapping[str, bytes], features: Mapping[str, str]) -> None:
        """Whether tonight's features are those that the version reads."""
        check_features(UpliftModel.from_files(files).encoder, features)

    def train(self, rows: Rows) -> Candidate:
        """Train every goal with one encoder."""
        largest = max(rows.values(), key=lambda frame: frame.height)
        encoder = fit_encoder(largest.drop(CHOICE_COLUMNS), policy_traits(self.policy))
        left_out = find_choice_leaks(rows, encoder, self.seed)
        encoder = encoder.without([each.feature for each in left_out])
        terms, families = fit_terms(encoder.encode(largest)), families_of(self.policy)
        self._trained = [
            train_goal_effects(
                goal_id,
                as_choices(frame, encoder),
                priors_of_goal(self.policy, goal_id, self.history),
                self.needed,
                self.seed,
                families=families,
                terms=terms,
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
        model = build_uplift_model(encoder, self._trained)
        segments = self._quality_by_segment(rows)
        importances = gain_shares({"": model.trees.booster}, encoder) if model.trees else {}
        outcomes = outcomes_of_goals(rows, {goal.goal_id: goal.horizon_days for goal in self.policy.goals})
        told = {LEFT_OUT_FILE: left_out_to_json(left_out), OUTCOMES_FILE: outcomes_to_json(outcomes)}
        bundle = model.to_files() | {name: text.encode() for name, text in told.items()}
        story = uplift_story(model)
        told_rows, drivers = say_outcomes(outcomes), driver_lines(model, largest.head(ROWS_FOR_DRIVERS), self.policy)
        story = replace(story, learnt_from=" ".join([story.learnt_from, *told_rows]), drivers=drivers)
        return Candidate(
            bundle, metrics | segment_metrics(segments), figures, story,
            segments=segments, importances=importances,
        )  # fmt: skip

    def compare(self, champion: Mapping[str, bytes], rows: Rows, seen_until: SeenUntil) -> Paired | None:
        """Squared error against outcomes beyond no action, in money, on decisions that the champion hasn't seen."""
        model, watched = UpliftModel.from_files(champion), self.policy.watch.segments
        parts = [
            paired_effects(each, model, newer_than(rows[goal.goal_id], each, seen_until[goal.goal_id]), goal, watched)
            for each, goal in self._modelled()
        ]
        return joined([part for part in parts if len(part.observed)])

    def _modelled(self) -> list[tuple[TrainedGoal, Goal]]:
        """What was trained, with its goal; without the goals that have priors only."""
        goals = {goal.goal_id: goal for goal in self.policy.goals}
        return [(each, goals[each.effects.goal_id]) for each in self._trained if each.held_out is not None]

    def _quality_by_segment(self, rows: Rows) -> tuple[SegmentQuality, ...]:
        """By goal, of all its actions together: effect as stated and as measured."""
        least, watched = self.policy.limits.minimum_group_size, self.policy.watch.segments
        return tuple(
            replace(each, attribute=f"{goal.goal_id} {each.attribute}")
            for trained, goal in self._modelled()
            for each in quality_by_segment(unseen_effects(trained, rows[goal.goal_id], watched), least)
        )


def as_choices(frame: pl.DataFrame, encoder: FeatureEncoder) -> Choices:
    """Rows of `read_choices` as arrays."""
    eligible = frame["eligible_action_ids"]
    actions = eligible.explode().drop_nulls().unique().sort()
    return Choices(
        features=encoder.encode(frame),
        action=frame["chosen_action_id"].to_numpy(),
        probability=frame["action_probability"].to_numpy(),
        outcome=frame["outcome"].to_numpy(),
        weight=frame["sample_weight"].to_numpy(),
        units=frame["unit_id"].to_numpy(),
        can_get={action: eligible.list.contains(action).fill_null(False).to_numpy() for action in actions},
        age_days=frame["age_days"].to_numpy().astype(float),
        offset=frame["outcome_offset"].to_numpy(),
        responded=frame["has_responded"].to_numpy().astype(float),
        by_chance=(frame["arm"] != "model").to_numpy(),
    )
