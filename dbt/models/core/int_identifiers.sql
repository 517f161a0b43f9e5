{# By what events name a contact, and since when that is known. Kept through full refreshes: it can't be recomputed. Where the
   warehouse is made anew, what changed after the first night is in the ledger. #}
{{ config(
    materialized='incremental', incremental_strategy='delta', full_refresh=false,
    unique_key=['kind', 'identifier', 'contact_id', 'valid_from']
) }}

with records as (
    select source, object, source_id, contact_id from {{ ref('int_contact_records') }}
),

found as (
    select 'email' as kind, email_normalised as identifier, contact_id, cast(null as {{ dbt.type_timestamp() }}) as valid_from, cast(null as {{ dbt.type_timestamp() }}) as valid_until
    from {{ ref('emails') }}
    union all
    select 'user', source_id, contact_id, null, null from records where source = 'segment' and object = 'user'
    union all
    select source, source_id, contact_id, null, null from records where source in ('salesforce', 'hubspot')
    union all
    select 'device', anonymous_id, contact_id, valid_from, valid_until from {{ ref('device_periods') }}
),

current_rows as (
    select
        kind,
        identifier,
        contact_id,
        coalesce(valid_from, cast('1900-01-01' as {{ dbt.type_timestamp() }})) as valid_from,
        coalesce(valid_until, cast('9999-12-31' as {{ dbt.type_timestamp() }})) as valid_until
    from found
),

{% if is_incremental() -%}
before as (
    select * from {{ this }}
),

-- all that a night finds unchanged stays out of what follows
changed as (
    select current_rows.*
    from current_rows
    left join before
        on current_rows.kind = before.kind
        and current_rows.identifier = before.identifier
        and current_rows.contact_id = before.contact_id
        and current_rows.valid_from = before.valid_from
        and current_rows.valid_until = before.valid_until
    where before.contact_id is null
),

gone as (
    select before.*
    from before
    left join current_rows
        on before.kind = current_rows.kind
        and before.identifier = current_rows.identifier
        and before.contact_id = current_rows.contact_id
        and before.valid_from = current_rows.valid_from
    where current_rows.contact_id is null
),

known as (
    select before.kind, before.identifier, before.contact_id, min(before.known_on) as known_on
    from before
    inner join changed
        on before.kind = changed.kind and before.identifier = changed.identifier and before.contact_id = changed.contact_id
    group by 1, 2, 3
),

dated as (
    select changed.*, coalesce(known.known_on, {{ run_date() }}) as known_on
    from changed
    left join known
        on changed.kind = known.kind and changed.identifier = known.identifier and changed.contact_id = known.contact_id
),

final as (
    select kind, identifier, contact_id, valid_from, valid_until, known_on, false as is_gone from dated
    union all
    select kind, identifier, contact_id, valid_from, valid_until, known_on, true from gone
)
{%- else -%}
ledger as (
    select kind, identifier_hash, contact_id, max(known_on) as known_on
    from {{ source('raw', 'ledger_attributions') }}
    group by 1, 2, 3
),

-- only these few are worth a hash
hashed as (
    select
        *,
        case when contact_id in (select contact_id from ledger) then {{ sha256_hex('identifier') }} end as identifier_hash
    from current_rows
),

contacts_before as (
    select distinct contact_id from {{ source('raw', 'ledger_contact_keys') }}
),

final as (
    select
        hashed.kind,
        hashed.identifier,
        hashed.contact_id,
        hashed.valid_from,
        hashed.valid_until,
        coalesce(
            ledger.known_on,
            case when contacts_before.contact_id is null then {{ run_date() }} else {{ first_night() }} end
        ) as known_on,
        false as is_gone
    from hashed
    left join ledger
        on hashed.kind = ledger.kind
        and hashed.contact_id = ledger.contact_id
        and hashed.identifier_hash = ledger.identifier_hash
    left join contacts_before on hashed.contact_id = contacts_before.contact_id
)
{%- endif %}

select * from final
