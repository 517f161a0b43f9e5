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

units_with_withdrawals as (
    select distinct unit_id from {{ changes }} where count_change < 0 and kind <> 'payment'
),

known_days as (
    select
        ages.*,
        changes.unit_id,
        changes.kind,
        changes.count_change as count_events
    from {{ changes }} as changes
    inner join ages on changes.occurred_on = ages.occurred_on and changes.known_on <= ages.as_of_date
    left join units_with_withdrawals as withdrawals on changes.unit_id = withdrawals.unit_id
    where withdrawals.unit_id is null and changes.kind not in ('payment', 'feature_used')
    union all
    select
        ages.*,
        changes.unit_id,
        changes.kind,
        cast(sum(changes.count_change) as integer) as count_events
    from {{ changes }} as changes
    inner join ages on changes.occurred_on = ages.occurred_on and changes.known_on <= ages.as_of_date
    inner join units_with_withdrawals as withdrawals on changes.unit_id = withdrawals.unit_id
    where changes.kind not in ('payment', 'feature_used')
    group by all
    having sum(changes.count_change) > 0
),

contact_counts as (
    select
        as_of_date,
        unit_id as contact_id,
        {% for kind in kinds -%}
        {% for window, is_within in windows.items() -%}
        {{ count_where("kind = '" ~ kind ~ "' and " ~ is_within) }} as count_{{ kind }}_{{ window }},
        {% endfor -%}
        min(case when kind = '{{ kind }}' then days_ago end) as days_since_{{ kind }},
        {% endfor -%}
        {% for window, is_within in windows.items() -%}
        {{ count_where(is_activity ~ " and " ~ is_within) }} as count_activities_{{ window }},
        {{ count_where(is_touch ~ " and " ~ is_within) }} as count_touches_{{ window }},
        {% endfor -%}
        min(case when {{ is_activity }} then days_ago end) as days_since_activity,
        min(case when {{ is_touch }} then days_ago end) as days_since_touch,
        min(case when kind in ('{{ feature_responses() | join("', '") }}') then days_ago end) as days_since_response,
        coalesce(bit_or(case when kind = 'product_event' then day_bit end), 0) as product_days,
        coalesce(bit_or(case when {{ is_activity }} then day_bit end), 0) as active_days,
        coalesce(bit_or(case when {{ is_activity }} then week_bit end), 0) as active_weeks,
        coalesce(bit_or(case when {{ is_touch }} then week_bit end), 0) as touched_weeks
    from known_days
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

unanswered as (
    select
        counts.as_of_date,
        counts.contact_id,
        cast(sum(cast(touches.count_change as double)) as integer) as count_touches_since_response
    from {{ changes }} as touches
    inner join ages on touches.occurred_on = ages.occurred_on and touches.known_on <= ages.as_of_date
    inner join contact_counts as counts on touches.unit_id = counts.contact_id and ages.as_of_date = counts.as_of_date
    where {{ is_touch }} and coalesce(ages.days_ago < counts.days_since_response, true)
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
        counts.days_since_{{ kind }},
        {% endfor -%}
        {% for window in windows -%}
        coalesce(counts.count_activities_{{ window }}, 0) as count_activities_{{ window }},
        coalesce(counts.count_touches_{{ window }}, 0) as count_touches_{{ window }},
        {% endfor -%}
        counts.days_since_activity,
        counts.days_since_touch,
        counts.days_since_response,
        cast(bit_count(coalesce(counts.active_days, 0)) as integer) as count_active_days_30d,
        cast(bit_count(coalesce(counts.product_days, 0)) as integer) as count_product_days_30d,
        coalesce(product_features.count_product_features_30d, 0) as count_product_features_30d,
        coalesce(unanswered.count_touches_since_response, 0) as count_touches_since_response,
        case
            when counts.touched_weeks > 0
                then cast(bit_count(counts.touched_weeks & ~counts.active_weeks) as double) / bit_count(counts.touched_weeks)
        end as ignored_touch_share_91d
    from contacts
    left join contact_counts as counts on contacts.contact_id = counts.contact_id and contacts.as_of_date = counts.as_of_date
    left join product_features
        on contacts.contact_id = product_features.contact_id and contacts.as_of_date = product_features.as_of_date
    left join unanswered on contacts.contact_id = unanswered.contact_id and contacts.as_of_date = unanswered.as_of_date
    left join stages on contacts.contact_id = stages.entity_id and contacts.as_of_date = stages.as_of_date
)

select * from final
