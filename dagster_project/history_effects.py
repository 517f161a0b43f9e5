"""What tonight's priors take from the old rules' logs: learnt at most once a week, kept in MLflow, one table."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

import numpy as np
import polars as pl

from dagster_project.champions import BECAUSE, JUDGEMENT, SNAPSHOT
from dagster_project.history_rows import TRIAL_COLUMNS, count_fires, own_features, read_trials
from dagster_project.resources.ledger import Ledger
from dagster_project.resources.registry import NewVersion, Registry, RegistryError, Version
from dagster_project.resources.warehouse import Warehouse
from dagster_project.retraining import COUNT_OUTCOMES, EVIDENCE_GROWTH, TRAINED_FOR
from dagster_project.standing import PROMOTED, RETIRED, read_verdicts, standing
from models.choices import Counts, Evidence, what_is_missing
from models.encoding import fit_encoder
from models.history import HistoryEffect, Trials, learn_history
from models.priors import Prior, policy_prior
from policy.action import Action
from policy.schema import Goal, Policy

HISTORY = "nightjar-history"
EFFECTS_FILE = "history.json"
TABLE = "decisioning.history_effects"
# Raised when the same logs would give other effects.
FORM = 1
# A feature in which fewer trials differ from the others tells nothing about whom a rule reaches.
LEAST_ROWS = 30
# A belief is a guess: it may be off by twice its size before the logs count less than it.
GUESS = 2.0
_NUMBERS = (
    "auc", "share_trimmed", "effective_sample_size", "largest_difference", "placebo", "placebo_error", "effect",
    "error", "deviation", "e_value",
)  # fmt: skip
COLUMNS = {
    "action_id": pl.String, "goal_id": pl.String, "verdict": pl.String, "reason": pl.String,
    "count_treated": pl.Int64, "count_untreated": pl.Int64, "count_outcomes": pl.Int64,
    **dict.fromkeys(_NUMBERS, pl.Float64), "learnt_on": pl.Date,
}  # fmt: skip


@dataclass(frozen=True)
class HistoryNight:
    """What the logs are read with: `counts` is what own decisions tell already, by goal and action."""

    warehouse: Warehouse
    policy: Policy
    counts: Mapping[str, Mapping[str, Counts]]
    night: date

    @property
    def evidence(self) -> Evidence:
        limits = self.policy.limits
        return Evidence(limits.minimum_exposures, limits.minimum_outcomes)

    def wanted(self) -> dict[str, list[Goal]]:
        """By action the goals for which its own decisions don't suffice yet; without actions that need no prior."""
        wanted = {
            action.action_id: [goal for goal in self.policy.goals if self._needs_prior(action, goal)]
            for action in self.policy.actions
        }
        return {action: goals for action, goals in wanted.items() if goals}

    def _needs_prior(self, action: Action, goal: Goal) -> bool:
        known = self.counts.get(goal.goal_id, {}).get(action.action_id, Counts())
        return goal.goal_id in action.prior_uplift and bool(what_is_missing(known, self.evidence))

    def count_fires(self) -> dict[str, int]:
        """How often the old rules did an action that still needs a prior."""
        fires = count_fires(self.warehouse, self.night, self.policy.limits.training_window_days)
        return {action: fires[action] for action in sorted(self.wanted()) if action in fires}

    def read(self, action_id: str) -> pl.DataFrame:
        """The trials of an action."""
        return read_trials(self.warehouse, action_id, self.wanted()[action_id], self.policy, self.night)

    def parameters(self) -> dict[str, object]:
        """What else the effects depend on."""
        goals = {action: [goal.model_dump(mode="json") for goal in goals] for action, goals in self.wanted().items()}
        return {"form": FORM, "goals": goals, "evidence": asdict(self.evidence)}


@dataclass(frozen=True)
class History:
    """The effects in use, when they were learnt, and why it is these; empty where the logs weren't needed or there."""

    effects: tuple[HistoryEffect, ...]
    reason: str
    learnt_on: date | None = None

    def table(self) -> pl.DataFrame:
        """One row per action and goal."""
        rows = [{**asdict(effect), "learnt_on": self.learnt_on} for effect in self.effects]
        return pl.DataFrame(rows, schema=COLUMNS).sort("action_id", "goal_id")


def choose_history(
    registry: Registry, ledger: Ledger, night: HistoryNight, retrain_after_days: int, seed: int
) -> History:
    """The effects of an earlier night while they are young; else learnt from the logs and kept. A person's word on the
    model (`nightjar models`) goes before both.
    """
    fires = night.count_fires()
    if not fires:
        return History((), "no rule did an action that still needs a prior")
    versions = [each for each in registry.versions(HISTORY) if each.tags[TRAINED_FOR] <= night.night.isoformat()]
    versions = [each for each in versions if RETIRED not in each.tags]
    stands = standing(versions, read_verdicts(ledger, HISTORY), night.night)
    if stands.pin is not None:
        pinned = _load(registry, [stands.version] if stands.version else [])
        return pinned[1] if pinned else History((), stands.pin.words)
    known = _load(registry, [each for each in versions if each.tags[TRAINED_FOR] < night.night.isoformat()])
    if known is not None and _is_young(known[0], night, sum(fires.values()), retrain_after_days):
        return known[1]
    trials = {action: night.read(action) for action in fires}
    snapshot = _snapshot(trials, night.parameters())
    same = _load(registry, [each for each in versions if each.tags[SNAPSHOT] == snapshot])
    if same is not None:
        return same[1]
    effects = [
        effect
        for action, frame in trials.items()
        for effect in learn_history(action, as_trials(frame, night.wanted()[action]), night.evidence, seed)
    ]
    history = History(tuple(effects), f"learnt for {night.night}", night.night)
    _keep(registry, night, history, snapshot, sum(fires.values()))
    return history


def as_trials(frame: pl.DataFrame, goals: list[Goal]) -> Trials:
    """Rows of `read_trials` as arrays, without features in which all are alike."""
    results = [f"{result} of {goal.goal_id}" for goal in goals for result in ("outcome", "placebo")]
    features = frame.drop(*TRIAL_COLUMNS, *results)
    encoder = fit_encoder(features)
    encoded = encoder.encode(features)
    usual = np.nan_to_num(np.nanmedian(np.where(np.isnan(encoded).all(axis=0), 0.0, encoded), axis=0))
    differ = (np.nan_to_num(encoded, nan=-1.0) != usual).sum(axis=0) >= LEAST_ROWS
    own = {goal.goal_id: own_features(goal) for goal in goals}
    return Trials(
        np.ascontiguousarray(encoded[:, differ]),
        tuple(name for name, is_kept in zip(encoder.feature_names, differ, strict=True) if is_kept),
        frame["is_treated"].to_numpy(),
        frame["unit_id"].to_numpy(),
        {goal.goal_id: frame[f"outcome of {goal.goal_id}"].to_numpy() for goal in goals},
        {goal.goal_id: frame[f"placebo of {goal.goal_id}"].to_numpy() for goal in goals},
        own,
    )


def history_priors(warehouse: Warehouse, policy: Policy) -> dict[tuple[str, str], Prior]:
    """By goal and action, the policy's belief joined with what the logs say, each as far as it is sure of itself."""
    beliefs = {action.action_id: action.prior_uplift for action in policy.actions}
    used = warehouse.query(f"select action_id, goal_id, effect, deviation from {TABLE} where verdict = 'used'")
    return {
        (goal_id, action_id): joined(policy_prior(beliefs[action_id][goal_id]), effect, deviation)
        for action_id, goal_id, effect, deviation in used.iter_rows()
        if goal_id in beliefs.get(action_id, {})
    }


def joined(belief: Prior, effect: float, deviation: float) -> Prior:
    """The mean of belief and estimate by precision. Its deviation isn't less than half the estimate's: that the logs
    confirm a belief makes neither certain.
    """
    guess = GUESS * belief.deviation
    trust = guess**2 / (guess**2 + deviation**2) if guess else 1.0
    value = belief.value + trust * (effect - belief.value)
    return Prior(value, max(float(np.sqrt(trust)) * deviation, deviation / 2), "history")


def _is_young(version: Version, night: HistoryNight, fires: int, retrain_after_days: int) -> bool:
    age = (night.night - date.fromisoformat(version.tags[TRAINED_FOR])).days
    return age < retrain_after_days and fires < EVIDENCE_GROWTH * int(version.tags[COUNT_OUTCOMES])


def _load(registry: Registry, versions: list[Version]) -> tuple[Version, History] | None:
    """The newest of the versions, with its effects; None where there is none or its files are damaged."""
    if not versions:
        return None
    version = versions[-1]
    try:
        rows = json.loads(registry.load(version).files[EFFECTS_FILE])
        effects = tuple(HistoryEffect(**row) for row in rows)
    except (RegistryError, KeyError, TypeError, ValueError):
        return None
    learnt_on = date.fromisoformat(version.tags[TRAINED_FOR])
    return version, History(effects, f"learnt for {learnt_on}", learnt_on)


def _keep(registry: Registry, night: HistoryNight, history: History, snapshot: str, fires: int) -> None:
    used = [effect for effect in history.effects if effect.verdict == "used"]
    tags = {
        TRAINED_FOR: night.night.isoformat(),
        SNAPSHOT: snapshot,
        COUNT_OUTCOMES: str(fires),
        BECAUSE: "an action still needs a prior",
        PROMOTED: "true",
        JUDGEMENT: f"{len(used)} of {len(history.effects)} effects used",
    }
    files = {EFFECTS_FILE: json.dumps([asdict(effect) for effect in history.effects], indent=1).encode()}
    metrics = {f"effect_{each.goal_id}_{each.action_id}": each.effect for each in used if each.effect is not None}
    params = {name: json.dumps(value) for name, value in night.parameters().items()}
    registry.set_champion(registry.log_and_register(NewVersion(HISTORY, files, metrics, params, tags)))


def _snapshot(trials: Mapping[str, pl.DataFrame], parameters: dict[str, object]) -> str:
    content = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode())
    for action in sorted(trials):
        content.update(action.encode())
        content.update(trials[action].write_ipc(None).getbuffer())
    return content.hexdigest()
