with customers as (
    select * from {{ ref('int_billing_customers') }}
),

customer_contacts as (
    select source_id as customer_id, contact_id from {{ ref('int_contact_records') }} where source = 'billing'
),

contacts as (
    select * from {{ ref('int_contact_companies') }}
),

company_names as (
    select * from {{ ref('int_company_names') }} where is_ambiguous
),

final as (
    select
        customers.customer_id,
        customers.company_key,
        coalesce(
            {{ dbt.concat(["'salesforce_account|'", "contacts.salesforce_account_id"]) }},
            {{ dbt.concat(["'hubspot_company|'", "contacts.hubspot_company_id"]) }},
            {{ dbt.concat(["'domain|'", "contacts.domain"]) }},
            case when company_names.company_key is null then {{ dbt.concat(["'company_name|'", "customers.company_key"]) }} end
        ) as company_node
    from customers
    left join customer_contacts on customers.customer_id = customer_contacts.customer_id
    left join contacts on customer_contacts.contact_id = contacts.contact_id
    left join company_names on customers.company_key = company_names.company_key
)

select * from final
