{# A name that several companies bear joins none of them. #}
with companies as (
    select * from {{ ref('int_crm_companies') }} where company_key is not null
),

final as (
    select
        company_key,
        count(distinct domain) > 1
        or sum(case when kind = 'salesforce_account' and domain is null then 1 else 0 end) > 1
        or sum(case when kind = 'hubspot_company' and domain is null then 1 else 0 end) > 1 as is_ambiguous
    from companies
    group by company_key
)

select * from final
