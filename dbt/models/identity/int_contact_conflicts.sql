{# Pairs that can't be one person though edges lead from one to the other: one CTE per rule of `separation_rules`. #}
with components as (
    select * from {{ ref('int_contact_components') }}
),

records as (
    select components.component, records.record_key, records.first_name_key, records.last_name_key
    from components
    inner join {{ ref('int_source_records') }} as records on components.record_key = records.record_key
),

crm_contacts as (
    select
        components.component,
        components.record_key,
        contacts.record_id,
        {{ dbt.concat(["'salesforce|contact|'", "contacts.reports_to_id"]) }} as manager_key
    from {{ ref('stg_salesforce__contacts') }} as contacts
    inner join components on {{ dbt.concat(["'salesforce|contact|'", "contacts.record_id"]) }} = components.record_key
),

roles as (
    select crm_contacts.component, crm_contacts.record_key, roles.opportunity_id
    from {{ ref('stg_salesforce__opportunity_contact_roles') }} as roles
    inner join crm_contacts on roles.salesforce_contact_id = crm_contacts.record_id
),

-- first and last name in the wrong order are one name
by_first_name as (
    select a.record_key as left_record, b.record_key as right_record, 'other_first_name' as separation_rule
    from records as a
    inner join records as b
        on a.component = b.component and a.record_key < b.record_key and a.first_name_key <> b.first_name_key
    where
        {{ names_differ('a.first_name_key', 'b.first_name_key') }}
        and (a.last_name_key is null or {{ names_differ('a.last_name_key', 'b.first_name_key') }})
        and (b.last_name_key is null or {{ names_differ('a.first_name_key', 'b.last_name_key') }})
),

by_manager as (
    select
        least(reports.record_key, managers.record_key) as left_record,
        greatest(reports.record_key, managers.record_key) as right_record,
        'reports_to' as separation_rule
    from crm_contacts as reports
    inner join components as managers
        on reports.manager_key = managers.record_key and reports.component = managers.component
    where reports.record_key <> managers.record_key
),

by_role as (
    select a.record_key as left_record, b.record_key as right_record, 'same_opportunity' as separation_rule
    from roles as a
    inner join roles as b
        on a.opportunity_id = b.opportunity_id and a.component = b.component and a.record_key < b.record_key
),

unioned as (
    select * from by_first_name
    union
    select * from by_manager
    union
    select * from by_role
),

final as (
    select unioned.left_record, unioned.right_record, unioned.separation_rule
    from unioned
    inner join {{ ref('separation_rules') }} as rules
        on unioned.separation_rule = rules.separation_rule and rules.is_active
)

select * from final
