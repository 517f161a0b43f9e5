{# The last to be written, so that a build that fails on its way isn't taken for done. #}
-- depends_on: {{ ref('contact_stages') }}
with final as (
    select
        inputs.contact_id,
        inputs.fingerprint,
        inputs.is_customer,
        night.run_date,
        night.policy_version
    from {{ ref('int_stage_inputs') }} as inputs
    cross join {{ source('raw', 'night') }} as night
    where inputs.fingerprint is not null
)

select * from final
