with ledger as (
    select entity, old_id, new_id, merged_at, reason from {{ source('raw', 'ledger_merges') }}
),

tonight as (
    select entity, old_id, new_id, merged_at, reason from {{ ref('merges_new') }}
),

unioned as (
    select * from ledger
    union all
    select * from tonight
)

select * from unioned
order by merged_at, old_id, new_id
