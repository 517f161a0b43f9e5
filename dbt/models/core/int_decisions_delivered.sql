{# Decisions that left. A later word on the delivery corrects an earlier one. #}
with decisions as (
    select * from {{ source('raw', 'ledger_decisions') }}
    where action_id is not null and approval_status in ('not_needed', 'approved') and autonomy_mode <> 'shadow'
),

results as (
    select
        decision_id,
        status,
        row_number() over (partition by decision_id order by occurred_at desc, status, record_key) as age
    from {{ ref('stg_delivery__results') }}
),

merges as (
    select * from {{ ref('contact_merges') }}
),

final as (
    select
        decisions.decision_id,
        coalesce(merges.contact_id, decisions.contact_id) as contact_id,
        coalesce(decisions.send_at, cast(decisions.run_date as {{ dbt.type_timestamp() }})) as occurred_at,
        decisions.channel,
        decisions.action_id,
        decisions.run_date as loaded_on,
        coalesce(cast(merges.merged_at as date), decisions.run_date) as attributed_on
    from decisions
    left join results on decisions.decision_id = results.decision_id and results.age = 1
    left join merges on decisions.contact_id = merges.old_contact_id
    where coalesce(results.status, 'delivered') not in ('failed', 'bounced', 'rejected')
)

select * from final
