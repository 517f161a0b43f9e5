with companies as (
    select * from {{ ref('int_contact_companies') }}
),

accounts as (
    select record_key, key as account_id from {{ ref('int_account_keys') }} where is_live
),

merged_accounts as (
    select record_key, key as account_id from {{ ref('int_account_keys') }} where not is_live
),

final as (
    select
        companies.contact_id,
        coalesce(
            by_salesforce.account_id, by_merged.account_id, by_hubspot.account_id, by_domain.account_id, by_name.account_id
        ) as account_id
    from companies
    left join accounts as by_salesforce
        on {{ dbt.concat(["'salesforce_account|'", "companies.salesforce_account_id"]) }} = by_salesforce.record_key
    left join merged_accounts as by_merged
        on {{ dbt.concat(["'salesforce_account|'", "companies.salesforce_account_id"]) }} = by_merged.record_key
    left join accounts as by_hubspot
        on {{ dbt.concat(["'hubspot_company|'", "companies.hubspot_company_id"]) }} = by_hubspot.record_key
    left join accounts as by_domain on {{ dbt.concat(["'domain|'", "companies.domain"]) }} = by_domain.record_key
    left join accounts as by_name on {{ dbt.concat(["'company_name|'", "companies.company_key"]) }} = by_name.record_key
)

select * from final
