with subscriptions as (
    select * from {{ ref('stg_billing__subscriptions') }} where customer_id is not null
),

invoices as (
    select * from {{ ref('stg_billing__invoices') }} where customer_id is not null
),

ordered as (
    select
        *,
        row_number() over (partition by customer_id order by updated_at, started_at, subscription_id) as version
    from subscriptions
),

subscribers as (
    select
        customer_id,
        {{ latest_by('email', 'case when email is not null then version end') }} as email,
        {{ latest_by('company', 'case when company is not null then version end') }} as company,
        min(started_at) as created_at,
        max(updated_at) as updated_at
    from ordered
    group by customer_id
),

payers as (
    select customer_id, min(issued_at) as created_at, max(coalesce(paid_at, issued_at)) as updated_at
    from invoices
    group by customer_id
),

final as (
    select
        coalesce(subscribers.customer_id, payers.customer_id) as customer_id,
        subscribers.email,
        subscribers.company,
        company_names.company_key,
        coalesce(subscribers.created_at, payers.created_at) as created_at,
        coalesce(subscribers.updated_at, payers.updated_at) as updated_at
    from subscribers
    full outer join payers on subscribers.customer_id = payers.customer_id
    left join {{ ref('company_names') }} as company_names on subscribers.company = company_names.name
)

select * from final
