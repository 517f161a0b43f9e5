with

decisions as (
    select * from {{ ref('int_sendable_decisions') }}
),

final as (
    select
        decision_id,
        contact_id,
        phone_e164,
        action_id,
        content_variant_id,
        send_at,
        recipient_time_zone,
        consent_basis,
        consent_source,
        consent_valid_until
    from decisions
    where consent_channel = 'sms' and not is_seller_action and phone_e164 is not null
)

select * from final
