with keys as (
    select * from {{ ref('int_account_keys') }}
),

final as (
    select
        {{ dbt.split_part('record_key', "'|'", 1) }} as kind,
        substring(record_key, length({{ dbt.split_part('record_key', "'|'", 1) }}) + 2) as identifier,
        key as account_id,
        is_anchor,
        {{ run_date() }} as assigned_on
    from keys
    where coalesce(known_key, '') <> key or coalesce(is_known_anchor, false) <> is_anchor
)

select * from final
order by kind, identifier
