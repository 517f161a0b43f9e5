{# A record that is neither where its known key is now nor where that key was merged into. #}
with keys as (
    select 'contact' as entity, record_key, known_key, key from {{ ref('int_contact_keys') }} where has_left
    union all
    select 'account' as entity, record_key, known_key, key from {{ ref('int_account_keys') }} where has_left
),

contact_keys as (
    select record_key, key from {{ ref('int_contact_keys') }}
),

cut_edges as (
    select left_record as record_key, right_record as other_record, cut_reason from {{ ref('int_contact_joins') }} where is_cut
    union all
    select right_record, left_record, cut_reason from {{ ref('int_contact_joins') }} where is_cut
),

reasons as (
    select keys.record_key, min({{ dbt.concat(["'cut by '", "cut_edges.cut_reason"]) }}) as reason
    from keys
    inner join cut_edges on keys.entity = 'contact' and keys.record_key = cut_edges.record_key
    inner join contact_keys on cut_edges.other_record = contact_keys.record_key and keys.known_key = contact_keys.key
    group by keys.record_key
),

final as (
    select
        keys.entity,
        keys.record_key,
        keys.known_key as old_id,
        keys.key as new_id,
        cast({{ run_date() }} as {{ dbt.type_timestamp() }}) as split_at,
        coalesce(reasons.reason, 'nothing joins it any longer to the records that keep the key') as reason
    from keys
    left join reasons on keys.entity = 'contact' and keys.record_key = reasons.record_key
)

select * from final
order by entity, record_key
