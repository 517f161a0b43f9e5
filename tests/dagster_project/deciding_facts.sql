-- What the decisions of a night read. A few contacts in accounts of three; every tenth has no account. c0 has no scores, c1
-- isn't allowed anything. {night}, {contacts} and {features} are filled in.
create table raw.night as select date '{night}' as run_date, cast(null as date) as previous_run_date, 'p1' as policy_version, cast(7 as bigint) as seed;
create table raw.policy_actions as select * from (values
    ('mail', 'Mail', 'email', cast(2 as bigint), false, false, 'autonomous', 'normal', true),
    ('call', 'Call', 'call', 1500, true, true, 'supervised', 'normal', true), ('visit', 'Visit', 'call', 9000, true, true, 'autonomous', 'high', true)
) as t(action_id, name, channel, cost_cents, needs_owner, is_seller_action, autonomy_mode, stakes, is_active);
alter table raw.policy_actions add column discount_percent double default 0;
alter table raw.policy_actions add column offer varchar;
create table raw.policy_messages as select 3 as response_days, 'job_function' as hour_segment, 0.05::double as content_floor, 60 as half_life_days;
create table raw.policy_message_contexts as select 'job_function' as context, 1 as place;
create table decisioning.content_shares as select 'mail' as action_id, 'body' as slot, variant as content_variant_id, place, context, 0.5::double as probability
    from (values ('short', 1), ('long', 2)) as t(variant, place) cross join (values (''), ('it')) as c(context);
create table decisioning.send_hours as select '' as segment, cell, cast(0 as bigint) as count_activities, cast(0 as bigint) as count_messages,
    cast(0 as bigint) as count_responses, 1.0::double / 168 as activity_share, 1.0::double as activity, 1.0::double as response,
    1.0::double as response_alone from range(168) as t(cell);
create table decisioning.send_hour_fit as select 0.5::double as elasticity, 0.67::double as activity_tells, 10.0::double as activity_strength, 10.0::double as response_strength, 0.04::double as response_rate;
create table features.message_responses (decision_id varchar, contact_id varchar, decided_on date, channel varchar, action_id varchar, content varchar,
    sent_at timestamp, preferred_send_at timestamp, has_responded boolean);
create table core.activities (contact_id varchar, occurred_at timestamp, activity varchar);
create table raw.policy_channels as select *, cast(0 as bigint) as contact_price_cents, cast(null as bigint) as hourly_volume from (values ('email', cast(20 as bigint), cast(null as bigint), 'email', true, 0.5::double), ('call', null, null, 'phone', true, 0.5))
    as t(channel, daily_volume, daily_budget_cents, consent_channel, learns_send_hour, hour_exploration_share);
create table raw.policy_volumes as select 'mails' as name, cast(2 as bigint) as minimum, cast(18 as bigint) as maximum, cast(null as bigint) as maximum_cents, cast(null as varchar) as condition_id;
create table raw.policy_contact_rules (name varchar, counts varchar, per varchar, at_least integer, within_days integer, pause_days integer);
create table raw.policy_contact_rule_channels (name varchar, channel varchar);
create table raw.policy_contact_rule_actions (name varchar, action_id varchar);
create table raw.policy_volume_actions as select 'mails' as name, 'mail' as action_id;
create table raw.policy_limits as select 2 as account_daily_cap, 1 as account_daily_seller_cap, 2 as account_daily_message_cap, cast(null as integer) as buying_group_daily_cap, true as relax_minimums, 3 as rep_daily_capacity, 0.2::double as exploration_share, 0.3::double as exploration_floor, 180 as training_window_days,
    7 as contact_price_half_life_days;
create table raw.policy_levers (name varchar, weight double, goal_id varchar, action_id varchar, channel varchar, condition_id varchar);
create table raw.policy_autonomy (name varchar, mode varchar, action_id varchar, channel varchar, condition_id varchar);
create table raw.policy_review_rules (name varchar, reviewer varchar, action_id varchar, channel varchar, condition_id varchar);
create table raw.policy_guardrails (name varchar, modes varchar, action_id varchar, channel varchar, condition_id varchar, maximum_contact_share double,
    maximum_volume_factor double, maximum_cost_cents bigint, minimum_expected_value_cents bigint, maximum_uncertainty double, new_model_days integer,
    maximum_discount_percent double);
create table raw.ledger_decisions (run_date date, action_id varchar, model_version varchar);
create table decisioning.condition_matches (contact_id varchar, condition_id varchar);
create table core.touches (contact_id varchar, direction varchar, occurred_at timestamp);
create table raw.policy_goals as select 'reply' as goal_id, 'Reply' as name, cast(2000 as bigint) as value_cents;
create table raw.policy_channel_words as select 'email' as channel, 'an e-mail' as noun;
create table raw.policy_feature_words as select 'count_pricing_view_*d' as feature, 1 as place, 'pricing' as subject,
    'viewed pricing {{value}} times' as some, 'viewed pricing once' as one, '' as zero, '' as unknown, '' as growing, '' as shrinking,
    'number' as shown_as, false as is_private;
create table decisioning.models_in_use (model varchar, goal_id varchar, version bigint);
create table raw.policy_arms as select * from (values ('model', 0.7::double), ('random_control', 0.1), ('business_as_usual', 0.1), ('holdout', 0.1)) as t(arm, share);
create table raw.ledger_arms (unit_id varchar, arm varchar, assigned_on date);
create table raw.ledger_merges (entity varchar, old_id varchar, new_id varchar, merged_at timestamp, reason varchar);
create table identity.merges_new as select * from raw.ledger_merges;
create table core.contacts as select 'c' || i as contact_id, case when i % 10 > 0 then 'a' || (i // 3) end as account_id,
    case when i % 2 = 0 then 'gone' end as owner_id, cast(null as varchar) as time_zone from range({contacts}) as t(i);
create table core.accounts as select distinct account_id, 'o1' as owner_id from core.contacts where account_id is not null;
create table decisioning.reps as select 'o1' as owner_id, 3 as capacity;
create table decisioning.action_owners as select contacts.contact_id, action_id, accounts.owner_id, 'account owner' as reason
    from core.contacts as contacts inner join core.accounts as accounts on contacts.account_id = accounts.account_id
    inner join raw.policy_actions as actions on actions.needs_owner;
create table core.owners as select * from (values ('o1', true), ('gone', false)) as t(owner_id, is_active);
create table decisioning.contact_zones as select contact_id, 'unknown' as zone_key from core.contacts;
create table decisioning.send_windows as select 'unknown' as zone_key, 'email' as channel, timestamp '{night} 15:00' as send_at, timestamp '{night} 13:00' as earliest_send_at,
    timestamp '{night} 18:45' as latest_send_at, cast(null as varchar) as recipient_time_zone;
create table decisioning.eligible_actions as
    select contact_id, account_id, action_id, gate is null as is_eligible, gate, 'because of ' || action_id as detail
    from (
        select *, case
            when action_id <> 'mail' and account_id is null then 'applicability'
            when contact_id = 'c1' then case action_id when 'mail' then 'consent' else 'eligibility' end
        end as gate
        from core.contacts cross join raw.policy_actions
    );
create table decisioning.action_scores as
    select contact_id, action_id, 'reply' as goal_id, 0.1::double as propensity, 0.01::double as uplift, 0.01::double as uplift_standard_error,
        (case action_id when 'visit' then 10000 else 1000 end + hash(contact_id, action_id) % 20000)::double as expected_value_cents,
        5000.0::double as expected_value_error_cents, null::double as response_ratio, 'prior' as evidence, 'prior' as model_version
    from decisioning.eligible_actions where is_eligible and contact_id <> 'c0';
create table features.contact_features as select contact_id, date '{night}' as as_of_date, 'it' as job_function, {features} from core.contacts;
