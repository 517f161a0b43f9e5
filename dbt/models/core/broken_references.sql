{# Keys that point to no record of an object that was exported. Deleted records count as there: the key isn't wrong. #}
{%- set references = [
    ('account', 'owner_id', 'user'),
    ('account', 'parent_id', 'account'),
    ('contact', 'account_id', 'account'),
    ('contact', 'owner_id', 'user'),
    ('opportunity', 'account_id', 'account'),
    ('opportunity', 'owner_id', 'user'),
    ('opportunity_contact_role', 'contact_id', 'contact'),
    ('opportunity_contact_role', 'opportunity_id', 'opportunity'),
    ('opportunity_line_item', 'opportunity_id', 'opportunity'),
    ('opportunity_line_item', 'product_2_id', 'product_2'),
    ('campaign_member', 'campaign_id', 'campaign'),
    ('campaign_member', 'contact_id', 'contact'),
    ('campaign_member', 'lead_id', 'lead'),
    ('task', 'who_id', 'contact or lead'),
    ('event', 'who_id', 'contact or lead'),
] -%}
with named as (
    {% for object, column, targets in references -%}
    select '{{ object }}' as object, '{{ column }}' as column_name, '{{ targets }}' as target, {{ trimmed(column) }} as value, count(*) as count_rows
    from {{ source('raw', 'salesforce__' ~ object) }}
    where
        not _is_deleted
        and {{ trimmed(column) }} is not null
        -- an object that wasn't exported leaves open what is behind a key
        {% for target in targets.split(' or ') %}and exists (select 1 from {{ source('raw', 'salesforce__' ~ target) }})
        {% endfor -%}
    group by 4
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

present as (
    {% for targets in references | map(attribute='2') | unique -%}
    {%- set is_last = loop.last -%}
    {% for target in targets.split(' or ') -%}
    select '{{ targets }}' as target, id from {{ source('raw', 'salesforce__' ~ target) }}
    {% if not (is_last and loop.last) %}union all{% endif %}
    {% endfor %}
    {%- endfor %}
),

final as (
    select
        'salesforce' as source,
        named.object,
        named.column_name,
        named.value,
        cast(named.count_rows as bigint) as count_rows
    from named
    left join present on named.target = present.target and named.value = present.id
    where
        present.id is null
        -- records may belong to a queue, which is no user
        and not (named.column_name = 'owner_id' and named.value like '00G%')
)

select * from final
