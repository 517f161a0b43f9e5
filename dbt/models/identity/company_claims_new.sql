{# An export says where somebody works now; when that changed is known only to who compares it with an earlier night's. #}
with ledger as (
    select * from {{ source('raw', 'ledger_company_claims') }}
),

tonight as (
    select
        source,
        object,
        source_id,
        coalesce(
            {{ dbt.concat(["'salesforce_account|'", "salesforce_account_id"]) }},
            {{ dbt.concat(["'hubspot_company|'", "hubspot_company_id"]) }},
            {{ dbt.concat(["'domain|'", "website_domain"]) }},
            ''
        ) as company,
        coalesce({{ email_domain('email') }}, '') as email_domain,
        created_at,
        updated_at
    from {{ ref('int_contact_records') }}
),

-- what was claimed before may be claimed again after a change
changed_before as (
    select distinct source, object, source_id from ledger where is_change
),

said_before as (
    select ledger.source, ledger.object, ledger.source_id, ledger.company, ledger.email_domain
    from ledger
    left join changed_before
        on ledger.source = changed_before.source and ledger.object = changed_before.object and ledger.source_id = changed_before.source_id
    where changed_before.source_id is null
),

to_compare as (
    select tonight.*
    from tonight
    left join said_before
        on tonight.source = said_before.source
        and tonight.object = said_before.object
        and tonight.source_id = said_before.source_id
        and tonight.company = said_before.company
        and tonight.email_domain = said_before.email_domain
    where said_before.source_id is null
),

last_claims as (
    select
        ledger.source,
        ledger.object,
        ledger.source_id,
        {{ latest_by('ledger.company', 'ledger.known_on') }} as company,
        {{ latest_by('ledger.email_domain', 'ledger.known_on') }} as email_domain,
        max(ledger.claimed_at) as claimed_at
    from ledger
    inner join to_compare
        on ledger.source = to_compare.source and ledger.object = to_compare.object and ledger.source_id = to_compare.source_id
    group by ledger.source, ledger.object, ledger.source_id
),

-- a record's first claim is as old as the record; a later one is dated by the record's change, if that says anything new
final as (
    select
        to_compare.source,
        to_compare.object,
        to_compare.source_id,
        to_compare.company,
        to_compare.email_domain,
        coalesce(
            case
                when last_claims.source_id is null then coalesce(to_compare.created_at, to_compare.updated_at)
                when to_compare.updated_at > last_claims.claimed_at then to_compare.updated_at
            end,
            cast({{ run_date() }} as {{ dbt.type_timestamp() }})
        ) as claimed_at,
        last_claims.source_id is not null as is_change,
        {{ run_date() }} as known_on
    from to_compare
    left join last_claims
        on to_compare.source = last_claims.source
        and to_compare.object = last_claims.object
        and to_compare.source_id = last_claims.source_id
    where
        (last_claims.source_id is null and to_compare.company || to_compare.email_domain <> '')
        or to_compare.company <> last_claims.company
        or to_compare.email_domain <> last_claims.email_domain
)

select * from final
