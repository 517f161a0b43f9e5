with source as (
    select * from {{ source('raw', 'experiment__assignment') }} where not _is_deleted
),

final as (
    select
        id as assignment_id,
        {{ trimmed('experiment_id') }} as experiment_id,
        {{ normalised_email('email') }} as email,
        {{ trimmed('action') }} as action,
        probability,
        assigned_at
    from source
)

select * from final
