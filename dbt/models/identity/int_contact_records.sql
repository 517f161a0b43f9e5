with records as (
    select * from {{ ref('int_source_records') }}
),

keys as (
    select record_key, key as contact_id from {{ ref('int_contact_keys') }} where is_live
),

-- a record of a better source speaks first, then the one changed last; ordered apart, for a sort moves all columns it has
ordered as (
    select
        keys.record_key,
        keys.contact_id,
        row_number() over (
            partition by keys.contact_id
            order by records.anchor_rank desc, coalesce(records.updated_at, records.created_at), records.record_key
        ) as precedence
    from records
    inner join keys on records.record_key = keys.record_key
),

final as (
    select
        ordered.contact_id,
        ordered.precedence,
        records.*
    from records
    inner join ordered on records.record_key = ordered.record_key
)

select * from final
