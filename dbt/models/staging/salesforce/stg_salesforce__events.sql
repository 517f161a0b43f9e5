with source as (
    select * from {{ source('raw', 'salesforce__event') }} where not _is_deleted
),

final as (
    select
        id as event_id,
        {{ trimmed('who_id') }} as who_id,
        {{ trimmed('what_id') }} as what_id,
        {{ trimmed('account_id') }} as salesforce_account_id,
        {{ trimmed('owner_id') }} as owner_id,
        {{ trimmed('subject') }} as subject,
        lower({{ trimmed('type') }}) as event_type,
        coalesce(start_date_time, activity_date_time, created_date) as occurred_at,
        end_date_time as ended_at,
        created_date as created_at,
        _modified_at as updated_at,
        _loaded_at as loaded_at,
        _loaded_on as loaded_on
    from source
)

select * from final
