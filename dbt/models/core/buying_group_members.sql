with buying_groups as (
    select * from {{ ref('buying_groups') }}
),

contacts as (
    select * from {{ ref('contacts') }}
),

salesforce_contacts as (
    select source_id, contact_id from {{ ref('int_contact_records') }} where source = 'salesforce' and object = 'contact'
),

open_opportunities as (
    select opportunity_id from {{ ref('opportunities') }} where not is_closed
),

named_roles as (
    select
        salesforce_contacts.contact_id,
        case
            when lower(roles.role) like '%sponsor%' then 'executive_sponsor'
            when {{ regexp_matches('lower(roles.role)', '(procure|purchas|einkauf|achat|compra|acquist|inkoop)') }} then 'procurement'
            when lower(roles.role) like '%technical%' or lower(roles.role) like '%evaluator%' then 'technical_evaluator'
            when {{ regexp_matches('lower(roles.role)', '(economic|decision|budget|approver)') }} then 'economic_buyer'
            when lower(roles.role) like '%champion%' or lower(roles.role) like '%influencer%' then 'champion'
            when lower(roles.role) like '%user%' then 'user'
        end as role,
        coalesce(roles.updated_at, roles.created_at) as named_at,
        roles.record_id
    from {{ ref('stg_salesforce__opportunity_contact_roles') }} as roles
    inner join open_opportunities on roles.opportunity_id = open_opportunities.opportunity_id
    inner join salesforce_contacts on roles.salesforce_contact_id = salesforce_contacts.source_id
),

latest_roles as (
    select
        contact_id,
        role,
        row_number() over (partition by contact_id order by named_at desc, record_id desc) as age
    from named_roles
    where role is not null
),

final as (
    select
        buying_groups.buying_group_id,
        buying_groups.account_id,
        contacts.contact_id,
        coalesce(
            latest_roles.role,
            case
                when contacts.job_function = 'procurement' then 'procurement'
                when contacts.job_level = 'c_level' and contacts.job_function in ('finance', 'executive') then 'economic_buyer'
                when contacts.job_level = 'c_level' then 'executive_sponsor'
                when contacts.job_level = 'vp' then 'economic_buyer'
                when contacts.job_function = 'it' then 'technical_evaluator'
                when contacts.job_level in ('director', 'manager') then 'champion'
                else 'user'
            end
        ) as role,
        case when latest_roles.role is null then 'job_title' else 'opportunity_contact_role' end as role_source
    from buying_groups
    inner join contacts on buying_groups.account_id = contacts.account_id
    left join latest_roles on contacts.contact_id = latest_roles.contact_id and latest_roles.age = 1
)

select * from final
