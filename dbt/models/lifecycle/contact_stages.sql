with

contacts as (
    select
        contact_id,
        coalesce(account_id, contact_id) as unit_id,
        coalesce(created_at, {{ since_ever() }}) as created_at
    from {{ ref('contacts') }}
),

lifecycle_policy as (
    select * from {{ source('raw', 'policy_lifecycle') }}
),

points as (
    select contact_id, earned_at as occurred_at, points from {{ ref('engagement_points') }}
),

-- what brings sales and the contact together; like points, it counts during the engagement window
sales_facts as (
    select contact_id, occurred_at, 0 as calls, 1 as replies, 0 as meetings from {{ ref('activities') }} where activity = 'reply'
    union all
    select contact_id, occurred_at, 0, 0, 1 from {{ ref('activities') }} where activity = 'meeting'
    union all
    select contact_id, occurred_at, 1, 0, 0 from {{ ref('touches') }} where channel = 'call' and direction = 'outbound'
),

-- who has a role in an opportunity, as long as it is open
opportunity_periods as (
    select distinct
        roles.contact_id,
        opportunities.opportunity_id,
        opportunities.created_at,
        case when opportunities.closed_at is not null then greatest(opportunities.closed_at, opportunities.created_at) end as closed_at
    from {{ ref('outcomes') }} as roles
    inner join {{ ref('opportunities') }} as opportunities
        on
            roles.occurred_at = opportunities.created_at
            and (roles.account_id = opportunities.account_id or opportunities.account_id is null)
    where roles.outcome = 'opportunity_created' and roles.contact_id is not null
),

customer_periods as (
    select
        contacts.contact_id,
        periods.started_at,
        periods.ended_at
    from contacts
    inner join {{ ref('customer_periods') }} as periods on contacts.unit_id = periods.unit_id
),

-- doubles, because sums of integers are wider than the engine is fast with
changes as (
    select
        contact_id, created_at as occurred_at,
        {% for counter in ['points', 'calls', 'replies', 'meetings', 'opportunities', 'is_customer', 'customer_periods'] -%}
        cast(0 as double) as {{ counter }}{{ ', ' if not loop.last }}
        {%- endfor %}
    from contacts
    union all
    select contact_id, occurred_at, points, 0, 0, 0, 0, 0, 0 from points
    union all
    select
        points.contact_id,
        {{ dbt.dateadd('day', 'lifecycle_policy.engagement_window_days', 'points.occurred_at') }},
        -points.points, 0, 0, 0, 0, 0, 0
    from points
    cross join lifecycle_policy
    union all
    select contact_id, occurred_at, 0, calls, replies, meetings, 0, 0, 0 from sales_facts
    union all
    select
        sales_facts.contact_id,
        {{ dbt.dateadd('day', 'lifecycle_policy.engagement_window_days', 'sales_facts.occurred_at') }},
        0, -sales_facts.calls, -sales_facts.replies, -sales_facts.meetings, 0, 0, 0
    from sales_facts
    cross join lifecycle_policy
    union all
    select contact_id, created_at, 0, 0, 0, 0, 1, 0, 0 from opportunity_periods
    union all
    select contact_id, closed_at, 0, 0, 0, 0, -1, 0, 0 from opportunity_periods where closed_at is not null
    union all
    select contact_id, started_at, 0, 0, 0, 0, 0, 1, 1 from customer_periods
    union all
    select contact_id, ended_at, 0, 0, 0, 0, 0, -1, 0 from customer_periods where ended_at is not null
),

changes_by_moment as (
    select
        changes.contact_id,
        greatest(changes.occurred_at, contacts.created_at) as occurred_at,
        cast(sum(changes.points) as double) as points,
        sum(changes.calls) as calls,
        sum(changes.replies) as replies,
        sum(changes.meetings) as meetings,
        sum(changes.opportunities) as opportunities,
        sum(changes.is_customer) as is_customer,
        sum(changes.customer_periods) as customer_periods
    from changes
    inner join contacts on changes.contact_id = contacts.contact_id
    where changes.occurred_at < {{ run_midnight() }} or changes.occurred_at = contacts.created_at
    group by 1, 2
),

totals as (
    select
        contact_id,
        occurred_at as entered_at,
        {{ running_total('points', 'contact_id') }} as points,
        {{ running_total('calls', 'contact_id') }} as calls,
        {{ running_total('replies', 'contact_id') }} as replies,
        {{ running_total('meetings', 'contact_id') }} as meetings,
        {{ running_total('opportunities', 'contact_id') }} as opportunities,
        {{ running_total('is_customer', 'contact_id') }} as is_customer,
        {{ running_total('customer_periods', 'contact_id') }} as customer_periods
    from changes_by_moment
),

states as (
    select
        totals.contact_id,
        totals.entered_at,
        case
            when totals.is_customer > 0 then 'customer'
            when totals.opportunities > 0 then 'sqo'
            when totals.meetings > 0 then 'sql'
            when totals.replies > 0 then 'sal'
            when round(totals.points, 6) >= lifecycle_policy.mql_points and totals.calls > 0 then 'sal'
            when round(totals.points, 6) >= lifecycle_policy.mql_points then 'mql'
            when round(totals.points, 6) > 0 then 'engaged'
            when totals.customer_periods > 0 then 'lapsed'
            else 'lead'
        end as stage
    from totals
    cross join lifecycle_policy
),

{{ stage_entries('contact_id', ['contact_id']) }}

select * from final
