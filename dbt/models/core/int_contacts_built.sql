{# What all tables of events were built from; the last to be written, so that a build that fails on its way isn't taken for done. #}
-- depends_on: {{ ref('activities') }}, {{ ref('activity_days') }}, {{ ref('touches') }}, {{ ref('touch_days') }}, {{ ref('outcomes') }}
with final as (
    select contact_id, fingerprint, loaded_until, run_date, changed_at
    from {{ ref('int_contact_inputs') }}
    where fingerprint is not null
)

select * from final
