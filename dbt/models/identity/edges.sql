{{ config(materialized='view') }}
with joins as (
    select * from {{ ref('int_contact_joins') }}
),

final as (
    select left_record, right_record, match_rule, match_score, is_fact, evidence, is_cut, cut_reason
    from joins
)

select * from final
