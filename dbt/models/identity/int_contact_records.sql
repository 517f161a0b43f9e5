with records as (
    select * from {{ ref('int_source_records') }}
),

keys as (
    select record_key, key as contact_id from {{ ref('int_contact_keys') }} where is_live
),

dated as (
    select
        records.record_key,
        keys.contact_id,
        records.anchor_rank,
        coalesce(records.updated_at, records.created_at, cast('1970-01-01' as {{ dbt.type_timestamp() }})) as dated_at
    from records
    inner join keys on records.record_key = keys.record_key
),

-- a record of a better source speaks first, then the one changed last; ordered apart, for a sort moves all columns it has
ordered as (
    select
        record_key,
        contact_id,
        dated_at,
        row_number() over (partition by contact_id order by anchor_rank desc, dated_at, record_key) as precedence
    from dated
),

final as (
    select
        ordered.contact_id,
        ordered.precedence,
        {{ recency('ordered.dated_at', 'ordered.precedence') }} as recency,
        records.*
    from records
    inner join ordered on records.record_key = ordered.record_key
)

select * from final
