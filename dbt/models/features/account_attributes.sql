{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false,
    on_schema_change='append_new_columns', pre_hook="{{ forget_the_night() }}") }}

{% set columns = ['industry', 'country_code', 'count_employees', 'created_at'] %}
with

tonight as (
    select account_id, industry, country_code, count_employees, created_at from {{ ref('accounts') }}
),
{{ versions(['account_id'], columns) }}
select * from final
