{# A record that is neither where its known key is now nor where that key was merged into. #}
with keys as (
    select 'contact' as entity, record_key, known_key, key, has_left from {{ ref('int_contact_keys') }}
    union all
    select 'account' as entity, record_key, known_key, key, has_left from {{ ref('int_account_keys') }}
),

left_keys as (
    select * from keys where has_left
),

cuts as (
    select 'contact' as entity, left_record, right_record, cut_reason from {{ ref('int_contact_cuts') }}
    union all
    select 'account' as entity, left_record, right_record, cut_reason from {{ ref('int_account_joins') }} where is_cut
),

cut_ends as (
    select entity, left_record as record_key, right_record as other_record, cut_reason from cuts
    union all
    select entity, right_record, left_record, cut_reason from cuts
),

reasons as (
    select left_keys.entity, left_keys.record_key, min({{ dbt.concat(["'cut by '", "cut_ends.cut_reason"]) }}) as reason
    from left_keys
    inner join cut_ends on left_keys.entity = cut_ends.entity and left_keys.record_key = cut_ends.record_key
    inner join keys
        on cut_ends.entity = keys.entity and cut_ends.other_record = keys.record_key and left_keys.known_key = keys.key
    group by left_keys.entity, left_keys.record_key
),

final as (
    select
        left_keys.entity,
        left_keys.record_key,
        left_keys.known_key as old_id,
        left_keys.key as new_id,
        cast({{ run_date() }} as {{ dbt.type_timestamp() }}) as split_at,
        coalesce(reasons.reason, 'nothing joins it any longer to the records that keep the key') as reason
    from left_keys
    left join reasons on left_keys.entity = reasons.entity and left_keys.record_key = reasons.record_key
)

select * from final
order by entity, record_key
