{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false,
    on_schema_change='append_new_columns', pre_hook="{{ forget_the_night() }}") }}

{% set columns = ['account_id', 'offering_id', 'completeness', 'missing_roles'] %}
with

tonight as (
    select buying_group_id, account_id, offering_id, completeness, missing_roles from {{ ref('buying_groups') }}
),
{{ versions(['buying_group_id'], columns) }}
select * from final
