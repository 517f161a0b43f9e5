"""Logged choices as rows to learn from: those whose horizon has passed, and younger ones as far as they tell already.

Of many rows with the same action and outcome a fixed pseudo-random part is taken, as in `learning_rows.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from dagster_project.learning_rows import read_labels
from dagster_project.model_inputs import message_families, policy_traits
from dagster_project.resources.warehouse import Warehouse
from models.choices import Counts
from models.delays import Delays, count_delays, outcome_offsets
from models.surrogates import EARLY, SLOW_DAYS, early_goals, train_surrogate_index
from policy.schema import Policy

CHOICES_OF_A_KIND = 12_000
EVER = 36_500
CHOICE_COLUMNS = (
    "goal_id", "unit_id", "chosen_action_id", "action_probability", "eligible_action_ids", "arm", "is_reached",
    "outcome", "outcome_kind", "outcome_offset", "has_responded", "age_days", "sample_weight",
)  # fmt: skip
OutcomeKind = Literal["matured", "immature", "surrogate"]

# Nothing tells about an action only where it could have been had, and a model's choice that was certain about nothing.
# A holdout contact gets nothing on later nights either: against it, tomorrow's actions would count as tonight's effect.
_LEARNT = """
    learnt as (
        select
            c.contact_id, coalesce(c.account_id, c.contact_id) as unit_id, c.decided_on, c.action_id, c.arm,
            c.action_probability, c.eligible_action_ids, o.goal_id, o.is_reached, o.days_to_outcome, o.is_matured,
            date_diff('day', c.decided_on, night.run_date) as age_days
        from features.logged_choices as c
        inner join features.choice_outcomes as o using (contact_id, decided_on)
        cross join raw.night as night
        where (c.action_id <> 'none' or len(c.eligible_action_ids) > 0)
            and not (c.arm = 'model' and c.action_probability > 1 - 1e-9)
            and c.arm <> 'holdout'
    )"""
_DELAYS = f"""
    with {_LEARNT}
    select goal_id, action_id, days_to_outcome, count(*)::double as choices
    from learnt
    where is_matured
    group by all
    order by all
"""
_LABELS = "select goal_id, sum(is_reached)::bigint from features.propensity_labels group by goal_id"
_CHOICES = """
    with {learnt},
    early as (
        select contact_id, decided_on, {early}
        from features.choice_outcomes
        group by contact_id, decided_on
    ),
    usable as (
        select learnt.*, early.* exclude (contact_id, decided_on), greatest(is_reached, {any_early}) as has_told
        from learnt
        inner join early using (contact_id, decided_on)
        where goal_id = $goal_id and (is_matured or age_days >= $least_age)
    ),
    choices as (
        select
            *,
            row_number() over (
                partition by action_id, is_matured, has_told order by md5(concat_ws('|', contact_id, decided_on))
            ) as draw,
            count(*) over (partition by action_id, is_matured, has_told) as count_kind
        from usable
    ),
    messages as (
        select contact_id, decided_on, action_id, bool_or(has_responded) as has_responded
        from features.message_responses
        group by all
    )
    select
        choices.goal_id, choices.unit_id, choices.action_id as chosen_action_id, choices.action_probability,
        choices.eligible_action_ids, choices.arm, choices.is_reached, choices.is_matured,
        choices.age_days::integer as age_days, messages.has_responded::double as has_responded, {names},
        cast(greatest(count_kind / $most, 1.0) as double) as sample_weight, f.*
    from choices
    inner join features.contact_features as f
        on choices.contact_id = f.contact_id and choices.decided_on = f.as_of_date
    left join messages
        on choices.contact_id = messages.contact_id and choices.decided_on = messages.decided_on
            and choices.action_id = messages.action_id
    where draw <= $most
    order by f.contact_id, f.as_of_date
"""
_COUNTS = f"""
    with {_LEARNT},
    usable as (
        select learnt.*
        from learnt
        left join least_ages using (goal_id)
        where is_matured or age_days >= least_age
    ),
    able as (
        select goal_id, decided_on, unnest(eligible_action_ids) as action_id, is_reached
        from usable
        where action_id = 'none'
    ),
    newest as (
        select goal_id, action_id, max(decided_on) - $evidence_days::integer as since from usable group by all
    ),
    treated as (
        select goal_id, action_id, count(*) as exposures, sum(is_reached) as outcomes
        from usable
        inner join newest using (goal_id, action_id)
        where decided_on > since
        group by all
    ),
    controls as (
        select goal_id, action_id, count(*) as controls, sum(is_reached) as control_outcomes
        from able
        inner join newest using (goal_id, action_id)
        where decided_on > since
        group by all
    )
    select
        goal_id, action_id, coalesce(exposures, 0)::bigint, coalesce(outcomes, 0)::bigint,
        coalesce(controls, 0)::bigint, coalesce(control_outcomes, 0)::bigint
    from treated full join controls using (goal_id, action_id)
    order by goal_id, action_id"""


@dataclass(frozen=True)
class GoalDelays:
    """What is known of a goal before its choices are read.

    Attributes:
        kind: what the outcome of a choice younger than the horizon is; `matured`: such choices aren't learnt from.
        least_age: days from which on a choice is.
        early: goals that a surrogate index looks at; delays, rate: of matured choices, where kind is `immature`.
    """

    kind: OutcomeKind
    least_age: int
    early: tuple[str, ...] = ()
    delays: Delays | None = None
    rate: float = 0.0


def read_delays(warehouse: Warehouse, policy: Policy) -> dict[str, GoalDelays]:
    """By goal, what its young choices can tell.

    Goals with a horizon beyond 30 days, or with too few outcomes of matured choices to know their delays, take a
    surrogate index, if there are early goals and matured labels to learn it from.
    """
    matured = warehouse.query(_DELAYS)
    labels = dict(warehouse.query(_LABELS).iter_rows())
    horizons = {goal.goal_id: goal.horizon_days for goal in policy.goals}
    needed = policy.limits.minimum_outcomes
    known = {}
    for goal_id, horizon in horizons.items():
        rows = matured.filter(pl.col("goal_id") == goal_id)
        reached, early = rows.drop_nulls("days_to_outcome"), early_goals(goal_id, horizons)
        days, action, count = (reached[name].to_numpy() for name in ("days_to_outcome", "action_id", "choices"))
        delays = count_delays(days, action, count, horizon)
        is_known = delays.count_outcomes >= needed
        if early and (horizon > SLOW_DAYS or not is_known) and labels.get(goal_id, 0) >= needed:
            known[goal_id] = GoalDelays("surrogate", max(horizons[each] for each in early), early)
        elif is_known:
            rate = delays.count_outcomes / float(rows["choices"].to_numpy().sum())
            known[goal_id] = GoalDelays("immature", delays.least_age, delays=delays, rate=rate)
        else:
            known[goal_id] = GoalDelays("matured", horizon)
    return known


def count_choices(
    warehouse: Warehouse, known: Mapping[str, GoalDelays], evidence_days: int | None = None
) -> dict[str, dict[str, Counts]]:
    """By goal and action (`none` too): choices that are learnt from, of the days up to the action's newest such choice
    (None: of all), and those that have reached the goal so far; what a surrogate index adds isn't counted.
    """
    ages = {"goal_id": list(known), "least_age": [each.least_age for each in known.values()]}
    least_ages = pl.DataFrame(ages, schema={"goal_id": pl.String, "least_age": pl.Int64}).to_arrow()
    by_goal: dict[str, dict[str, Counts]] = {}
    with warehouse.connect() as connection:
        connection.register("least_ages", least_ages)
        rows = connection.sql(_COUNTS, params={"evidence_days": evidence_days or EVER}).pl()
    for goal_id, action_id, *counts in rows.iter_rows():
        by_goal.setdefault(goal_id, {})[action_id] = Counts(*counts)
    return by_goal


def read_choices(warehouse: Warehouse, policy: Policy, goal_id: str, known: GoalDelays, seed: int) -> pl.DataFrame:
    """One row per contact and decision date: `CHOICE_COLUMNS`, and all of contact_features.

    `outcome` (0 to 1) is whether the goal was reached so far, or the surrogate index where `outcome_kind` says so;
    `outcome_offset` is what youth takes from its logit; `has_responded` whether the action's message was responded to
    (1, 0, null: not known).
    """
    early = _early_columns(goal_id, known, {goal.goal_id: goal.horizon_days for goal in policy.goals})
    names, nothing = ", ".join(early), "0 as nothing_early"
    sql = _CHOICES.format(
        learnt=_LEARNT, early=", ".join(early.values()) or nothing, any_early=names or "0", names=names or nothing
    )
    rows = warehouse.query(sql, goal_id=goal_id, most=CHOICES_OF_A_KIND, least_age=known.least_age)
    young = ~rows["is_matured"].to_numpy()
    outcome, offset = rows["is_reached"].to_numpy().astype(np.float64), np.zeros(rows.height)
    if known.kind == "surrogate" and young.any():
        labels = _read_early_labels(warehouse, goal_id, early)
        needed, traits = policy.limits.minimum_outcomes, policy_traits(policy)
        index = train_surrogate_index(goal_id, labels, traits, needed, seed, early=list(early))
        outcome[young] = index.predict(rows.filter(young))
    if known.delays is not None:
        action, age = rows["chosen_action_id"].to_numpy(), rows["age_days"].to_numpy()
        offset[young] = outcome_offsets(known.delays, action[young], age[young], known.rate)
    sent = pl.col("chosen_action_id").is_in(list(message_families(policy)))
    left = [each for each in rows.columns if each not in (*CHOICE_COLUMNS, "is_matured", "nothing_early", *early)]
    return rows.with_columns(
        outcome=pl.Series(outcome),
        outcome_kind=pl.when(pl.col("is_matured")).then(pl.lit("matured")).otherwise(pl.lit(known.kind)),
        outcome_offset=pl.Series(offset),
        has_responded=pl.when(sent).then("has_responded"),
    ).select(*CHOICE_COLUMNS, *left)


def _early_columns(goal_id: str, known: GoalDelays, horizons: Mapping[str, int]) -> dict[str, str]:
    """By name of the column, what a surrogate index looks at: early goals within their horizon, and the slow goal
    itself as far as it has come by then.
    """
    days = {each: horizons[each] for each in known.early} | ({goal_id: known.least_age} if known.early else {})
    return {
        f"{EARLY}{each}": f"max(case when goal_id = '{each}' and days_to_outcome < {within} then 1 else 0 end)"
        f" as {EARLY}{each}"
        for each, within in days.items()
    }


def _read_early_labels(warehouse: Warehouse, goal_id: str, early: Mapping[str, str]) -> pl.DataFrame:
    """Labels of the slow goal with what was reached early, as a surrogate index is learnt from."""
    flags = warehouse.query(
        f"select contact_id, as_of_date, {', '.join(early.values())} from features.propensity_labels"
        " group by contact_id, as_of_date"
    )
    labels = read_labels(warehouse, goal_id)
    return labels.join(flags, on=["contact_id", "as_of_date"], how="inner", validate="1:1", maintain_order="left")
