"""What an uplift model took for outcomes: those of choices whose horizon has passed, of younger ones, or surrogates."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from dagster_project.learner import Rows
from models.surrogates import early_goals

OUTCOMES_FILE = "outcomes.json"
KINDS = ("matured", "immature", "surrogate")


@dataclass(frozen=True)
class OutcomesOfGoal:
    """Shares of the choices of a goal by kind of outcome, and the goals that stand for it where it is slow."""

    matured: float
    immature: float
    surrogate: float
    early: tuple[str, ...]

    @property
    def kinds(self) -> str:
        """As in `action_effects.outcome_kind`: the kinds that occur."""
        return ", ".join(kind for kind in KINDS if getattr(self, kind) > 0)

    @property
    def words(self) -> str:
        """What must be said of it; empty if every horizon has passed."""
        if self.surrogate > 0:
            return f"{self.surrogate:.0%} of the choices are judged by what comes early ({', '.join(self.early)})"
        return f"{self.immature:.0%} of the choices are young, their outcomes so far scaled up" if self.immature else ""


def outcomes_of_goals(rows: Rows, horizons: Mapping[str, int]) -> dict[str, OutcomesOfGoal]:
    """By goal, from frames of `read_choices`; goals without choices are left out."""
    found = {}
    for goal_id, frame in rows.items():
        if frame.height:
            weight, kind = frame["sample_weight"].to_numpy(), frame["outcome_kind"].to_numpy()
            shares = {each: float(weight[kind == each].sum() / weight.sum()) for each in KINDS}
            found[goal_id] = OutcomesOfGoal(early=early_goals(goal_id, dict(horizons)), **shares)
    return found


def outcomes_to_json(outcomes: Mapping[str, OutcomesOfGoal]) -> str:
    """The content of a bundle's file."""
    return json.dumps({goal_id: asdict(each) for goal_id, each in outcomes.items()}, indent=1)


def outcomes_of_bundle(files: Mapping[str, bytes] | None) -> dict[str, OutcomesOfGoal]:
    """By goal, what the bundle says; empty for a prior and for models without it."""
    if not files or OUTCOMES_FILE not in files:
        return {}
    content = json.loads(files[OUTCOMES_FILE])
    return {goal_id: OutcomesOfGoal(**{**each, "early": tuple(each["early"])}) for goal_id, each in content.items()}


def say_outcomes(outcomes: Mapping[str, OutcomesOfGoal]) -> list[str]:
    """A line for each goal that isn't known to its end."""
    return [f"{goal_id}: {each.words}" for goal_id, each in outcomes.items() if each.words]
