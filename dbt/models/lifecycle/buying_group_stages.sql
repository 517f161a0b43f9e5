with

buying_groups as (
    select * from {{ ref('buying_groups') }}
),

account_stages as (
    select * from {{ ref('account_stages') }}
),

-- a group is all the people of its account who take part in a purchase, so it stands where its account stands
final as (
    select
        buying_groups.buying_group_id,
        buying_groups.account_id,
        case account_stages.stage when 'target' then 'identified' else account_stages.stage end as stage,
        account_stages.entered_at,
        account_stages.left_at
    from buying_groups
    inner join account_stages on buying_groups.account_id = account_stages.account_id
)

select * from final
