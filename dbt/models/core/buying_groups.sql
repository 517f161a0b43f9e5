{# How complete the people who decide a purchase are, who is missing, and how engaged they are. #}
with buying_groups as (
    select * from {{ ref('int_buying_groups') }}
),

members as (
    select * from {{ ref('buying_group_members') }}
),

members_by_group as (
    select
        buying_group_id,
        count(*) as count_members,
        sum(case when is_engaged then 1 else 0 end) as count_engaged_members,
        {{ exact_sum('engagement_points') }} as engagement_points
    from members
    group by 1
),

members_by_role as (
    select
        buying_group_id,
        role,
        count(*) as count_assigned,
        sum(case when is_engaged then 1 else 0 end) as count_engaged
    from members
    group by 1, 2
),

-- an assigned person fills the share of the role that the needed number gives her
filled_roles as (
    select
        buying_groups.buying_group_id,
        needed.role,
        needed.weight,
        least(1.0, coalesce(members_by_role.count_assigned, 0) / cast(needed.count as double)) as filled,
        least(1.0, coalesce(members_by_role.count_engaged, 0) / cast(needed.count as double)) as filled_by_engaged
    from buying_groups
    inner join {{ source('raw', 'policy_offering_roles') }} as needed on buying_groups.offering_id = needed.offering_id
    left join members_by_role
        on buying_groups.buying_group_id = members_by_role.buying_group_id and needed.role = members_by_role.role
),

completeness as (
    select
        buying_group_id,
        {{ exact_sum('weight * filled') }} / {{ exact_sum('weight') }} as completeness,
        {{ exact_sum('weight * filled_by_engaged') }} / {{ exact_sum('weight') }} as engaged_completeness
    from filled_roles
    group by 1
),

missing_roles as (
    select buying_group_id, {{ dbt.listagg('role', "','", 'order by weight desc, role') }} as missing_roles
    from filled_roles
    where filled < 1
    group by 1
),

open_opportunities as (
    select
        account_id,
        offering_id,
        count(*) as count_open_opportunities,
        sum(amount_cents) as open_amount_cents
    from {{ ref('opportunities') }}
    where account_id is not null and not is_closed
    group by 1, 2
),

final as (
    select
        buying_groups.buying_group_id,
        buying_groups.account_id,
        buying_groups.offering_id,
        round(completeness.completeness, 6) as completeness,
        round(completeness.engaged_completeness, 6) as engaged_completeness,
        coalesce(missing_roles.missing_roles, '') as missing_roles,
        coalesce(members_by_group.engagement_points, 0) as engagement_points,
        coalesce(members_by_group.count_members, 0) as count_members,
        cast(coalesce(members_by_group.count_engaged_members, 0) as bigint) as count_engaged_members,
        coalesce(open_opportunities.count_open_opportunities, 0) as count_open_opportunities,
        cast(coalesce(open_opportunities.open_amount_cents, 0) as bigint) as open_amount_cents
    from buying_groups
    inner join completeness on buying_groups.buying_group_id = completeness.buying_group_id
    left join missing_roles on buying_groups.buying_group_id = missing_roles.buying_group_id
    left join members_by_group on buying_groups.buying_group_id = members_by_group.buying_group_id
    left join open_opportunities
        on buying_groups.account_id = open_opportunities.account_id and buying_groups.offering_id = open_opportunities.offering_id
)

select * from final
