with source as (
    select * from {{ source('raw', 'segment__identifies') }} where not _is_deleted
),

final as (
    select
        id as event_id,
        {{ trimmed('anonymous_id') }} as anonymous_id,
        {{ trimmed('user_id') }} as user_id,
        timestamp as occurred_at,
        coalesce({{ normalised_email('email') }}, {{ normalised_email(json_text('traits', 'email')) }}) as email,
        coalesce({{ trimmed('phone') }}, {{ trimmed(json_text('traits', 'phone')) }}) as phone,
        coalesce({{ trimmed('first_name') }}, {{ trimmed(json_text('traits', 'first_name')) }}, {{ trimmed(json_text('traits', 'firstName')) }}) as first_name,
        coalesce({{ trimmed('last_name') }}, {{ trimmed(json_text('traits', 'last_name')) }}, {{ trimmed(json_text('traits', 'lastName')) }}) as last_name,
        coalesce({{ trimmed('company') }}, {{ trimmed(json_text('traits', 'company')) }}) as company,
        coalesce({{ trimmed('title') }}, {{ trimmed(json_text('traits', 'title')) }}) as title,
        coalesce({{ trimmed(json_text('traits', 'timezone')) }}, {{ trimmed(json_text('traits', 'time_zone')) }}) as time_zone,
        traits,
        _extra as extra
    from source
)

select * from final
