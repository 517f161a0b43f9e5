{# What was known of each contact, also of those who are gone since: the dates that the night makes. #}
{#- not a CTE: the engine would copy it -#}
{%- set changes = ref('day_changes') -%}
{%- set kinds = feature_kinds() -%}
{%- set windows = {
    '7d': 'days_ago <= 7', '30d': 'days_ago <= 30', '90d': 'days_ago <= 90', '30d_before': 'days_ago > 30 and days_ago <= 60'
} -%}
{%- set is_activity = "kind not like 'touch%' and kind <> 'session'" -%}
{%- set is_touch = "kind like 'touch%'" -%}

with

{{ dates_to_make() }},

{{ versions_on_dates('attributes', 'contact_attributes', ['contact_id']) }},

-- tonight knows whoever it found; of an earlier date, the first night knows who had been created by then
contacts as (
    select *
    from attributes
    where recorded_on <= as_of_date or created_at is null or created_at < as_of_date
),

{{ stages_on_dates() }},

days as (
    select distinct occurred_on from {{ changes }} where kind <> 'payment'
),

-- an equality join on days costs far less than comparing each event with each date; the bits of days and weeks add up to sets
ages as (
    select
        dates.as_of_date,
        days.occurred_on,
        {{ days_before('days.occurred_on', 'dates.as_of_date') }} as days_ago,
        case
            when {{ days_before('days.occurred_on', 'dates.as_of_date') }} <= 30
                then cast(power(2, {{ days_before('days.occurred_on', 'dates.as_of_date') }} - 1) as bigint)
        end as day_bit,
        case
            when {{ days_before('days.occurred_on', 'dates.as_of_date') }} <= 91
                then cast(power(2, floor(({{ days_before('days.occurred_on', 'dates.as_of_date') }} - 1) / 7)) as bigint)
        end as week_bit
    from days
    inner join dates on days.occurred_on < dates.as_of_date
    where {{ days_before('days.occurred_on', 'dates.as_of_date') }} <= {{ feature_look_back_days() }}
),

-- the few of whom something was counted that is gone since
withdrawn as (
    select distinct unit_id from {{ changes }} where count_change < 0 and kind <> 'payment'
),

-- of them what is left of each day, of the others each day as it is
counted as (
    select
        ages.*,
        changes.unit_id,
        changes.kind,
        changes.count_change
    from {{ changes }} as changes
    inner join ages on changes.occurred_on = ages.occurred_on and changes.known_on <= ages.as_of_date
    where
        changes.kind not in ('payment', 'feature_used')
        and changes.unit_id not in (select unit_id from withdrawn)
    union all
    select
        ages.*,
        changes.unit_id,
        changes.kind,
        cast(sum(changes.count_change) as integer) as count_change
    from {{ changes }} as changes
    inner join ages on changes.occurred_on = ages.occurred_on and changes.known_on <= ages.as_of_date
    where
        changes.kind not in ('payment', 'feature_used')
        -- coalesce keeps the engine from looking up the many among the few
        and coalesce(changes.unit_id in (select unit_id from withdrawn), false)
    group by all
    having sum(changes.count_change) > 0
),

-- first by kind, in few columns, then a column per kind: all columns of each day would cost twice as much
kind_counts as (
    select
        as_of_date,
        unit_id as contact_id,
        kind,
        {% for window, is_within in windows.items() -%}
        {{ count_where(is_within) }} as count_{{ window }},
        {% endfor -%}
        min(days_ago) as days_since,
        bit_or(day_bit) as days,
        bit_or(week_bit) as weeks
    from counted
    group by 1, 2, 3
),

counts as (
    select
        as_of_date,
        contact_id,
        {% for kind in kinds -%}
        {% for window in windows -%}
        max(case when kind = '{{ kind }}' then count_{{ window }} end) as count_{{ kind }}_{{ window }},
        {% endfor -%}
        min(case when kind = '{{ kind }}' then days_since end) as days_since_{{ kind }},
        {% endfor -%}
        {% for window in windows -%}
        cast(sum(case when {{ is_touch }} then cast(count_{{ window }} as double) end) as integer) as count_touches_{{ window }},
        {% endfor -%}
        min(case when {{ is_touch }} then days_since end) as days_since_touch,
        min(case when kind in ('{{ feature_responses() | join("', '") }}') then days_since end) as days_since_response,
        coalesce(bit_or(case when kind = 'product_event' then days end), 0) as product_days,
        coalesce(bit_or(case when {{ is_activity }} then days end), 0) as active_days,
        coalesce(bit_or(case when {{ is_activity }} then weeks end), 0) as active_weeks,
        coalesce(bit_or(case when {{ is_touch }} then weeks end), 0) as touched_weeks
    from kind_counts
    group by 1, 2
),

-- sums need no care for withdrawals
features_used as (
    select
        ages.as_of_date,
        changes.unit_id,
        changes.detail
    from {{ changes }} as changes
    inner join ages on changes.occurred_on = ages.occurred_on and changes.known_on <= ages.as_of_date
    where changes.kind = 'feature_used' and ages.days_ago <= 30
    group by 1, 2, 3
    having sum(changes.count_change) > 0
),

product_features as (
    select
        as_of_date,
        unit_id as contact_id,
        cast(count(*) as integer) as count_product_features_30d
    from features_used
    group by 1, 2
),

-- whoever didn't respond lately: all of the touches
responses as (
    select
        as_of_date,
        contact_id,
        cast({{ dbt.dateadd('day', '-days_since_response', 'as_of_date') }} as date) as responded_on
    from counts
    where days_since_response <= 90
),

unanswered as (
    select
        responses.as_of_date,
        responses.contact_id,
        cast(sum(cast(touches.count_change as double)) as integer) as count_touches_since_response
    from {{ changes }} as touches
    inner join responses
        on
            touches.unit_id = responses.contact_id
            and touches.occurred_on > responses.responded_on
            and touches.occurred_on < responses.as_of_date
            and touches.known_on <= responses.as_of_date
    where {{ is_touch }}
    group by 1, 2
),

final as (
    select
        contacts.as_of_date,
        contacts.contact_id,
        contacts.account_id,
        contacts.has_objected,
        contacts.job_level,
        contacts.job_function,
        contacts.lead_source,
        contacts.country_code,
        contacts.has_phone,
        contacts.is_role_mailbox,
        contacts.created_at,
        contacts.traits,
        stages.stage as contact_stage,
        stages.entered_at as contact_stage_entered_at,
        stages.previous_stage as previous_contact_stage,
        stages.is_backward as has_fallen_back,
        {% for kind in kinds -%}
        {% for window in windows -%}
        coalesce(counts.count_{{ kind }}_{{ window }}, 0) as count_{{ kind }}_{{ window }},
        {% endfor -%}
        counts.days_since_{{ kind }} as days_since_{{ kind }},
        {% endfor -%}
        {% for window in windows -%}
        {% for kind in feature_activities() -%}
        coalesce(counts.count_{{ kind }}_{{ window }}, 0){{ ' + ' if not loop.last }}
        {%- endfor %} as count_activities_{{ window }},
        coalesce(counts.count_touches_{{ window }}, 0) as count_touches_{{ window }},
        {% endfor -%}
        least(
            {% for kind in feature_activities() -%}
            counts.days_since_{{ kind }}{{ ', ' if not loop.last }}
            {%- endfor %}
        ) as days_since_activity,
        counts.days_since_touch as days_since_touch,
        counts.days_since_response as days_since_response,
        cast(bit_count(coalesce(counts.active_days, 0)) as integer) as count_active_days_30d,
        cast(bit_count(coalesce(counts.product_days, 0)) as integer) as count_product_days_30d,
        coalesce(product_features.count_product_features_30d, 0) as count_product_features_30d,
        case
            when counts.days_since_response <= 90 then coalesce(unanswered.count_touches_since_response, 0)
            else coalesce(counts.count_touches_90d, 0)
        end as count_touches_since_response,
        case
            when counts.touched_weeks > 0
                then cast(bit_count(counts.touched_weeks & ~counts.active_weeks) as double) / bit_count(counts.touched_weeks)
        end as ignored_touch_share_91d
    from contacts
    left join stages on contacts.contact_id = stages.entity_id and contacts.as_of_date = stages.as_of_date
    left join product_features
        on contacts.contact_id = product_features.contact_id and contacts.as_of_date = product_features.as_of_date
    left join unanswered on contacts.contact_id = unanswered.contact_id and contacts.as_of_date = unanswered.as_of_date
    -- the widest last: what comes after it would carry all of its columns along
    left join counts on contacts.contact_id = counts.contact_id and contacts.as_of_date = counts.as_of_date
)

select * from final
