{# Between the addresses of a contact the most restrictive status counts. Consent holds for a night only if for the whole day. #}
with statuses as (
    select * from {{ ref('int_consent_statuses') }}
),

addresses as (
    select * from {{ ref('int_contact_addresses') }}
),

opt_outs as (
    select * from {{ ref('int_crm_opt_outs') }}
),

validity as (
    select * from {{ source('raw', 'policy_consent_validity') }}
),

dated as (
    select
        statuses.address_type,
        statuses.address,
        statuses.channel,
        statuses.basis,
        statuses.occurred_at as valid_from,
        case
            when statuses.status = 'subscribed' and validity.valid_days is not null
                then cast({{ dbt.dateadd('day', 'validity.valid_days', 'cast(statuses.occurred_at as date)') }} as {{ dbt.type_timestamp() }})
        end as valid_until,
        statuses.status = 'subscribed' and validity.basis is not null as is_granted,
        statuses.source,
        statuses.evidence
    from statuses
    left join validity on statuses.basis = validity.basis
),

by_contact as (
    select
        addresses.contact_id,
        dated.channel,
        dated.basis,
        dated.valid_from,
        dated.valid_until,
        dated.is_granted and (dated.valid_until is null or cast(dated.valid_until as date) > {{ run_date() }}) as is_contactable,
        dated.source,
        dated.evidence
    from dated
    inner join addresses on dated.address_type = addresses.address_type and dated.address = addresses.address
    union all
    select contact_id, channel, null, null, null, false, source, flag
    from opt_outs
),

ordered as (
    select
        *,
        row_number() over (
            partition by contact_id, channel
            order by
                case when is_contactable then 1 else 0 end,
                case when basis is null then 0 else 1 end,
                coalesce(valid_until, cast('9999-12-31' as {{ dbt.type_timestamp() }})),
                coalesce(valid_from, cast('1970-01-01' as {{ dbt.type_timestamp() }})) desc,
                source,
                evidence
        ) as place
    from by_contact
),

final as (
    select contact_id, channel, basis, valid_from, valid_until, is_contactable, source, evidence
    from ordered
    where place = 1
)

select * from final
