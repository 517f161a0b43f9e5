with ledger as (
    select entity, record_key, old_id, new_id, split_at, reason from {{ source('raw', 'ledger_splits') }}
),

tonight as (
    select entity, record_key, old_id, new_id, split_at, reason from {{ ref('splits_new') }}
),

merges as (
    select * from {{ ref('contact_merges') }}
),

unioned as (
    select * from ledger where entity = 'contact'
    union all
    select * from tonight where entity = 'contact'
),

final as (
    select
        {{ dbt.split_part('unioned.record_key', "'|'", 1) }} as source,
        {{ dbt.split_part('unioned.record_key', "'|'", 2) }} as object,
        {{ source_id_of('unioned.record_key') }} as source_id,
        unioned.old_id as old_contact_id,
        coalesce(merges.contact_id, unioned.new_id) as contact_id,
        unioned.split_at,
        unioned.reason
    from unioned
    left join merges on unioned.new_id = merges.old_contact_id
)

select * from final
