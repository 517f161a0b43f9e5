{# Records of tonight, and those that the ledger knows but that are gone: these hand their key to what they were merged into. #}
with records as (
    select * from {{ ref('int_source_records') }}
),

ledger as (
    select
        {{ dbt.concat(["source", "'|'", "object", "'|'", "source_id"]) }} as record_key,
        case when source = 'salesforce' and object = 'contact' then 1 when source = 'hubspot' then 2 else 3 end as anchor_rank,
        contact_id,
        is_anchor,
        assigned_on,
        min(assigned_on) over (partition by contact_id) as known_since,
        row_number() over (partition by source, object, source_id order by assigned_on desc, contact_id) as age
    from {{ source('raw', 'ledger_contact_keys') }}
),

final as (
    select
        coalesce(records.record_key, ledger.record_key) as record_key,
        coalesce(records.anchor_rank, ledger.anchor_rank) as anchor_rank,
        records.record_key is not null as is_live,
        ledger.contact_id as known_key,
        ledger.is_anchor as is_known_anchor,
        ledger.assigned_on as known_on,
        ledger.known_since
    from records
    full outer join (select * from ledger where age = 1) as ledger on records.record_key = ledger.record_key
)

select * from final
