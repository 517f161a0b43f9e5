{# Pairs that can't be one person though edges lead from one to the other: one CTE per rule of `separation_rules`. #}
with components as (
    select * from {{ ref('int_contact_components') }}
),

-- a first name that repeats the last name says nothing
records as (
    select
        components.component,
        records.record_key,
        nullif(records.first_name_key, records.last_name_key) as first_name,
        records.last_name_key as last_name,
        records.email,
        {{ email_mailbox('records.email') }} as mailbox,
        case when free_mail_domains.domain is null then {{ email_domain('records.email') }} end as company_domain,
        {{ dbt.safe_cast('records.birth_date', 'date') }} as born_on
    from components
    inner join {{ ref('int_source_records') }} as records on components.record_key = records.record_key
    left join {{ ref('free_mail_domains') }} as free_mail_domains
        on {{ email_domain('records.email') }} = free_mail_domains.domain
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
        a.record_key as left_record, b.record_key as right_record,
        {% for column in ['first_name', 'last_name', 'email', 'mailbox', 'company_domain', 'born_on'] -%}
        a.{{ column }} as left_{{ column }}, b.{{ column }} as right_{{ column }}{{ ',' if not loop.last }}
        {% endfor -%}
    from records as a
    inner join records as b on a.component = b.component and a.record_key < b.record_key
),

short_forms as (
    select nickname as left_name, first_name as right_name from {{ ref('nicknames') }}
    union
    select first_name, nickname from {{ ref('nicknames') }}
    union
    select a.nickname, b.nickname
    from {{ ref('nicknames') }} as a
    inner join {{ ref('nicknames') }} as b on a.first_name = b.first_name
),

-- first and last name in the wrong order are one name
names as (
    select
        pairs.*,
        coalesce({{ names_are_far_apart('left_first_name', 'right_first_name') }}, false) as is_other_first_name,
        coalesce({{ names_are_far_apart('left_first_name', 'right_first_name', 0.8) }}, false) as may_be_other_first_name,
        coalesce({{ names_are_far_apart('left_last_name', 'right_last_name') }}, false) as is_other_last_name,
        left_first_name is null
        or right_first_name is null
        or least(length(left_first_name), length(right_first_name)) = 1 as has_no_two_first_names
    from pairs
    left join short_forms on pairs.left_first_name = short_forms.left_name and pairs.right_first_name = short_forms.right_name
    where
        (left_first_name <> right_first_name or left_last_name <> right_last_name)
        and short_forms.left_name is null
        and coalesce({{ names_are_far_apart('left_first_name', 'right_last_name') }}, true)
        and coalesce({{ names_are_far_apart('left_last_name', 'right_first_name') }}, true)
),

by_first_name as (
    select left_record, right_record, 'other_first_name' as separation_rule
    from names
    where is_other_first_name or (may_be_other_first_name and is_other_last_name)
),

by_last_name as (
    select left_record, right_record, 'other_last_name' as separation_rule
    from names
    where is_other_last_name and has_no_two_first_names
),

by_generation as (
    select left_record, right_record, 'other_generation' as separation_rule
    from pairs
    where
        left_email <> right_email
        and (
            {{ is_name_of_other_generation('left_last_name', 'right_last_name') }}
            or {{ is_name_of_other_generation('right_last_name', 'left_last_name') }}
        )
),

by_birth_date as (
    select left_record, right_record, 'other_birth_date' as separation_rule
    from pairs
    where abs({{ dbt.datediff('left_born_on', 'right_born_on', 'day') }}) > 12 * 365
),

by_numbered_address as (
    select left_record, right_record, 'numbered_address' as separation_rule
    from pairs
    where
        left_company_domain = right_company_domain
        and left_mailbox <> right_mailbox
        and ({{ is_numbered_mailbox('left_mailbox', 'right_mailbox') }} or {{ is_numbered_mailbox('right_mailbox', 'left_mailbox') }})
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

{% set rules = ['first_name', 'last_name', 'generation', 'birth_date', 'numbered_address', 'manager', 'role'] -%}
unioned as (
    {% for rule in rules -%}
    select * from by_{{ rule }}
    {% if not loop.last %}union
    {% endif %}{% endfor %}
),

final as (
    select unioned.left_record, unioned.right_record, unioned.separation_rule
    from unioned
    inner join {{ ref('separation_rules') }} as rules
        on unioned.separation_rule = rules.separation_rule and rules.is_active
)

select * from final
