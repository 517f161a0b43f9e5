{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false,
    on_schema_change='append_new_columns', pre_hook="{{ forget_the_night() }}") }}

{% set columns = ['account_id', 'offering_id', 'is_won', 'created_at', 'closed_at'] %}
with

tonight as (
    select opportunity_id, account_id, offering_id, is_won, created_at, closed_at from {{ ref('opportunities') }}
),
{{ versions(['opportunity_id'], columns) }}
select * from final
