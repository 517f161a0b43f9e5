with source as (
    select * from {{ source('raw', 'billing__invoice') }} where not _is_deleted
),

final as (
    select
        id as invoice_id,
        {{ trimmed('customer_id') }} as customer_id,
        {{ trimmed('subscription_id') }} as subscription_id,
        amount_cents,
        upper({{ trimmed('currency') }}) as currency,
        lower({{ trimmed('status') }}) as status,
        issued_at,
        paid_at
    from source
)

select * from final
