with keys as (
    select * from {{ ref('int_contact_keys') }}
),

final as (
    select
        {{ dbt.split_part('record_key', "'|'", 1) }} as source,
        {{ dbt.split_part('record_key', "'|'", 2) }} as object,
        {{ source_id_of('record_key') }} as source_id,
        key as contact_id,
        is_anchor,
        {{ run_date() }} as assigned_on
    from keys
    where coalesce(known_key, '') <> key or coalesce(is_known_anchor, false) <> is_anchor
)

select * from final
order by source, object, source_id
