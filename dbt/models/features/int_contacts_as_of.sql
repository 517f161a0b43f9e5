{# What was known of each contact, also of those who are gone since: the dates that the night makes. #}
{#- not a CTE: the engine would copy it -#}
{%- set changes = ref('day_changes') -%}
{%- set kinds = feature_kinds() -%}
{%- set windows = {
    '7d': 'days_ago <= 7', '30d': 'days_ago <= 30', '90d': 'days_ago <= 90', '30d_before': 'days_ago > 30 and days_ago <= 60'
} -%}
{%- set is_activity = "kind not like 'touch%' and kind <> 'session'" -%}
{%- set is_touch = "kind like 'touch%'" -%}

{%- set counts -%}
        {%- for window, is_within in windows.items() -%}
        {% for kind in kinds -%}
        {{ count_where("kind = '" ~ kind ~ "' and " ~ is_within) }} as count_{{ kind }}_{{ window }},
        {% endfor -%}
        {{ count_where(is_touch ~ " and " ~ is_within) }} as count_touches_{{ window }},
        {% endfor -%}
        coalesce(bit_or(case when kind = 'product_event' then day_bit end), 0) as product_days,
        coalesce(bit_or(case when {{ is_activity }} then day_bit end), 0) as active_days,
        coalesce(bit_or(case when {{ is_activity }} then week_bit end), 0) as active_weeks,
        coalesce(bit_or(case when {{ is_touch }} then week_bit end), 0) as touched_weeks
{%- endset -%}
{%- set recency -%}
        {%- for kind in kinds -%}
        min(case when kind = '{{ kind }}' then days_ago end) as days_since_{{ kind }},
        {% endfor -%}
        min(case when {{ is_touch }} then days_ago end) as days_since_touch,
        min(case when kind in ('{{ feature_responses() | join("', '") }}') then days_ago end) as days_since_response
{%- endset %}

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

-- counts are of 90 days at most; what is older tells how long ago it was, at a fifth of the cost
recent_counts as (
    select
        ages.as_of_date,
        changes.unit_id as contact_id,
        {{ counts }},
        {{ recency }}
    from {{ changes }} as changes
    inner join ages on changes.occurred_on = ages.occurred_on and changes.known_on <= ages.as_of_date
    where changes.kind not in ('payment', 'feature_used') and ages.days_ago <= 91
    group by 1, 2
),

older_days as (
    select
        ages.as_of_date,
        changes.unit_id as contact_id,
        {{ recency }}
    from {{ changes }} as changes
    inner join ages on changes.occurred_on = ages.occurred_on and changes.known_on <= ages.as_of_date
    where changes.kind not in ('payment', 'feature_used') and ages.days_ago > 91
    group by 1, 2
),

-- the few of whom something was counted that is gone since: what is left of each day
withdrawn as (
    select distinct unit_id from {{ changes }} where count_change < 0 and kind <> 'payment'
),

days_left as (
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

counts_left as (
    select
        as_of_date,
        unit_id as contact_id,
        {{ counts }},
        {{ recency }}
    from days_left
    group by 1, 2
),

recent as (
    select * from recent_counts where contact_id not in (select unit_id from withdrawn)
    union all
    select * from counts_left
),

older as (
    select * from older_days where contact_id not in (select unit_id from withdrawn)
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
        recent.as_of_date,
        recent.contact_id,
        cast(sum(cast(touches.count_change as double)) as integer) as count_touches_since_response
    from {{ changes }} as touches
    inner join ages on touches.occurred_on = ages.occurred_on and touches.known_on <= ages.as_of_date
    inner join recent on touches.unit_id = recent.contact_id and ages.as_of_date = recent.as_of_date
    where {{ is_touch }} and ages.days_ago <= 90 and coalesce(ages.days_ago < recent.days_since_response, true)
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
        coalesce(recent.count_{{ kind }}_{{ window }}, 0) as count_{{ kind }}_{{ window }},
        {% endfor -%}
        coalesce(recent.days_since_{{ kind }}, older.days_since_{{ kind }}) as days_since_{{ kind }},
        {% endfor -%}
        {% for window in windows -%}
        {% for kind in feature_activities() -%}
        coalesce(recent.count_{{ kind }}_{{ window }}, 0){{ ' + ' if not loop.last }}
        {%- endfor %} as count_activities_{{ window }},
        coalesce(recent.count_touches_{{ window }}, 0) as count_touches_{{ window }},
        {% endfor -%}
        least(
            {% for kind in feature_activities() -%}
            coalesce(recent.days_since_{{ kind }}, older.days_since_{{ kind }}){{ ', ' if not loop.last }}
            {%- endfor %}
        ) as days_since_activity,
        coalesce(recent.days_since_touch, older.days_since_touch) as days_since_touch,
        coalesce(recent.days_since_response, older.days_since_response) as days_since_response,
        cast(bit_count(coalesce(recent.active_days, 0)) as integer) as count_active_days_30d,
        cast(bit_count(coalesce(recent.product_days, 0)) as integer) as count_product_days_30d,
        coalesce(product_features.count_product_features_30d, 0) as count_product_features_30d,
        coalesce(unanswered.count_touches_since_response, 0) as count_touches_since_response,
        case
            when recent.touched_weeks > 0
                then cast(bit_count(recent.touched_weeks & ~recent.active_weeks) as double) / bit_count(recent.touched_weeks)
        end as ignored_touch_share_91d
    from contacts
    left join recent on contacts.contact_id = recent.contact_id and contacts.as_of_date = recent.as_of_date
    left join older on contacts.contact_id = older.contact_id and contacts.as_of_date = older.as_of_date
    left join product_features
        on contacts.contact_id = product_features.contact_id and contacts.as_of_date = product_features.as_of_date
    left join unanswered on contacts.contact_id = unanswered.contact_id and contacts.as_of_date = unanswered.as_of_date
    left join stages on contacts.contact_id = stages.entity_id and contacts.as_of_date = stages.as_of_date
)

select * from final
