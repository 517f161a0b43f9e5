-- A made-up night after eleven others, 5,000 contacts. Only what the report reads.
select setseed(0.42);
create table raw.night as select date '2026-03-12' as run_date, date '2026-03-11' as previous_run_date,
    '9f3c12ab77e0' as policy_version, 7::bigint as seed;
create table raw.policy_actions as select * from (values
    ('email_case_study', 'E-mail a case study', 'email', 0.42), ('email_product_tips', 'E-mail product tips', 'email', 0.3),
    ('email_webinar_invite', 'Invite to the webinar', 'email', 0.25), ('ads_nurture', 'Ads that nurture', 'ads', 0.12),
    ('call_discovery', 'Discovery call', 'call', 0.06), ('call_follow_up', 'Follow-up call', 'call', 0.04),
    ('executive_touch', 'Note from an executive', 'call', 0.01)
) as t(action_id, name, channel, weight);
create table raw.policy_goals as select * from (values
    ('reply', 'Reply', 7), ('meeting', 'Meeting', 14), ('opportunity', 'Opportunity', 30), ('win', 'Win', 90)
) as t(goal_id, name, horizon_days);
alter table raw.policy_goals add column value_cents bigint;
create table raw.policy_arms as select * from (values
    ('model', 0.6), ('random_control', 0.1), ('business_as_usual', 0.15), ('holdout', 0.15)
) as t(arm, share);
create table core.contacts as
    select 'c' || i as contact_id, chr((65 + (i * 7) % 26)::int) || 'nna' as first_name,
        chr((65 + (i * 11) % 26)::int) || 'berg' as last_name, ['c_level', 'vp', 'director', 'manager', 'individual', 'unknown'][1 + i % 6] as job_level,
        ['it', 'finance', 'marketing', 'operations', 'unknown'][1 + i % 5] as job_function, ['US', 'DE', 'SE', 'GB'][1 + i % 4] as country_code
    from range(5000) as t(i);
create table core.accounts as select 'a' || i as account_id from range(1180) as t(i);
create table identity.contact_id_map as select i from range(9241) as t(i);
create table lifecycle.contact_stages as
    select contact_id, ['lead', 'engaged', 'mql', 'sql'][1 + (row_number() over ()) % 4] as stage, null::timestamp as left_at
    from core.contacts;
create table decisioning.arms as
    select 'a' || i as unit_id, case when h < 600 then 'model' when h < 700 then 'random_control' when h < 850 then 'business_as_usual'
        else 'holdout' end as arm, date '2026-03-01' as assigned_on
    from (select i, (hash(i) % 1000)::int as h from range(1180) as t(i));

create table decisioning.eligible_actions as
    select contact_id, action_id, gate is null as is_eligible, gate
    from (select contact_id, action_id, (hash(contact_id, action_id) % 100)::int as h from core.contacts cross join raw.policy_actions) as p
    left join (values (0, 12, 'eligibility'), (12, 34, 'applicability'), (34, 39, 'suitability'), (39, 58, 'consent'),
        (58, 63, 'suppression'), (63, 71, 'frequency_cap'), (71, 76, 'cool_down'), (76, 77, 'quiet_hours')) as g(low, high, gate)
        on p.h >= g.low and p.h < g.high;
create table measurement.gate_statistics as
    select action_id, coalesce(gate, 'eligible') as gate, count(*) as count_contacts
    from decisioning.eligible_actions group by all;

create table decisioning.next_best_action as
    with drawn as (
        select contact_id, (hash(contact_id, 'arm') % 100)::int as h, (hash(contact_id, 'act') % 100)::int as a,
            (hash(contact_id, 'v') % 1000) / 1000 as v
        from core.contacts
    ),
    decided as (
        select *, case when h < 60 then 'model' when h < 70 then 'random_control' when h < 85 then 'business_as_usual' else 'holdout' end as arm,
            case when h >= 70 then null when a < 14 then 'email_case_study' when a < 24 then 'email_product_tips'
                when a < 31 then 'email_webinar_invite' when a < 35 then 'ads_nurture' when a < 37 then 'call_discovery'
                when a < 38 then 'call_follow_up' when a < 39 and v > 0.6 then 'executive_touch' end as action_id
        from drawn
    )
    select md5(contact_id) as decision_id, date '2026-03-12' as run_date, contact_id, arm, action_id,
        channel, timestamp '2026-03-12 14:00' as send_at,
        ['reply', 'meeting', 'opportunity'][1 + a % 3] as goal_id, 0.01 + v / 20 as propensity, 0.001 + v / 90 as uplift,
        case when action_id is not null then 40 + 900 * v * v end as expected_value,
        case channel when 'email' then 2.0 when 'ads' then 60.0 when 'call' then 1500.0 end as cost,
        0.05 + 0.9 * v as action_probability, 'email_product_tips' as runner_up_action_id,
        case when action_id is not null then list_filter(['recent_pricing_view', 'never_contacted', 'open_opportunity', 'senior_title', 'explored'],
            lambda r: hash(contact_id, r) % 3 = 0) else [] end as reason_codes,
        case when action_id is not null then null when h >= 70 then 'arm'
            else ['consent', 'frequency_cap', 'applicability', 'capacity', 'no_gain', 'no_gain'][1 + a % 6] end as no_action_gate,
        case channel when 'call' then 'supervised' else 'autonomous' end as autonomy_mode,
        case when action_id = 'executive_touch' then 'pending' when action_id is not null then 'not_needed' end as approval_status,
        'uplift:4' as model_version, case when action_id = 'executive_touch' then ['high stakes'] end as review_reasons
    from decided left join raw.policy_actions using (action_id);
create table measurement.speed_to_lead as select 'Contact form' as rule, 4 as hours, 12::bigint as count_events, 10::bigint as count_answered,
    11::bigint as count_judged, 8::bigint as count_in_time, 8 / 11.0::double as share_in_time, 2.25::double as median_hours;
create table decisioning.reps as select * from (values ('005A', 'Ada Berg', true, 'is away until 2026-03-20'), ('005B', 'Bo', false, 'is no longer active'))
    as t(owner_id, name, is_listed, absence);
create table decisioning.goal_progress as select 'meeting' as goal_id, 'Meeting held' as name, 40::bigint as target, date '2026-03-01' as target_since,
    date '2026-03-31' as target_by, 11::bigint as count_reached, 11 as days_passed, 20 as days_left, 14.2::double as count_planned,
    1.0::double as reached_per_night, 1.45::double as needed_per_night, 0.8::double as expected_anyway_per_night,
    0.3::double as expected_added_per_night, 33.0::double as forecast, 'behind' as pace;
create table decisioning.autonomy_advice as select * from (values
    ('call_discovery', 'supervised', 'step_up', 'autonomous', 900.0, 310.0, 1490.0, 'measured to bring more than it costs'),
    ('email_case_study', 'autonomous', 'stay', 'autonomous', 20.0, -10.0, 50.0, 'what it brings beyond its cost isn''t proven either way')
) as t(action_id, autonomy_mode, advice, advised_mode, value_cents, low_cents, high_cents, why);
create table decisioning.limit_prices as select * from (values
    ('daily_budget:ads', 60000.0, 59980.0, 3.4), ('rep_daily_capacity:005A', 8.0, 8.0, 412.0),
    ('rep_daily_capacity:005B', 8.0, 7.0, 0.0), ('daily_volume:email', 2000.0, 1312.0, 0.0), ('account_daily_cap:a17', 5.0, 5.0, 61.0)
) as t(limit_id, capacity, used, shadow_price_cents);
create table decisioning.limit_curves as select * from (values
    ('daily_budget:ads', 0.5::double, 30000.0::double, 700000.0::double), ('daily_budget:ads', 1.0, 60000.0, 910000.0),
    ('daily_budget:ads', 2.0, 120000.0, 980000.0)
) as t(limit_id, capacity_share, capacity, value_cents);
create table decisioning.limit_conflicts as select date '2026-03-01' as run_date, 1::bigint as conflict, limit_id, 14.0::double as wanted, 10.0::double as possible
    from (values ('minimum:calls'), ('maximum:all')) as t(limit_id);
create table decisioning.contact_scores as
    select contact_id, goal_id, case goal_id when 'reply' then 0.031 when 'meeting' then 0.012 when 'opportunity' then 0.004 else 0.001 end as propensity,
        goal_id = 'win' as is_prior, case when goal_id <> 'win' then 'propensity_' || goal_id || ':3' else 'policy' end as model_version
    from core.contacts cross join raw.policy_goals;
create table decisioning.action_scores as
    select action_id, ['reply', 'meeting'][1 + (hash(action_id) % 2)::int] as goal_id,
        case when channel = 'email' then 'model' else 'prior' end as evidence, 0.002 + (hash(action_id) % 100) / 7000 - 0.003 as uplift,
        0.0021 as uplift_standard_error, 140.0 as expected_value_cents
    from decisioning.eligible_actions join raw.policy_actions using (action_id) where is_eligible;
create table decisioning.models_in_use as select * from (values
    ('nightjar-propensity-reply', 'propensity-reply/3', 'champion', 'trained for 2026-03-09', date '2026-03-09', 20114, 412, 0.02, 0.71, 0.091, 0.098, 0.0031, null),
    ('nightjar-propensity-win', 'prior', 'prior', '3 outcomes, 25 are needed', null, 20114, 3, 0.0001, null, null, null, null, null),
    ('nightjar-uplift', 'uplift/4', 'champion', 'trained for 2026-03-11', date '2026-03-11', 9120, 301, null, null, null, null, null, 0.093)
) as t(model, model_version, status, reason, trained_on, count_rows, count_outcomes, base_rate, auc, log_loss, base_log_loss, calibration_error, qini);
create table decisioning.model_watch as select * from (values
    ('nightjar-propensity-reply', 'drift', 'count_clicks_30d', 'all', 0.61, 0.25, 'review', 'up to 0: 20.0 % then, 61.0 % now', date '2026-03-11'),
    ('nightjar-propensity-reply', 'drift', 'industry', 'all', 0.01, 0.1, 'ok', 'Retail: 20.0 % then, 20.1 % now', null),
    ('nightjar-propensity-win', 'calibration', 'win', 'all', 6.0, 4.0, 'stop', 'stated 0.10 %, came 0.60 % of 9,120 choices', date '2026-03-12'),
    ('nightjar-uplift', 'effect', 'email_tips for reply', 'all', null, null, 'ok', '12 randomised choices with a known result', null)
) as t(model, "check", subject, segment, value, threshold, status, detail, since);
create table decisioning.action_effects as
    select action_id, goal_id, 0.002 as prior_uplift, 310 as count_exposures from raw.policy_actions cross join raw.policy_goals;
create table decisioning.action_drivers as select action_id, 'reply' as goal_id, 1 as place, 'industry' as feature,
    'industry: most where “industry Steel”, least where “industry Retail”' as text, 0.4 as share, 0.003 as mean_absolute,
    'Steel' as most, 'Retail' as least, 0.008 as most_part, -0.002 as least_part, 1000 as count_contacts from raw.policy_actions;
create table decisioning.content_effects as select action_id, 'subject' as slot, variant as content_variant_id, true as is_active, 900 as count_messages,
    40 as count_responses, 0.0444 as response_rate, effect, 0.11 as effect_standard_error, 0.5 + effect as share
    from raw.policy_actions cross join (values ('a_question', 0.21), ('a_number', -0.21)) as t(variant, effect);
create table raw.policy_limits as select 250 as minimum_exposures;
create table core.owners as select '005A' as owner_id, 'Ada Berg' as name;
create table measurement.lift as select * from (values
    ('value_cents', 'model', 'holdout', 701, 173, 5210.0, 4100.0, 1110.0, 212.0, 2008.0, 'better'),
    ('value_cents', 'model', 'business_as_usual', 701, 181, 5210.0, 4890.0, 320.0, -611.0, 1251.0, 'not told apart'),
    ('value_cents', 'random_control', 'holdout', 118, 173, 4020.0, 4100.0, -80.0, -1490.0, 1330.0, 'not told apart'),
    ('reply', 'model', 'holdout', 701, 173, 0.221, 0.131, 0.09, 0.031, 0.149, 'better'),
    ('reply', 'model', 'business_as_usual', 701, 181, 0.221, 0.201, 0.02, -0.05, 0.09, 'not told apart'),
    ('reply', 'random_control', 'holdout', 118, 173, 0.19, 0.131, 0.059, -0.04, 0.158, 'not told apart'),
    ('meeting', 'model', 'holdout', 701, 173, 0.081, 0.062, 0.019, -0.011, 0.049, 'not told apart'),
    ('meeting', 'model', 'business_as_usual', 701, 181, 0.081, 0.083, -0.002, -0.041, 0.037, 'not told apart'),
    ('meeting', 'random_control', 'holdout', 118, 173, 0.02, 0.062, -0.042, -0.08, -0.004, 'too few outcomes'),
    ('meeting', 'model', 'random_control', 701, 118, 0.081, 0.02, 0.061, 0.004, 0.12, 'too few outcomes'),
    ('win', 'model', 'holdout', 701, 173, 0.0, 0.0, 0.0, null, null, 'no outcomes yet')
) as t(metric, arm, reference_arm, n, reference_n, mean, reference_mean, difference, low, high, verdict);
create table measurement.source_health as select * from (values
    ('salesforce/contact', 4103, 12, 9, 3, timestamp '2026-03-11 22:10'), ('salesforce/opportunity', 812, 0, 9, 0, timestamp '2026-03-11 20:41'),
    ('hubspot/email_event', 38211, 0, 9, 41, timestamp '2026-03-11 23:59'), ('segment/pages', 120433, 0, 9, 0, timestamp '2026-03-11 23:58'),
    ('billing/invoice', 1450, 0, 9, 0, timestamp '2026-03-10 09:00'), ('delivery/result', 2210, 0, 8, 0, timestamp '2026-03-11 18:20')
    , ('salesforce/product_2', 0, 0, 0, 0, null)
) as t(object, count_rows, count_deleted, count_files, count_rejected, last_file_modified_at);
create table core.broken_references as select * from (values
    ('salesforce', 'opportunity', 'account_id', '001X', 7), ('salesforce', 'task', 'who_id', '003Y', 2)
) as t(source, object, column_name, value, count_rows);
create table raw.rejected_rows as
    select 'hubspot' as source, 'email_event' as object, 'created' as column_name, 'not a timestamp' as reason from range(41)
    union all select 'salesforce', 'contact', 'Id', 'missing key' from range(3);
create table raw.new_columns as select 'salesforce' as source, 'contact' as object, 'region_c' as column_name, 'contact/11.csv' as first_file;
create table measurement.decision_statistics as
    select run_date::date as run_date, 'model' as arm, action_id,
        (weight * 900 * (1 + 0.4 * sin(epoch(run_date) / 86400 + hash(action_id) % 7)))::bigint as count_decisions,
        weight * 900 * 220 * (1 + 0.3 * sin(epoch(run_date) / 86400)) as sum_expected_value_cents
    from generate_series(timestamp '2026-03-01', timestamp '2026-03-12', interval 1 day) as t(run_date) cross join raw.policy_actions
    union all
    select run_date::date, 'random_control', action_id, 12, 12 * 90.0
    from generate_series(timestamp '2026-03-01', timestamp '2026-03-12', interval 1 day) as t(run_date) cross join raw.policy_actions
    union all
    select run_date::date, 'model', 'none', 1900, 0.0
    from generate_series(timestamp '2026-03-01', timestamp '2026-03-12', interval 1 day) as t(run_date);
create table activation.row_fingerprints as select i from range(7312) as t(i);
create table activation.changes as select i from range(1422) as t(i);
