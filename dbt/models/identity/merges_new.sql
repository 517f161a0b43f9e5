with keys as (
    select 'contact' as entity, known_key, key from {{ ref('int_contact_keys') }} where is_known_key_ceased
    union all
    select 'account' as entity, known_key, key from {{ ref('int_account_keys') }} where is_known_key_ceased
),

final as (
    select
        entity,
        known_key as old_id,
        key as new_id,
        cast({{ run_date() }} as {{ dbt.type_timestamp() }}) as merged_at,
        'source records were joined' as reason
    from keys
)

select * from final
order by entity, old_id
