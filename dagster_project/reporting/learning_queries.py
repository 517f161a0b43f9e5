"""The report's queries on what was learnt. A query's columns are, in order, the fields of the dataclass it fills."""

from dagster_project.reporting.query import Query

GOALS = Query(
    ("decisioning.contact_scores", "raw.policy_goals"),
    """
    select coalesce(any_value(policy_goals.name), scores.goal_id), scores.goal_id,
        coalesce(any_value(horizon_days), 0), scores.is_prior, scores.model_version, avg(propensity)::double
    from decisioning.contact_scores as scores
    left join raw.policy_goals on scores.goal_id = policy_goals.goal_id
    group by scores.goal_id, scores.is_prior, scores.model_version order by scores.goal_id""",
    "No contact was scored tonight.",
)

ACTIONS = Query(
    ("decisioning.action_scores", "decisioning.action_effects", "raw.policy_actions", "raw.policy_goals",
     "raw.policy_limits"),
    """
    with effects as (
        select action_id, goal_id, any_value(prior_uplift) as prior_uplift, max(count_exposures) as count_exposures
        from decisioning.action_effects group by all
    ),
    scores as (
        select action_id, mode(goal_id) as goal_id, evidence, count(*) as contacts, avg(uplift) as uplift,
            avg(uplift_standard_error) as error, avg(expected_value_cents) as mean_value_cents,
            avg(effects.prior_uplift) as prior_uplift, max(effects.count_exposures) as count_exposures
        from decisioning.action_scores left join effects using (action_id, goal_id)
        group by action_id, evidence
    )
    select coalesce(policy_actions.name, scores.action_id), scores.action_id,
        coalesce(policy_goals.name, scores.goal_id), scores.evidence, scores.contacts, coalesce(uplift, 0)::double,
        error::double, mean_value_cents::double, prior_uplift::double, count_exposures,
        (select max(minimum_exposures) from raw.policy_limits)
    from scores
    left join raw.policy_actions on scores.action_id = policy_actions.action_id
    left join raw.policy_goals on scores.goal_id = policy_goals.goal_id
    order by 6 desc, 2""",
    "No action was scored tonight.",
)  # fmt: skip

DRIVERS = Query(
    ("decisioning.action_drivers", "raw.policy_actions", "raw.policy_goals"),
    """
    select coalesce(policy_actions.name, drivers.action_id), coalesce(policy_goals.name, drivers.goal_id), drivers.text,
        share, mean_absolute, most_part, least_part
    from decisioning.action_drivers as drivers
    left join raw.policy_actions on drivers.action_id = policy_actions.action_id
    left join raw.policy_goals on drivers.goal_id = policy_goals.goal_id
    where place <= 3
    order by 1, 2, place""",
    "No model speaks of an action yet, so nothing is known of who is moved more by it than others.",
)

VARIANTS = Query(
    ("decisioning.content_effects", "raw.policy_actions"),
    """
    select coalesce(name, effects.action_id), slot, content_variant_id, count_messages, response_rate, effect,
        effect_standard_error, share
    from decisioning.content_effects as effects
    left join raw.policy_actions on effects.action_id = policy_actions.action_id
    qualify count(*) over (partition by effects.action_id, slot) > 1
    order by 1, 2, effect desc, 3
    limit 60""",
    "No action has a choice of content.",
)

MODELS = Query(
    ("decisioning.models_in_use",),
    """
    select replace(replace(model, 'nightjar-', ''), 'propensity-', 'propensity for '), model_version, status, reason,
        trained_on, count_rows, count_outcomes, base_rate::double, auc::double, log_loss::double,
        base_log_loss::double, calibration_error::double, qini::double
    from decisioning.models_in_use order by model""",
    "No model has been trained yet: all scores are priors from the policy.",
)

FINDINGS = Query(
    ("decisioning.model_watch",),
    """
    select t.status, t.check, replace(replace(t.model, 'nightjar-', ''), 'propensity-', 'propensity for '), t.subject,
        t.segment, t.value::double, t.threshold::double, t.detail, t.since
    from decisioning.model_watch as t where t.status <> 'ok'
    order by list_position(['stop', 'review', 'warn'], t.status), t.check, t.subject, t.segment <> 'all', t.segment,
        t.model""",
    "Nothing: every figure is within the policy's thresholds, or may be chance.",
    is_good=True,
)

WATCHED = Query(
    ("decisioning.model_watch",),
    """
    select t.check, count(*) as figures, sum(case when t.status <> 'ok' then 1 else 0 end)::bigint,
        sum(case when t.value is null and t.status = 'ok' then 1 else 0 end)::bigint
    from decisioning.model_watch as t group by 1 order by 1""",
    "Nothing was watched tonight.",
)
