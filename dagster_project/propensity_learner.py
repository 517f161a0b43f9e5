"""The propensity model of a goal as a learner: which rows, which pure function of `models/`, which files."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from dagster_project.champions import Candidate, Comparison, Evidence, Rows
from dagster_project.learning_rows import read_amounts, read_labels
from dagster_project.model_figures import calibration_figure
from dagster_project.model_inputs import check_features, policy_traits
from dagster_project.resources.warehouse import Warehouse
from models import propensity
from models.calibration import reliability, row_log_loss
from models.grouping import weighted_mean
from models.propensity import HeldOut, PropensityModel, train_propensity
from models.value import train_value
from policy.schema import Goal, Policy

VALUE_FILE = "value.json"
# Raised when the same rows would give another model, so that versions trained by older code aren't taken for the same.
FORM = 3


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
