-- A market of 120 contacts of 24 accounts, by arithmetic: the same at each run, and irregular enough.
-- What a night finds follows its heading.

--- the first night
create table market_kinds as select
    ['email_open', 'email_click', 'page_view', 'pricing_view', 'form_submission', 'product_event', 'webinar', 'reply',
    'meeting'] as kinds;
insert into core.accounts by name select 'a' || i as account_id, timestamp '2025-01-01' + to_days(cast(i as int)) as
    created_at, ['software', 'retail'][1 + i % 2] as industry, i * 7 as count_employees from range(24) as t(i);
insert into core.contacts by name select 'c' || i as contact_id, case when i % 10 <> 9 then 'a' || i % 24 end as
    account_id, timestamp '2026-01-01' + to_days(cast(i as int)) as created_at, ['vp', 'manager'][1 + i % 2] as
    job_level, 'DE' as country_code, false as has_objected, '{"plan": "' || i % 3 || '"}' as traits from range(120)
    as t(i);
insert into core.activities by name select 'v' || i as activity_id, 'c' || (i * 37) % 120 as contact_id, timestamp
    '2026-01-05' + to_hours(cast((i * 131) % 4000 as int)) as occurred_at, (select kinds from market_kinds)[1 + i %
    9] as activity, 'f' || i % 5 as detail, cast(timestamp '2026-01-05' + to_hours(cast((i * 131) % 4000 as int)) as
    date) as known_on from range(1500) as t(i);
insert into core.touches by name select 't' || i as touch_id, 'c' || (i * 53) % 120 as contact_id, timestamp
    '2026-02-05' + to_hours(cast((i * 71) % 3200 as int)) as occurred_at, ['email', 'call', 'ads'][1 + i % 3] as
    channel, 'outbound' as direction, cast(timestamp '2026-02-05' + to_hours(cast((i * 71) % 3200 as int)) as date)
    as known_on from range(500) as t(i);
insert into core.opportunities by name select 'o' || i as opportunity_id, 'a' || (i * 5) % 24 as account_id,
    timestamp '2026-03-01' + to_days(cast(i * 2 as int)) as created_at, false as is_closed, false as is_won from
    range(40) as t(i);
insert into core.outcomes by name select 'p' || i as outcome_id, 'c' || i as contact_id, (select account_id from
    core.contacts where contact_id = 'c' || i) as account_id, 'invoice_paid' as outcome, timestamp '2026-03-01' +
    to_days(cast(i * 3 as int)) as occurred_at, i * 100 as value_cents from range(60) as t(i);
insert into core.buying_groups by name select account_id || '_' || offering_id as buying_group_id, account_id, offering_id,
    0.5 as completeness, 'champion,user' as missing_roles from core.accounts, (values ('default'), ('support')) as t(offering_id);
insert into core.buying_group_members by name select account_id || '_default' as buying_group_id, account_id,
    contact_id, ['champion', 'user', 'economic_buyer'][1 + cast(substr(contact_id, 2) as int) % 3] as role,
    [0.1, 0.7, 0.3][1 + cast(substr(contact_id, 2) as int) % 3] as role_weight from core.contacts where account_id is not null;
update core.opportunities set offering_id = case when opportunity_id like '%3' then 'support' else 'default' end;

--- 2026-06-27: people get on, rows come late
update core.contacts set job_level = 'c_level', traits = '{}' where contact_id in ('c1', 'c2', 'c3');
update core.contacts set account_id = 'a5' where contact_id in ('c4', 'c28');
update core.accounts set industry = 'banking', count_employees = 1 where account_id in ('a1', 'a7');
insert into core.contacts by name select 'new' || i as contact_id, 'a' || i as account_id, timestamp '2026-02-02' as
    created_at, false as has_objected, '{}' as traits from range(9) as t(i);
insert into core.activities by name select 'late' || i as activity_id, 'c' || i % 30 as contact_id, timestamp
    '2026-05-20' + to_hours(cast(i * 7 as int)) as occurred_at, (select kinds from market_kinds)[1 + i % 9] as
    activity, date '2026-06-27' as known_on from range(80) as t(i);
update core.opportunities set is_closed = true, is_won = true, closed_at = '2026-06-10' where opportunity_id in
    ('o3', 'o4', 'o5');
update core.opportunities set account_id = 'a9' where opportunity_id = 'o8';
insert into core.outcomes by name select 'late' as outcome_id, 'c7' as contact_id, 'a7' as account_id,
    'invoice_paid' as outcome, timestamp '2026-06-01' as occurred_at, 5000 as value_cents;
delete from core.outcomes where outcome_id = 'p8';
update core.buying_groups set completeness = 1, missing_roles = '' where account_id in ('a2', 'a3');
update core.buying_group_members set role = 'champion' where contact_id in ('c2', 'c3');
delete from core.buying_group_members where contact_id in ('c4', 'c28');

--- 2026-07-15: c11 was c10 all along; a part of c13's visits were another's; c14 is gone, c15 objects; a6 was a12
update core.activities set contact_id = 'c10', known_on = '2026-07-15' where contact_id = 'c11';
update core.touches set contact_id = 'c10', known_on = '2026-07-15' where contact_id = 'c11';
insert into core.contacts by name select 'split' as contact_id, 'a13' as account_id, timestamp '2026-01-14' as
    created_at, false as has_objected, '{}' as traits;
update core.activities set contact_id = 'split', known_on = '2026-07-15' where contact_id = 'c13' and detail < 'f3';
delete from core.activities where contact_id = 'c14';
delete from core.contacts where contact_id in ('c11', 'c14');
delete from core.buying_group_members where contact_id in ('c11', 'c14');
delete from core.buying_groups where account_id = 'a6';
delete from core.buying_group_members where account_id = 'a6';
update core.contacts set has_objected = true where contact_id = 'c15';
update core.contacts set account_id = 'a12' where account_id = 'a6';
update core.opportunities set account_id = 'a12' where account_id = 'a6';
delete from core.accounts where account_id = 'a6';
insert into core.activities by name select 'after' || i as activity_id, 'c' || i % 120 as contact_id, timestamp
    '2026-06-15' + to_hours(cast(i as int)) as occurred_at, (select kinds from market_kinds)[1 + i % 9] as activity,
    date '2026-07-15' as known_on from range(600) as t(i);
