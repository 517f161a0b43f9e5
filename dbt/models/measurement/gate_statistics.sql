with

pairs as (
    select * from {{ ref('eligible_actions') }}
),

final as (
    select
        action_id,
        coalesce(gate, 'eligible') as gate,
        cast(count(*) as bigint) as count_contacts
    from pairs
    group by 1, 2
)

select * from final
