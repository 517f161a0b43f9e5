"""Trials out of the old rules' logs: one row per contact and moment, with what was known then and what came of it."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from dagster_project.resources.warehouse import Warehouse
from policy.schema import Goal, Policy

TREATED, ACTIVE, OTHERS = 4_000, 6_000, 2_500
# Days of rule fires from which untreated moments are drawn, at most.
MOST_DAYS = 60
# Whom the rule reached in the days before doesn't take part, and what was reached in them is the placebo.
DAYS_BEFORE = 30
ACTIVITIES = (
    "email_open", "email_click", "page_view", "pricing_view", "form_submission", "product_event", "webinar", "reply",
    "meeting", "call",
)  # fmt: skip
# Days before the start, from and until.
WINDOWS = ((0, 1), (1, 3), (3, 7), (7, 30), (30, 90))
TRIAL_COLUMNS = ("trial_id", "unit_id", "is_treated")
_FIRES = """
    select action_id, count(*)::bigint as count_fires
    from core.touches
    where source = 'automation' and action_id is not null
        and occurred_at >= $night - to_days($window) and occurred_at < $night
    group by action_id
    order by action_id
"""
# A contact of Nightjar's own arms is kept off the rules from its first decision on.
_TRIALS = """
    with known as (
        select
            contacts.contact_id, coalesce(contacts.account_id, contacts.contact_id) as unit_id, contacts.account_id,
            coalesce(contacts.created_at, timestamp '1900-01-01') as created_at, managed.since as managed_since,
            contacts.is_role_mailbox, contacts.country_code, accounts.industry,
            ln(1 + accounts.count_employees) as log_count_employees
        from core.contacts as contacts
        left join core.accounts as accounts using (account_id)
        left join (
            select contact_id, min(run_date) as since from raw.ledger_decisions
            where arm <> 'business_as_usual' group by contact_id
        ) as managed using (contact_id)
        where not contacts.has_objected
    ),
    fires as (
        select contact_id, min(occurred_at) as started_at, cast(occurred_at as date) as started_on
        from core.touches
        where source = 'automation' and action_id = $action and occurred_at < $night
        group by contact_id, cast(occurred_at as date)
    ),
    fresh as (
        select
            fires.*,
            lag(started_at) over (partition by contact_id order by started_at) as before_at
        from fires
    ),
    treated as (
        select contact_id, started_at, started_on from fresh
        where started_at >= $night - to_days($window)
            and (before_at is null or before_at < started_at - to_days($days_before))
    ),
    days as (
        select started_on from treated group by started_on order by md5(cast(started_on as varchar)) limit $most_days
    ),
    moments as (
        select
            started_on, started_at,
            row_number() over (partition by started_on order by md5(contact_id)) - 1 as place,
            count(*) over (partition by started_on) as count_places
        from treated where started_on in (select started_on from days)
    ),
    active as (
        select contact_id, started_on from (
            select distinct activity.contact_id, days.started_on
            from core.activity_days as activity
            inner join days on activity.occurred_on < days.started_on and activity.occurred_on >= days.started_on - 3
            where activity.activity in ('email_open', 'email_click', 'page_view', 'pricing_view', 'product_event')
                and activity.activity not in ({outcomes})
        )
        order by md5(concat_ws('|', contact_id, started_on)) limit $active
    ),
    others as (
        select known.contact_id, numbered.started_on
        from known
        inner join (
            select started_on, row_number() over (order by started_on) - 1 as place, count(*) over () as count_days
            from days
        ) as numbered on md5_number_lower(known.contact_id) % numbered.count_days = numbered.place
        order by md5('others' || known.contact_id) limit $others
    ),
    untreated as (
        select candidates.contact_id, moments.started_at, candidates.started_on
        from (select * from active union select * from others) as candidates
        inner join moments
            on candidates.started_on = moments.started_on
            and md5_number_lower(candidates.contact_id || 'moment') % moments.count_places = moments.place
        where not exists (
            select 1 from fires
            where fires.contact_id = candidates.contact_id and fires.started_on <= candidates.started_on
                and fires.started_on >= candidates.started_on - cast($days_before as integer)
        )
    ),
    drawn as (
        select *, true as is_treated
        from (select * from treated order by md5(concat_ws('|', contact_id, started_on)) limit $treated)
        union all
        select *, false from untreated
    ),
    trials as (
        select
            row_number() over (order by drawn.contact_id, drawn.started_at, drawn.is_treated) as trial_id,
            drawn.is_treated, drawn.started_at, drawn.started_on, known.*
        from drawn
        inner join known using (contact_id)
        where known.created_at < drawn.started_at
            and (known.managed_since is null or known.managed_since > drawn.started_on)
    ),
    -- a call makes a record: what only later records say wasn't known, and would tell the treatment
    records as (
        select
            trials.trial_id,
            coalesce(bool_or(records.source = 'salesforce'), false) as is_in_salesforce,
            coalesce(bool_or(records.source = 'hubspot'), false) as is_in_hubspot,
            coalesce(bool_or(coalesce(records.phone, records.mobile_phone) is not null), false) as has_phone,
            arg_min(records.lead_source, records.precedence) as lead_source,
            arg_min(job_titles.job_level, records.precedence) as job_level,
            arg_min(job_titles.job_function, records.precedence) as job_function
        from trials
        inner join identity.int_contact_records as records
            on trials.contact_id = records.contact_id and records.created_at < trials.started_at
        left join core.int_job_titles as job_titles on records.title = job_titles.title
        group by trials.trial_id
    ),
    events as (
        select contact_id, activity as kind, occurred_at from core.activities where activity not in ({outcomes})
        union all
        select contact_id, outcome, occurred_at from core.outcomes
        where outcome in ({outcomes}) and contact_id is not null
        union all
        select contact_id, 'touch_' || channel, occurred_at from core.touches where direction = 'outbound'
    ),
    counts as (
        select trial_id, {counts}
        from (
            select
                trials.trial_id, events.kind,
                epoch(trials.started_at) / 86400 - epoch(events.occurred_at) / 86400 as days_ago
            from trials
            inner join events
                on trials.contact_id = events.contact_id
                and events.occurred_at < trials.started_at + to_days($longest)
                and events.occurred_at >= trials.started_at - to_days(90)
        )
        group by trial_id
    )
    select
        trials.trial_id, trials.unit_id, trials.is_treated, {results},
        trials.is_role_mailbox, trials.country_code, trials.industry, trials.log_count_employees,
        records.is_in_salesforce, records.is_in_hubspot, records.has_phone, records.lead_source, records.job_level,
        records.job_function,
        cast(date_diff('day', trials.created_at, trials.started_at) as integer) as days_since_created,
        cast(dayofweek(trials.started_on) as integer) as weekday,
        cast(date_diff('day', trials.started_on, cast($night as date)) as integer) as days_before_the_night,
        coalesce(stages.stage, 'lead') as contact_stage, coalesce(companies.stage, 'unknown') as account_stage,
        {features}
    from trials
    left join counts using (trial_id)
    left join records using (trial_id)
    asof left join lifecycle.contact_stages as stages
        on trials.contact_id = stages.contact_id and trials.started_at > stages.entered_at
    asof left join lifecycle.account_stages as companies
        on trials.account_id = companies.account_id and trials.started_at > companies.entered_at
    order by trials.trial_id
"""


def count_fires(warehouse: Warehouse, night: date, window_days: int) -> dict[str, int]:
    """By action: how often the old rules did it within the window."""
    rows = warehouse.query(_FIRES, night=night, window=window_days)
    return dict(rows.iter_rows())


def read_trials(
    warehouse: Warehouse, action_id: str, goals: Sequence[Goal], policy: Policy, night: date
) -> pl.DataFrame:
    """One row per trial: `TRIAL_COLUMNS`, by goal `outcome of <goal>` and `placebo of <goal>` (0/1, outcome null where
    its horizon isn't over), and what was known at the start.

    Reached by a rule, and not reached at such a moment of such a day, half of them people who were active in the days
    before, since that is what rules go by. Objectors and people who are gone take no part.
    """
    channels = [channel.channel for channel in policy.channels]
    sql = _TRIALS.format(
        outcomes=", ".join(f"'{outcome}'" for outcome in sorted({goal.outcome for goal in goals})),
        counts=",\n".join([*_counts(goals, channels), *(_result(goal) for goal in goals)]),
        features=", ".join(_feature_names(goals, channels)),
        results=", ".join(_judged(goal) for goal in goals),
    )
    return warehouse.query(
        sql, action=action_id, night=night, window=policy.limits.training_window_days, days_before=DAYS_BEFORE,
        most_days=MOST_DAYS, treated=TREATED, active=ACTIVE, others=OTHERS,
        longest=max(goal.horizon_days for goal in goals),
    )  # fmt: skip


def own_features(goal: Goal) -> frozenset[str]:
    """Features that tell whether the goal was reached in the days of its placebo."""
    kinds = ("page_view", "pricing_view") if goal.outcome == "site_visit" else (goal.outcome,)
    recent = [window for window in WINDOWS if window[1] <= DAYS_BEFORE]
    return frozenset(name for kind in kinds for name in (*(_name(kind, *each) for each in recent), _since(kind)))


def _kinds(goals: Sequence[Goal], channels: Sequence[str]) -> list[str]:
    return sorted({*ACTIVITIES, *(goal.outcome for goal in goals), *(f"touch_{channel}" for channel in channels)})


def _name(kind: str, start: int, end: int) -> str:
    return f"count_{kind}_{start}_to_{end}d"


def _since(kind: str) -> str:
    return f"days_since_{kind}"


def _feature_names(goals: Sequence[Goal], channels: Sequence[str]) -> list[str]:
    counts = [_name(kind, *window) for kind in _kinds(goals, channels) for window in WINDOWS]
    return [
        *(f"coalesce(counts.{name}, 0) as {name}" for name in counts),
        *(f"counts.{_since(kind)}" for kind in _kinds(goals, channels)),
    ]


def _counts(goals: Sequence[Goal], channels: Sequence[str]) -> list[str]:
    kinds = _kinds(goals, channels)
    return [
        *(
            f"cast(sum(case when kind = '{kind}' and days_ago > {start} and days_ago <= {end} then 1.0 else 0.0 end)"
            f" as integer) as {_name(kind, start, end)}"
            for kind in kinds
            for start, end in WINDOWS
        ),
        *(f"min(case when kind = '{kind}' and days_ago > 0 then days_ago end) as {_since(kind)}" for kind in kinds),
    ]


def _result(goal: Goal) -> str:
    came = f"kind = '{goal.outcome}' and days_ago <= 0 and days_ago > -{goal.horizon_days}"
    before = f"kind = '{goal.outcome}' and days_ago > 0 and days_ago <= {DAYS_BEFORE}"
    return (
        f'max(case when {came} then 1.0 else 0.0 end) as "came {goal.goal_id}",'
        f' max(case when {before} then 1.0 else 0.0 end) as "before {goal.goal_id}"'
    )


def _judged(goal: Goal) -> str:
    is_over = f"trials.started_on + {goal.horizon_days} < cast($night as date)"
    return (
        f'case when {is_over} then cast(coalesce(counts."came {goal.goal_id}", 0) as double) end'
        f' as "outcome of {goal.goal_id}",'
        f' cast(coalesce(counts."before {goal.goal_id}", 0) as double) as "placebo of {goal.goal_id}"'
    )
