{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='as_of_date',
    on_schema_change='append_new_columns',
    post_hook="delete from {{ this }} where as_of_date not in (select as_of_date from {{ ref('feature_dates') }})
        or buying_group_id not in (select buying_group_id from {{ ref('buying_groups') }})"
) }}

with

{{ dates_to_make() }},

{{ versions_on_dates('buying_groups', 'buying_group_attributes', ['buying_group_id']) }},

{{ versions_on_dates('roles', 'member_roles', ['buying_group_id', 'contact_id']) }},

{{ versions_on_dates('opportunities', 'opportunity_attributes', ['opportunity_id']) }},

{{ stages_on_dates() }},

-- profiling someone who objected to it is not allowed
members as (
    select
        roles.buying_group_id,
        roles.role,
        roles.role_weight,
        contacts.*
    from roles
    inner join {{ ref('int_contacts_as_of') }} as contacts
        on roles.contact_id = contacts.contact_id and roles.as_of_date = contacts.as_of_date
    where not contacts.has_objected
),

member_counts as (
    select
        as_of_date,
        buying_group_id,
        count(*) as count_members,
        {% for days in [7, 30, 90] -%}
        count(case when count_activities_{{ days }}d > 0 then 1 end) as count_active_members_{{ days }}d,
        {% endfor -%}
        {% for role in ['economic_buyer', 'champion'] -%}
        count(case when role = '{{ role }}' and count_activities_30d > 0 then 1 end) > 0 as has_active_{{ role }}_30d,
        {% endfor -%}
        -- rounded, as the last digits of a sum of fractions hang on its order
        round(sum(role_weight), 6) as role_weight,
        round(sum(case when count_activities_30d > 0 then role_weight else 0 end), 6) as active_role_weight,
        {% for count in account_counts() -%}
        sum(cast({{ count }} as double)) as {{ count }},
        {% endfor -%}
        min(days_since_activity) as days_since_activity,
        min(days_since_touch) as days_since_touch,
        min(days_since_response) as days_since_response
    from members
    group by 1, 2
),

opportunity_counts as (
    select
        as_of_date,
        account_id,
        offering_id,
        count(case when closed_at is null or closed_at >= as_of_date then 1 end) as count_open_opportunities,
        min(case when closed_at is null or closed_at >= as_of_date then created_at end) as oldest_open_at,
        count(case when is_won and closed_at < as_of_date then 1 end) as count_won_opportunities,
        count(case when not is_won and closed_at < as_of_date then 1 end) as count_lost_opportunities
    from opportunities
    where account_id is not null and created_at < as_of_date
    group by 1, 2, 3
),

final as (
    select
        buying_groups.buying_group_id,
        buying_groups.account_id,
        buying_groups.offering_id,
        buying_groups.as_of_date,
        coalesce(stages.stage, 'unknown') as buying_group_stage,
        {{ days_before('stages.entered_at', 'buying_groups.as_of_date') }} as days_in_buying_group_stage,
        coalesce(stages.previous_stage, 'none') as previous_buying_group_stage,
        coalesce(stages.is_backward, false) as has_fallen_back,
        buying_groups.completeness,
        cast(case
            when buying_groups.missing_roles = '' then 0
            else 1 + length(buying_groups.missing_roles) - length(replace(buying_groups.missing_roles, ',', ''))
        end as integer) as count_missing_roles,
        {% for count in ['count_members', 'count_active_members_7d', 'count_active_members_30d', 'count_active_members_90d'] + account_counts() -%}
        cast(coalesce(members.{{ count }}, 0) as integer) as {{ count }},
        {% endfor -%}
        coalesce(members.has_active_economic_buyer_30d, false) as has_active_economic_buyer_30d,
        coalesce(members.has_active_champion_30d, false) as has_active_champion_30d,
        case when members.role_weight > 0 then members.active_role_weight / members.role_weight end as active_role_weight_share_30d,
        {{ trend('coalesce(members.count_activities_30d, 0)', 'coalesce(members.count_activities_30d_before, 0)') }} as momentum_30d,
        members.days_since_activity,
        members.days_since_touch,
        members.days_since_response,
        cast(coalesce(opportunities.count_open_opportunities, 0) as integer) as count_open_opportunities,
        {{ days_before('opportunities.oldest_open_at', 'buying_groups.as_of_date') }} as days_since_open_opportunity,
        cast(coalesce(opportunities.count_won_opportunities, 0) as integer) as count_won_opportunities,
        cast(coalesce(opportunities.count_lost_opportunities, 0) as integer) as count_lost_opportunities
    from buying_groups
    left join member_counts as members
        on buying_groups.buying_group_id = members.buying_group_id and buying_groups.as_of_date = members.as_of_date
    left join stages on buying_groups.buying_group_id = stages.entity_id and buying_groups.as_of_date = stages.as_of_date
    left join opportunity_counts as opportunities
        on
            buying_groups.account_id = opportunities.account_id
            and buying_groups.offering_id = opportunities.offering_id
            and buying_groups.as_of_date = opportunities.as_of_date
)

select * from final
