{# The columns that policy names as traits, read from the raw rows: which they are is known only at night. #}
{% set sources = {
    'salesforce__contact': {'record': "'salesforce|contact|' || id", 'changed_at': '_modified_at'},
    'hubspot__contact': {'record': "'hubspot|contact|' || id", 'changed_at': '_modified_at'},
    'segment__identifies': {'record': "'segment|user|' || user_id", 'changed_at': 'timestamp'},
    'billing__subscription': {'record': "'billing|customer|' || customer_id", 'changed_at': '_modified_at'},
} %}
with records as (
    select record_key, contact_id, precedence from {{ ref('int_contact_records') }}
),

{% for table, columns in sources.items() %}
{{ table }}_rows as (
    select
        {{ columns.record }} as record_key,
        {{ columns.changed_at }} as changed_at,
        _extra as extra,
        {{ 'traits' if table == 'segment__identifies' else 'cast(null as varchar)' }} as nested,
        {{ row_json('rows_of_source') }} as whole
    from {{ source('raw', table) }} as rows_of_source
    where not _is_deleted and exists (select 1 from {{ source('raw', 'policy_traits') }} where source = '{{ table }}')
),
{% endfor %}

found as (
    {% for table in sources %}
    select
        traits.trait,
        traits.type,
        {{ table }}_rows.record_key,
        {{ table }}_rows.changed_at,
        {{ trimmed('coalesce(' ~ json_text_by(table ~ '_rows.whole', 'traits.source_column') ~ ', '
            ~ json_text_by(table ~ '_rows.extra', 'traits.source_column') ~ ', '
            ~ json_text_by(table ~ '_rows.nested', 'traits.source_column') ~ ')') }} as value
    from {{ table }}_rows
    inner join {{ source('raw', 'policy_traits') }} as traits on traits.source = '{{ table }}'
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

typed as (
    select
        trait,
        record_key,
        changed_at,
        case type
            when 'number' then case when {{ regexp_matches('value', '^[+-]?[0-9]') }} then cast(try_cast(value as double) as varchar) end
            else {{ json_string('value') }}
        end as value
    from found
    where value is not null
),

ordered as (
    select
        records.contact_id,
        typed.trait,
        typed.value,
        row_number() over (
            partition by records.contact_id, typed.trait
            order by records.precedence desc, typed.changed_at desc, typed.value
        ) as place
    from typed
    inner join records on typed.record_key = records.record_key
    where typed.value is not null
),

final as (
    select
        contact_id,
        '{' || {{ dbt.listagg('\'"\' || trait || \'":\' || value', "','", 'order by trait') }} || '}' as traits
    from ordered
    where place = 1
    group by contact_id
)

select * from final
