with source as (
    select * from {{ source('raw', 'billing__subscription') }} where not _is_deleted
),

final as (
    select
        id as subscription_id,
        {{ trimmed('customer_id') }} as customer_id,
        {{ normalised_email('email') }} as email,
        {{ trimmed('company') }} as company,
        {{ trimmed('plan') }} as plan,
        lower({{ trimmed('status') }}) as status,
        mrr_cents,
        upper({{ trimmed('currency') }}) as currency,
        started_at,
        ended_at,
        _modified_at as updated_at,
        _extra as extra
    from source
)

select * from final
