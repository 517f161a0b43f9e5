{# Who the CRM says takes part in an opportunity; of two rows about one person the latest that names a role. #}
with opportunities as (
    select opportunity_id, account_id, offering_id, is_closed from {{ ref('opportunities') }}
),

salesforce_contacts as (
    select source_id, contact_id from {{ ref('int_contact_records') }} where source = 'salesforce'
),

words as (
    select {{ normalised_words('word') }} as word, role, strength from {{ ref('crm_buying_roles') }}
),

role_names as (
    select distinct role from {{ ref('stg_salesforce__opportunity_contact_roles') }} where role is not null
),

role_meanings as (
    select
        role_names.role as role_name,
        words.role,
        row_number() over (partition by role_names.role order by words.strength desc, words.role) as place
    from role_names
    inner join words on {{ dbt.position('words.word', normalised_words('role_names.role')) }} > 0
),

ordered as (
    select
        opportunities.opportunity_id,
        opportunities.account_id,
        opportunities.offering_id,
        opportunities.is_closed,
        salesforce_contacts.contact_id,
        role_meanings.role,
        coalesce(roles.updated_at, roles.created_at) as named_at,
        row_number() over (
            partition by opportunities.opportunity_id, salesforce_contacts.contact_id
            order by
                case when role_meanings.role is null then 1 else 0 end,
                coalesce(roles.updated_at, roles.created_at) desc nulls last,
                roles.record_id desc
        ) as place
    from {{ ref('stg_salesforce__opportunity_contact_roles') }} as roles
    inner join opportunities on roles.opportunity_id = opportunities.opportunity_id
    inner join salesforce_contacts on roles.salesforce_contact_id = salesforce_contacts.source_id
    left join role_meanings on roles.role = role_meanings.role_name and role_meanings.place = 1
),

final as (
    select opportunity_id, account_id, offering_id, is_closed, contact_id, role, named_at
    from ordered
    where place = 1
)

select * from final
