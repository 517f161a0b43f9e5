{#- One pass over the contacts for all conditions. What no condition asks for isn't joined. -#}
-- depends_on: {{ source('raw', 'policy_conditions') }} {{ source('raw', 'policy_traits') }}
{%- set conditions = policy_conditions() -%}
{%- set asked = conditions | map(attribute='sql') | join(' ') %}
{#- all of them while dbt only parses the project, so that it knows what must come before -#}
{%- set is_asked = {} -%}
{%- for relation in ['features', 'accounts', 'current_stages', 'current_account_stages', 'roles', 'traits'] -%}
    {%- do is_asked.update({relation: not execute or relation ~ '.' in asked}) -%}
{%- endfor %}

with

contacts as (
    select * from {{ ref('contacts') }}
),

{% if is_asked.features or is_asked.traits -%}
features as (
    select * from {{ ref('contact_features') }} where as_of_date = {{ run_date() }}
),

{% endif -%}
{%- if is_asked.traits -%}
traits as (
    select
        {% for trait, type in policy_traits() -%}
        {%- set text = json_text('traits', trait) -%}
        {{ 'try_cast(' ~ text ~ ' as double)' if type == 'number' else text }} as trait_{{ trait }},
        {% endfor -%}
        contact_id
    from features
),

{% endif -%}
{%- if is_asked.accounts -%}
accounts as (
    select * from {{ ref('accounts') }}
),

{% endif -%}
{%- if is_asked.current_stages -%}
current_stages as (
    select contact_id, stage from {{ ref('contact_stages') }} where left_at is null
),

{% endif -%}
{%- if is_asked.current_account_stages -%}
current_account_stages as (
    select account_id, stage from {{ ref('account_stages') }} where left_at is null
),

{% endif -%}
{%- if is_asked.roles -%}
-- of several buying groups the one in which the contact weighs most
memberships as (
    select
        members.contact_id,
        members.role,
        stages.stage,
        row_number() over (
            partition by members.contact_id
            order by members.role_weight desc, members.engagement_points desc, members.buying_group_id
        ) as place
    from {{ ref('buying_group_members') }} as members
    left join {{ ref('buying_group_stages') }} as stages
        on members.buying_group_id = stages.buying_group_id and stages.left_at is null
),

roles as (
    select * from memberships where place = 1
),

{% endif -%}
matches as (
    {% if conditions -%}
    select
        contacts.contact_id,
        {% set ids = [] -%}
        {%- for condition in conditions -%}
            {%- do ids.append("case when " ~ condition.sql ~ " then '" ~ condition.condition_id ~ "' end") -%}
        {%- endfor -%}
        {{ unnest_texts(ids) }} as condition_id
    from contacts
    {% if is_asked.features %}left join features on contacts.contact_id = features.contact_id{% endif %}
    {% if is_asked.traits %}left join traits on contacts.contact_id = traits.contact_id{% endif %}
    {% if is_asked.accounts %}left join accounts on contacts.account_id = accounts.account_id{% endif %}
    {% if is_asked.current_stages %}left join current_stages on contacts.contact_id = current_stages.contact_id{% endif %}
    {% if is_asked.current_account_stages %}left join current_account_stages on contacts.account_id = current_account_stages.account_id{% endif %}
    {% if is_asked.roles %}left join roles on contacts.contact_id = roles.contact_id{% endif %}
    {%- else -%}
    select contact_id, cast(null as {{ dbt.type_string() }}) as condition_id from contacts where false
    {%- endif %}
),

final as (
    select contact_id, condition_id from matches where condition_id is not null
)

select * from final
