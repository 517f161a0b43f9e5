{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false,
    on_schema_change='append_new_columns', pre_hook="{{ forget_the_night() }}") }}

{% set columns = ['role', 'role_weight'] %}
with

tonight as (
    select buying_group_id, contact_id, role, role_weight from {{ ref('buying_group_members') }}
),
{{ versions(['buying_group_id', 'contact_id'], columns) }}
select * from final
