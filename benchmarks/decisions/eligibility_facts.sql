-- What the gates read, made up: {contacts} people, seven to an account, with touches, consent and features. {night} is filled in.
create table raw.night as select date '{night}' as run_date, cast(null as date) as previous_run_date, 'p' as policy_version, cast(1 as bigint) as seed;
create table core.contacts as
    select 'c_' || substr(md5('c' || i), 1, 16) as contact_id,
        case when hash(concat_ws('|', i, 1)) % 20 > 0 then 'a_' || substr(md5('a' || i // 7), 1, 16) end as account_id,
        case when hash(concat_ws('|', i, 2)) % 50 > 0 then 'p' || i || '@example.com' end as email, 'example.com' as email_domain,
        case when hash(concat_ws('|', i, 3)) % 3 > 0 then '+3360000' || i end as phone_e164, 'Ada' as first_name, 'L' as last_name,
        ['VP Sales', 'Engineer', 'CFO', 'Intern'][(1 + hash(concat_ws('|', i, 4)) % 4)::integer] as title, 'manager' as job_level, 'it' as job_function,
        ['FR', 'DE', 'US', 'GB'][(1 + hash(concat_ws('|', i, 5)) % 4)::integer] as country_code, cast(null as varchar) as state, 'Paris' as city,
        '75001' as postal_code, ['Europe/Paris', 'Europe/Berlin', 'America/New_York', null][(1 + hash(concat_ws('|', i, 6)) % 4)::integer] as time_zone,
        'o' || hash(concat_ws('|', i, 7)) % 200 as owner_id, 'web' as lead_source, timestamp '2025-01-01' as created_at,
        hash(concat_ws('|', i, 8)) % 100 = 0 as is_role_mailbox, hash(concat_ws('|', i, 9)) % 100 = 0 as has_objected, '{{}}' as traits
    from range({contacts}) as t(i);
create table core.accounts as
    select account_id, 'a' as name, 'x.com' as domain, 'it' as industry, 100 as count_employees, 1 as annual_revenue_cents, 'FR' as country_code,
        'o1' as owner_id, timestamp '2025-01-01' as created_at
    from core.contacts where account_id is not null group by 1;
create table lifecycle.contact_stages as
    select contact_id, ['lead', 'engaged', 'mql', 'sal', 'sql', 'sqo', 'customer'][(1 + hash(concat_ws('|', contact_id, 10)) % 7)::integer] as stage,
        timestamp '2026-01-01' as entered_at, cast(null as timestamp) as left_at
    from core.contacts;
create table features.contact_features as
    select contact_id, date '{night}' as as_of_date, (hash(concat_ws('|', contact_id, 11)) % 8)::integer as count_page_view_30d,
        (hash(concat_ws('|', contact_id, 12)) % 60)::integer as days_since_touch, country_code
    from core.contacts where not has_objected;
create table core.consent as
    select contact_id, channel, ['express', 'legitimate_interest', 'implied_inquiry'][(1 + hash(concat_ws('|', contact_id, channel, 13)) % 3)::integer] as basis,
        hash(concat_ws('|', contact_id, channel, 14)) % 10 > 0 as is_contactable
    from core.contacts cross join (values ('email'), ('phone'), ('ads'), ('sms'), ('post')) as t(channel);
create table core.suppressions as
    select contact_id, channel, ['unsubscribed', 'bounce', 'complaint', 'legal'][(1 + hash(concat_ws('|', contact_id, 15)) % 4)::integer] as reason
    from core.consent where hash(concat_ws('|', contact_id, channel, 16)) % 100 < 3;
create table core.touches as
    select contact_id || '|' || j as touch_id, contact_id, account_id, cast('{night}' as timestamp) - to_hours((hash(concat_ws('|', contact_id, j, 17)) % (24 * 90))::integer) as occurred_at,
        ['email', 'email', 'email', 'call', 'ads'][(1 + hash(concat_ws('|', contact_id, j, 18)) % 5)::integer] as channel, 'outbound' as direction,
        (select list(action_id order by action_id) from raw.policy_actions)[(1 + hash(concat_ws('|', contact_id, j, 19)) % 20)::integer] as action_id,
        cast(null as varchar) as decision_id, 'nightjar' as source, cast(null as date) as known_on
    from core.contacts cross join range(10) as t(j)
    where hash(concat_ws('|', contact_id, j, 20)) % 2 = 0;
create table core.outcomes as
    select contact_id || '|o' || j as outcome_id, contact_id, account_id, ['email_click', 'reply', 'meeting', 'site_visit', 'unsubscribe'][(1 + hash(concat_ws('|', contact_id, j, 21)) % 5)::integer] as outcome,
        cast('{night}' as timestamp) - to_hours((hash(concat_ws('|', contact_id, j, 22)) % (24 * 90))::integer) as occurred_at, cast(null as bigint) as value_cents, 'x' as source
    from core.contacts cross join range(2) as t(j)
    where hash(concat_ws('|', contact_id, j, 23)) % 2 = 0;
create table core.buying_group_members as
    select 'g_' || account_id as buying_group_id, account_id, 'default' as offering_id, contact_id,
        ['economic_buyer', 'champion', 'technical_evaluator', 'user', 'procurement', 'unknown'][(1 + hash(concat_ws('|', contact_id, 24)) % 6)::integer] as role,
        1.0::double as role_weight, 0.0::double as engagement_points
    from core.contacts where account_id is not null;
create table decisioning.action_owners as
    select contact_id, action_id, case when hash(concat_ws('|', contact_id, 25)) % 10 > 0 then 'o1' end as owner_id, 'account owner' as reason,
        case when hash(concat_ws('|', contact_id, 25)) % 10 = 0 then 'nobody covers FR' end as detail
    from core.contacts cross join raw.policy_actions where needs_owner;
