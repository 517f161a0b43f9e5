{# An export says where somebody works now; when that changed is known only to who compares it with an earlier night's. #}
with records as (
    select * from {{ ref('int_contact_records') }}
),

known as (
    select
        source,
        object,
        source_id,
        {{ latest_by('company', 'known_on') }} as company,
        {{ latest_by('email_domain', 'known_on') }} as email_domain,
        max(claimed_at) as claimed_at
    from (
        select
            source, object, source_id, known_on, claimed_at, coalesce(company, '') as company, coalesce(email_domain, '') as email_domain
        from {{ source('raw', 'ledger_company_claims') }}
    ) as claims
    group by source, object, source_id
),

tonight as (
    select
        source,
        object,
        source_id,
        coalesce(
            {{ dbt.concat(["'salesforce_account|'", "salesforce_account_id"]) }},
            {{ dbt.concat(["'hubspot_company|'", "hubspot_company_id"]) }},
            {{ dbt.concat(["'domain|'", "website_domain"]) }}
        ) as company,
        {{ email_domain('email') }} as email_domain,
        created_at,
        updated_at
    from records
),

-- a record's first claim is as old as the record; a later one is dated by the record's change, if that says anything new
final as (
    select
        tonight.source,
        tonight.object,
        tonight.source_id,
        tonight.company,
        tonight.email_domain,
        coalesce(
            case
                when known.source_id is null then coalesce(tonight.created_at, tonight.updated_at)
                when tonight.updated_at > known.claimed_at then tonight.updated_at
            end,
            cast({{ run_date() }} as {{ dbt.type_timestamp() }})
        ) as claimed_at,
        {{ run_date() }} as known_on
    from tonight
    left join known
        on tonight.source = known.source and tonight.object = known.object and tonight.source_id = known.source_id
    where
        (known.source_id is null and coalesce(tonight.company, tonight.email_domain) is not null)
        or coalesce(tonight.company, '') <> known.company
        or coalesce(tonight.email_domain, '') <> known.email_domain
)

select * from final
