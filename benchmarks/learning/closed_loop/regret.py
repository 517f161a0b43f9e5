"""What a night's choice is truly worth, beside other choices of the same pairs under the same limits."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl
import xgboost as xgb

from dagster_project.defs.deciding import CONTACTS, night_limits
from dagster_project.model_inputs import policy_traits
from dagster_project.night_pairs import read_pairs
from dagster_project.resources.warehouse import Warehouse
from models.action_effects import prior_effect
from models.encoding import fit_encoder
from models.grouping import group_folds
from models.night_choice import choose
from policy.schema import Policy
from sandbox.truth import Truth

BELIEFS = """
    select scores.contact_id, scores.goal_id, scores.propensity, models.base_rate
    from decisioning.contact_scores as scores
    inner join decisioning.models_in_use as models on scores.goal_id = models.goal_id"""
FEATURES = """
    select * from features.contact_features where as_of_date = (select run_date from raw.night) order by contact_id"""
IDENTITY = "select source, object, source_id, contact_id from identity.contact_id_map"
HELD = "select count(*) from decisioning.next_best_action where approval_status = 'pending'"
COUNT_FOLDS = 5


@dataclass(frozen=True)
class Worth:
    """True value less cost of the model arm's actions of a night, in cents.

    Attributes:
        nightjar: what was chosen, exploration included.
        learnt: the best choice by Nightjar's scores, without exploration.
        oracle: the best choice for somebody who knows the truth; beliefs: the best by the policy's beliefs alone.
        seen: the best choice for somebody who knows the true average of people with the same features, as trees tell
            it that learnt the truth of other contacts: about as much as anybody can learn who doesn't see what is
            hidden.
        chance: a random choice.
        share_modelled: share of the chosen actions that rest on a model.
        held: actions of all arms that wait for a person, so that nobody answers to them.
    """

    night: date
    nightjar: float
    learnt: float
    oracle: float
    beliefs: float
    seen: float
    chance: float
    share_modelled: float
    held: int

    @property
    def regret(self) -> float:
        """Share of the oracle's value that Nightjar missed."""
        return 1.0 - self.nightjar / self.oracle

    @property
    def regret_of_scores(self) -> float:
        return 1.0 - self.learnt / self.oracle

    @property
    def regret_of_beliefs(self) -> float:
        return 1.0 - self.beliefs / self.oracle


def worth_of_night(warehouse: Warehouse, truth: Truth, policy: Policy, night: date, seed: int) -> Worth:
    """Judge the night that the warehouse holds, before people have answered to it.

    All choices use the same contacts, eligible pairs, limits and draws, so only what is believed of actions differs.
    """
    contacts, pairs = warehouse.query(CONTACTS), read_pairs(warehouse)
    pairs = pairs.join(_true_values(warehouse, truth, policy, night), on=["contact_id", "action_id"], how="left")
    pairs = pairs.with_columns(pl.col("true_cents").fill_null(0.0)).sort("contact_id", "action_id")
    everybody_random = contacts.with_columns(
        arm=pl.when(pl.col("arm") == "model").then(pl.lit("random_control")).otherwise("arm")
    )

    def value(of: pl.DataFrame, among: pl.DataFrame) -> float:
        limits = night_limits(warehouse)
        limits = replace(limits, rules=replace(limits.rules, exploration_share=0.0))
        choices = choose(among, of, limits, night=night, seed=seed)
        chosen = choices.pairs[choices.chosen].join(contacts.filter(pl.col("arm") == "model"), on="contact_id")
        return float((chosen["true_cents"] - chosen["cost_cents"]).sum())

    taken = warehouse.query(
        "select contact_id, action_id from decisioning.next_best_action where arm = 'model' and action_id is not null"
    ).join(pairs, on=["contact_id", "action_id"], validate="1:1")
    is_model = taken["evidence"] == "model"
    return Worth(
        night=night,
        nightjar=float((taken["true_cents"] - taken["cost_cents"]).sum()),
        learnt=value(pairs, contacts),
        oracle=value(_valued_at(pairs, pairs["true_cents"]), contacts),
        beliefs=value(_valued_at(pairs, _believed_values(warehouse, policy, pairs)), contacts),
        seen=value(_valued_at(pairs, _seen_values(warehouse, policy, pairs, seed)), contacts),
        chance=value(pairs, everybody_random),
        share_modelled=float(is_model.mean() or 0.0) if len(taken) else 0.0,
        held=warehouse.query(HELD).item(),
    )


def _valued_at(pairs: pl.DataFrame, cents: pl.Series) -> pl.DataFrame:
    """The pairs as somebody chooses who expects these values, [pairs]."""
    return pairs.with_columns(net_value_cents=cents - pairs["cost_cents"])


def _true_values(warehouse: Warehouse, truth: Truth, policy: Policy, night: date) -> pl.DataFrame:
    """One row per contact and action: true_cents. A contact that holds records of several people counts as the one
    whom most of them are of."""
    values: Mapping[str, float] = {goal.goal_id: goal.weight * goal.value_cents for goal in policy.goals}
    people = (
        truth.records(night)
        .join(warehouse.query(IDENTITY), on=["source", "object", "source_id"])
        .group_by("contact_id", "person_id")
        .len()
        .sort(["contact_id", "len", "person_id"], descending=[False, True, False])
        .unique("contact_id", keep="first", maintain_order=True)
    )
    worth = truth.oracle_values(values, night).rename({"value_cents": "true_cents"})
    return people.select("contact_id", "person_id").join(worth, on="person_id").drop("person_id")


def _seen_values(warehouse: Warehouse, policy: Policy, pairs: pl.DataFrame, seed: int) -> pl.Series:
    """The true value of the pairs as far as features tell it, [pairs]."""
    features = warehouse.query(FEATURES)
    encoded = fit_encoder(features, policy_traits(policy)).encode(features)
    found = np.zeros(len(pairs))
    places = (
        pairs.select("contact_id")
        .join(features.select("contact_id").with_row_index("place"), on="contact_id", maintain_order="left")["place"]
        .to_numpy()
    )
    actions, truth = pairs["action_id"].to_numpy(), pairs["true_cents"].to_numpy()
    folds = group_folds(pairs["contact_id"].to_numpy(), COUNT_FOLDS, seed)
    for action in np.unique(actions):
        for fold in range(COUNT_FOLDS):
            seen, asked = (np.flatnonzero((actions == action) & of) for of in (folds != fold, folds == fold))
            if not len(seen) or not len(asked):
                continue
            trees = xgb.XGBRegressor(n_estimators=100, max_depth=3, learning_rate=0.1, n_jobs=2, random_state=seed)
            trees.fit(encoded[places[seen]], truth[seen])
            found[asked] = trees.predict(encoded[places[asked]])
    return pl.Series(found)


def _believed_values(warehouse: Warehouse, policy: Policy, pairs: pl.DataFrame) -> pl.Series:
    """What the pairs are worth by the policy's beliefs, as the first night has it. [pairs]."""
    beliefs = warehouse.query(BELIEFS)
    total = np.zeros(len(pairs))
    for goal in policy.goals:
        own = pairs.select("contact_id", "action_id").join(
            beliefs.filter(pl.col("goal_id") == goal.goal_id), on="contact_id", how="left", maintain_order="left"
        )
        priors = {action.action_id: action.prior_uplift.get(goal.goal_id, 0.0) for action in policy.actions}
        uplift = own["action_id"].replace_strict(priors, return_dtype=pl.Float64).to_numpy()
        factor, _ = prior_effect(1.0, own["propensity"].to_numpy(), own["base_rate"].to_numpy())
        total += goal.weight * goal.value_cents * uplift * factor
    return pl.Series(total)
