"""The propensity model of a goal as a learner: which rows, which pure function of `models/`, which files."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import numpy as np
import polars as pl

from dagster_project.learner import Candidate, Evidence, Rows, SeenUntil
from dagster_project.learning_rows import read_amounts, read_labels
from dagster_project.model_figures import calibration_figure
from dagster_project.model_inputs import check_features, policy_traits
from dagster_project.model_stories import propensity_story, segment_metrics
from dagster_project.resources.warehouse import Warehouse
from models import propensity
from models.calibration import reliability, row_log_loss
from models.challenge import stand_in_probability
from models.importances import gain_shares
from models.promotion import Paired
from models.propensity import HeldOut, PropensityModel, train_propensity
from models.segments import Unseen, quality_by_segment, segments_of
from models.value import train_value
from policy.schema import Goal, Policy

VALUE_FILE = "value.json"
# Raised when the same rows would give another model, so that versions trained by older code aren't taken for the same.
FORM = 4


def propensity_name(goal_id: str) -> str:
    """Registered name of a goal's propensity model."""
    return f"nightjar-propensity-{goal_id}"


@dataclass
class PropensityLearner:
    """The propensity model of one goal, with the value model of the goal in its bundle."""

    warehouse: Warehouse
    policy: Policy
    goal: Goal
    features: Mapping[str, str]
    counts: tuple[int, int]
    seed: int
    _model: PropensityModel | None = field(default=None, init=False)

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

    def settings(self) -> dict[str, object]:
        """All parameters."""
        return self.parameters()

    def check(self, files: Mapping[str, bytes], features: Mapping[str, str]) -> None:
        """Whether tonight's features are those that the version reads."""
        check_features(PropensityModel.from_files(files).encoder, features)

    def train(self, rows: Rows) -> Candidate:
        """Train, with the value model where amounts tell something."""
        labels, traits = rows["labels"], policy_traits(self.policy)
        needed = self.policy.limits.minimum_outcomes
        model, held_out = train_propensity(self.goal.goal_id, labels, traits, needed, self.seed)
        naming = {each.feature for each in model.left_out}
        value = train_value(rows["amounts"], tuple(each for each in traits if each.name not in naming), self.seed)
        bundle = model.to_files() | ({VALUE_FILE: value.to_json().encode()} if value else {})
        self._model, unseen = model, self._unseen(labels, held_out)
        stated, observed, _ = reliability(unseen.stated, unseen.observed, unseen.weight)
        figure = calibration_figure(stated, observed, f"Propensity: {self.goal.name}")
        loss, base = model.metrics.log_loss, model.metrics.base_log_loss
        shortcoming = f"no better than one rate for all (log loss {loss:.4f}, {base:.4f})" if loss >= base else ""
        segments = quality_by_segment(unseen, self.policy.limits.minimum_group_size)
        amounts = {"expected_amount_cents": value.expected_cents, "count_amounts": value.count_amounts} if value else {}
        return Candidate(
            bundle, asdict(model.metrics) | amounts | segment_metrics(segments), {"calibration.png": figure},
            propensity_story(self.goal, model), shortcoming, segments,
            gain_shares({"": model.booster}, model.encoder),
        )  # fmt: skip

    def compare(self, champion: Mapping[str, bytes], rows: Rows, seen_until: SeenUntil) -> Paired | None:
        """Both on the rows that are newer than what the champion has seen; the challenger by its stand-ins."""
        if self._model is None:
            raise ValueError("compare follows train")
        index = np.flatnonzero(rows["labels"]["as_of_date"].to_numpy() > np.datetime64(seen_until["labels"]))
        if not len(index):
            return None
        model, labels = PropensityModel.from_files(champion), rows["labels"][index]
        newer = HeldOut(index, stand_in_probability(self._model, rows["labels"], index, self.seed))
        challenger = self._unseen(rows["labels"], newer)
        stated = model.predict(model.encoder.encode(labels))
        return Paired(
            challenger.loss, row_log_loss(challenger.observed, stated), challenger.stated, stated, challenger.observed,
            challenger.weight, labels["unit_id"].to_numpy(), challenger.segments, "log loss",
        )  # fmt: skip

    def _unseen(self, labels: pl.DataFrame, held_out: HeldOut) -> Unseen:
        """What the model said of rows that it didn't see, and what came true."""
        rows = labels[held_out.index]
        outcome = rows["is_reached"].to_numpy().astype(np.float64)
        loss = row_log_loss(outcome, held_out.probability)
        segments = segments_of(rows, self.policy.watch.segments)
        weight, people = rows["sample_weight"].to_numpy(), rows["contact_id"].to_numpy()
        return Unseen(held_out.probability, outcome, loss, weight, people, segments)
