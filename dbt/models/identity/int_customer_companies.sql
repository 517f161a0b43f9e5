with customers as (
    select * from {{ ref('int_billing_customers') }}
),

customer_contacts as (
    select source_id as customer_id, contact_id from {{ ref('int_contact_records') }} where source = 'billing'
),

contacts as (
    select * from {{ ref('int_contact_companies') }}
),

final as (
    select
        customers.customer_id,
        customers.company_key,
        coalesce(
            {{ dbt.concat(["'salesforce_account|'", "contacts.salesforce_account_id"]) }},
            {{ dbt.concat(["'hubspot_company|'", "contacts.hubspot_company_id"]) }},
            {{ dbt.concat(["'domain|'", "contacts.domain"]) }},
            {{ dbt.concat(["'company_name|'", "customers.company_key"]) }}
        ) as company_node
    from customers
    left join customer_contacts on customers.customer_id = customer_contacts.customer_id
    left join contacts on customer_contacts.contact_id = contacts.contact_id
)

select * from final
