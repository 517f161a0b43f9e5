with keys as (
    select * from {{ ref('int_account_keys') }} where is_live
),

final as (
    select
        {{ dbt.split_part('record_key', "'|'", 1) }} as kind,
        substring(record_key, length({{ dbt.split_part('record_key', "'|'", 1) }}) + 2) as identifier,
        key as account_id,
        coalesce(match_rule, 'single_record') as match_rule,
        coalesce(match_score, cast(1 as double)) as match_score
    from keys
)

select * from final
