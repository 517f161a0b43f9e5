{{ config(materialized='view') }}
with edges as (
    select * from {{ ref('int_contact_edges') }}
),

cuts as (
    select * from {{ ref('int_contact_cuts') }}
),

final as (
    select
        edges.left_record,
        edges.right_record,
        edges.match_rule,
        edges.match_score,
        edges.is_fact,
        edges.evidence,
        cuts.cut_reason is not null as is_cut,
        cuts.cut_reason
    from edges
    left join cuts
        on edges.left_record = cuts.left_record
        and edges.right_record = cuts.right_record
        and edges.match_rule = cuts.match_rule
)

select * from final
