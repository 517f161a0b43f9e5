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

pairs as (
    select
        a.record_key as left_record,
        b.record_key as right_record,
        a.first_name_key as left_first_name,
        b.first_name_key as right_first_name,
        a.last_name_key as left_last_name,
        b.last_name_key as right_last_name
    from records as a
    inner join records as b on a.component = b.component and a.record_key < b.record_key
),

-- first and last name in the wrong order are one name
names as (
    select
        *,
        coalesce({{ names_are_far_apart('left_first_name', 'right_first_name') }}, false) as is_other_first_name,
        coalesce({{ names_are_far_apart('left_last_name', 'right_last_name') }}, false) as is_other_last_name,
        coalesce({{ names_are_far_apart('left_first_name', 'right_last_name') }}, true)
        and coalesce({{ names_are_far_apart('left_last_name', 'right_first_name') }}, true) as is_not_swapped,
        left_first_name is null
        or right_first_name is null
        or least(length(left_first_name), length(right_first_name)) = 1 as has_no_two_first_names
    from pairs
    where left_first_name <> right_first_name or left_last_name <> right_last_name
),

by_first_name as (
    select left_record, right_record, 'other_first_name' as separation_rule
    from names
    where is_other_first_name and is_not_swapped
),

by_last_name as (
    select left_record, right_record, 'other_last_name' as separation_rule
    from names
    where is_other_last_name and is_not_swapped and has_no_two_first_names
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
    select * from by_last_name
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
