with keys as (
    select * from {{ ref('int_account_keys') }} where is_live
),

joins as (
    select * from {{ ref('int_account_joins') }} where not is_cut
),

ends as (
    select left_record as record_key, match_rule, match_score, is_fact from joins
    union all
    select right_record, match_rule, match_score, is_fact from joins
),

strongest as (
    select
        record_key,
        match_rule,
        match_score,
        row_number() over (
            partition by record_key order by case when is_fact then 0 else 1 end, match_score desc, match_rule
        ) as place
    from ends
),

final as (
    select
        {{ dbt.split_part('keys.record_key', "'|'", 1) }} as kind,
        substring(keys.record_key, length({{ dbt.split_part('keys.record_key', "'|'", 1) }}) + 2) as identifier,
        keys.key as account_id,
        coalesce(strongest.match_rule, 'single_record') as match_rule,
        coalesce(strongest.match_score, cast(1 as double)) as match_score
    from keys
    left join strongest on keys.record_key = strongest.record_key and strongest.place = 1
)

select * from final
