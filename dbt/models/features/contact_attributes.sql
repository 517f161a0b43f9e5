{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false,
    on_schema_change='append_new_columns', pre_hook="{{ forget_the_night() }}") }}

{% set columns = [
    'account_id', 'job_level', 'job_function', 'lead_source', 'country_code', 'has_phone', 'is_role_mailbox', 'has_objected',
    'created_at', 'traits'
] %}
with

tonight as (
    select
        contact_id,
        account_id,
        job_level,
        job_function,
        lead_source,
        country_code,
        phone_e164 is not null as has_phone,
        coalesce(is_role_mailbox, false) as is_role_mailbox,
        coalesce(has_objected, false) as has_objected,
        created_at,
        traits
    from {{ ref('contacts') }}
),
{{ versions(['contact_id'], columns) }}
select * from final
