{# A view: the choice reads it once, and the lineage only for the contacts asked for. #}
{{ config(materialized='view') }}
{% set fields = record_fields() %}
with records as (
    select * from {{ ref('int_contact_records') }}
),

users as (
    select * from {{ ref('stg_salesforce__users') }}
),

time_zones as (
    select * from {{ ref('int_time_zones') }}
),

weights as (
    {{ rule_weights(fields) }}
),

sources as (
    {{ source_scores(fields, 'records') }}
),

former as (
    select * from {{ ref('int_former_companies') }} where kind = 'record'
),

records_of_companies as (
    select records.*, case when former.identifier is null then 1 else 0 end as is_at_present_company
    from records
    left join former on records.contact_id = former.contact_id and records.record_key = former.identifier
),

final as (
    select
        records.contact_id,
        records.precedence,
        records.source,
        records.object,
        records.source_id,
        records.created_at,
        records.updated_at,
        records.first_name,
        records.last_name,
        records.title,
        records.country_code,
        records.state,
        records.city,
        records.postal_code,
        case when coalesce(records.city, records.postal_code, records.state) is not null then 'address' end as address,
        records.lead_source,
        time_zones.time_zone,
        -- people who left can't act for a contact, and a queue (00G) is nobody
        case when coalesce(users.is_active, true) and records.owner_id not like '00G%' then records.owner_id end as owner_id,
        {% for field, rules in fields.items() -%}
        sources.{{ field }}_source + records.recency
        {%- for rule, score in rules.items() %} + weights.{{ field }}_{{ rule }} * ({{ score }}){% endfor %} as {{ field }}_score{{ ',' if not loop.last }}
        {% endfor %}
    from records_of_companies as records
    inner join sources on records.source = sources.source and records.object = sources.object
    cross join weights
    left join users on records.owner_id = users.owner_id
    left join time_zones on records.given_time_zone = time_zones.given_time_zone
)

select * from final
