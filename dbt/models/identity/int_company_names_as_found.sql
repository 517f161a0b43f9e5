{{ config(materialized='view') }}
{% set columns = [
    ('stg_salesforce__accounts', 'name'), ('stg_hubspot__companies', 'name'), ('stg_hubspot__contacts', 'company'),
    ('stg_salesforce__leads', 'company'), ('stg_billing__subscriptions', 'company'), ('int_web_users', 'company'),
] -%}
{% for model, column in columns -%}
select {{ column }} as name from {{ ref(model) }} where {{ column }} is not null
{% if not loop.last %}union
{% endif %}
{%- endfor %}
