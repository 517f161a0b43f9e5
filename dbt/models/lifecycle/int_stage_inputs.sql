{# What a contact's stages follow from, as a number that is another one when any of it is; and whether some of it began or aged out
   since the stages were built last. #}
{%- set policy = stage_policy('contact') %}
{%- set built = load_relation(api.Relation.create(database=this.database, schema=this.schema, identifier='int_stages_built')) if execute %}
with

contacts as (
    select contact_id, account_id, created_at, coalesce(account_id, contact_id) as unit_id from {{ ref('contacts') }}
),

customers as (
    select distinct coalesce(account_id, contact_id) as unit_id
    from {{ ref('outcomes') }}
    where outcome in ('opportunity_won', 'invoice_paid', 'purchase')
),

opportunities as (
    select * from {{ ref('opportunities') }}
),

facts as (
    select
        contact_id,
        {{ fingerprint(['activity', 'occurred_on', 'known_on', 'count_activities', 'last_at']) }} as fingerprint,
        last_at as began_at,
        {{ dbt.dateadd('day', policy.engagement_window_days, 'last_at') }} as ended_at
    from {{ ref('activity_days') }}
    where activity <> 'session'
    union all
    select
        contact_id,
        {{ fingerprint(["'call'", 'occurred_on', 'known_on', 'count_touches', 'last_at']) }},
        last_at,
        {{ dbt.dateadd('day', policy.engagement_window_days, 'last_at') }}
    from {{ ref('touch_days') }}
    where channel = 'call' and direction = 'outbound'
    union all
    select contact_id, {{ fingerprint(["'contact'", 'account_id', 'created_at']) }}, null, null from contacts
    union all
    select
        roles.contact_id,
        {{ fingerprint(["'role'", 'opportunities.opportunity_id', 'opportunities.account_id', 'opportunities.created_at', 'opportunities.closed_at']) }},
        opportunities.created_at,
        opportunities.closed_at
    from {{ ref('int_opportunity_roles') }} as roles
    inner join opportunities on roles.opportunity_id = opportunities.opportunity_id
),

nights as (
    select
        {{ run_midnight() }} as until_at,
        {% if built -%}
        cast((select max(run_date) from {{ built }}) as {{ dbt.type_timestamp() }})
        {%- else -%}
        cast(null as {{ dbt.type_timestamp() }})
        {%- endif %} as from_at
),

inputs as (
    select
        facts.contact_id,
        cast(bit_xor(facts.fingerprint) as varchar) as fingerprint,
        max(case
            when facts.began_at >= least(nights.from_at, nights.until_at) and facts.began_at < greatest(nights.from_at, nights.until_at) then 1
            when facts.ended_at >= least(nights.from_at, nights.until_at) and facts.ended_at < greatest(nights.from_at, nights.until_at) then 1
            else 0
        end) as is_due
    from facts
    cross join nights
    group by 1
),

{% if built -%}
built as (
    select * from {{ built }}
),
{%- else -%}
built as (
    select contact_id, fingerprint from inputs where false
),
{%- endif %}

final as (
    select
        coalesce(contacts.contact_id, built.contact_id) as contact_id,
        case when contacts.contact_id is not null then inputs.fingerprint end as fingerprint,
        contacts.contact_id is null or built.contact_id is null or inputs.fingerprint <> built.fingerprint as is_changed,
        coalesce(inputs.is_due, 0) = 1 as is_due,
        customers.unit_id is not null as is_customer
    from contacts
    inner join inputs on contacts.contact_id = inputs.contact_id
    left join customers on contacts.unit_id = customers.unit_id
    full outer join built on contacts.contact_id = built.contact_id
)

select * from final
