with source as (
    select * from {{ source('raw', 'salesforce__task') }} where not _is_deleted
),

final as (
    select
        id as task_id,
        {{ trimmed('who_id') }} as who_id,
        {{ trimmed('what_id') }} as what_id,
        {{ trimmed('account_id') }} as salesforce_account_id,
        {{ trimmed('owner_id') }} as owner_id,
        {{ trimmed('subject') }} as subject,
        lower({{ trimmed('type') }}) as task_type,
        lower({{ trimmed('task_subtype') }}) as task_subtype,
        lower({{ trimmed('status') }}) as status,
        lower({{ trimmed('call_disposition') }}) as call_disposition,
        is_closed,
        coalesce(is_closed, true)
        and coalesce(lower({{ trimmed('status') }}), '') not in (
            'not started', 'open', 'in progress', 'deferred', 'waiting on someone else', 'planned'
        ) as is_done,
        activity_date as due_on,
        coalesce(completed_date_time, cast(activity_date as {{ dbt.type_timestamp() }}), created_date) as occurred_at,
        created_date as created_at,
        _modified_at as updated_at,
        _loaded_at as loaded_at,
        _loaded_on as loaded_on
    from source
)

select * from final
