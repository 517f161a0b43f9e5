with

decisions as (
    select * from {{ ref('int_sendable_decisions') }}
),

contacts as (
    select * from {{ ref('contacts') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

final as (
    select
        decisions.decision_id,
        decisions.contact_id,
        contacts.first_name,
        contacts.last_name,
        accounts.name as company,
        contacts.postal_code,
        contacts.city,
        contacts.state,
        contacts.country_code,
        decisions.action_id,
        decisions.content_variant_id,
        decisions.content,
        cast(decisions.send_at as date) as due_on,
        decisions.consent_basis,
        decisions.consent_source,
        decisions.consent_valid_until
    from decisions
    inner join contacts on decisions.contact_id = contacts.contact_id
    left join accounts on contacts.account_id = accounts.account_id
    where
        decisions.consent_channel = 'post'
        and not decisions.is_seller_action
        and contacts.postal_code is not null
        and contacts.city is not null
        and contacts.country_code is not null
)

select * from final
